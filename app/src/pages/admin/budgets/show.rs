//! `/admin/budgets/{level}`: what is spent, reserved and left, and the form that sets the limits.

use super::entered::{Entered, WINDOWS, quota_kinds};
use super::{meters, shares};
use crate::chrome::Place;
use crate::components::{
    Crumb, EmptyState, ErrorSummary, Fold, MoneyField, Notice, PageHead, Section, TextField, Tone, WayOn,
};
use crate::format::Calendar;
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::budget::BudgetScope;
use domain::limits::Limits;
use domain::refusal::{cap_field, guarantee_field, quota_field};
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::budgets::LevelDetail;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

fn asked_level(input: &Input) -> Result<BudgetScope, PageError> {
    input.path.get("id").and_then(|text| BudgetScope::parse(text)).ok_or(PageError::NotFound)
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let detail = visit.portal.level(&visit.caller, asked_level(&input)?).await?;
    let happened = saved.map(|_| Happened::well("Saved. It counts from the next call on; what was spent stays spent."));
    let entered = Entered::of(&detail.row.limits, detail.version);
    let model = Model { happened, ..model(&visit, detail, entered, Reasons::default()) };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let scope = asked_level(&input)?;
    let mut entered: Entered = input.form()?;
    let from = entered.version;
    let administrator = visit.administrator()?;
    let (status, reasons, stale) = match entered.limits() {
        Err(reasons) => (422, reasons, None),
        Ok(limits) => match visit.portal.set_limits(administrator, scope, from, limits).await {
            Err(PortalError::Stale { current }) => {
                entered.version = current;
                (409, Reasons::default(), Some(current))
            }
            result => match sent(result)? {
                Sent::Done(_) => return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::level(scope)))),
                Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
                Sent::Refused(reasons) => (422, reasons, None),
            },
        },
    };
    let detail = visit.portal.level(&visit.caller, scope).await?;
    let model = Model { stale, ..model(&visit, detail, entered, reasons) };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

fn model(visit: &Visit, detail: LevelDetail, entered: Entered, reasons: Reasons) -> Model {
    Model { detail, entered, reasons, happened: None, stale: None, may_change: may_change(visit) }
}

fn page(visit: &Visit, model: Model) -> String {
    let name = model.detail.row.name.clone();
    document(visit, Place::Budgets, &name, |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: LevelDetail,
    pub entered: Entered,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    /// The version that somebody saved while this one was edited.
    pub stale: Option<i64>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, entered, reasons, happened, stale, may_change } = model;
    let row = &detail.row;
    let history = format!("{}?object={}", paths::AUDIT, row.scope);
    let stale = stale.map(|_| {
        let text = "An administrator saved other limits while you were editing these. Nothing is saved yet. Compare with \
                    the budgets below, then save yours.";
        let way_on = Some(WayOn { text: "See what changed.".to_owned(), href: history.clone() });
        view! { <div role="alert"><Notice tone=Tone::Warn text=text way_on=way_on/></div> }
    });
    let (action, thing, title) = (paths::level(row.scope), thing(row.scope, &row.name), row.name.clone());
    let shares = shares::section(&detail, calendar);
    let (meters, context) = (meters(row, calendar), context(&detail, calendar).into_any());
    let below = if may_change {
        let cancel = paths::BUDGETS;
        view! {
            <ErrorSummary undone="the limits can be saved" wrong=reasons.summary(has_field)/>
            <form class="form wide" method="post" action=action>
                <input type="hidden" name="version" value=entered.version/>
                {fields(&entered, &reasons, shares::fields(&entered, &reasons, detail.above.as_ref()))}
                <div class="actions">
                    <button class="button primary" type="submit">"Save limits"</button>
                    <a class="button plain" href=cancel>"Cancel"</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        traffic(&row.limits).into_any()
    };
    view! {
        <PageHead
            title=title context=context
            crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }
        >
            {thing}
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {stale}
        {meters}
        {shares}
        {below}
    }
}

