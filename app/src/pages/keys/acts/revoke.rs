//! Revoking a key: who used it lately, that it cannot be undone, and why it happens.

use super::{Ended, Used, callers, crumb, ended, key_for, page, problem};
use crate::components::{Cell, ChoiceOption, Choices, Column, ErrorSummary, NameCell, PageHead, Table, Wrong};
use crate::format::{Calendar, grouped};
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::refusal::{Reason, Refusal};
use domain::time::MS_PER_HOUR;
use domain::virtual_key::{RevocationReason, VirtualKey};
use leptos::prelude::*;
use portal::keys::{KeyDetail, LastUse};
use serde::Deserialize;

/// Enough to name those who would be refused; a busy key shows the latest of them.
const CALLS_LOOKED_AT: u32 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    reason: String,
}

pub struct Model {
    pub key: VirtualKey,
    pub last_use: Option<LastUse>,
    /// Those of the last hour.
    pub callers: Vec<Used>,
    pub reason: RevocationReason,
    pub refusals: Vec<Refusal>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match key_for(&visit, &input, |acts| acts.revoke).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let model = model(&visit, detail, RevocationReason::NoLongerNeeded, Vec::new()).await?;
    Ok(Answer::ok(page(&visit, "Revoke", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { reason } = input.form()?;
    let id = input.segment("id")?;
    let (reason, refusals) = match RevocationReason::from_word(&reason) {
        Some(reason) => match ended(visit.portal.revoke_key(&visit.caller, id, reason).await)? {
            Ended::Done(answer) => return Ok(answer),
            Ended::Refused(refusals) => (reason, refusals),
        },
        None => (RevocationReason::NoLongerNeeded, vec![Refusal::new("reason", Reason::UnknownChoice)]),
    };
    let detail = visit.portal.key(&visit.caller, id).await?;
    let model = model(&visit, detail, reason, refusals).await?;
    Ok(Answer::refused(page(&visit, "Revoke", || view(model))))
}

async fn model(
    visit: &Visit,
    detail: KeyDetail,
    reason: RevocationReason,
    refusals: Vec<Refusal>,
) -> Result<Model, PageError> {
    let key = visit.portal.see_key(&visit.caller, detail.key.id).await?;
    let calls = key.calls(None, CALLS_LOOKED_AT).await?.calls;
    let recent = calls.iter().filter(|call| visit.now().since(call.id.made_at()) <= MS_PER_HOUR);
    Ok(Model {
        callers: callers(recent),
        key: detail.key,
        last_use: detail.last_use,
        reason,
        refusals,
        calendar: visit.calendar(),
    })
}

pub fn view(model: Model) -> impl IntoView {
    let Model { key, last_use, callers, reason, refusals, calendar } = model;
    let wrong =
        refusals.iter().map(|refusal| Wrong { field: Some("reason".to_owned()), message: words::refusal(refusal) });
    let options = vec![
        ChoiceOption::new(RevocationReason::NoLongerNeeded.word(), "No longer needed"),
        ChoiceOption::new(RevocationReason::Replaced.word(), "Replaced by another key"),
        ChoiceOption::new(RevocationReason::Compromised.word(), "Compromised")
            .noted("Also cuts streams that are running now."),
    ];
    let who = who(&callers, last_use.as_ref(), &calendar);
    let table = (!callers.is_empty()).then(|| {
        let rows = callers.into_iter().map(|used| {
            let agent = if used.agent.is_empty() { "unknown client".to_owned() } else { used.agent };
            view! {
                <tr>
                    <NameCell name=agent/>
                    <Cell label="Network">{used.network}</Cell>
                    <Cell label="Calls" number=true>{grouped(u64::try_from(used.calls).unwrap_or(u64::MAX))}</Cell>
                </tr>
            }
        });
        let rows = rows.collect_view();
        let columns = vec![Column::text("Client"), Column::text("Network"), Column::number("Calls in the last hour")];
        view! { <Table columns=columns caption="Who used it in the last hour" compact=true>{rows}</Table> }
    });
    view! {
        <PageHead title=format!("Revoke {}", key.name) crumb=crumb(&key)/>
        <form class="form" method="post" action=paths::key_act(key.id, KeyAct::Revoke)>
            <ErrorSummary undone="the key is revoked" wrong=wrong.collect()/>
            <p>{who}</p>
            {table}
            <p><b>"This cannot be undone."</b>" The key's history and spend stay. To stop it for a while, disable it instead."</p>
            <Choices name="reason" label="Reason" options=options value=reason.word() problem=problem(&refusals)/>
            <div class="actions">
                <button class="button danger" type="submit">"Revoke now"</button>
                <a class="button plain" href=paths::key(key.id)>"Keep it"</a>
            </div>
        </form>
    }
}

fn who(callers: &[Used], last_use: Option<&LastUse>, calendar: &Calendar) -> String {
    match (callers.len(), last_use) {
        (1, _) => "1 caller in the last hour will be refused from the next call on.".to_owned(),
        (2.., _) => format!("{} callers in the last hour will be refused from the next call on.", callers.len()),
        (0, Some(used)) => format!(
            "Nobody called with it in the last hour. It was last used {} by {} from {}.",
            calendar.relative(used.at),
            if used.agent.is_empty() { "an unknown client" } else { &used.agent },
            used.network
        ),
        (0, None) => "It was never used.".to_owned(),
    }
}
