//! Acts on a key, each a page of its own that states its effect before the button is pressed.

pub mod expiry;
pub mod old_secret;
pub mod rename;
pub mod revoke;
pub mod rotate;
pub mod state;

use crate::chrome::Place;
use crate::components::{Crumb, Problem};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::refusal::Refusal;
use domain::usage::UsageRecord;
use domain::virtual_key::VirtualKey;
use leptos::prelude::*;
use portal::PortalError;
use portal::keys::{KeyActs, KeyDetail};

/// The key, if the act makes sense now. One who may not do it, or comes too late, learns why on the key's page.
async fn key_for(
    visit: &Visit,
    input: &Input,
    allowed: fn(&KeyActs) -> bool,
) -> Result<Result<KeyDetail, Answer>, PageError> {
    let id: KeyId = input.segment("id")?;
    let detail = visit.portal.key(&visit.caller, id).await?;
    Ok(if allowed(&detail.acts) { Ok(detail) } else { Err(Answer::SeeOther(paths::key(id))) })
}

fn crumb(key: &VirtualKey) -> Crumb {
    Crumb { text: key.name.clone(), href: paths::key(key.id) }
}

fn page<V: IntoView + 'static>(visit: &Visit, title: &str, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(Place::Keys), title, body)
}

/// Done: the key's page says so. Refused: the same page again, with the reasons.
enum Ended {
    Done(Answer),
    Refused(Vec<Refusal>),
}

fn ended(outcome: Result<VirtualKey, PortalError>) -> Result<Ended, PageError> {
    match outcome {
        Ok(key) => Ok(Ended::Done(Answer::SeeOther(paths::key(key.id)))),
        Err(PortalError::Refused(refusals)) => Ok(Ended::Refused(refusals)),
        Err(error) => Err(error.into()),
    }
}

/// All reasons as one message at the act's only field.
fn problem(refusals: &[Refusal]) -> Option<Problem> {
    let messages: Vec<_> = refusals.iter().map(words::refusal).collect();
    (!messages.is_empty()).then(|| Problem::new(messages.join(" ")))
}

/// A caller that used the key lately: its network and user agent, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub network: String,
    pub agent: String,
    pub calls: usize,
}

/// Who made these calls, most calls first.
pub fn callers<'a>(calls: impl Iterator<Item = &'a UsageRecord>) -> Vec<Used> {
    let mut callers: Vec<Used> = Vec::new();
    for call in calls {
        match callers.iter_mut().find(|used| used.network == call.network && used.agent == call.agent) {
            Some(used) => used.calls += 1,
            None => callers.push(Used { network: call.network.clone(), agent: call.agent.clone(), calls: 1 }),
        }
    }
    callers.sort_by_key(|used| std::cmp::Reverse(used.calls));
    callers
}
