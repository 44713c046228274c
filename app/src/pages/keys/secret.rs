//! The one answer that carries a secret: after minting, and after a rotation. There is no address to come back to: the
//! answer is that of the form post, kept nowhere, and the form sent again leads to a page without the secret.

use super::mint::view::cut;
use super::snippets::KeySnippets;
use crate::chrome::Place;
use crate::components::{Crumb, Id, LiveLine, Notice, PageHead, SecretField, Section, Tone};
use crate::format::Calendar;
use crate::html;
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::time::Timestamp;
use leptos::prelude::*;
use portal::Made;
use portal::keys::MintedKey;
use portal::snippets::SnippetFacts;

/// What made the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Minted,
    Rotated,
}

pub struct Model {
    pub occasion: Occasion,
    pub minted: MintedKey,
    pub snippets: SnippetFacts,
    pub calendar: Calendar,
}

pub async fn answer(visit: &Visit, minted: MintedKey, occasion: Occasion) -> Result<Answer, PageError> {
    // The key exists by now and its secret is shown only here: without the facts the page is poorer, not lost.
    let snippets = visit.portal.snippet_facts(&visit.caller, minted.key.id).await.unwrap_or_else(|_| nothing_known());
    let title = match occasion {
        Occasion::Minted => "Key minted",
        Occasion::Rotated => "Secret rotated",
    };
    let model = Model { occasion, minted, snippets, calendar: visit.calendar() };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), title, || view(model))))
}

fn nothing_known() -> SnippetFacts {
    SnippetFacts {
        openai_base_url: String::new(),
        anthropic_base_url: String::new(),
        chat_model: None,
        responses_model: None,
        responses_model_searches: false,
        messages_model: None,
        small_messages_model: None,
        embeddings_model: None,
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { occasion, minted, snippets, calendar } = model;
    let MintedKey { key, secret, secret_version, clamped, old_secret_until } = minted;
    let (title, label, since) = match occasion {
        Occasion::Minted => (format!("Key minted: {}", key.name), "Key", key.created_at),
        Occasion::Rotated => (format!("Secret rotated: {}", key.name), "New secret", calendar.now),
    };
    let old = match (occasion, old_secret_until) {
        (Occasion::Minted, _) => None,
        (Occasion::Rotated, Some(until)) if until > calendar.now => Some(old_lives(until, &calendar)),
        (Occasion::Rotated, _) => Some((Tone::Info, "The old secret has ended: calls with it are refused.".to_owned())),
    };
    let old = old.map(|(tone, text)| view! { <Notice tone=tone text=text/> });
    let cuts = clamped.iter().map(|clamped| view! { <Notice tone=Tone::Warn text=cut(clamped)/> }).collect_view();
    let facts = view! {
        <Id text=key.id.to_string()/>{format!(" · {} · {} · expires {}", words::consumer_tag(key.consumer), key.environment, calendar.date(key.expires_at))}
    };
    let crumb = Crumb { text: "Keys".to_owned(), href: paths::KEYS.to_owned() };
    let (page, check) = (paths::key(key.id), paths::key(key.id));
    let another = (occasion == Occasion::Minted)
        .then(|| view! { <a class="button" href=paths::mint_like(key.id)>"Mint another like this"</a> });
    view! {
        <PageHead title=title crumb=crumb context=facts.into_any()/>
        {cuts}
        {old}
        <SecretField label=label secret=secret.expose().to_owned()
            hint="Copy it now and put it into your secret store: it is not shown again. If it gets lost, rotate the key; its history and budgets stay."/>
        <Section id="snippets" title="Use it">
            <KeySnippets facts=snippets key=secret.expose().to_owned() purpose=key.consumer/>
            <LiveLine url=paths::first_call(key.id, since, secret_version)
                waiting="Waiting for your first call. Paste a command from above into a terminal."
                check_href=check check="Check for the first call"/>
        </Section>
        <p class="actions"><a class="button" href=page>"Open the key"</a>{another}</p>
    }
}

fn old_lives(until: Timestamp, calendar: &Calendar) -> (Tone, String) {
    let text = format!("The old secret works until {} ({}).", calendar.date_time(until), calendar.relative(until));
    (Tone::Info, text)
}

/// The form arrived a second time: reloaded, sent twice, gone back to. It acted once.
pub async fn already(visit: &Visit, made: Made, occasion: Occasion) -> Result<Answer, PageError> {
    let Made::Key(id) = made else { return Err(PageError::AlreadyDone(made)) };
    let key = visit.portal.key(&visit.caller, id).await?;
    let model = Already { id, name: key.key.name, may_rotate: key.acts.rotate, occasion };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), already_title(occasion), || already_view(model))))
}

const fn already_title(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Minted => "Already minted",
        Occasion::Rotated => "Already rotated",
    }
}

pub struct Already {
    pub id: KeyId,
    pub name: String,
    pub may_rotate: bool,
    pub occasion: Occasion,
}

pub fn already_view(model: Already) -> impl IntoView {
    let Already { id, name, may_rotate, occasion } = model;
    let crumb = Crumb { text: "Keys".to_owned(), href: paths::KEYS.to_owned() };
    let rotate =
        may_rotate.then(|| view! { <a class="button" href=paths::key_act(id, KeyAct::Rotate)>"Rotate secret"</a> });
    view! {
        <PageHead title=already_title(occasion) crumb=crumb/>
        <div class="prose">
            <p>{format!("This form acted once, and nothing was done again. The secret of {name} was shown once.")}</p>
            <p>"If it got lost, rotate the key: it keeps its history and budgets, and you get a new secret."</p>
            <div class="actions"><a class="button primary" href=paths::key(id)>"Open the key"</a>{rotate}</div>
        </div>
    }
}
