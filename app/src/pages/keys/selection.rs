//! One act on several keys: the bar below the list, the page that says what will happen to each, and what became of them.
//!
//! The selection lives in the address until it is confirmed; what is confirmed are the keys that the page listed, and no
//! others that match by then.

mod outcome;
mod view;

pub use outcome::{Outcome, view as outcome_view};
pub use view::{bar, view};

use super::acts::expiry::end_of_day;
use super::list::{Asked, default_owner};
use crate::chrome::Place;
use crate::format::Calendar;
use crate::html;
use crate::pages::form::Reasons;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::KeyId;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::RevocationReason;
use portal::keys::{KeysAct, MOST_SELECTED, Selection};
use serde::Deserialize;

/// What can be done with several keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Disable,
    Enable,
    Expire,
    Rotate,
    Revoke,
}

impl Act {
    pub const ALL: [Self; 5] = [Self::Disable, Self::Enable, Self::Expire, Self::Rotate, Self::Revoke];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Expire => "expire",
            Self::Rotate => "rotate",
            Self::Revoke => "revoke",
        }
    }
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// The address of a selection, and its form: the keys, the act, and the list that they were chosen from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Chosen {
    act: String,
    key: Vec<String>,
    /// All that match, and not only the ticked ones.
    all: String,
    view: Option<String>,
    owner: Option<String>,
    environment: Option<String>,
    q: Option<String>,
    sort: Option<String>,
    after: Option<String>,
    until: String,
    reason: String,
    count: String,
}

impl Chosen {
    /// The form that the page shows has these fields and no others.
    fn read(input: &Input) -> Result<Self, PageError> {
        const FIELDS: [&str; 11] =
            ["act", "key", "view", "owner", "environment", "q", "sort", "after", "until", "reason", "count"];
        let pairs: Vec<(String, String)> = input.form()?;
        match pairs.iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
            Some((name, _)) => Err(PageError::Unprocessable(format!("unknown field `{name}`"))),
            None => input.form(),
        }
    }

    fn list(&self) -> Asked {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Asked {
            view: given(&self.view),
            owner: given(&self.owner),
            environment: given(&self.environment),
            q: given(&self.q),
            sort: given(&self.sort),
            after: given(&self.after),
            from: None,
        }
    }

    fn act(&self) -> Result<Act, PageError> {
        Act::from_word(&self.act).ok_or_else(|| PageError::BadRequest("act is none of those offered".to_owned()))
    }

    fn keys(&self) -> Result<Vec<KeyId>, PageError> {
        if self.key.len() > MOST_SELECTED {
            return Err(PageError::Unprocessable(format!("One act takes at most {MOST_SELECTED} keys.")));
        }
        self.key.iter().map(|id| id.parse().map_err(|_| PageError::NotFound)).collect()
    }
}

pub struct Model {
    pub act: Act,
    pub selection: Selection,
    /// Where the keys were chosen, with the cursor of those after them.
    pub list: Asked,
    pub until: String,
    pub reason: RevocationReason,
    /// As typed.
    pub count: String,
    pub reasons: Reasons,
    pub calendar: Calendar,
}

