//! What a report about keys tells beside each of them: what it spent, and which teams its owner is in.

use crate::column::{parsed, to_json};
use crate::row::rows;
use crate::{Result, Store};
use domain::day::Day;
use domain::id::{KeyId, PersonId};
use domain::money::NanoUsd;
use std::collections::HashMap;

impl Store {
    /// What these keys have spent since that day; keys that spent nothing are absent.
    pub async fn spend_of_keys(&self, keys: &[KeyId], since: Day) -> Result<HashMap<KeyId, NanoUsd>> {
        const SUMS: &str = "select label.text, cast(sum(cost) as bigint) from label
            join usage_slice on usage_slice.key_num = label.num
            join usage_day on slice_num = usage_slice.num
            where label.kind = 'key' and label.text in (select value from json_each($1)) and day >= $2
            group by label.text";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, i64), SUMS, to_json(keys)?, i64::from(since.number()))?;
        found.into_iter().map(|(key, cost)| Ok((parsed(&key, "key id")?, NanoUsd::from_nano(cost)))).collect()
    }

    /// The names of the teams of these people, in their order; who is in none is absent.
    pub async fn team_names_of(&self, people: &[PersonId]) -> Result<HashMap<PersonId, Vec<String>>> {
        const NAMES: &str = "select person_id, team.name from membership join team on team.id = team_id
            where person_id in (select value from json_each($1)) order by name_folded";
        let mut reader = self.engine.reader().await?;
        let mut names: HashMap<PersonId, Vec<String>> = HashMap::new();
        for (person, team) in rows!(reader.on(), (String, String), NAMES, to_json(people)?)? {
            names.entry(parsed(&person, "person id")?).or_default().push(team);
        }
        Ok(names)
    }
}
