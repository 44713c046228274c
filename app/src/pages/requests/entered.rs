//! Figures as typed by whoever asks for more and by whoever gives less: one field for each limit, read one by one. What
//! cannot be read is a reason at its field, beside all the others.

use crate::visit::{Input, PageError};
use domain::budget::{Cap, Window};
use domain::grant::More;
use domain::limits::{Counted, Limits, Quota};
use domain::money::NanoUsd;
use domain::refusal::{Reason, Refusal, cap_field, quota_field};
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A limit that has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Cap(Window),
    RequestsPerMinute,
    TokensPerMinute,
    Concurrency,
    Quota(Counted, Window),
}

impl Line {
    pub fn all() -> impl Iterator<Item = Self> {
        let quotas =
            Counted::ALL.into_iter().flat_map(|counted| Window::ALL.map(|window| Self::Quota(counted, window)));
        (Window::ALL.into_iter().map(Self::Cap))
            .chain([Self::RequestsPerMinute, Self::TokensPerMinute, Self::Concurrency])
            .chain(quotas)
    }

    pub const fn field(self) -> &'static str {
        match self {
            Self::Cap(window) => cap_field(window),
            Self::RequestsPerMinute => "requests_per_minute",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::Concurrency => "concurrency",
            Self::Quota(counted, window) => quota_field(counted, window),
        }
    }

    pub fn name(self) -> String {
        match self {
            Self::Cap(window) => crate::words::budget_window(window).to_owned(),
            Self::RequestsPerMinute => "Requests a minute".to_owned(),
            Self::TokensPerMinute => "Tokens a minute".to_owned(),
            Self::Concurrency => "Calls at once".to_owned(),
            Self::Quota(counted, window) => crate::words::quota_name(counted, window),
        }
    }

    /// What these limits say there, as people type it.
    pub fn typed(self, limits: &Limits) -> Option<String> {
        match self {
            Self::Cap(window) => {
                let cap = limits.caps.iter().find(|cap| cap.window == window)?;
                Some(crate::format::typed_usd(cap.limit))
            }
            Self::RequestsPerMinute => limits.requests_per_minute.map(|count| count.to_string()),
            Self::TokensPerMinute => limits.tokens_per_minute.map(|count| count.to_string()),
            Self::Concurrency => limits.concurrency.map(|count| count.to_string()),
            Self::Quota(counted, window) => {
                let quota = limits.quotas.iter().find(|one| (one.counted, one.window) == (counted, window))?;
                Some(quota.limit.to_string())
            }
        }
    }
}

/// Everything as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    pub form: String,
    pub lines: BTreeMap<&'static str, String>,
    pub models: Vec<String>,
    /// `2026-12-31`
    pub until: String,
    pub for_good: bool,
    pub lifetime_days: String,
    pub expires_at: String,
    pub reason: String,
}

/// What was typed, as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    pub more: More,
    pub until: Option<Timestamp>,
    pub lifetime_days: Option<u32>,
    pub expires_at: Option<Timestamp>,
    pub unreadable: Vec<Refusal>,
}

impl Entered {
    /// The form of a POST. A field that the page does not have is refused.
    pub fn of_form(input: &Input) -> Result<Self, PageError> {
        let mut entered = Self::default();
        for (name, value) in input.form::<Vec<(String, String)>>()? {
            if !entered.take(&name, value) {
                return Err(PageError::Unprocessable(format!("unknown field `{name}`")));
            }
        }
        Ok(entered)
    }

    /// Fields that a link pre-fills: `?model=large-model`. What is no field is somebody else's parameter.
    pub fn of_query(input: &Input) -> Self {
        let mut entered = Self::default();
        let pairs: Vec<(String, String)> = serde_html_form::from_str(&input.query).unwrap_or_default();
        for (name, value) in pairs {
            let name = if name == "model" { "models" } else { name.as_str() };
            entered.take(name, value);
        }
        entered
    }

    fn take(&mut self, name: &str, value: String) -> bool {
        match name {
            "form" => self.form = value,
            "models" => self.models.push(value),
            "until" => self.until = value,
            "for_good" => self.for_good = value == "yes",
            "lifetime_days" => self.lifetime_days = value,
            "expires_at" => self.expires_at = value,
            "reason" => self.reason = value,
            other => match Line::all().find(|line| line.field() == other) {
                Some(line) => {
                    self.lines.insert(line.field(), value);
                }
                None => return false,
            },
        }
        true
    }

    pub fn line(&self, line: Line) -> &str {
        self.lines.get(line.field()).map_or("", String::as_str)
    }

    pub fn set(&mut self, line: Line, value: String) {
        self.lines.insert(line.field(), value);
    }

    /// The limits as typed, to be put into the fields.
    #[must_use]
    pub fn filled_with(mut self, limits: &Limits) -> Self {
        for line in Line::all() {
            if let Some(value) = line.typed(limits) {
                self.set(line, value);
            }
        }
        self
    }

