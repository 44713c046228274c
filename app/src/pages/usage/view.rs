//! The page: what is asked, the figure, the bars, who moved, and the table.

use super::Model;
use super::asked::{Asked, PRESETS, inside};
use super::table::{self, against, difference, page_of};
use super::views;
use crate::components::{
    Bucket, EmptyState, Figure, Figures, Filter, PageHead, Rates, Section, SelectField, SelectOption, SpendChart,
    SpendData, TextField, spent_figures,
};
use crate::format::{Calendar, converted, usd, usd_exact};
use crate::pages::admin::adjustments::month_name;
use crate::paths;
use crate::words::spend::{dimension, named, unallocated};
use domain::dimension::Dimension;
use domain::exchange::Converted;
use domain::money::NanoUsd;
use jiff::civil::Date;
use leptos::prelude::*;
use portal::spend::{DayRange, Spend};

pub fn view(model: Model) -> impl IntoView {
    let Model { asked, by, spend, views, leads, calendar } = model;
    let whose = match (spend.of_everyone, leads) {
        (true, _) => "Everyone's spend",
        (false, true) => "Your own spend, and that of the teams that you lead",
        (false, false) => "What your own keys spent",
    };
    let context = format!("{whose}, {}. Days are those of {}.", span(spend.range), calendar.zone_name());
    let nothing = spend.total.requests == 0;
    let body =
        if nothing { empty(&asked, &spend).into_any() } else { filled(&asked, by, &spend, &calendar).into_any() };
    let file = (!nothing).then(|| view! { <a class="button" href=asked.by(by).file()>"CSV"</a> });
    view! {
        <PageHead title="Usage" context=context.into_any()>{file}</PageHead>
        {views::links(&asked.by(by), views)}
        {form(&asked, by)}
        {filters(&asked, &spend)}
        {body}
    }
}

/// `1 to 21 Nov 2026`, `28 Oct to 3 Nov 2026`, `28 Dec 2026 to 3 Jan 2027`, `14 Nov 2026`
fn span(range: DayRange) -> String {
    let (first, last) = (range.first(), range.last());
    let whole = |date: Date| date.strftime("%-d %b %Y").to_string();
    let begin = match (first.year() == last.year(), first.month() == last.month()) {
        _ if first == last => return whole(last),
        (false, _) => whole(first),
        (true, false) => first.strftime("%-d %b").to_string(),
        (true, true) => first.day().to_string(),
    };
    format!("{begin} to {}", whole(last))
}

fn form(asked: &Asked, by: Dimension) -> impl IntoView + use<> {
    let ranges = PRESETS.iter().map(|&(word, text)| SelectOption::new(word, text)).collect();
    let dimensions = Dimension::ALL.iter().map(|&one| SelectOption::new(one.word(), dimension(one))).collect();
    let compare = vec![SelectOption::new("", "The time before"), SelectOption::new("none", "Nothing")];
    let (compared, preset) = (if asked.compare { "" } else { "none" }, asked.preset_word());
    let (from, to) = asked.between().map(|(from, to)| (from.to_string(), to.to_string())).unwrap_or_default();
    // What is narrowed and sorted stays so when another range is asked for.
    let kept = asked.pairs().into_iter().filter(|(name, _)| *name == "sort" || Dimension::from_word(name).is_some());
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <Filter action=paths::USAGE>
            {kept}
            <SelectField name="range" label="Range" options=ranges value=preset/>
            <TextField name="from" label="From" kind="date" value=from/>
            <TextField name="to" label="To" kind="date" value=to/>
            <SelectField name="by" label="By" options=dimensions value=by.word()/>
            <SelectField name="compare" label="Compare with" options=compare value=compared/>
        </Filter>
    }
}

/// What the view is narrowed to, each with its way out.
fn filters(asked: &Asked, spend: &Spend) -> impl IntoView + use<> {
    let chips = spend.filters.iter().map(|(of, value)| {
        let (text, name) = (dimension(*of), named(*of, value));
        let label = format!("Remove {text} {name}");
        view! {
            <li>
                <span class="muted">{text}</span>" "<b>{name}</b>" "
                <a href=asked.without(*of).href() aria-label=label>"×"</a>
            </li>
        }
    });
    let chips = chips.collect_view();
    (!spend.filters.is_empty()).then(|| view! { <ul class="narrowed" aria-label="Narrowed to">{chips}</ul> })
}

fn empty(asked: &Asked, spend: &Spend) -> impl IntoView + use<> {
    let text = format!("No calls from {}.", span(spend.range));
    let wider = Asked { preset: portal::spend::Preset::Last(90), ..asked.clone() }.href();
    let all = (!asked.filters.is_empty())
        .then(|| view! { <a class="button" href=Asked { filters: vec![], ..asked.clone() }.href()>"Take the filter away"</a> });
    view! { <EmptyState text=text>{all}<a class="button" href=wider>"Show the last 90 days"</a></EmptyState> }
}

