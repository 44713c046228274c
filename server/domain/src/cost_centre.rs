//! Cost centres: what finance books spend to, by a list that administrators keep.
//!
//! The code is what keys and usage carry, so that it never changes; name, contact and the days on which it is valid may.
//! A key is minted for one that is valid on that day. One that has ended keeps its past spend, and keys that still carry
//! it go on: somebody decides where they belong.

use crate::day::Day;
use crate::id::CostCentreId;
use crate::minting::LONGEST_NAME;
use crate::plain_text::{optional_text, plain_text};
use crate::refusal::{Reason, Refusal};
use jiff::civil::Date;

/// A contact may be an address with a name before it.
const LONGEST_CONTACT: u32 = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostCentre {
    pub id: CostCentreId,
    pub entry: CentreEntry,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
}

/// What the list says about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreEntry {
    pub code: String,
    pub name: String,
    /// Whom to ask about it.
    pub contact: Option<String>,
    /// The first day; `None`: since ever.
    pub valid_from: Option<Day>,
    /// The last day; `None`: until further notice.
    pub valid_until: Option<Day>,
}

/// Where a day lies among those on which a cost centre is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CentreStanding {
    NotYet { from: Day },
    Valid,
    Ended { last: Day },
}

impl CentreEntry {
    /// As people read it: `4711 Research`. One that was typed before there was a list is called by its code.
    pub fn label(&self) -> String {
        if self.name == self.code { self.code.clone() } else { format!("{} {}", self.code, self.name) }
    }
    pub fn standing(&self, today: Day) -> CentreStanding {
        match (self.valid_from, self.valid_until) {
            (_, Some(last)) if last < today => CentreStanding::Ended { last },
            (Some(from), _) if today < from => CentreStanding::NotYet { from },
            _ => CentreStanding::Valid,
        }
    }
}

/// What is known of the cost centre that a new key gets.
#[derive(Debug, Clone, Copy)]
pub struct CentreFacts<'a> {
    /// The one whose code was named, if there is such a one.
    pub named: Option<&'a CentreEntry>,
    /// The code of the owner's own, by directory or team, where none is named. Valid today.
    pub usual: Option<&'a str>,
    pub today: Day,
}

/// Why nothing new can be booked to this code; `None` stands for one that is not in the list.
pub fn check_centre(centre: Option<&CentreEntry>, code: &str, today: Day) -> Option<Reason> {
    let code = || code.to_owned();
    match centre.map(|centre| centre.standing(today)) {
        None => Some(Reason::CostCentreUnknown { code: code() }),
        Some(CentreStanding::NotYet { from }) => Some(Reason::CostCentreNotYet { code: code(), from }),
        Some(CentreStanding::Ended { last }) => Some(Reason::CostCentreEnded { code: code(), last }),
        Some(CentreStanding::Valid) => None,
    }
}

/// An entry as typed, in a form or in a line of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CentreDraft {
    pub code: String,
    pub name: String,
    pub contact: String,
    /// `2027-01-31`, or nothing.
    pub valid_from: String,
    pub valid_until: String,
}

impl CentreDraft {
    /// The entry, or every reason why it is none.
    pub fn read(&self) -> Result<CentreEntry, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let code = kept(&mut refusals, "code", plain_text(&self.code, LONGEST_NAME));
        let name = kept(&mut refusals, "name", plain_text(&self.name, LONGEST_NAME));
        let contact = kept(&mut refusals, "contact", optional_text(Some(&self.contact), LONGEST_CONTACT));
        let valid_from = kept(&mut refusals, "valid_from", typed_day(&self.valid_from));
        let valid_until = kept(&mut refusals, "valid_until", typed_day(&self.valid_until));
        if let (Some(Some(from)), Some(Some(until))) = (valid_from, valid_until)
            && until < from
        {
            refusals.push(Refusal::new("valid_until", Reason::EndsBeforeStart));
        }
        match (code, name, contact, valid_from, valid_until) {
            (Some(code), Some(name), Some(contact), Some(valid_from), Some(valid_until)) if refusals.is_empty() => {
                Ok(CentreEntry { code, name, contact, valid_from, valid_until })
            }
            _ => Err(refusals),
        }
    }
}

impl From<&CentreEntry> for CentreDraft {
    fn from(entry: &CentreEntry) -> Self {
        let day = |day: Option<Day>| day.map(|day| day.date().to_string()).unwrap_or_default();
        Self {
            code: entry.code.clone(),
            name: entry.name.clone(),
            contact: entry.contact.clone().unwrap_or_default(),
            valid_from: day(entry.valid_from),
            valid_until: day(entry.valid_until),
        }
    }
}

/// What was read, or its reason beside the others.
fn kept<T>(refusals: &mut Vec<Refusal>, field: &'static str, read: Result<T, Reason>) -> Option<T> {
    read.map_err(|reason| refusals.push(Refusal::new(field, reason))).ok()
}

/// Nothing is no limit.
pub fn typed_day(text: &str) -> Result<Option<Day>, Reason> {
    match text.trim() {
        "" => Ok(None),
        typed => typed.parse::<Date>().map(|date| Some(Day::of(date))).map_err(|_| Reason::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> CentreDraft {
        CentreDraft {
            code: " 4711 ".into(),
            name: "Research".into(),
            contact: String::new(),
            valid_from: "2026-01-01".into(),
            valid_until: "2026-12-31".into(),
        }
    }

    fn day(text: &str) -> Day {
        Day::of(text.parse().unwrap())
    }

    #[test]
    fn the_first_and_the_last_day_are_valid_and_those_beside_them_are_not() {
        let entry = draft().read().unwrap();
        assert_eq!((entry.code.as_str(), &entry.contact), ("4711", &None));
        for (today, code) in [
            ("2025-12-31", Some("cost_centre_not_yet")),
            ("2026-01-01", None),
            ("2026-12-31", None),
            ("2027-01-01", Some("cost_centre_ended")),
        ] {
            let reason = check_centre(Some(&entry), "4711", day(today));
            assert_eq!(reason.as_ref().map(Reason::code), code, "{today}");
        }
        assert_eq!(check_centre(None, "4712", day("2026-01-01")).unwrap().code(), "cost_centre_unknown");
        let always = CentreEntry { valid_from: None, valid_until: None, ..entry };
        assert_eq!(always.standing(day("1970-01-01")), CentreStanding::Valid);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong = CentreDraft {
            code: String::new(),
            name: "a\u{202E}b".into(),
            contact: "x".repeat(129),
            valid_from: "31.12.2026".into(),
            valid_until: "2026-13-01".into(),
        };
        let said: Vec<_> =
            wrong.read().unwrap_err().iter().map(|refusal| (refusal.field, refusal.reason.code())).collect();
        assert_eq!(
            said,
            [
                ("code", "missing"),
                ("name", "hidden_characters"),
                ("contact", "too_long"),
                ("valid_from", "malformed"),
                ("valid_until", "malformed")
            ]
        );
        let turned = CentreDraft { valid_until: "2025-12-31".into(), ..draft() };
        assert_eq!(turned.read().unwrap_err(), [Refusal::new("valid_until", Reason::EndsBeforeStart)]);
    }

    #[test]
    fn an_entry_is_read_back_from_its_draft() {
        let entry = draft().read().unwrap();
        assert_eq!(CentreDraft::from(&entry).read().unwrap(), entry);
    }
}
