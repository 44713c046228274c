//! The groups as a table: what each spent, its share, how that changed, and what a thousand requests of it cost.

use super::asked::{Asked, inside};
use crate::components::{Cell, Column, NameCell, Sparkline, Spent, Table};
use crate::format::{grouped, percent, tokens, usd, usd_fine};
use crate::paths;
use crate::words::spend::{dimension, named, several, unallocated};
use domain::dimension::Dimension;
use domain::exchange::Converted;
use domain::id::{KeyId, PersonId};
use domain::money::NanoUsd;
use domain::order::SpendColumn;
use leptos::prelude::*;
use portal::spend::{Breakdown, Named, Spend, SpendGroup, SpendSums, Trends};

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
    spend: &Spend,
    has_courses: bool,
) -> impl IntoView + use<> {
    let (by, total) = (breakdown.by, &spend.total);
    let earlier = spend.earlier.map(|_| spend.earlier_total);
    let compared = earlier.is_some();
    // Of a single day there is no course.
    let trend = has_courses && spend.trends.points.len() > 1;
    let no_course = || trend.then(|| ().into_any());
    let sorting =
        |text: &str, by| Column::number(text).sorting(by, Some(asked.order), |order| asked.sorted(order).href());
    let mut columns = vec![Column::text(dimension(by)), sorting("Spend", SpendColumn::Spend), Column::number("Share")];
    if compared {
        columns.push(Column::number("Change"));
    }
    columns.extend(trend.then(|| Column::text("Course")));
    columns.extend([
        sorting("Requests", SpendColumn::Requests),
        Column::number("$/1,000"),
        Column::number("Tokens in (cached) / out"),
        sorting("Refused", SpendColumn::Refused),
    ]);
    let rows: Vec<AnyView> = breakdown
        .groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
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
            let course = trend.then(|| course(spend, at));
            let cells = cells((&group.sums, group.shown), total, compared.then_some(group.earlier), course);
            view! { <tr>{name}{cells}</tr> }.into_any()
        })
        .collect();
    let (count, rest) = &breakdown.rest;
    let rest = (*count > 0).then(|| {
        let name = format!("{} more {}", grouped(u64::try_from(*count).unwrap_or(0)), several(by));
        let before = compared.then(|| earlier_of_rest(breakdown, earlier));
        let cells = cells((rest, breakdown.rest_shown), total, before, no_course());
        view! { <tr><NameCell name=name/>{cells}</tr> }
    });
    let foot = cells((total, spend.total_shown), total, earlier, no_course());
    let foot = view! { <tr><NameCell name="Total"/>{foot}</tr> };
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

/// A group's course as a small line, and where its highest point was in words.
fn course(spend: &Spend, at: usize) -> AnyView {
    let Trends { points, days_a_point, of } = &spend.trends;
    let Some(amounts) = of.get(at) else { return ().into_any() };
    let highest = amounts.iter().zip(points).max_by_key(|(amount, point)| (**amount, std::cmp::Reverse(**point)));
    let said = highest.map(|(amount, point)| {
        let day = point.date().strftime("%-d %b");
        let when =
            if *days_a_point > 1 { format!("in the {days_a_point} days from {day}") } else { format!("on {day}") };
        format!("Most {when}: {}", usd_fine(*amount))
    });
    view! { <Sparkline amounts=amounts.clone() said=said.unwrap_or_default()/> }.into_any()
}

/// `before`: what it cost earlier; `None` leaves the column out, and so does `None` for the course.
fn cells(
    (sums, shown): (&SpendSums, Option<Converted>),
    total: &SpendSums,
    before: Option<NanoUsd>,
    course: Option<AnyView>,
) -> impl IntoView + use<> {
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
    let (exactly, share, requests) = (sums.cost, percent(cost, whole), grouped(count(sums.requests)));
    view! {
        <Cell label="Spend" number=true><Spent cost=exactly shown=shown strong=true/></Cell>
        <Cell label="Share" number=true>{share}</Cell>
        {change}
        {course.map(|course| view! { <Cell label="Course">{course}</Cell> })}
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

/// A change in money, with its sign: `+$2,410.00`, and to the point where it is less than a cent: `+$0.000173`.
fn signed(change: NanoUsd) -> String {
    let cent = NanoUsd::from_nano(10_000_000);
    let fine = change < cent && change > NanoUsd::ZERO.minus(cent);
    let text = if fine { usd_fine(change) } else { usd(change) };
    if change > NanoUsd::ZERO { format!("+{text}") } else { text }
}

pub(super) fn difference(group: &SpendGroup) -> String {
    signed(group.sums.cost.minus(group.earlier))
}

/// What a sum is against an earlier one: `+$2,410.00 (+41 %)`; where nothing was spent then, that.
pub(super) fn against(now: NanoUsd, before: NanoUsd) -> String {
    match (now, before) {
        (_, NanoUsd::ZERO) => "nothing was spent then".to_owned(),
        _ if now == before => "the same".to_owned(),
        (NanoUsd::ZERO, _) => format!("{} was spent then", usd(before)),
        _ => format!("{} ({})", signed(now.minus(before)), changed(now, before)),
    }
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

    #[test]
    fn a_sum_beside_an_earlier_one_reads_as_a_sentence() {
        let nano = NanoUsd::from_nano;
        let dollar = 1_000_000_000;
        for (now, before, text) in [
            (173_000, 0, "nothing was spent then"),
            (0, 0, "nothing was spent then"),
            (0, dollar, "$1.00 was spent then"),
            (dollar, dollar, "the same"),
            (dollar + 173_000, dollar, "+$0.000173 (±0 %)"),
            (2 * dollar, dollar, "+$1.00 (+100 %)"),
        ] {
            assert_eq!(against(nano(now), nano(before)), text);
        }
        assert!(against(nano(dollar), nano(2 * dollar)).ends_with("$1.00 (−50 %)"));
    }
}
