//! What the call was asked, one line a check: passed, the one that stopped it, and those that were not asked any more.

use crate::components::{Cell, Chip, Column, NameCell, Section, Table, Tone};
use crate::pages::keys::way_to_more::way_to_more;
use crate::paths;
use crate::words;
use domain::checks::{Check, Finding, chain};
use domain::usage::UsageRecord;
use leptos::prelude::*;

pub(super) fn section(call: &UsageRecord, may_ask: bool) -> impl IntoView + use<> {
    let rows = chain(call).into_iter().map(|(check, finding)| row(check, finding, call, may_ask)).collect_view();
    let columns = vec![Column::text("Check"), Column::text("Finding"), Column::text("Where it is set")];
    view! {
        <Section id="checks" title="What it was asked">
            <Table columns=columns caption="Checks, in the order in which they are asked" compact=true>{rows}</Table>
        </Section>
    }
}

fn row(check: Check, finding: Finding, call: &UsageRecord, may_ask: bool) -> impl IntoView + use<> {
    let (tone, word) = match finding {
        Finding::Passed => (Tone::Ok, "Passed"),
        Finding::Watched => (Tone::Warn, "Watched"),
        Finding::Refused => (Tone::Bad, "Stopped here"),
        Finding::NotAsked => (Tone::Plain, "Not asked"),
    };
    let (name, about) = words::check(check);
    let note = match finding {
        Finding::Passed => about.to_owned(),
        Finding::Refused => call.denial.as_deref().map(words::denial).unwrap_or_default(),
        Finding::Watched => "Its guardrails would refuse this, and only watch for now.".to_owned(),
        Finding::NotAsked => String::new(),
    };
    let key = paths::key(call.key);
    let (href, text) = match check {
        Check::Standing => (key, "The key"),
        Check::Network | Check::Endpoint | Check::AtOnce | Check::Limits => (format!("{key}#limits"), "Its limits"),
        Check::Budgets => (format!("{key}#budgets"), "Its budgets"),
        Check::Model | Check::Price => (paths::MODELS.to_owned(), "Models"),
        Check::Request | Check::Metering | Check::Provider => (String::new(), ""),
    };
    let link = (!href.is_empty()).then(|| view! { <a href=href>{text}</a> });
    let more = way_to_more(call).filter(|_| may_ask && finding == Finding::Refused);
    let more = more.map(|more| view! { " · "<a href=more.href>{more.text}</a> });
    view! {
        <tr>
            <NameCell name=name note=note.into_any()/>
            <Cell label="Finding"><Chip tone=tone text=word/></Cell>
            <Cell label="Where it is set">{link}{more}</Cell>
        </tr>
    }
}
