//! Narrowing a key to what it used: one line for each term that could be less, and the way back for a week.

use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, ErrorSummary, NameCell, PageHead, Section, Table};
use crate::format::{Calendar, grouped};
use crate::html;
use crate::pages::form::Reasons;
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::right_size::{DAYS, FEWEST_CALLS, Part, UNDO_DAYS, Undo, Unproposed};
use domain::virtual_key::KeyStanding;
use leptos::prelude::*;
use portal::PortalError;
use portal::keys::{Returned, RightSize, UndoOffer};
use serde::Deserialize;

const TITLE: &str = "Right-size";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// Names what the page proposed.
    seen: String,
    /// The fields of the ticked lines.
    #[serde(default)]
    parts: Vec<String>,
}

pub struct Model {
    pub size: RightSize,
    /// Which lines are ticked, by their fields.
    pub ticked: Vec<String>,
    pub reasons: Reasons,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: KeyId = input.segment("id")?;
    let size = visit.portal.right_size(&visit.caller, id).await?;
    // What has ended is changed no more; the key's page says why.
    if matches!(size.key.standing(visit.now(), true), KeyStanding::Revoked | KeyStanding::Expired) {
        return Ok(Answer::SeeOther(paths::key(id)));
    }
    let ticked = fields(size.proposed.as_deref().unwrap_or_default());
    let model = Model { size, ticked, reasons: Reasons::default(), calendar: visit.calendar() };
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { seen, parts } = input.form()?;
    let id: KeyId = input.segment("id")?;
    match visit.portal.narrow_key(&visit.caller, id, &seen, &parts).await {
        Ok(_) => Ok(Answer::SeeOther(paths::key_act(id, KeyAct::RightSize))),
        Err(PortalError::Refused(refusals)) => again(&visit, id, parts, refusals.into()).await,
        Err(error) => Err(error.into()),
    }
}

pub async fn undo(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let crate::pages::confirm::Confirmed {} = input.form()?;
    let id: KeyId = input.segment("id")?;
    match visit.portal.undo_narrowing(&visit.caller, id).await {
        Ok(key) => Ok(Answer::SeeOther(paths::key(key.id))),
        Err(PortalError::Refused(refusals)) => again(&visit, id, Vec::new(), refusals.into()).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(visit: &Visit, id: KeyId, ticked: Vec<String>, reasons: Reasons) -> Result<Answer, PageError> {
    let size = visit.portal.right_size(&visit.caller, id).await?;
    let model = Model { size, ticked, reasons, calendar: visit.calendar() };
    Ok(Answer::refused(document(visit, model)))
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Keys), TITLE, || view(model))
}

fn fields(parts: &[Part]) -> Vec<String> {
    parts.iter().map(|part| part.field().to_owned()).collect()
}

pub fn view(model: Model) -> impl IntoView {
    let Model { size, ticked, reasons, calendar } = model;
    let id = size.key.id;
    let crumb = Crumb { text: size.key.name.clone(), href: paths::key(id) };
    let title = format!("Right-size {}", size.key.name);
    let undone = size.undo.as_ref().map(|offer| undo_section(id, offer, &calendar));
    let proposals = match &size.proposed {
        Err(unproposed) => nothing(id, &why(*unproposed, &calendar)).into_any(),
        Ok(parts) if parts.is_empty() => {
            nothing(id, "The key has no more than it used lately. There is nothing to take away.").into_any()
        }
        Ok(parts) => form(&size, parts, &ticked).into_any(),
    };
    view! {
        <PageHead title=title crumb=crumb/>
        <ErrorSummary undone="the key is changed" wrong=reasons.summary(|_| false)/>
        {undone}
        {proposals}
    }
}

fn nothing(id: KeyId, why: &str) -> impl IntoView + use<> {
    view! {
        <EmptyState text=why.to_owned()>
            <a class="button" href=paths::key(id)>"Back to the key"</a>
        </EmptyState>
    }
}

