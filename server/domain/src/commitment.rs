//! Commitments and provisioned throughput: a fixed amount a month that a company pays a provider, whatever is called. It is
//! shared among cost centres as what they used there that month was.
//!
//! Always true: the shares of an amount add up to it, to the nano-dollar, and the same use gives the same shares. What
//! nobody used is nobody's: an amount of a month without any use is unallocated whole.

use crate::day::Day;
use crate::id::{CommitmentId, ProviderId};
use crate::minting::LONGEST_NAME;
use crate::money::NanoUsd;
use crate::plain_text::plain_text;
use crate::refusal::{Reason, Refusal};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::fmt;

/// A month of the organisation's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(Day);

impl Month {
    pub fn of(day: Day) -> Self {
        Self(day.first_of_month())
    }
    pub const fn first_day(self) -> Day {
        self.0
    }
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self(self.0.plus_months(months))
    }
    /// `2026-11`, as addresses, files and fields of forms have it.
    pub fn parse(text: &str) -> Option<Self> {
        let is_month = text.len() == 7 && text.as_bytes().get(4) == Some(&b'-');
        let first = is_month.then(|| format!("{text}-01").parse::<Date>().ok()).flatten()?;
        Some(Self(Day::of(first)))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0.date();
        write!(f, "{:04}-{:02}", date.year(), date.month())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    pub id: CommitmentId,
    pub entry: CommitmentEntry,
    /// Grows with each edit; an edit names the version it started from.
    pub version: i64,
}

/// What the list says about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentEntry {
    pub name: String,
    /// Whose calls it is shared by; `None`: those of all providers.
    pub provider: Option<ProviderId>,
    pub monthly: NanoUsd,
    /// The first month.
    pub from: Month,
    /// The last month; `None`: until further notice.
    pub until: Option<Month>,
}

impl CommitmentEntry {
    pub fn is_valid_in(&self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|last| month <= last)
    }
}

/// An entry as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitmentDraft {
    pub name: String,
    /// Its id; nothing: all providers.
    pub provider: String,
    pub monthly: String,
    /// `2026-11`.
    pub first_month: String,
    /// The last month, or nothing.
    pub last_month: String,
}

impl CommitmentDraft {
    /// The entry, or every reason why it is none. Whether there is such a provider is not asked here.
    pub fn read(&self) -> Result<CommitmentEntry, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut refuse = |field, reason| refusals.push(Refusal::new(field, reason));
        let name = plain_text(&self.name, LONGEST_NAME).map_err(|reason| refuse("name", reason)).ok();
        let provider = match self.provider.trim() {
            "" => Some(None),
            typed => typed.parse().map(Some).map_err(|_| refuse("provider", Reason::UnknownChoice)).ok(),
        };
        let monthly = match self.monthly.trim() {
            "" => Err(Reason::Missing),
            typed => NanoUsd::parse_dollars(typed).filter(|&amount| amount > NanoUsd::ZERO).ok_or(Reason::Malformed),
        };
        let monthly = monthly.map_err(|reason| refuse("monthly", reason)).ok();
        let from = match self.first_month.trim() {
            "" => Err(Reason::Missing),
            typed => Month::parse(typed).ok_or(Reason::Malformed),
        };
        let from = from.map_err(|reason| refuse("first_month", reason)).ok();
        let until = match self.last_month.trim() {
            "" => Some(None),
            typed => Month::parse(typed)
                .map(Some)
                .ok_or(Reason::Malformed)
                .map_err(|reason| refuse("last_month", reason))
                .ok(),
        };
        if let (Some(from), Some(Some(until))) = (from, until)
            && until < from
        {
            refuse("last_month", Reason::EndsBeforeStart);
        }
        match (name, provider, monthly, from, until) {
            (Some(name), Some(provider), Some(monthly), Some(from), Some(until)) if refusals.is_empty() => {
                Ok(CommitmentEntry { name, provider, monthly, from, until })
            }
            _ => Err(refusals),
        }
    }
}

impl From<&CommitmentEntry> for CommitmentDraft {
    fn from(entry: &CommitmentEntry) -> Self {
        Self {
            name: entry.name.clone(),
            provider: entry.provider.map(|id| id.to_string()).unwrap_or_default(),
            monthly: entry.monthly.to_string().replace('$', ""),
            first_month: entry.from.to_string(),
            last_month: entry.until.map(|month| month.to_string()).unwrap_or_default(),
        }
    }
}

/// Divides an amount in proportion to these weights, in their order. Each gets what its proportion is, rounded down; what
/// is left over goes, one nano-dollar each, to those who lost most by rounding, and among equals to those who come first.
/// `None` if nothing has a weight.
pub fn split(amount: NanoUsd, weights: &[NanoUsd]) -> Option<Vec<NanoUsd>> {
    let weight = |weight: &NanoUsd| i128::from(weight.as_nano().max(0));
    let total: i128 = weights.iter().map(weight).sum();
    if total == 0 {
        return None;
    }
    let whole = i128::from(amount.as_nano().max(0));
    // A product of two numbers of 63 bits has 126.
    let mut shares: Vec<i128> = weights.iter().map(|of| whole * weight(of) / total).collect();
    let mut lost: Vec<usize> = (0..weights.len()).collect();
    lost.sort_by_key(|&nth| Reverse(whole * weight(&weights[nth]) % total));
    let left_over = usize::try_from(whole - shares.iter().sum::<i128>()).unwrap_or(0);
    for &nth in lost.iter().take(left_over) {
        shares[nth] += 1;
    }
    Some(shares.into_iter().map(|share| NanoUsd::from_nano(i64::try_from(share).unwrap_or(i64::MAX))).collect())
}

