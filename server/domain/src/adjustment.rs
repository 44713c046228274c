//! Adjustments: past spend of a key that is booked to another cost centre than the one it was charged to.
//!
//! Always true: an adjustment takes from one cost centre exactly what it gives another, on each of its days, so that what
//! all of them spent stays what their calls cost. Of a day it takes at most what the books hold of the key there: what its
//! calls cost at that cost centre, and what earlier adjustments brought there or took away. Nothing of it concerns budgets
//! or limits, which have already decided about those calls.
//!
//! An adjustment is kept day by day. One over days that others have moved partly takes what is left of each, and a month
//! has what was moved of its own days.

use crate::commitment::Month;
use crate::cost_centre::typed_day;
use crate::day::Day;
use crate::id::{AdjustmentId, KeyId, PersonId};
use crate::money::NanoUsd;
use crate::refusal::{Reason, Refusal};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Long enough for a sentence or two.
pub const LONGEST_WHY: u32 = 256;

/// Stands in forms and addresses for what belongs to no cost centre.
pub const UNALLOCATED: &str = "~";

/// What is to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub key: KeyId,
    pub first: Day,
    pub last: Day,
    /// `None`: no cost centre.
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Move {
    /// The same back.
    #[must_use]
    pub fn back(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub moved: Move,
    /// What was moved of each day, in their order; each is more than nothing.
    pub days: Vec<DayAmount>,
    pub why: String,
    pub by: PersonId,
    pub at: Timestamp,
    /// The adjustment that this one takes back.
    pub undoes: Option<AdjustmentId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayAmount {
    pub day: Day,
    pub amount: NanoUsd,
}

/// What the books say of a key on a day: what its calls cost at a cost centre, or what was moved there; below nothing where
/// it was moved away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    pub day: Day,
    pub centre: Option<String>,
    pub amount: NanoUsd,
}

/// What of these bookings can be moved away from this cost centre, day by day.
pub fn movable(books: &[Booking], from: Option<&str>) -> Vec<DayAmount> {
    let mut days: BTreeMap<Day, NanoUsd> = BTreeMap::new();
    for booking in books.iter().filter(|booking| booking.centre.as_deref() == from) {
        let sum = days.entry(booking.day).or_default();
        *sum = sum.plus(booking.amount);
    }
    let days = days.into_iter().map(|(day, amount)| DayAmount { day, amount });
    days.filter(|day| day.amount > NanoUsd::ZERO).collect()
}

/// What can be moved from each cost centre; those without anything are absent, and what belongs to none is first.
pub fn standing(books: &[Booking]) -> Vec<(Option<String>, NanoUsd)> {
    let mut centres: Vec<&Option<String>> = books.iter().map(|booking| &booking.centre).collect();
    centres.sort();
    centres.dedup();
    let sums = centres.into_iter().map(|centre| (centre.clone(), sum(&movable(books, centre.as_deref()))));
    sums.filter(|(_, amount)| *amount > NanoUsd::ZERO).collect()
}

/// True if each of these days is among the others with at least as much.
pub fn covers(there: &[DayAmount], wanted: &[DayAmount]) -> bool {
    let enough = |wanted: &DayAmount| there.iter().any(|has| has.day == wanted.day && has.amount >= wanted.amount);
    wanted.iter().all(enough)
}

pub fn sum(days: &[DayAmount]) -> NanoUsd {
    days.iter().map(|day| day.amount).fold(NanoUsd::ZERO, NanoUsd::plus)
}

/// In their order.
pub fn by_month(days: &[DayAmount]) -> Vec<(Month, NanoUsd)> {
    let mut months: BTreeMap<Month, NanoUsd> = BTreeMap::new();
    for day in days {
        let sum = months.entry(Month::of(day.day)).or_default();
        *sum = sum.plus(day.amount);
    }
    months.into_iter().collect()
}

/// What is to move, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoveDraft {
    pub key: String,
    /// `2026-11-01`
    pub first: String,
    pub last: String,
    /// A code, or [`UNALLOCATED`].
    pub from: String,
    pub to: String,
}

/// What can be read of a draft by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    pub key: Option<KeyId>,
    pub days: Option<(Day, Day)>,
    pub from: Option<Option<String>>,
    pub to: Option<Option<String>>,
}

