//! `/admin/providers/{id}/change`: name, address and timeouts. Another scheme, host or port needs the credential again, so that
//! nobody can send a stored credential to a server of their own.

use super::{CredentialField, crumb, typed_credential};
use crate::chrome::Place;
use crate::components::{ErrorSummary, PageHead, Section, TextField};
use crate::html;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use domain::provider_timeouts::ProviderTimeouts;
use leptos::prelude::*;
use portal::administration::providers::ProviderChange;
use serde::Deserialize;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider = visit.portal.provider(&visit.caller, input.segment("id")?).await?.provider;
    let model = Model {
        provider: provider.id,
        current: provider.name.clone(),
        name: provider.name,
        base_url: provider.base_url,
        timeouts: TimeoutTexts::of(provider.timeouts),
        reasons: Reasons::default(),
    };
    Ok(Answer::ok(document(&visit, model)))
}

/// The form's fields. No `Debug`: one of them is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeForm {
    pub name: String,
    pub base_url: String,
    pub credential: String,
    #[serde(default)]
    pub connect_seconds: String,
    #[serde(default)]
    pub first_byte_seconds: String,
    #[serde(default)]
    pub between_events_seconds: String,
}

/// The timeouts as typed: seconds, empty for those of the configuration.
#[derive(Debug, Clone, Default)]
pub struct TimeoutTexts {
    pub connect: String,
    pub first_byte: String,
    pub between_events: String,
}

impl TimeoutTexts {
    fn of(timeouts: ProviderTimeouts) -> Self {
        let text = |ms: Option<u32>| ms.map(seconds).unwrap_or_default();
        Self {
            connect: text(timeouts.connect_ms),
            first_byte: text(timeouts.first_byte_ms),
            between_events: text(timeouts.between_events_ms),
        }
    }

    fn typed(&self) -> Result<ProviderTimeouts, Reasons> {
        let mut reasons = Reasons::default();
        let mut read = |field: &str, text: &str| {
            let text = text.trim();
            let typed = if text.is_empty() { Ok(None) } else { milliseconds(text).map(Some).ok_or(()) };
            typed.unwrap_or_else(|()| {
                reasons.add(field, "This is a number of seconds between 0.1 and 3600, such as 2.5, or nothing.");
                None
            })
        };
        let timeouts = ProviderTimeouts {
            connect_ms: read("connect_seconds", &self.connect),
            first_byte_ms: read("first_byte_seconds", &self.first_byte),
            between_events_ms: read("between_events_seconds", &self.between_events),
        };
        if reasons.is_empty() { Ok(timeouts) } else { Err(reasons) }
    }
}

/// `2.5`
fn seconds(ms: u32) -> String {
    let text = format!("{}.{:03}", ms / 1_000, ms % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn milliseconds(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 || whole.is_empty() {
        return None;
    }
    let ms = whole.parse::<u32>().ok()?.checked_mul(1_000)?.checked_add(format!("{part:0<3}").parse().ok()?)?;
    (ProviderTimeouts::SHORTEST_MS..=ProviderTimeouts::LONGEST_MS).contains(&ms).then_some(ms)
}

/// `first byte 2.5 s · between events 60 s`
pub(super) fn timeouts_in_words(timeouts: ProviderTimeouts) -> String {
    let ProviderTimeouts { connect_ms, first_byte_ms, between_events_ms } = timeouts;
    let own = [("connect", connect_ms), ("first byte", first_byte_ms), ("between events", between_events_ms)];
    let said: Vec<_> =
        own.into_iter().filter_map(|(what, ms)| ms.map(|ms| format!("{what} {} s", seconds(ms)))).collect();
    if said.is_empty() { "as in the configuration".to_owned() } else { said.join(" · ") }
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let form: ChangeForm = input.form()?;
    let ChangeForm { name, base_url, .. } = &form;
    let (name, base_url, credential) = (name.clone(), base_url.clone(), typed_credential(form.credential));
    let timeouts = TimeoutTexts {
        connect: form.connect_seconds,
        first_byte: form.first_byte_seconds,
        between_events: form.between_events_seconds,
    };
    let reasons = match timeouts.typed() {
        Err(reasons) => reasons,
        Ok(typed) => {
            let change = ProviderChange { name: name.clone(), base_url: base_url.clone(), credential, timeouts: typed };
            match sent(visit.portal.change_provider(visit.administrator()?, provider, change).await)? {
                Sent::Done(()) | Sent::Before(_) => {
                    return Ok(Answer::SeeOther(format!("{}?done=changed", paths::provider(provider))));
                }
                Sent::Refused(reasons) => reasons,
            }
        }
    };
    let current = visit.portal.provider(&visit.caller, provider).await?.provider.name;
    Ok(Answer::refused(document(&visit, Model { provider, current, name, base_url, timeouts, reasons })))
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Change address", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub provider: ProviderId,
    /// The name that it has now.
    pub current: String,
    pub name: String,
    pub base_url: String,
    pub timeouts: TimeoutTexts,
    pub reasons: Reasons,
}

const FIELDS: [&str; 6] =
    ["name", "base_url", "credential", "connect_seconds", "first_byte_seconds", "between_events_seconds"];

pub fn view(model: Model) -> impl IntoView {
    let Model { provider, current, name, base_url, timeouts, reasons } = model;
    let seconds = |name: &'static str, label: &'static str, value: String| {
        let problem = reasons.at(name);
        view! { <TextField name=name label=label value=value input_mode="decimal" hint="seconds; empty: as in the configuration" problem=problem/> }
    };
    let fields = [
        seconds("connect_seconds", "To connect", timeouts.connect),
        seconds("first_byte_seconds", "Until an answer begins", timeouts.first_byte),
        seconds("between_events_seconds", "Between two events", timeouts.between_events),
    ];
    let timeouts = view! {
        <Section id="timeouts" title="How long it may take">
            <div class="field-grid">{Vec::from(fields)}</div>
        </Section>
    };
    let back = paths::provider(provider);
    let hint =
        "Needed only if the address leads to another server: other scheme, host or port. Empty keeps the stored one.";
    let action = format!("{back}/change");
    view! {
        <PageHead title="Change name, address or timeouts" crumb=crumb(provider, &current)/>
        <ErrorSummary undone="the provider can be changed" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
        <form class="form" method="post" action=action>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
            <TextField name="base_url" label="Address" value=base_url kind="url" mono=true required=true problem=reasons.at("base_url")/>
            <CredentialField label="Credential" hint=hint reasons=reasons/>
            {timeouts}
            <div class="actions">
                <button class="button primary" type="submit">"Save"</button>
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_back_as_they_are_shown() {
        for (text, ms) in [("0.1", 100), ("2.5", 2_500), ("60", 60_000), ("3600", 3_600_000), ("0.125", 125)] {
            assert_eq!((milliseconds(text), seconds(ms).as_str()), (Some(ms), text));
        }
        for wrong in ["0", "0.05", "3601", "-1", "1e3", ".5", "1.2345", "x", "1,5", "99999999999"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
