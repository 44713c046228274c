//! Minting a key: three visible fields, everything else filled in; refused with every reason at once; acts once.
//! Where somebody else decides, the same form asks for the key.

mod asking;
pub mod form;
pub mod policy;
mod reasons;
pub mod view;

use super::secret;
use crate::chrome::Place;
use crate::format::Calendar;
use crate::html;
use crate::pages::form::form_id;
use crate::pages::requests::entered::{end_of_day, typed_day};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::access_profile::AccessProfile;
use domain::access_request::USUAL_DAYS;
use domain::id::KeyId;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, Owner};
use form::MintForm;
use portal::PortalError;
use portal::keys::{MintOptions, MintVerdict};
use serde::Deserialize;
use view::{Asking, Model};

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
    Ok(Answer::ok(page(&visit, options, form, None).await?))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let mut form: MintForm = input.form()?;
    let options = visit.portal.mint_options(&visit.caller).await?;
    let way_out = form.take_way_out();
    match form.act.as_str() {
        "guardrails" => {
            let before = prefilled(&options, &form).cloned();
            form.forget_untouched(before.as_ref());
            Ok(Answer::ok(page(&visit, options, form, None).await?))
        }
        "check" | "asking" => check(visit, options, form).await,
        _ if way_out => check(visit, options, form).await,
        _ if asks(&options, &form) => ask(visit, options, form).await,
        _ => mint(visit, options, form).await,
    }
}

/// The guardrails whose defaults the form was filled with.
fn prefilled<'a>(options: &'a MintOptions, form: &MintForm) -> Option<&'a AccessProfile> {
    form.terms_of.parse().ok().and_then(|id| options.profile(id)).map(|choice| &choice.profile)
}

/// Whether the form asks for a key: because its guardrails demand it, or because whoever fills it in chose to.
fn asks(options: &MintOptions, form: &MintForm) -> bool {
    let chosen = form.profile.parse().ok().and_then(|id| options.profile(id));
    matches!(form.act.as_str(), "ask" | "asking")
        || chosen.is_some_and(|choice| choice.profile.terms.approval.every_key)
}

/// Everything that is wrong with the form, whether or not it can be read, or what it would get.
async fn verdict(visit: &Visit, options: &MintOptions, form: &MintForm) -> Result<MintVerdict, PageError> {
    let wish = form.wish(&visit.caller, prefilled(options, form));
    let verdict = match &wish.request {
        Some(request) if asks(options, form) => visit.portal.check_ask(&visit.caller, request).await?,
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
    answered(&visit, options, form, verdict).await
}

async fn answered(
    visit: &Visit,
    options: MintOptions,
    form: MintForm,
    verdict: MintVerdict,
) -> Result<Answer, PageError> {
    let refused = matches!(verdict, MintVerdict::Refused(_));
    let html = page(visit, options, form, Some(verdict)).await?;
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
        Err(PortalError::Refused(refusals)) => answered(&visit, options, form, MintVerdict::Refused(refusals)).await,
        Err(error) => Err(error.into()),
    }
}

/// Leads to the request's page, where the secret is taken once it is approved. What needs nobody's approval any more is
/// minted.
async fn ask(visit: Visit, options: MintOptions, form: MintForm) -> Result<Answer, PageError> {
    let once = form_id(&form.form)?;
    let wish = form.wish(&visit.caller, prefilled(&options, &form));
    let until = until(&form, &visit.calendar());
    let (Some(request), Ok(until), true) = (wish.request, until, wish.unreadable.is_empty()) else {
        return refused_ask(visit, options, form).await;
    };
    match visit.portal.ask_for_key(&visit.caller, &once, &request, until, &form.reason).await {
        Ok(request) => Ok(Answer::SeeOther(paths::request(request))),
        Err(PortalError::AlreadyDone { made }) => Ok(Answer::SeeOther(paths::made(made))),
        Err(PortalError::Refused(refusals)) if refusals.contains(&NOTHING_TO_ASK) => mint(visit, options, form).await,
        Err(PortalError::Refused(refusals)) => answered(&visit, options, form, MintVerdict::Refused(refusals)).await,
        Err(error) => Err(error.into()),
    }
}

const NOTHING_TO_ASK: Refusal = Refusal::new("profile", Reason::NothingAsked);

/// A day that cannot be read stands beside all the other reasons.
async fn refused_ask(visit: Visit, options: MintOptions, form: MintForm) -> Result<Answer, PageError> {
    let mut refusals = until(&form, &visit.calendar()).err().map(|refusal| vec![refusal]).unwrap_or_default();
    if form.reason.trim().is_empty() {
        refusals.push(Refusal::new("reason", Reason::Missing));
    }
    if let MintVerdict::Refused(more) = verdict(&visit, &options, &form).await? {
        refusals.extend(more);
    }
    answered(&visit, options, form, MintVerdict::Refused(refusals)).await
}

/// An empty field is the usual time: what never ends is a choice of its own.
fn until(form: &MintForm, calendar: &Calendar) -> Result<Option<Timestamp>, Refusal> {
    if form.for_good == "yes" {
        return Ok(None);
    }
    match form.until.trim() {
        "" => Ok(Some(calendar.now.plus_days(USUAL_DAYS))),
        typed => end_of_day(typed, &calendar.zone).map(Some).ok_or(Refusal::new("until", Reason::Malformed)),
    }
}

/// The form with a fresh id, every term filled in, and the verdict if one was asked for.
async fn page(
    visit: &Visit,
    options: MintOptions,
    mut form: MintForm,
    verdict: Option<MintVerdict>,
) -> Result<String, PageError> {
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
    let calendar = visit.calendar();
    let asking = match chosen.filter(|_| asks(&options, &form)) {
        Some(choice) if !matches!(verdict, Some(MintVerdict::Granted(_))) => {
            let approval = choice.profile.terms.approval;
            let owner = form.owner.parse().map_or(Owner::Person(visit.caller.person), Owner::Team);
            let names = visit.portal.deciders_of(&visit.caller, visit.caller.person, owner, approval.deciders).await?;
            Some(Asking {
                who: crate::words::deciders_named(&names, approval.deciders),
                promised_hours: approval.promised_hours,
            })
        }
        _ => None,
    };
    if asking.is_some() && form.until.is_empty() {
        form.until = typed_day(calendar.now.plus_days(USUAL_DAYS), &calendar.zone);
    }
    let model = Model { options, form, verdict, asking, calendar };
    Ok(html::document(&visit.chrome(Place::Keys), "Mint a key", || view::view(model)))
}
