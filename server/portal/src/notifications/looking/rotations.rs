//! Rotations that somebody asked for: owners are told, whoever was asked about many keys once.
//!
//! Many keys are asked about one by one, and a list of thousands in several goes, so that whoever asks tells nobody: the
//! look that follows finds what was asked since the last one, and tells each owner what one asker wants by one day. An ask
//! is marked in the transaction that tells it. How it fails: what is not marked is told with the next look; of two processes
//! that look at once one marks it. What was rotated or has ended by then is not told.

use super::{AT_ONCE, Voice};
use crate::{Portal, PortalError};
use domain::budget::BudgetScope;
use domain::id::{PersonId, TeamId};
use domain::notification::Happening;
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use store::{RotationAsk, Tx, UntoldAsk};

/// Asks that are read together; an owner of more is told of the rest in a second notification.
const MOST: u32 = 10_000;

/// What one asker wants of one owner by one day.
struct Asked<'a> {
    asks: &'a [UntoldAsk],
    people: Vec<PersonId>,
    team: Option<(TeamId, String)>,
    by: String,
}

impl Portal {
    pub(super) async fn tell_asked_rotations(&self, now: Timestamp) -> Result<(), PortalError> {
        let untold = self.store.untold_rotation_asks(now, MOST).await?;
        let together: Vec<&[UntoldAsk]> = untold.chunk_by(is_together).collect();
        for some in together.chunks(AT_ONCE) {
            let mut asked = Vec::with_capacity(some.len());
            for asks in some {
                asked.extend(self.asked_of(asks).await?);
            }
            let mut tx = self.store.begin().await?;
            for one in &asked {
                self.tell_asked(&mut tx, one, now).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn asked_of<'a>(&self, asks: &'a [UntoldAsk]) -> Result<Option<Asked<'a>>, PortalError> {
        let Some(UntoldAsk { ask, owner, .. }) = asks.first() else { return Ok(None) };
        let mut people = self.looking_after(*owner).await?;
        // Nobody is told what they just did.
        people.retain(|&person| person != ask.asked_by);
        let by = self.store.names_of(&[ask.asked_by]).await?.remove(&ask.asked_by).unwrap_or_default();
        Ok(Some(Asked { asks, people, team: self.team_of(*owner).await?, by }))
    }

    async fn team_of(&self, owner: Owner) -> Result<Option<(TeamId, String)>, PortalError> {
        let Owner::Team(team) = owner else { return Ok(None) };
        match self.level_name(BudgetScope::Team(team)).await {
            Ok(name) => Ok(Some((team, name))),
            Err(PortalError::NotFound) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn tell_asked(&self, tx: &mut Tx, asked: &Asked<'_>, now: Timestamp) -> Result<(), PortalError> {
        let all: Vec<RotationAsk> = asked.asks.iter().map(|untold| untold.ask).collect();
        let marked = tx.mark_rotation_asks_told(&all, now).await?;
        let Some(first) = asked.asks.iter().find(|untold| marked.contains(&untold.ask.key)) else { return Ok(()) };
        let happening = Happening::RotationAsked {
            key: first.ask.key,
            name: first.name.clone(),
            keys: marked.len() as u64,
            team: asked.team.clone(),
            by: asked.by.clone(),
            due_at: first.ask.due_at,
            asked_at: first.ask.asked_at,
        };
        self.tell(tx, &asked.people, &happening, Voice::Usual, now).await?;
        Ok(())
    }
}

fn is_together(one: &UntoldAsk, other: &UntoldAsk) -> bool {
    let whose = |untold: &UntoldAsk| (untold.owner, untold.ask.asked_by, untold.ask.due_at);
    whose(one) == whose(other)
}
