//! `/admin/providers`: every provider with its credential's age and whether it is on.

use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, NameCell, PageHead, Table, Tone};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{OLD_CREDENTIAL_DAYS, age_in_days, count, document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use leptos::prelude::*;
use portal::administration::providers::{CredentialFacts, ProviderRow};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let model = Model { providers: visit.portal.providers(&visit.caller).await?, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Providers, "Providers", |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub providers: Vec<ProviderRow>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { providers, may_change } = model;
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_PROVIDER>"Add provider"</a> });
    if providers.is_empty() {
        let text = "No provider yet. Add one, and choose which of its models are served.";
        return view! { <PageHead title="Providers"/><EmptyState text=text>{add}</EmptyState> }.into_any();
    }
    let columns = vec![
        Column::text("Provider"),
        Column::text("State"),
        Column::text("Address"),
        Column::text("Credential"),
        Column::number("Models"),
    ];
    let rows = providers.into_iter().map(|provider| row(calendar, provider)).collect_view();
    view! {
        <PageHead title="Providers">{add}</PageHead>
        <Table columns=columns caption="Providers">{rows}</Table>
    }
    .into_any()
}

fn row(calendar: &Calendar, provider: ProviderRow) -> impl IntoView + use<> {
    let (tone, state) = state(calendar, &provider);
    let credential = provider.credential.as_ref();
    let ends = credential.map_or_else(|| "none".to_owned(), |facts| format!("…{}", facts.last_four));
    let age = credential.map(|facts| age(calendar, facts).into_any());
    let format = format!("{} format", words::provider_kind(provider.kind));
    view! {
        <tr>
            <NameCell name=provider.name href=paths::provider(provider.id) note=format.into_any()/>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
            <Cell label="Address"><code class="id">{provider.base_url}</code></Cell>
            <Cell label="Credential" note=age.unwrap_or_else(|| ().into_any())>
                <span class="mono">{ends}</span>
            </Cell>
            <Cell label="Models" number=true>{grouped(count(provider.models))}</Cell>
        </tr>
    }
}

/// The most pressing word.
pub(super) fn state(calendar: &Calendar, provider: &ProviderRow) -> (Tone, &'static str) {
    let old = |facts: &CredentialFacts| age_in_days(calendar.now, facts.created_at) >= OLD_CREDENTIAL_DAYS;
    match &provider.credential {
        _ if !provider.enabled => (Tone::Plain, "Off"),
        Some(facts) if old(facts) => (Tone::Warn, "Credential is old"),
        _ => (Tone::Ok, "On"),
    }
}

pub(super) fn age(calendar: &Calendar, facts: &CredentialFacts) -> impl IntoView + use<> {
    let days = age_in_days(calendar.now, facts.created_at);
    let text = match days {
        0 => "set today".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    };
    view! { <time datetime=Calendar::machine(facts.created_at) title=calendar.exact(facts.created_at)>{text}</time> }
}
