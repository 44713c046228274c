//! Changing when a key ends, within what its guardrails allow.

use super::{Ended, crumb, ended, key_for, page, problem};
use crate::components::{ErrorSummary, PageHead, TextField, Wrong};
use crate::format::Calendar;
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use portal::keys::KeyDetail;
use serde::Deserialize;

const FIELD: &str = "expires_at";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    /// `2027-02-18`
    expires_at: String,
}

pub struct Model {
    pub key: VirtualKey,
    pub latest: Timestamp,
    /// As typed.
    pub expires_at: String,
    pub refusals: Vec<Refusal>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match key_for(&visit, &input, |acts| acts.set_expiry).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let typed = date(detail.key.expires_at, &visit.calendar().zone).to_string();
    let model = model(&visit, detail, typed, Vec::new());
    Ok(Answer::ok(page(&visit, "Change expiry", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { expires_at } = input.form()?;
    let id = input.segment("id")?;
    let detail = visit.portal.key(&visit.caller, id).await?;
    let refusals = match last_moment(&expires_at, detail.latest_expiry, &visit.calendar().zone) {
        Some(end) => match ended(visit.portal.set_key_expiry(&visit.caller, id, end).await)? {
            Ended::Done(answer) => return Ok(answer),
            Ended::Refused(refusals) => refusals,
        },
        None => {
            vec![Refusal::new(FIELD, if expires_at.trim().is_empty() { Reason::Missing } else { Reason::Malformed })]
        }
    };
    let model = model(&visit, detail, expires_at, refusals);
    Ok(Answer::refused(page(&visit, "Change expiry", || view(model))))
}

fn model(visit: &Visit, detail: KeyDetail, expires_at: String, refusals: Vec<Refusal>) -> Model {
    Model { key: detail.key, latest: detail.latest_expiry, expires_at, refusals, calendar: visit.calendar() }
}

fn date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_jiff().to_zoned(zone.clone()).date()
}

/// The key works all through the chosen day; on the last day that is possible, until the moment that is.
pub fn last_moment(typed: &str, latest: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let day: Date = typed.trim().parse().ok()?;
    if day == date(latest, zone) {
        return Some(latest);
    }
    end_of_day(typed, zone)
}

/// The last moment of a day.
pub fn end_of_day(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day: Date = typed.trim().parse().ok()?;
    let next = day.tomorrow().ok()?;
    let end = zone.to_ambiguous_zoned(next.at(0, 0, 0, 0)).compatible().ok()?;
    Some(Timestamp::from_ms(end.timestamp().as_millisecond()).plus_ms(-1))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { key, latest, expires_at, refusals, calendar } = model;
    let wrong =
        refusals.iter().map(|refusal| Wrong { field: Some(FIELD.to_owned()), message: words::refusal(refusal) });
    let hint = "The key works until the end of that day; afterwards every call is refused, and it cannot be revived.";
    view! {
        <PageHead title=format!("Change when {} expires", key.name) crumb=crumb(&key)/>
        <form class="form" method="post" action=paths::key_act(key.id, KeyAct::SetExpiry)>
            <ErrorSummary undone="the end is changed" wrong=wrong.collect()/>
            <p>{format!("It expires on {}, {}.", calendar.date_time(key.expires_at), calendar.relative(key.expires_at))}</p>
            <TextField name=FIELD label="Expires on" kind="date" value=expires_at required=true hint=hint
                bound=format!("at the latest {}", calendar.date_time(latest)) problem=problem(&refusals)/>
            <div class="actions">
                <button class="button primary" type="submit">"Change expiry"</button>
                <a class="button plain" href=paths::key(key.id)>"Leave it"</a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_day_lasts_until_its_end_in_the_organisations_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let latest = at("2027-03-28T15:00:00Z");
        let end = |typed| last_moment(typed, latest, &zone);
        assert_eq!(end("2027-02-18"), Some(at("2027-02-18T22:59:59.999Z")));
        assert_eq!(end("2027-03-28"), Some(latest), "the last day that is possible");
        assert_eq!(end("2027-03-29"), Some(at("2027-03-29T21:59:59.999Z")), "refused by the rules, not by us");
        for broken in ["", "18.2.2027", "2027-02-30", "tomorrow"] {
            assert_eq!(end(broken), None, "{broken}");
        }
    }
}
