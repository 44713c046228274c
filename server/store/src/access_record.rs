//! The access record: every call of a recognised key, searched newest first.
//!
//! Only the time of a call is indexed, since further indexes would slow every ingest. So a search reads a bounded number of
//! calls and says how far back it came; whoever wants more goes on from there. No search can hold up the database.

use crate::codes::of_outcome;
use crate::column::{Scoped, owned_or_booked, parsed, to_json};
use crate::row::{one, rows};
use crate::usage::{CallRow, select_call};
use crate::{Result, Store};
use domain::id::{EventId, KeyId};
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::usage::{Outcome, UsageRecord};
use std::collections::HashMap;

/// How many calls one search reads at most.
const READ_AT_MOST: i64 = 100_000;

/// What to look for; `None` is anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub key: Option<KeyId>,
    /// The name that the caller asked for.
    pub model: Option<String>,
    pub network: Option<String>,
    pub outcome: Option<Outcome>,
    /// The code of a refusal.
    pub denial: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCalls {
    /// Newest first; `charged` stays empty.
    pub calls: Vec<UsageRecord>,
    /// Where to go on: there may be more before this one. `None`: everything was read.
    pub next: Option<EventId>,
}

/// What people know a key by: its name and its owner's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNames {
    pub name: String,
    pub owner: String,
}

impl Store {
    /// Unknown keys are absent from the answer.
    pub async fn key_names(&self, keys: &[KeyId]) -> Result<HashMap<KeyId, KeyNames>> {
        const NAMES: &str = "select virtual_key.id, virtual_key.name, coalesce(person.name, team.name, '') as owner
            from virtual_key
            left join person on person.id = owner_id
            left join team on team.id = owner_id
            where virtual_key.id in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, String), NAMES, to_json(keys)?)?;
        found.into_iter().map(|(id, name, owner)| Ok((parsed(&id, "key id")?, KeyNames { name, owner }))).collect()
    }

    /// Of keys within the scope. `before` is the `next` of the search before.
    pub async fn search_calls(
        &self,
        scope: &Scope,
        filter: &CallFilter,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<FoundCalls> {
        const NUMBER: &str = "select num from label where kind = $1 and text = $2";
        const REACHED: &str =
            "select id from usage_event where id >= $1 and id < $2 order by id desc limit 1 offset $3";
        const WITHIN: &str = concat!(
            "select label.num from label join virtual_key on virtual_key.id = label.text
                where label.kind = 'key' and ",
            owned_or_booked!("$1")
        );
        const FIND: &str = select_call!(
            "where usage_event.id >= $1 and usage_event.id < $2
              and ($3 is null or key_num = $3)
              and ($4 is null or model_num = $4)
              and ($5 is null or network_num = $5)
              and ($6 is null or denial_num = $6)
              and ($7 is null or outcome = $7)
              and ($8 is null or key_num in (select cast(value as bigint) from json_each($8)))
            order by usage_event.id desc limit $9"
        );
        let nothing = FoundCalls { calls: Vec::new(), next: None };
        let mut reader = self.engine.reader().await?;
        let texts = [
            ("key", filter.key.map(|id| id.to_string())),
            ("model", filter.model.clone()),
            ("network", filter.network.clone()),
            ("denial", filter.denial.clone()),
        ];
        let mut numbers = [None; 4];
        for (number, (kind, text)) in numbers.iter_mut().zip(texts) {
            let Some(text) = text else { continue };
            // What no call ever named, no call is found by.
            let Some((found,)) = one!(reader.on(), (i64,), NUMBER, kind, text)? else { return Ok(nothing) };
            *number = Some(found);
        }
        let [key, model, network, denial] = numbers;
        let scoped = Scoped::new(scope)?;
        let keys = match scoped.everyone {
            true => None,
            false => {
                let within = rows!(reader.on(), (i64,), WITHIN, &scoped.owners)?;
                Some(to_json(&within.into_iter().map(|(number,)| number).collect::<Vec<_>>())?)
            }
        };
        let first = filter.from.map_or(0, |at| EventId::first_at(at).as_i64());
        let end = filter.until.map_or(i64::MAX, |at| EventId::first_at(at).as_i64());
        let end = before.map_or(end, |before| end.min(before.as_i64()));
        let reached = one!(reader.on(), (i64,), REACHED, first, end, READ_AT_MOST)?.map(|(id,)| id);
        let first = reached.unwrap_or(first);
        let outcome = filter.outcome.map(of_outcome);
        let wanted = i64::from(limit) + 1;
        let found = rows!(reader.on(), CallRow, FIND, first, end, key, model, network, denial, outcome, &keys, wanted)?;
        let mut calls = found.into_iter().map(CallRow::into_record).collect::<Result<Vec<_>>>()?;
        let more = calls.len() > limit as usize;
        calls.truncate(limit as usize);
        let next = if more { calls.last().map(|call| call.id) } else { reached.map(EventId::from_i64) };
        Ok(FoundCalls { calls, next })
    }
}
