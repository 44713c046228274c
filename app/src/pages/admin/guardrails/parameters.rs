//! The part of the guardrail form about what a call may ask for: longer answers, several at once, effort, images, tools
//! that the provider runs; and about the details that a key must have.

use crate::components::{ChoiceOption, Choices, SelectField, SelectOption, TextField};
use crate::pages::form::Reasons;
use crate::words;
use domain::access_profile::ProfileTerms;
use domain::call_rule::RuleSet;
use domain::parameter_rules::{Effort, Feature, LongAnswer, ParameterRules};
use domain::required_field::RequiredField;
use leptos::prelude::*;

/// As typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pub long_answers: LongAnswer,
    pub most_choices: String,
    pub highest_effort: Option<Effort>,
    pub banned: Vec<Feature>,
    /// Rules that refuse no call, not only those of parameters.
    pub watched: RuleSet,
}

pub const FIELDS: [&str; 5] = ["long_answers", "most_choices", "highest_effort", "banned", "required"];

impl Parameters {
    pub fn of(terms: &ProfileTerms) -> Self {
        let ParameterRules { long_answers, most_choices, highest_effort, banned } = terms.parameters.clone();
        let most_choices = most_choices.map(|most| most.to_string()).unwrap_or_default();
        Self { long_answers, most_choices, highest_effort, banned, watched: terms.watched }
    }

    /// Takes a field of the form; `None` if the value is none of its own, `Some(false)` if the field is another's.
    pub fn take(&mut self, name: &str, value: &str) -> Option<bool> {
        match name {
            "long_answers" => self.long_answers = long_answer(value)?,
            "most_choices" => value.clone_into(&mut self.most_choices),
            "highest_effort" if value.is_empty() => self.highest_effort = None,
            "highest_effort" => self.highest_effort = Some(Effort::from_word(value)?),
            "banned" => self.banned.push(Feature::from_word(value)?),
            "watched" => self.watched = super::watched::take(self.watched, value)?,
            _ => return Some(false),
        }
        Some(true)
    }

    pub fn rules(&self, reasons: &mut Reasons) -> ParameterRules {
        let typed = self.most_choices.trim().replace(',', "");
        let most_choices = (!typed.is_empty()).then(|| typed.parse().ok());
        if most_choices == Some(None) {
            reasons.add("most_choices", "Answers at once is a whole number such as 1. Empty for no such rule.");
        }
        ParameterRules {
            long_answers: self.long_answers,
            most_choices: most_choices.flatten(),
            highest_effort: self.highest_effort,
            banned: self.banned.clone(),
        }
    }
}

fn long_answer(word: &str) -> Option<LongAnswer> {
    match word {
        "lower" => Some(LongAnswer::Lower),
        "reject" => Some(LongAnswer::Reject),
        _ => None,
    }
}

pub fn fields(parameters: Parameters, reasons: &Reasons) -> impl IntoView + use<> {
    let Parameters { long_answers, most_choices, highest_effort, banned, watched: _ } = parameters;
    let answers = vec![
        ChoiceOption::new("lower", "Use the longest answer, say so")
            .noted("the header x-keywright-clamped-max-tokens names it"),
        ChoiceOption::new("reject", "Refuse the call"),
    ];
    let long_answers = if long_answers == LongAnswer::Lower { "lower" } else { "reject" };
    let efforts = std::iter::once(SelectOption::new("", "Any"))
        .chain(Effort::ALL.map(|effort| SelectOption::new(effort.word(), words::effort(effort))))
        .collect();
    let effort = highest_effort.map(Effort::word).unwrap_or_default();
    let boxes =
        Feature::ALL.map(|feature| tick("banned", feature.word(), words::feature(feature), banned.contains(&feature)));
    let boxes = Vec::from(boxes);
    view! {
        <Choices
            name="long_answers" label="A call that asks for a longer answer" options=answers value=long_answers
            problem=reasons.at("long_answers")
        />
        <TextField
            name="most_choices" label="Answers at once, at most" value=most_choices input_mode="numeric"
            hint="What n asks for. Empty: as many as the format has." problem=reasons.at("most_choices")
        />
        <SelectField
            name="highest_effort" label="Reasoning effort, at most" options=efforts value=effort
            hint="A call that names more is refused; one that names none is not." problem=reasons.at("highest_effort")
        />
        <div class="field" id="banned" role="group" aria-labelledby="banned-label">
            <span class="label" id="banned-label">"Not allowed"</span>
            <div class="choices in-row">{boxes}</div>
        </div>
    }
}

/// Details that a key cannot be minted without.
pub fn required(chosen: &[RequiredField]) -> impl IntoView + use<> {
    let boxes = RequiredField::ALL
        .map(|field| tick("required", field.word(), words::required_field(field), chosen.contains(&field)));
    let boxes = Vec::from(boxes);
    view! {
        <div class="field" id="required" role="group" aria-labelledby="required-label">
            <span class="label" id="required-label">"A key must name"</span>
            <div class="choices in-row">{boxes}</div>
        </div>
    }
}

fn tick(name: &'static str, value: &'static str, text: &'static str, checked: bool) -> AnyView {
    view! {
        <label class="choice"><input type="checkbox" name=name value=value checked=checked/><span>{text}</span></label>
    }
    .into_any()
}
