//! How the mint form looks: the reasons first, three fields, the fold with every other term and its maximum, the verdict.

use super::asking;
use super::form::{MintForm, OWN};
use super::reasons::Reasons;
use crate::components::{
    ChoiceOption, Choices, EmptyState, ErrorSummary, Fact, Facts, Fold, MoneyField, PageHead, SelectField,
    SelectOption, TextArea, TextField,
};
use crate::components::{Crumb, Field};
use crate::format::{Calendar, grouped, typed_usd, usd};
use crate::pages::admin::cost_centres::options as cost_centre_options;
use crate::pages::form::OnceOnly;
use crate::paths;
use crate::words;
use domain::access_profile::{AboveMaximum, AccessProfile, Term};
use domain::budget::Window;
use domain::limits::{Counted, QUOTA_WINDOWS};
use domain::minting::GrantedTerms;
use domain::model::ModelPattern;
use domain::refusal::{cap_field, quota_field};
use domain::required_field::RequiredField;
use domain::virtual_key::ConsumerKind;
use leptos::prelude::*;
use portal::keys::{MintOptions, MintVerdict, ProfileChoice};

pub struct Model {
    pub options: MintOptions,
    pub form: MintForm,
    /// Asked for by "Check", or by a wish that was refused.
    pub verdict: Option<MintVerdict>,
    /// Somebody else decides about what the form wants.
    pub asking: Option<Asking>,
    pub calendar: Calendar,
}

/// Who answers, and by when.
#[derive(Debug, Clone)]
pub struct Asking {
    pub who: String,
    pub promised_hours: u32,
}

/// Refusals in these fields stand below the fold's line, so that it has to be open.
const ABOVE_FOLD: [&str; 4] = ["name", "consumer", "profile", "policy"];

pub fn view(model: Model) -> impl IntoView {
    let Model { options, form, verdict, asking, calendar } = model;
    let crumb = Crumb { text: "Keys".to_owned(), href: paths::KEYS.to_owned() };
    let chosen = form.profile.parse().ok().and_then(|id| options.profile(id)).cloned();
    let body = match chosen {
        Some(choice) if options.may_mint => the_form(options, choice, form, verdict, asking, &calendar).into_any(),
        _ => {
            let text = if options.may_mint {
                "No guardrails include you yet, so that there is nothing to mint under. Ask an administrator to \
                 include you, your team or one of your groups."
            } else {
                "Your roles do not include minting keys. Ask an administrator for the developer role."
            };
            view! { <EmptyState text=text><a class="button" href=paths::KEYS>"To the keys"</a></EmptyState> }.into_any()
        }
    };
    view! { <PageHead title="Mint a key" crumb=crumb/>{body} }
}

