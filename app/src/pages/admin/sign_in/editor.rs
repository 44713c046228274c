//! The form of a rule, for a new one and for one that is there: read, looked at, then saved.
//!
//! The first sending shows who would change; only what was looked at can be saved, so that the second one carries the
//! stamp of what was shown.

use super::{outlook, sentences};
use crate::components::{ErrorSummary, Field, SelectField, SelectOption, TextArea, TextField};
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::visit::{PageError, Visit};
use domain::claim_rules::{AskedOf, ClaimRule, GivenKind, RuleDraft, TestKind};
use domain::id::TeamId;
use leptos::prelude::*;
use portal::FormId;
use portal::administration::sign_in::{RuleChoices, RuleEdit, RulePreview};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Check,
    Save,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleForm {
    pub form: String,
    pub issuer: String,
    pub asks: AskedOf,
    pub claim: String,
    pub test: TestKind,
    pub value: String,
    pub gives: GivenKind,
    pub team: String,
    pub given: String,
    /// The version that the edit started from; a new rule has none.
    pub version: Option<i64>,
    #[serde(default)]
    pub stamp: String,
    pub accept: Option<String>,
    pub act: Act,
}

impl RuleForm {
    fn draft(&self) -> Result<RuleDraft, PageError> {
        let team: Option<TeamId> = match self.team.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| PageError::Unprocessable("The team is none of the list.".into()))?),
        };
        Ok(RuleDraft {
            issuer: self.issuer.clone(),
            asks: self.asks,
            claim: self.claim.clone(),
            test: self.test,
            value: self.value.clone(),
            gives: self.gives,
            team,
            given: self.given.clone(),
        })
    }
}

/// What the form shows.
#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub action: String,
    pub draft: RuleDraft,
    pub version: Option<i64>,
    pub choices: RuleChoices,
    pub preview: Option<RulePreview>,
    pub reasons: Reasons,
}

/// What sending it came to.
#[expect(clippy::large_enum_variant, reason = "one for a request, moved once")]
pub enum Outcome {
    Saved,
    Again(Model),
}

/// `edit` makes the change of the rule that was read.
pub async fn send(
    visit: &Visit,
    action: String,
    form: RuleForm,
    edit: impl FnOnce(ClaimRule) -> RuleEdit + Send,
) -> Result<Outcome, PageError> {
    let (administrator, id, draft) = (visit.administrator()?, form_id(&form.form)?, form.draft()?);
    let mut again = Model {
        form: visit.portal.new_form(),
        action,
        draft,
        version: form.version,
        choices: visit.portal.rule_choices(&visit.caller).await?,
        preview: None,
        reasons: Reasons::default(),
    };
    let rule = match sent(visit.portal.read_rule(&again.draft).await)? {
        Sent::Done(rule) => rule,
        Sent::Before(_) => return Ok(Outcome::Saved),
        Sent::Refused(reasons) => {
            again.reasons = reasons;
            return Ok(Outcome::Again(again));
        }
    };
    let edit = edit(rule);
    if form.act == Act::Save {
        let saved = visit.portal.edit_rules(administrator, &id, &edit, &form.stamp, form.accept.is_some()).await;
        match sent(saved)? {
            Sent::Done(Ok(())) | Sent::Before(_) => return Ok(Outcome::Saved),
            // Something happened since it was looked at: here is how it is now.
            Sent::Done(Err(preview)) => {
                again.preview = Some(preview);
                return Ok(Outcome::Again(again));
            }
            Sent::Refused(reasons) => again.reasons = reasons,
        }
    }
    again.preview = Some(visit.portal.preview_rule(administrator, &edit).await?);
    Ok(Outcome::Again(again))
}

const FIELDS: [&str; 6] = ["issuer", "claim", "value", "team", "given", "accept"];

pub fn view(model: Model, cancel: &'static str) -> impl IntoView {
    let Model { form, action, draft, version, choices, preview, reasons } = model;
    let is_checked = preview.is_some();
    let names = sentences::Names { issuers: &choices.issuers, teams: &choices.teams };
    let preview = preview.map(|preview| outlook::view(preview, names, reasons.at("accept")));
    let version = version.map(|version| view! { <input type="hidden" name="version" value=version.to_string()/> });
    let buttons = if is_checked {
        view! {
            <button class="button primary" type="submit" name="act" value="save">"Save rule"</button>
            <button class="button" type="submit" name="act" value="check">"Look again"</button>
        }
        .into_any()
    } else {
        view! { <button class="button primary" type="submit" name="act" value="check">"See who would change"</button> }
            .into_any()
    };
    view! {
        <ErrorSummary undone="the rule can be saved" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
        <form class="form" method="post" action=action>
            <OnceOnly form=form/>
            {version}
            {fields(&draft, &choices, &reasons)}
            {preview}
            <div class="actions">{buttons}<a class="button plain" href=cancel>"Cancel"</a></div>
        </form>
    }
}

