//! A denial as the client's own format shows it: status, code, a sentence that says what to do next, the figures.
//!
//! Codes and statuses are the domain's, the sentences are those of [`crate::denial_words`]; here is only how they look.
//! Nothing of a provider (address, credential, text) can get in: all is made from the denial alone.

use crate::body::Body;
pub(crate) use crate::denial_words::sentence;
use crate::digits::{self, push_dollars};
use crate::limit_headers;
use crate::ports::{Allowance, KeyRecord, Traffic};
use crate::settings::{BudgetStatus, Settings};
use domain::budget::BudgetScope;
use domain::denial::{Denial, QuotaReached, TrafficLimit};
use domain::id::EventId;
use domain::model::WireFormat;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const OWN_REQUEST_ID: HeaderName = HeaderName::from_static("x-keywright-request-id");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
/// SDKs wait no longer than this between attempts.
const LONGEST_WAIT_MS: u64 = 60_000;
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// What an answer needs to know about its request.
pub(crate) struct Asked<'a> {
    pub event: EventId,
    pub skin: WireFormat,
    /// Known once the secret was right.
    pub record: Option<&'a KeyRecord>,
    pub settings: &'a Settings,
}

/// Says no.
pub(crate) fn refuse(denial: &Denial, asked: &Asked<'_>) -> Response<Body> {
    refuse_with(denial, &sentence(denial, asked), asked)
}

/// Says no in words of the caller's choice.
pub(crate) fn refuse_with(denial: &Denial, words: &str, asked: &Asked<'_>) -> Response<Body> {
    let bytes = error_body(denial, words, asked).to_string();
    let mut response = Response::new(Body::whole(bytes));
    *response.status_mut() = status(denial, asked.settings);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    identify(headers, asked.event);
    match denial {
        Denial::InvalidKey | Denial::ProviderKey => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The official SDKs honour this: a spent budget is not worth three more attempts.
        Denial::BudgetExhausted(_) | Denial::BudgetInsufficient { .. } => {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        // Neither is a quota whose window is long.
        Denial::QuotaExhausted(reached) if reached.retry_after_ms > LONGEST_WAIT_MS => {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        Denial::RateLimited(limit) => {
            let traffic = Traffic { requests: Some(spent(*limit)), tokens: None };
            limit_headers::announce(headers, asked.skin, traffic, asked.event.made_at());
        }
        Denial::TokensLimited(limit) => {
            let traffic = Traffic { requests: None, tokens: Some(spent(*limit)) };
            limit_headers::announce(headers, asked.skin, traffic, asked.event.made_at());
        }
        _ => {}
    }
    if let Some(ms) = retry_after_ms(denial) {
        headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        headers.insert(RETRY_AFTER_MS, HeaderValue::from(ms));
    }
    response
}

/// A limit of which nothing is left for this call.
const fn spent(TrafficLimit { limit, retry_after_ms, .. }: TrafficLimit) -> Allowance {
    Allowance { limit, remaining: 0, resets_in_ms: retry_after_ms }
}

/// The wrong method, and which is right.
pub(crate) fn refuse_method(allow: &'static str, asked: &Asked<'_>) -> Response<Body> {
    let mut response = refuse_with(&Denial::MethodNotAllowed, &format!("This path answers {allow} only."), asked);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// The names under which the formats' SDKs look for a request id.
pub(crate) fn identify(headers: &mut HeaderMap, event: EventId) {
    if let Ok(id) = HeaderValue::try_from(event.to_string()) {
        headers.insert(REQUEST_ID, id.clone());
        headers.insert(ANTHROPIC_REQUEST_ID, id.clone());
        headers.insert(OWN_REQUEST_ID, id);
    }
}

pub(crate) fn status(denial: &Denial, settings: &Settings) -> StatusCode {
    let code = match denial {
        Denial::BudgetExhausted(_) | Denial::BudgetInsufficient { .. }
            if settings.budget_status == BudgetStatus::TooManyRequests =>
        {
            429
        }
        _ => denial.status(),
    };
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

const fn retry_after_ms(denial: &Denial) -> Option<u64> {
    match denial {
        Denial::RateLimited(TrafficLimit { retry_after_ms, .. })
        | Denial::TokensLimited(TrafficLimit { retry_after_ms, .. })
        | Denial::ConcurrencyLimited(TrafficLimit { retry_after_ms, .. })
        | Denial::QuotaExhausted(QuotaReached { retry_after_ms, .. })
        | Denial::BudgetReserved { retry_after_ms, .. }
        | Denial::TooManyBadKeys { retry_after_ms }
        | Denial::Overloaded { retry_after_ms } => Some(*retry_after_ms),
        Denial::Starting => Some(1_000),
        Denial::PolicyStale | Denial::MeteringUnavailable => Some(5_000),
        _ => None,
    }
}

/// The error as JSON, also used inside a stream that has to end early.
pub(crate) fn error_body(denial: &Denial, words: &str, asked: &Asked<'_>) -> Value {
    let mut error = Map::new();
    let status = status(denial, asked.settings).as_u16();
    let kind = match asked.skin {
        WireFormat::OpenAi => openai_type(denial, status),
        WireFormat::Anthropic => anthropic_type(status),
        WireFormat::Gemini => return gemini_body(denial, words, status, asked),
    };
    error.insert("type".to_owned(), kind.into());
    error.insert("message".to_owned(), words.into());
    error.insert("code".to_owned(), denial.code().into());
    if let Some(limits) = limits(denial, asked) {
        error.insert("limits".to_owned(), limits);
    }
    if let Some(url) = portal_url(denial, asked) {
        error.insert("portal_url".to_owned(), url.into());
    }
    let id = asked.event.to_string();
    match asked.skin {
        WireFormat::OpenAi | WireFormat::Gemini => {
            error.insert("param".to_owned(), Value::Null);
            error.insert("request_id".to_owned(), id.into());
            json!({ "error": error })
        }
        WireFormat::Anthropic => json!({ "type": "error", "error": error, "request_id": id }),
    }
}

/// Google's APIs say what happened twice: as a status and as typed details, whose figures are texts.
fn gemini_body(denial: &Denial, words: &str, status: u16, asked: &Asked<'_>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("request_id".to_owned(), asked.event.to_string().into());
    if let Some(url) = portal_url(denial, asked) {
        metadata.insert("portal_url".to_owned(), url.into());
    }
    if let Some(Value::Object(limits)) = limits(denial, asked) {
        for (name, value) in limits {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            metadata.insert(name, text.into());
        }
    }
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": denial.code(),
        "domain": "keywright",
        "metadata": metadata,
    })];
    if let Some(ms) = retry_after_ms(denial) {
        let delay = format!("{}.{:03}s", ms / 1_000, ms % 1_000);
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
    }
    json!({
        "error": { "code": status, "message": words, "status": gemini_status(status), "details": details },
    })
}

const fn gemini_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 | 405 => "NOT_FOUND",
        402 | 429 => "RESOURCE_EXHAUSTED",
        504 => "DEADLINE_EXCEEDED",
        502 | 503 => "UNAVAILABLE",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

const fn openai_type(denial: &Denial, status: u16) -> &'static str {
    match denial {
        Denial::BudgetExhausted(_) | Denial::BudgetInsufficient { .. } => "insufficient_quota",
        _ => match status {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        },
    }
}

const fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// An amount as exact text: `12.40`.
pub(crate) fn dollars(amount: NanoUsd) -> String {
    digits::text(|text| push_dollars(text, amount))
}

pub(crate) fn iso(at: Timestamp) -> String {
    at.to_jiff().to_string()
}

/// Whose budget this is, as people call it.
pub(crate) fn scope_name(scope: BudgetScope, asked: &Asked<'_>) -> String {
    match scope {
        BudgetScope::Organisation => asked.settings.organisation.clone(),
        BudgetScope::Key(id) => match asked.record {
            Some(record) if record.key.id == id => record.key.name.to_string(),
            _ => id.to_string(),
        },
        _ => {
            let above = asked.record.into_iter().flat_map(|record| record.above.iter());
            let level = above.into_iter().find(|level| level.scope == scope);
            level.map_or_else(|| scope.to_string(), |level| level.name.clone())
        }
    }
}

fn limits(denial: &Denial, asked: &Asked<'_>) -> Option<Value> {
    let rate = |counted: &str, window: &str, limit: &TrafficLimit| {
        json!({
            "scope": limit.scope.word(),
            "name": scope_name(limit.scope, asked),
            "counted": counted,
            "window": window,
            "limit": limit.limit,
        })
    };
    match denial {
        Denial::RateLimited(limit) => Some(rate("requests", "minute", limit)),
        Denial::TokensLimited(limit) => Some(rate("tokens", "minute", limit)),
        Denial::ConcurrencyLimited(limit) => Some(rate("requests", "in_flight", limit)),
        Denial::QuotaExhausted(reached) => Some(json!({
            "scope": reached.scope.word(),
            "name": scope_name(reached.scope, asked),
            "counted": reached.counted.word(),
            "window": reached.window.word(),
            "limit": reached.limit,
            "used": reached.used,
            "resets_at": reached.resets_at.map(iso),
        })),
        Denial::BudgetExhausted(reached)
        | Denial::BudgetInsufficient { limit: reached, .. }
        | Denial::BudgetReserved { limit: reached, .. } => Some(json!({
            "scope": reached.scope.word(),
            "name": scope_name(reached.scope, asked),
            "window": reached.window.word(),
            "currency": "USD",
            "limit": dollars(reached.limit),
            "spent": dollars(reached.spent),
            "reserved": dollars(reached.reserved),
            "guaranteed_to_others": dollars(reached.kept_for_others),
            "resets_at": reached.resets_at.map(iso),
        })),
        _ => None,
    }
}

/// The key's page, at the line of the limit.
fn portal_url(denial: &Denial, asked: &Asked<'_>) -> Option<String> {
    let record = asked.record?;
    let page = format!("{}/keys/{}", asked.settings.portal_origin, record.key.id);
    Some(match denial {
        Denial::BudgetExhausted(reached)
        | Denial::BudgetInsufficient { limit: reached, .. }
        | Denial::BudgetReserved { limit: reached, .. } => {
            format!("{page}#budget-{}-{}", reached.scope.word(), reached.window.word())
        }
        Denial::RateLimited(_)
        | Denial::TokensLimited(_)
        | Denial::ConcurrencyLimited(_)
        | Denial::QuotaExhausted(_) => format!("{page}#limits"),
        _ => page,
    })
}
