//! `/keys/{id}/ask`: asks for more than a key has, usually for a while.

use super::entered::{Entered, Line, typed_day};
use crate::chrome::Place;
use crate::components::{
    Check, Crumb, ErrorSummary, Fact, Facts, MoneyField, PageHead, SelectField, SelectOption, TextField,
};
use crate::format::{Calendar, usd};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, form_id};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::limits::Limits;
use domain::virtual_key::KeyTerms;
use leptos::prelude::*;
use portal::PortalError;
use portal::requests::{AskOptions, MoreWanted};

pub struct Model {
    pub options: AskOptions,
    pub entered: Entered,
    pub reasons: Reasons,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let options = visit.portal.ask_options(&visit.caller, input.segment("id")?).await?;
    let calendar = visit.calendar();
    let mut entered = Entered::of_query(&input);
    if entered.until.is_empty() {
        entered.until = typed_day(options.usual_end, &calendar.zone);
    }
    let model = Model { options, entered, reasons: Reasons::default(), calendar };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), "Ask for more", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let key: KeyId = input.segment("id")?;
    // Whose key it is comes before what was typed.
    let options = visit.portal.ask_options(&visit.caller, key).await?;
    let entered = Entered::of_form(&input)?;
    let once = form_id(&entered.form)?;
    let calendar = visit.calendar();
    let read = entered.read(&calendar.zone);
    let mut reasons = Reasons::from(read.unreadable);
    if reasons.is_empty() {
        let (more, expires_at, until) = (read.more, read.expires_at, read.until);
        let wanted = MoreWanted { more, expires_at, until, reason: entered.reason.clone() };
        match visit.portal.ask_for_more(&visit.caller, key, &once, wanted).await {
            Ok(request) => return Ok(Answer::SeeOther(paths::request(request))),
            Err(PortalError::AlreadyDone { made }) => return Ok(Answer::SeeOther(paths::made(made))),
            Err(PortalError::Refused(refusals)) => reasons = refusals.into(),
            Err(error) => return Err(error.into()),
        }
    }
    let model = Model { options, entered, reasons, calendar };
    Ok(Answer::refused(html::document(&visit.chrome(Place::Keys), "Ask for more", || view(model))))
}

/// What the key may do now, as limits.
pub(super) fn limits_of(terms: KeyTerms) -> Limits {
    Limits {
        caps: terms.caps,
        requests_per_minute: Some(terms.requests_per_minute),
        tokens_per_minute: terms.tokens_per_minute,
        concurrency: Some(terms.concurrency),
        quotas: terms.quotas,
        guarantees: Vec::new(),
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { options, entered, reasons, calendar } = model;
    let AskOptions { form, key, profile, has, models, spent_30_days, waits_with, .. } = options;
    let now = limits_of(has.into());
    let crumb = Crumb { text: key.name.clone(), href: paths::key(key.id) };
    let mut shown: Vec<&'static str> = vec!["models", "until", "expires_at", "reason"];
    let fields = Line::all().filter_map(|line| {
        let has = line.typed(&now)?;
        shown.push(line.field());
        Some(field(line, entered.line(line).to_owned(), format!("now {has}"), &reasons).into_any())
    });
    let fields: Vec<_> = fields.collect();
    let chosen = entered.models.first().cloned().unwrap_or_default();
    let model = (!models.is_empty()).then(|| {
        let mut choices = vec![SelectOption::new("", "No further model")];
        // A link may name one that is not served: the answer says so.
        let linked = (!chosen.is_empty() && !models.contains(&chosen)).then(|| chosen.clone());
        choices.extend(linked.into_iter().chain(models).map(|name| SelectOption::new(name.clone(), name)));
        view! {
            <SelectField name="models" label="One more model" options=choices value=chosen problem=reasons.at("models")/>
        }
    });
    let who = words::deciders_named(&waits_with, profile.terms.approval.deciders);
    let promise = format!(
        "{who} answers, usually within {} hours. Until then the key goes on as it is.",
        profile.terms.approval.promised_hours
    );
    let facts = vec![
        Fact::new("Spent in the last 30 days", usd(spent_30_days)),
        Fact::new("Guardrails", profile.name.clone()),
        Fact::new("Expires", calendar.date(key.expires_at)),
    ];
    let wrong = reasons.summary(|field| shown.contains(&field));
    view! {
        <PageHead title=format!("Ask for more for {}", key.name) crumb=crumb/>
        <form class="form" method="post" action=paths::ask(key.id)>
            <OnceOnly form=form/>
            <ErrorSummary undone="it can be asked for" wrong=wrong/>
            <Facts facts=facts/>
            <p class="muted">"Fill in what is not enough. An empty field stays as it is."</p>
            <div class="field-grid">{fields}{model}</div>
            {end_fields(&entered, &reasons)}
            <TextField name="expires_at" label="Expires on" kind="date" value=entered.expires_at.clone()
                hint="Only if the key itself has to live longer." problem=reasons.at("expires_at")/>
            <TextField name="reason" label="Why" value=entered.reason.clone() required=true
                hint="Whoever answers reads it beside the figures." problem=reasons.at("reason")/>
            <p class="verdict" role="status">{capitalised(promise)}</p>
            <div class="actions">
                <button class="button primary" type="submit">"Ask for more"</button>
                <a class="button plain" href=paths::key(key.id)>"Leave it as it is"</a>
            </div>
        </form>
    }
}

pub(super) fn capitalised(text: String) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// Until when, and the choice that it never ends.
pub(super) fn end_fields(entered: &Entered, reasons: &Reasons) -> impl IntoView + use<> {
    view! {
        <TextField name="until" label="Until" kind="date" value=entered.until.clone()
            hint="More than the guardrails give ends by itself after that day." problem=reasons.at("until")/>
        <Check name="for_good" text="For good, as long as the key lives" checked=entered.for_good
            note="Instead of the date above."/>
    }
}

pub(super) fn field(line: Line, value: String, bound: String, reasons: &Reasons) -> impl IntoView + use<> {
    let (name, label, problem) = (line.field(), line.name(), reasons.at(line.field()));
    match line {
        Line::Cap(_) => {
            view! { <MoneyField name=name label=label value=value bound=bound problem=problem/> }.into_any()
        }
        _ => view! {
            <TextField name=name label=label value=value input_mode="numeric" bound=bound problem=problem/>
        }
        .into_any(),
    }
}
