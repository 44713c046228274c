//! One call by its request id: what it was asked and what stopped it, what it cost to the nano-dollar, what it used.

mod checks;
pub mod doctor;

use super::keys::detail::answer_chip;
use crate::chrome::Place;
use crate::components::{Crumb, Fact, Facts, Id, Notice, PageHead, Section, Tone, when};
use crate::format::{Calendar, duration, grouped};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::budget::BudgetScope;
use domain::id::EventId;
use domain::usage::{NO_SECRET, Outcome, UsageRecord};
use leptos::prelude::*;
use portal::keys::CallDetail;

pub struct Model {
    pub detail: CallDetail,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: EventId = input.segment("id")?;
    let model = Model { detail: visit.portal.call(&visit.caller, id).await?, calendar: visit.calendar() };
    let title = format!("Call {id}");
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), &title, || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, calendar } = model;
    let call = &detail.call;
    let crumb = Crumb { text: detail.key_name.clone(), href: paths::key_calls(call.key, None) };
    let at = call.id.made_at();
    let context = view! { {when(&calendar, at)}{format!(" · {} · ", calendar.exact(at))}{answer_chip(call)} };
    let refusal = call.denial.as_ref().map(|code| {
        let verb = if call.outcome == Outcome::Denied { "Refused" } else { "Failed" };
        view! { <Notice tone=Tone::Warn text=format!("{verb}: {code}. {}", words::denial(code))/> }
    });
    let watched = (!call.watched.is_empty()).then(|| {
        let text = format!(
            "Would have been refused: {}. Its guardrails only watch this for now, so that the call was served.",
            words::would_have_been_refused(call.watched)
        );
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let title = format!("Call {}", call.id);
    let checks = checks::section(call, detail.may_ask);
    let (cost, used, way) = (cost(&detail), used(&detail), way(&detail));
    view! {
        <PageHead title=title crumb=crumb context=context.into_any()/>
        {refusal}
        {watched}
        {checks}
        <Section id="cost" title="Cost"><div class="panel"><Facts facts=cost/></div></Section>
        <Section id="tokens" title="Tokens"><div class="panel"><Facts facts=used/></div></Section>
        <Section id="way" title="Where it came from and went"><div class="panel"><Facts facts=way/></div></Section>
    }
}

fn cost(detail: &CallDetail) -> Vec<Fact> {
    let call = &detail.call;
    let accounts = call.charged.iter().map(|line| {
        let whose = match line.scope {
            BudgetScope::Key(_) => "this key",
            BudgetScope::Person(_) => "its owner",
            BudgetScope::Team(_) => "its team",
            BudgetScope::Unit(_) => "its business unit",
            BudgetScope::CostCentre(_) => "its cost centre",
            BudgetScope::Application(_) => "its application",
            BudgetScope::Profile(_) => "its access profile",
            BudgetScope::Organisation => "the organisation",
        };
        format!("{whose}, {}", words::per_window(line.window))
    });
    let accounts: Vec<_> = accounts.collect();
    let accounts = if accounts.is_empty() { "no budget".to_owned() } else { accounts.join(" · ") };
    vec![
        Fact::new("Cost", view! { <b class="num">{call.cost.to_string()}</b> }).noted(words::usage_source(call.source)),
        Fact::new("Charged to", accounts),
        Fact::new("Price list", format!("version {}", call.price_version))
            .noted("of this model, at the time of the call"),
    ]
}

fn used(detail: &CallDetail) -> Vec<Fact> {
    let tokens = detail.call.tokens;
    vec![
        Fact::new("Input", grouped(tokens.input)),
        Fact::new("Read from cache", grouped(tokens.cache_read)),
        Fact::new("Written to cache", grouped(tokens.cache_write)).noted("for five minutes"),
        Fact::new("Written to cache, longer", grouped(tokens.cache_write_1h)).noted("for one hour"),
        Fact::new("Output", grouped(tokens.output)),
        Fact::new("of it reasoning", grouped(tokens.reasoning)),
    ]
}

fn secret(call: &UsageRecord) -> String {
    match call.secret_version {
        NO_SECRET if call.is_from_playground() => "tried out in the playground, without a secret".to_owned(),
        NO_SECRET => "with a secret that is not known any more".to_owned(),
        version => format!("secret version {version}"),
    }
}

/// What did not go well at once: nothing for a call that did.
fn attempts(made: u32) -> String {
    if made > 1 { format!("{} attempts", grouped(made.into())) } else { String::new() }
}

fn way(detail: &CallDetail) -> Vec<Fact> {
    let call = &detail.call;
    let (key, name) = (paths::key(call.key), detail.key_name.clone());
    let unknown = |text: &str| if text.is_empty() { "not said".to_owned() } else { text.to_owned() };
    let first =
        call.first_byte_ms.map_or_else(String::new, |ms| format!("first byte after {}", duration(u64::from(ms))));
    let served = match &detail.served_by {
        Some((provider, upstream)) => format!("{provider}, as {upstream}"),
        None if call.deployment.is_some() => "a deployment that is gone meanwhile".to_owned(),
        None => "nowhere: it was not sent".to_owned(),
    };
    let mut facts = vec![
        Fact::new("Request id", view! { <Id text=call.id.to_string()/> }),
        Fact::new("Key", view! { <a href=key>{name}</a> }).noted(secret(call)),
        Fact::new("Model", unknown(&call.model)),
    ];
    facts.extend(call.endpoint.map(|endpoint| {
        let how = if call.streamed { "streamed" } else { "in one piece" };
        Fact::new("Endpoint", view! { <Id text=endpoint.gateway_path().to_owned()/> }).noted(how)
    }));
    facts.extend([
        Fact::new("Sent to", served).noted(attempts(call.attempts)),
        Fact::new("Outcome", words::outcome(call.outcome)).noted(format!("the client was sent {}", call.status)),
        Fact::new("Duration", duration(u64::from(call.duration_ms))).noted(first),
        Fact::new("Network", unknown(&call.network)),
        Fact::new("User agent", unknown(&call.agent)),
    ]);
    facts
}
