//! Disabling and enabling a key.

use super::{Ended, crumb, ended, key_for, page, problem};
use crate::components::{Notice, PageHead, Tone};
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use domain::refusal::Refusal;
use domain::virtual_key::VirtualKey;
use leptos::prelude::*;
use serde::Deserialize;

/// A confirmation carries nothing but itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Disable,
    Enable,
}

impl Turn {
    const fn verb(self) -> &'static str {
        match self {
            Self::Disable => "Disable",
            Self::Enable => "Enable",
        }
    }
    const fn effect(self) -> &'static str {
        match self {
            Self::Disable => {
                "Every call with this key is refused from the next one on, until it is enabled again. Calls that are \
                 running now end normally. Nothing is lost: secret, budgets and history stay."
            }
            Self::Enable => "Calls with this key are admitted again from the next one on, within its limits.",
        }
    }
    const fn act(self) -> KeyAct {
        match self {
            Self::Disable => KeyAct::Disable,
            Self::Enable => KeyAct::Enable,
        }
    }
}

pub struct Model {
    pub turn: Turn,
    pub key: VirtualKey,
    pub refusals: Vec<Refusal>,
}

pub async fn show_disable(visit: Visit, input: Input) -> Result<Answer, PageError> {
    show(visit, input, Turn::Disable).await
}

pub async fn show_enable(visit: Visit, input: Input) -> Result<Answer, PageError> {
    show(visit, input, Turn::Enable).await
}

pub async fn submit_disable(visit: Visit, input: Input) -> Result<Answer, PageError> {
    submit(visit, input, Turn::Disable).await
}

pub async fn submit_enable(visit: Visit, input: Input) -> Result<Answer, PageError> {
    submit(visit, input, Turn::Enable).await
}

async fn show(visit: Visit, input: Input, turn: Turn) -> Result<Answer, PageError> {
    let allowed: fn(&portal::keys::KeyActs) -> bool = match turn {
        Turn::Disable => |acts| acts.disable,
        Turn::Enable => |acts| acts.enable,
    };
    let key = match key_for(&visit, &input, allowed).await? {
        Ok(detail) => detail.key,
        Err(answer) => return Ok(answer),
    };
    let model = Model { turn, key, refusals: Vec::new() };
    Ok(Answer::ok(page(&visit, turn.verb(), || view(model))))
}

async fn submit(visit: Visit, input: Input, turn: Turn) -> Result<Answer, PageError> {
    let Form {} = input.form()?;
    let id = input.segment("id")?;
    let outcome = match turn {
        Turn::Disable => visit.portal.disable_key(&visit.caller, id).await,
        Turn::Enable => visit.portal.enable_key(&visit.caller, id).await,
    };
    match ended(outcome)? {
        Ended::Done(answer) => Ok(answer),
        Ended::Refused(refusals) => {
            let model = Model { turn, key: visit.portal.key(&visit.caller, id).await?.key, refusals };
            Ok(Answer::refused(page(&visit, turn.verb(), || view(model))))
        }
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { turn, key, refusals } = model;
    let refused = problem(&refusals).map(|problem| view! { <Notice tone=Tone::Bad text=problem.message/> });
    let back = match turn {
        Turn::Disable => "Keep it enabled",
        Turn::Enable => "Keep it disabled",
    };
    view! {
        <PageHead title=format!("{} {}", turn.verb(), key.name) crumb=crumb(&key)/>
        {refused}
        <form class="form" method="post" action=paths::key_act(key.id, turn.act())>
            <p>{turn.effect()}</p>
            <div class="actions">
                <button class="button primary" type="submit">{turn.verb()}</button>
                <a class="button plain" href=paths::key(key.id)>{back}</a>
            </div>
        </form>
    }
}
