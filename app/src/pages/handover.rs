//! The form that moves a leaver's keys to a successor, for a person's page and for a team's: which keys exactly, to whom,
//! and what that changes.

use crate::components::{Crumb, EmptyState, ErrorSummary, Notice, PageHead, SelectField, SelectOption, Tone};
use crate::pages::form::{OnceOnly, Reasons};
use crate::words;
use domain::id::{KeyId, PersonId};
use leptos::prelude::*;
use portal::FormId;
use portal::handover::{Handover, MovingKey};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverForm {
    pub form: String,
    /// Named on a team's page, whose address does not say it.
    pub from: Option<PersonId>,
    pub to: PersonId,
    #[serde(default)]
    pub key: Vec<KeyId>,
}

#[derive(Debug, Clone)]
pub enum Successor {
    Chosen(PersonId, String),
    /// One of these.
    OneOf(Vec<(PersonId, String)>),
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub action: String,
    pub handover: Handover,
    /// True where the form has to say who leaves.
    pub names_leaver: bool,
    pub to: Successor,
    /// The keys that are ticked; `None` is all.
    pub ticked: Option<Vec<KeyId>>,
    pub crumb: Crumb,
    pub reasons: Reasons,
}

pub fn title(handover: &Handover) -> String {
    format!("Hand over the keys of {}", handover.from_name)
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, action, handover, names_leaver, to, ticked, crumb, reasons } = model;
    let (title, away) = (title(&handover), crumb.href.clone());
    let nobody = matches!(&to, Successor::OneOf(others) if others.is_empty());
    if handover.moves.is_empty() || nobody {
        let text = if nobody {
            "Nobody else is in the team. An administrator can add somebody, or move the keys to anybody."
        } else {
            "Nothing to hand over: no key of a service or pipeline, and no team's key that they answer for."
        };
        return view! { <PageHead title=title crumb=crumb/><EmptyState text=text/> }.into_any();
    }
    let is_ticked = |key: KeyId| ticked.as_ref().is_none_or(|ticked| ticked.contains(&key));
    let keys: Vec<_> = handover.moves.iter().map(|moving| key_choice(moving, is_ticked(moving.key))).collect();
    let problem = reasons.at("keys").map(|problem| view! { <p class="wrong" id="keys-error">{problem.message}</p> });
    let leaver = names_leaver.then(|| view! { <input type="hidden" name="from" value=handover.from.to_string()/> });
    let successor = match to {
        Successor::Chosen(id, name) => view! {
            <div class="field" id="to">
                <span class="label">"Successor"</span>
                <p>{name}<input type="hidden" name="to" value=id.to_string()/></p>
            </div>
        }
        .into_any(),
        Successor::OneOf(others) => {
            let options = others.into_iter().map(|(id, name)| SelectOption::new(id.to_string(), name)).collect();
            view! { <SelectField name="to" label="Successor" options=options problem=reasons.at("to")/> }.into_any()
        }
    };
    let more = handover.more.then(|| {
        view! { <Notice tone=Tone::Info text="There are more keys than fit here. Move these first, then come back."/> }
    });
    let owner = handover.moves.iter().any(|moving| moving.team.is_none()).then(|| {
        view! {
            <p>
                "Where the owner changes, what the key spends from now on counts for the successor's budgets, and it cannot
                continue responses that a provider keeps for the owner of before."
            </p>
        }
    });
    let staying = (handover.staying > 0).then(|| {
        let text = match handover.staying {
            1 => "One other key of their own stays with them: it is for their own work.".to_owned(),
            many => format!("{many} other keys of their own stay with them: they are for their own work."),
        };
        view! { <p>{text}</p> }
    });
    view! {
        <PageHead title=title crumb=crumb/>
        <ErrorSummary undone="the keys can move" wrong=reasons.summary(|field| ["to", "keys"].contains(&field))/>
        {more}
        <form class="form" method="post" action=action>
            <OnceOnly form=form/>
            {leaver}
            {successor}
            <div class="field" id="keys" role="group" aria-labelledby="keys-label">
                <span class="label" id="keys-label">"Keys that move"</span>
                <div class="choices">{keys}</div>
                {problem}
            </div>
            <div class="prose">
                <p>
                    "A moved key keeps its id, its secret, its history and its own budgets: what uses it goes on without a change."
                </p>
                {owner}
                {staying}
            </div>
            <div class="actions">
                <button class="button primary" type="submit">"Move these keys"</button>
                <a class="button plain" href=away>"Leave them"</a>
            </div>
        </form>
    }
    .into_any()
}

fn key_choice(moving: &MovingKey, ticked: bool) -> impl IntoView + use<> {
    let MovingKey { key, name, consumer, team } = moving.clone();
    let what = match team {
        Some(team) => format!("{team} goes on owning it, the successor answers for it"),
        None => "the successor becomes its owner".to_owned(),
    };
    let note = format!("{} · {key} · {what}", words::consumer(consumer));
    view! {
        <label class="choice">
            <input type="checkbox" name="key" value=key.to_string() checked=ticked/>
            <span>{name}<span class="note">{note}</span></span>
        </label>
    }
}
