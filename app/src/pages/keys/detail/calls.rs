//! The recent calls of a key: when, what came of it, which model, what it took. A refusal says why and what to do.

use crate::components::{Cell, Chip, Column, EmptyState, Section, Table, Tone};
use crate::format::{Calendar, duration, percent, tokens, usd_fine};
use crate::pages::keys::way_to_more::way_to_more;
use crate::paths;
use crate::words;
use domain::id::KeyId;
use domain::time::{MS_PER_DAY, Timestamp};
use domain::usage::{Outcome, UsageRecord};
use leptos::prelude::*;
use portal::keys::CallsPage;

pub(super) fn section(
    key: KeyId,
    page: CallsPage,
    older: bool,
    may_ask: bool,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let newest = older.then(|| view! { <a href=paths::key_calls(key, None)>"Newest calls"</a>" · " });
    let doctor = view! { {newest}<a href=paths::DOCTOR>"Find a call by its request id"</a> };
    let body = if page.calls.is_empty() {
        let text = if older {
            "No calls before that."
        } else {
            "No calls yet. They appear here, refused ones too, with the reason."
        };
        view! { <EmptyState text=text/> }.into_any()
    } else {
        let columns = vec![
            Column::text("Time"),
            Column::text("Answer"),
            Column::text("Model"),
            Column::number("Tokens in"),
            Column::number("Out"),
            Column::number("Cost"),
            Column::number("Duration"),
            Column::text("From"),
        ];
        let rows = page.calls.into_iter().map(|call| row(call, may_ask, calendar)).collect_view();
        view! { <Table columns=columns caption="Recent calls" compact=true>{rows}</Table> }.into_any()
    };
    let next = page.next.map(|before| {
        view! { <p><a href=paths::key_calls(key, Some(before)) rel="next">"Older calls"</a></p> }
    });
    view! {
        <Section id="calls" title="Recent calls" aside=doctor.into_any()>
            {body}
            {next}
        </Section>
    }
}

fn row(call: UsageRecord, may_ask: bool, calendar: &Calendar) -> impl IntoView + use<> {
    let at = call.id.made_at();
    let input = call.tokens.all_input();
    let cached =
        (call.tokens.cache_read > 0).then(|| format!("{} cached", percent(call.tokens.cache_read, input)).into_any());
    let tokens_in = match cached {
        Some(note) => view! { <Cell label="Tokens in" number=true note=note>{tokens(input)}</Cell> }.into_any(),
        None => view! { <Cell label="Tokens in" number=true>{tokens(input)}</Cell> }.into_any(),
    };
    let (why, answer, href) = (why(&call, may_ask), answer_chip(&call), paths::call(call.id));
    let UsageRecord { model, network, agent, tokens: used, cost, duration_ms, .. } = call;
    let model = match why {
        Some(why) => view! { <Cell label="Model" note=why>{model}</Cell> }.into_any(),
        None => view! { <Cell label="Model">{model}</Cell> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="name nowrap"><a href=href>{call_time(calendar, at)}</a></th>
            <Cell label="Answer">{answer}</Cell>
            {model}
            {tokens_in}
            <Cell label="Out" number=true>{tokens(used.output)}</Cell>
            <Cell label="Cost" number=true><span title=cost.to_string()>{usd_fine(cost)}</span></Cell>
            <Cell label="Duration" number=true>{duration(u64::from(duration_ms))}</Cell>
            <Cell label="From" note=client(agent).into_any()>{network}</Cell>
        </tr>
    }
}

/// `claude-cli/2.1` of a longer user agent; the whole on hover and on the call's page.
fn client(agent: String) -> impl IntoView {
    let short: String = agent.split_whitespace().next().unwrap_or_default().chars().take(24).collect();
    view! { <span class="nowrap" title=agent>{short}</span> }
}

/// `14:31:07` today, `19 Nov, 14:31` before.
pub fn call_time(calendar: &Calendar, at: Timestamp) -> String {
    let recent = calendar.now.since(at) < MS_PER_DAY && calendar.day(at) == calendar.day(calendar.now);
    if recent { calendar.time_of_day(at) } else { format!("{}, {}", calendar.day(at), calendar.time_of_day(at)) }
}

/// The status that the client was sent, in the colour of how it ended.
pub fn answer_chip(call: &UsageRecord) -> impl IntoView + use<> {
    let tone = match (call.outcome, call.status) {
        (Outcome::Answered, ..400) => Tone::Ok,
        (Outcome::Denied, _) | (Outcome::Answered, 400..500) | (Outcome::ClientGone | Outcome::Interrupted, _) => {
            Tone::Warn
        }
        (Outcome::Answered, _) | (Outcome::ProviderFailed, _) => Tone::Bad,
    };
    // A broken-off stream began with 200: the word says what the number hides.
    let text = match call.outcome {
        Outcome::Answered => call.status.to_string(),
        Outcome::Denied => format!("{} refused", call.status),
        Outcome::ClientGone => format!("{} hung up", call.status),
        Outcome::ProviderFailed => format!("{} failed", call.status),
        Outcome::Interrupted => format!("{} interrupted", call.status),
    };
    view! { <Chip tone=tone text=text/> }
}

/// The code, the reason, and the ways out for reasons that have some.
fn why(call: &UsageRecord, may_ask: bool) -> Option<AnyView> {
    let code = call.denial.clone()?;
    let sentence = format!(": {} ", words::denial(&code));
    let way = match code.as_str() {
        "model_not_allowed" | "model_not_found" | "model_unsupported" => {
            Some((paths::MODELS.to_owned(), "See the models"))
        }
        "budget_exhausted" | "budget_insufficient" | "budget_reserved" => {
            Some(("#budgets".to_owned(), "See the budgets"))
        }
        "rate_limited"
        | "tokens_limited"
        | "quota_exhausted"
        | "concurrency_limited"
        | "network_not_allowed"
        | "endpoint_not_allowed"
        | "tool_not_allowed"
        | "parameter_not_allowed" => Some(("#limits".to_owned(), "See the limits")),
        _ => None,
    };
    let way = way.map(|(href, text)| view! { <a href=href>{text}</a> });
    let more = way_to_more(call).filter(|_| may_ask);
    let more = more.map(|more| view! { " · "<a href=more.href>{more.text}</a> });
    Some(view! { <b>{code}</b>{sentence}{way}{more} }.into_any())
}
