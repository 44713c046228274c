//! What follows a failed attempt: nothing, another deployment, or the same one again. A table, and the waiting time.
//!
//! Asked only while the client has seen nothing of an answer.

use crate::settings::Retry;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use std::time::Duration;

/// How an attempt ended that brought no good answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    NotSent,
    BrokenOff,
    TimedOut,
    /// A status that asks for something: any other is the answer.
    Status(StatusCode, Option<Duration>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// What there is goes to the client.
    Stop,
    /// Others may serve it; this one has said no.
    Elsewhere,
    /// Others first; then this one, after a while of its choice or ours.
    Again(Option<Duration>),
}

impl Ended {
    /// `None`: an answer to be relayed.
    pub(crate) fn of_status(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        let asks = matches!(status.as_u16(), 401 | 403 | 429 | 500 | 502 | 503 | 504 | 529);
        asks.then(|| Self::Status(status, retry_after(headers)))
    }
}

pub(crate) fn then(ended: Ended, policy: &Retry) -> Then {
    match ended {
        Ended::NotSent => Then::Again(None),
        Ended::BrokenOff | Ended::TimedOut if policy.after_sending => Then::Again(None),
        Ended::BrokenOff | Ended::TimedOut => Then::Stop,
        Ended::Status(status, told) => match (status.as_u16(), told) {
            (429 | 503, Some(wait)) if wait <= policy.longest_wait => Then::Again(Some(wait)),
            (429, _) | (503, Some(_)) | (401 | 403, _) => Then::Elsewhere,
            _ if policy.server_errors => Then::Again(None),
            _ => Then::Stop,
        },
    }
}

/// How long a provider wants to be left alone. Providers that have the finer header send both; a date is not read,
/// since clocks differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1_000.0).or_else(|| number(RETRY_AFTER.as_str()))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The wait before an attempt at the same place: doubles with each, and half of it is chance.
pub(crate) fn backoff(policy: &Retry, made: u32, random: u64) -> Duration {
    let whole = policy.first_delay.saturating_mul(1 << made.saturating_sub(1).min(16)).min(policy.longest_wait);
    let half = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX);
    whole - Duration::from_millis(random % (half + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, retry_after: Option<&str>) -> Option<Ended> {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
        }
        Ended::of_status(StatusCode::from_u16(code).unwrap(), &headers)
    }

    #[test]
    fn each_end_has_its_sequel() {
        let by_default = Retry::default();
        let careful = Retry { server_errors: false, ..by_default };
        let bold = Retry { after_sending: true, ..by_default };
        let second = Some(Duration::from_secs(1));
        let table = [
            (Some(Ended::NotSent), by_default, Then::Again(None)),
            (Some(Ended::BrokenOff), by_default, Then::Stop),
            (Some(Ended::TimedOut), by_default, Then::Stop),
            (Some(Ended::BrokenOff), bold, Then::Again(None)),
            (Some(Ended::TimedOut), bold, Then::Again(None)),
            (status(429, Some("1")), careful, Then::Again(second)),
            (status(503, Some("1")), careful, Then::Again(second)),
            (status(429, Some("3")), careful, Then::Elsewhere),
            (status(429, None), careful, Then::Elsewhere),
            (status(503, Some("30")), careful, Then::Elsewhere),
            (status(503, None), careful, Then::Stop),
            (status(503, None), by_default, Then::Again(None)),
            (status(500, None), by_default, Then::Again(None)),
            (status(529, None), by_default, Then::Again(None)),
            (status(502, None), careful, Then::Stop),
            (status(504, Some("1")), careful, Then::Stop),
            (status(401, None), by_default, Then::Elsewhere),
            (status(403, None), careful, Then::Elsewhere),
        ];
        for (ended, policy, expected) in table {
            assert_eq!(then(ended.unwrap(), &policy), expected, "{ended:?}");
        }
        for relayed in [200, 301, 400, 404, 408, 413, 422, 501] {
            assert_eq!(status(relayed, Some("1")), None, "{relayed}");
        }
    }

    #[test]
    fn a_wait_is_read_in_seconds_or_finer_and_nonsense_is_none() {
        let read = |name: &'static str, text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("retry-after", "2"), Some(Duration::from_secs(2)));
        assert_eq!(read("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        for text in ["", "-1", "NaN", "inf", "1e300", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(read("retry-after", text), None, "{text}");
        }
    }

    #[test]
    fn waits_grow_and_differ() {
        let policy = Retry::default();
        assert_eq!(backoff(&policy, 1, 0), Duration::from_millis(150));
        assert_eq!(backoff(&policy, 1, 75), Duration::from_millis(75));
        assert_eq!(backoff(&policy, 2, 0), Duration::from_millis(300));
        assert_eq!(backoff(&policy, 60, 0), policy.longest_wait);
    }
}