/// `Team · in Europe · limits changed 3 days ago by Ada Example`
pub(in crate::pages) fn context(detail: &LevelDetail, calendar: &Calendar) -> String {
    let mut parts = vec![words::level(detail.row.scope).to_owned()];
    parts.extend(detail.row.within.as_ref().map(|unit| format!("in {unit}")));
    parts.extend(detail.changed_at.map(|at| {
        let by = detail.changed_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        format!("limits changed {}{by}", calendar.relative(at))
    }));
    parts.join(" · ")
}

/// The way to the thing itself.
fn thing(scope: BudgetScope, name: &str) -> Option<impl IntoView + use<>> {
    let (text, href) = match scope {
        BudgetScope::Unit(unit) => ("Teams of the unit", paths::unit(unit)),
        BudgetScope::CostCentre(centre) => ("The cost centre", paths::cost_centre(centre)),
        BudgetScope::Application(_) => ("Its keys", paths::keys_of_application(name)),
        BudgetScope::Team(team) => ("Members", paths::team(team)),
        BudgetScope::Person(person) => ("The person", paths::person(person)),
        BudgetScope::Profile(profile) => ("The guardrails", paths::guardrail(profile)),
        BudgetScope::Organisation | BudgetScope::Key(_) => return None,
    };
    Some(view! { <a class="button" href=href>{text}</a> })
}

/// For those who may not change them.
pub(in crate::pages) fn traffic(limits: &Limits) -> impl IntoView + use<> {
    let parts = words::traffic(limits);
    let body = if parts.is_empty() {
        view! { <EmptyState text="No limits on requests or tokens of its own."/> }.into_any()
    } else {
        let lines = parts.into_iter().map(|part| view! { <li>{part}</li> });
        view! { <div class="panel"><ul>{lines.collect_view()}</ul></div> }.into_any()
    };
    view! { <Section id="traffic" title="Requests and tokens">{body}</Section> }
}

fn has_field(field: &str) -> bool {
    ["requests_per_minute", "tokens_per_minute", "concurrency"].contains(&field)
        || WINDOWS.iter().any(|&window| cap_field(window) == field)
        || WINDOWS.iter().any(|&window| guarantee_field(window) == field)
        || quota_kinds().any(|(counted, window)| quota_field(counted, window) == field)
}

fn fields<V: IntoView + 'static>(entered: &Entered, reasons: &Reasons, shares: Option<V>) -> impl IntoView + use<V> {
    let caps = WINDOWS.map(|window| {
        let name = cap_field(window);
        view! {
            <MoneyField name=name label=words::budget_window(window) value=entered.cap(window) problem=reasons.at(name)/>
        }
    });
    let number = |name: &'static str, label: String, value: String| {
        view! { <TextField name=name label=label value=value input_mode="numeric" problem=reasons.at(name)/> }
    };
    let traffic = [
        number("requests_per_minute", "Requests a minute".to_owned(), entered.requests_per_minute.clone()),
        number("tokens_per_minute", "Tokens a minute".to_owned(), entered.tokens_per_minute.clone()),
        number("concurrency", "Calls at once".to_owned(), entered.concurrency.clone()),
    ];
    let quotas: Vec<_> = quota_kinds()
        .map(|(counted, window)| {
            let (name, label) = (quota_field(counted, window), words::quota_name(counted, window));
            number(name, label, entered.quota(counted, window))
        })
        .collect();
    let filled = quota_kinds().any(|(counted, window)| {
        !entered.quota(counted, window).is_empty() || reasons.at(quota_field(counted, window)).is_some()
    });
    view! {
        <Section id="limits" title="Limits">
            <p class="muted">"Empty means no such limit. A new budget or guarantee counts what is spent from now on."</p>
            <div class="field-grid">{Vec::from(caps)}{Vec::from(traffic)}</div>
            <Fold summary="Quotas" note="requests and tokens an hour, a day, a month" open=filled>
                <div class="field-grid">{quotas}</div>
            </Fold>
            {shares}
        </Section>
    }
}
