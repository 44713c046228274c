//! `/admin/cost-centres/adjustments/new`: what is to move stands in the address; what is confirmed is sent.

use super::form::{Asked, MoveForm};
use super::{choose, confirm};
use crate::chrome::Place;
use crate::pages::admin::document;
use crate::pages::form::{Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::adjustment::MoveDraft;
use domain::day::Days;
use domain::money::NanoUsd;
use leptos::prelude::IntoAny;
use portal::administration::adjustments::Adjusting;

const TITLE: &str = "Move past spend";

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let calendar = visit.calendar();
    let (was_sent, today) = (asked.was_sent(), Days::in_zone(calendar.zone.clone()).of(calendar.now));
    let draft = asked.draft(today);
    let adjusting = visit.portal.adjusting(visit.administrator()?, &draft).await?;
    Ok(Answer::ok(page(&visit, draft, adjusting, was_sent, None, String::new())))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let entered: MoveForm = input.form()?;
    let (form, draft, shown) = (form_id(&entered.form)?, entered.draft(), NanoUsd::from_nano(entered.amount));
    match sent(visit.portal.adjust(visit.administrator()?, &form, &draft, shown, &entered.why).await)? {
        Sent::Done(id) => Ok(Answer::SeeOther(format!("{}?done=moved", paths::adjustment(id)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let adjusting = visit.portal.adjusting(visit.administrator()?, &draft).await?;
            Ok(Answer::refused(page(&visit, draft, adjusting, true, Some(reasons), entered.why)))
        }
    }
}

/// The second step if something can move, and else the first. Nothing is wrong yet with a form that nobody has sent.
fn page(
    visit: &Visit,
    draft: MoveDraft,
    adjusting: Adjusting,
    was_sent: bool,
    refused: Option<Reasons>,
    why: String,
) -> String {
    let form = visit.portal.new_form();
    document(visit, Place::Budgets, TITLE, |_| match &adjusting.plan {
        Ok(plan) if was_sent => {
            let (plan, reasons) = (plan.clone(), refused.unwrap_or_default());
            confirm::view(confirm::Model { form, draft, plan, why, reasons }).into_any()
        }
        plan => {
            let wrong = plan.as_ref().err().filter(|_| was_sent).cloned().unwrap_or_default();
            let reasons = refused.unwrap_or_else(|| Reasons::from(wrong));
            choose::view(choose::Model { draft, adjusting, reasons }).into_any()
        }
    })
}
