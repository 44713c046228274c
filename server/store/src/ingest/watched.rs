//! Calls that broke rules which are only watched: noted one by one, and counted by profile, rule, day and key, so that a
//! page can say how many there were without reading calls. A batch without any asks nothing.

use super::texts::{Texts, of};
use super::{Result, plus};
use crate::codes;
use crate::column::{parsed, to_json};
use crate::engine::On;
use crate::row::{pieces, put, rows};
use domain::id::{KeyId, ProfileId};
use domain::time::MS_PER_DAY;
use domain::usage::UsageRecord;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Profile, rule, day of UTC, key.
type Place = (ProfileId, i64, i64, i64);

pub(super) async fn count_watched<'a>(mut on: On<'_>, records: &[&'a UsageRecord], texts: &Texts<'a>) -> Result<()> {
    const NOTE: &str = "insert into watched_call (event_id, rule, profile_id) values";
    const ADD: &str = "insert into watched_day (profile_id, rule, day, key_num, calls) values";
    const SUM: &str =
        concat!("on conflict (profile_id, rule, day, key_num) do update set ", plus!("watched_day", "calls"));
    let watched = || records.iter().filter(|record| !record.watched.is_empty());
    let keys: BTreeSet<KeyId> = watched().map(|record| record.key).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let profiles = profiles_of(on.again(), &keys).await?;
    let (mut calls, mut days) = (Vec::new(), BTreeMap::<Place, i64>::new());
    for record in watched() {
        // A key that is not there was never minted here.
        let Some(&profile) = profiles.get(&record.key) else { continue };
        let (key, day) = (of(&texts.keys, &record.key)?, record.id.made_at().as_ms().div_euclid(MS_PER_DAY));
        for rule in record.watched.iter().map(codes::of_call_rule) {
            calls.push((record.id.as_i64(), rule, profile));
            *days.entry((profile, rule, day, key)).or_default() += 1;
        }
    }
    for piece in pieces(&calls) {
        put!(
            on.again(),
            NOTE,
            piece,
            |call| [call.0, call.1, call.2.to_string()],
            "on conflict (event_id, rule) do nothing"
        )?;
    }
    let days: Vec<_> = days.into_iter().collect();
    for piece in pieces(&days) {
        put!(on.again(), ADD, piece, |row| [row.0.0.to_string(), row.0.1, row.0.2, row.0.3, row.1], SUM)?;
    }
    Ok(())
}

async fn profiles_of(on: On<'_>, keys: &BTreeSet<KeyId>) -> Result<HashMap<KeyId, ProfileId>> {
    const FIND: &str = "select id, profile_id from virtual_key where id in (select value from json_each($1))";
    let keys: Vec<&KeyId> = keys.iter().collect();
    let found = rows!(on, (String, String), FIND, to_json(&keys)?)?;
    found.into_iter().map(|(key, profile)| Ok((parsed(&key, "key id")?, parsed(&profile, "profile id")?))).collect()
}