/// Shares an amount among cost centres, in their order: what was not used by anybody is unallocated, which is `None`.
pub fn shared(amount: NanoUsd, used: &[(Option<String>, NanoUsd)]) -> Vec<(Option<String>, NanoUsd)> {
    let weights: Vec<NanoUsd> = used.iter().map(|(_, cost)| *cost).collect();
    match split(amount, &weights) {
        Some(shares) => used.iter().map(|(centre, _)| centre.clone()).zip(shares).collect(),
        None => vec![(None, amount)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nano(amounts: &[i64]) -> Vec<NanoUsd> {
        amounts.iter().copied().map(NanoUsd::from_nano).collect()
    }

    #[test]
    fn what_rounding_loses_goes_to_those_who_lost_most_and_then_to_those_who_come_first() {
        let split = |amount, weights: &[i64]| split(NanoUsd::from_nano(amount), &nano(weights));
        assert_eq!(split(10, &[1, 1, 1]), Some(nano(&[4, 3, 3])));
        assert_eq!(split(10, &[1, 2, 4]), Some(nano(&[1, 3, 6])), "1.43, 2.86, 5.71");
        assert_eq!(split(7, &[0, 5]), Some(nano(&[0, 7])));
        assert_eq!(split(i64::MAX, &[i64::MAX, i64::MAX]), Some(nano(&[i64::MAX / 2 + 1, i64::MAX / 2])));
        assert_eq!(split(7, &[0, 0]), None);
        assert_eq!(split(7, &[]), None);
    }

    #[test]
    fn what_nobody_used_is_unallocated() {
        let amount = NanoUsd::from_dollars(100);
        assert_eq!(shared(amount, &[]), [(None, amount)]);
        let unused = [(Some("4711".to_owned()), NanoUsd::ZERO)];
        assert_eq!(shared(amount, &unused), [(None, amount)]);
        let used = [(Some("4711".to_owned()), NanoUsd::from_nano(3)), (None, NanoUsd::from_nano(1))];
        let dollars = NanoUsd::from_dollars;
        assert_eq!(shared(amount, &used), [(Some("4711".to_owned()), dollars(75)), (None, dollars(25))]);
    }

    #[test]
    fn an_entry_is_read_with_every_reason_and_written_as_it_was() {
        let typed = CommitmentDraft {
            name: " Throughput ".into(),
            provider: String::new(),
            monthly: "$12,000.50".into(),
            first_month: "2026-11".into(),
            last_month: "2027-10".into(),
        };
        let entry = typed.read().unwrap();
        assert_eq!(CommitmentDraft::from(&entry).read().unwrap(), entry);
        let month = |text| Month::parse(text).unwrap();
        for (text, valid) in [("2026-10", false), ("2026-11", true), ("2027-10", true), ("2027-11", false)] {
            assert_eq!(entry.is_valid_in(month(text)), valid, "{text}");
        }
        assert!(CommitmentEntry { until: None, ..entry }.is_valid_in(month("2099-01")));
        let wrong = CommitmentDraft {
            name: String::new(),
            provider: "p".into(),
            monthly: "0".into(),
            first_month: "2026-13".into(),
            last_month: "soon".into(),
        };
        let said: Vec<_> = wrong.read().unwrap_err().iter().map(|it| (it.field, it.code())).collect();
        let expected = [
            ("provider", "unknown_choice"),
            ("monthly", "malformed"),
            ("first_month", "malformed"),
            ("last_month", "malformed"),
        ];
        assert_eq!((said[0], &said[1..]), (("name", "missing"), &expected[..]));
        let turned = CommitmentDraft { last_month: "2026-10".into(), ..typed };
        assert_eq!(turned.read().unwrap_err(), [Refusal::new("last_month", Reason::EndsBeforeStart)]);
    }

    #[test]
    fn a_month_is_read_back_and_nothing_else_is_one() {
        for text in ["2026-11", "1999-01"] {
            assert_eq!(Month::parse(text).unwrap().to_string(), text);
        }
        for text in ["2026-1", "2026-00", "2026-11-01", "26-11", "", "2026/11"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
        assert_eq!(Month::parse("2026-12").unwrap().plus(1).to_string(), "2027-01");
    }

    proptest! {
        #[test]
        fn shares_add_up_and_nobody_gets_less_than_their_proportion_or_a_nano_dollar_more(
            amount in 0i64..=i64::MAX,
            weights in prop::collection::vec(prop_oneof![Just(0i64), 0i64..1_000, 0i64..=i64::MAX], 1..40),
        ) {
            let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
            let Some(shares) = split(NanoUsd::from_nano(amount), &nano(&weights)) else {
                prop_assert_eq!(total, 0);
                return Ok(());
            };
            prop_assert_eq!(shares.iter().map(|share| i128::from(share.as_nano())).sum::<i128>(), i128::from(amount));
            for (share, weight) in shares.iter().zip(&weights) {
                let exact = i128::from(amount) * i128::from(*weight);
                let (low, high) = (exact / total, exact / total + i128::from(exact % total != 0));
                prop_assert!((low..=high).contains(&i128::from(share.as_nano())));
            }
        }
    }
}