    /// An empty field asks for nothing.
    pub fn read(&self, zone: &TimeZone) -> Read {
        let mut read = Read::default();
        for line in Line::all() {
            let typed = self.line(line).trim();
            if !typed.is_empty() && read_line(line, typed, &mut read.more.limits).is_none() {
                read.unreadable.push(Refusal::new(line.field(), Reason::Malformed));
            }
        }
        for model in self.models.iter().map(|model| model.trim()).filter(|model| !model.is_empty()) {
            match model.parse() {
                Ok(pattern) if read.more.models.contains(&pattern) => {}
                Ok(pattern) => read.more.models.push(pattern),
                Err(_) => read.unreadable.push(Refusal::new("models", Reason::Malformed)),
            }
        }
        let mut day = |field, text: &str| {
            let text = text.trim();
            let end = end_of_day(text, zone);
            if end.is_none() && !text.is_empty() {
                read.unreadable.push(Refusal::new(field, Reason::Malformed));
            }
            end
        };
        read.expires_at = day("expires_at", &self.expires_at);
        read.until = if self.for_good { None } else { day("until", &self.until) };
        if !self.for_good && self.until.trim().is_empty() && !read.more.is_empty() {
            read.unreadable.push(Refusal::new("until", Reason::Missing));
        }
        let days = self.lifetime_days.trim();
        if !days.is_empty() {
            read.lifetime_days = number(days);
            if read.lifetime_days.is_none() {
                read.unreadable.push(Refusal::new("lifetime_days", Reason::Malformed));
            }
        }
        read
    }
}

fn number<T: FromStr>(typed: &str) -> Option<T> {
    typed.replace(',', "").parse().ok()
}

fn read_line(line: Line, typed: &str, limits: &mut Limits) -> Option<()> {
    match line {
        Line::Cap(window) => limits.caps.push(Cap { window, limit: NanoUsd::parse_dollars(typed)? }),
        Line::RequestsPerMinute => limits.requests_per_minute = Some(number(typed)?),
        Line::TokensPerMinute => limits.tokens_per_minute = Some(number(typed)?),
        Line::Concurrency => limits.concurrency = Some(number(typed)?),
        Line::Quota(counted, window) => limits.quotas.push(Quota { counted, window, limit: number(typed)? }),
    }
    Some(())
}

/// All through the day that was chosen, in the organisation's zone.
pub fn end_of_day(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day: jiff::civil::Date = typed.parse().ok()?;
    let next = zone.to_ambiguous_zoned(day.tomorrow().ok()?.at(0, 0, 0, 0)).compatible().ok()?;
    Some(Timestamp::from_ms(next.timestamp().as_millisecond()).plus_ms(-1))
}

/// The day of a moment, as a date field holds it.
pub fn typed_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(form: &str) -> Result<Entered, PageError> {
        Entered::of_form(&Input { form: form.as_bytes().to_vec(), ..Input::default() })
    }

    #[test]
    fn what_was_typed_is_read_and_stands_in_the_form_again() {
        let form = "form=x&cap_month=1,500.50&requests_per_minute=90&tokens_day=2,000&models=large&models=+large+\
                    &until=2026-12-31&lifetime_days=90&expires_at=2027-01-31&reason=why";
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let typed = entered(form).unwrap();
        let read = typed.read(&zone);
        assert_eq!(read.unreadable, []);
        assert_eq!(
            crate::words::figures(&read.more).join(", "),
            "$1,500.50 a month, 90 requests a minute, 2,000 tokens a day, large"
        );
        assert_eq!(
            read.until,
            Some(Timestamp::from_ms("2026-12-31T22:59:59.999Z".parse::<jiff::Timestamp>().unwrap().as_millisecond()))
        );
        assert_eq!((read.lifetime_days, typed.reason.as_str()), (Some(90), "why"));
        let again = Entered::default().filled_with(&read.more.limits);
        assert_eq!(again.read(&zone).more.limits, read.more.limits);
        assert_eq!(typed_day(read.until.unwrap(), &zone), "2026-12-31");
    }

    #[test]
    fn what_cannot_be_read_is_said_at_its_field_and_nothing_is_guessed() {
        let typed =
            entered("cap_day=lots&concurrency=-1&models=a b&until=soon&expires_at=31.12.&lifetime_days=x").unwrap();
        let fields: Vec<_> = typed.read(&TimeZone::UTC).unreadable.iter().map(|one| one.field).collect();
        assert_eq!(fields, ["cap_day", "concurrency", "models", "expires_at", "until", "lifetime_days"]);
        let endless = entered("cap_day=5").unwrap().read(&TimeZone::UTC);
        assert_eq!(endless.unreadable, [Refusal::new("until", Reason::Missing)], "for good is a choice of its own");
        assert_eq!(entered("cap_day=5&for_good=yes&until=").unwrap().read(&TimeZone::UTC).unreadable, []);
        assert!(matches!(entered("cap_year=1"), Err(PageError::Unprocessable(_))));
        let linked = Entered::of_query(&Input { query: "model=large&utm=1".into(), ..Input::default() });
        assert_eq!(linked.models, ["large"]);
    }
}
