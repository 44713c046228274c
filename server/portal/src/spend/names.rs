//! What the values of a dimension are called, and which of them the caller may open.

use super::Named;
use crate::{Portal, PortalError};
use domain::dimension::Dimension;
use domain::id::{KeyId, PersonId};
use domain::permission::Scope;
use domain::person::Caller;
use domain::virtual_key::Owner;
use std::collections::{HashMap, HashSet};

/// The names of some values.
pub(super) struct Names {
    names: HashMap<String, String>,
    /// What the caller has a page of; `None`: everything.
    open: Option<HashSet<String>>,
}

impl Names {
    pub(super) fn of(&self, value: Option<String>) -> Named {
        let name = value.as_ref().and_then(|value| self.names.get(value)).cloned();
        let may_open = value.as_ref().is_some_and(|value| self.open.as_ref().is_none_or(|open| open.contains(value)));
        Named { value, name, may_open }
    }
}

impl Portal {
    pub(super) async fn names(
        &self,
        caller: &Caller,
        scope: &Scope,
        dimension: Dimension,
        values: Vec<String>,
    ) -> Result<Names, PortalError> {
        let (calls, namer) = (self.sight(caller).await?.calls, self.namer(caller).await?);
        // Pages of people and teams are for those who know everybody, those of keys for those who see them.
        let everyone = *scope == Scope::Everyone && calls == Scope::Everyone && namer.knows_everybody();
        let mut open = (!everyone).then(HashSet::new);
        let names = match dimension {
            Dimension::Team => {
                let teams = self.store.teams().await?.into_iter();
                teams.map(|team| (team.id.to_string(), team.name)).collect()
            }
            Dimension::Unit => {
                let units = self.store.units().await?.into_iter();
                units.map(|unit| (unit.id.to_string(), unit.name)).collect()
            }
            Dimension::Provider => {
                let providers = self.store.providers().await?.into_iter();
                providers.map(|provider| (provider.id.to_string(), provider.name)).collect()
            }
            Dimension::Person => {
                let ids: Vec<PersonId> = values.iter().filter_map(|value| value.parse().ok()).collect();
                let names = self.names_for(caller, &ids).await?;
                names.into_iter().map(|(id, name)| (id.to_string(), name)).collect()
            }
            Dimension::Key => {
                let ids: Vec<KeyId> = values.iter().filter_map(|value| value.parse().ok()).collect();
                let mut names = HashMap::with_capacity(ids.len());
                for (id, (name, owner)) in self.store.owned_names(&ids).await? {
                    let is_open = match (&calls, owner) {
                        (Scope::Everyone, _) => true,
                        (Scope::Own { .. } | Scope::Within { .. }, Owner::Person(person)) => person == caller.person,
                        (Scope::Own { teams, .. } | Scope::Within { teams, .. }, Owner::Team(team)) => {
                            teams.contains(&team)
                        }
                    };
                    if is_open {
                        if let Some(open) = &mut open {
                            open.insert(id.to_string());
                        }
                        names.insert(id.to_string(), name);
                    }
                }
                names
            }
            Dimension::CostCentre => {
                let centres = self.store.cost_centres().await?.into_iter().map(|centre| centre.entry);
                centres.map(|entry| (entry.code.clone(), entry.label())).collect()
            }
            Dimension::Application | Dimension::Consumer | Dimension::Environment | Dimension::Model => HashMap::new(),
        };
        Ok(Names { names, open })
    }

    pub(super) async fn named_filters(
        &self,
        caller: &Caller,
        scope: &Scope,
        filters: &[(Dimension, Option<String>)],
    ) -> Result<Vec<(Dimension, Named)>, PortalError> {
        let mut named = Vec::with_capacity(filters.len());
        for (dimension, value) in filters {
            let names = self.names(caller, scope, *dimension, value.iter().cloned().collect()).await?;
            named.push((*dimension, names.of(value.clone())));
        }
        Ok(named)
    }
}
