//! Moments as people say them: relative to now, and absolute in the organisation's time zone.
//!
//! `now` is the moment of the request, so that every time on one page is measured from the same instant.

use domain::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, Timestamp};
use jiff::Zoned;
use jiff::tz::TimeZone;

/// What a page needs to print times: the instant it was asked for and the zone its readers live in.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Calendar {
    /// `12 s ago`, `3 min ago`, `in 14 days`; from about two months on the date says more.
    pub fn relative(&self, at: Timestamp) -> String {
        let past = at <= self.now;
        let distance = at.since(self.now).unsigned_abs();
        let span = |unit: i64| distance / unit.unsigned_abs();
        let text = match distance {
            _ if distance < 2 * MS_PER_SECOND.unsigned_abs() => return "just now".to_owned(),
            _ if span(MS_PER_MINUTE) == 0 => format!("{} s", span(MS_PER_SECOND)),
            _ if span(MS_PER_HOUR) == 0 => format!("{} min", span(MS_PER_MINUTE)),
            _ if span(MS_PER_DAY) == 0 => format!("{} h", span(MS_PER_HOUR)),
            _ if span(MS_PER_DAY) == 1 => "1 day".to_owned(),
            _ if span(MS_PER_DAY) < 400 => format!("{} days", span(MS_PER_DAY)),
            _ => format!("{} years", distance / (365 * MS_PER_DAY.unsigned_abs())),
        };
        let text = if text == "1 years" { "1 year".to_owned() } else { text };
        if past { format!("{text} ago") } else { format!("in {text}") }
    }

    /// `4 Dec 2026`
    pub fn date(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%-d %b %Y").to_string()
    }

    /// `4 Dec` in this year, `4 Dec 2027` in another one.
    pub fn day(&self, at: Timestamp) -> String {
        let (at, now) = (self.zoned(at), self.zoned(self.now));
        at.strftime(if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
    }

    /// `20 Nov 2026, 14:31`
    pub fn date_time(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%-d %b %Y, %H:%M").to_string()
    }

    /// `20 Nov 2026, 14:31:07.412`: where the order of two events matters.
    pub fn exact(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%-d %b %Y, %H:%M:%S%.3f").to_string()
    }

    /// `14:31:07`
    pub fn time_of_day(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%H:%M:%S").to_string()
    }

    /// For the `datetime` attribute and for files: `2026-11-20T13:31:07.412Z`.
    pub fn machine(at: Timestamp) -> String {
        at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// `Europe/Berlin`; a zone without a name shows its offset.
    pub fn zone_name(&self) -> String {
        let name = self.zone.iana_name().map(|name| name.strip_prefix("Etc/").unwrap_or(name));
        name.map_or_else(|| self.zoned(self.now).strftime("UTC%:z").to_string(), str::to_owned)
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        at.to_jiff().to_zoned(self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin(now: &str) -> Calendar {
        Calendar { now: moment(now), zone: TimeZone::get("Europe/Berlin").unwrap() }
    }

    fn moment(text: &str) -> Timestamp {
        Timestamp::from_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn near_times_are_relative_in_both_directions() {
        let calendar = berlin("2026-11-20T12:00:00Z");
        for (ms, text) in [
            (0, "just now"),
            (-1_999, "just now"),
            (-12_000, "12 s ago"),
            (-3 * MS_PER_MINUTE, "3 min ago"),
            (-2 * MS_PER_HOUR, "2 h ago"),
            (-MS_PER_DAY, "1 day ago"),
            (14 * MS_PER_DAY, "in 14 days"),
            (61 * MS_PER_DAY + MS_PER_HOUR, "in 61 days"),
            (-400 * MS_PER_DAY, "1 year ago"),
            (800 * MS_PER_DAY, "in 2 years"),
        ] {
            assert_eq!(calendar.relative(calendar.now.plus_ms(ms)), text);
        }
    }

    #[test]
    fn dates_are_those_of_the_zone_across_midnight_and_summer_time() {
        let calendar = berlin("2026-11-20T12:00:00Z");
        assert_eq!(calendar.date_time(moment("2026-11-30T23:30:00Z")), "1 Dec 2026, 00:30");
        assert_eq!(calendar.date_time(moment("2026-07-01T12:00:00Z")), "1 Jul 2026, 14:00");
        assert_eq!(calendar.exact(moment("2026-11-20T13:31:07.412Z")), "20 Nov 2026, 14:31:07.412");
        assert_eq!(calendar.time_of_day(moment("2026-11-20T13:31:07Z")), "14:31:07");
        assert_eq!(Calendar::machine(moment("2026-11-20T13:31:07.412Z")), "2026-11-20T13:31:07.412Z");
        assert_eq!(Calendar::machine(moment("2026-11-20T13:31:07Z")), "2026-11-20T13:31:07.000Z");
    }

    #[test]
    fn the_year_appears_where_it_differs() {
        let calendar = berlin("2026-11-20T12:00:00Z");
        assert_eq!(calendar.day(moment("2026-12-04T12:00:00Z")), "4 Dec");
        assert_eq!(calendar.day(moment("2026-12-31T23:00:00Z")), "1 Jan 2027");
    }

    #[test]
    fn the_edges_of_time_print_without_a_panic() {
        let calendar = berlin("2026-11-20T12:00:00Z");
        for ms in [i64::MIN, i64::MAX] {
            let at = Timestamp::from_ms(ms);
            assert!(!calendar.relative(at).is_empty() && !calendar.exact(at).is_empty());
        }
    }

    #[test]
    fn the_zone_has_a_name() {
        assert_eq!(berlin("2026-11-20T12:00:00Z").zone_name(), "Europe/Berlin");
        let fixed = Calendar { now: Timestamp::from_ms(0), zone: TimeZone::fixed(jiff::tz::offset(2)) };
        assert_eq!(fixed.zone_name(), "UTC+02:00");
    }
}
