//! What a key spent, per day and model, in the organisation's time zone.

use super::seen::SeenKey;
use crate::PortalError;
use domain::day::Day;
use domain::exchange::{Conversion, Converted};
use domain::money::NanoUsd;
use domain::time::{MS_PER_HOUR, Timestamp};
use domain::usage::TokenUsage;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use store::{HourSpan, SpanUsage};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageSums {
    pub requests: i64,
    /// Answered with an error, or broken off.
    pub failures: i64,
    /// Refused by the gateway.
    pub denials: i64,
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
    pub duration_ms_sum: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUsage {
    pub model: String,
    pub sums: UsageSums,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUsage {
    pub date: Date,
    /// Ordered as [`KeyUsage::by_model`]; models without a call that day are absent.
    pub models: Vec<ModelUsage>,
    pub total: UsageSums,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUsage {
    /// One entry for each day, oldest first, today last; days without a call are there with zeros.
    pub days: Vec<DayUsage>,
    /// Costliest first.
    pub by_model: Vec<ModelUsage>,
    pub total: UsageSums,
    /// What the total cost in the display currency, each day at its rate.
    pub shown: Option<Converted>,
    pub conversion: Option<Conversion>,
}

impl SeenKey<'_> {
    /// The last `days` days, today included; between 1 and 400.
    ///
    /// Sums come from the hours of UTC. In a zone that is half an hour apart, the hour around midnight counts to the day
    /// in which it began.
    pub async fn usage(&self, days: u16) -> Result<KeyUsage, PortalError> {
        let portal = self.portal;
        portal.gateway.catch_up().await;
        let days = days_until(portal.clock.now(), days, &portal.settings.zone);
        let spans: Vec<HourSpan> = days.iter().map(|&(_, span)| span).collect();
        let used = portal.store.usage_in_spans(self.id(), &spans).await?;
        let dates =
            days.first().zip(days.last()).map(|((first, _), (last, _))| (Day::of(*first), Day::of(*last).plus(1)));
        let conversion = match dates {
            Some((from, until)) => portal.conversion(from, until).await?,
            None => None,
        };
        Ok(by_day(&used, &days).shown_in(conversion))
    }
}

/// So many days, the last of them that of this moment, each with its hours.
fn days_until(now: Timestamp, days: u16, zone: &TimeZone) -> Vec<(Date, HourSpan)> {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let back = jiff::Span::new().days(i64::from(days.clamp(1, 400)) - 1);
    let first = today.checked_sub(back).unwrap_or(today);
    let dates = first.series(jiff::Span::new().days(1)).take_while(|&date| date <= today);
    let span = |date: Date| {
        let from = first_hour_of(date, zone)?;
        let until = first_hour_of(date.tomorrow().ok()?, zone)?;
        Some((date, HourSpan { from, hours: u16::try_from(until - from).ok()? }))
    };
    dates.filter_map(span).collect()
}

/// The first whole UTC hour that begins on this day.
fn first_hour_of(day: Date, zone: &TimeZone) -> Option<i64> {
    let midnight = zone.to_ambiguous_zoned(day.at(0, 0, 0, 0)).compatible().ok()?.timestamp().as_millisecond();
    Some(-(-midnight).div_euclid(MS_PER_HOUR))
}

fn by_day(used: &[SpanUsage], days: &[(Date, HourSpan)]) -> KeyUsage {
    let mut totals: BTreeMap<&str, UsageSums> = BTreeMap::new();
    let mut daily: HashMap<i64, HashMap<&str, UsageSums>> = HashMap::new();
    let mut total = UsageSums::default();
    for part in used {
        let sums = UsageSums::of(part);
        daily.entry(part.from).or_default().insert(&part.model, sums);
        totals.entry(&part.model).or_default().merge(&sums);
        total.merge(&sums);
    }
    let mut by_model: Vec<ModelUsage> =
        totals.into_iter().map(|(model, sums)| ModelUsage { model: model.to_owned(), sums }).collect();
    by_model.sort_by(|a, b| b.sums.cost.cmp(&a.sums.cost).then_with(|| b.sums.requests.cmp(&a.sums.requests)));

    let day = |&(date, span): &(Date, HourSpan)| {
        let models = daily.remove(&span.from).unwrap_or_default();
        let mut day = DayUsage { date, models: Vec::new(), total: UsageSums::default() };
        for ModelUsage { model, .. } in &by_model {
            if let Some(&sums) = models.get(model.as_str()) {
                day.total.merge(&sums);
                day.models.push(ModelUsage { model: model.clone(), sums });
            }
        }
        day
    };
    let days = days.iter().map(day).collect();
    KeyUsage { days, by_model, total, shown: None, conversion: None }
}

impl KeyUsage {
    fn shown_in(self, conversion: Option<Conversion>) -> Self {
        let spent = self.days.iter().map(|day| (Day::of(day.date), day.total.cost));
        let shown = conversion.as_ref().and_then(|conversion| conversion.by_day(spent));
        Self { shown, conversion, ..self }
    }
}

impl UsageSums {
    const fn of(used: &SpanUsage) -> Self {
        Self {
            requests: used.requests,
            failures: used.failures,
            denials: used.denials,
            tokens: used.tokens,
            cost: used.cost,
            duration_ms_sum: used.duration_ms_sum,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.failures = self.failures.saturating_add(other.failures);
        self.denials = self.denials.saturating_add(other.denials);
        self.cost = self.cost.plus(other.cost);
        self.duration_ms_sum = self.duration_ms_sum.saturating_add(other.duration_ms_sum);
        let (ours, theirs) = (&mut self.tokens, &other.tokens);
        ours.input = ours.input.saturating_add(theirs.input);
        ours.cache_read = ours.cache_read.saturating_add(theirs.cache_read);
        ours.cache_write = ours.cache_write.saturating_add(theirs.cache_write);
        ours.cache_write_1h = ours.cache_write_1h.saturating_add(theirs.cache_write_1h);
        ours.output = ours.output.saturating_add(theirs.output);
        ours.reasoning = ours.reasoning.saturating_add(theirs.reasoning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }
    fn used(from: &str, model: &str, cost: i64) -> SpanUsage {
        SpanUsage {
            from: at(from).utc_hour(),
            model: model.into(),
            requests: 1,
            failures: 0,
            denials: 0,
            tokens: TokenUsage { input: 10, ..TokenUsage::default() },
            cost: NanoUsd::from_nano(cost),
            duration_ms_sum: 5,
        }
    }
    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn hours_become_days_of_the_organisations_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = days_until(at("2026-11-22T09:00:00Z"), 4, &berlin);
        let parts = [
            used("2026-11-18T23:00:00Z", "a", 1),
            used("2026-11-19T23:00:00Z", "a", 2),
            used("2026-11-19T23:00:00Z", "b", 40),
            used("2026-11-20T23:00:00Z", "a", 800),
        ];
        let usage = by_day(&parts, &days);
        let costs: Vec<(String, i64)> =
            usage.days.iter().map(|day| (day.date.to_string(), day.total.cost.as_nano())).collect();
        let expected = [("2026-11-19", 1), ("2026-11-20", 42), ("2026-11-21", 800), ("2026-11-22", 0)];
        assert_eq!(costs, expected.map(|(date, cost)| (date.to_owned(), cost)));
        assert_eq!(usage.total.cost, NanoUsd::from_nano(843));
        let models: Vec<&str> = usage.by_model.iter().map(|model| model.model.as_str()).collect();
        assert_eq!(models, ["a", "b"], "costliest first");
        let sum: i64 = usage.by_model.iter().map(|model| model.sums.requests).sum();
        assert_eq!(sum, usage.total.requests);
    }

    #[test]
    fn days_follow_each_other_without_a_gap_when_clocks_change() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = days_until(at("2026-10-26T09:00:00Z"), 400, &berlin);
        assert_eq!(days.len(), 400);
        assert!(days.windows(2).all(|two| two[0].1.from + i64::from(two[0].1.hours) == two[1].1.from));
        let hours = |date: &str| days.iter().find(|(one, _)| *one == day(date)).map(|(_, span)| span.hours);
        assert_eq!([hours("2026-03-29"), hours("2026-10-25"), hours("2026-10-26")], [Some(23), Some(25), Some(24)]);
    }

    #[test]
    fn a_day_begins_with_its_first_whole_hour_of_utc() {
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        assert_eq!(first_hour_of(day("2026-11-20"), &kolkata), Some(at("2026-11-19T19:00:00Z").utc_hour()));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(first_hour_of(day("2026-11-20"), &berlin), Some(at("2026-11-19T23:00:00Z").utc_hour()));
    }
}
