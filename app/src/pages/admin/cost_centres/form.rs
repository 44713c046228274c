//! The fields of a cost centre, as typed.

use crate::components::TextField;
use crate::pages::form::Reasons;
use domain::cost_centre::CentreDraft;
use leptos::prelude::*;
use serde::Deserialize;

/// The code is absent where it cannot change.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreForm {
    #[serde(default)]
    pub code: String,
    pub name: String,
    pub contact: String,
    pub valid_from: String,
    pub valid_until: String,
    /// The version that an edit started from.
    #[serde(default)]
    pub version: i64,
}

impl From<CentreForm> for CentreDraft {
    fn from(form: CentreForm) -> Self {
        let CentreForm { code, name, contact, valid_from, valid_until, version: _ } = form;
        Self { code, name, contact, valid_from, valid_until }
    }
}

pub fn has_field(field: &str) -> bool {
    ["code", "name", "contact", "valid_from", "valid_until"].contains(&field)
}

/// Everything but the code.
pub fn fields(draft: &CentreDraft, reasons: &Reasons) -> impl IntoView + use<> {
    view! {
        <TextField name="name" label="Name" value=draft.name.clone() required=true problem=reasons.at("name")/>
        <TextField
            name="contact" label="Contact" value=draft.contact.clone()
            hint="Whom to ask about it: a person or an address." problem=reasons.at("contact")
        />
        <TextField
            name="valid_from" label="Valid from" value=draft.valid_from.clone() placeholder="2027-01-01"
            hint="The first day. Empty: since ever." problem=reasons.at("valid_from")
        />
        <TextField
            name="valid_until" label="Valid until" value=draft.valid_until.clone() placeholder="2027-12-31"
            hint="The last day. Empty: until further notice." problem=reasons.at("valid_until")
        />
    }
}
