//! The groups as a table: what each spent, its share, how that changed, and what a thousand requests of it cost.

use super::asked::{Asked, inside};
use crate::components::{Cell, Column, NameCell, Table};
use crate::format::{grouped, percent, tokens, usd, usd_fine};
use crate::paths;
use crate::words::spend::{dimension, named, several, unallocated};
use domain::dimension::Dimension;
use domain::id::{KeyId, PersonId};
use domain::money::NanoUsd;
use leptos::prelude::*;
use portal::spend::{Breakdown, Named, SpendGroup, SpendSums};

/// Where a row leads: further in, or to the thing itself where there is nothing further in.
fn href(asked: &Asked, by: Dimension, of: &Named) -> String {
    match (by, &of.value) {
        (Dimension::Key, Some(id)) if of.may_open => id.parse::<KeyId>().map(paths::key).unwrap_or_default(),
        (Dimension::Key, _) => String::new(),
        _ => asked.with(by, of.value.clone()).by(inside(by)).href(),
    }
}

pub(super) fn breakdown(
    asked: &Asked,
    breakdown: &Breakdown,
    total: &SpendSums,
    earlier: Option<NanoUsd>,
) -> impl IntoView + use<> {
    let by = breakdown.by;
    let compared = earlier.is_some();
    let mut columns = vec![Column::text(dimension(by)), Column::number("Spend"), Column::number("Share")];
    if compared {
        columns.push(Column::number("Change"));
    }
    columns.extend([
        Column::number("Requests"),
        Column::number("$/1,000"),
        Column::number("Tokens in (cached) / out"),
        Column::number("Refused"),
    ]);
    let rows: Vec<AnyView> = breakdown
        .groups
        .iter()
        .map(|group| {
            let note = match group.of.value {
                None => Some(unallocated(by).1.to_owned()),
                Some(_) => None,
            };
            let name = view! {
                <NameCell
                    name=named(by, &group.of)
                    href=href(asked, by, &group.of)
                    note=note.map_or_else(|| ().into_any(), IntoAny::into_any)
                />
            };
            let cells = cells(&group.sums, total, compared.then_some(group.earlier));
            view! { <tr>{name}{cells}</tr> }.into_any()
        })
        .collect();
    let (count, rest) = &breakdown.rest;
    let rest = (*count > 0).then(|| {
        let name = format!("{} more {}", grouped(u64::try_from(*count).unwrap_or(0)), several(by));
        let cells = cells(rest, total, compared.then(|| earlier_of_rest(breakdown, earlier)));
        view! { <tr><NameCell name=name/>{cells}</tr> }
    });
    let foot = view! { <tr><NameCell name="Total"/>{cells(total, total, earlier)}</tr> };
    let caption = format!("Spend by {}", dimension(by).to_lowercase());
    view! {
        <Table columns=columns caption=caption compact=true foot=foot.into_any()>
            {rows}
            {rest}
        </Table>
    }
}

/// What all that is not listed cost earlier.
fn earlier_of_rest(breakdown: &Breakdown, earlier: Option<NanoUsd>) -> NanoUsd {
    breakdown.groups.iter().fold(earlier.unwrap_or_default(), |rest, group| rest.minus(group.earlier))
}

/// `before`: what it cost earlier; `None` leaves the column out.
fn cells(sums: &SpendSums, total: &SpendSums, before: Option<NanoUsd>) -> impl IntoView + use<> {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let (cost, whole) = (count(sums.cost.as_nano()), count(total.cost.as_nano()));
    let served = sums.requests - sums.denials;
    let each =
        (served > 0).then(|| NanoUsd::from_nano(sums.cost.as_nano().saturating_div(served).saturating_mul(1_000)));
    let each = each.map_or_else(|| "–".to_owned(), usd_fine);
    let input = count(sums.input) + count(sums.cache_read) + count(sums.cache_write);
    let used =
        format!("{} ({}) / {}", tokens(input), percent(count(sums.cache_read), input), tokens(count(sums.output)));
    let change = before.map(|before| {
        let change = changed(sums.cost, before);
        view! { <Cell label="Change" number=true>{change}</Cell> }
    });
    let refused = match sums.denials {
        0 => "0".to_owned(),
        denials => format!("{} ({})", grouped(count(denials)), percent(count(denials), count(sums.requests))),
    };
    let (spend, share, requests) = (usd(sums.cost), percent(cost, whole), grouped(count(sums.requests)));
    view! {
        <Cell label="Spend" number=true><b>{spend}</b></Cell>
        <Cell label="Share" number=true>{share}</Cell>
        {change}
        <Cell label="Requests" number=true>{requests}</Cell>
        <Cell label="$/1,000" number=true>{each}</Cell>
        <Cell label="Tokens" number=true>{used}</Cell>
        <Cell label="Refused" number=true>{refused}</Cell>
    }
}

/// `+41 %`, `−12 %`, `new`, `gone`; from a tenfold on how many times.
pub(super) fn changed(now: NanoUsd, before: NanoUsd) -> String {
    let (now, before) = (i128::from(now.as_nano()), i128::from(before.as_nano()));
    match (now, before) {
        (0, 0) => "–".to_owned(),
        (_, 0) => "new".to_owned(),
        (0, _) => "gone".to_owned(),
        _ if now >= before * 10 => format!("× {}", now / before),
        _ => match ((now - before) * 100 + before / 2).div_euclid(before) {
            0 => "±0 %".to_owned(),
            up @ 1.. => format!("+{up} %"),
            down => format!("−{} %", -down),
        },
    }
}

/// A change in money, with its sign: `+$2,410.00`.
pub(super) fn difference(group: &SpendGroup) -> String {
    let change = group.sums.cost.minus(group.earlier);
    if change > NanoUsd::ZERO { format!("+{}", usd(change)) } else { usd(change) }
}

/// Whose page there is besides.
pub(super) fn page_of(by: Dimension, of: &Named, sees_all: bool) -> Option<String> {
    match by {
        Dimension::Person if sees_all => of.value.as_ref()?.parse::<PersonId>().ok().map(paths::person),
        Dimension::Key if of.may_open => of.value.as_ref()?.parse::<KeyId>().ok().map(paths::key),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_the_way_that_says_most() {
        let nano = NanoUsd::from_nano;
        for (now, before, text) in [
            (141, 100, "+41 %"),
            (88, 100, "−12 %"),
            (100, 100, "±0 %"),
            (5, 0, "new"),
            (0, 5, "gone"),
            (0, 0, "–"),
            (1_250, 100, "× 12"),
            (i64::MAX, 1, "× 9223372036854775807"),
        ] {
            assert_eq!(changed(nano(now), nano(before)), text);
        }
    }
}
