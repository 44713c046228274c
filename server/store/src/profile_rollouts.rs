//! Changes of access profiles that keys which exist have yet to come to: at most one for each profile.
//!
//! A row stays when its moment has come: whoever reads it asks the clock. It goes with the next change of the profile.

use crate::column::parsed;
use crate::dialect::locked;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, ProfileId};
use domain::profile_rollout::{MoveOn, Rollout};
use domain::time::Timestamp;

row! { RolloutRow { profile_id: String, version: i64, moves_at: Option<i64> } }

impl RolloutRow {
    fn into_rollout(self) -> Result<Rollout> {
        let moves = self.moves_at.map_or(MoveOn::NextRotation, |at| MoveOn::At(Timestamp::from_ms(at)));
        Ok(Rollout { profile: parsed(&self.profile_id, "profile id")?, version: self.version, moves })
    }
}

macro_rules! select_rollout {
    ($rest:literal) => {
        concat!("select profile_id, version, moves_at from profile_rollout ", $rest)
    };
}

impl Store {
    pub async fn rollout(&self, profile: ProfileId) -> Result<Option<Rollout>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), RolloutRow, select_rollout!("where profile_id = $1"), profile.to_string())?;
        found.map(RolloutRow::into_rollout).transpose()
    }

    /// Of all profiles that have one.
    pub async fn rollouts(&self) -> Result<Vec<Rollout>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), RolloutRow, select_rollout!("order by profile_id"))?;
        found.into_iter().map(RolloutRow::into_rollout).collect()
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn rollout_for_update(&mut self, profile: ProfileId) -> Result<Option<Rollout>> {
        const FIND: crate::dialect::Dialect = locked!(select_rollout!("where profile_id = $1"));
        let found = one!(self.on(), RolloutRow, FIND, profile.to_string())?;
        found.map(RolloutRow::into_rollout).transpose()
    }

    /// Of the profile that the key is under; as [`Self::rollout_for_update`].
    pub async fn rollout_of_key(&mut self, key: KeyId) -> Result<Option<Rollout>> {
        const FIND: crate::dialect::Dialect = locked!(select_rollout!(
            "where profile_id = (select virtual_key.profile_id from virtual_key where id = $1)"
        ));
        let found = one!(self.on(), RolloutRow, FIND, key.to_string())?;
        found.map(RolloutRow::into_rollout).transpose()
    }

    /// Takes the place of an earlier one.
    pub async fn put_rollout(&mut self, rollout: &Rollout) -> Result<()> {
        const PUT: &str = "insert into profile_rollout (profile_id, version, moves_at) values ($1, $2, $3)
            on conflict (profile_id) do update set version = excluded.version, moves_at = excluded.moves_at";
        let at = match rollout.moves {
            MoveOn::NextRotation => None,
            MoveOn::At(at) => Some(at.as_ms()),
        };
        run!(self.on(), PUT, rollout.profile.to_string(), rollout.version, at).map(|_| ())
    }

    /// False if there was none.
    pub async fn delete_rollout(&mut self, profile: ProfileId) -> Result<bool> {
        const DELETE: &str = "delete from profile_rollout where profile_id = $1";
        Ok(run!(self.on(), DELETE, profile.to_string())? > 0)
    }

    /// The key follows the newest version from now on.
    pub async fn release_key(&mut self, key: KeyId) -> Result<()> {
        const RELEASE: &str = "update virtual_key set profile_version = null where id = $1";
        crate::error::exactly_one(run!(self.on(), RELEASE, key.to_string())?)
    }
}
