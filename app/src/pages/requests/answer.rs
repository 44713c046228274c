//! Yes to all of it, no with a reason, and taking it back: each a page that says what will happen.

use super::{came_too_late, crumb, page, place_of, refusals, request_for, title};
use crate::components::{ErrorSummary, Notice, PageHead, Problem, TextField, Tone, Wrong};
use crate::format::Calendar;
use crate::pages::approvals::queue::impact_lines;
use crate::pages::confirm::{self, Confirmation, Confirmed};
use crate::paths::{self, RequestAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::Wish;
use domain::id::RequestId;
use domain::refusal::Refusal;
use leptos::prelude::*;
use portal::requests::{Given, RequestDetail, RequestRow};
use serde::Deserialize;

pub async fn show_approve(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match request_for(&visit, &input, |acts| acts.decide).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let calendar = visit.calendar();
    Ok(Answer::ok(page(&visit, place_of(&detail.row), "Approve", || {
        approve_view(Approving { detail, refusals: vec![], calendar })
    })))
}

pub async fn approve(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Confirmed {} = input.form()?;
    let id: RequestId = input.segment("id")?;
    let detail = visit.portal.request(&visit.caller, id).await?;
    let given = Given::all_of(&detail.row.request);
    let refusals = match visit.portal.approve_request(&visit.caller, id, &given).await {
        Ok(_) => return Ok(Answer::SeeOther(paths::request(id))),
        Err(error) => refusals(error)?,
    };
    if came_too_late(&refusals) {
        return Ok(Answer::SeeOther(paths::request(id)));
    }
    let calendar = visit.calendar();
    Ok(Answer::refused(page(&visit, place_of(&detail.row), "Approve", || {
        approve_view(Approving { detail, refusals, calendar })
    })))
}

pub struct Approving {
    pub detail: RequestDetail,
    pub refusals: Vec<Refusal>,
    pub calendar: Calendar,
}

pub fn approve_view(model: Approving) -> impl IntoView {
    let Approving { detail, refusals, calendar } = model;
    let row = detail.row;
    let wrong: Vec<_> = refusals.iter().map(|one| Wrong { field: None, message: words::refusal(one) }).collect();
    let refused = !wrong.is_empty();
    let less = paths::request_act(row.request.id, RequestAct::ApproveLess);
    let what = words::wish(&row.request, &calendar);
    let effects = effects(&row, &calendar).into_iter().map(|text| view! { <p>{text}</p> }).collect_view();
    let impact = detail.impact.map(|impact| impact_lines(&row, &impact, &calendar)).unwrap_or_default();
    let impact = impact.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    let class = if refused { "button" } else { "button primary" };
    view! {
        <PageHead title=format!("Approve: {}", title(&row)) crumb=crumb(&row)/>
        <form class="form" method="post" action=paths::request_act(row.request.id, RequestAct::Approve)>
            <ErrorSummary undone="it can be approved" wrong=wrong/>
            <p><b>{what}</b></p>
            {effects}
            <ul class="plain">{impact}</ul>
            <div class="actions">
                <button class=class type="submit">"Approve"</button>
                <a class="button" href=less>"Approve less…"</a>
                <a class="button plain" href=paths::request(row.request.id)>"Not now"</a>
            </div>
        </form>
    }
}

/// What a yes does, one sentence each.
fn effects(row: &RequestRow, calendar: &Calendar) -> Vec<String> {
    let mut effects = Vec::new();
    if let Wish::NewKey { .. } = row.request.wish {
        effects.push(format!(
            "The key {} is made for {}. {} takes its secret; nobody else sees it.",
            row.key_name, row.owner_name, row.asked_by_name
        ));
    }
    if !row.request.wish.more().is_empty() {
        effects.push(match row.request.until {
            Some(until) => {
                format!("What goes above the guardrails counts until {} and ends by itself.", calendar.date_time(until))
            }
            None => "What goes above the guardrails counts for as long as the key lives.".to_owned(),
        });
    }
    effects
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declining {
    #[serde(default)]
    reason: String,
}

pub struct DeclineModel {
    pub row: RequestRow,
    pub reason: String,
    pub refusals: Vec<Refusal>,
}

pub async fn show_decline(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match request_for(&visit, &input, |acts| acts.decide).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let model = DeclineModel { row: detail.row, reason: String::new(), refusals: vec![] };
    Ok(Answer::ok(page(&visit, place_of(&model.row), "Decline", || decline_view(model))))
}

pub async fn decline(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Declining { reason } = input.form()?;
    let id: RequestId = input.segment("id")?;
    let refusals = match visit.portal.decline_request(&visit.caller, id, &reason).await {
        Ok(()) => return Ok(Answer::SeeOther(paths::request(id))),
        Err(error) => refusals(error)?,
    };
    if came_too_late(&refusals) {
        return Ok(Answer::SeeOther(paths::request(id)));
    }
    let row = visit.portal.request(&visit.caller, id).await?.row;
    let model = DeclineModel { row, reason, refusals };
    Ok(Answer::refused(page(&visit, place_of(&model.row), "Decline", || decline_view(model))))
}

pub fn decline_view(model: DeclineModel) -> impl IntoView {
    let DeclineModel { row, reason, refusals } = model;
    let at_reason = refusals.iter().find(|one| one.field == "reason").map(|one| Problem::new(words::refusal(one)));
    let others = refusals.iter().filter(|one| one.field != "reason").map(words::refusal);
    let others = others.map(|text| view! { <Notice tone=Tone::Bad text=text/> }).collect_view();
    let hint = format!("{} reads it word for word.", row.asked_by_name);
    view! {
        <PageHead title=format!("Decline: {}", title(&row)) crumb=crumb(&row)/>
        {others}
        <form class="form" method="post" action=paths::request_act(row.request.id, RequestAct::Decline)>
            <TextField name="reason" label="Why not" value=reason required=true hint=hint problem=at_reason/>
            <div class="actions">
                <button class="button danger" type="submit">"Decline"</button>
                <a class="button plain" href=paths::request(row.request.id)>"Leave it waiting"</a>
            </div>
        </form>
    }
}

pub async fn show_withdraw(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match request_for(&visit, &input, |acts| acts.withdraw).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let confirmation = withdrawal(&detail.row);
    Ok(Answer::ok(page(&visit, place_of(&detail.row), "Withdraw", || confirm::view(confirmation))))
}

pub async fn withdraw(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Confirmed {} = input.form()?;
    let id: RequestId = input.segment("id")?;
    match visit.portal.withdraw_request(&visit.caller, id).await {
        Ok(()) => {}
        Err(error) => {
            // Answered in between: its page says what came of it.
            refusals(error)?;
        }
    }
    Ok(Answer::SeeOther(paths::request(id)))
}

pub fn withdrawal(row: &RequestRow) -> Confirmation {
    Confirmation {
        title: format!("Withdraw: {}", title(row)),
        crumb: crumb(row),
        effects: vec!["Nobody answers it any more. You can ask again at any time.".to_owned()],
        action: paths::request_act(row.request.id, RequestAct::Withdraw),
        fields: vec![],
        verb: "Withdraw",
        dangerous: false,
        back: "Leave it waiting",
    }
}