fn the_form(
    options: MintOptions,
    choice: ProfileChoice,
    form: MintForm,
    verdict: Option<MintVerdict>,
    asking: Option<Asking>,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let reasons = Reasons(match &verdict {
        Some(MintVerdict::Refused(refusals)) => refusals.clone(),
        _ => Vec::new(),
    });
    let above = matches!(&verdict, Some(MintVerdict::Asked(terms)) if !terms.more.is_empty());
    let granted = match verdict {
        Some(MintVerdict::Granted(granted)) => Some(what_you_get(&granted, &options, calendar).into_any()),
        Some(MintVerdict::Asked(terms)) => {
            asking.as_ref().map(|asking| asking::what_you_ask_for(&terms, asking, calendar).into_any())
        }
        _ => None,
    };
    let policy =
        options.policy.clone().map(|policy| super::policy::to_read(policy, &form.policy, reasons.at("policy")));
    let demanded = &choice.profile.terms.required;
    let note = demanded_note(demanded);
    let unfold = !demanded.is_empty()
        || reasons.0.iter().any(|refusal| !ABOVE_FOLD.contains(&refusal.field))
        || granted.is_some();
    let buttons = asking::Buttons::of(asking.is_some());
    let asking = asking.map(|asking| asking::fields(&form, asking, above || form.act == "ask", &reasons));
    let purposes = ConsumerKind::ALL.map(|kind| {
        let allowed = choice.profile.consumers.contains(&kind);
        let option = ChoiceOption::new(kind.word(), words::consumer(kind));
        ChoiceOption { disabled: !allowed && form.consumer != kind.word(), ..option }
    });
    let profiles = options
        .profiles
        .iter()
        .map(|choice| SelectOption::new(choice.profile.id.to_string(), choice.profile.name.clone()));
    let profiles: Vec<_> = profiles.collect();
    // Without a choice the button would only reload the page.
    let another = (profiles.len() > 1).then(|| {
        view! {
            <p class="actions beside">
                <button class="button" type="submit" name="act" value="guardrails" formnovalidate=true>"Use these guardrails"</button>
                <span class="muted">"fills in their limits; what you typed stays"</span>
            </p>
        }
    });
    view! {
        <form class="form" method="post" action=paths::MINT>
            // The first button of a form is the one that the Enter key presses.
            <button type="submit" hidden name=buttons.name() value=buttons.act>{buttons.primary}</button>
            <OnceOnly form=options.form.clone()/>
            <input type="hidden" name="terms_of" value=form.terms_of.clone()/>
            <ErrorSummary undone="the key can be minted" wrong=reasons.summary(&choice.profile, &form)/>
            <TextField name="name" label="Name" value=form.name.clone() hint="Unique among the owner's keys." required=true problem=reasons.at("name")/>
            <Choices name="consumer" label="What is it for?" options=purposes.to_vec() value=form.consumer.clone() in_row=true problem=reasons.at("consumer")/>
            <SelectField name="profile" label="Guardrails" options=profiles value=form.profile.clone() hint=summary(&choice) problem=reasons.at("profile")/>
            {another}
            <Fold summary="Limits and details" note=note open=unfold>
                {fixed(&choice.profile)}
                <div class="field-grid">
                    {terms(&choice.profile, &form, &reasons)}
                    {about(&options, &form, &reasons)}
                </div>
            </Fold>
            {asking}
            <div data-verdict>{granted}</div>
            {policy}
            <div class="actions">
                <button class="button primary" type="submit" name=buttons.name() value=buttons.act>{buttons.primary}</button>
                <button class="button" type="submit" name="act" value=buttons.check formnovalidate=true data-check="yes">"Check"</button>
                <a class="button plain" href=paths::KEYS>"Cancel"</a>
            </div>
        </form>
    }
}

/// Whether anything behind the fold waits for people.
fn demanded_note(required: &[RequiredField]) -> String {
    let names: Vec<String> = required.iter().map(|&field| words::required_field(field).to_lowercase()).collect();
    if names.is_empty() { "all filled in".to_owned() } else { format!("needed: {}", names.join(", ")) }
}

/// `14 models · up to $100.00 a month · up to 180 days · 2 of 5 keys in use`
fn summary(choice: &ProfileChoice) -> String {
    let profile = &choice.profile;
    let models = match choice.models_allowed {
        1 => "1 model".to_owned(),
        count => format!("{count} models"),
    };
    let mut parts = vec![models];
    let caps = profile.terms.caps.iter();
    parts.extend(caps.map(|cap| format!("up to {} {}", usd(cap.amount.maximum), words::per_window(cap.window))));
    parts.push(format!("up to {} days", grouped(u64::from(profile.terms.lifetime_days.maximum))));
    parts.push(format!("{} of {} keys in use", choice.keys_held, profile.keys_per_person));
    if profile.terms.approval.every_key {
        parts.push("every key is approved first".to_owned());
    }
    parts.join(" · ")
}

/// `at most 100.00`, and what happens above it.
fn bound<T: Copy + PartialEq>(term: &Term<T>, text: impl Fn(T) -> String) -> String {
    let most = text(term.maximum);
    match term.above {
        AboveMaximum::Reject => format!("at most {most}"),
        AboveMaximum::Clamp => format!("at most {most}; more is cut to that"),
        AboveMaximum::Ask => format!("at most {most}; more can be asked for"),
    }
}

fn count(value: impl Into<u64>) -> String {
    grouped(value.into())
}

/// The terms that these guardrails let nobody change.
fn fixed(profile: &AccessProfile) -> Option<impl IntoView + use<>> {
    let terms = &profile.terms;
    let mut facts: Vec<Fact> = terms
        .caps
        .iter()
        .filter(|cap| !cap.amount.developers_may_change)
        .map(|cap| Fact::new(words::budget_window(cap.window), usd(cap.amount.default)))
        .collect();
    for (name, term) in
        [(REQUESTS, terms.requests_per_minute), (CONCURRENCY, terms.concurrency), (LIFETIME, terms.lifetime_days)]
    {
        if !term.developers_may_change {
            facts.push(Fact::new(name, count(term.default)));
        }
    }
    if let Some(term) = terms.tokens_per_minute.filter(|term| !term.developers_may_change) {
        facts.push(Fact::new(TOKENS, count(term.default)));
    }
    for quota in terms.quotas.iter().filter(|quota| !quota.amount.developers_may_change) {
        facts.push(Fact::new(words::quota_name(quota.counted, quota.window), count(quota.amount.default)));
    }
    let facts = facts.into_iter().map(|fact| fact.noted("fixed by these guardrails")).collect::<Vec<_>>();
    (!facts.is_empty()).then(|| view! { <Facts facts=facts/> })
}

