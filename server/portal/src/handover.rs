//! When somebody leaves: their service keys move to a successor, so that nothing that runs stops.
//!
//! What moves: keys of services and pipelines that they own, whose owner becomes the successor, and keys of teams that
//! they answer for, for which the successor answers from then on. Personal work and agents stay with the person. A moved
//! key keeps its id, its secret, its history and its own budgets; an administrator moves everything, a lead what belongs
//! to their team. Each key has its audit entry, and the gateway knows before the answer.

use crate::act::{By, Change, News, Subject, append, spend};
use crate::notifications::Voice;
use crate::{FormId, Made, Portal, PortalError};
use domain::id::{KeyId, PersonId, TeamId};
use domain::notification::{Happening, KeyChange};
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::plain_text::folded;
use domain::refusal::Reason;
use domain::virtual_key::{ConsumerKind, Owner, VirtualKey};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{AnsweredFor, Person};

/// From whom, and whether only what belongs to one team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    pub person: PersonId,
    pub within: Option<TeamId>,
}

#[derive(Debug, Clone)]
pub struct Handover {
    pub from: PersonId,
    pub from_name: String,
    pub moves: Vec<MovingKey>,
    /// Keys of their own that stay with them.
    pub staying: usize,
    /// There are more than are shown: these first, then come again.
    pub more: bool,
    /// Who can take over: the other members of the team, where it is about one.
    pub successors: Vec<(PersonId, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovingKey {
    pub key: KeyId,
    pub name: String,
    pub consumer: ConsumerKind,
    /// The team that goes on owning it; `None` for a key whose owner changes.
    pub team: Option<String>,
}

/// Keys that move with one form.
const MOST: u32 = 200;
/// More than anybody answers for.
const KEYS_OF_ONE: u32 = 10_000;

impl Portal {
    pub async fn handover(&self, caller: &Caller, leaving: Leaving) -> Result<Handover, PortalError> {
        let from = self.leaver(caller, leaving).await?;
        let keys = self.store.keys_answered_for(from.id, self.clock.now(), MOST + 1).await?;
        let more = keys.len() > MOST as usize;
        let teams: HashMap<TeamId, String> =
            self.store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect();
        let moves: Vec<MovingKey> = (keys.iter().filter(|kept| does_move(kept, leaving)))
            .map(|AnsweredFor { key, .. }| MovingKey {
                key: key.id,
                name: key.name.clone(),
                consumer: key.consumer,
                team: match key.owner {
                    Owner::Team(team) => Some(teams.get(&team).cloned().unwrap_or_else(|| team.to_string())),
                    Owner::Person(_) => None,
                },
            })
            .collect();
        let successors = match leaving.within {
            None => vec![],
            Some(team) => {
                let members = self.store.members_of(team).await?.into_iter();
                let others = members.filter(|(member, _)| member.active && member.id != from.id);
                others.map(|(member, _)| (member.id, member.name)).collect()
            }
        };
        Ok(Handover {
            from: from.id,
            staying: keys.iter().filter(|kept| kept.key.owner == Owner::Person(from.id)).count()
                - moves.iter().filter(|moving| moving.team.is_none()).count(),
            from_name: self.namer(caller).await?.name(from.id, from.name),
            moves,
            more,
            successors,
        })
    }

    /// Moves exactly these keys. Answers how many.
    pub async fn hand_over(
        &self,
        caller: &Caller,
        form: &FormId,
        leaving: Leaving,
        to: PersonId,
        keys: &[KeyId],
    ) -> Result<usize, PortalError> {
        let now = self.clock.now();
        let from = self.leaver(caller, leaving).await?;
        let Some(&first) = keys.first() else { return Err(PortalError::refused("keys", Reason::Missing)) };
        let successor = self.successor(leaving, to).await?;
        let theirs = self.store.keys_answered_for(to, now, KEYS_OF_ONE).await?;

        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Key(first)).await?;
        let eligible = self.store.keys_answered_for(from.id, now, KEYS_OF_ONE).await?;
        for &id in keys {
            let is_eligible = eligible.iter().any(|kept| kept.key.id == id && does_move(kept, leaving));
            let kept = tx.key_for_update(id, &Scope::to_change(caller)).await?.filter(|_| is_eligible);
            let Some(kept) = kept else { return Err(PortalError::refused("keys", Reason::UnknownChoice)) };
            let mut key = kept.key;
            let before = facts(&key, &from);
            if key.owner == Owner::Person(from.id) {
                refuse_same_name(&key, &theirs, to)?;
                key.owner = Owner::Person(to);
                tx.update_key(&key).await?;
            }
            tx.put_responsible(id, to).await?;
            for (person, change) in [(from.id, KeyChange::MovedAway), (to, KeyChange::MovedHere)] {
                let (name, by) = (key.name.clone(), caller.name.clone());
                let moved = Happening::KeyChanged { key: id, name, change, by, at: now };
                let people: Vec<PersonId> = (person != caller.person).then_some(person).into_iter().collect();
                self.tell(&mut tx, &people, &moved, Voice::Usual, now).await?;
            }
            let text = id.to_string();
            let subject = Subject { kind: "key", id: &text, name: &key.name };
            let (before, after) = (Some(before), Some(facts(&key, &successor)));
            append(&mut tx, By::Person(caller), now, Change { action: "key.handed_over", subject, before, after })
                .await?;
        }
        self.commit_and_tell(tx, News::Keys(keys.to_vec())).await?;
        Ok(keys.len())
    }

    /// Who leaves, for those who may hand over for them: administrators, and within a team its leads. For others there is
    /// no such person.
    async fn leaver(&self, caller: &Caller, leaving: Leaving) -> Result<Person, PortalError> {
        let may = Permission::Administer.allows(Some(caller)) || leaving.within.is_some_and(|team| caller.leads(team));
        let person = self.store.person(leaving.person).await?.filter(|_| may).ok_or(PortalError::NotFound)?;
        let Some(team) = leaving.within else { return Ok(person) };
        // Somebody who has left the team already may still answer for its keys; a stranger to it does not.
        let concerns = self.store.held_memberships(person.id).await?.iter().any(|held| held.team == team)
            || self
                .store
                .keys_answered_for(person.id, self.clock.now(), KEYS_OF_ONE)
                .await?
                .iter()
                .any(|kept| kept.key.owner == Owner::Team(team));
        if concerns { Ok(person) } else { Err(PortalError::NotFound) }
    }

    async fn successor(&self, leaving: Leaving, to: PersonId) -> Result<Person, PortalError> {
        let unknown = || PortalError::refused("to", Reason::UnknownChoice);
        let person = self.store.person(to).await?.filter(|person| person.active).ok_or_else(unknown)?;
        let is_of_team = match leaving.within {
            None => true,
            Some(team) => self.store.held_memberships(to).await?.iter().any(|held| held.team == team),
        };
        if is_of_team && to != leaving.person { Ok(person) } else { Err(unknown()) }
    }
}

fn does_move(AnsweredFor { key, responsible }: &AnsweredFor, leaving: Leaving) -> bool {
    match (key.owner, leaving.within) {
        (Owner::Person(owner), None) => {
            owner == leaving.person && matches!(key.consumer, ConsumerKind::Service | ConsumerKind::Ci)
        }
        (Owner::Person(_), Some(_)) => false,
        (Owner::Team(team), within) => *responsible == leaving.person && within.is_none_or(|only| only == team),
    }
}

fn refuse_same_name(key: &VirtualKey, theirs: &[AnsweredFor], to: PersonId) -> Result<(), PortalError> {
    let is_same =
        |other: &&AnsweredFor| other.key.owner == Owner::Person(to) && folded(&other.key.name) == folded(&key.name);
    match theirs.iter().find(is_same) {
        Some(other) => Err(PortalError::refused("to", Reason::KeyNameTaken { key: Some(other.key.id) })),
        None => Ok(()),
    }
}

fn facts(key: &VirtualKey, responsible: &Person) -> Value {
    json!({ "owner": key.owner, "responsible": responsible.id, "responsible_name": responsible.name })
}
