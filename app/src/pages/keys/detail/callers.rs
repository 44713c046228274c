//! Who uses the key: each network and user agent with the secret that it sends. While a rotation lasts, this is where one
//! sees who still has to be told, and when the old secret can go.

use crate::components::{Cell, Chip, Column, EmptyState, NameCell, Notice, Section, Table, Tone, WayOn, when};
use crate::format::{Calendar, grouped};
use crate::paths::{self, KeyAct};
use crate::words;
use domain::rotation::OldSecret;
use domain::usage::{NO_SECRET, PLAYGROUND};
use leptos::prelude::*;
use portal::keys::{CALLERS_DAYS, KeyCallers, KeyDetail, Rotation};

pub(super) fn section(detail: &KeyDetail, known: KeyCallers, calendar: &Calendar) -> impl IntoView + use<> {
    let KeyCallers { callers, current_version, rotation } = known;
    let watch = rotation.map(|rotation| watch(detail, rotation, calendar));
    let body = if callers.is_empty() {
        let text = format!("Nobody has used this key in the last {CALLERS_DAYS} days.");
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Network"),
            Column::text("User agent"),
            Column::text("Last seen"),
            Column::number(format!("Calls, {CALLERS_DAYS} days")),
            Column::text("Secret"),
        ];
        let rows = callers.into_iter().map(|caller| {
            let (tone, word) = match caller.secret_version {
                NO_SECRET => (Tone::Info, "None"),
                version if version < current_version => (Tone::Warn, "Old"),
                _ => (Tone::Ok, "Current"),
            };
            let note = match caller.secret_version {
                NO_SECRET if caller.agent == PLAYGROUND => "tried out in the portal".to_owned(),
                NO_SECRET => "not known".to_owned(),
                version => format!("version {version}"),
            };
            let agent = if caller.agent.is_empty() { "not said".to_owned() } else { caller.agent };
            let seen = when(calendar, caller.used_at).into_any();
            view! {
                <tr>
                    <NameCell name=caller.network/>
                    <Cell label="User agent">{agent}</Cell>
                    <Cell label="Last seen">{seen}</Cell>
                    <Cell label="Calls" number=true>{grouped(caller.calls.unsigned_abs())}</Cell>
                    <Cell label="Secret" note=note.into_any()><Chip tone=tone text=word/></Cell>
                </tr>
            }
        });
        let rows = rows.collect_view();
        view! { <Table columns=columns caption="Callers" compact=true>{rows}</Table> }.into_any()
    };
    view! {
        <Section id="callers" title="Callers">
            {watch}
            {body}
        </Section>
    }
}

/// What is known about the old secret, and the way to end it now or give it more time.
fn watch(detail: &KeyDetail, rotation: Rotation, calendar: &Calendar) -> impl IntoView + use<> {
    let (tone, found) = words::old_secret(rotation.finding, calendar);
    let ends = format!(
        "The old secret, version {}, ends {}, on {}. {found}",
        rotation.old_version,
        calendar.relative(rotation.ends_at),
        calendar.date_time(rotation.ends_at)
    );
    let text = match rotation.finding {
        OldSecret::SafeToRetire { .. } => "End it now",
        _ => "End it now, or give it more time",
    };
    let way_on = detail
        .acts
        .end_old_secret
        .then(|| WayOn { text: text.to_owned(), href: paths::key_act(detail.key.id, KeyAct::OldSecret) });
    view! { <Notice tone=tone text=ends way_on=way_on/> }
}
