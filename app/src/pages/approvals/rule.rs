//! `/approvals/rules/new`: a standing yes, from nothing or like a request that was approved.

use super::page;
use crate::components::{Crumb, ErrorSummary, Field, MoneyField, PageHead, TextArea, TextField};
use crate::format::typed_usd;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_rule::{Conditions, most_in_a_month};
use domain::id::{ProfileId, RequestId, TeamId};
use domain::model::ModelPattern;
use domain::money::NanoUsd;
use domain::refusal::{Reason, Refusal};
use domain::time::MS_PER_DAY;
use domain::virtual_key::{ConsumerKind, Owner};
use leptos::prelude::*;
use portal::FormId;
use portal::requests::{ApprovalRuleChoices, NewRule, RequestDetail};
use serde::Deserialize;
use std::str::FromStr;

/// Everything as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleForm {
    pub form: String,
    pub name: String,
    pub profiles: Vec<ProfileId>,
    pub teams: Vec<TeamId>,
    pub consumers: Vec<ConsumerKind>,
    pub environments: Vec<String>,
    pub most_a_month: String,
    pub most_requests_per_minute: String,
    pub models: String,
    pub most_days: String,
}

#[derive(Deserialize)]
struct Like {
    like: Option<String>,
}

pub struct Model {
    pub once: FormId,
    pub form: RuleForm,
    pub names: ApprovalRuleChoices,
    pub reasons: Reasons,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form = match input.query::<Like>()?.like {
        Some(id) => {
            let id: RequestId = id.parse().map_err(|_| PageError::NotFound)?;
            like(&visit.portal.request(&visit.caller, id).await?)
        }
        None => {
            RuleForm { most_requests_per_minute: "60".to_owned(), most_days: "30".to_owned(), ..RuleForm::default() }
        }
    };
    Ok(Answer::ok(shown(&visit, form, Reasons::default()).await?))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let form: RuleForm = input.form()?;
    let once = form_id(&form.form)?;
    let reasons = match form.read() {
        Ok(new) => match sent(visit.portal.add_approval_rule(visit.administrator()?, &once, new).await)? {
            Sent::Done(_) | Sent::Before(_) => return Ok(Answer::SeeOther(paths::APPROVAL_RULES.to_owned())),
            Sent::Refused(reasons) => reasons,
        },
        Err(reasons) => reasons,
    };
    Ok(Answer::refused(shown(&visit, form, reasons).await?))
}

async fn shown(visit: &Visit, form: RuleForm, reasons: Reasons) -> Result<String, PageError> {
    let names = visit.portal.approval_rule_choices(&visit.caller).await?;
    let model = Model { once: visit.portal.new_form(), form, names, reasons };
    Ok(page(visit, "Add a rule", || view(model)))
}

/// What would approve this request the next time, and nothing that differs from it.
pub fn like(detail: &RequestDetail) -> RuleForm {
    use domain::access_request::Wish;
    let row = &detail.row;
    let request = &row.request;
    let figures = request.wish.figures();
    let month = most_in_a_month(&figures.limits.caps).map(typed_usd).unwrap_or_default();
    let requests = figures.limits.requests_per_minute.map_or_else(|| "60".to_owned(), |count| count.to_string());
    let days = request.until.map(|until| (until.since(request.asked_at) + MS_PER_DAY - 1) / MS_PER_DAY);
    let (consumers, environments) = match &request.wish {
        Wish::NewKey { wanted, .. } => (vec![wanted.consumer], vec![wanted.environment.clone()]),
        Wish::MoreFor { .. } => (vec![], vec![]),
    };
    RuleForm {
        form: String::new(),
        name: format!("Like {}", row.key_name).chars().take(64).collect(),
        profiles: vec![request.profile],
        teams: match request.owner {
            Owner::Team(team) => vec![team],
            Owner::Person(_) => vec![],
        },
        consumers,
        environments,
        most_a_month: month,
        most_requests_per_minute: requests,
        models: figures.models.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        most_days: days.unwrap_or(30).to_string(),
    }
}

