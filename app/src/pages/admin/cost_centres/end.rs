//! `/admin/cost-centres/{id}/end`: its last day, and where its keys are booked from now on.

use super::options;
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, SelectField, TextField};
use crate::pages::admin::{at_least_none, counted, document};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::CostCentreId;
use leptos::prelude::*;
use portal::administration::cost_centres::CentreDetail;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndForm {
    /// `2026-12-31`
    pub last: String,
    /// The code that takes its keys; empty: they stay.
    pub keys_to: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    let detail = visit.portal.cost_centre(&visit.caller, input.segment("id")?).await?;
    let last = detail.row.centre.entry.valid_until.unwrap_or(detail.today).date().to_string();
    let form = EndForm { last, keys_to: String::new() };
    Ok(Answer::ok(page(&visit, Model { detail, form, reasons: Reasons::default() })))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, form): (CostCentreId, EndForm) = (input.segment("id")?, input.form()?);
    let keys_to = Some(form.keys_to.trim()).filter(|code| !code.is_empty());
    match sent(visit.portal.end_cost_centre(visit.administrator()?, id, &form.last, keys_to).await)? {
        Sent::Done(moved) => Ok(Answer::SeeOther(format!("{}?moved={moved}", paths::cost_centre(id)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let detail = visit.portal.cost_centre(&visit.caller, id).await?;
            Ok(Answer::refused(page(&visit, Model { detail, form, reasons })))
        }
    }
}

fn page(visit: &Visit, model: Model) -> String {
    let title = format!("End {}", model.detail.row.centre.entry.label());
    document(visit, Place::Budgets, &title, |_| view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: CentreDetail,
    /// As typed.
    pub form: EndForm,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, form, reasons } = model;
    let CentreDetail { row, others, .. } = detail;
    let page = paths::cost_centre(row.centre.id);
    let label = row.centre.entry.label();
    let none = format!("Stay with {label}");
    let keys = row.booked.keys;
    let choices = options(none, &others, &form.keys_to);
    let hint = format!(
        "{} now. Keys that move are booked there from the next call on; what they spent stays here.",
        counted(at_least_none(keys), "live key")
    );
    let has_field = |field: &str| ["last", "keys_to"].contains(&field);
    view! {
        <PageHead title=format!("End {label}") crumb=Crumb { text: label.clone(), href: page.clone() }/>
        <ErrorSummary undone="the cost centre can end" wrong=reasons.summary(has_field)/>
        <form class="form" method="post" action=paths::end_cost_centre(row.centre.id)>
            <p>"After its last day nobody can mint a key for it. What was spent stays booked to it."</p>
            <TextField name="last" label="Last day" value=form.last required=true problem=reasons.at("last")/>
            <SelectField
                name="keys_to" label="Its keys" options=choices value=form.keys_to hint=hint
                problem=reasons.at("keys_to")
            />
            <div class="actions">
                <button class="button primary" type="submit">"End cost centre"</button>
                <a class="button plain" href=page>"Keep it"</a>
            </div>
        </form>
    }
}
