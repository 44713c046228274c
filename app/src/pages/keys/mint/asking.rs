//! The part of the mint form that asks: why, until when, who decides, and the buttons that ask instead of minting.

use super::form::MintForm;
use super::reasons::Reasons;
use super::view::{Asking, cut};
use crate::components::{Check, TextField};
use crate::format::Calendar;
use crate::words;
use domain::minting::GrantedTerms;
use leptos::prelude::*;

/// What the buttons say and send.
#[derive(Clone, Copy)]
pub(super) struct Buttons {
    pub(super) primary: &'static str,
    /// Minting needs no word: it is what the form does by itself.
    pub(super) act: Option<&'static str>,
    pub(super) check: &'static str,
}

impl Buttons {
    /// The name under which the primary button says what it does.
    pub(super) fn name(self) -> Option<&'static str> {
        self.act.map(|_| "act")
    }

    pub(super) const fn of(asking: bool) -> Self {
        if asking {
            Self { primary: "Ask for this key", act: Some("ask"), check: "asking" }
        } else {
            Self { primary: "Mint key", act: None, check: "check" }
        }
    }
}

/// `ends` is for what goes above the guardrails; a key within them simply expires.
pub(super) fn fields(form: &MintForm, asking: Asking, ends: bool, reasons: &Reasons) -> impl IntoView + use<> {
    let hint = format!("{} reads it beside the figures.", capitalised(asking.who));
    let until = ends.then(|| {
        view! {
            <TextField name="until" label="Until" kind="date" value=form.until.clone()
                hint="What goes above the guardrails ends by itself after that day; the key stays." problem=reasons.at("until")/>
            <Check name="for_good" text="For good, as long as the key lives" checked=form.for_good == "yes"
                note="Instead of the date above."/>
        }
    });
    view! {
        <TextField name="reason" label="Why" value=form.reason.clone() required=true hint=hint problem=reasons.at("reason")/>
        {until}
    }
}

/// The server's verdict on a wish that somebody else decides about.
pub(super) fn what_you_ask_for(terms: &GrantedTerms, asking: &Asking, calendar: &Calendar) -> impl IntoView + use<> {
    let above = terms.above.iter().map(|above| {
        format!(
            "{}, where these guardrails give {}.",
            capitalised(words::amount(above.wanted)),
            words::amount(above.maximum)
        )
    });
    let above: Vec<String> = above.collect();
    let who = format!(
        "{} decides, usually within {} hours. Then you take the secret on the request\u{2019}s page; nobody else sees it.",
        capitalised(asking.who.clone()),
        asking.promised_hours
    );
    let until = format!("The key would live until {}.", calendar.date(terms.expires_at));
    let cuts = terms.clamped.iter().map(cut).collect::<Vec<_>>();
    view! {
        <div class="verdict" role="status">
            <h2>"What you ask for"</h2>
            {above.into_iter().chain(cuts).map(|text| view! { <p>{text}</p> }).collect_view()}
            <p>{who}</p>
            <p class="muted">{until}</p>
        </div>
    }
}

fn capitalised(text: String) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