impl MoveDraft {
    /// Every part that is entered and can be read, and why the others are not.
    pub fn read(&self) -> (Entered, Vec<Refusal>) {
        let mut refusals = Vec::new();
        let mut kept = |field, reason| refusals.push(Refusal::new(field, reason));
        let key = match self.key.trim() {
            "" => Err(Reason::Missing),
            typed => typed.parse().map_err(|_| Reason::Adjustment(AdjustmentProblem::NoSuchKey)),
        };
        let key = key.map_err(|reason| kept("key", reason)).ok();
        let mut day = |field, typed: &str| match typed_day(typed) {
            Ok(Some(day)) => Some(day),
            Ok(None) => {
                kept(field, Reason::Missing);
                None
            }
            Err(reason) => {
                kept(field, reason);
                None
            }
        };
        let days = match (day("first", &self.first), day("last", &self.last)) {
            (Some(first), Some(last)) if last < first => {
                kept("last", Reason::EndsBeforeStart);
                None
            }
            (Some(first), Some(last)) => Some((first, last)),
            _ => None,
        };
        let mut centre = |field, typed: &str| match typed.trim() {
            "" => {
                kept(field, Reason::Missing);
                None
            }
            UNALLOCATED => Some(None),
            code => Some(Some(code.to_owned())),
        };
        let from = centre("charged_to", &self.from);
        let to = centre("move_to", &self.to);
        if from.is_some() && from == to {
            kept("move_to", Reason::Adjustment(AdjustmentProblem::SameCentre));
        }
        (Entered { key, days, from, to }, refusals)
    }
}

impl Entered {
    /// Whole, if nothing is missing.
    pub fn whole(self) -> Option<Move> {
        let ((first, last), key) = (self.days?, self.key?);
        Some(Move { key, first, last, from: self.from?, to: self.to? })
    }
}

/// Why past spend is not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustmentProblem {
    /// There is no such key.
    NoSuchKey,
    SameCentre,
    /// The books hold nothing of the key there on these days.
    NothingThere,
    /// It was another amount when the page was shown.
    Changed {
        shown: NanoUsd,
        now: NanoUsd,
    },
    /// What is to be taken back has been moved on, all or part of it.
    MovedOn,
    TakenBackAlready,
}

impl AdjustmentProblem {
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSuchKey => "no_such_key",
            Self::SameCentre => "same_cost_centre",
            Self::NothingThere => "nothing_there",
            Self::Changed { .. } => "amount_changed",
            Self::MovedOn => "moved_on",
            Self::TakenBackAlready => "taken_back_already",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(number: i32) -> Day {
        Day::from_number(number)
    }
    fn booking(number: i32, centre: Option<&str>, amount: i64) -> Booking {
        Booking { day: day(number), centre: centre.map(str::to_owned), amount: NanoUsd::from_nano(amount) }
    }
    fn amounts(days: &[DayAmount]) -> Vec<(i32, i64)> {
        days.iter().map(|day| (day.day.number(), day.amount.as_nano())).collect()
    }
    /// What an adjustment of these days adds to the books.
    fn booked(days: &[DayAmount], from: Option<&str>, to: Option<&str>) -> Vec<Booking> {
        let both = |day: &DayAmount| {
            let nano = day.amount.as_nano();
            [booking(day.day.number(), from, -nano), booking(day.day.number(), to, nano)]
        };
        days.iter().flat_map(both).collect()
    }
    fn draft() -> MoveDraft {
        MoveDraft {
            key: KeyId::from_random(&[1; 12]).to_string(),
            first: "2026-11-01".into(),
            last: "2026-11-30".into(),
            from: UNALLOCATED.into(),
            to: " 4711 ".into(),
        }
    }
    fn said(draft: &MoveDraft) -> Vec<(&'static str, &'static str)> {
        draft.read().1.iter().map(|refusal| (refusal.field, refusal.code())).collect()
    }

