//! `/admin/guardrails/{id}/preview/{job}`: what a change would do, and the form that saves it.
//!
//! While it is being computed the page says how far it is and asks again by itself. The draft waits on the server, so that
//! the form holds nothing but the decision.

use super::said::differences;
use super::versions::changes;
use crate::chrome::Place;
use crate::components::{
    Cell, Check, ChoiceOption, Choices, Column, Crumb, ErrorSummary, Fact, Facts, Fold, NameCell, Notice, PageHead,
    Section, Table, TextField, Tone, WayOn,
};
use crate::format::{Calendar, grouped, usd};
use crate::html;
use crate::pages::admin::counted;
use crate::pages::form::{Reasons, form_id};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::day::{Day, Days};
use domain::id::ProfileId;
use domain::profile_versions::Reach;
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::preview_jobs::PreviewState;
use portal::administration::profile_preview::{PREVIEW_DAYS, Preview, PreviewReport, PreviewSaved, RefusedKey};
use serde::Deserialize;
use std::time::Duration;

/// Most previews are done by then, and nobody sees a page that says to wait.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Between two looks at one that takes longer.
const LOOK_AGAIN_SECONDS: u32 = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    /// The figures were too old to save with.
    again: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveForm {
    /// `new_keys`, `all_keys`, `next_rotation` or `from_date`.
    #[serde(default)]
    apply: String,
    /// `2026-12-01`, with `from_date`.
    #[serde(default)]
    from: String,
    /// The number of refusals that are agreed to.
    accept: Option<u64>,
}

const NEW_KEYS: &str = Reach::NewKeys.word();
const ALL_KEYS: &str = Reach::AllKeys.word();
const NEXT_ROTATION: &str = Reach::NextRotation.word();
const FROM_DATE: &str = Reach::From(Timestamp::from_ms(0)).word();

/// For which keys the change is meant, as it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub apply: String,
    pub from: String,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { apply: ALL_KEYS.to_owned(), from: String::new() }
    }
}

