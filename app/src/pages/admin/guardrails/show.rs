//! `/admin/guardrails/{id}`: the profile as it stands, and the form for the next version, which
//! leads to a preview of what it would do.

use super::editor::{self, Choices};
use super::entered::{Act, Entered};
use super::list::audience;
use super::terms::Row;
use super::watched::{self, Counted};
use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, Crumb, ErrorSummary, Fact, Facts, NameCell, Notice, PageHead, Section, Table, Tone, WayOn,
};
use crate::format::{Calendar, tokens};
use crate::pages::admin::{Happened, at_least_none, counted, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::access_profile::AccessProfile;
use domain::budget::BudgetScope;
use domain::call_rule::{CallRule, RuleSet};
use domain::id::ProfileId;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::profile_preview::Proposed;
use portal::administration::profiles::{ProfileDetail, ProfileDraft};
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<i64>,
    /// An older version whose terms fill the form, to make them the newest again.
    like: Option<i64>,
    /// The rule that the form no longer only watches.
    enforce: Option<String>,
    /// The preview whose draft fills the form.
    draft: Option<String>,
    /// Whom the version that was saved just now reaches.
    reach: Option<String>,
    /// Whether there was still anything to take back.
    withdrawn: Option<bool>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved, like, enforce, draft, reach, withdrawn } = input.query()?;
    let detail = visit.portal.profile(&visit.caller, input.segment("id")?).await?;
    let id = detail.row.profile.id;
    let happened = match (saved, withdrawn) {
        (Some(version), _) => Some(said(version, reach.as_deref())),
        (None, Some(true)) => Some(Happened::well(
            "Withdrawn. Keys that exist keep to the version that they have; the newest stays for new keys.",
        )),
        (None, Some(false)) => {
            let text = "There was nothing to withdraw any more: what keys follow is said below.".to_owned();
            Some(Happened { tone: Tone::Warn, text })
        }
        (None, None) => None,
    };
    let entered = match (like, draft) {
        (Some(version), _) => {
            let older = visit.portal.profile_version(&visit.caller, id, version).await?;
            // It is the newest version that an edit starts from, whatever it is filled in with.
            standing(&AccessProfile { version: detail.row.profile.version, ..older })
        }
        (None, Some(draft)) => {
            let job = form_id(&draft).map_err(|_| PageError::NotFound)?;
            let proposal = visit.portal.preview(visit.administrator()?, id, &job, Duration::ZERO).await?.proposal;
            Entered { version: Some(proposal.version), ..Entered::of(&proposal.draft) }
        }
        (None, None) => standing(&detail.row.profile),
    };
    let enforced = enforce.as_deref().and_then(CallRule::from_word);
    let mut entered = entered;
    let rules = &mut entered.parameters.watched;
    *rules = enforced.map_or(*rules, |rule| rules.without(RuleSet::NONE.with(rule)));
    let model = Model { happened, restored: like, enforced, ..model(&visit, detail, entered, Reasons::default()) };
    Ok(Answer::ok(page(&visit, model)))
}

