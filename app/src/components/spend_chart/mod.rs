//! Spend over time: bars by bucket, stacked by series, with a table twin that says the same in figures.
//!
//! Three SVGs without viewBox stand in a grid: the value axis, the plot and the time axis. Lengths are percentages, so
//! that text keeps its size at every width and no inline style is needed.

mod scale;

use super::fold::Fold;
use super::table::{Cell, Column, NameCell, Table};
use crate::format::{axis_usd, usd};
use domain::money::NanoUsd;
use leptos::prelude::*;
use scale::{Scale, share};

/// More series than colours are summed into "Other".
const COLOURS: usize = 6;
/// The most labels that fit below the plot on a wide screen.
const LABELS: usize = 10;

#[derive(Debug, Clone)]
pub struct SpendData {
    /// What is drawn, for those who hear the page: "Spend by model, 23 Oct to 21 Nov".
    pub title: String,
    /// Bottom of the stack first. The order gives the colour, so keep it in all views of a page.
    pub series: Vec<String>,
    pub buckets: Vec<Bucket>,
    pub cap: Option<Cap>,
}

#[derive(Debug, Clone)]
pub struct Bucket {
    /// Below the axis: `14 Nov`.
    pub label: String,
    /// One amount for each series, in their order.
    pub amounts: Vec<NanoUsd>,
    /// Time that is not over yet: hatched.
    pub unfinished: bool,
    /// What a closer look at this bar is.
    pub href: Option<String>,
}

/// A limit that applies to each bucket.
#[derive(Debug, Clone)]
pub struct Cap {
    pub amount: NanoUsd,
    /// `$10.00 a day`
    pub label: String,
}

impl SpendData {
    /// The same data with at most six series and "Other".
    fn folded(mut self) -> Self {
        if self.series.len() > COLOURS {
            self.series.truncate(COLOURS);
            self.series.push("Other".to_owned());
            for bucket in &mut self.buckets {
                let rest = bucket.amounts.iter().skip(COLOURS).copied().fold(NanoUsd::ZERO, NanoUsd::plus);
                bucket.amounts.truncate(COLOURS);
                bucket.amounts.push(rest);
            }
        }
        self
    }

    fn sum_of(&self, series: usize) -> NanoUsd {
        let amounts = self.buckets.iter().filter_map(|bucket| bucket.amounts.get(series));
        amounts.copied().fold(NanoUsd::ZERO, NanoUsd::plus)
    }
}

impl Bucket {
    fn total(&self) -> NanoUsd {
        self.amounts.iter().copied().fold(NanoUsd::ZERO, NanoUsd::plus)
    }
}

const fn colour(series: usize) -> &'static str {
    ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-other"]
        [if series < COLOURS { series } else { COLOURS }]
}

#[component]
pub fn SpendChart(data: SpendData) -> impl IntoView {
    let data = data.folded();
    let highest = data.buckets.iter().map(Bucket::total).max().unwrap_or(NanoUsd::ZERO);
    let scale = Scale::for_amounts(highest, data.cap.as_ref().map(|cap| cap.amount));
    view! {
        <figure class="chart">
            {legend(&data)}
            <div class="frame">
                {value_axis(&scale)}
                {plot(&data, &scale)}
                {time_axis(&data.buckets)}
            </div>
            {twin(&data)}
        </figure>
    }
}

fn legend(data: &SpendData) -> impl IntoView + use<> {
    let entries = data.series.iter().enumerate().map(|(at, name)| {
        view! {
            <li>
                <svg class="swatch" aria-hidden="true"><rect class=colour(at) width="100%" height="100%"></rect></svg>
                <span>{name.clone()}</span>
                <span class="amount">{usd(data.sum_of(at))}</span>
            </li>
        }
    });
    view! { <ul class="legend">{entries.collect_view()}</ul> }
}

fn value_axis(scale: &Scale) -> impl IntoView + use<> {
    let labels = scale.lines().map(|amount| {
        view! { <text x="100%" y=scale.below_top(amount) dy="4" text-anchor="end">{axis_usd(amount)}</text> }
    });
    view! { <svg class="value-axis" aria-hidden="true">{labels.collect_view()}</svg> }
}