/// Two weeks to rotate or to wind down.
const DEFAULT_DAYS: i64 = 14;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let chosen: Chosen = input.query()?;
    let act = chosen.act()?;
    let selection = if chosen.all == "yes" {
        let query = chosen.list().query(default_owner(&visit));
        visit.portal.matching_keys(&visit.caller, &query).await?
    } else {
        visit.portal.selected_keys(&visit.caller, &chosen.keys()?).await?
    };
    let calendar = visit.calendar();
    let until = calendar.now.plus_days(DEFAULT_DAYS).to_jiff().to_zoned(calendar.zone.clone()).date();
    let model = Model {
        act,
        list: Asked { after: selection.next.clone(), ..chosen.list() },
        selection,
        until: until.to_string(),
        reason: RevocationReason::NoLongerNeeded,
        count: String::new(),
        reasons: Reasons::default(),
        calendar,
    };
    Ok(Answer::ok(document(&visit, || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let chosen = Chosen::read(&input)?;
    let (act, keys) = (chosen.act().map_err(|_| unprocessable("act"))?, chosen.keys()?);
    if keys.is_empty() {
        return Err(unprocessable("key"));
    }
    match read(act, &chosen, keys.len(), &visit.calendar()) {
        Ok(wanted) => {
            let changed = visit.portal.change_keys(&visit.caller, &keys, wanted).await?;
            let outcome = Outcome { act, changed, list: chosen.list(), calendar: visit.calendar() };
            Ok(Answer::ok(document(&visit, || outcome_view(outcome))))
        }
        Err(refusals) => {
            let model = Model {
                act,
                selection: visit.portal.selected_keys(&visit.caller, &keys).await?,
                list: chosen.list(),
                until: chosen.until,
                reason: RevocationReason::from_word(&chosen.reason).unwrap_or(RevocationReason::NoLongerNeeded),
                count: chosen.count,
                reasons: refusals,
                calendar: visit.calendar(),
            };
            Ok(Answer::refused(document(&visit, || view(model))))
        }
    }
}

fn document<V: leptos::prelude::IntoView + 'static>(visit: &Visit, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(Place::Keys), "Selected keys", body)
}

fn unprocessable(field: &str) -> PageError {
    PageError::Unprocessable(format!("The form does not say {field}, which this page gives it."))
}

/// What was entered, as an act of the portal.
fn read(act: Act, chosen: &Chosen, keys: usize, calendar: &Calendar) -> Result<KeysAct, Reasons> {
    let mut reasons = Reasons::default();
    let wanted = match act {
        Act::Disable => Some(KeysAct::Disable),
        Act::Enable => Some(KeysAct::Enable),
        Act::Expire => day(chosen, calendar, &mut reasons).map(KeysAct::SetExpiry),
        Act::Rotate => day(chosen, calendar, &mut reasons).map(KeysAct::AskToRotate),
        Act::Revoke => {
            if chosen.count.trim() != keys.to_string() {
                reasons.add("count", format!("Type {keys}, the number of keys that will be revoked."));
            }
            let reason = RevocationReason::from_word(&chosen.reason);
            if reason.is_none() {
                reasons.add("reason", crate::words::refusal(&Refusal::new("reason", Reason::UnknownChoice)));
            }
            reason.map(KeysAct::Revoke)
        }
    };
    wanted.filter(|_| reasons.is_empty()).ok_or(reasons)
}

/// The last moment of the day entered.
fn day(chosen: &Chosen, calendar: &Calendar, reasons: &mut Reasons) -> Option<Timestamp> {
    let end = end_of_day(&chosen.until, &calendar.zone);
    let wrong = match end {
        Some(end) if end > calendar.now => return Some(end),
        Some(_) => Reason::InThePast,
        None if chosen.until.trim().is_empty() => Reason::Missing,
        None => Reason::Malformed,
    };
    reasons.add("until", crate::words::refusal(&Refusal::new("until", wrong)));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn calendar() -> Calendar {
        Calendar { zone: TimeZone::UTC, now: Timestamp::from_ms(1_795_248_000_000) } // 2026-11-21
    }

    #[test]
    fn revoking_takes_the_number_of_keys() {
        let chosen = |count: &str, reason: &str| Chosen {
            count: count.to_owned(),
            reason: reason.to_owned(),
            ..Chosen::default()
        };
        let revoke = |chosen| read(Act::Revoke, &chosen, 12, &calendar());
        assert_eq!(revoke(chosen(" 12 ", "replaced")), Ok(KeysAct::Revoke(RevocationReason::Replaced)));
        for (count, reason, fields) in
            [("11", "replaced", &["count"][..]), ("", "", &["count", "reason"]), ("12", "because", &["reason"])]
        {
            let reasons = revoke(chosen(count, reason)).unwrap_err();
            for field in ["count", "reason"] {
                assert_eq!(reasons.at(field).is_some(), fields.contains(&field), "{count} {reason} {field}");
            }
        }
    }

    #[test]
    fn a_day_is_one_to_come() {
        let act = |until: &str| {
            let chosen = Chosen { until: until.to_owned(), ..Chosen::default() };
            read(Act::Rotate, &chosen, 1, &calendar())
        };
        assert!(matches!(act("2026-11-21"), Ok(KeysAct::AskToRotate(end)) if end > calendar().now), "all of today");
        for broken in ["", "2026-11-20", "soon"] {
            assert!(act(broken).unwrap_err().at("until").is_some(), "{broken}");
        }
    }
}
