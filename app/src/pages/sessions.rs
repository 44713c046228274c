//! Sessions as a list: where, since when, and the button that ends one. Shown on one's own page and on a person's.

use crate::components::{Cell, Column, EmptyState, NameCell, Table, when};
use crate::format::Calendar;
use domain::session_mark::SessionMark;
use leptos::prelude::*;
use portal::sessions::SessionView;
use serde::Deserialize;

/// The form of one session's button.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndForm {
    pub session: SessionMark,
}

/// `action` is where the buttons post to; without it there are none. `current` is the session that asks.
pub fn list(
    calendar: &Calendar,
    sessions: Vec<SessionView>,
    current: Option<SessionMark>,
    action: Option<&str>,
) -> AnyView {
    if sessions.is_empty() {
        return view! { <EmptyState text="Signed in nowhere."/> }.into_any();
    }
    let mut columns = vec![Column::text("Browser"), Column::text("Since"), Column::text("Last seen")];
    columns.extend(action.map(|_| Column::text("End")));
    let rows = sessions.into_iter().map(|session| {
        let name = session.agent.as_deref().map_or_else(|| "Unknown browser".to_owned(), browser);
        let from = session.address.map_or_else(|| "address unknown".to_owned(), |address| format!("from {address}"));
        let note = if current == Some(session.mark) { format!("{from} · this browser") } else { from };
        let end = action.map(|action| {
            let action = action.to_owned();
            let label = format!("End the session of {name}");
            view! {
                <Cell label="End">
                    <form method="post" action=action>
                        <input type="hidden" name="session" value=session.mark.to_string()/>
                        <button class="button plain" type="submit" aria-label=label>"End"</button>
                    </form>
                </Cell>
            }
        });
        let (since, seen) = (when(calendar, session.since), when(calendar, session.seen_at));
        view! {
            <tr>
                <NameCell name=name.clone() note=note.into_any()/>
                <Cell label="Since">{since}</Cell>
                <Cell label="Last seen">{seen}</Cell>
                {end}
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    view! { <Table columns=columns caption="Sessions">{rows}</Table> }.into_any()
}

/// "Firefox on Windows". What a browser calls itself is a history of pretending to be others, so that the order matters:
/// who pretends comes before whom it pretends to be.
fn browser(agent: &str) -> String {
    let first =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|&(_, name)| name);
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_although_each_pretends_to_be_another() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
                "Chrome on macOS",
            ),
            ("curl/8.5.0", "Another program"),
            ("", "Another program"),
        ] {
            assert_eq!(browser(agent), name, "{agent}");
        }
    }
}
