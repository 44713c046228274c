//! Quarterly reviews of keys: which is open, which keys are in it, and who says of which that it is still needed.
//!
//! Nothing opens a review but the calendar. In each quarter every key is reviewed that was minted before the quarter began
//! and still lives; each is answered for by one team or by the administrators, so that counts add up. What nobody decided
//! about when the quarter ends comes again in the next one.

use crate::day::Day;
use crate::id::{PersonId, TeamId};
use crate::person::{Caller, Role};
use crate::virtual_key::{Owner, RevocationReason};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// From the opening of a review to the last day on which it is in time.
pub const DAYS: i32 = 30;

/// Three months of the organisation's calendar, by their first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Day", from = "Day")]
pub struct Quarter(Day);

impl Quarter {
    pub fn of(day: Day) -> Self {
        let into = i32::from(day.date().month() - 1) % 3;
        Self(day.first_of_month().plus_months(-into))
    }
    pub const fn first_day(self) -> Day {
        self.0
    }
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.plus_months(3))
    }
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.plus_months(-3))
    }
    /// 1 to 4.
    pub fn number(self) -> i8 {
        (self.0.date().month() - 1) / 3 + 1
    }
}

impl From<Day> for Quarter {
    fn from(day: Day) -> Self {
        Self::of(day)
    }
}

impl From<Quarter> for Day {
    fn from(quarter: Quarter) -> Self {
        quarter.first_day()
    }
}

/// `2026-Q4`
impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-Q{}", self.0.date().year(), self.number())
    }
}

/// The text does not name a quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a quarter")]
pub struct InvalidQuarter;

impl FromStr for Quarter {
    type Err = InvalidQuarter;
    fn from_str(text: &str) -> Result<Self, InvalidQuarter> {
        let (year, number) = text.split_once("-Q").ok_or(InvalidQuarter)?;
        let (year, number): (i16, i8) = year.parse().ok().zip(number.parse().ok()).ok_or(InvalidQuarter)?;
        if !(1970..=9_998).contains(&year) || !(1..=4).contains(&number) {
            return Err(InvalidQuarter);
        }
        jiff::civil::Date::new(year, number * 3 - 2, 1).map(|date| Self(Day::of(date))).map_err(|_| InvalidQuarter)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Review {
    pub quarter: Quarter,
    pub opens: Day,
    /// The last day in time.
    pub due: Day,
}

impl Review {
    /// Of this quarter, if reviews are held since that day. The first one opens when they are switched on; where less time
    /// is left of the quarter than a review has, it is the next quarter's.
    pub fn of(quarter: Quarter, since: Day) -> Option<Self> {
        let opens = quarter.first_day().max(since);
        let due = opens.plus(DAYS);
        (due < quarter.next().first_day()).then_some(Self { quarter, opens, due })
    }

    /// The one that is open today.
    pub fn on(today: Day, since: Day) -> Option<Self> {
        Self::of(Quarter::of(today), since).filter(|review| today >= review.opens)
    }

    /// The first one that is held.
    pub fn first(since: Day) -> Self {
        let quarter = Quarter::of(since);
        let of_next = || {
            let opens = quarter.next().first_day();
            Self { quarter: quarter.next(), opens, due: opens.plus(DAYS) }
        };
        Self::of(quarter, since).unwrap_or_else(of_next)
    }

    pub fn is_overdue(&self, today: Day) -> bool {
        today > self.due
    }
}

/// What a reviewer says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Keep,
    Revoke(RevocationReason),
}

impl Choice {
    pub const fn decision(self) -> Decision {
        match self {
            Self::Keep => Decision::Keep,
            Self::Revoke(_) => Decision::Revoke,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    Keep,
    Revoke,
}

impl Decision {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Revoke => "revoke",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Keep, Self::Revoke].into_iter().find(|decision| decision.word() == word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub person: PersonId,
    pub lead: bool,
    pub active: bool,
    /// In this team and in no other.
    pub only_here: bool,
}

/// Who answers for the keys of one owner: the owning team, or the one team that a person is in. Of several teams none is
/// known to answer, so that the administrators do, as with money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    pub team: Option<TeamId>,
    /// Who leads it and does not own the keys alone. Empty: the administrators review.
    pub leads: Vec<PersonId>,
    /// The one person whose keys they are: their own, or of a team without other members.
    pub alone: Option<PersonId>,
}

/// Whether somebody reviews a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewing {
    Yes,
    /// It is their own, and there is somebody else to say that it is needed.
    OnesOwn,
    No,
}

impl Answering {
    /// `team` is the owning team, or the only team of the owning person.
    pub fn of(owner: Owner, team: Option<(TeamId, &[Member])>) -> Self {
        let members = team.map_or(&[][..], |(_, members)| members);
        let alone = match (owner, members) {
            (Owner::Person(person), _) => Some(person),
            (Owner::Team(_), [only]) => Some(only.person),
            (Owner::Team(_), _) => None,
        };
        let leads = members.iter().filter(|member| member.lead && member.active && Some(member.person) != alone);
        Self { team: team.map(|(team, _)| team), leads: leads.map(|member| member.person).collect(), alone }
    }

