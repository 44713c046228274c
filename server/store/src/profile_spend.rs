//! What keys spent, by the access profile that they were minted under.
//!
//! A key stays under its profile, so that the sums by key of the days are all that is read: nothing is kept by profile.

use crate::column::parsed;
use crate::statement::{Binds, read};
use crate::{Result, SpendQuery, Store};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::id::ProfileId;
use domain::money::NanoUsd;
use domain::permission::Scope;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileSpend {
    /// Keys under the profile that were called.
    pub keys: i64,
    pub cost: NanoUsd,
}

impl Store {
    /// From a day on, until another that is left out. A profile whose keys spent nothing is absent.
    pub async fn spend_by_profile(&self, from: Day, until: Day) -> Result<HashMap<ProfileId, ProfileSpend>> {
        let query = SpendQuery { scope: &Scope::Everyone, filters: &[], from, until };
        let numbered = self.numbered(&query, None).await?;
        let mut binds = Binds::default();
        let all = numbered.source(Dimension::Key, from, until, &mut binds);
        // Summed up by key before a key is looked up: a month has many times as many rows as keys.
        let text = format!(
            "select virtual_key.profile_id, count(*), cast(sum(spent.cost) as bigint) from (
                select value, sum(cost) as cost from ({all}) spend group by value
            ) spent
            join label on label.num = spent.value
            join virtual_key on virtual_key.id = label.text
            group by virtual_key.profile_id having sum(spent.cost) <> 0"
        );
        let mut reader = self.engine.reader().await?;
        let found: Vec<(String, i64, i64)> = read(reader.on(), text, &binds.0).await?;
        let spent = |(profile, keys, cost): (String, i64, i64)| {
            Ok((parsed(&profile, "profile id")?, ProfileSpend { keys, cost: NanoUsd::from_nano(cost) }))
        };
        found.into_iter().map(spent).collect()
    }
}
