//! Whom dated changes of guardrails are yet to be told to: one row for each decision, and how far telling has come.
//!
//! A row goes on from where it stopped, and each step is taken once: two processes that tell at the same time do not both
//! move it. Rows stay when they are worked off, so that a withdrawal finds who was told.

use crate::column::parsed;
use crate::keys::owner;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::id::{PersonId, ProfileId};
use domain::notification::{ComingChange, Happening};
use domain::time::Timestamp;
use domain::virtual_key::Owner;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutNews {
    pub profile: ProfileId,
    pub decided_at: Timestamp,
    pub change: ComingChange,
    pub version: i64,
    pub moves_at: Timestamp,
    /// Is not told.
    pub decided_by: PersonId,
    /// When what this takes back was decided; `None` for what is set.
    pub told_at: Option<Timestamp>,
    /// The last owner, or person, that was told.
    pub after: String,
}

row! { NewsRow {
    profile_id: String, decided_at: i64, change: String, version: i64, moves_at: i64, decided_by: String,
    told_at: Option<i64>, after_id: String,
} }

impl NewsRow {
    fn into_news(self) -> Result<RolloutNews> {
        Ok(RolloutNews {
            profile: parsed(&self.profile_id, "profile id")?,
            decided_at: Timestamp::from_ms(self.decided_at),
            change: ComingChange::from_word(&self.change).ok_or(StoreError::Corrupt("change of guardrails"))?,
            version: self.version,
            moves_at: Timestamp::from_ms(self.moves_at),
            decided_by: parsed(&self.decided_by, "person id")?,
            told_at: self.told_at.map(Timestamp::from_ms),
            after: self.after_id,
        })
    }
}

impl Store {
    /// What is not told to everybody yet, oldest first.
    pub async fn rollout_news(&self) -> Result<Vec<RolloutNews>> {
        const LIST: &str = "select profile_id, decided_at, change, version, moves_at, decided_by, told_at, after_id
            from rollout_news where after_id is not null order by decided_at, profile_id";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), NewsRow, LIST)?;
        found.into_iter().map(NewsRow::into_news).collect()
    }

    /// Owners of live keys of the profile that keep to an older version, in the order of their ids.
    pub async fn owners_keeping(
        &self,
        profile: ProfileId,
        now: Timestamp,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Owner>> {
        const LIST: &str = "select distinct owner_id from virtual_key
            where profile_id = $1 and profile_version is not null and owner_id > $2
                and state <> 'revoked' and expires_at > $3
            order by owner_id limit $4";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String,), LIST, profile.to_string(), after, now.as_ms(), i64::from(limit))?;
        found.into_iter().map(|(id,)| owner(&id)).collect()
    }

    /// Who was told of this, in the order of their ids.
    pub async fn people_told(&self, happening: &Happening, after: &str, limit: u32) -> Result<Vec<PersonId>> {
        const LIST: &str = "select person_id from notification where occasion = $1 and person_id > $2
            order by person_id limit $3";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String,), LIST, happening.dedupe(), after, i64::from(limit))?;
        found.into_iter().map(|(id,)| parsed(&id, "person id")).collect()
    }
}

impl Tx {
    /// Of two decisions of one moment the later one is told.
    pub async fn put_rollout_news(&mut self, news: &RolloutNews) -> Result<()> {
        const PUT: &str = "insert into rollout_news
                (profile_id, decided_at, change, version, moves_at, decided_by, told_at, after_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (profile_id, decided_at) do update set change = excluded.change, version = excluded.version,
                moves_at = excluded.moves_at, decided_by = excluded.decided_by, told_at = excluded.told_at,
                after_id = excluded.after_id";
        let met = run!(
            self.on(),
            PUT,
            news.profile.to_string(),
            news.decided_at.as_ms(),
            news.change.word(),
            news.version,
            news.moves_at.as_ms(),
            news.decided_by.to_string(),
            news.told_at.map(Timestamp::as_ms),
            news.after.as_str(),
        )?;
        crate::error::exactly_one(met)
    }

    /// What was set is told to nobody else. Answers when the last of it was decided.
    pub async fn stop_telling_what_was_set(&mut self, profile: ProfileId) -> Result<Option<Timestamp>> {
        const STOP: &str = "update rollout_news set after_id = null where profile_id = $1 and change = 'set'";
        const LAST: &str = "select decided_at from rollout_news where profile_id = $1 and change = 'set'
            order by decided_at desc limit 1";
        run!(self.on(), STOP, profile.to_string())?;
        let last = one!(self.on(), (i64,), LAST, profile.to_string())?;
        Ok(last.map(|(at,)| Timestamp::from_ms(at)))
    }

    /// Takes one step; `None` is the last one. False if somebody else took it, or it is to be told no further.
    pub async fn step_rollout_news(&mut self, news: &RolloutNews, after: Option<&str>) -> Result<bool> {
        const STEP: &str = "update rollout_news set after_id = $4
            where profile_id = $1 and decided_at = $2 and after_id = $3";
        let (profile, at) = (news.profile.to_string(), news.decided_at.as_ms());
        Ok(run!(self.on(), STEP, profile, at, news.after.as_str(), after)? == 1)
    }
}
