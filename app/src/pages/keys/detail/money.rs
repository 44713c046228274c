//! What is left and what was spent: the live ledger to the nano-dollar, and thirty days by model.

use crate::components::{
    Bucket, Budgets, Cap, Cell, Column, EmptyState, Figure, Figures, NameCell, Rates, Section, SpendChart, SpendData,
    Table, spent_figures,
};
use crate::format::{Calendar, duration, grouped, percent, tokens, usd, usd_exact};
use crate::pages::keys::rows::{budget, quota_table, whose};
use crate::words;
use domain::budget::{BudgetFigures, Window};
use domain::money::NanoUsd;
use domain::virtual_key::KeyStanding;
use leptos::prelude::*;
use portal::keys::{DayUsage, KeyDetail, KeyUsage};

pub(super) fn budgets(detail: &KeyDetail, calendar: &Calendar) -> impl IntoView + use<> {
    if detail.figures.is_empty() {
        let text = "The gateway does not count for this key now. The figures are back when it can be called.";
        return view! { <Section id="budgets" title="Budgets"><EmptyState text=text/></Section> }.into_any();
    }
    let name = |figures: &BudgetFigures| {
        let level = detail.above.iter().find(|level| level.scope == figures.scope);
        let whose = whose(figures.scope, level.map(|level| level.name.as_str()), detail.mine);
        let whose = capitalised(whose.unwrap_or_else(|| "this key".to_owned()));
        format!("{whose}, {}", words::per_window(figures.window))
    };
    // Few keys have to leave something to others.
    let any_kept = detail.figures.iter().any(|figures| figures.kept_for_others > NanoUsd::ZERO);
    let meters = detail.figures.iter().map(|figures| (name(figures), budget(figures, None, calendar))).collect();
    let rows = detail.figures.iter().map(|figures| {
        // The gateway's refusals point at this line.
        let anchor = format!("budget-{}-{}", figures.scope.word(), figures.window.word());
        let resets = figures.resets_at.map_or_else(|| "never".to_owned(), |at| calendar.date_time(at));
        let exactly = usd_exact;
        let (name, left) = (name(figures), exactly(figures.left()));
        let kept = any_kept.then(|| exactly(figures.kept_for_others));
        let (spent, reserved, limit) = (exactly(figures.spent), exactly(figures.reserved), exactly(figures.limit));
        view! {
            <tr id=anchor>
                <NameCell name=name/>
                <Cell label="Spent" number=true>{spent}</Cell>
                <Cell label="Reserved" number=true>{reserved}</Cell>
                {kept.map(|kept| view! { <Cell label="Kept for others" number=true>{kept}</Cell> })}
                <Cell label="Left" number=true><b>{left}</b></Cell>
                <Cell label="Limit" number=true>{limit}</Cell>
                <Cell label="Resets">{resets}</Cell>
            </tr>
        }
    });
    let quotas = detail.quotas.iter().map(|one| {
        let level = detail.above.iter().find(|level| level.scope == one.scope);
        let whose = whose(one.scope, level.map(|level| level.name.as_str()), detail.mine);
        let whose = capitalised(whose.unwrap_or_else(|| "this key".to_owned()));
        let what = words::quota_name(one.quota.counted, one.quota.window).to_lowercase();
        (format!("{whose}, {what}"), *one)
    });
    let quotas = quota_table(quotas.collect(), calendar);
    let rows = rows.collect_view();
    let mut columns = vec![Column::text("Exactly"), Column::number("Spent"), Column::number("Reserved")];
    columns.extend(any_kept.then(|| Column::number("Kept for others")));
    columns.extend([Column::number("Left"), Column::number("Limit"), Column::text("Resets")]);
    view! {
        <Section id="budgets" title="Budgets">
            <div class="panel"><Budgets budgets=meters/></div>
            <Table columns=columns caption="Budgets to the nano-dollar" compact=true>{rows}</Table>
            {quotas}
        </Section>
    }
    .into_any()
}

pub(super) fn capitalised(mut text: String) -> String {
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

pub(super) fn spend(detail: &KeyDetail, usage: KeyUsage) -> impl IntoView + use<> {
    let days = usage.days.len();
    let title = format!("Spend, {days} days");
    let sums = usage.total;
    if sums.requests == 0 && sums.denials == 0 {
        let ended = matches!(detail.standing, KeyStanding::Revoked | KeyStanding::Expired);
        let text = match (&detail.last_use, ended) {
            (Some(_), _) => format!("No calls in the last {days} days."),
            (None, false) => {
                "No calls yet. Take a snippet below, put the secret in, and make the first one.".to_owned()
            }
            (None, true) => "It was never used.".to_owned(),
        };
        // A key that has ended has no snippets to lead to.
        let way = (!ended).then(|| view! { <a class="button" href="#snippets">"To the snippets"</a> });
        return view! { <Section id="spend" title=title><EmptyState text=text>{way}</EmptyState></Section> }.into_any();
    }
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    let (requests, failures) = (count(sums.requests), count(sums.failures));
    let average = count(sums.duration_ms_sum).checked_div(requests).map_or_else(|| "–".to_owned(), duration);
    let cached = percent(sums.tokens.cache_read, sums.tokens.all_input());
    let figure = |name: &str, value: String| Figure { name: name.to_owned(), value };
    let mut figures = spent_figures("spent".to_owned(), sums.cost, usage.shown);
    figures.extend([
        figure("requests", grouped(requests)),
        figure(&format!("tokens in ({cached} cached)"), tokens(sums.tokens.all_input())),
        figure("tokens out", tokens(sums.tokens.output)),
        figure("errors", format!("{} ({})", grouped(failures), percent(failures, requests))),
        figure("refused", grouped(count(sums.denials))),
        figure("average duration", average),
    ]);
    let exactly = format!("Spent exactly {} in these {days} days.", usd_exact(sums.cost));
    let chart = (sums.cost > NanoUsd::ZERO).then(|| view! { <SpendChart data=chart(detail, &usage)/> });
    view! {
        <Section id="spend" title=title aside=exactly.into_any()>
            <Figures figures=figures/>
            <Rates conversion=usage.conversion in_dollars="budgets, the chart and single calls"/>
            {chart}
        </Section>
    }
    .into_any()
}

fn chart(detail: &KeyDetail, usage: &KeyUsage) -> SpendData {
    let label = |day: &DayUsage| day.date.strftime("%-d %b").to_string();
    // What was only refused, or costs nothing, is no part of what was spent.
    let paid = usage.by_model.iter().filter(|model| model.sums.cost > NanoUsd::ZERO);
    let series: Vec<String> = paid.map(|model| model.model.clone()).collect();
    let buckets = usage.days.iter().enumerate().map(|(at, day)| {
        let of =
            |name: &String| day.models.iter().find(|model| model.model == *name).map_or(NanoUsd::ZERO, |m| m.sums.cost);
        Bucket {
            label: label(day),
            amounts: series.iter().map(of).collect(),
            unfinished: at + 1 == usage.days.len(),
            href: None,
        }
    });
    let buckets = buckets.collect();
    let range = match (usage.days.first(), usage.days.last()) {
        (Some(first), Some(last)) => format!(", {} to {}", label(first), label(last)),
        _ => String::new(),
    };
    let daily = detail.effective.terms.caps.iter().find(|cap| cap.value.window == Window::Day);
    let cap = daily.map(|cap| Cap { amount: cap.value.limit, label: format!("cap {} a day", usd(cap.value.limit)) });
    SpendData { title: format!("Spend by model{range}"), series, buckets, cap }
}
