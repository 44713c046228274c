//! `/admin/cost-centres/new`: a code, and what it stands for.

use super::form::{self, CentreForm};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::pages::admin::document;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::cost_centre::CentreDraft;
use leptos::prelude::*;

const TITLE: &str = "Add a cost centre";

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    Ok(Answer::ok(document(&visit, Place::Budgets, TITLE, |_| view(Model::default()))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let draft: CentreDraft = input.form::<CentreForm>()?.into();
    match sent(visit.portal.create_cost_centre(visit.administrator()?, &draft).await)? {
        Sent::Done(id) => Ok(Answer::SeeOther(paths::cost_centre(id))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = Model { draft, reasons };
            Ok(Answer::refused(document(&visit, Place::Budgets, TITLE, |_| view(model))))
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    /// As typed.
    pub draft: CentreDraft,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { draft, reasons } = model;
    view! {
        <PageHead
            title=TITLE crumb=Crumb { text: "Cost centres".to_owned(), href: paths::COST_CENTRES.to_owned() }
        />
        <ErrorSummary undone="the cost centre can be added" wrong=reasons.summary(form::has_field)/>
        <form class="form" method="post" action=paths::NEW_COST_CENTRE>
            <TextField
                name="code" label="Code" value=draft.code.clone() required=true
                hint="As finance writes it. It cannot be changed: keys and figures carry it." problem=reasons.at("code")
            />
            {form::fields(&draft, &reasons)}
            <div class="actions">
                <button class="button primary" type="submit">"Add cost centre"</button>
                <a class="button plain" href=paths::COST_CENTRES>"Cancel"</a>
            </div>
        </form>
    }
}
