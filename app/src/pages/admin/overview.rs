//! `/admin`: how much of everything there is, and what needs somebody.

use super::standing;
use super::{at_least_none, count, counted, document};
use crate::chrome::Place;
use crate::components::{Figure, Figures, Notice, PageHead, Section, Step, StepState, Steps, Tone, WayOn};
use crate::format::{Calendar, grouped};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::administration::overview::Overview;
use portal::administration::standing::Standing;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let model = Model {
        overview: visit.portal.overview(&visit.caller).await?,
        standing: visit.portal.standing(&visit.caller).await?,
        may_change: super::may_change(&visit),
        calendar: visit.calendar(),
    };
    Ok(Answer::ok(document(&visit, Place::Overview, "Overview", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub overview: Overview,
    pub standing: Standing,
    pub may_change: bool,
    pub calendar: Calendar,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { overview, standing, may_change, calendar } = model;
    let first_steps = (overview.providers == 0 || overview.models == 0).then(|| steps(&overview, may_change));
    let attention: Vec<AnyView> = standing::notices(&standing).into_iter().chain(attention(&overview)).collect();
    let calm = attention.is_empty() && first_steps.is_none();
    view! {
        <PageHead title="Overview"/>
        {standing::spend(&standing)}
        {first_steps}
        <Section id="attention" title="Needs attention">
            {calm.then(|| view! { <p class="muted">"Nothing. Every model has a price and somewhere to go."</p> })}
            {(!calm && attention.is_empty()).then(|| view! { <p class="muted">"Nothing beyond the first steps above."</p> })}
            <div class="stack">{attention}</div>
        </Section>
        {standing::unusual(&standing)}
        {standing::refused(&standing)}
        <Section id="inventory" title="What there is" aside=standing::storage(&standing, &calendar).into_any()>
            <Figures figures=inventory(&overview)/>
        </Section>
    }
}

fn inventory(overview: &Overview) -> Vec<Figure> {
    let figure = |name: &str, value: u64| Figure { name: name.to_owned(), value: grouped(value) };
    vec![
        figure("live keys", at_least_none(overview.live_keys)),
        figure("people", at_least_none(overview.people)),
        figure("teams", count(overview.teams)),
        figure("models", count(overview.models)),
        figure("providers", count(overview.providers)),
        figure("guardrails", count(overview.profiles)),
    ]
}

fn steps(overview: &Overview, may_change: bool) -> impl IntoView + use<> {
    let state = |done: bool, possible: bool| match (done, possible) {
        (true, _) => StepState::Done,
        (false, true) => StepState::Next,
        (false, false) => StepState::Later,
    };
    let link = |href: &'static str, text: &'static str| {
        may_change.then(|| view! { <a class="button" href=href>{text}</a> }.into_any())
    };
    let (provider, model) = (overview.providers > 0, overview.models > 0);
    let steps = vec![
        Step {
            state: state(provider, true),
            title: "Add a provider".to_owned(),
            text: "Its address is filled in; you enter the credential. It is sealed and never shown again.".to_owned(),
            action: link(paths::NEW_PROVIDER, "Add provider"),
        },
        Step {
            state: state(model, provider),
            title: "Choose its models".to_owned(),
            text: "All that the catalogue knows, with their prices, or only some.".to_owned(),
            action: provider.then(|| link(paths::PROVIDERS, "Choose models")).flatten(),
        },
        Step {
            state: state(false, model),
            title: "Set the guardrails".to_owned(),
            text: "Who may mint keys, for which models, and up to which budget.".to_owned(),
            action: model.then(|| link(paths::GUARDRAILS, "See guardrails")).flatten(),
        },
    ];
    view! { <Section id="first-steps" title="First steps"><Steps steps=steps/></Section> }
}

fn attention(overview: &Overview) -> Vec<AnyView> {
    let names = |models: &[domain::model::ModelName]| {
        let shown: Vec<&str> = models.iter().take(5).map(domain::model::ModelName::as_str).collect();
        let rest = models.len().saturating_sub(shown.len());
        if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
    };
    let say = |text: String, way: &str, href: String| {
        let way_on = Some(WayOn { text: way.to_owned(), href });
        view! { <Notice tone=Tone::Warn text=text way_on=way_on/> }.into_any()
    };
    let mut said = Vec::new();
    let unpriced = &overview.unpriced;
    if !unpriced.is_empty() {
        let (verb, them) = if unpriced.len() == 1 { ("has", "it") } else { ("have", "them") };
        let text = format!(
            "{} {verb} no price, so that every budget refuses {them}: {}.",
            counted(count(unpriced.len()), "model"),
            names(unpriced)
        );
        said.push(say(text, "Set prices.", format!("{}?view=unpriced", paths::CATALOGUE)));
    }
    let unreachable = &overview.unreachable;
    if !unreachable.is_empty() {
        let verb = if unreachable.len() == 1 { "has" } else { "have" };
        let text = format!(
            "{} {verb} no deployment at a provider that is on: {}.",
            counted(count(unreachable.len()), "model"),
            names(unreachable)
        );
        said.push(say(text, "Add deployments.", format!("{}?view=unreachable", paths::CATALOGUE)));
    }
    for provider in &overview.old_credentials {
        let text = format!("The credential of {provider} is older than {} days.", super::OLD_CREDENTIAL_DAYS);
        said.push(say(text, "Replace it.", paths::PROVIDERS.to_owned()));
    }
    said
}