    /// Nobody says of their own key that it is needed, unless there is no other administrator to ask.
    pub fn reviewed_by(&self, caller: &Caller, only_administrator: bool) -> Reviewing {
        let administrator = caller.has(Role::Administrator);
        if self.alone == Some(caller.person) {
            return if administrator && only_administrator { Reviewing::Yes } else { Reviewing::OnesOwn };
        }
        if administrator || self.leads.contains(&caller.person) { Reviewing::Yes } else { Reviewing::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day::Days;
    use crate::time::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        Day::of(text.parse().unwrap())
    }

    #[test]
    fn a_quarter_is_three_months_of_the_calendar() {
        for (on, first, next, word) in [
            ("2026-01-01", "2026-01-01", "2026-04-01", "2026-Q1"),
            ("2026-03-31", "2026-01-01", "2026-04-01", "2026-Q1"),
            ("2028-02-29", "2028-01-01", "2028-04-01", "2028-Q1"),
            ("2026-04-01", "2026-04-01", "2026-07-01", "2026-Q2"),
            ("2026-09-30", "2026-07-01", "2026-10-01", "2026-Q3"),
            ("2026-12-31", "2026-10-01", "2027-01-01", "2026-Q4"),
        ] {
            let quarter = Quarter::of(day(on));
            assert_eq!((quarter.first_day(), quarter.next().first_day()), (day(first), day(next)), "{on}");
            assert_eq!(quarter.next().previous(), quarter, "{on}");
            assert_eq!((quarter.to_string().as_str(), word.parse()), (word, Ok(quarter)));
        }
        for broken in ["", "2026", "2026-Q0", "2026-Q5", "2026-Q-1", "-Q1", "1969-Q4", "9999-Q1", "99999-Q1", "2026-q1"]
        {
            assert_eq!(broken.parse::<Quarter>(), Err(InvalidQuarter), "{broken}");
        }
    }

    #[test]
    fn a_quarter_begins_in_the_organisations_zone() {
        let moment: jiff::Timestamp = "2026-12-31T23:30:00Z".parse().unwrap();
        let moment = Timestamp::from_ms(moment.as_millisecond());
        let quarter = |zone: &str| Quarter::of(Days::in_zone(TimeZone::get(zone).unwrap()).of(moment)).to_string();
        assert_eq!((quarter("Europe/Berlin"), quarter("UTC")), ("2027-Q1".into(), "2026-Q4".into()));
        assert_eq!(quarter("America/New_York"), "2026-Q4");
    }

    #[test]
    fn a_review_is_due_thirty_days_after_it_opened() {
        let long_on = day("2020-05-05");
        for (today, opens, due, overdue) in [
            ("2026-01-01", "2026-01-01", "2026-01-31", false),
            ("2026-01-31", "2026-01-01", "2026-01-31", false),
            ("2026-02-01", "2026-01-01", "2026-01-31", true),
            ("2028-02-29", "2028-01-01", "2028-01-31", true),
            ("2026-12-31", "2026-10-01", "2026-10-31", true),
            ("2027-01-01", "2027-01-01", "2027-01-31", false),
        ] {
            let review = Review::on(day(today), long_on).unwrap();
            assert_eq!((review.opens, review.due), (day(opens), day(due)), "{today}");
            assert_eq!(review.is_overdue(day(today)), overdue, "{today}");
        }
    }

    #[test]
    fn the_first_review_opens_when_they_are_switched_on_unless_its_quarter_is_nearly_over() {
        for (since, quarter, opens, due) in [
            ("2026-10-01", "2026-Q4", "2026-10-01", "2026-10-31"),
            ("2026-11-21", "2026-Q4", "2026-11-21", "2026-12-21"),
            ("2026-12-01", "2026-Q4", "2026-12-01", "2026-12-31"),
            ("2026-12-02", "2027-Q1", "2027-01-01", "2027-01-31"),
            ("2026-12-31", "2027-Q1", "2027-01-01", "2027-01-31"),
        ] {
            let first = Review::first(day(since));
            let said = (first.quarter.to_string(), first.opens, first.due);
            assert_eq!(said, (quarter.to_owned(), day(opens), day(due)), "{since}");
            assert_eq!(Review::on(first.opens, day(since)), Some(first), "{since}");
            assert_eq!(Review::on(first.opens.plus(-1), day(since)), None, "{since}");
        }
        assert_eq!(Review::of("2026-Q3".parse().unwrap(), day("2026-11-21")), None, "before they were switched on");
    }

    fn person(seed: u8) -> PersonId {
        PersonId::from_random(&[seed; 12])
    }
    fn member(seed: u8, lead: bool) -> Member {
        Member { person: person(seed), lead, active: true, only_here: true }
    }
    fn caller(seed: u8, roles: &[Role]) -> Caller {
        Caller {
            person: person(seed),
            name: "x".into(),
            email: String::new(),
            roles: roles.to_vec(),
            memberships: vec![],
            groups: vec![],
            address: String::new(),
        }
    }

    #[test]
    fn who_reviews_which_key() {
        use Reviewing::{No, OnesOwn, Yes};
        type Row<'a> = (&'a str, Owner, Option<&'a [Member]>, [Reviewing; 4]);
        // The lead, the second lead, the developer, and an administrator.
        let (team, lead, second, developer) = (TeamId::from_random(&[1; 12]), 1, 2, 3);
        let (of_team, of) = (Owner::Team(team), |seed| Owner::Person(person(seed)));
        let led = [member(lead, true), member(developer, false)];
        let led_by_two = [member(lead, true), member(second, true)];
        let left = [Member { active: false, ..member(lead, true) }, member(developer, false)];
        let lone = [member(lead, true)];
        let rows: [Row<'_>; 8] = [
            ("a team's key", of_team, Some(&led), [Yes, No, No, Yes]),
            ("a key of a team with two leads", of_team, Some(&led_by_two), [Yes, Yes, No, Yes]),
            ("a member's key", of(developer), Some(&led), [Yes, No, OnesOwn, Yes]),
            ("the lead's own key", of(lead), Some(&led), [OnesOwn, No, No, Yes]),
            ("the lead's own key beside another lead", of(lead), Some(&led_by_two), [OnesOwn, Yes, No, Yes]),
            ("a key of a team whose lead left", of_team, Some(&left), [No, No, No, Yes]),
            ("a key of a team of one", of_team, Some(&lone), [OnesOwn, No, No, Yes]),
            ("a key of somebody in no team or in several", of(developer), None, [No, No, OnesOwn, Yes]),
        ];
        for (what, owner, members, expected) in rows {
            let answering = Answering::of(owner, members.map(|members| (team, members)));
            let [one, two, three, four] = expected;
            for (seed, roles, expected) in
                [(lead, &[][..], one), (second, &[], two), (developer, &[], three), (9, &[Role::Administrator], four)]
            {
                assert_eq!(answering.reviewed_by(&caller(seed, roles), false), expected, "{what} {seed}");
            }
        }
    }

    #[test]
    fn only_the_only_administrator_reviews_what_is_their_own() {
        let own = Answering::of(Owner::Person(person(9)), None);
        let administrator = caller(9, &[Role::Administrator]);
        assert_eq!(own.reviewed_by(&administrator, false), Reviewing::OnesOwn);
        assert_eq!(own.reviewed_by(&administrator, true), Reviewing::Yes);
        assert_eq!(own.reviewed_by(&caller(9, &[]), true), Reviewing::OnesOwn, "and nobody else");
    }

    proptest! {
        #[test]
        fn a_review_ends_before_the_next_one_opens(today in 0..60_000_i32, on_for in 0..4_000_i32) {
            let (today, since) = (Day::from_number(today), Day::from_number(today - on_for));
            if let Some(review) = Review::on(today, since) {
                prop_assert!(review.opens <= today && today < review.quarter.next().first_day());
                prop_assert!(review.due < review.quarter.next().first_day());
                prop_assert_eq!(review.quarter.to_string().parse(), Ok(review.quarter));
            } else {
                prop_assert!(on_for < 92, "of each quarter after the first there is a review");
            }
        }
    }
}
