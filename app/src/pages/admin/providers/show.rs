//! `/admin/providers/{id}`: what a provider is, what depends on it, and whether it answers.

use super::{health, list};
use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, Crumb, EmptyState, Fact, Facts, Id, NameCell, PageHead, Section, Table, Tone, day,
};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{Happened, counted, document, may_change, notice};
use crate::pages::confirm::Confirmed;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::ProviderId;
use leptos::prelude::*;
use portal::administration::providers::{ProviderDeployment, ProviderDetail, ProviderRow};
use portal::presets::preset;
use portal::{PortalError, Refusal};
use serde::Deserialize;

/// What led here, for the notice above.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    done: Option<Done>,
    added: Option<u32>,
    extended: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Changed,
    Credential,
    On,
    Off,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider = input.segment("id")?;
    let happened = happened(&input.query()?);
    Ok(Answer::ok(page(&visit, provider, happened).await?))
}

/// Asks the provider now and says what came of it. The answer is a page and no redirect: a result belongs to its moment.
pub async fn test(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let Confirmed {} = input.form()?;
    let tested = visit.portal.test_connection(visit.administrator()?, provider).await;
    let happened = match tested {
        Ok(test) => Happened { tone: words::connection_tone(test), text: words::connection(test) },
        Err(PortalError::Refused(refusals)) => Happened { tone: Tone::Warn, text: sentences(&refusals) },
        Err(other) => return Err(other.into()),
    };
    Ok(Answer::ok(page(&visit, provider, Some(happened)).await?))
}

/// Somebody opened the address that only the button posts to.
pub async fn untested(_: Visit, input: Input) -> Result<Answer, PageError> {
    Ok(Answer::SeeOther(paths::provider(input.segment("id")?)))
}

async fn page(visit: &Visit, provider: ProviderId, happened: Option<Happened>) -> Result<String, PageError> {
    let detail = visit.portal.provider(&visit.caller, provider).await?;
    let name = detail.provider.name.clone();
    let model = Model { detail, may_change: may_change(visit), happened };
    Ok(document(visit, Place::Providers, &name, |calendar| view(calendar, model)))
}

fn sentences(refusals: &[Refusal]) -> String {
    refusals.iter().map(words::refusal).collect::<Vec<_>>().join(" ")
}

fn happened(query: &Query) -> Option<Happened> {
    let text = match *query {
        Query { done: Some(Done::Changed), .. } => "Saved. It counts from the next call on.".to_owned(),
        Query { done: Some(Done::Credential), .. } => {
            "Credential replaced. The next call uses it; test the connection to be sure.".to_owned()
        }
        Query { done: Some(Done::On), .. } => "Turned on. Its deployments take calls again.".to_owned(),
        Query { done: Some(Done::Off), .. } => "Turned off. No new call goes to it.".to_owned(),
        Query { added, extended, .. } => match (added.unwrap_or(0), extended.unwrap_or(0)) {
            (0, 0) => return None,
            (added, 0) => format!("{} added.", counted(added.into(), "model")),
            (0, extended) => format!("{} can go here too.", counted(extended.into(), "model")),
            (added, extended) => {
                format!("{} added; {} from other providers can go here too.", counted(added.into(), "model"), extended)
            }
        },
    };
    Some(Happened::well(text))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: ProviderDetail,
    pub may_change: bool,
    pub happened: Option<Happened>,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, may_change, happened } = model;
    let ProviderDetail { provider, deployments, dependent_keys } = detail;
    let (tone, state) = list::state(calendar, &provider);
    let kind = preset(&provider.preset).map_or_else(|| provider.preset.clone(), |preset| preset.name.to_owned());
    let context = view! {
        <Chip tone=tone text=state/>
        {format!(" {kind} · {} format · added ", words::provider_kind(provider.kind))}
        {day(calendar, provider.created_at)}
    };
    let models = at(&provider, "models");
    let history = format!("{}?object={}", paths::AUDIT, provider.id);
    let add = may_change.then(|| view! { <a href=models.clone()>"Add from the catalogue"</a> }.into_any());
    let acts = may_change.then(|| actions(&provider));
    let facts = facts(calendar, &provider, may_change);
    let health = health::section(calendar, &deployments);
    view! {
        <PageHead
            title=provider.name.clone() context=context.into_any()
            crumb=Crumb { text: "Providers".to_owned(), href: paths::PROVIDERS.to_owned() }
        >
            {acts}
        </PageHead>
        {notice(happened)}
        <Section id="facts" title="Address and credential">
            <div class="panel"><Facts facts=facts/></div>
        </Section>
        <Section id="models" title="Models served here" aside=add.unwrap_or_else(|| ().into_any())>
            {served(deployments, may_change, models)}
        </Section>
        {health}
        <Section id="depends" title="Depends on it">
            <p>
                {format!("{} may call at least one of its models. ", keys(dependent_keys))}
                <a href=history>"Its entries in the audit log"</a>
            </p>
        </Section>
    }
}

