//! Guardrails that come to existing keys from a day on: their owners are told, whoever has many keys once.
//!
//! A profile may have a hundred thousand keys, so that whoever decides only writes down that there is something to tell;
//! this goes through the owners, a batch to a transaction that also keeps how far it has come. How it fails: it goes on
//! from there with the next look. A withdrawal is told to those who were told, and to nobody else.

use super::{AT_ONCE, Voice};
use crate::{Portal, PortalError};
use domain::id::PersonId;
use domain::notification::{ComingChange, Happening};
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use store::RolloutNews;

const BATCH: u32 = AT_ONCE as u32;

impl Portal {
    pub(super) async fn tell_coming_guardrails(&self, now: Timestamp) -> Result<(), PortalError> {
        for mut news in self.store.rollout_news().await? {
            let Some(profile) = self.store.profile(news.profile).await? else { continue };
            let happening = happening(&news, profile.name);
            while let Some(next) = self.tell_some(&news, &happening, now).await? {
                news.after = next;
            }
        }
        Ok(())
    }

    /// Tells a batch, and answers where to go on; `None` when there is nobody left, or somebody else does it.
    async fn tell_some(
        &self,
        news: &RolloutNews,
        happening: &Happening,
        now: Timestamp,
    ) -> Result<Option<String>, PortalError> {
        let (mut people, next) = match news.told_at {
            Some(told_at) => self.told_before(news, told_at, happening).await?,
            None => self.looking_after_kept_keys(news, now).await?,
        };
        people.sort_unstable();
        people.dedup();
        people.retain(|&person| person != news.decided_by);
        let mut tx = self.store.begin().await?;
        if !tx.step_rollout_news(news, next.as_deref()).await? {
            return Ok(None);
        }
        self.tell(&mut tx, &people, happening, Voice::Usual, now).await?;
        tx.commit().await?;
        Ok(next)
    }

    async fn looking_after_kept_keys(
        &self,
        news: &RolloutNews,
        now: Timestamp,
    ) -> Result<(Vec<PersonId>, Option<String>), PortalError> {
        let owners = self.store.owners_keeping(news.profile, now, &news.after, BATCH).await?;
        let mut people = Vec::with_capacity(owners.len());
        for &owner in &owners {
            people.extend(self.looking_after(owner).await?);
        }
        Ok((people, goes_on(&owners, text)))
    }

    async fn told_before(
        &self,
        news: &RolloutNews,
        told_at: Timestamp,
        happening: &Happening,
    ) -> Result<(Vec<PersonId>, Option<String>), PortalError> {
        let of_then = of_then(happening, told_at);
        let people = self.store.people_told(&of_then, &news.after, BATCH).await?;
        let next = goes_on(&people, ToString::to_string);
        Ok((people, next))
    }
}

fn happening(news: &RolloutNews, name: String) -> Happening {
    let &RolloutNews { profile, decided_at, change, version, moves_at, .. } = news;
    Happening::GuardrailsComing { profile, name, version, change, from: moves_at, decided_at }
}

/// What was told when that which is taken back was set.
fn of_then(happening: &Happening, told_at: Timestamp) -> Happening {
    let mut of_then = happening.clone();
    if let Happening::GuardrailsComing { change, decided_at, .. } = &mut of_then {
        (*change, *decided_at) = (ComingChange::Set, told_at);
    }
    of_then
}

/// Behind the last of a batch that was full.
fn goes_on<T>(batch: &[T], text: impl Fn(&T) -> String) -> Option<String> {
    batch.last().filter(|_| batch.len() >= AT_ONCE).map(text)
}

fn text(owner: &Owner) -> String {
    match owner {
        Owner::Person(person) => person.to_string(),
        Owner::Team(team) => team.to_string(),
    }
}
