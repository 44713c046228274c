//! `[retention]`: how long single calls are kept. Without it they are kept for good.

use super::reader::Section;
use domain::retention::{LONGEST_DAYS, Retention, SHORTEST_DAYS};

pub(super) fn read(section: Section<'_>) -> Retention {
    let range = |from: i64, to: i64| u64::try_from(from).unwrap_or(0)..=u64::try_from(to).unwrap_or(u64::MAX);
    let given = |number: u64| i64::try_from(number).ok().filter(|number| *number > 0);
    let retention = Retention {
        days: given(section.number("call_days", 0, range(SHORTEST_DAYS, LONGEST_DAYS))),
        bytes: given(section.number("database_gib", 0, 1..=1_048_576)).map(|gib| gib * 1024 * 1024 * 1024),
    };
    section.finish();
    retention
}