const REQUESTS: &str = "Requests a minute";
const TOKENS: &str = "Tokens a minute";
const CONCURRENCY: &str = "Calls at once";
const LIFETIME: &str = "Expires in (days)";

/// The windows to show: those of the guardrails that may be changed, and those in which something was typed.
pub(super) fn windows(profile: &AccessProfile, form: &MintForm) -> Vec<Window> {
    let cap = |window| profile.terms.caps.iter().find(move |cap| cap.window == window);
    let shown = |&window: &Window| match cap(window) {
        Some(cap) => cap.amount.developers_may_change,
        None => !form.cap(window).trim().is_empty(),
    };
    Window::ALL.into_iter().filter(shown).collect()
}

/// The quotas to show, as with windows.
pub(super) fn quotas(profile: &AccessProfile, form: &MintForm) -> Vec<(Counted, Window)> {
    let term = |(counted, window)| {
        profile.terms.quotas.iter().find(move |quota| (quota.counted, quota.window) == (counted, window))
    };
    let shown = |&(counted, window): &(Counted, Window)| match term((counted, window)) {
        Some(quota) => quota.amount.developers_may_change,
        None => !form.quota(counted, window).trim().is_empty(),
    };
    Counted::ALL.into_iter().flat_map(|counted| QUOTA_WINDOWS.map(|window| (counted, window))).filter(shown).collect()
}

/// A key may have a limit on tokens where its guardrails have none.
pub(super) fn may_change_tokens(profile: &AccessProfile) -> bool {
    profile.terms.tokens_per_minute.is_none_or(|term| term.developers_may_change)
}

fn terms(profile: &AccessProfile, form: &MintForm, reasons: &Reasons) -> impl IntoView + use<> {
    let terms = &profile.terms;
    let caps = windows(profile, form).into_iter().map(|window| {
        let bound = terms.caps.iter().find(|cap| cap.window == window).map(|cap| bound(&cap.amount, typed_usd));
        let name = cap_field(window);
        view! {
            <MoneyField name=name label=words::budget_window(window) value=form.cap(window).to_owned()
                bound=bound.unwrap_or_default() problem=reasons.at(name)/>
        }
    });
    let number = |name: &'static str, label: &'static str, value: &str, term: &Term<u32>| {
        term.developers_may_change.then(|| {
            view! {
                <TextField name=name label=label value=value.to_owned() input_mode="numeric"
                    bound=bound(term, count) problem=reasons.at(name)/>
            }
        })
    };
    let numbers = [
        number("lifetime_days", LIFETIME, &form.lifetime_days, &terms.lifetime_days),
        number("requests_per_minute", REQUESTS, &form.requests_per_minute, &terms.requests_per_minute),
        number("concurrency", CONCURRENCY, &form.concurrency, &terms.concurrency),
    ];
    let tokens = may_change_tokens(profile).then(|| {
        let bound = terms.tokens_per_minute.map_or_else(|| "no limit if empty".to_owned(), |term| bound(&term, count));
        view! {
            <TextField name="tokens_per_minute" label=TOKENS value=form.tokens_per_minute.clone() input_mode="numeric"
                bound=bound problem=reasons.at("tokens_per_minute")/>
        }
    });
    let quotas = quotas(profile, form).into_iter().map(|(counted, window)| {
        let term = terms.quotas.iter().find(|quota| (quota.counted, quota.window) == (counted, window));
        let name = quota_field(counted, window);
        view! {
            <TextField name=name label=words::quota_name(counted, window) value=form.quota(counted, window).to_owned()
                input_mode="numeric" bound=term.map(|term| bound(&term.amount, count)).unwrap_or_default()
                problem=reasons.at(name)/>
        }
    });
    let longest = terms.max_output_tokens.map(|most| format!("at most {} tokens", grouped(most)));
    let anywhere = if terms.networks.is_empty() { "Empty: any network." } else { "Within those of the guardrails." };
    view! {
        {caps.collect_view()}
        {numbers.into_iter().collect_view()}
        {tokens}
        {quotas.collect_view()}
        <TextField name="max_output_tokens" label="Longest answer (tokens)" value=form.max_output_tokens.clone()
            input_mode="numeric" bound=longest.unwrap_or_else(|| "as the model allows".to_owned())
            problem=reasons.at("max_output_tokens")/>
        {area("models", "Models", &form.models, "One on each line, by name or beginning: demo-*", reasons)}
        {area("networks", "Networks", &form.networks, anywhere, reasons)}
    }
}

