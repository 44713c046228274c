//! The limits per minute in an answer's headers, under the names and in the units of the client's format.
//!
//! OpenAI's clients read how long until the limit is whole again (`6m0s`), Anthropic's at which moment. A limit that the
//! key does not have is not named.

use crate::digits::{push_fraction, push_number};
use crate::ports::{Allowance, Traffic};
use domain::model::WireFormat;
use domain::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Names of one counted thing: limit, remaining, reset.
type Names = [HeaderName; 3];

static OPENAI_REQUESTS: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
static OPENAI_TOKENS: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];
static ANTHROPIC_REQUESTS: Names = [
    HeaderName::from_static("anthropic-ratelimit-requests-limit"),
    HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
    HeaderName::from_static("anthropic-ratelimit-requests-reset"),
];
static ANTHROPIC_TOKENS: Names = [
    HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
    HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
    HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
];

/// Announces the tightest limits. `now` is the moment that they were taken.
pub(crate) fn announce(headers: &mut HeaderMap, skin: WireFormat, traffic: Traffic, now: Timestamp) {
    let is_anthropic = skin == WireFormat::Anthropic;
    let (requests, tokens) = match is_anthropic {
        true => (&ANTHROPIC_REQUESTS, &ANTHROPIC_TOKENS),
        false => (&OPENAI_REQUESTS, &OPENAI_TOKENS),
    };
    let mut text = Vec::with_capacity(32);
    for (names, allowance) in [(requests, traffic.requests), (tokens, traffic.tokens)] {
        let Some(Allowance { limit, remaining, resets_in_ms }) = allowance else { continue };
        let mut announce = |name: &HeaderName, write: &dyn Fn(&mut Vec<u8>)| {
            text.clear();
            write(&mut text);
            if let Ok(value) = HeaderValue::from_bytes(&text) {
                headers.insert(name, value);
            }
        };
        let [limit_name, remaining_name, reset_name] = names;
        announce(limit_name, &|text| push_number(text, limit));
        announce(remaining_name, &|text| push_number(text, remaining));
        match is_anthropic {
            true => announce(reset_name, &|text| text.extend(moment(now, resets_in_ms).into_bytes())),
            false => announce(reset_name, &|text| push_duration(text, resets_in_ms)),
        }
    }
}

/// RFC 3339, to the second, rounded up: who waits until then has waited long enough.
fn moment(now: Timestamp, in_ms: u64) -> String {
    let then = now.as_ms().saturating_add(i64::try_from(in_ms).unwrap_or(i64::MAX));
    let seconds = then.saturating_add(999).div_euclid(1_000);
    Timestamp::from_ms(seconds.saturating_mul(1_000)).to_jiff().to_string()
}

/// `250ms`, `1.5s`, `6m0s`, `1h0m12s`: how Go prints durations, which is what OpenAI sends.
fn push_duration(text: &mut Vec<u8>, ms: u64) {
    if ms < 1_000 {
        push_number(text, ms);
        return text.extend_from_slice(b"ms");
    }
    let (hours, minutes, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms % 60_000);
    if hours > 0 {
        push_number(text, hours);
        text.push(b'h');
    }
    if hours > 0 || minutes > 0 {
        push_number(text, minutes);
        text.push(b'm');
    }
    push_number(text, rest / 1_000);
    push_fraction(text, rest % 1_000, 3, 0);
    text.push(b's');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_look_like_those_of_openai() {
        for (ms, text) in [
            (0, "0ms"),
            (999, "999ms"),
            (1_000, "1s"),
            (1_500, "1.5s"),
            (7_066, "7.066s"),
            (60_000, "1m0s"),
            (360_000, "6m0s"),
            (61_020, "1m1.02s"),
            (3_612_000, "1h0m12s"),
        ] {
            assert_eq!(crate::digits::text(|into| push_duration(into, ms)), text, "{ms}");
        }
    }

    #[test]
    fn each_format_has_its_names_and_a_missing_limit_none() {
        let requests = Some(Allowance { limit: 60, remaining: 59, resets_in_ms: 1_000 });
        let tokens = Some(Allowance { limit: 9_000, remaining: 0, resets_in_ms: 61_001 });
        let now = Timestamp::from_ms(1_800_000_000_000);
        let sent = |skin, traffic| {
            let mut headers = HeaderMap::new();
            announce(&mut headers, skin, traffic, now);
            let mut lines: Vec<String> =
                headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
            lines.sort();
            lines
        };
        let both = Traffic { requests, tokens };
        assert_eq!(
            sent(WireFormat::OpenAi, both),
            [
                "x-ratelimit-limit-requests: 60",
                "x-ratelimit-limit-tokens: 9000",
                "x-ratelimit-remaining-requests: 59",
                "x-ratelimit-remaining-tokens: 0",
                "x-ratelimit-reset-requests: 1s",
                "x-ratelimit-reset-tokens: 1m1.001s",
            ]
        );
        assert_eq!(
            sent(WireFormat::Anthropic, both),
            [
                "anthropic-ratelimit-requests-limit: 60",
                "anthropic-ratelimit-requests-remaining: 59",
                "anthropic-ratelimit-requests-reset: 2027-01-15T08:00:01Z",
                "anthropic-ratelimit-tokens-limit: 9000",
                "anthropic-ratelimit-tokens-remaining: 0",
                "anthropic-ratelimit-tokens-reset: 2027-01-15T08:01:02Z",
            ]
        );
        assert_eq!(sent(WireFormat::OpenAi, Traffic { requests, tokens: None }).len(), 3);
        assert_eq!(sent(WireFormat::Anthropic, Traffic::default()).len(), 0);
    }
}
