//! A statement as a file: one header, one line for each cost centre, money to the nano-dollar. The lines add up to the
//! statement, which has no line of its own for that.
//!
//! Names come from people: no cell is a formula to a spreadsheet.

use crate::format::{cell, typed_usd};
use portal::administration::cost_statement::CostStatement;
use std::fmt::Write as _;

pub(super) fn csv(statement: &CostStatement, zone: &str) -> String {
    let mut text = "month,time_zone,cost_centre,name,metered_usd,shared_usd,total_usd,month_is_over\r\n".to_owned();
    let (month, zone, over) = (statement.month, cell(zone), !statement.running);
    for row in &statement.rows {
        let code = cell(row.code.as_deref().unwrap_or_default());
        let [metered, shared, total] = [row.metered, row.shared, row.total()].map(typed_usd);
        let _ = write!(text, "{month},{zone},{code},{},{metered},{shared},{total},{over}\r\n", cell(&row.label));
    }
    text
}
