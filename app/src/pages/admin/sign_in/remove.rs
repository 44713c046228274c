//! `/admin/sign-in/rules/{id}/remove`: removes a rule, after saying who would change by that.

use super::outlook;
use super::sentences::{Names, condition, gives, place};
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::RuleId;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::sign_in::{KeptRule, RuleChoices, RuleEdit, RulePreview};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveForm {
    pub form: String,
    pub stamp: String,
    pub accept: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub kept: KeptRule,
    pub choices: RuleChoices,
    pub preview: RulePreview,
    pub reasons: Reasons,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let model = model(&visit, input.segment("id")?, Reasons::default()).await?;
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RuleId = input.segment("id")?;
    let RemoveForm { form, stamp, accept } = input.form()?;
    let (administrator, form, edit) = (visit.administrator()?, form_id(&form)?, RuleEdit::Remove(id));
    let removed = visit.portal.edit_rules(administrator, &form, &edit, &stamp, accept.is_some()).await;
    let reasons = match sent(removed)? {
        Sent::Done(Ok(())) | Sent::Before(_) => {
            return Ok(Answer::SeeOther(format!("{}?done=removed", paths::SIGN_IN_SETUP)));
        }
        // Something happened since it was looked at: the page shows how it is now.
        Sent::Done(Err(_)) => return Ok(Answer::ok(document(&visit, model(&visit, id, Reasons::default()).await?))),
        Sent::Refused(reasons) => reasons,
    };
    Ok(Answer::refused(document(&visit, model(&visit, id, reasons).await?)))
}

async fn model(visit: &Visit, id: RuleId, reasons: Reasons) -> Result<Model, PageError> {
    Ok(Model {
        form: visit.portal.new_form(),
        kept: visit.portal.claim_rule(&visit.caller, id).await?,
        choices: visit.portal.rule_choices(&visit.caller).await?,
        preview: visit.portal.preview_rule(visit.administrator()?, &RuleEdit::Remove(id)).await?,
        reasons,
    })
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::SignIn), "Remove the rule", || view(model))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, kept, choices, preview, reasons } = model;
    let names = Names { issuers: &choices.issuers, teams: &choices.teams };
    let page = paths::rule(kept.id);
    let action = format!("{page}/remove");
    let sentence =
        format!("When {} ({}): {}.", condition(&kept.rule), place(&kept.rule, names), gives(&kept.rule.gives, names));
    let crumb = Crumb { text: "Sign-in".to_owned(), href: paths::SIGN_IN_SETUP.to_owned() };
    let wrong = reasons.summary(|field| field == "accept");
    let outlook = outlook::view(preview, names, reasons.at("accept"));
    view! {
        <PageHead title="Remove the rule" crumb=crumb/>
        <ErrorSummary undone="the rule can be removed" wrong=wrong/>
        <form class="form" method="post" action=action>
            <OnceOnly form=form/>
            <p class="prose">{sentence}</p>
            <p class="prose">"What it gave is taken back at each person's next sign-in. What was given by hand stays."</p>
            {outlook}
            <div class="actions">
                <button class="button danger" type="submit">"Remove rule"</button>
                <a class="button plain" href=page>"Keep it"</a>
            </div>
        </form>
    }
}
