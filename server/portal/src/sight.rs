//! What a caller's eyes reach, asked afresh for each page, so that a changed scope counts at once; and what people outside
//! of it are called.

use crate::{Portal, PortalError};
use domain::data_scope::{Sight, pseudonym, sight};
use domain::id::PersonId;
use domain::permission::Scope;
use domain::person::{Caller, Role};
use std::collections::{HashMap, HashSet};

/// Says real names of those whom the caller may know, and pseudonyms of all others.
pub(crate) struct Namer {
    /// `None`: everybody's.
    known: Option<HashSet<PersonId>>,
}

impl Namer {
    pub(crate) fn knows(&self, person: PersonId) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(&person))
    }
    pub(crate) const fn knows_everybody(&self) -> bool {
        self.known.is_none()
    }
    pub(crate) fn name(&self, person: PersonId, name: String) -> String {
        if self.knows(person) { name } else { pseudonym(person) }
    }
}

impl Portal {
    pub(crate) async fn sight(&self, caller: &Caller) -> Result<Sight, PortalError> {
        if caller.has(Role::Administrator) {
            return Ok(Sight::EVERYTHING);
        }
        let set = self.store.data_scopes_for(caller.person).await?;
        let set: Vec<_> = set.into_iter().map(|kept| (kept.holder, kept.scope)).collect();
        // Hardly anybody has a scope that asks for it.
        let own_centre = if set.is_empty() { None } else { self.store.directory_record(caller.person).await? };
        Ok(sight(caller, &set, own_centre.and_then(|record| record.cost_centre).as_deref()))
    }

    /// True if the caller sees everybody's calls.
    pub async fn sees_all_calls(&self, caller: &Caller) -> Result<bool, PortalError> {
        Ok(self.sight(caller).await?.calls == Scope::Everyone)
    }

    /// For pages about the whole organisation's spend and calls: for others they are not there to be had.
    pub(crate) async fn demand_all_spend(&self, caller: &Caller) -> Result<(), PortalError> {
        if self.sight(caller).await?.spend == Scope::Everyone { Ok(()) } else { Err(PortalError::Forbidden) }
    }

    /// For pages whose subject is who people are.
    pub(crate) async fn demand_all_names(&self, caller: &Caller) -> Result<(), PortalError> {
        if self.sight(caller).await?.names == Scope::Everyone { Ok(()) } else { Err(PortalError::Forbidden) }
    }

    pub(crate) async fn namer(&self, caller: &Caller) -> Result<Namer, PortalError> {
        self.namer_of(&self.sight(caller).await?).await
    }

    pub(crate) async fn namer_of(&self, sight: &Sight) -> Result<Namer, PortalError> {
        Ok(Namer { known: self.store.people_within(&sight.names).await? })
    }

    /// What the caller may call these people. Unknown ids are absent.
    pub(crate) async fn names_for(
        &self,
        caller: &Caller,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, String>, PortalError> {
        if people.is_empty() {
            return Ok(HashMap::new());
        }
        self.names_by(&self.namer(caller).await?, people).await
    }

    pub(crate) async fn names_by(
        &self,
        namer: &Namer,
        people: &[PersonId],
    ) -> Result<HashMap<PersonId, String>, PortalError> {
        let names = self.store.names_of(people).await?;
        Ok(names.into_iter().map(|(person, name)| (person, namer.name(person, name))).collect())
    }
}
