//! Whether keys that nobody uses are disabled: the part of the form, as typed and as read.

use crate::components::{Check, Section, TextField};
use crate::pages::form::Reasons;
use domain::idle::{IdleRule, TOLD_DAYS};
use leptos::prelude::*;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedIdle {
    pub days: String,
    pub services_too: bool,
}

impl TypedIdle {
    pub fn of(rule: Option<IdleRule>) -> Self {
        let days = rule.map(|rule| rule.days.to_string()).unwrap_or_default();
        Self { days, services_too: rule.is_some_and(|rule| rule.services_too) }
    }

    /// False if the field is none of these.
    pub fn take(&mut self, name: &str, value: &str) -> bool {
        match name {
            "idle_days" => value.clone_into(&mut self.days),
            "idle_services" => self.services_too = true,
            _ => return false,
        }
        true
    }

    /// Nothing typed is no rule.
    pub fn read(&self, reasons: &mut Reasons) -> Option<IdleRule> {
        let typed = self.days.trim();
        if typed.is_empty() {
            return None;
        }
        let Ok(days) = typed.parse() else {
            reasons.add("idle_days", "Days without use are a whole number such as 60, or nothing.");
            return None;
        };
        Some(IdleRule { days, services_too: self.services_too })
    }
}

/// `after 60 days, services and CI too`
pub fn said(rule: Option<IdleRule>) -> String {
    match rule {
        None => "never".to_owned(),
        Some(IdleRule { days, services_too: false }) => format!("after {days} days, services and CI never"),
        Some(IdleRule { days, services_too: true }) => format!("after {days} days, services and CI too"),
    }
}

pub fn section(idle: TypedIdle, reasons: &Reasons) -> impl IntoView + use<> {
    let TypedIdle { days, services_too } = idle;
    let hint = format!(
        "A key that nobody has used for so many days is disabled. Its owner is told {TOLD_DAYS} days before, and enables it with \
         one press. Empty: never."
    );
    let wrong = reasons.at("idle_days");
    view! {
        <Section id="idle" title="Keys that nobody uses">
            <TextField name="idle_days" label="Disable after (days)" value=days input_mode="numeric" hint=hint problem=wrong/>
            <Check
                name="idle_services" text="Also keys of services and CI" checked=services_too
                note="Such a key may be needed once a quarter, and then at once."
            />
        </Section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_rule_and_a_rule_is_read_back() {
        let mut reasons = Reasons::default();
        assert_eq!(TypedIdle::default().read(&mut reasons), None);
        let mut typed = TypedIdle::default();
        assert!(typed.take("idle_days", " 60 ") && typed.take("idle_services", "yes") && !typed.take("x", "y"));
        let rule = IdleRule { days: 60, services_too: true };
        assert_eq!(typed.read(&mut reasons), Some(rule));
        assert!(reasons.is_empty());
        assert_eq!(TypedIdle::of(Some(rule)), TypedIdle { days: "60".to_owned(), services_too: true });
        TypedIdle { days: "two months".to_owned(), ..typed }.read(&mut reasons);
        assert!(reasons.at("idle_days").is_some());
    }
}
