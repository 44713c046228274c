//! `/approvals`: what waits for an answer, oldest first, with what a yes would mean.

use super::{Tab, page, tabs};
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, Tone, when};
use crate::format::{Calendar, usd};
use crate::pages::requests::title;
use crate::paths::{self, RequestAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::Standing;
use domain::money::NanoUsd;
use leptos::prelude::*;
use portal::requests::{Impact, Queue, RequestRow};

pub struct Model {
    pub queue: Queue,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let queue = visit.portal.approvals(&visit.caller).await?;
    let model = Model { queue, calendar: visit.calendar() };
    Ok(Answer::ok(page(&visit, "Approvals", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { queue, calendar } = model;
    let Queue { waiting, waiting_count, lapsing, may_decide } = queue;
    let list = if waiting.is_empty() {
        let text = "Nothing waits for you. What people of your teams ask for arrives here.";
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Who and what"),
            Column::text("Asks for"),
            Column::text("Why"),
            Column::text("If approved"),
            Column::text("Waiting"),
            Column::text("Answer"),
        ];
        let rows = waiting.into_iter().map(|(row, impact)| line(&row, &impact, may_decide, &calendar));
        let rows = rows.collect_view();
        view! { <Table columns=columns caption="What waits for an answer">{rows}</Table> }.into_any()
    };
    view! {
        <PageHead title="Approvals"/>
        {tabs(Tab::Waiting, Some(waiting_count), Some(lapsing.len()))}
        {list}
    }
}

fn line(row: &RequestRow, impact: &Impact, may_decide: bool, calendar: &Calendar) -> impl IntoView + use<> {
    let request = &row.request;
    let note = format!("{} · {}", row.asked_by_name, row.profile_name);
    let why = format!("\u{201c}{}\u{201d}", request.reason);
    let mut lines = impact_lines(row, impact, calendar).into_iter();
    let first = lines.next().unwrap_or_default();
    let rest: Vec<String> = lines.collect();
    let late = (row.standing == Standing::Overdue).then(|| view! { " "<Chip tone=Tone::Bad text="Overdue"/> });
    let link = |act, text: &'static str| view! { <a href=paths::request_act(request.id, act)>{text}</a> };
    let answers = (may_decide && !row.mine).then(|| {
        view! {
            {link(RequestAct::Approve, "Approve")}" · "{link(RequestAct::ApproveLess, "Less…")}" · "
            {link(RequestAct::Decline, "Decline…")}
        }
    });
    let since = when(calendar, request.asked_at);
    let (name, href, wish) = (title(row), paths::request(request.id), words::wish(request, calendar));
    view! {
        <tr>
            <NameCell name=name href=href note=note.into_any()/>
            <Cell label="Asks for">{wish}</Cell>
            <Cell label="Why">{why}</Cell>
            <Cell label="If approved" note=rest.join(" ").into_any()>{first}</Cell>
            <Cell label="Waiting">{since}{late}</Cell>
            <Cell label="Answer">{answers}</Cell>
        </tr>
    }
}

/// What a yes would mean, the most telling first.
pub fn impact_lines(row: &RequestRow, impact: &Impact, calendar: &Calendar) -> Vec<String> {
    let mut lines = Vec::new();
    let whose = if row.request.wish.key().is_some() { "The key" } else { "The owner's keys" };
    lines.push(format!(
        "{whose} spent {} in 30 days; at the pace of the last week it is {} a month.",
        usd(impact.spent_30_days),
        usd(impact.month_at_this_pace)
    ));
    match (impact.month_now, impact.month_then) {
        (Some(now), Some(then)) if then > now => {
            lines.push(format!("May spend {} a month instead of {}.", usd(then), usd(now)));
        }
        (None, Some(then)) => lines.push(format!("May spend {} a month.", usd(then))),
        _ => {}
    }
    if let Some(figures) = &impact.tightest {
        let until = figures.resets_at.map(|at| format!(" until {}", calendar.day(at))).unwrap_or_default();
        lines.push(format!("Now {} of {} left{until}.", usd(figures.left()), usd(figures.limit)));
    }
    if let Some(team) = &impact.team {
        let (before, after) = (percent(team.spent, team.limit), percent(team.spent_then, team.limit));
        lines.push(format!("Team {} at {before} of {}, at most {after} afterwards.", team.name, usd(team.limit)));
    }
    lines
}

/// Whole percent, as people read a budget.
fn percent(part: NanoUsd, whole: NanoUsd) -> String {
    let (part, whole) = (i128::from(part.as_nano()), i128::from(whole.as_nano()));
    if whole <= 0 {
        return "100 %".to_owned();
    }
    format!("{} %", (part.saturating_mul(100) + whole / 2) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_said_in_whole_percent_whatever_the_figures() {
        let share = |part: i64, whole: i64| percent(NanoUsd::from_nano(part), NanoUsd::from_nano(whole));
        assert_eq!(share(0, 400), "0 %");
        assert_eq!(share(310, 400), "78 %");
        assert_eq!(share(500, 400), "125 %");
        assert_eq!(share(1, 0), "100 %");
        assert_eq!(share(i64::MAX, 1), format!("{} %", i128::from(i64::MAX) * 100));
    }
}
