//! A statement as a file: one header, one line for each cost centre and one for each side of an adjustment, money to the
//! nano-dollar. The lines add up to the statement, which has no line of its own for that, and so do those of one cost
//! centre.
//!
//! Names come from people: no cell is a formula to a spreadsheet.

use crate::format::{Calendar, cell, typed_usd};
use domain::money::NanoUsd;
use portal::administration::adjustments::NamedCentre;
use portal::administration::cost_statement::CostStatement;
use std::fmt::Write as _;

const COLUMNS: &str = "month,time_zone,line,cost_centre,name,metered_usd,shared_usd,moved_usd,total_usd,month_is_over,\
                       adjustment,key,key_name,first_day,last_day,why,made_by,made_at";

pub(super) fn csv(statement: &CostStatement, calendar: &Calendar) -> String {
    let mut text = format!("{COLUMNS}\r\n");
    let (month, zone, over) = (statement.month, cell(&calendar.zone_name()), !statement.running);
    let mut line = |kind: &str, centre: &NamedCentre, money: [NanoUsd; 3], rest: &str| {
        let (code, name) = (cell(centre.code.as_deref().unwrap_or_default()), cell(&centre.label));
        let total = typed_usd(money.into_iter().fold(NanoUsd::ZERO, NanoUsd::plus));
        let [metered, shared, moved] = money.map(typed_usd);
        let _ =
            write!(text, "{month},{zone},{kind},{code},{name},{metered},{shared},{moved},{total},{over},{rest}\r\n");
    };
    for row in &statement.rows {
        line("spend", &row.centre, [row.metered, row.shared, NanoUsd::ZERO], ",,,,,,,");
    }
    for row in &statement.adjusted {
        let (first, last) = (row.days.0.date(), row.days.1.date());
        let texts = [&row.key.name, &row.why, &row.by_name].map(|text| cell(text));
        let [key, why, by] = texts;
        let (id, key_id, at) = (row.adjustment, row.key.id, Calendar::machine(row.at));
        let rest = format!("{id},{key_id},{key},{first},{last},{why},{by},{at}");
        line("adjustment", &row.centre, [NanoUsd::ZERO, NanoUsd::ZERO, row.amount], &rest);
    }
    text
}