fn plot(data: &SpendData, scale: &Scale) -> impl IntoView + use<> {
    let lines = scale.lines().map(|amount| {
        let y = scale.below_top(amount);
        let class = if amount == NanoUsd::ZERO { "base" } else { "grid" };
        view! { <line class=class x1="0" x2="100%" y1=y.clone() y2=y></line> }
    });
    let count = data.buckets.len();
    let columns = data.buckets.iter().enumerate().map(|(at, bucket)| column(data, scale, at, count, bucket));
    let cap = data.cap.as_ref().filter(|cap| scale.holds(cap.amount)).map(|cap| {
        let y = scale.below_top(cap.amount);
        view! {
            <line class="cap" x1="0" x2="100%" y1=y.clone() y2=y.clone()></line>
            <text class="cap-label" x="100%" y=y dy="-4" text-anchor="end">{cap.label.clone()}</text>
        }
    });
    let title = data.title.clone();
    // A picture has no links in it.
    let role = if data.buckets.iter().any(|bucket| bucket.href.is_some()) { "group" } else { "img" };
    view! { <svg class="plot" role=role aria-label=title>{lines.collect_view()}{columns.collect_view()}{cap}</svg> }
}

fn column(data: &SpendData, scale: &Scale, at: usize, count: usize, bucket: &Bucket) -> impl IntoView + use<> {
    // A slot is the bucket's share of the width; the bar fills its middle two thirds.
    let (slot_x, slot_width) = (share(at * 6, count * 6), share(6, count * 6));
    let (x, width) = (share(at * 6 + 1, count * 6), share(4, count * 6));
    let mut below = NanoUsd::ZERO;
    let parts = bucket.amounts.iter().enumerate().filter(|(_, amount)| **amount > NanoUsd::ZERO).map(|(series, amount)| {
        below = below.plus(*amount);
        let (y, height) = (scale.below_top(below), scale.height(*amount));
        view! { <rect class=format!("bar {}", colour(series)) x=x.clone() width=width.clone() y=y height=height></rect> }
    });
    let parts = parts.collect_view();
    let hatch = bucket.unfinished.then(|| {
        let (y, height) = (scale.below_top(below), scale.height(below));
        view! { <rect x=x width=width y=y height=height fill="url(#hatch)"></rect> }
    });
    let drawn = view! {
        <title>{said(data, bucket)}</title>
        <rect class="ground" x=slot_x width=slot_width height="100%"></rect>
        {parts}
        {hatch}
    };
    match bucket.href.clone() {
        // The twin has the same links: there they are reached by the keyboard and read aloud.
        Some(href) => view! { <a class="column" href=href tabindex="-1">{drawn}</a> }.into_any(),
        None => view! { <g class="column">{drawn}</g> }.into_any(),
    }
}

/// `14 Nov: $12.40. large-model $10.00, small-model $2.40`
fn said(data: &SpendData, bucket: &Bucket) -> String {
    let spent = bucket.amounts.iter().zip(&data.series).filter(|(amount, _)| **amount > NanoUsd::ZERO);
    let parts: Vec<_> = spent.map(|(amount, name)| format!("{name} {}", usd(*amount))).collect();
    let so_far = if bucket.unfinished { " so far" } else { "" };
    let total = format!("{}: {}{so_far}", bucket.label, usd(bucket.total()));
    if parts.len() < 2 { total } else { format!("{total}. {}", parts.join(", ")) }
}

fn time_axis(buckets: &[Bucket]) -> impl IntoView + use<> {
    let stride = buckets.len().div_ceil(LABELS).max(1);
    // Counted from the end, so that the newest bucket always has its label.
    let labelled = (0..buckets.len()).rev().step_by(stride).enumerate();
    let labels = labelled.filter_map(|(nth, at)| {
        let x = share(at * 2 + 1, buckets.len() * 2);
        let class = (nth % 2 == 1).then_some("spare");
        buckets
            .get(at)
            .map(|bucket| view! { <text class=class x=x y="16" text-anchor="middle">{bucket.label.clone()}</text> })
    });
    view! { <svg class="time-axis" aria-hidden="true">{labels.collect_view()}</svg> }
}

fn twin(data: &SpendData) -> impl IntoView + use<> {
    let mut columns = vec![Column::text("When")];
    columns.extend(data.series.iter().map(Column::number));
    columns.push(Column::number("Total"));
    let rows = data.buckets.iter().rev().map(|bucket| {
        let cells = bucket.amounts.iter().zip(data.series.clone()).map(|(amount, name)| {
            let amount = usd(*amount);
            view! { <Cell label=name number=true>{amount}</Cell> }
        });
        let total = usd(bucket.total());
        view! {
            <tr>
                <NameCell name=bucket.label.clone() href=bucket.href.clone().unwrap_or_default()/>
                {cells.collect_view()}
                <Cell label="Total" number=true><b>{total}</b></Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let title = data.title.clone();
    view! {
        <Fold summary="The same as a table">
            <Table columns=columns caption=title compact=true>{rows}</Table>
        </Fold>
    }
}
