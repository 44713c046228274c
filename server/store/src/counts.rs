//! How many there are of what administrators look after.

use crate::column::parsed;
use crate::row::{one, rows};
use crate::{Result, Store};
use domain::id::ProfileId;
use domain::time::Timestamp;
use std::collections::HashMap;

impl Store {
    pub async fn people_count(&self) -> Result<i64> {
        let mut reader = self.engine.reader().await?;
        let counted = one!(reader.on(), (i64,), "select count(*) from person")?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    /// Keys that are neither revoked nor expired, by profile. A profile without any is absent.
    pub async fn live_keys_by_profile(&self, now: Timestamp) -> Result<HashMap<ProfileId, i64>> {
        const COUNT: &str = "select profile_id, count(*) from virtual_key
            where state <> 'revoked' and expires_at > $1 group by profile_id";
        let mut reader = self.engine.reader().await?;
        let counted = rows!(reader.on(), (String, i64), COUNT, now.as_ms())?;
        counted.into_iter().map(|(profile, count)| Ok((parsed(&profile, "profile id")?, count))).collect()
    }
}