impl RuleForm {
    fn read(&self) -> Result<NewRule, Reasons> {
        let mut unreadable = Vec::new();
        let mut wrong = |field, text: &str| {
            let reason = if text.trim().is_empty() { Reason::Missing } else { Reason::Malformed };
            unreadable.push(Refusal::new(field, reason));
        };
        let most_a_month = NanoUsd::parse_dollars(self.most_a_month.trim());
        if most_a_month.is_none() {
            wrong("most_a_month", &self.most_a_month);
        }
        let number = |text: &str| text.trim().replace(',', "").parse::<u32>().ok();
        let requests = number(&self.most_requests_per_minute);
        if requests.is_none() {
            wrong("most_requests_per_minute", &self.most_requests_per_minute);
        }
        let days = number(&self.most_days);
        if days.is_none() {
            wrong("most_days", &self.most_days);
        }
        let models: Result<Vec<ModelPattern>, _> = self.models.split_whitespace().map(ModelPattern::from_str).collect();
        if models.is_err() {
            wrong("models", &self.models);
        }
        match (most_a_month, requests, models, days) {
            (Some(most_a_month), Some(most_requests_per_minute), Ok(models), Some(most_days)) => Ok(NewRule {
                name: self.name.clone(),
                conditions: Conditions {
                    profiles: self.profiles.clone(),
                    teams: self.teams.clone(),
                    consumers: self.consumers.clone(),
                    environments: self.environments.clone(),
                    most_a_month,
                    most_requests_per_minute,
                    models,
                    most_days,
                },
            }),
            _ => Err(unreadable.into()),
        }
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { once, form, names, reasons } = model;
    let crumb = Crumb { text: "Rules".to_owned(), href: paths::APPROVAL_RULES.to_owned() };
    let profiles = names
        .profiles
        .iter()
        .map(|(id, name)| tick("profiles", id.to_string(), name.clone(), form.profiles.contains(id)));
    let teams =
        (names.teams.iter()).map(|(id, name)| tick("teams", id.to_string(), name.clone(), form.teams.contains(id)));
    let consumers = ConsumerKind::ALL.map(|kind| {
        let text = words::consumer_note(kind).to_owned();
        tick("consumers", kind.word().to_owned(), text, form.consumers.contains(&kind))
    });
    let environments = names
        .environments
        .iter()
        .map(|name| tick("environments", name.clone(), name.clone(), form.environments.contains(name)));
    let (profiles, teams, environments): (Vec<_>, Vec<_>, Vec<_>) =
        (profiles.collect(), teams.collect(), environments.collect());
    let fields = ["name", "most_a_month", "most_requests_per_minute", "models", "most_days"];
    let problem = reasons.at("models");
    let invalid = problem.is_some();
    let described = if invalid { "models-error models-hint" } else { "models-hint" };
    view! {
        <PageHead title="Add a rule" crumb=crumb/>
        <form class="form" method="post" action=paths::NEW_APPROVAL_RULE>
            <OnceOnly form=once/>
            <ErrorSummary undone="the rule can be added" wrong=reasons.summary(|field| fields.contains(&field))/>
            <p>"A rule approves at once what fits all of its conditions. What asks for more tokens, calls at once or quotas, for a later end of a key, or for good, waits for a person."</p>
            <TextField name="name" label="Name" value=form.name.clone() required=true problem=reasons.at("name")/>
            <div class="field-grid">
                <MoneyField name="most_a_month" label="A key may spend a month" value=form.most_a_month.clone()
                    bound="at most" hint="Everything that the key could spend then, not only what is added."
                    problem=reasons.at("most_a_month")/>
                <TextField name="most_requests_per_minute" label="Requests a minute" value=form.most_requests_per_minute.clone()
                    input_mode="numeric" bound="at most" problem=reasons.at("most_requests_per_minute")/>
                <TextField name="most_days" label="For (days)" value=form.most_days.clone() input_mode="numeric"
                    bound="at most" problem=reasons.at("most_days")/>
                <Field id="models" label="Models" hint="One on each line, by name or beginning. Empty: no further model." problem=problem>
                    <TextArea id="models" name="models" value=form.models.clone() mono=true invalid=invalid described_by=described/>
                </Field>
            </div>
            {group("teams", "Teams", "None ticked: any.", teams)}
            {group("profiles", "Guardrails", "None ticked: any.", profiles)}
            {group("consumers", "Keys for", "None ticked: any.", consumers.into())}
            {group("environments", "Environments", "None ticked: any.", environments)}
            <div class="actions">
                <button class="button primary" type="submit">"Add rule"</button>
                <a class="button plain" href=paths::APPROVAL_RULES>"Cancel"</a>
            </div>
        </form>
    }
}

fn tick(name: &'static str, value: String, text: String, checked: bool) -> AnyView {
    view! {
        <label class="choice"><input type="checkbox" name=name value=value checked=checked/><span>{text}</span></label>
    }
    .into_any()
}

fn group(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    boxes: Vec<AnyView>,
) -> Option<impl IntoView + use<>> {
    let label_id = format!("{id}-label");
    let labelled = label_id.clone();
    (!boxes.is_empty()).then(|| {
        view! {
            <div class="field" id=id role="group" aria-labelledby=labelled>
                <span class="label" id=label_id>{label}</span>
                <div class="choices in-row">{boxes}</div>
                <p class="hint">{hint}</p>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_whole_or_refused_with_every_reason() {
        let form = RuleForm {
            name: "Small".into(),
            most_a_month: "1,000.50".into(),
            most_requests_per_minute: "60".into(),
            most_days: "30".into(),
            models: "small-*\r\nlarge".into(),
            ..RuleForm::default()
        };
        let rule = form.read().unwrap();
        assert_eq!(rule.conditions.models.len(), 2);
        assert_eq!(typed_usd(rule.conditions.most_a_month), "1000.50");
        let reasons = RuleForm { models: "a*b".into(), ..RuleForm::default() }.read().unwrap_err();
        for field in ["most_a_month", "most_requests_per_minute", "most_days", "models"] {
            assert!(reasons.at(field).is_some(), "{field}");
        }
    }
}
