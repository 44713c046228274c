//! An installation with a past: people, teams, keys and months of calls, drawn from a seed, for trying pages out and for
//! measuring them.
//!
//! Everything goes through the store as the process itself writes it, so that rollups, counters and the ledger agree with
//! the calls. Only an empty database is filled: whoever has people has a past of their own. Nobody knows the secrets of
//! the keys, so that none can be used, and no provider's credential is one. What is cut off in the middle stays as it is:
//! begin anew in another folder.

mod catalogue;
mod draw;
mod organisation;
mod traffic;

use domain::time::Timestamp;
use draw::Draw;
use jiff::tz::TimeZone;
use portal::ports::Randomness;
use portal::sealing::{SealError, Sealing};
use store::{Store, StoreError};

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    pub keys: u32,
    pub people: u32,
    pub calls: u64,
    /// Today is the last one.
    pub days: u16,
    /// The same seed on the same day makes the same installation.
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum NotSeeded {
    #[error("this database has people in it; only an empty one is filled. Choose another folder with --data")]
    NotEmpty,
    #[error("it takes at least 20 keys, 5 people and 2 days")]
    TooSmall,
    #[error("this database has no access profile to mint under; start it once with keywright dev or keywright serve")]
    NoProfile,
    #[error("the credential of a provider cannot be sealed: {0}")]
    Sealed(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Around a seeded installation.
pub struct Surroundings<'a> {
    pub store: &'a Store,
    pub sealing: &'a Sealing,
    pub random: &'a dyn Randomness,
    pub now: Timestamp,
    pub zone: TimeZone,
    /// Told a sentence now and then.
    pub progress: &'a (dyn Fn(String) + Sync),
}

/// Fills an empty database.
pub async fn fill(around: &Surroundings<'_>, scale: Scale) -> Result<(), NotSeeded> {
    if scale.keys < 20 || scale.people < 5 || scale.days < 2 {
        return Err(NotSeeded::TooSmall);
    }
    if around.store.people_count().await? > 0 {
        return Err(NotSeeded::NotEmpty);
    }
    let mut draw = Draw::seeded(scale.seed);
    let models = catalogue::make(around, &mut draw).await?;
    (around.progress)(format!("{} people and {} keys …", scale.people, scale.keys));
    let keys = organisation::make(around, scale, &mut draw).await?;
    traffic::make(around, scale, &models, &keys, &mut draw).await
}

#[cfg(test)]
mod tests;
