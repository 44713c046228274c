//! Everything that was decided in a review as a file: one line a decision, the latest first, times in UTC.
//!
//! Names come from people: no cell is a formula to a spreadsheet.

use crate::format::{Calendar, cell};
use domain::virtual_key::{Owner, RevocationReason};
use portal::keys::reviews::ReviewsFile;
use std::fmt::Write as _;

/// Says if there is more than it holds.
pub(super) fn name(file: &ReviewsFile) -> String {
    let part = if file.more { format!("-last-{}", file.rows.len()) } else { String::new() };
    format!("key-review-{}{part}.csv", file.quarter)
}

pub(super) fn csv(file: &ReviewsFile) -> String {
    let mut text = String::from("quarter,key_id,key,owner_kind,owner,decision,reason,decided_by,decided_utc\r\n");
    for row in &file.rows {
        let kind = match row.owner {
            Owner::Person(_) => "person",
            Owner::Team(_) => "team",
        };
        let _ = write!(
            text,
            "{},{},{},{kind},{},{},{},{},{}\r\n",
            file.quarter,
            row.key,
            cell(&row.name),
            cell(&row.owner_name),
            row.decision.word(),
            row.reason.map_or("", RevocationReason::word),
            cell(&row.by_name),
            Calendar::machine(row.at)
        );
    }
    text
}
