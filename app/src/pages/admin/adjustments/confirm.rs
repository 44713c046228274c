//! The second step: what would move, to the nano-dollar, and why.

use super::form::again;
use super::{months, span, what_it_changes};
use crate::components::{Crumb, ErrorSummary, Fact, Facts, PageHead, Section, TextField};
use crate::format::{usd_exact, usd_fine};
use crate::pages::form::{OnceOnly, Reasons};
use crate::paths;
use domain::adjustment::MoveDraft;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::adjustments::MovePlan;

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub draft: MoveDraft,
    pub plan: MovePlan,
    /// As typed.
    pub why: String,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form: once, draft, plan, why, reasons } = model;
    let title = format!("Move {} to {}", usd_fine(plan.amount), plan.to.label);
    let verb = format!("Move {}", usd_fine(plan.amount));
    let (key, name) = (paths::key(plan.key.id), plan.key.name.clone());
    let facts = vec![
        Fact::new("Key", view! { <a href=key>{name}</a> }),
        Fact::new("Days", span(plan.moved.first, plan.moved.last)),
        Fact::new("Charged to", plan.from.label.clone()),
        Fact::new("Belongs to", plan.to.label.clone()),
        Fact::new("Amount", usd_exact(plan.amount))
            .noted("what it spent there on these days, less what was moved away and more what was moved there"),
        Fact::new("Counts in", months(&plan.months)),
    ];
    let back = again(&draft);
    let wrong = reasons.summary(|field| field == "why");
    let (crumb, amount) = (Crumb { text: "Choose again".to_owned(), href: back.clone() }, plan.amount.as_nano());
    let form = view! {
        <form class="form" method="post" action=paths::NEW_ADJUSTMENT>
            <OnceOnly form=once/>
            <input type="hidden" name="key" value=draft.key/>
            <input type="hidden" name="first" value=draft.first/>
            <input type="hidden" name="last" value=draft.last/>
            <input type="hidden" name="charged_to" value=draft.from/>
            <input type="hidden" name="move_to" value=draft.to/>
            <input type="hidden" name="amount" value=amount/>
            <TextField
                name="why" label="Why" value=why required=true
                hint="It stands on the statement and in the audit log." problem=reasons.at("why")
            />
            <div class="actions">
                <button class="button primary" type="submit">{verb}</button>
                <a class="button plain" href=back>"Change it"</a>
            </div>
        </form>
    }
    .into_any();
    view! {
        <PageHead title=title crumb=crumb/>
        <ErrorSummary undone="it can move" wrong=wrong/>
        <div class="panel"><Facts facts=facts/></div>
        {form}
        <Section id="changes" title="What it changes">{what_it_changes()}</Section>
    }
}