fn why(unproposed: Unproposed, calendar: &Calendar) -> String {
    match unproposed {
        Unproposed::TooYoung { until } => {
            format!("A key is looked at when it is {DAYS} days old. This one will be on {}.", calendar.day(until))
        }
        Unproposed::TooLittleUse { calls: 0 } => {
            format!("The key was not used in the last {DAYS} days. Revoke it, if nobody needs it.")
        }
        Unproposed::TooLittleUse { calls } => format!(
            "The key made {} in the last {DAYS} days; fewer than {FEWEST_CALLS} say nothing about what it needs.",
            if calls == 1 { "1 call".to_owned() } else { format!("{} calls", grouped(calls)) }
        ),
    }
}

fn form(size: &RightSize, parts: &[Part], ticked: &[String]) -> impl IntoView + use<> {
    let id = size.key.id;
    let rows = parts.iter().map(|part| {
        let name = words::part_name(part);
        let (field, label) = (part.field(), format!("Narrow {name}"));
        let checked = ticked.iter().any(|one| one == field);
        let has = words::part_value(part.of(&size.terms).as_ref());
        let (used, proposed) = (words::part_used(part, &size.observed), words::part_value(Some(part)));
        view! {
            <tr>
                <Cell label="Narrow">
                    <label class="choice">
                        <input type="checkbox" name="parts" value=field checked=checked/>
                        <span class="visually-hidden">{label}</span>
                    </label>
                </Cell>
                <NameCell name=name/>
                <Cell label="Has">{has}</Cell>
                <Cell label="Used">{used}</Cell>
                <Cell label="Proposed">{proposed}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Narrow", "Term", "Has", "Used", "Proposed"].map(Column::text).to_vec();
    let text = format!(
        "From {} calls of the last {DAYS} days, with room for as much again. Nothing proposed would have refused one of \
         them. You can take it back for {UNDO_DAYS} days.",
        grouped(size.observed.calls)
    );
    let seen = size.seen.clone();
    view! {
        <form class="stack" method="post" action=paths::key_act(id, KeyAct::RightSize)>
            <input type="hidden" name="seen" value=seen/>
            <p>{text}</p>
            <Table columns=columns caption="What the key could do without">{rows}</Table>
            <div class="actions">
                <button class="button primary" type="submit">"Narrow it"</button>
                <a class="button plain" href=paths::key(id)>"Leave it"</a>
            </div>
        </form>
    }
}

fn undo_section(id: KeyId, offer: &UndoOffer, calendar: &Calendar) -> impl IntoView + use<> {
    let UndoOffer { at, by_name, undo, returned } = offer;
    let at = calendar.date_time(*at);
    let text = match undo {
        Undo::Possible { until } => {
            format!("Narrowed at {at} by {by_name}. Until {} it can have back what it had.", calendar.date_time(*until))
        }
        Undo::ChangedSince => format!(
            "Narrowed at {at} by {by_name}. Its terms were changed since, so that this cannot be taken back; ask for what \
             is missing."
        ),
    };
    let possible = matches!(undo, Undo::Possible { .. });
    let rows = returned.iter().map(|Returned { now, then, held_back }| {
        let held_back = held_back.then(|| view! { "no more: the guardrails allow less than it had" }.into_any());
        let (name, has, then) = (words::part_name(now), words::part_value(Some(now)), words::part_value(then.as_ref()));
        let then = match held_back {
            Some(note) => view! { <Cell label="Gets back" note=note>{then}</Cell> }.into_any(),
            None => view! { <Cell label="Gets back">{then}</Cell> }.into_any(),
        };
        view! { <tr><NameCell name=name/><Cell label="Has">{has}</Cell>{then}</tr> }
    });
    let rows = rows.collect_view();
    let columns = ["Term", "Has", "Gets back"].map(Column::text).to_vec();
    let table = (possible && !returned.is_empty())
        .then(|| view! { <Table columns=columns caption="What it gets back" compact=true>{rows}</Table> });
    let same = (possible && returned.is_empty()).then(|| {
        view! { <p>"The guardrails allow no more than it has now: taking it back would change nothing until they do."</p> }
    });
    let button = possible.then(|| {
        view! {
            <form method="post" action=paths::key_act(id, KeyAct::UndoRightSize)>
                <button class="button" type="submit">"Undo"</button>
            </form>
        }
    });
    view! {
        <Section id="undo" title="Narrowed lately">
            <p>{text}</p>
            {table}
            {same}
            {button}
        </Section>
    }
}
