//! Keys in a review as rows: what a reviewer needs to decide, the choice, and what was decided.

use super::list::Asked;
use crate::components::{Cell, Chip, Column, Id, NameCell, Table, Tone, when};
use crate::format::{Calendar, usd};
use crate::pages::keys::rows::{owner, short_id};
use crate::paths;
use crate::words;
use domain::key_review::Decision;
use domain::virtual_key::{KeyStanding, Owner};
use leptos::prelude::*;
use portal::keys::reviews::{DecidedRow, ReviewPage, ReviewRow, USED_DAYS, Used};
use std::collections::HashMap;

/// What the field of a key begins with.
pub(super) const CHOICE: &str = "choice.";

pub(super) fn to_review(
    asked: &Asked,
    page: ReviewPage,
    chosen: &HashMap<String, Decision>,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let quarter = page.held.open().map(|review| review.quarter.to_string());
    let spent = format!("Spent, {USED_DAYS} days");
    let columns = vec![
        Column::text("Key"),
        Column::text("Owner"),
        Column::text("Guardrails"),
        Column::text("Last used"),
        Column::number(spent.clone()),
        Column::text("Minted"),
        Column::text("Decision"),
    ];
    let rows = page.to_review.into_iter().map(|row| {
        let choice = chosen.get(&row.id.to_string()).copied();
        to_review_row(row, choice, &spent, calendar)
    });
    let rows = rows.collect_view();
    view! {
        <form class="stack" method="post" action=paths::REVIEWS>
            <input type="hidden" name="quarter" value=quarter/>
            {hidden(asked)}
            <Table columns=columns caption="Keys to review">{rows}</Table>
            <div class="actions">
                <button class="button primary" type="submit">"Save decisions"</button>
                <p class="muted">"Before a key is revoked, the next page says what it means. What is left for later stays here."</p>
            </div>
        </form>
    }
}

/// Where the form goes back to.
pub(super) fn hidden(asked: &Asked) -> impl IntoView + use<> {
    let fields = [("team", asked.team.clone()), ("after", asked.after.clone())];
    let fields = fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    fields.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
}

fn to_review_row(row: ReviewRow, choice: Option<Decision>, spent: &str, calendar: &Calendar) -> impl IntoView + use<> {
    let href = if row.opens { paths::key(row.id) } else { String::new() };
    let what = format!(" · {} · {}", words::consumer_tag(row.consumer), row.environment);
    let application = row.application.as_ref().map(|application| format!(" · {application}"));
    let note = view! { <Id text=short_id(row.id)/>{what}{application} }.into_any();
    let teams = match row.owner {
        Owner::Person(_) => row.teams.join(", "),
        Owner::Team(_) => String::new(),
    };
    let state = match row.standing {
        KeyStanding::Disabled => "Disabled",
        KeyStanding::OwnerSuspended => "Owner suspended",
        KeyStanding::Usable | KeyStanding::Revoked | KeyStanding::Expired => "",
    };
    let state = (!state.is_empty()).then(|| view! { <Chip tone=Tone::Plain text=state/> });
    let used = used(&row.used, calendar);
    let money = match row.spent {
        Some(spent) => view! { <span title=spent.to_string()>{usd(spent)}</span> }.into_any(),
        None => view! { <span class="muted">"not shown to you"</span> }.into_any(),
    };
    let (minted, ends) = (when(calendar, row.created_at), when(calendar, row.expires_at));
    let ends = view! { "expires "{ends} }.into_any();
    let owner = owner(row.owner, &row.owner_name, row.mine);
    let (field, about) = (format!("{CHOICE}{}", row.id), format!("Decision about {}", row.name));
    let options = [("", "Later"), (Decision::Keep.word(), "Keep"), (Decision::Revoke.word(), "Revoke")];
    let options = options.map(|(value, text)| {
        let checked = choice.map_or("", Decision::word) == value;
        view! {
            <label class="choice">
                <input type="radio" name=field.clone() value=value checked=checked/>
                <span>{text}</span>
            </label>
        }
    });
    view! {
        <tr>
            <NameCell name=row.name href=href note=note/>
            <Cell label="Owner" note=teams.into_any()>{owner}</Cell>
            <Cell label="Guardrails" note=state.into_any()>{row.profile_name}</Cell>
            {used}
            <Cell label=spent number=true>{money}</Cell>
            <Cell label="Minted" note=ends>{minted}</Cell>
            <Cell label="Decision"><div class="choices decision" role="group" aria-label=about>{options.collect_view()}</div></Cell>
        </tr>
    }
}

fn used(used: &Used, calendar: &Calendar) -> impl IntoView + use<> {
    match used {
        Used::At(last) => {
            let at = when(calendar, last.at);
            view! { <Cell label="Last used" note=last.agent.clone().into_any()>{at}</Cell> }.into_any()
        }
        Used::Never => view! { <Cell label="Last used"><span class="muted">"Never"</span></Cell> }.into_any(),
        Used::Lately(true) => {
            let text = format!("within {USED_DAYS} days");
            view! { <Cell label="Last used">{text}</Cell> }.into_any()
        }
        Used::Lately(false) => {
            let text = format!("not for {USED_DAYS} days");
            view! { <Cell label="Last used"><span class="muted">{text}</span></Cell> }.into_any()
        }
    }
}

pub(super) fn done(rows: Vec<DecidedRow>, calendar: &Calendar) -> impl IntoView + use<> {
    let rows = rows.into_iter().map(|row| {
        let href = if row.opens { paths::key(row.key) } else { String::new() };
        let note = view! { <Id text=short_id(row.key)/> }.into_any();
        let owner = owner(row.owner, &row.owner_name, row.mine);
        let tone = match row.decision {
            Decision::Keep => Tone::Ok,
            Decision::Revoke => Tone::Plain,
        };
        let reason = row.reason.map(words::revocation_reason);
        let at = when(calendar, row.at);
        view! {
            <tr>
                <NameCell name=row.name href=href note=note/>
                <Cell label="Owner">{owner}</Cell>
                <Cell label="Decision" note=reason.into_any()><Chip tone=tone text=words::reviews::decision(row.decision)/></Cell>
                <Cell label="Decided by">{row.by_name}</Cell>
                <Cell label="When">{at}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Key", "Owner", "Decision", "Decided by", "When"].map(Column::text).to_vec();
    view! { <Table columns=columns caption="Decided">{rows}</Table> }
}