fn filled(asked: &Asked, by: Dimension, spend: &Spend, calendar: &Calendar) -> impl IntoView + use<> {
    let chart = (spend.total.cost > NanoUsd::ZERO).then(|| view! { <SpendChart data=chart(asked, by, spend)/> });
    let title = format!("By {}", dimension(by).to_lowercase());
    let main = table::breakdown(asked, &spend.main, spend, true);
    let beside = spend.beside.as_ref().map(|beside| {
        let title = format!("By {}", dimension(beside.by).to_lowercase());
        let table = table::breakdown(asked, beside, spend, false);
        view! { <Section id="beside" title=title>{table}</Section> }
    });
    let has_it = match spend.as_of {
        None => "has it".to_owned(),
        Some(at) => format!("had it at {}", calendar.time_of_day(at)),
    };
    let exactly = format!("Exactly {}, as the ledger {has_it}.", usd_exact(spend.total.cost));
    let adjusted = spend.adjusted.map(|month| {
        let (text, href) = (month_name(month), paths::cost_statement(month));
        view! {
            <p class="muted">
                "Some of it was moved to another cost centre since, which is not among these figures: "
                <a href=href>{format!("Statement {text}")}</a>"."
            </p>
        }
        .into_any()
    });
    let (figures, movers, page) = (figures(by, spend), movers(asked, by, spend), page_link(spend));
    view! {
        <Figures figures=figures/>
        <Rates
            conversion=spend.conversion.clone()
            in_dollars="the chart, what was spent before, changes, the pace and the price of 1,000 requests"
        />
        {chart}
        {movers}
        <Section id="groups" title=title aside=exactly.into_any()>
            {page}
            {main}
            {adjusted}
        </Section>
        {beside}
    }
}

/// The page of the one person or key that the view is narrowed to.
fn page_link(spend: &Spend) -> Option<impl IntoView + use<>> {
    let (of, value) = spend.filters.iter().find(|(of, value)| page_of(*of, value, spend.opens_people).is_some())?;
    let href = page_of(*of, value, spend.opens_people)?;
    let text = format!("Open {}", named(*of, value));
    Some(view! { <p><a href=href>{text}</a></p> })
}

fn figures(by: Dimension, spend: &Spend) -> Vec<Figure> {
    let figure = |name: String, value: String| Figure { name, value };
    let or_dollars = |shown: Option<Converted>, cost: NanoUsd| shown.map_or_else(|| usd(cost), converted);
    let mut figures = spent_figures("spent".to_owned(), spend.total.cost, spend.total_shown);
    if let Some(earlier) = spend.earlier {
        let text = against(spend.total.cost, spend.earlier_total);
        figures.push(figure(format!("against {}", span(earlier)), text));
    }
    figures.extend(spend.forecast.map(|forecast| figure("this month, at this pace".to_owned(), usd(forecast))));
    let (name, _) = unallocated(by);
    if spend.unallocated > NanoUsd::ZERO {
        figures.push(figure(name.to_lowercase(), or_dollars(spend.unallocated_shown, spend.unallocated)));
    }
    figures
}

fn movers(asked: &Asked, by: Dimension, spend: &Spend) -> Option<impl IntoView + use<>> {
    if spend.movers.is_empty() {
        return None;
    }
    let links = spend.movers.iter().map(|group| {
        let href = asked.with(by, group.of.value.clone()).by(inside(by)).href();
        let new = (group.earlier == NanoUsd::ZERO).then_some("new: ");
        view! { <li>{new}<a href=href>{named(by, &group.of)}</a>" "<span class="num">{difference(group)}</span></li> }
    });
    Some(view! {
        <section class="movers" aria-labelledby="movers-title">
            <h2 id="movers-title">"Moved most"</h2>
            <ul>{links.collect_view()}</ul>
        </section>
    })
}

fn chart(asked: &Asked, by: Dimension, spend: &Spend) -> SpendData {
    let mut series: Vec<String> = spend.series.iter().map(|of| named(by, of)).collect();
    let others = spend.days.iter().any(|day| day.costs.last().is_some_and(|cost| *cost != NanoUsd::ZERO));
    if others {
        series.push("Other".to_owned());
    }
    // A bar leads to its day, by application: the first of two steps to whoever caused it.
    let further = if by == Dimension::Application { Dimension::Key } else { Dimension::Application };
    let whole = spend.range.days() > 1;
    let buckets = spend.days.iter().map(|day| Bucket {
        label: day.day.date().strftime("%-d %b").to_string(),
        amounts: day.costs.iter().take(series.len()).copied().collect(),
        unfinished: day.day == spend.today,
        href: whole.then(|| asked.on(day.day.date()).by(further).href()),
    });
    let buckets = buckets.collect();
    let range = span(spend.range);
    let title = format!("Spend by {}, {range}", dimension(by).to_lowercase());
    SpendData { title, series, buckets, cap: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::day::Day;

    #[test]
    fn a_range_names_its_year() {
        let day = |text: &str| Day::of(text.parse().unwrap());
        for (first, last, text) in [
            ("2026-10-01", "2026-10-31", "1 to 31 Oct 2026"),
            ("2026-10-28", "2026-11-03", "28 Oct to 3 Nov 2026"),
            ("2026-12-28", "2027-01-03", "28 Dec 2026 to 3 Jan 2027"),
            ("2025-11-01", "2026-11-30", "1 Nov 2025 to 30 Nov 2026"),
            ("2026-11-14", "2026-11-14", "14 Nov 2026"),
        ] {
            assert_eq!(span(DayRange { from: day(first), until: day(last).plus(1) }), text);
        }
    }
}
