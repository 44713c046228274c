//! `/admin/sign-in/rules/new`: a rule, begun from nothing or from a group that a test sign-in showed.

use super::editor::{self, Model, Outcome, RuleForm};
use crate::chrome::Place;
use crate::components::{Crumb, PageHead};
use crate::html;
use crate::pages::form::Reasons;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::claim_rules::{GivenKind, RuleDraft};
use leptos::prelude::*;
use portal::administration::sign_in::RuleEdit;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    issuer: String,
    value: String,
    gives: Option<GivenKind>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { issuer, value, gives } = input.query()?;
    let empty = RuleDraft::empty();
    let draft = RuleDraft { issuer, value, gives: gives.unwrap_or(empty.gives), ..empty };
    let model = Model {
        form: visit.portal.new_form(),
        action: paths::NEW_RULE.to_owned(),
        draft,
        version: None,
        choices: visit.portal.rule_choices(&visit.caller).await?,
        preview: None,
        reasons: Reasons::default(),
    };
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: RuleForm = input.form()?;
    match editor::send(&visit, paths::NEW_RULE.to_owned(), form, RuleEdit::Add).await? {
        Outcome::Saved => Ok(Answer::SeeOther(format!("{}?done=added", paths::SIGN_IN_SETUP))),
        Outcome::Again(model) if model.reasons.is_empty() => Ok(Answer::ok(document(&visit, model))),
        Outcome::Again(model) => Ok(Answer::refused(document(&visit, model))),
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::SignIn), "Add a rule", || view(model))
}

pub fn view(model: Model) -> impl IntoView {
    let crumb = Crumb { text: "Sign-in".to_owned(), href: paths::SIGN_IN_SETUP.to_owned() };
    view! {
        <PageHead title="Add a rule" crumb=crumb/>
        {editor::view(model, paths::SIGN_IN_SETUP)}
    }
}
