//! `/admin/cost-centres/adjustments/{id}`: what was moved, why and by whom, and the same the other way round.

use super::{months, span};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, Fact, Facts, Notice, PageHead, Section, TextField, Tone, WayOn, when};
use crate::format::{Calendar, usd_exact, usd_fine};
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::adjustment::LONGEST_WHY;
use domain::id::AdjustmentId;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::adjustments::AdjustmentDetail;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    done: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoForm {
    pub form: String,
    pub why: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { done } = input.query()?;
    let happened = match done.as_deref() {
        Some("moved") => Some(Happened::well("Moved. The statements below have it.")),
        Some("back") => Some(Happened::well("Moved back. The statements have both.")),
        _ => None,
    };
    let model = load(&visit, input.segment("id")?).await?;
    Ok(Answer::ok(page(&visit, Model { happened, ..model })))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, entered): (AdjustmentId, UndoForm) = (input.segment("id")?, input.form()?);
    let form = form_id(&entered.form)?;
    match sent(visit.portal.undo_adjustment(visit.administrator()?, &form, id, &entered.why).await)? {
        Sent::Done(back) => Ok(Answer::SeeOther(format!("{}?done=back", paths::adjustment(back)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = load(&visit, id).await?;
            Ok(Answer::refused(page(&visit, Model { reasons, why: entered.why, ..model })))
        }
    }
}

async fn load(visit: &Visit, id: AdjustmentId) -> Result<Model, PageError> {
    let detail = visit.portal.adjustment(&visit.caller, id).await?;
    let why = format!("Taken back: {}", detail.adjustment.why).chars().take(LONGEST_WHY as usize).collect();
    let (form, may_change) = (visit.portal.new_form(), may_change(visit));
    Ok(Model { form, detail, why, reasons: Reasons::default(), happened: None, may_change })
}

fn page(visit: &Visit, model: Model) -> String {
    document(visit, Place::Budgets, "Adjustment", |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub detail: AdjustmentDetail,
    /// Why it is taken back: as typed, or proposed.
    pub why: String,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { form, detail, why, reasons, happened, may_change } = model;
    let (adjustment, name) = (&detail.adjustment, detail.key.name.clone());
    let title = format!("{} moved to {}", usd_fine(detail.amount), detail.to.label);
    let key = match detail.opens_key {
        true => view! { <a href=paths::key(detail.key.id)>{name}</a> }.into_any(),
        false => name.into_any(),
    };
    let made = view! { {when(calendar, adjustment.at)}" by "{detail.by_name.clone()} };
    let facts = vec![
        Fact::new("Key", key),
        Fact::new("Days", span(adjustment.moved.first, adjustment.moved.last)),
        Fact::new("From", detail.from.label.clone()),
        Fact::new("To", detail.to.label.clone()),
        Fact::new("Amount", usd_exact(detail.amount)),
        Fact::new("Counts in", months(&detail.months)),
        Fact::new("Why", adjustment.why.clone()),
        Fact::new("Made", made),
    ];
    let standing = match (detail.undone_by, adjustment.undoes) {
        (Some(by), _) => Some(("It was taken back.", "Open what took it back", by)),
        (None, Some(undone)) => Some(("It takes an earlier adjustment back.", "Open that one", undone)),
        (None, None) => None,
    };
    let standing = standing.map(|(text, way_on, other)| {
        let way_on = Some(WayOn { text: way_on.to_owned(), href: paths::adjustment(other) });
        view! { <Notice tone=Tone::Info text=text way_on=way_on/> }.into_any()
    });
    let undo = (may_change && detail.undone_by.is_none()).then(|| undo(&detail, form, why, &reasons));
    let month = detail
        .months
        .first()
        .map_or_else(|| paths::COST_STATEMENT.to_owned(), |(month, _)| paths::cost_statement(*month));
    let history = format!("{}?object={}", paths::AUDIT, detail.key.id);
    view! {
        <PageHead title=title crumb=Crumb { text: "Statement".to_owned(), href: month }>
            <a href=history>"History of the key"</a>
        </PageHead>
        {notice(happened)}
        {standing}
        <ErrorSummary undone="it can move back" wrong=reasons.summary(|field| field == "why")/>
        <div class="panel"><Facts facts=facts/></div>
        {undo}
    }
}

fn undo(detail: &AdjustmentDetail, form: FormId, why: String, reasons: &Reasons) -> AnyView {
    let text = format!(
        "The same amount of each day is booked back from {} to {}, as an adjustment of its own: both stay on the statement. \
         Budgets and limits are not concerned.",
        detail.to.label, detail.from.label
    );
    let verb = format!("Move {} back", usd_fine(detail.amount));
    let (action, problem) = (paths::adjustment(detail.adjustment.id), reasons.at("why"));
    view! {
        <Section id="undo" title="Take it back">
            <form class="form" method="post" action=action>
                <OnceOnly form=form/>
                <p>{text}</p>
                <TextField name="why" label="Why" value=why required=true problem=problem/>
                <div class="actions"><button class="button" type="submit">{verb}</button></div>
            </form>
        </Section>
    }
    .into_any()
}