fn said(version: i64, reach: Option<&str>) -> Happened {
    let keys = match reach {
        Some("new_keys") => "Keys that exist keep to the version that they have.",
        Some("all_keys") => "Keys follow it from the next call on.",
        Some("next_rotation") => "Keys that exist follow it from their next rotation on.",
        Some("from_date") => "Keys that exist follow it from the day that you chose.",
        _ => "Keys go on as they were.",
    };
    Happened::well(format!("Saved as version {version}. {keys}"))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: ProfileId = input.segment("id")?;
    let mut entered = Entered::read(input.form()?)?;
    let from = entered
        .version
        .ok_or_else(|| PageError::Unprocessable("The form does not say which version it edits.".into()))?;
    let administrator = visit.administrator()?;
    let (status, reasons, stale) = match (entered.act, entered.draft()) {
        (Act::Check, Ok(draft)) => {
            match sent(visit.portal.check_profile_draft(administrator, Some(id), draft).await)? {
                Sent::Refused(reasons) => (422, reasons, None),
                _ => (200, Reasons::default(), None),
            }
        }
        (_, Err(reasons)) => (422, reasons, None),
        (Act::Save, Ok(draft)) => match visit.portal.propose_profile(administrator, id, from, draft).await {
            Err(PortalError::Stale { current }) => {
                entered.version = Some(current);
                (409, Reasons::default(), Some((from, current)))
            }
            result => match sent(result)? {
                Sent::Done(Proposed::Preview(job)) => {
                    return Ok(Answer::SeeOther(paths::preview_guardrail(id, &job)));
                }
                Sent::Done(Proposed::Saved(version)) => {
                    return Ok(Answer::SeeOther(format!("{}?saved={version}", paths::guardrail(id))));
                }
                Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
                Sent::Refused(reasons) => (422, reasons, None),
            },
        },
    };
    let detail = visit.portal.profile(&visit.caller, id).await?;
    let model = Model { stale, ..model(&visit, detail, entered, reasons) };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

/// The form as the profile stands.
fn standing(profile: &AccessProfile) -> Entered {
    Entered { version: Some(profile.version), ..Entered::of(&ProfileDraft::from(profile.clone())) }
}

fn model(visit: &Visit, detail: ProfileDetail, entered: Entered, reasons: Reasons) -> Model {
    let (calendar, may_change) = (visit.calendar(), may_change(visit));
    Model {
        detail,
        entered,
        reasons,
        happened: None,
        stale: None,
        restored: None,
        enforced: None,
        calendar,
        may_change,
        sees_spend: visit.frame.around.of_everyone.spend,
    }
}

fn page(visit: &Visit, model: Model) -> String {
    let name = model.detail.row.profile.name.clone();
    document(visit, Place::Guardrails, &name, |_| view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: ProfileDetail,
    pub entered: Entered,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    /// The version that the edit started from, and the one that somebody saved meanwhile.
    pub stale: Option<(i64, i64)>,
    /// The version whose terms fill the form.
    pub restored: Option<i64>,
    /// The rule that the form no longer only watches.
    pub enforced: Option<CallRule>,
    pub calendar: Calendar,
    pub may_change: bool,
    /// What is shared by all keys can be looked at.
    pub sees_spend: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { detail, entered, reasons, happened, stale, restored, enforced, calendar, may_change, sees_spend } =
        model;
    let ProfileDetail { row, coming, watched, teams, models } = detail;
    let watched = Counted { profile: row.profile.id, rules: watched };
    let profile = &row.profile;
    let coming = super::coming::coming(&calendar, profile.id, profile.version, coming, may_change);
    let (tone, state) = if profile.enabled { (Tone::Ok, "On") } else { (Tone::Plain, "Off") };
    let keys = counted(at_least_none(row.live_keys), "live key");
    let context = view! { <Chip tone=tone text=state/>{format!(" version {} · {keys} · for {}", profile.version, audience(&profile.audience))} };
    let history = paths::guardrail_versions(profile.id);
    let shared = paths::level(BudgetScope::Profile(profile.id));
    let stale = stale.map(|(from, current)| {
        let text = format!(
            "An administrator saved version {current} while you were editing version {from}. Nothing is saved yet. Compare, \
             then save yours as version {}.",
            current + 1
        );
        let href = paths::compare_guardrail(profile.id, from, current);
        let way_on = Some(WayOn { text: "See what changed.".to_owned(), href });
        view! { <div role="alert"><Notice tone=Tone::Warn text=text way_on=way_on/></div> }
    });
    let restored = restored.map(|version| {
        let text = format!("The form holds the terms of version {version}. Nothing is saved yet.");
        let href = paths::compare_guardrail(profile.id, version, profile.version);
        let way_on = Some(WayOn { text: format!("Compare with version {}.", profile.version), href });
        view! { <div role="status"><Notice tone=Tone::Info text=text way_on=way_on/></div> }
    });
    let enforced = enforced.filter(|_| may_change).map(|rule| {
        let name = words::call_rule(rule);
        let text = format!("The form enforces {name}. Nothing is saved yet: the preview says what it would refuse.");
        view! { <div role="status"><Notice tone=Tone::Info text=text/></div> }
    });
    let body = if may_change {
        let version = entered.version.unwrap_or(profile.version);
        let saved = standing(profile);
        let action = paths::guardrail(profile.id);
        view! {
            <ErrorSummary undone="the guardrails can be saved" wrong=reasons.summary(editor::has_field)/>
            <form class="form wide" method="post" action=action>
                <input type="hidden" name="version" value=version/>
                {editor::fields(entered, Some(&saved), &Choices { teams, models, watched: Some(watched) }, &reasons)}
                <div class="actions">
                    <button class="button primary" type="submit" name="act" value="save">{format!("Preview version {}", version + 1)}</button>
                    <a class="button plain" href=paths::GUARDRAILS>"Cancel"</a>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! { {reading(profile, &teams)}{watched::reading(profile.terms.watched, &watched)} }.into_any()
    };
    view! {
        <PageHead
            title=profile.name.clone() context=context.into_any()
            crumb=Crumb { text: "Guardrails".to_owned(), href: paths::GUARDRAILS.to_owned() }
        >
            {sees_spend.then(|| view! { <a class="button" href=shared>"Shared budgets"</a> })}
            <a href=history>"History"</a>
        </PageHead>
        {notice(happened)}
        {stale}
        {restored}
        {enforced}
        {coming}
        {body}
    }
}

/// For those who may not change it: the same terms without controls.
fn reading(profile: &AccessProfile, teams: &[(domain::id::TeamId, String)]) -> impl IntoView + use<> {
    let terms = &profile.terms;
    let joined = |parts: Vec<String>, none: &str| if parts.is_empty() { none.to_owned() } else { parts.join(", ") };
    let team_names = teams.iter().filter(|(id, _)| profile.audience.teams.contains(id)).map(|(_, name)| name.clone());
    let names = |texts: &[String]| texts.to_vec();
    let facts = vec![
        Fact::new(
            "Roles",
            joined(profile.audience.roles.iter().map(|&role| words::role(role).to_owned()).collect(), "none"),
        ),
        Fact::new("Teams", joined(team_names.collect(), "none")),
        Fact::new("Groups", joined(names(&profile.audience.groups), "none")),
        Fact::new(
            "Keys for",
            joined(profile.consumers.iter().map(|&kind| words::consumer_note(kind).to_owned()).collect(), "nothing"),
        ),
        Fact::new("Keys a person", profile.keys_per_person.to_string()),
        Fact::new("Models", joined(terms.models.iter().map(ToString::to_string).collect(), "none")),
        Fact::new(
            "Endpoints",
            joined(terms.endpoints.iter().map(|&endpoint| words::endpoint(endpoint).to_owned()).collect(), "none"),
        ),
        Fact::new("Networks", joined(terms.networks.iter().map(ToString::to_string).collect(), "any")),
        Fact::new("Longest answer", terms.max_output_tokens.map_or_else(|| "as the model".to_owned(), tokens)),
        Fact::new("Assumed answer", tokens(terms.assumed_output_tokens)),
        Fact::new("A prompt counts", words::prompt_bound(terms.prompt_bound).to_lowercase())
            .noted(words::prompt_bound_note(terms.prompt_bound)),
        Fact::new("A key that nobody uses is disabled", super::idle::said(terms.idle)),
        Fact::new("Shorten answers to what is left", if terms.shrink_to_fit { "yes" } else { "no" }),
    ];
    let rows = Row::ALL.iter().filter_map(|row| {
        let (default, maximum) = row.shown(terms)?;
        let typed = row.read(terms)?;
        let change = if typed.may_change { "up to the maximum" } else { "no: fixed" };
        let above = words::above_maximum(typed.above);
        Some(view! {
            <tr>
                <NameCell name=row.name() note=row.note().into_any()/>
                <Cell label="Default" number=true>{default}</Cell>
                <Cell label="Maximum" number=true>{maximum}</Cell>
                <Cell label="Developers may change">{change}</Cell>
                <Cell label="Above the maximum">{above}</Cell>
            </tr>
        })
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![
        Column::text("Term"),
        Column::number("Default"),
        Column::number("Maximum"),
        Column::text("Developers may change"),
        Column::text("Above the maximum"),
    ];
    view! {
        <Section id="terms" title="Limits"><Table columns=columns caption="Limits" compact=true>{rows}</Table></Section>
        <Section id="who" title="Who and what"><div class="panel"><Facts facts=facts/></div></Section>
    }
}
