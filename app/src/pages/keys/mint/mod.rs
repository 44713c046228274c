//! Minting a key: three visible fields, everything else filled in; refused with every reason at once; acts once.

pub mod form;
mod reasons;
pub mod view;

use super::secret;
use crate::chrome::Place;
use crate::html;
use crate::pages::form::form_id;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::access_profile::AccessProfile;
use domain::id::KeyId;
use domain::refusal::Refusal;
use domain::virtual_key::ConsumerKind;
use form::MintForm;
use portal::PortalError;
use portal::keys::{MintOptions, MintVerdict};
use serde::Deserialize;
use view::Model;

/// `?like=KEY` beside the fields themselves.
#[derive(Deserialize)]
struct Like {
    like: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let options = visit.portal.mint_options(&visit.caller).await?;
    let mut form = match input.query::<Like>()?.like.map(|key| key.parse::<KeyId>()) {
        Some(Ok(key)) => MintForm::like(&visit.portal.key(&visit.caller, key).await?.key),
        Some(Err(_)) => return Err(PageError::NotFound),
        None => MintForm::default(),
    };
    form.overlay(MintForm::from_query(&input.query));
    Ok(Answer::ok(page(&visit, options, form, None)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let mut form: MintForm = input.form()?;
    let options = visit.portal.mint_options(&visit.caller).await?;
    let way_out = form.take_way_out();
    match form.act.as_str() {
        "guardrails" => {
            let before = prefilled(&options, &form).cloned();
            form.forget_untouched(before.as_ref());
            Ok(Answer::ok(page(&visit, options, form, None)))
        }
        "check" => check(visit, options, form).await,
        _ if way_out => check(visit, options, form).await,
        _ => mint(visit, options, form).await,
    }
}

/// The guardrails whose defaults the form was filled with.
fn prefilled<'a>(options: &'a MintOptions, form: &MintForm) -> Option<&'a AccessProfile> {
    form.terms_of.parse().ok().and_then(|id| options.profile(id)).map(|choice| &choice.profile)
}

/// Everything that is wrong with the form, whether or not it can be read, or what it would get.
async fn verdict(visit: &Visit, options: &MintOptions, form: &MintForm) -> Result<MintVerdict, PageError> {
    let wish = form.wish(&visit.caller, prefilled(options, form));
    let verdict = match &wish.request {
        Some(request) => visit.portal.check_mint(&visit.caller, request).await?,
        None => MintVerdict::Refused(Vec::new()),
    };
    Ok(if wish.unreadable.is_empty() {
        verdict
    } else {
        let decided = if let MintVerdict::Refused(refusals) = verdict { refusals } else { Vec::new() };
        MintVerdict::Refused(joined(wish.unreadable, decided))
    })
}

/// A field that could not be read was decided with a stand-in: what was decided about it says nothing.
fn joined(unreadable: Vec<Refusal>, decided: Vec<Refusal>) -> Vec<Refusal> {
    let decided: Vec<_> =
        decided.into_iter().filter(|refusal| unreadable.iter().all(|other| other.field != refusal.field)).collect();
    unreadable.into_iter().chain(decided).collect()
}

async fn check(visit: Visit, options: MintOptions, form: MintForm) -> Result<Answer, PageError> {
    let verdict = verdict(&visit, &options, &form).await?;
    let refused = matches!(verdict, MintVerdict::Refused(_));
    let html = page(&visit, options, form, Some(verdict));
    Ok(if refused { Answer::refused(html) } else { Answer::ok(html) })
}

async fn mint(visit: Visit, options: MintOptions, form: MintForm) -> Result<Answer, PageError> {
    let once = form_id(&form.form)?;
    let wish = form.wish(&visit.caller, prefilled(&options, &form));
    let Some(request) = wish.request.filter(|_| wish.unreadable.is_empty()) else {
        return check(visit, options, form).await;
    };
    match visit.portal.mint_key(&visit.caller, &once, &request).await {
        Ok(minted) => secret::answer(&visit, minted, secret::Occasion::Minted).await,
        Err(PortalError::AlreadyDone { made }) => secret::already(&visit, made, secret::Occasion::Minted).await,
        Err(PortalError::Refused(refusals)) => {
            Ok(Answer::refused(page(&visit, options, form, Some(MintVerdict::Refused(refusals)))))
        }
        Err(error) => Err(error.into()),
    }
}

/// The form with a fresh id, every term filled in, and the verdict if one was asked for.
fn page(visit: &Visit, options: MintOptions, mut form: MintForm, verdict: Option<MintVerdict>) -> String {
    // Guardrails that are not there (a hand-made link, switched off meanwhile) give way to the suggested ones. A
    // refused form keeps its own emptiness: what was typed stays as it was typed.
    let chosen = form.profile.parse().ok().and_then(|id| options.profile(id)).or(options.profiles.first());
    if let Some(choice) = chosen {
        if verdict.is_none() {
            form.fill_in(&choice.profile);
        } else if form.profile != form.terms_of {
            let before = prefilled(&options, &form).cloned();
            form.forget_untouched(before.as_ref());
            form.fill_in(&choice.profile);
        }
        if form.consumer.is_empty() {
            let first = choice.profile.consumers.first().copied().unwrap_or(ConsumerKind::Person);
            first.word().clone_into(&mut form.consumer);
        }
    }
    if form.environment.is_empty() {
        form.environment = options.environments.first().cloned().unwrap_or_default();
    }
    let model = Model { options, form, verdict, calendar: visit.calendar() };
    html::document(&visit.chrome(Place::Keys), "Mint a key", || view::view(model))
}
