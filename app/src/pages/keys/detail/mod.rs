//! A key's own page: is it fine, what is left, what did it do, what may it do, who changed it.
//!
//! Every section has an anchor; the gateway's refusals lead to the line of the limit that stopped a call.

mod callers;
mod calls;
pub mod coming;
mod history;
mod money;
mod terms;

pub use calls::{answer_chip, call_time};

use super::rows::owner;
use super::snippets::{KeySnippets, YOUR_KEY};
use crate::chrome::Place;
use crate::components::{Crumb, Id, Notice, PageHead, Section, Tone, WayOn};
use crate::format::Calendar;
use crate::html;
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::{EventId, KeyId};
use domain::virtual_key::{KeyStanding, KeyState};
use leptos::prelude::*;
use portal::administration::profile_rollouts::Follows;
use portal::keys::{CallsPage, HistoryPage, KeyActs, KeyCallers, KeyDetail, KeyStatus, KeyUsage};
use portal::snippets::SnippetFacts;
use serde::Deserialize;

const DAYS: u16 = 30;
const CALLS: u32 = 25;

pub struct Model {
    pub detail: KeyDetail,
    pub usage: KeyUsage,
    pub calls: CallsPage,
    pub callers: KeyCallers,
    /// An older page of calls than the newest.
    pub older: bool,
    pub history: HistoryPage,
    pub snippets: SnippetFacts,
    /// The caller owns it or leads its team, and may mint: "another like this" makes sense.
    pub may_mint: bool,
    /// The caller may book what it spent to another cost centre.
    pub may_adjust: bool,
    pub calendar: Calendar,
}

#[derive(Deserialize)]
struct Asked {
    before: Option<String>,
    /// Where the history goes on.
    history: Option<i64>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: KeyId = input.segment("id")?;
    let Asked { before, history } = input.query()?;
    let before: Option<EventId> = match before.filter(|text| !text.is_empty()) {
        Some(text) => Some(text.parse().map_err(|_| PageError::BadRequest("before is not a request id".to_owned()))?),
        None => None,
    };
    let key = visit.portal.see_key(&visit.caller, id).await?;
    let detail = key.detail().await?;
    let model = Model {
        usage: key.usage(DAYS).await?,
        calls: key.calls(before, CALLS).await?,
        callers: key.callers().await?,
        older: before.is_some(),
        history: key.history(history).await?,
        snippets: key.snippets(&detail).await?,
        detail,
        may_mint: domain::permission::Permission::ManageKeys.allows(Some(&visit.caller)),
        may_adjust: domain::permission::Permission::Administer.allows(Some(&visit.caller)),
        calendar: visit.calendar(),
    };
    let title = model.detail.key.name.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), &title, || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, usage, calls, callers, older, history, snippets, may_mint, may_adjust, calendar } = model;
    let (id, name, purpose) = (detail.key.id, detail.key.name.clone(), detail.key.consumer);
    let crumb = Crumb { text: "Keys".to_owned(), href: paths::KEYS.to_owned() };
    let ended = matches!(detail.standing, KeyStanding::Revoked | KeyStanding::Expired);
    let snippets = (!ended).then(|| {
        view! {
            <Section id="snippets" title="Use it">
                <KeySnippets facts=snippets key=YOUR_KEY.to_owned() purpose=purpose/>
            </Section>
        }
    });
    let (status, context) = (words::key_status(detail.status), context(&detail, &calendar).into_any());
    let may_ask = may_mint && detail.may_ask && !ended;
    // Only whoever rotates sees the new secret: of somebody else's key its owner does.
    let ask_to_rotate = detail.acts.rotate && !detail.mine && detail.rotation_due.is_none();
    let idle = detail.status == KeyStatus::Idle;
    let shown = KeyActs { enable: detail.acts.enable && !idle, ..detail.acts };
    let old_enough = detail.key.created_at.plus_days(domain::right_size::DAYS) <= calendar.now;
    let acts = acts(id, shown, may_mint, may_ask, ask_to_rotate, old_enough);
    view! {
        <PageHead title=name status=Some(status) crumb=crumb context=context>{acts}</PageHead>
        {state(&detail, &calendar)}
        {enable(&detail)}
        {rotation_due(&detail, &calendar)}
        {idle_soon(&detail, &calendar)}
        {money::budgets(&detail, &calendar)}
        {money::spend(&detail, usage)}
        {move_spend(&detail, may_adjust)}
        {calls::section(id, calls, older, may_ask, &calendar)}
        {terms::section(&detail, &calendar)}
        {coming::section(&detail, &calendar)}
        {callers::section(&detail, callers, &calendar)}
        {terms::secrets(&detail, &calendar)}
        {snippets}
        {history::section(id, history, &calendar)}
    }
}

