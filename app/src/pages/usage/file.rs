//! Spend as a file: one header, one line for each group, money to the nano-dollar. With a display currency there are
//! three columns more: amounts in it to their last digit, so that they add up, and the rate.
//!
//! Names come from people: no cell is a formula to a spreadsheet.

use crate::format::{Calendar, cell};
use crate::words::exchange::in_a_file;
use crate::words::spend::named;
use domain::money::NanoUsd;
use portal::spend::{DayRange, SpendFile, SpendQuestion};
use std::fmt::Write as _;

/// With the range and the filter in it: `usage-by-team-2026-11-01-to-2026-11-21-environment-prod.csv`.
pub(super) fn name(question: &SpendQuestion, range: DayRange) -> String {
    let mut name = format!("usage-by-{}-{}-to-{}", question.by.word(), range.first(), range.last());
    for (dimension, value) in &question.filters {
        let value = value.as_deref().unwrap_or("none");
        let _ = write!(name, "-{}-{value}", dimension.word());
    }
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    format!("{}.csv", plain.take(120).collect::<String>())
}

pub(super) fn csv(question: &SpendQuestion, spend: &SpendFile, calendar: &Calendar) -> String {
    let SpendFile { range, groups, conversion } = spend;
    let mut text = format!(
        "first_day,last_day,time_zone,{by},name,spend_usd,earlier_spend_usd,requests,failed,refused,input_tokens,\
         cache_read_tokens,cache_write_tokens,output_tokens{more}\r\n",
        by = question.by.word(),
        more = if conversion.is_some() { ",currency,amount,rate" } else { "" },
    );
    let zone = cell(&calendar.zone_name());
    for group in groups {
        let (id, name) = (group.of.value.clone().unwrap_or_default(), named(question.by, &group.of));
        let sums = &group.sums;
        let _ = write!(
            text,
            "{},{},{zone},{},{},{},{},{},{},{},{},{},{},{}",
            range.first(),
            range.last(),
            cell(&id),
            cell(&name),
            dollars(sums.cost),
            dollars(group.earlier),
            sums.requests,
            sums.failures,
            sums.denials,
            sums.input,
            sums.cache_read,
            sums.cache_write,
            sums.output
        );
        if let Some(conversion) = conversion {
            let amount = group.shown.map(|shown| shown.to_string()).unwrap_or_default();
            let _ = write!(text, ",{},{amount},{}", conversion.currency(), cell(&in_a_file(conversion)));
        }
        text.push_str("\r\n");
    }
    text
}

/// Every digit, and nothing that a spreadsheet would not add up.
fn dollars(amount: NanoUsd) -> String {
    amount.to_string().replace('$', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::day::Day;
    use domain::dimension::Dimension;
    use domain::order::Order;
    use portal::spend::Preset;

    #[test]
    fn the_name_tells_range_and_filter_and_nothing_harmful() {
        let question = SpendQuestion {
            preset: Preset::ThisMonth,
            compare: true,
            by: Dimension::Team,
            filters: vec![(Dimension::Application, Some("a/..\\\"x\r\n".to_owned())), (Dimension::Unit, None)],
            order: Order::default(),
        };
        let range = DayRange { from: Day::from_number(0), until: Day::from_number(2) };
        assert_eq!(
            name(&question, range),
            "usage-by-team-1970-01-01-to-1970-01-02-application-a_____x__-unit-none.csv"
        );
    }
}