fn area(
    name: &'static str,
    label: &'static str,
    value: &str,
    hint: &'static str,
    reasons: &Reasons,
) -> impl IntoView + use<> {
    let problem = reasons.at(name);
    let described = if problem.is_some() { format!("{name}-error {name}-hint") } else { format!("{name}-hint") };
    let invalid = problem.is_some();
    let value = value.to_owned();
    view! {
        <Field id=name label=label hint=hint problem=problem>
            <TextArea id=name name=name.to_owned() value=value rows=2 mono=true invalid=invalid described_by=described/>
        </Field>
    }
}

fn about(options: &MintOptions, form: &MintForm, reasons: &Reasons) -> impl IntoView + use<> {
    let owner = (!options.teams.is_empty()).then(|| {
        let mut owners = vec![SelectOption::new(OWN, "Me")];
        owners.extend(
            options.teams.iter().map(|team| SelectOption::new(team.id.to_string(), format!("Team {}", team.name))),
        );
        view! {
            <SelectField name="owner" label="Owner" options=owners value=form.owner.clone()
                hint="A team can own keys for agents, services and CI; your own work is yours."
                problem=reasons.at("owner")/>
        }
    });
    let environments =
        options.environments.iter().map(|name| SelectOption::new(name.clone(), name.clone())).collect::<Vec<_>>();
    let usual = options.usual_cost_centre.as_ref();
    let none = usual.map_or_else(|| "None".to_owned(), |usual| format!("As usual: {}", usual.label()));
    let centres = cost_centre_options(none, &options.cost_centres, &form.cost_centre);
    let centre_hint = if options.teams.is_empty() {
        "What it spends is booked there."
    } else {
        "What it spends is booked there. If nothing is chosen, a team's key takes the team's."
    };
    view! {
        {owner}
        <TextField name="application" label="Application" value=form.application.clone()
            hint="For a service, app or CI: what it belongs to." problem=reasons.at("application")/>
        <SelectField name="environment" label="Environment" options=environments value=form.environment.clone()
            hint="Fixed after minting." problem=reasons.at("environment")/>
        <SelectField name="cost_centre" label="Cost centre" options=centres value=form.cost_centre.clone()
            hint=centre_hint problem=reasons.at("cost_centre")/>
        <TextField name="tags" label="Tags" value=form.tags.clone() hint="Parted by commas." problem=reasons.at("tags")/>
    }
}

/// The server's verdict in sentences: what the key gets, when it ends, and the worst that a thief could do with it.
fn what_you_get(granted: &GrantedTerms, options: &MintOptions, calendar: &Calendar) -> impl IntoView + use<> {
    let terms = &granted.terms;
    let allowed = |name: &str| terms.models.iter().any(|pattern: &ModelPattern| pattern.matches(name));
    let models = options.models.iter().filter(|(_, name)| allowed(name.as_str())).count();
    let caps: Vec<_> =
        terms.caps.iter().map(|cap| format!("{} {}", usd(cap.limit), words::per_window(cap.window))).collect();
    let caps = caps.join(" and ");
    let get = format!(
        "{models} of {} models, {caps}, until {}. Ready at once.",
        options.models.len(),
        calendar.date(granted.expires_at)
    );
    let worst = format!(
        "Worst case if it leaks: {caps}, {} requests a minute, from {}.",
        count(terms.requests_per_minute),
        if terms.networks.is_empty() { "anywhere".to_owned() } else { format!("{} networks", terms.networks.len()) }
    );
    let cut = granted.clamped.iter().map(cut);
    view! {
        <div class="verdict" role="status">
            <h2>"What you get"</h2>
            <p>{get}</p>
            {cut.map(|text| view! { <p>{text}</p> }).collect_view()}
            <p class="muted">{worst}</p>
        </div>
    }
}

/// A wish that was cut down is said, never silent.
pub fn cut(clamped: &domain::minting::Clamped) -> String {
    let (wanted, granted) = (words::amount(clamped.wanted), words::amount(clamped.granted));
    format!("You asked for {wanted}; these guardrails allow {granted}, and that is what the key has.")
}