/// `kwr_8Fq2… · yours · agent · dev · guardrails Standard developer v7 · minted 20 Nov by you · expires in 61 days`
fn context(detail: &KeyDetail, calendar: &Calendar) -> impl IntoView + use<> {
    let key = &detail.key;
    let whose = if detail.mine { "yours".to_owned() } else { owner(key.owner, &detail.owner_name, false) };
    let minted_by =
        if detail.created_by_name.is_empty() { String::new() } else { format!(" by {}", detail.created_by_name) };
    // Said only where it is not the newest.
    let kept = match detail.follows {
        Follows::Newest => "",
        Follows::Kept | Follows::Until { .. } => ", kept",
    };
    let ends = if key.expires_at > calendar.now { "expires" } else { "expired" };
    let text = format!(
        " · {whose} · {} · {} · guardrails {} v{}{kept} · minted {}{minted_by} · {ends} {}",
        words::consumer_tag(key.consumer),
        key.environment,
        detail.profile.name,
        detail.profile.version,
        calendar.day(key.created_at),
        calendar.relative(key.expires_at)
    );
    view! { <Id text=key.id.to_string()/>{text} }
}

/// Only what would be done; the primary one first, the one that cannot be undone last.
fn acts(
    id: KeyId,
    acts: KeyActs,
    may_mint: bool,
    may_ask: bool,
    ask_to_rotate: bool,
    old_enough: bool,
) -> impl IntoView {
    let link = |there: bool, act, class: &'static str, text: &'static str| {
        there.then(|| view! { <a class=class href=paths::key_act(id, act)>{text}</a> })
    };
    view! {
        {link(acts.rotate, KeyAct::Rotate, "button primary", "Rotate secret")}
        {may_ask.then(|| view! { <a class="button" href=paths::playground(id)>"Try it out"</a> })}
        {may_ask.then(|| view! { <a class="button" href=paths::ask(id)>"Ask for more"</a> })}
        {ask_to_rotate.then(|| view! { <a class="button" href=paths::ask_to_rotate(id)>"Ask to rotate"</a> })}
        {link(acts.rename, KeyAct::Rename, "button", "Rename")}
        {link(acts.set_expiry, KeyAct::SetExpiry, "button", "Change expiry")}
        {link(acts.narrow() && old_enough, KeyAct::RightSize, "button", "Right-size")}
        {link(acts.disable, KeyAct::Disable, "button", "Disable")}
        {link(acts.enable, KeyAct::Enable, "button", "Enable")}
        {may_mint.then(|| view! { <a class="button" href=paths::mint_like(id)>"Mint another like this"</a> })}
        {link(acts.revoke, KeyAct::Revoke, "button plain bad", "Revoke…")}
    }
}

/// What it spent can be booked elsewhere, also long after it has ended.
fn move_spend(detail: &KeyDetail, may_adjust: bool) -> Option<AnyView> {
    let href = paths::move_spend_of(detail.key.id);
    (may_adjust && detail.last_use.is_some()).then(|| {
        let line =
            view! { <p class="muted">"Charged to the wrong cost centre? "<a href=href>"Move past spend"</a></p> };
        line.into_any()
    })
}

/// Somebody wants a new secret.
fn rotation_due(detail: &KeyDetail, calendar: &Calendar) -> Option<impl IntoView + use<>> {
    let due = detail.rotation_due.as_ref()?;
    let (asker, by) = (&due.asked_by_name, calendar.day(due.due_at));
    let (tone, text) = match due.due_at > calendar.now {
        true => (Tone::Info, format!("{asker} asks for a new secret by {by}.")),
        false => (Tone::Warn, format!("{asker} asked for a new secret by {by}, and that day is over.")),
    };
    let rotate = WayOn { text: "Rotate it".to_owned(), href: paths::key_act(detail.key.id, KeyAct::Rotate) };
    Some(view! { <Notice tone=tone text=text way_on=detail.acts.rotate.then_some(rotate)/> })
}

