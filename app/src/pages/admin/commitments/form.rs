//! The fields of a commitment, as typed.

use crate::components::{MoneyField, SelectField, SelectOption, TextField};
use crate::pages::form::Reasons;
use domain::commitment::CommitmentDraft;
use leptos::prelude::*;
use portal::administration::commitments::ProviderChoice;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitmentForm {
    /// Of a form that adds one.
    #[serde(default)]
    pub form: String,
    /// The version that an edit started from.
    #[serde(default)]
    pub version: i64,
    pub name: String,
    pub provider: String,
    pub monthly: String,
    pub first_month: String,
    pub last_month: String,
}

impl From<CommitmentForm> for CommitmentDraft {
    fn from(form: CommitmentForm) -> Self {
        let CommitmentForm { form: _, version: _, name, provider, monthly, first_month, last_month } = form;
        Self { name, provider, monthly, first_month, last_month }
    }
}

pub(super) fn has_field(field: &str) -> bool {
    ["name", "provider", "monthly", "first_month", "last_month"].contains(&field)
}

pub(super) fn fields(
    draft: &CommitmentDraft,
    providers: &[ProviderChoice],
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let option = |value: String, text: String| SelectOption { value, text, disabled: false };
    let mut options = vec![option(String::new(), "All providers".to_owned())];
    options.extend(providers.iter().map(|choice| option(choice.id.to_string(), choice.name.clone())));
    view! {
        <TextField
            name="name" label="Name" value=draft.name.clone() required=true
            hint="As the contract or the invoice calls it." problem=reasons.at("name")
        />
        <SelectField
            name="provider" label="Provider" options=options value=draft.provider.clone()
            hint="Cost centres have parts of it in proportion to what they spent there." problem=reasons.at("provider")
        />
        <MoneyField name="monthly" label="Amount a month" value=draft.monthly.clone() problem=reasons.at("monthly")/>
        <TextField
            name="first_month" label="First month" value=draft.first_month.clone() required=true placeholder="2026-11"
            problem=reasons.at("first_month")
        />
        <TextField
            name="last_month" label="Last month" value=draft.last_month.clone() placeholder="2027-10"
            hint="Empty: until further notice." problem=reasons.at("last_month")
        />
    }
}