    #[test]
    fn a_day_gives_what_it_was_charged_less_what_was_taken_and_more_what_was_brought() {
        let books = [
            booking(1, Some("a"), 100),
            booking(1, Some("a"), -30),
            booking(2, Some("a"), 50),
            booking(2, Some("a"), -50),
            booking(3, Some("a"), 7),
            booking(1, None, 9),
            booking(4, Some("b"), 5),
        ];
        assert_eq!(amounts(&movable(&books, Some("a"))), [(1, 70), (3, 7)]);
        assert_eq!(amounts(&movable(&books, None)), [(1, 9)]);
        assert_eq!(movable(&books, Some("c")), []);
        let there: Vec<_> = standing(&books).into_iter().map(|(centre, sum)| (centre, sum.as_nano())).collect();
        assert_eq!(there, [(None, 9), (Some("a".into()), 77), (Some("b".into()), 5)]);
    }

    #[test]
    fn what_is_to_be_taken_back_has_to_be_there_whole() {
        let there = movable(&[booking(1, None, 10), booking(2, None, 3)], None);
        let wanted = |all: &[(i32, i64)]| {
            let one = |&(number, nano): &(i32, i64)| DayAmount { day: day(number), amount: NanoUsd::from_nano(nano) };
            covers(&there, &all.iter().map(one).collect::<Vec<_>>())
        };
        assert!(wanted(&[(1, 10), (2, 2)]));
        assert!(!wanted(&[(1, 10), (2, 4)]) && !wanted(&[(3, 1)]));
    }

    #[test]
    fn each_month_has_its_own_days() {
        let at = |text: &str| Day::of(text.parse().unwrap()).number();
        let books = [
            booking(at("2026-10-31"), None, 4),
            booking(at("2026-11-01"), None, 5),
            booking(at("2026-11-30"), None, 6),
        ];
        let months: Vec<_> = by_month(&movable(&books, None))
            .into_iter()
            .map(|(month, sum)| (month.to_string(), sum.as_nano()))
            .collect();
        assert_eq!(months, [("2026-10".to_owned(), 4), ("2026-11".to_owned(), 11)]);
    }

    #[test]
    fn a_draft_is_read_whole_or_says_everything_that_is_wrong() {
        let (entered, refusals) = draft().read();
        assert_eq!(refusals, []);
        let moved = entered.whole().unwrap();
        assert_eq!((&moved.from, moved.to.as_deref()), (&None, Some("4711")));
        assert_eq!(moved.back().back(), moved);

        let wrong =
            MoveDraft { key: "kwr_".into(), first: "1 May".into(), last: String::new(), ..MoveDraft::default() };
        let expected = [
            ("key", "no_such_key"),
            ("first", "malformed"),
            ("last", "missing"),
            ("charged_to", "missing"),
            ("move_to", "missing"),
        ];
        assert_eq!(said(&wrong), expected);
        assert_eq!(wrong.read().0.whole(), None);
        assert_eq!(said(&MoveDraft { last: "2026-10-31".into(), ..draft() }), [("last", "ends_before_start")]);
        assert_eq!(said(&MoveDraft { to: UNALLOCATED.into(), ..draft() }), [("move_to", "same_cost_centre")]);
    }

    proptest! {
        /// However much is moved in which order: nothing appears, nothing is lost, and no day is below nothing.
        #[test]
        fn moving_never_takes_more_than_is_there_and_the_whole_stays(
            spent in prop::collection::vec((0..6_i32, 0..4_usize, 0..1_000_000_i64), 1..30),
            moves in prop::collection::vec((0..6_i32, 0..6_i32, 0..4_usize, 0..4_usize), 0..30),
        ) {
            let centres = [None, Some("a"), Some("b"), Some("c")];
            let mut books: Vec<Booking> =
                spent.iter().map(|&(number, centre, nano)| booking(number, centres[centre], nano)).collect();
            let whole: i64 = books.iter().map(|booking| booking.amount.as_nano()).sum();
            for (first, days, from, to) in moves {
                let asked: Vec<Booking> = books
                    .iter()
                    .filter(|booking| (day(first)..day(first + days)).contains(&booking.day))
                    .cloned()
                    .collect();
                let moved = movable(&asked, centres[from]);
                books.extend(booked(&moved, centres[from], centres[to]));
            }
            prop_assert_eq!(books.iter().map(|booking| booking.amount.as_nano()).sum::<i64>(), whole);
            let there: i64 = standing(&books).iter().map(|(_, sum)| sum.as_nano()).sum();
            prop_assert_eq!(there, whole, "a cost centre is below nothing on some day");
        }
    }
}
