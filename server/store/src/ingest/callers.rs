//! Who uses each key, from where, with which of its secrets: counted by day, so that a page can say whether an old secret
//! is still in use without reading calls.

use super::texts::{Texts, of};
use super::{Result, plus};
use crate::engine::On;
use crate::row::{pieces, put};
use domain::time::MS_PER_DAY;
use domain::usage::UsageRecord;
use std::collections::BTreeMap;

/// Key, version of its secret, network, user agent, day of UTC.
type Caller = (i64, i64, i64, i64, i64);

#[derive(Default)]
struct Seen {
    calls: i64,
    used_at: i64,
}

/// A refused call counts, since somebody holds the secret and tries.
pub(super) async fn count_callers<'a>(mut on: On<'_>, records: &[&'a UsageRecord], texts: &Texts<'a>) -> Result<()> {
    const ADD: &str =
        "insert into key_caller (key_num, secret_version, network_num, agent_num, day, calls, used_at) values";
    const SUM: &str = concat!(
        "on conflict (key_num, secret_version, network_num, agent_num, day) do update set
            used_at = case when excluded.used_at > key_caller.used_at then excluded.used_at else key_caller.used_at end, ",
        plus!("key_caller", "calls"),
    );
    let mut callers: BTreeMap<Caller, Seen> = BTreeMap::new();
    for record in records {
        let at = record.id.made_at().as_ms();
        let caller = (
            of(&texts.keys, &record.key)?,
            record.secret_version,
            of(&texts.networks, &&*record.network)?,
            of(&texts.agents, &&*record.agent)?,
            at.div_euclid(MS_PER_DAY),
        );
        let seen = callers.entry(caller).or_default();
        seen.calls += 1 + i64::from(record.repeated);
        seen.used_at = seen.used_at.max(at);
    }
    let callers: Vec<_> = callers.into_iter().collect();
    for piece in pieces(&callers) {
        put!(
            on.again(),
            ADD,
            piece,
            |row| [row.0.0, row.0.1, row.0.2, row.0.3, row.0.4, row.1.calls, row.1.used_at],
            SUM
        )?;
    }
    Ok(())
}
