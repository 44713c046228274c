//! Who is calling: finds the one credential of a request and the key that it belongs to.
//!
//! The order of work is cheapest first: one credential, shape, checksum, look-up by id, HMAC in constant time. Nothing
//! is allocated in proportion to the input, nothing is stored for a failure, and every failure up to here looks the
//! same to the client. Fails closed; while the process cannot decide it says so (503), never 401.

use crate::ports::{Directory, KeyRecord};
use domain::denial::Denial;
use domain::key_secret::{Malformed, PresentedToken, TokenKind, same_tag};
use domain::time::Timestamp;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The headers in which SDKs send a key. The first carries a scheme.
static CREDENTIAL_HEADERS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// One refusal of this many is logged.
const LOGGED_ONE_IN: u64 = 256;

/// A key whose secret was right. Whether it may do anything is a question of its own.
pub(crate) struct Recognised {
    pub record: Arc<KeyRecord>,
    pub secret_version: i64,
}

/// Why nobody was recognised. Finer than what the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrecognised {
    Missing,
    Ambiguous,
    Shape,
    Checksum,
    ProviderKey,
    UnknownKey,
    WrongSecret,
}

impl Unrecognised {
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::Ambiguous,
        Self::Shape,
        Self::Checksum,
        Self::ProviderKey,
        Self::UnknownKey,
        Self::WrongSecret,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Ambiguous => "ambiguous",
            Self::Shape => "shape",
            Self::Checksum => "checksum",
            Self::ProviderKey => "provider_key",
            Self::UnknownKey => "unknown_key",
            Self::WrongSecret => "wrong_secret",
        }
    }

    const fn denial(self) -> Denial {
        match self {
            Self::Ambiguous => Denial::AmbiguousCredentials,
            Self::ProviderKey => Denial::ProviderKey,
            Self::Missing | Self::Shape | Self::Checksum | Self::UnknownKey | Self::WrongSecret => Denial::InvalidKey,
        }
    }
}

/// How often each reason occurred since the start: all that is kept of failed authentication.
#[derive(Default)]
pub struct UnrecognisedCounts([AtomicU64; Unrecognised::ALL.len()]);

