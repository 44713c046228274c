//! `/admin/sign-in/rules/{id}`: changes a rule.

use super::editor::{self, Model, Outcome, RuleForm};
use crate::chrome::Place;
use crate::components::{Crumb, PageHead};
use crate::html;
use crate::pages::form::Reasons;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::claim_rules::RuleDraft;
use domain::id::RuleId;
use leptos::prelude::*;
use portal::administration::sign_in::RuleEdit;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RuleId = input.segment("id")?;
    let kept = visit.portal.claim_rule(&visit.caller, id).await?;
    let model = Model {
        form: visit.portal.new_form(),
        action: paths::rule(id),
        draft: RuleDraft::from(&kept.rule),
        version: Some(kept.version),
        choices: visit.portal.rule_choices(&visit.caller).await?,
        preview: None,
        reasons: Reasons::default(),
    };
    Ok(Answer::ok(document(&visit, id, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RuleId = input.segment("id")?;
    let form: RuleForm = input.form()?;
    let missing = || PageError::Unprocessable("The form does not say which version it started from.".into());
    let from_version = form.version.ok_or_else(missing)?;
    let edit = move |to| RuleEdit::Change { id, from_version, to };
    match editor::send(&visit, paths::rule(id), form, edit).await? {
        Outcome::Saved => Ok(Answer::SeeOther(format!("{}?done=changed", paths::SIGN_IN_SETUP))),
        Outcome::Again(model) if model.reasons.is_empty() => Ok(Answer::ok(document(&visit, id, model))),
        Outcome::Again(model) => Ok(Answer::refused(document(&visit, id, model))),
    }
}

fn document(visit: &Visit, id: RuleId, model: Model) -> String {
    html::document(&visit.chrome(Place::SignIn), "Change the rule", || view(id, model))
}

pub fn view(id: RuleId, model: Model) -> impl IntoView {
    let crumb = Crumb { text: "Sign-in".to_owned(), href: paths::SIGN_IN_SETUP.to_owned() };
    let history = format!("{}?object={id}", paths::AUDIT);
    view! {
        <PageHead title="Change the rule" crumb=crumb>
            <a class="button plain bad" href=format!("{}/remove", paths::rule(id))>"Remove…"</a>
            <a href=history>"History"</a>
        </PageHead>
        {editor::view(model, paths::SIGN_IN_SETUP)}
    }
}
