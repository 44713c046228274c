//! `/reviews/progress`: how far each team is, the reviews before, and everything that was decided as a file.

use super::{about, file, none_open, page};
use crate::components::{
    Cell, Chip, Column, Crumb, EmptyState, Figure, Figures, NameCell, PageHead, Section, Table, Tone,
};
use crate::format::grouped;
use crate::pages::admin::{at_least_none, more};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words::reviews::quarter as quarter_name;
use domain::key_review::Quarter;
use domain::permission::Permission;
use leptos::prelude::*;
use portal::keys::reviews::{Held, Progress, Shown, TeamProgress};
use serde::Deserialize;

/// Teams of one page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    quarter: Option<String>,
    from: Option<usize>,
}

impl Asked {
    /// Something that is no quarter is not found.
    fn quarter(&self) -> Result<Option<Quarter>, PageError> {
        self.quarter.as_deref().map(|text| text.parse().map_err(|_| PageError::NotFound)).transpose()
    }
}

pub struct Model {
    pub progress: Progress,
    /// The first team shown.
    pub from: usize,
    pub administers: bool,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let progress = visit.portal.review_progress(&visit.caller, asked.quarter()?).await?;
    let administers = Permission::Administer.allows(Some(&visit.caller));
    let model = Model { progress, from: asked.from.unwrap_or(0), administers };
    Ok(Answer::ok(page(&visit, "Progress of reviews", || view(model))))
}

/// Without a quarter, of the one that the page would show.
pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let quarter = match asked.quarter()? {
        Some(quarter) => quarter,
        None => {
            let shown = visit.portal.review_progress(&visit.caller, None).await?.shown;
            shown.map_or_else(|| visit.portal.review_if_switched_on().quarter, |shown| shown.review.quarter)
        }
    };
    let reviews = visit.portal.reviews_file(&visit.caller, quarter).await?;
    let body = file::csv(&reviews).into_bytes();
    Ok(Answer::Download { name: file::name(&reviews), content_type: "text/csv; charset=utf-8", body })
}

fn href(quarter: Quarter, from: usize) -> String {
    let from = if from > 0 { format!("&from={from}") } else { String::new() };
    format!("{}?quarter={quarter}{from}", paths::REVIEW_PROGRESS)
}

pub fn view(model: Model) -> impl IntoView {
    let Model { progress: Progress { held, shown, earlier }, from, administers } = model;
    let switch = administers.then(|| {
        let text = if held == Held::Off { "Switch on…" } else { "Switch off…" };
        view! { <a class="button" href=paths::SWITCH_REVIEWS>{text}</a> }
    });
    let context = match (held, &shown) {
        (Held::Open { review, overdue }, Some(shown)) if shown.open => about(&review, overdue),
        (_, Some(shown)) => format!("{} · over", quarter_name(shown.review.quarter)),
        (_, None) => String::new(),
    };
    let crumb = Crumb { text: "Reviews".to_owned(), href: paths::REVIEWS.to_owned() };
    let why = none_open(held, false);
    let overdue = matches!(held, Held::Open { overdue: true, .. });
    let others = others(held, shown.as_ref(), &earlier);
    let body = shown.map(|shown| of_quarter(shown, from, administers, overdue));
    let head = if administers {
        view! { <PageHead title="Progress of reviews" crumb=crumb context=context.into_any()>{switch}</PageHead> }
            .into_any()
    } else {
        view! { <PageHead title="Progress of reviews" context=context.into_any()/> }.into_any()
    };
    view! {
        {head}
        {others}
        {why}
        {body}
    }
}

/// The open review and those before it.
fn others(held: Held, shown: Option<&Shown>, earlier: &[Quarter]) -> Option<impl IntoView + use<>> {
    let current = shown.map(|shown| shown.review.quarter);
    let open = held.open().map(|review| review.quarter);
    let all: Vec<Quarter> = open.into_iter().chain(earlier.iter().copied()).collect();
    let links = all.iter().map(|&quarter| {
        let here = (current == Some(quarter)).then_some("true");
        view! { <li><a href=href(quarter, 0) aria-current=here>{quarter_name(quarter)}</a></li> }
    });
    let links = links.collect_view();
    (all.len() > 1).then(|| view! { <nav aria-label="Quarters"><ul class="views">{links}</ul></nav> })
}

fn of_quarter(shown: Shown, from: usize, administers: bool, overdue: bool) -> impl IntoView {
    let Shown { review, open, teams } = shown;
    let sum = |part: fn(&TeamProgress) -> i64| grouped(at_least_none(teams.iter().map(part).sum()));
    let figure = |name: &str, value: String| Figure { name: name.to_owned(), value };
    let figures = vec![
        figure(if open { "waiting" } else { "left undecided" }, sum(|team| team.waiting)),
        figure("kept", sum(|team| team.kept)),
        figure("revoked", sum(|team| team.revoked)),
        figure("in the review", sum(TeamProgress::all)),
    ];
    let many = teams.len();
    let next = (many > from.saturating_add(PAGE)).then(|| href(review.quarter, from.saturating_add(PAGE)));
    let rows = teams.into_iter().skip(from).take(PAGE).map(|team| row(team, open, overdue, administers));
    let rows = rows.collect_view();
    let decided_file = format!("{}?quarter={}", paths::REVIEWS_FILE, review.quarter);
    let csv = view! { <a href=decided_file>"CSV of all decisions"</a> }.into_any();
    let list = if many == 0 {
        view! { <EmptyState text="No key is in this review: none is older than its quarter."/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Team"),
            Column::text("State"),
            Column::number("Waiting"),
            Column::number("Kept"),
            Column::number("Revoked"),
            Column::text("Reviewed by"),
        ];
        view! { <Table columns=columns caption="Teams" compact=true>{rows}</Table> }.into_any()
    };
    view! {
        <Figures figures=figures/>
        <Section id="teams" title="Teams" aside=csv>
            {list}
            {more(next)}
        </Section>
    }
}

fn row(row: TeamProgress, open: bool, overdue: bool, administers: bool) -> impl IntoView {
    let number = |count: i64| grouped(at_least_none(count));
    let (tone, state) = match (row.waiting, open, overdue) {
        (0, ..) => (Tone::Ok, "Done"),
        (_, false, _) => (Tone::Warn, "Left undecided"),
        (_, true, true) => (Tone::Bad, "Overdue"),
        (_, true, false) => (Tone::Info, "Under way"),
    };
    let by = match (row.unled, row.waiting - row.unled) {
        (0, 0) => String::new(),
        (_, 0) => "administrators".to_owned(),
        (0, _) => "its leads".to_owned(),
        (unled, _) => format!("its leads; {} by administrators", number(unled)),
    };
    let href = |team: Option<&domain::id::TeamId>| match team {
        Some(team) => format!("{}?team={team}", paths::REVIEWS),
        None => paths::REVIEWS.to_owned(),
    };
    let href = if administers && open { href(row.team.as_ref().map(|(id, _)| id)) } else { String::new() };
    let name = row.team.map_or_else(|| "People in no team, or in several".to_owned(), |(_, name)| name);
    view! {
        <tr>
            <NameCell name=name href=href/>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
            <Cell label="Waiting" number=true>{number(row.waiting)}</Cell>
            <Cell label="Kept" number=true>{number(row.kept)}</Cell>
            <Cell label="Revoked" number=true>{number(row.revoked)}</Cell>
            <Cell label="Reviewed by">{by}</Cell>
        </tr>
    }
}