fn fields(draft: &RuleDraft, choices: &RuleChoices, reasons: &Reasons) -> impl IntoView + use<> {
    let mut issuers = vec![SelectOption::new("", "Any identity provider")];
    issuers.extend(choices.issuers.iter().map(|(id, name)| SelectOption::new(id.clone(), name.clone())));
    let mut teams = vec![SelectOption::new("", "None")];
    teams.extend(choices.teams.iter().map(|(id, name)| SelectOption::new(id.to_string(), name.clone())));
    let team = draft.team.map(|id| id.to_string()).unwrap_or_default();
    let RuleDraft { issuer, asks, claim, test, value, gives, given: given_text, .. } = draft.clone();
    let [of_issuer, of_claim, of_team, of_given] = ["issuer", "claim", "team", "given"].map(|field| reasons.at(field));
    let problem = reasons.at("value");
    let described = if problem.is_some() { "value-error value-hint" } else { "value-hint" };
    let invalid = problem.is_some();
    let hint = "Exactly as the provider sends it, small and capital letters included. For \u{201C}is one of\u{201D}: one a line.";
    view! {
        <SelectField name="issuer" label="Identity provider" options=issuers value=issuer problem=of_issuer/>
        <SelectField name="asks" label="Asks for" options=asked() value=asked_word(asks)/>
        <TextField
            name="claim" label="Name of the claim" value=claim mono=true problem=of_claim
            hint="Only for another claim. realm_access.roles reaches into objects."
        />
        <SelectField name="test" label="Which" options=tests() value=test_word(test)/>
        <Field id="value" label="Value" hint=hint problem=problem>
            <TextArea id="value" name="value" value=value rows=3 mono=true invalid=invalid described_by=described.to_owned()/>
        </Field>
        <SelectField name="gives" label="Gives" options=given() value=given_word(gives)/>
        <SelectField
            name="team" label="Team" options=teams value=team problem=of_team
            hint="Only for a member or lead of a team."
        />
        <TextField
            name="given" label="Cost centre or group" value=given_text problem=of_given
            hint="Only for these. A group counts as if the directory had listed it: guardrails name groups as who may use them."
        />
    }
}

fn asked() -> Vec<SelectOption> {
    vec![
        SelectOption::new("groups", "a group of the directory"),
        SelectOption::new("app_roles", "an app role (the claim roles)"),
        SelectOption::new("claim", "another claim"),
    ]
}

const fn asked_word(asked: AskedOf) -> &'static str {
    match asked {
        AskedOf::Groups => "groups",
        AskedOf::AppRoles => "app_roles",
        AskedOf::Claim => "claim",
    }
}

fn tests() -> Vec<SelectOption> {
    vec![
        SelectOption::new("equals", "is"),
        SelectOption::new("one_of", "is one of"),
        SelectOption::new("prefix", "begins with"),
    ]
}

const fn test_word(test: TestKind) -> &'static str {
    match test {
        TestKind::Equals => "equals",
        TestKind::OneOf => "one_of",
        TestKind::Prefix => "prefix",
    }
}

/// What a rule can give, for this form and for the one beside a test sign-in's groups.
pub fn given() -> Vec<SelectOption> {
    vec![
        SelectOption::new("developer", "the role developer"),
        SelectOption::new("auditor", "the role auditor"),
        SelectOption::new("administrator", "the role administrator"),
        SelectOption::new("member", "membership of a team"),
        SelectOption::new("lead", "the lead of a team"),
        SelectOption::new("cost_centre", "a cost centre"),
        SelectOption::new("group", "a group that guardrails name"),
    ]
}

const fn given_word(given: GivenKind) -> &'static str {
    match given {
        GivenKind::Developer => "developer",
        GivenKind::Auditor => "auditor",
        GivenKind::Administrator => "administrator",
        GivenKind::Member => "member",
        GivenKind::Lead => "lead",
        GivenKind::CostCentre => "cost_centre",
        GivenKind::Group => "group",
    }
}
