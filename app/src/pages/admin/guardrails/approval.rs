//! Who approves what under these guardrails: the part of the form, as typed and as read.

use crate::components::{Check, ChoiceOption, Choices, Section, TextField};
use crate::pages::form::Reasons;
use crate::visit::PageError;
use crate::words;
use domain::access_profile::{Approval, Deciders};
use leptos::prelude::*;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedApproval {
    pub every_key: bool,
    pub deciders: Deciders,
    pub promised_hours: String,
}

impl TypedApproval {
    pub fn of(approval: &Approval) -> Self {
        let &Approval { every_key, deciders, promised_hours } = approval;
        Self { every_key, deciders, promised_hours: promised_hours.to_string() }
    }

    /// False if the field is none of these.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool, PageError> {
        match name {
            "approve_every_key" => self.every_key = true,
            "deciders" => {
                let unknown = || PageError::Unprocessable("deciders does not take this value".to_owned());
                self.deciders = Deciders::from_word(value).ok_or_else(unknown)?;
            }
            "promised_hours" => value.clone_into(&mut self.promised_hours),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Hours that cannot be read are a reason, and those of nobody.
    pub fn read(&self, reasons: &mut Reasons) -> Approval {
        let hours = self.promised_hours.trim();
        let promised_hours = match hours.parse() {
            Ok(hours) => hours,
            Err(_) if hours.is_empty() => Approval::default().promised_hours,
            Err(_) => {
                reasons.add("promised_hours", "The promised time is a whole number of hours such as 24.");
                Approval::default().promised_hours
            }
        };
        Approval { every_key: self.every_key, deciders: self.deciders, promised_hours }
    }
}

pub fn section(approval: TypedApproval, reasons: &Reasons) -> impl IntoView + use<> {
    let TypedApproval { every_key, deciders, promised_hours } = approval;
    let options = Deciders::ALL.map(|deciders| ChoiceOption::new(deciders.word(), words::deciders(deciders)));
    let wrong = reasons.at("promised_hours");
    view! {
        <Section id="approval" title="Who approves">
            <p class="muted">"What is above a maximum with \u{201c}Ask for approval\u{201d} waits for an answer. So does a model of other guardrails that a key asks for."</p>
            <Check
                name="approve_every_key" text="Every key waits for approval" checked=every_key
                note="Also one within all maxima. Its owner takes the secret once it is approved."
            />
            <Choices name="deciders" label="Who decides" options=options.to_vec() value=deciders.word() problem=None/>
            <TextField
                name="promised_hours" label="Answer within (hours)" value=promised_hours input_mode="numeric"
                hint="What people are told when they ask. The queue marks requests that wait longer." problem=wrong
            />
        </Section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_becomes_the_rule_and_stands_in_the_form_again() {
        let mut typed = TypedApproval::default();
        for (name, value) in [("approve_every_key", "yes"), ("deciders", "administrators"), ("promised_hours", " 4 ")] {
            assert!(typed.take(name, value).unwrap());
        }
        assert!(!typed.take("prompt_bound", "strict").unwrap());
        assert!(typed.take("deciders", "me").is_err());
        let approval = typed.read(&mut Reasons::default());
        assert_eq!(approval, Approval { every_key: true, deciders: Deciders::Administrators, promised_hours: 4 });
        assert_eq!(TypedApproval::of(&approval).read(&mut Reasons::default()), approval);
        let mut reasons = Reasons::default();
        TypedApproval { promised_hours: "soon".into(), ..typed }.read(&mut reasons);
        assert!(reasons.at("promised_hours").is_some());
    }
}
