//! The overview's figures about use: spend, keys worth a look, what is unusual, who runs into limits, and storage.

use super::{at_least_none, count, counted};
use crate::components::{Cell, Column, Figure, Figures, NameCell, Notice, Section, Table, Tone, WayOn};
use crate::format::{Calendar, bytes, grouped, usd};
use crate::pages::usage::asked::Asked;
use crate::paths;
use crate::words;
use domain::dimension::Dimension;
use domain::retention::SHORTEST_DAYS;
use leptos::prelude::*;
use portal::administration::standing::{Standing, Unusual};
use portal::spend::Preset;
use std::fmt::Write as _;

pub(super) fn spend(standing: &Standing) -> impl IntoView + use<> {
    let figure = |name: &str, value: String| Figure { name: name.to_owned(), value };
    let figures = vec![
        figure("spent this month", usd(standing.this_month)),
        figure("today", usd(standing.today)),
        figure("this month, at this pace", usd(standing.forecast)),
    ];
    view! {
        <Figures figures=figures/>
        <p><a href=paths::USAGE>"Who spends it"</a></p>
    }
}

/// What somebody should look at, with the way there.
pub(super) fn notices(standing: &Standing) -> Vec<AnyView> {
    let say = |tone, text: String, way: &str, href: String| {
        let way_on = Some(WayOn { text: way.to_owned(), href });
        view! { <Notice tone=tone text=text way_on=way_on/> }.into_any()
    };
    let keys = |view: &str| format!("{}?view={view}&owner=everyone", paths::KEYS);
    let mut said = Vec::new();
    for (provider, failing) in &standing.failing {
        let verb = if *failing == 1 { "fails" } else { "fail" };
        let text = format!("{} at {provider} {verb}.", counted(count(*failing), "deployment"));
        said.push(say(Tone::Bad, text, "See why.", paths::PROVIDERS.to_owned()));
    }
    if standing.undelivered > 0 {
        let letters = counted(at_least_none(standing.undelivered), "e-mail");
        said.push(say(Tone::Bad, format!("{letters} could not be delivered."), "See why.", paths::MAIL.to_owned()));
    }
    if standing.nearly_spent > 0 {
        let text = format!("{} spent over 80 % of a budget.", counted(at_least_none(standing.nearly_spent), "key"));
        said.push(say(Tone::Warn, text, "Show them.", keys("over-80")));
    }
    if standing.idle > 0 {
        let was = if standing.idle == 1 { "was" } else { "were" };
        let keys_idle = counted(at_least_none(standing.idle), "key");
        said.push(say(Tone::Info, format!("{keys_idle} {was} not used for 30 days."), "Show them.", keys("unused")));
    }
    said
}

/// Applications whose day is unlike their others.
pub(super) fn unusual(standing: &Standing) -> Option<impl IntoView + use<>> {
    if standing.unusual.is_empty() {
        return None;
    }
    let rows = standing.unusual.iter().map(|one| {
        let Unusual { application, today, usually } = one;
        let (today, usually) = (usd(*today), usd(*usually));
        let asked = Asked { preset: Preset::Last(14), ..Asked::default() };
        let href = asked.with(Dimension::Application, Some(application.clone())).by(Dimension::Model).href();
        view! {
            <tr>
                <NameCell name=application.clone() href=href/>
                <Cell label="Today" number=true><b>{today}</b></Cell>
                <Cell label="Usually" number=true>{usually}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Application"), Column::number("Today"), Column::number("A usual day")];
    Some(view! {
        <Section id="unusual" title="Unlike other days">
            <p class="muted">"Applications that spent three times as much today as on most of the last 14 days."</p>
            <Table columns=columns caption="Unlike other days" compact=true>{rows}</Table>
        </Section>
    })
}

/// Who was refused in the last hour.
pub(super) fn refused(standing: &Standing) -> Option<impl IntoView + use<>> {
    if standing.refused.is_empty() {
        return None;
    }
    let rows = standing.refused.iter().map(|one| {
        let (why, times) = (words::denial(&one.code), grouped(one.times));
        view! {
            <tr>
                <NameCell name=one.key_name.clone() href=paths::key(one.key)/>
                <Cell label="Why">{why}</Cell>
                <Cell label="Times" number=true>{times}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text("Key"), Column::text("Why"), Column::number("Times")];
    Some(view! {
        <Section id="refused" title="Refused in the last hour">
            <Table columns=columns caption="Refused in the last hour" compact=true>{rows}</Table>
        </Section>
    })
}

/// `The database holds 1.2 GB of 50 GB; its oldest call is of 23 Aug 2026. Calls are kept for 400 days.`
pub(super) fn storage(standing: &Standing, calendar: &Calendar) -> String {
    let Standing { storage, retention, .. } = standing;
    let size = |of| bytes(at_least_none(of));
    let mut text = format!("The database holds {}", size(storage.in_use));
    if let Some(most) = retention.bytes {
        let _ = write!(text, " of {}", size(most));
    }
    if let Some(oldest) = storage.oldest_call {
        let _ = write!(text, "; its oldest call is of {}", calendar.date(oldest));
    }
    text.push('.');
    if let Some(days) = retention.days {
        let _ = write!(text, " Calls are kept for {days} days.");
    }
    if retention.bytes.is_some_and(|most| storage.in_use > most) {
        let _ = write!(
            text,
            " That is more than it should: older calls are being dropped, those of the last {SHORTEST_DAYS} days stay."
        );
    }
    text
}