/// Nobody uses it, and its days are numbered.
fn idle_soon(detail: &KeyDetail, calendar: &Calendar) -> Option<impl IntoView + use<>> {
    let ends = detail.idle_ends?;
    let used = match &detail.last_use {
        Some(used) => format!("Nobody has used it since {}", calendar.day(used.at)),
        None => "Nobody has ever used it".to_owned(),
    };
    let text = format!("{used}: it is disabled on {} unless a call is made with it.", calendar.date_time(ends));
    Some(view! { <Notice tone=Tone::Warn text=text/> })
}

/// Brings back with one press what nobody but Keywright itself has stopped.
fn enable(detail: &KeyDetail) -> Option<impl IntoView + use<>> {
    let idle = detail.status == KeyStatus::Idle && detail.acts.enable;
    let action = paths::key_act(detail.key.id, KeyAct::Enable);
    idle.then(|| {
        view! { <form method="post" action=action><button class="button primary" type="submit">"Enable"</button></form> }
    })
}

/// Why calls are refused, or soon will be, in one sentence.
fn state(detail: &KeyDetail, calendar: &Calendar) -> impl IntoView + use<> {
    let key = &detail.key;
    let by = detail.state_by_name.clone().unwrap_or_else(|| "somebody".to_owned());
    let (tone, text, way_on) = match (&key.state, detail.status) {
        (KeyState::Revoked { at, reason, .. }, _) => {
            let reason = words::revocation_reason(*reason);
            (Tone::Bad, format!("Revoked everywhere at {} by {by}: {reason}.", calendar.exact(*at)), None)
        }
        (KeyState::Disabled { at, .. }, KeyStatus::Disabled) => {
            let at = calendar.date_time(*at);
            let text = format!("Disabled at {at} by {by}: calls are refused until the key is enabled again.");
            let enable = WayOn { text: "Enable".to_owned(), href: paths::key_act(key.id, KeyAct::Enable) };
            (Tone::Warn, text, detail.acts.enable.then_some(enable))
        }
        (KeyState::DisabledUnused { at, days }, KeyStatus::Idle) => {
            let at = calendar.date_time(*at);
            let text = format!(
                "Disabled: unused for {days} days. Since {at} calls are refused until the key is enabled again."
            );
            (Tone::Warn, text, None)
        }
        (_, KeyStatus::Expired | KeyStatus::Suspended) => {
            (Tone::Bad, words::standing(detail.standing).to_owned(), None)
        }
        (_, KeyStatus::StoppedBudget) => {
            let until = detail.figures.iter().find(|figures| figures.left().as_nano() == 0);
            let until = until.and_then(|figures| figures.resets_at);
            let until = until.map(|at| format!(" until {}", calendar.date_time(at))).unwrap_or_default();
            let budgets = WayOn { text: "See the budgets".to_owned(), href: "#budgets".to_owned() };
            (Tone::Bad, format!("A budget is used up: calls are refused{until}."), Some(budgets))
        }
        (_, KeyStatus::ExpiresSoon) => {
            let text =
                format!("Expires {}, on {}.", calendar.relative(key.expires_at), calendar.date_time(key.expires_at));
            let extend = WayOn { text: "Change expiry".to_owned(), href: paths::key_act(key.id, KeyAct::SetExpiry) };
            (Tone::Warn, text, detail.acts.set_expiry.then_some(extend))
        }
        (_, KeyStatus::Rotating) => {
            let old = detail.secrets.iter().filter(|secret| secret.live).find_map(|secret| secret.valid_until);
            let until = old.map(|at| format!(" until {}", calendar.date_time(at))).unwrap_or_default();
            let who = WayOn { text: "See who still uses it".to_owned(), href: "#callers".to_owned() };
            (Tone::Info, format!("The old secret still works{until}. Replace it wherever the key is used."), Some(who))
        }
        _ => return None,
    };
    Some(view! { <Notice tone=tone text=text way_on=way_on/> })
}