fn at(provider: &ProviderRow, act: &str) -> String {
    format!("{}/{act}", paths::provider(provider.id))
}

/// The count stops there.
const MOST_KEYS: u64 = 10_000;

pub(super) fn keys(count: u64) -> String {
    if count >= MOST_KEYS { format!("{} or more live keys", grouped(MOST_KEYS)) } else { counted(count, "live key") }
}

fn actions(provider: &ProviderRow) -> impl IntoView + use<> {
    let (switch, class) =
        if provider.enabled { ("Turn off…", "button plain bad") } else { ("Turn on…", "button plain") };
    view! {
        <form method="post" action=at(provider, "test")>
            <button class="button primary" type="submit">"Test connection"</button>
        </form>
        <a class="button" href=at(provider, "credential")>"Replace credential"</a>
        <a class=class href=at(provider, "switch")>{switch}</a>
    }
}

fn facts(calendar: &Calendar, provider: &ProviderRow, may_change: bool) -> Vec<Fact> {
    let address = provider.base_url.clone();
    let change = may_change.then(|| view! { " "<a href=at(provider, "change")>"Change"</a> });
    let address = Fact::new("Address", view! { <Id text=address/>{change} })
        .noted("Another server needs the credential again: the stored one goes nowhere else.");
    let timeouts = Fact::new("Timeouts", super::change::timeouts_in_words(provider.timeouts))
        .noted("Where it has none of its own, those of the configuration hold.");
    let markup = if provider.markup.is_none() { "none".to_owned() } else { provider.markup.to_string() };
    let markup = Fact::new("Discount or margin", markup).noted(format!(
        "Prices of calls that it answers: {}. Calls made before keep their cost.",
        words::markup(provider.markup)
    ));
    let Some(credential) = &provider.credential else {
        return vec![address, Fact::new("Credential", "none").noted("Calls go out without one."), timeouts, markup];
    };
    let by = credential.created_by_name.clone().unwrap_or_else(|| "the command line".to_owned());
    let value = view! {
        "ends "<b class="mono">{credential.last_four.clone()}</b>
        " · fingerprint "<span class="mono">{credential.fingerprint.clone()}</span>
        " · "{list::age(calendar, credential)}
    };
    let note = format!("Set by {by} on {}. Write-only: it cannot be read back.", calendar.date(credential.created_at));
    vec![address, Fact::new("Credential", value).noted(note), timeouts, markup]
}

fn served(deployments: Vec<ProviderDeployment>, may_change: bool, models: String) -> AnyView {
    if deployments.is_empty() {
        let text = "No models yet. Test the connection, then choose which models are served here.";
        let add = may_change.then(|| view! { <a class="button" href=models>"Choose models"</a> });
        return view! { <EmptyState text=text>{add}</EmptyState> }.into_any();
    }
    let columns = vec![
        Column::text("Model"),
        Column::text("Called here"),
        Column::number("Order"),
        Column::number("Weight"),
        Column::text("State"),
    ];
    let rows = deployments.into_iter().map(|deployment| {
        let (tone, state) = match (deployment.model_enabled, deployment.only_one) {
            (false, _) => (Tone::Plain, "Model is off"),
            (true, true) => (Tone::Info, "Only deployment"),
            (true, false) => (Tone::Ok, "Has others"),
        };
        view! {
            <tr>
                <NameCell name=deployment.model_name.to_string() href=paths::catalogue_model(deployment.model)/>
                <Cell label="Called here"><Id text=deployment.upstream_model/></Cell>
                <Cell label="Order" number=true>{deployment.priority}</Cell>
                <Cell label="Weight" number=true>{deployment.weight}</Cell>
                <Cell label="State"><Chip tone=tone text=state/></Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! { <Table columns=columns caption="Models served here" compact=true>{rows}</Table> }.into_any()
}
