//! The headers that cross the gateway, in both directions: one table for each wire format. What is not here stays here.
//!
//! In particular never up: credentials, cookies, forwarding and hop-by-hop headers, lengths, the client's host and
//! user agent. Never down: cookies, account names and rate limits of the shared provider account.

use crate::ports::ProviderRecord;
use domain::id::EventId;
use domain::key_secret::SecretText;
use domain::model::{ProviderKind, WireFormat};
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Carried to a provider of the client's format, if the client sent them.
fn upward(format: WireFormat) -> &'static [HeaderName] {
    static OPENAI: [HeaderName; 1] = [HeaderName::from_static("openai-beta")];
    static ANTHROPIC: [HeaderName; 2] = [ANTHROPIC_VERSION, HeaderName::from_static("anthropic-beta")];
    match format {
        WireFormat::OpenAi => &OPENAI,
        WireFormat::Anthropic => &ANTHROPIC,
        WireFormat::Gemini => &[],
    }
}

/// Carried back to the client.
const DOWNWARD: [HeaderName; 4] =
    [CONTENT_TYPE, RETRY_AFTER, HeaderName::from_static("retry-after-ms"), HeaderName::from_static("x-should-retry")];

/// Under these names providers tell their own id of a request.
const UPSTREAM_IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("apim-request-id"),
];
const UPSTREAM_ID: HeaderName = HeaderName::from_static("x-keywright-upstream-id");
/// An answer with its ids, limits, cost and budget: making room later would hash them all again.
const ANSWER_HEADERS: usize = 24;

const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
/// Anthropic demands one; this is the oldest that still holds.
const DEFAULT_ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// What is sent, and what is asked for.
pub(crate) struct Kind {
    pub content: HeaderValue,
    pub accept: &'static str,
}

/// The credential cannot be a header's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnusableCredential;

/// The headers of the provider's request.
pub(crate) fn for_provider(
    client: &HeaderMap,
    provider: &ProviderRecord,
    credential: &SecretText,
    kind: &Kind,
) -> Result<HeaderMap, UnusableCredential> {
    let mut headers = HeaderMap::with_capacity(8);
    for name in upward(provider.format()) {
        for value in client.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers.insert(CONTENT_TYPE, kind.content.clone());
    headers.insert(ACCEPT, HeaderValue::from_static(kind.accept));
    // Answers are read for their usage, so that they have to come uncompressed.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static("keywright"));
    if provider.kind == ProviderKind::Anthropic {
        headers.entry(ANTHROPIC_VERSION).or_insert(DEFAULT_ANTHROPIC_VERSION);
    }
    let secret = credential.expose();
    // A server of one's own may ask for none.
    if secret.is_empty() {
        return Ok(headers);
    }
    let (name, value) = match provider.kind {
        ProviderKind::OpenAi => (AUTHORIZATION, HeaderValue::try_from(["Bearer ", secret].concat())),
        ProviderKind::AzureOpenAi => (HeaderName::from_static("api-key"), HeaderValue::try_from(secret)),
        ProviderKind::Anthropic => (HeaderName::from_static("x-api-key"), HeaderValue::try_from(secret)),
        ProviderKind::Gemini => (HeaderName::from_static("x-goog-api-key"), HeaderValue::try_from(secret)),
    };
    let mut value = value.map_err(|_| UnusableCredential)?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(headers)
}

/// The headers of the client's answer, from the provider's.
pub(crate) fn for_client(provider: &HeaderMap, event: EventId) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(ANSWER_HEADERS);
    for name in DOWNWARD {
        if let Some(value) = provider.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    if let Some(id) = UPSTREAM_IDS.iter().find_map(|name| provider.get(name)) {
        headers.insert(UPSTREAM_ID, id.clone());
    }
    crate::error::identify(&mut headers, event);
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::ProviderId;

    fn kind_of_chat() -> Kind {
        Kind { content: HeaderValue::from_static("application/json"), accept: "application/json" }
    }

    fn try_to_send(kind: ProviderKind, secret: &str) -> Result<HeaderMap, UnusableCredential> {
        let provider = ProviderRecord {
            id: ProviderId::from_random(&[1; 12]),
            name: "p".into(),
            kind,
            base_url: http::Uri::from_static("http://127.0.0.1/v1"),
            enabled: true,
            timeouts: domain::provider_timeouts::ProviderTimeouts::default(),
            markup: domain::markup::Markup::NONE,
        };
        for_provider(&HeaderMap::new(), &provider, &SecretText::new(secret.into()), &kind_of_chat())
    }

    fn sent(kind: ProviderKind, secret: &str) -> HeaderMap {
        try_to_send(kind, secret).unwrap()
    }

    #[test]
    fn a_credential_is_sent_as_the_format_has_it() {
        assert_eq!(sent(ProviderKind::OpenAi, "s3")[AUTHORIZATION], "Bearer s3");
        assert_eq!(sent(ProviderKind::Anthropic, "s3")["x-api-key"], "s3");
        assert_eq!(sent(ProviderKind::AzureOpenAi, "s3")["api-key"], "s3");
        assert_eq!(sent(ProviderKind::Gemini, "s3")["x-goog-api-key"], "s3");
        assert_eq!(try_to_send(ProviderKind::OpenAi, "a\nb"), Err(UnusableCredential));
    }

    #[test]
    fn a_server_without_a_credential_is_sent_none() {
        for kind in ProviderKind::ALL {
            let headers = sent(kind, "");
            let credentials = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];
            assert!(credentials.iter().all(|name| !headers.contains_key(*name)), "{headers:?}");
        }
        assert!(sent(ProviderKind::Anthropic, "").contains_key(ANTHROPIC_VERSION));
    }
}
