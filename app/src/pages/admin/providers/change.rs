//! `/admin/providers/{id}/change`: name, address, timeouts, and its discount or margin. Another scheme, host or port needs
//! the credential again, so that nobody can send a stored credential to a server of their own.

use super::{CredentialField, crumb, typed_credential};
use crate::chrome::Place;
use crate::components::{ErrorSummary, PageHead, Section, TextField};
use crate::html;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use domain::markup::Markup;
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
        markup: markup_text(provider.markup),
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
    /// Percent; empty for none.
    #[serde(default)]
    pub discount_or_margin: String,
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

    fn typed(&self, reasons: &mut Reasons) -> ProviderTimeouts {
        let mut read = |field: &str, text: &str| {
            let text = text.trim();
            let typed = if text.is_empty() { Ok(None) } else { milliseconds(text).map(Some).ok_or(()) };
            typed.unwrap_or_else(|()| {
                reasons.add(field, "This is a number of seconds between 0.1 and 3600, such as 2.5, or nothing.");
                None
            })
        };
        ProviderTimeouts {
            connect_ms: read("connect_seconds", &self.connect),
            first_byte_ms: read("first_byte_seconds", &self.first_byte),
            between_events_ms: read("between_events_seconds", &self.between_events),
        }
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

fn markup_text(markup: Markup) -> String {
    if markup.is_none() { String::new() } else { markup.to_string().replace('\u{2212}', "-").replace(" %", "") }
}

fn typed_markup(text: &str, reasons: &mut Reasons) -> Markup {
    if text.trim().is_empty() {
        return Markup::NONE;
    }
    Markup::parse_percent(text).unwrap_or_else(|| {
        let why =
            "This is a percentage between \u{2212}100 and +1000 with at most two decimals, such as -12.5, or nothing.";
        reasons.add("discount_or_margin", why);
        Markup::NONE
    })
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
    let markup = form.discount_or_margin;
    let mut reasons = Reasons::default();
    let change = ProviderChange {
        name: name.clone(),
        base_url: base_url.clone(),
        credential,
        timeouts: timeouts.typed(&mut reasons),
        markup: typed_markup(&markup, &mut reasons),
    };
    if reasons.is_empty() {
        match sent(visit.portal.change_provider(visit.administrator()?, provider, change).await)? {
            Sent::Done(()) | Sent::Before(_) => {
                return Ok(Answer::SeeOther(format!("{}?done=changed", paths::provider(provider))));
            }
            Sent::Refused(refused) => reasons = refused,
        }
    }
    let current = visit.portal.provider(&visit.caller, provider).await?.provider.name;
    Ok(Answer::refused(document(&visit, Model { provider, current, name, base_url, timeouts, markup, reasons })))
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Change provider", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub provider: ProviderId,
    /// The name that it has now.
    pub current: String,
    pub name: String,
    pub base_url: String,
    pub timeouts: TimeoutTexts,
    /// As typed.
    pub markup: String,
    pub reasons: Reasons,
}

const FIELDS: [&str; 7] = [
    "name",
    "base_url",
    "credential",
    "connect_seconds",
    "first_byte_seconds",
    "between_events_seconds",
    "discount_or_margin",
];

pub fn view(model: Model) -> impl IntoView {
    let Model { provider, current, name, base_url, timeouts, markup, reasons } = model;
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
    let problem = reasons.at("discount_or_margin");
    let prices = view! {
        <Section id="prices" title="What it costs here">
            <TextField
                name="discount_or_margin" label="Discount or margin" value=markup bound="%" input_mode="text"
                hint="-12.5 makes calls that it answers 12.5 % cheaper than the models' prices, 10 makes them 10 % dearer; empty: none. Calls made before keep their cost."
                problem=problem
            />
        </Section>
    };
    let back = paths::provider(provider);
    let hint =
        "Needed only if the address leads to another server: other scheme, host or port. Empty keeps the stored one.";
    let action = format!("{back}/change");
    view! {
        <PageHead title="Change the provider" crumb=crumb(provider, &current)/>
        <ErrorSummary undone="the provider can be changed" wrong=reasons.summary(|field| FIELDS.contains(&field))/>
        <form class="form" method="post" action=action>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
            <TextField name="base_url" label="Address" value=base_url kind="url" mono=true required=true problem=reasons.at("base_url")/>
            <CredentialField label="Credential" hint=hint reasons=reasons/>
            {timeouts}
            {prices}
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
    fn a_discount_is_read_and_one_that_is_none_says_what_to_enter() {
        let typed = |text: &str| {
            let mut reasons = Reasons::default();
            (typed_markup(text, &mut reasons), reasons.at("discount_or_margin").map(|problem| problem.message))
        };
        let points = |points| Markup::from_basis_points(points).unwrap();
        for (text, expected) in [("", 0), ("0", 0), (" -12.5", -1_250), ("\u{2212}12.5 %", -1_250), ("1000", 100_000)] {
            assert_eq!(typed(text), (points(expected), None), "{text}");
        }
        for wrong in ["-100.01", "1000.01", "1.234", "12,5", "x"] {
            assert!(typed(wrong).1.unwrap().contains("such as -12.5"), "{wrong}");
        }
        assert_eq!((markup_text(points(0)).as_str(), markup_text(points(-1_250)).as_str()), ("", "-12.5"));
    }

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
