//! `/admin/commitments`: what providers are paid a month whatever is called.

mod form;
pub mod list;
pub mod new;
pub mod show;

use domain::commitment::{CommitmentEntry, Month};

/// `2026-11 until 2027-10`
fn validity(entry: &CommitmentEntry) -> String {
    entry.until.map_or_else(|| format!("since {}", entry.from), |last| format!("{} until {last}", entry.from))
}

/// Where a month lies among those of a commitment.
const fn has_ended(entry: &CommitmentEntry, month: Month) -> bool {
    matches!(entry.until, Some(last) if last.first_day().number() < month.first_day().number())
}
