//! `/admin/key-policy`: the text that everybody reads who mints a key, its versions, and who said to have read which.

use crate::chrome::Place;
use crate::components::{
    Cell, Column, Crumb, EmptyState, ErrorSummary, Field, Fold, NameCell, Notice, PageHead, Section, Table, TextArea,
    Tone, when,
};
use crate::format::Calendar;
use crate::pages::admin::{Happened, document, may_change, more, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::pages::keys::mint::policy::paragraphs;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::data_scope::OfEveryone;
use domain::id::KeyId;
use domain::time::Timestamp;
use leptos::prelude::*;
use portal::PortalError;
use portal::administration::key_policy::{AcknowledgementRow, PolicyPage, PolicyVersion};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<i64>,
    /// The last acknowledgement seen: its moment and its key.
    before: Option<i64>,
    key: Option<KeyId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyForm {
    /// The version that the edit started from; 0 for the first.
    pub version: i64,
    pub text: String,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved, before, key } = input.query()?;
    let before = before.map(Timestamp::from_ms).zip(key);
    let policy = visit.portal.key_policy_page(&visit.caller, before).await?;
    let happened = saved.map(|version| {
        Happened::well(format!(
            "Version {version} holds. Whoever mints from now on reads it first; keys that exist go on."
        ))
    });
    let text = policy.versions.first().map(|newest| newest.policy.text.clone()).unwrap_or_default();
    let may_change = may_change(&visit);
    let of_everyone = visit.frame.around.of_everyone;
    let model = Model { policy, text, happened, reasons: Reasons::default(), stale: None, may_change, of_everyone };
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let PolicyForm { version, text } = input.form()?;
    let answer = visit.portal.save_key_policy(visit.administrator()?, version, &text).await;
    let (status, reasons, stale) = match answer {
        Err(PortalError::Stale { current }) => (409, Reasons::default(), Some((version, current))),
        answer => match sent(answer)? {
            Sent::Done(saved) => return Ok(Answer::SeeOther(format!("{}?saved={saved}", paths::KEY_POLICY))),
            Sent::Before(made) => return Ok(Answer::SeeOther(paths::made(made))),
            Sent::Refused(reasons) => (422, reasons, None),
        },
    };
    let policy = visit.portal.key_policy_page(&visit.caller, None).await?;
    let model = Model { policy, text, happened: None, reasons, stale, may_change: true, of_everyone: OfEveryone::ALL };
    Ok(Answer::Page { status, html: page(&visit, model) })
}

fn page(visit: &Visit, model: Model) -> String {
    document(visit, Place::Guardrails, "Key policy", |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub policy: PolicyPage,
    /// As typed.
    pub text: String,
    pub happened: Option<Happened>,
    pub reasons: Reasons,
    /// The version that the edit started from, and the one that somebody saved meanwhile.
    pub stale: Option<(i64, i64)>,
    pub may_change: bool,
    pub of_everyone: OfEveryone,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { policy, text, happened, reasons, stale, may_change, of_everyone } = model;
    let PolicyPage { versions, acknowledgements, next } = policy;
    let version = versions.first().map_or(0, |newest| newest.policy.version);
    let stale = stale.map(|(from, current)| {
        let text = format!(
            "An administrator saved version {current} while you were editing version {from}. Nothing of yours is saved yet: \
             compare with it below, then save yours as version {}.",
            current + 1
        );
        view! { <div role="alert"><Notice tone=Tone::Warn text=text/></div> }
    });
    let body = if may_change {
        form(version, text, &reasons).into_any()
    } else if text.is_empty() {
        view! { <EmptyState text="There is no key policy."/> }.into_any()
    } else {
        view! { <div class="panel">{paragraphs(&text)}</div> }.into_any()
    };
    let next = next.map(|(at, key)| format!("{}?before={}&key={key}", paths::KEY_POLICY, at.as_ms()));
    let older: Vec<_> = versions.into_iter().map(|one| past(calendar, one)).collect();
    let older = (!older.is_empty()).then(|| view! { <Section id="versions" title="Versions">{older}</Section> });
    view! {
        <PageHead
            title="Key policy"
            crumb=Crumb { text: "Guardrails".to_owned(), href: paths::GUARDRAILS.to_owned() }
        />
        {notice(happened)}
        {stale}
        {body}
        {older}
        {said(calendar, acknowledgements, of_everyone)}
        {more(next)}
    }
}

fn form(version: i64, text: String, reasons: &Reasons) -> impl IntoView + use<> {
    let problem = reasons.at("text");
    let invalid = problem.is_some();
    let described = if invalid { "text-error text-hint" } else { "text-hint" };
    let hint = "Shown to everybody who mints a key, who has to say that it was read. A blank line parts paragraphs. Empty: \
                nothing is asked.";
    view! {
        <ErrorSummary undone="the key policy can be saved" wrong=reasons.summary(|field| field == "text")/>
        <form class="form" method="post" action=paths::KEY_POLICY>
            <input type="hidden" name="version" value=version/>
            <Field id="text" label="Text" hint=hint problem=problem>
                <TextArea id="text" name="text" value=text rows=12 invalid=invalid described_by=described.to_owned()/>
            </Field>
            <div class="actions">
                <button class="button primary" type="submit">{format!("Save version {}", version + 1)}</button>
                <a class="button plain" href=paths::GUARDRAILS>"Cancel"</a>
            </div>
        </form>
    }
}

fn past(calendar: &Calendar, version: PolicyVersion) -> impl IntoView + use<> {
    let PolicyVersion { policy, saved_at, saved_by_name } = version;
    let note = format!("saved {} by {saved_by_name}", calendar.date_time(saved_at));
    let text = if policy.text.is_empty() {
        view! { <p class="muted">"Withdrawn: nothing was asked."</p> }.into_any()
    } else {
        paragraphs(&policy.text).into_any()
    };
    view! { <Fold summary=format!("Version {}", policy.version) note=note>{text}</Fold> }
}

fn said(
    calendar: &Calendar,
    acknowledgements: Vec<AcknowledgementRow>,
    of_everyone: OfEveryone,
) -> impl IntoView + use<> {
    let rows: Vec<_> = acknowledgements.into_iter().map(|one| row(calendar, one, of_everyone)).collect();
    let body = if rows.is_empty() {
        view! { <p class="muted">"Nobody has minted a key since there is one."</p> }.into_any()
    } else {
        let columns =
            vec![Column::text("Who"), Column::number("Version"), Column::text("When"), Column::text("Minted")];
        view! { <Table columns=columns caption="Acknowledged" compact=true>{rows}</Table> }.into_any()
    };
    view! { <Section id="acknowledged" title="Acknowledged">{body}</Section> }
}

/// What cannot be opened by everybody who reads this is named and not linked.
fn row(calendar: &Calendar, one: AcknowledgementRow, of_everyone: OfEveryone) -> impl IntoView + use<> {
    let AcknowledgementRow { key, version, person, person_name, at } = one;
    let at = when(calendar, at).into_any();
    let whose = if of_everyone.names { paths::person(person) } else { String::new() };
    let minted = match of_everyone.calls {
        true => view! { <a href=paths::key(key)>{key.to_string()}</a> }.into_any(),
        false => key.to_string().into_any(),
    };
    view! {
        <tr>
            <NameCell name=person_name href=whose/>
            <Cell label="Version" number=true>{version}</Cell>
            <Cell label="When">{at}</Cell>
            <Cell label="Minted">{minted}</Cell>
        </tr>
    }
}