impl Chosen {
    /// Or what is wrong with which field.
    fn reach(&self, zone: &TimeZone) -> Result<Reach, (&'static str, &'static str)> {
        match self.apply.as_str() {
            NEW_KEYS => Ok(Reach::NewKeys),
            ALL_KEYS => Ok(Reach::AllKeys),
            NEXT_ROTATION => Ok(Reach::NextRotation),
            FROM_DATE => match self.from.trim().parse() {
                Ok(date) => Ok(Reach::From(Days::in_zone(zone.clone()).start(Day::of(date)))),
                Err(_) if self.from.trim().is_empty() => Err(("from", "Say from which day on.")),
                Err(_) => Err(("from", "This is no day. Enter one as 2027-02-18.")),
            },
            _ => Err(("apply", "Say for which keys the change is.")),
        }
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { again } = input.query()?;
    let model = Model { again, ..look(&visit, &input).await? };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (id, job) = place(&input)?;
    let SaveForm { apply, from, accept } = input.form()?;
    let chosen = Chosen { apply, from };
    let mut reasons = Reasons::default();
    let reach = match chosen.reach(&visit.calendar().zone) {
        Ok(reach) => reach,
        Err((field, message)) => {
            reasons.add(field, message);
            let model = Model { reasons, chosen, ..look(&visit, &input).await? };
            return Ok(Answer::refused(page(&visit, model)));
        }
    };
    match visit.portal.save_preview(visit.administrator()?, id, &job, reach, accept).await {
        Ok(PreviewSaved::Saved(version)) => {
            Ok(Answer::SeeOther(format!("{}?saved={version}&reach={}", paths::guardrail(id), reach.word())))
        }
        Ok(PreviewSaved::ComputedAgain) => {
            Ok(Answer::SeeOther(format!("{}?again=true", paths::preview_guardrail(id, &job))))
        }
        Ok(PreviewSaved::NotAccepted) => {
            reasons
                .add("accept", "Calls like these would be refused from now on. Agree to it, or change only new keys.");
            let model = Model { reasons, chosen, ..look(&visit, &input).await? };
            Ok(Answer::refused(page(&visit, model)))
        }
        Err(PortalError::Refused(refusals)) => {
            let model = Model { reasons: refusals.into(), chosen, ..look(&visit, &input).await? };
            Ok(Answer::refused(page(&visit, model)))
        }
        // The page says who was faster, and keeps the draft.
        Err(PortalError::Stale { .. }) => {
            let model = Model { chosen, ..look(&visit, &input).await? };
            Ok(Answer::Page { status: 409, html: page(&visit, model) })
        }
        Err(other) => Err(other.into()),
    }
}

fn place(input: &Input) -> Result<(ProfileId, portal::FormId), PageError> {
    let job = input.path.get("job").ok_or(PageError::NotFound)?;
    Ok((input.segment("id")?, form_id(job).map_err(|_| PageError::NotFound)?))
}

async fn look(visit: &Visit, input: &Input) -> Result<Model, PageError> {
    let (id, job) = place(input)?;
    let preview = visit.portal.preview(visit.administrator()?, id, &job, PATIENCE).await?;
    let (reasons, chosen) = (Reasons::default(), Chosen::default());
    Ok(Model { preview, reasons, chosen, again: false, calendar: visit.calendar() })
}

fn page(visit: &Visit, model: Model) -> String {
    let title = format!("Preview of {}", model.preview.current.name);
    let chrome = visit.chrome(Place::Guardrails);
    let under_way = model.preview.state.is_under_way();
    if under_way {
        html::document_asking_again(&chrome, &title, LOOK_AGAIN_SECONDS, || view(model))
    } else {
        html::document(&chrome, &title, || view(model))
    }
}

#[derive(Debug, Clone)]
pub struct Model {
    pub preview: Preview,
    pub reasons: Reasons,
    pub chosen: Chosen,
    pub again: bool,
    pub calendar: Calendar,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { preview, reasons, chosen, again, calendar } = model;
    let Preview { id, proposal, current, state, teams } = preview;
    let next = proposal.version + 1;
    let crumb = Crumb { text: current.name.clone(), href: paths::guardrail(current.id) };
    let proposed = proposal.draft.clone().into_profile(current.id, next);
    let changed = differences(&current, &proposed, &teams);
    let edit = paths::edit_draft(current.id, &id);
    let stale = (current.version != proposal.version && !matches!(state, PreviewState::Saved(_))).then(|| {
        let text = format!(
            "An administrator saved version {} while you were editing version {}. Nothing of yours is saved yet.",
            current.version, proposal.version
        );
        let href = paths::compare_guardrail(current.id, proposal.version, current.version);
        let way_on = Some(WayOn { text: "See what changed.".to_owned(), href });
        view! { <div role="alert"><Notice tone=Tone::Warn text=text way_on=way_on/></div> }
    });
    let again = again.then(|| {
        let text = "The figures were older than a minute, so that they were computed again. Nothing is saved yet.";
        view! { <div role="status"><Notice tone=Tone::Info text=text/></div> }
    });
    let action = paths::preview_guardrail(current.id, &id);
    let found = match state {
        PreviewState::Done(report) => {
            let nothing_new = changed.is_empty();
            view! { {figures(&report)}{refusals(&report)}{decision(&report, &action, &edit, next, nothing_new, &chosen, &reasons, &calendar)} }.into_any()
        }
        PreviewState::Saved(version) => {
            let text = format!("Saved as version {version}.");
            let way_on = Some(WayOn { text: "Open the guardrails.".to_owned(), href: paths::guardrail(current.id) });
            view! { <Notice tone=Tone::Ok text=text way_on=way_on/> }.into_any()
        }
        other => progress(&other, &action, &edit).into_any(),
    };
    let changed = if changed.is_empty() {
        view! { <p class="muted">"Terms stay as they are. Keys that keep to an older version can follow this one."</p> }
            .into_any()
    } else {
        changes(changed).into_any()
    };
    view! {
        <PageHead title=format!("Preview of version {next}") crumb=crumb/>
        <ErrorSummary undone="the guardrails can be saved" wrong=reasons.summary(|field| ["apply", "from", "accept"].contains(&field))/>
        {stale}
        {again}
        <Section id="changes" title="What changes">{changed}</Section>
        {found}
    }
}

fn progress(state: &PreviewState, action: &str, edit: &str) -> impl IntoView + use<> {
    let (text, tone) = match state {
        PreviewState::Running { done, of } => {
            let days = |hours: &u32| hours.div_ceil(24);
            (format!("Going through the calls of {} days: {} done.", days(of), days(done)), Tone::Info)
        }
        PreviewState::Waiting => ("Waiting for another preview to end.".to_owned(), Tone::Info),
        _ => (
            "The preview could not be computed. Nothing is saved; it starts anew when you look again.".to_owned(),
            Tone::Bad,
        ),
    };
    let way_on = Some(WayOn { text: "Look again.".to_owned(), href: action.to_owned() });
    let edit = edit.to_owned();
    view! {
        <div role="status"><Notice tone=tone text=text way_on=way_on/></div>
        <p><a href=edit>"Back to the form"</a></p>
    }
}

fn figures(report: &PreviewReport) -> impl IntoView + use<> {
    let calls = counted(report.calls, "call");
    let facts = vec![
        Fact::new("Would have been refused", counted(report.refused, "call"))
            .noted(format!("of {calls} in {PREVIEW_DAYS} days, made with keys that get other terms")),
        Fact::new("Keys that made them", counted(report.keys_refused, "key"))
            .noted(format!("of {}", counted(report.owners_refused, "owner"))),
        Fact::new("Keys above the new maximum", grouped(report.keys_above))
            .noted(format!("of {}; they would have the maximum", counted(report.keys, "live key"))),
        Fact::new("Worst case a month, all keys", usd(report.worst_after))
            .noted(format!("now {}", usd(report.worst_before))),
    ];
    view! { <Section id="figures" title="If existing keys follow"><div class="panel"><Facts facts=facts/></div></Section> }
}

/// By reason, then by key; nothing if nothing would have been refused.
fn refusals(report: &PreviewReport) -> impl IntoView + use<> {
    let shortened = (report.shortened > 0).then(|| {
        let text = format!(
            "{} had a longer answer than these guardrails would allow. They would have been cut, not refused.",
            counted(report.shortened, "call")
        );
        view! { <p class="muted">{text}</p> }
    });
    if report.refused == 0 {
        let text = if report.keys_changed == 0 {
            "No live key gets other terms by this change."
        } else {
            "No call of these days would have been refused."
        };
        return view! { <Section id="refused" title="Refusals"><p>{text}</p>{shortened}</Section> }.into_any();
    }
    let reasons: Vec<_> = report
        .by_rule
        .iter()
        .map(|(&rule, &count)| {
            view! {
                <tr>
                    <NameCell name=words::rule(rule)/>
                    <Cell label="Calls" number=true>{grouped(count)}</Cell>
                </tr>
            }
        })
        .collect();
    let reason_columns = vec![Column::text("Refused by"), Column::number("Calls")];
    let keys = report.named.iter().map(key_row).collect_view();
    let key_columns = vec![
        Column::text("Key"),
        Column::text("Owner"),
        Column::number("Refused"),
        Column::number("Of calls"),
        Column::text("Refused by"),
    ];
    let shown = u64::try_from(report.named.len()).unwrap_or(u64::MAX);
    let rest = report.keys_refused.saturating_sub(shown);
    let rest = (rest > 0).then(|| view! { <p class="muted">{format!("And {} with fewer.", counted(rest, "key"))}</p> });
    let few = report.keys_refused <= 10;
    let note = counted(report.keys_refused, "key");
    view! {
        <Section id="refused" title="Refusals">
            <Table columns=reason_columns caption="By reason" compact=true>{reasons}</Table>
            <Fold summary="By key" note=note open=few>
                <Table columns=key_columns caption="By key" compact=true>{keys}</Table>
                {rest}
            </Fold>
            {shortened}
        </Section>
    }
    .into_any()
}

fn key_row(key: &RefusedKey) -> impl IntoView + use<> {
    let RefusedKey { id, name, owner_name, found } = key.clone();
    let rules: Vec<String> = found.by_rule.keys().map(|&rule| words::rule(rule).to_lowercase()).collect();
    view! {
        <tr>
            <NameCell name=name href=paths::key(id)/>
            <Cell label="Owner">{owner_name}</Cell>
            <Cell label="Refused" number=true>{grouped(found.refused)}</Cell>
            <Cell label="Of calls" number=true>{grouped(found.calls)}</Cell>
            <Cell label="Refused by">{rules.join(", ")}</Cell>
        </tr>
    }
}

#[expect(clippy::too_many_arguments, reason = "what one form says, each a different thing")]
fn decision(
    report: &PreviewReport,
    action: &str,
    edit: &str,
    next: i64,
    nothing_new: bool,
    chosen: &Chosen,
    reasons: &Reasons,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let options = vec![
        ChoiceOption::new(ALL_KEYS, "Existing keys too, from the next call on"),
        ChoiceOption::new(NEXT_ROTATION, "Existing keys too, each at its next rotation")
            .noted("until then it keeps to the version that it has"),
        ChoiceOption::new(FROM_DATE, "Existing keys too, from a day on")
            .noted("until then they keep to the version that they have"),
        ChoiceOption::new(NEW_KEYS, "New keys only").noted("keys that exist keep to the version that they have"),
    ];
    let midnight = format!("only for a change from a day on, which begins at midnight, {}", calendar.zone_name());
    let accept = (report.refused > 0).then(|| {
        let text = format!("Refuse {} like these", counted(report.refused, "call"));
        view! {
            <Check
                name="accept" text=text value=report.refused.to_string() note="needed where existing keys follow"
                problem=reasons.at("accept")
            />
        }
    });
    let save = if nothing_new { "Let existing keys follow".to_owned() } else { format!("Save version {next}") };
    let limits = format!(
        "Gone through: calls that were let in since {}. Not known from them: parameters of calls, and what was spent before \
         that day. Computed {}.",
        calendar.date_time(report.from),
        calendar.relative(report.computed_at)
    );
    let (action, edit) = (action.to_owned(), edit.to_owned());
    view! {
        <form class="form" method="post" action=action>
            <Choices name="apply" label="Apply to" options=options value=chosen.apply.clone() problem=reasons.at("apply")/>
            <TextField name="from" label="From" kind="date" value=chosen.from.clone() hint=midnight problem=reasons.at("from")/>
            {accept}
            <p class="muted">{limits}</p>
            <div class="actions">
                <button class="button primary" type="submit">{save}</button>
                <a class="button plain" href=edit>"Back to the form"</a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_the_organisations_zone_and_every_mistake_has_its_field() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let reach = |apply: &str, from: &str| Chosen { apply: apply.into(), from: from.into() }.reach(&zone);
        let moment: jiff::Timestamp = "2026-11-30T23:00:00Z".parse().unwrap();
        let midnight = Timestamp::from_ms(moment.as_millisecond());
        assert_eq!(reach("from_date", " 2026-12-01 "), Ok(Reach::From(midnight)));
        assert_eq!(reach("next_rotation", "2026-12-01"), Ok(Reach::NextRotation));
        let field = |apply, from| reach(apply, from).unwrap_err().0;
        assert_eq!(
            (field("from_date", ""), field("from_date", "1.12."), field("", "2026-12-01")),
            ("from", "from", "apply")
        );
    }
}
