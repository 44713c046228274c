//! `/admin/commitments/new`: an amount, whose calls it is shared by, and its months.

use super::form::{self, CommitmentForm};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead};
use crate::pages::admin::document;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::commitment::{CommitmentDraft, Month};
use domain::day::Days;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::commitments::ProviderChoice;

const TITLE: &str = "Add a commitment";

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    visit.administrator()?;
    let calendar = visit.calendar();
    let first_month = Month::of(Days::in_zone(calendar.zone.clone()).of(calendar.now)).to_string();
    let draft = CommitmentDraft { first_month, ..CommitmentDraft::default() };
    let model = model(&visit, draft, Reasons::default()).await?;
    Ok(Answer::ok(document(&visit, Place::Budgets, TITLE, |_| view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let entered: CommitmentForm = input.form()?;
    let form = form_id(&entered.form)?;
    let draft: CommitmentDraft = entered.into();
    match sent(visit.portal.create_commitment(visit.administrator()?, &form, &draft).await)? {
        Sent::Done(_) => Ok(Answer::SeeOther(format!("{}?saved=yes", paths::COMMITMENTS))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let model = model(&visit, draft, reasons).await?;
            Ok(Answer::refused(document(&visit, Place::Budgets, TITLE, |_| view(model))))
        }
    }
}

async fn model(visit: &Visit, draft: CommitmentDraft, reasons: Reasons) -> Result<Model, PageError> {
    Ok(Model {
        form: visit.portal.new_form(),
        draft,
        providers: visit.portal.provider_choices(&visit.caller).await?,
        reasons,
    })
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    /// As typed.
    pub draft: CommitmentDraft,
    pub providers: Vec<ProviderChoice>,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, draft, providers, reasons } = model;
    view! {
        <PageHead title=TITLE crumb=Crumb { text: "Commitments".to_owned(), href: paths::COMMITMENTS.to_owned() }/>
        <ErrorSummary undone="the commitment can be added" wrong=reasons.summary(form::has_field)/>
        <form class="form" method="post" action=paths::NEW_COMMITMENT>
            <OnceOnly form=form/>
            {form::fields(&draft, &providers, &reasons)}
            <div class="actions">
                <button class="button primary" type="submit">"Add commitment"</button>
                <a class="button plain" href=paths::COMMITMENTS>"Cancel"</a>
            </div>
        </form>
    }
}
