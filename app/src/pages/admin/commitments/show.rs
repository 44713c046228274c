//! `/admin/commitments/{id}`: one of them, and the form that changes it.

use super::form::{self, CommitmentForm};
use super::validity;
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, Fact, Facts, Notice, PageHead, Tone};
use crate::format::usd;
use crate::pages::admin::{document, may_change};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::commitment::CommitmentDraft;
use domain::id::CommitmentId;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::commitments::{CommitmentRow, ProviderChoice};

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let model = load(&visit, input.segment("id")?).await?;
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, entered) = (input.segment("id")?, input.form::<CommitmentForm>()?);
    let from = entered.version;
    let draft: CommitmentDraft = entered.into();
    let answer = visit.portal.change_commitment(visit.administrator()?, id, from, &draft).await;
    let (status, reasons, stale) = match answer {
        Err(PortalError::Stale { .. }) => (409, Reasons::default(), true),
        answer => match sent(answer)? {
            Sent::Done(()) => return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::COMMITMENTS))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => (422, reasons, false),
        },
    };
    let model = Model { draft, reasons, stale, ..load(&visit, id).await? };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

async fn load(visit: &Visit, id: CommitmentId) -> Result<Model, PageError> {
    let row = visit.portal.commitment(&visit.caller, id).await?;
    let draft = CommitmentDraft::from(&row.commitment.entry);
    let providers = visit.portal.provider_choices(&visit.caller).await?;
    Ok(Model { row, draft, providers, reasons: Reasons::default(), stale: false, may_change: may_change(visit) })
}

fn page(visit: &Visit, model: Model) -> String {
    let title = model.row.commitment.entry.name.clone();
    document(visit, Place::Budgets, &title, |_| view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub row: CommitmentRow,
    /// As typed.
    pub draft: CommitmentDraft,
    pub providers: Vec<ProviderChoice>,
    pub reasons: Reasons,
    /// Somebody saved since the form was opened.
    pub stale: bool,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { row, draft, providers, reasons, stale, may_change } = model;
    let CommitmentRow { commitment, provider } = row;
    let entry = commitment.entry;
    let history = format!("{}?object={}", paths::AUDIT, commitment.id);
    let provider = provider.unwrap_or_else(|| "All providers".to_owned());
    let context = format!("{provider} · {} a month · {}", usd(entry.monthly), validity(&entry));
    let stale = stale.then(|| {
        let text = "An administrator saved this commitment while you were editing it. Nothing of yours is saved yet: \
                    look at the history, then save yours over it.";
        view! { <div role="alert"><Notice tone=Tone::Warn text=text/></div> }
    });
    let body = if may_change {
        view! {
            <ErrorSummary undone="the commitment can be saved" wrong=reasons.summary(form::has_field)/>
            <form class="form" method="post" action=paths::commitment(commitment.id)>
                <input type="hidden" name="version" value=commitment.version/>
                <p class="muted">
                    "A change counts for all of its months, past ones too. Where the amount changes from a month on, end this \
                     one and add another."
                </p>
                {form::fields(&draft, &providers, &reasons)}
                <div class="actions">
                    <button class="button primary" type="submit">"Save commitment"</button>
                    <a class="button plain" href=paths::COMMITMENTS>"Cancel"</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        let facts = vec![
            Fact::new("Provider", provider),
            Fact::new("Amount a month", usd(entry.monthly)),
            Fact::new("Months", validity(&entry)),
        ];
        view! { <div class="panel"><Facts facts=facts/></div> }.into_any()
    };
    view! {
        <PageHead
            title=entry.name context=context.into_any()
            crumb=Crumb { text: "Commitments".to_owned(), href: paths::COMMITMENTS.to_owned() }
        >
            <a href=history>"History"</a>
        </PageHead>
        {stale}
        {body}
    }
}