impl UnrecognisedCounts {
    pub fn of(&self, reason: Unrecognised) -> u64 {
        self.0[reason as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, reason: Unrecognised) -> Denial {
        let before = self.0[reason as usize].fetch_add(1, Ordering::Relaxed);
        if before.is_multiple_of(LOGGED_ONE_IN) {
            tracing::info!(reason = reason.word(), count = before + 1, "refused a call without a valid key");
        }
        reason.denial()
    }
}

/// Recognises the caller. `in_query` is the key that Gemini's clients may put there, and nobody else.
pub(crate) fn recognise(
    headers: &HeaderMap,
    in_query: Option<&str>,
    directory: &dyn Directory,
    counts: &UnrecognisedCounts,
    now: Timestamp,
) -> Result<Recognised, Denial> {
    let refused = |reason| counts.count(reason);
    let text = presented(headers, in_query).map_err(refused)?;
    let token = PresentedToken::parse(text).map_err(|malformed| {
        refused(match malformed {
            _ if looks_like_a_provider_key(text) => Unrecognised::ProviderKey,
            Malformed::Shape => Unrecognised::Shape,
            Malformed::Checksum => Unrecognised::Checksum,
        })
    })?;
    if token.kind != TokenKind::VirtualKey {
        return Err(refused(Unrecognised::Shape));
    }
    let record = directory.key(token.key).ok_or_else(|| refused(Unrecognised::UnknownKey))?;
    let mut version = None;
    for secret in record.secrets.iter().filter(|secret| secret.is_live(now)) {
        // A missing pepper means that this process cannot tell, not that the key is wrong.
        let pepper = directory.pepper(secret.pepper_version).ok_or(Denial::Sealed)?;
        if same_tag(&token.tag(&pepper), &secret.tag) {
            version = Some(secret.version);
        }
    }
    let secret_version = version.ok_or_else(|| refused(Unrecognised::WrongSecret))?;
    Ok(Recognised { record, secret_version })
}

/// The one credential of a request. The same one several times is one.
fn presented<'a>(headers: &'a HeaderMap, in_query: Option<&'a str>) -> Result<&'a str, Unrecognised> {
    let mut found = in_query.map(str::as_bytes).filter(|key| !key.is_empty());
    for name in &CREDENTIAL_HEADERS {
        for value in headers.get_all(name) {
            let bytes = value.as_bytes().trim_ascii();
            let credential = if name == AUTHORIZATION { after_bearer(bytes) } else { bytes };
            if credential.is_empty() {
                continue;
            }
            match found {
                None => found = Some(credential),
                Some(first) if first == credential => {}
                Some(_) => return Err(Unrecognised::Ambiguous),
            }
        }
    }
    let bytes = found.ok_or(Unrecognised::Missing)?;
    std::str::from_utf8(bytes).map_err(|_| Unrecognised::Shape)
}

/// What follows `Bearer`; another scheme is taken whole, which makes it a malformed key.
fn after_bearer(value: &[u8]) -> &[u8] {
    match value.split_at_checked(6) {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case(b"bearer") && rest.first().is_none_or(|&byte| byte == b' ') =>
        {
            rest.trim_ascii()
        }
        _ => value,
    }
}

/// Prefixes of the keys that people send by mistake. Not a detector of leaks: it only picks the better advice.
const PROVIDER_KEY_PREFIXES: [&str; 8] = ["sk-", "AIza", "gsk_", "xai-", "hf_", "pplx-", "AKIA", "nvapi-"];

fn looks_like_a_provider_key(text: &str) -> bool {
    text.len() >= 20 && PROVIDER_KEY_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn only(pairs: &[(&'static str, &'static str)]) -> Result<String, Unrecognised> {
        presented(&headers(pairs), None).map(str::to_owned)
    }

    #[test]
    fn a_key_in_the_query_is_one_more_place() {
        assert_eq!(presented(&headers(&[]), Some("one")), Ok("one"));
        assert_eq!(presented(&headers(&[("x-goog-api-key", "one")]), Some("one")), Ok("one"));
        assert_eq!(presented(&headers(&[("x-goog-api-key", "two")]), Some("one")), Err(Unrecognised::Ambiguous));
        assert_eq!(presented(&headers(&[]), Some("")), Err(Unrecognised::Missing));
    }

    #[test]
    fn one_credential_is_found_in_any_of_its_headers() {
        for name in ["x-api-key", "api-key", "x-goog-api-key"] {
            assert_eq!(only(&[(name, "one")]), Ok("one".to_owned()));
        }
        for bearer in ["Bearer one", "bearer  one", "BEARER one "] {
            assert_eq!(only(&[("authorization", bearer)]), Ok("one".to_owned()), "{bearer}");
        }
        assert_eq!(only(&[]), Err(Unrecognised::Missing));
        assert_eq!(only(&[("authorization", "Bearer ")]), Err(Unrecognised::Missing));
        assert_eq!(only(&[("authorization", "Basic one")]), Ok("Basic one".to_owned()));
        assert_eq!(only(&[("authorization", "Bearerone")]), Ok("Bearerone".to_owned()));
    }

    #[test]
    fn the_same_twice_is_one_and_two_different_are_ambiguous() {
        assert_eq!(only(&[("authorization", "Bearer one"), ("x-api-key", "one")]), Ok("one".to_owned()));
        assert_eq!(only(&[("authorization", "Bearer one"), ("x-api-key", "")]), Ok("one".to_owned()));
        for pair in [
            [("authorization", "Bearer one"), ("x-api-key", "two")],
            [("authorization", "Bearer one"), ("authorization", "Bearer two")],
            [("api-key", "one"), ("x-goog-api-key", "two")],
        ] {
            assert_eq!(only(&pair), Err(Unrecognised::Ambiguous), "{pair:?}");
        }
    }

    #[test]
    fn provider_keys_are_known_by_their_prefix() {
        assert!(looks_like_a_provider_key("sk-ant-api03-abcdefghijklmnop"));
        assert!(!looks_like_a_provider_key("sk-short"));
        assert!(!looks_like_a_provider_key("kwr_8Fq2aaaaaaaa_and_more_of_it"));
    }
}
