//! `/requests/{id}/less`: yes to less than was asked for. The asked value stands in each field, the guardrails' maximum
//! and the last thirty days beside it.

use super::ask::{end_fields, field};
use super::entered::{Entered, Line, typed_day};
use super::{came_too_late, crumb, page, place_of, refusals, request_for, title};
use crate::components::{ErrorSummary, Fact, Facts, PageHead, TextField};
use crate::format::{Calendar, usd};
use crate::pages::form::Reasons;
use crate::paths::{self, RequestAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_request::Wish;
use domain::id::RequestId;
use leptos::prelude::*;
use portal::requests::{Given, RequestDetail};

pub struct Model {
    pub detail: RequestDetail,
    pub entered: Entered,
    pub reasons: Reasons,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match request_for(&visit, &input, |acts| acts.decide).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let calendar = visit.calendar();
    let entered = as_asked(&detail, &calendar);
    let model = Model { detail, entered, reasons: Reasons::default(), calendar };
    Ok(Answer::ok(page(&visit, place_of(&model.detail.row), "Approve less", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RequestId = input.segment("id")?;
    let entered = Entered::of_form(&input)?;
    let detail = visit.portal.request(&visit.caller, id).await?;
    let calendar = visit.calendar();
    let read = entered.read(&calendar.zone);
    let reasons = if read.unreadable.is_empty() {
        let (lifetime_days, expires_at) = (read.lifetime_days, read.expires_at);
        let given = Given { figures: read.more, until: read.until, lifetime_days, expires_at };
        match visit.portal.approve_request(&visit.caller, id, &given).await {
            Ok(_) => return Ok(Answer::SeeOther(paths::request(id))),
            Err(error) => refusals(error)?,
        }
    } else {
        read.unreadable
    };
    if came_too_late(&reasons) {
        return Ok(Answer::SeeOther(paths::request(id)));
    }
    let model = Model { detail, entered, reasons: reasons.into(), calendar };
    Ok(Answer::refused(page(&visit, place_of(&model.detail.row), "Approve less", || view(model))))
}

/// What was asked for, as the form holds it.
pub fn as_asked(detail: &RequestDetail, calendar: &Calendar) -> Entered {
    let given = Given::all_of(&detail.row.request);
    let day = |at: Option<_>| at.map(|at| typed_day(at, &calendar.zone)).unwrap_or_default();
    Entered {
        models: given.figures.models.iter().map(ToString::to_string).collect(),
        until: day(given.until),
        for_good: given.until.is_none() && !detail.row.request.wish.more().is_empty(),
        lifetime_days: given.lifetime_days.map(|days| days.to_string()).unwrap_or_default(),
        expires_at: day(given.expires_at),
        ..Entered::default()
    }
    .filled_with(&given.figures.limits)
}

/// `asked 350.00; guardrails: at most 200.00`, `asked 16 Sep 2027; guardrails: until 20 Apr 2027`
fn bound(asked: &str, most: Option<String>) -> String {
    most.map_or_else(|| format!("asked {asked}"), |most| format!("asked {asked}; guardrails: {most}"))
}

fn at_most(most: impl std::fmt::Display) -> String {
    format!("at most {most}")
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, entered, reasons, calendar } = model;
    let (row, impact) = (detail.row, detail.impact);
    let maxima = impact.as_ref().map(|impact| impact.maxima.clone()).unwrap_or_default();
    let asked = Given::all_of(&row.request);
    let mut shown: Vec<&'static str> = vec!["models", "until", "expires_at", "lifetime_days"];
    let fields = Line::all().filter_map(|line| {
        let was = line.typed(&asked.figures.limits)?;
        shown.push(line.field());
        Some(
            field(line, entered.line(line).to_owned(), bound(&was, line.typed(&maxima.limits).map(at_most)), &reasons)
                .into_any(),
        )
    });
    let fields: Vec<_> = fields.collect();
    let models = asked.figures.models.iter().map(|model| {
        let name = model.to_string();
        let checked = entered.models.contains(&name);
        view! {
            <label class="choice"><input type="checkbox" name="models" value=name.clone() checked=checked/><span>{name}</span></label>
        }
    });
    let models: Vec<_> = models.collect();
    let models = (!models.is_empty()).then(|| {
        view! {
            <div class="field" id="models" role="group" aria-labelledby="models-label">
                <span class="label" id="models-label">"Models"</span>
                <div class="choices in-row">{models}</div>
            </div>
        }
    });
    let ends = (!row.request.wish.more().is_empty()).then(|| end_fields(&entered, &reasons));
    let of_key = match &row.request.wish {
        Wish::NewKey { wanted, .. } => wanted.lifetime_days.map(|days| {
            view! {
                <TextField name="lifetime_days" label="Lives for (days)" value=entered.lifetime_days.clone()
                    input_mode="numeric" bound=bound(&days.to_string(), maxima.lifetime_days.map(at_most)) problem=reasons.at("lifetime_days")/>
            }
            .into_any()
        }),
        Wish::MoreFor { expires_at, .. } => expires_at.map(|end| {
            view! {
                <TextField name="expires_at" label="Expires on" kind="date" value=entered.expires_at.clone()
                    bound=bound(&calendar.date(end), maxima.expires_at.map(|latest| format!("until {}", calendar.date(latest)))) hint="Empty leaves its end where it is."
                    problem=reasons.at("expires_at")/>
            }
            .into_any()
        }),
    };
    let mut facts = vec![
        Fact::new("Asks for", words::wish(&row.request, &calendar)),
        Fact::new("Why", format!("\u{201c}{}\u{201d}", row.request.reason)),
    ];
    if let Some(impact) = &impact {
        facts.push(Fact::new("Spent in the last 30 days", usd(impact.spent_30_days)));
        facts.extend(impact.month_now.map(|most| Fact::new("May spend now", format!("{} a month", usd(most)))));
    }
    let wrong = reasons.summary(|field| shown.contains(&field));
    view! {
        <PageHead title=format!("Approve less: {}", title(&row)) crumb=crumb(&row)/>
        <form class="form" method="post" action=paths::request_act(row.request.id, RequestAct::ApproveLess)>
            <ErrorSummary undone="it can be approved" wrong=wrong/>
            <Facts facts=facts/>
            <p class="muted">"Lower what is too much. An emptied field is not granted."</p>
            <div class="field-grid">{fields}</div>
            {models}
            {of_key}
            {ends}
            <div class="actions">
                <button class="button primary" type="submit">"Approve this"</button>
                <a class="button plain" href=paths::request(row.request.id)>"Not now"</a>
            </div>
        </form>
    }
}
