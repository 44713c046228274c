//! A provider's own error, from its format into the client's: status, kind and sentence, and no address.

use super::Dialect;
use super::answer::event;
use super::writing::{Fields, Json};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub status: u16,
    pub message: String,
    /// OpenAI's finer word, which clients match on; other formats have none.
    pub code: Option<String>,
}

#[derive(Deserialize)]
struct WithError {
    error: Value,
}

/// Anthropic's own status for "overloaded".
const OVERLOADED: u16 = 529;

impl Failure {
    /// Reads an error of any of the formats: all have an `error` with a `message`. A status that is not known, since
    /// the error came in a stream, is told by its kind.
    pub(super) fn read(status: Option<u16>, body: &[u8]) -> Option<Self> {
        let error = match serde_json::from_slice::<Value>(body).ok()? {
            // Gemini wraps errors of streams into a list.
            Value::Array(mut list) if list.len() == 1 => list.pop()?,
            value => value,
        };
        let WithError { error } = serde_json::from_value(error).ok()?;
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let message = match (text("message"), error.as_str()) {
            (Some(message), _) | (None, Some(message)) => without_addresses(message),
            (None, None) => return None,
        };
        let number = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let told = number.or_else(|| text("type").or_else(|| text("code")).and_then(status_of));
        let status = status.or(told).filter(|status| (400..600).contains(status)).unwrap_or(500);
        Some(Self { status, message, code: text("code").map(without_addresses) })
    }

    /// The status under which a client of this format learns of it.
    pub(super) const fn status_for(&self, to: Dialect) -> u16 {
        match (self.status, to) {
            (OVERLOADED, Dialect::OpenAi | Dialect::Gemini) => 503,
            (status, _) => status,
        }
    }

    pub(super) fn write(&self, to: Dialect, request_id: &str) -> Json {
        let status = self.status_for(to);
        match to {
            Dialect::OpenAi => {
                let error = Fields::of(openai_type(status))
                    .with("message", &self.message)
                    .with("param", Json::null())
                    .with("code", self.code.as_ref().map_or_else(Json::null, Json::from))
                    .with("request_id", request_id);
                Fields::new().with("error", error).json()
            }
            Dialect::Anthropic => {
                let error = Fields::of(anthropic_type(status)).with("message", &self.message);
                Fields::of("error").with("error", error).with("request_id", request_id).json()
            }
            Dialect::Gemini => {
                let error = Fields::new()
                    .with("code", u64::from(status))
                    .with("message", &self.message)
                    .with("status", gemini_status(status));
                Fields::new().with("error", error).json()
            }
        }
    }

    pub(super) fn write_event(&self, to: Dialect, request_id: &str, out: &mut String) {
        event(out, (to == Dialect::Anthropic).then_some("error"), self.write(to, request_id));
    }
}

fn status_of(kind: &str) -> Option<u16> {
    Some(match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" | "insufficient_quota" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" => 429,
        "server_error" | "api_error" => 500,
        "timeout_error" => 504,
        "overloaded_error" => OVERLOADED,
        _ => return None,
    })
}

const fn openai_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
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
        OVERLOADED => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

const fn gemini_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

/// Where a provider lives is not the client's business; its messages like to link to it.
fn without_addresses(text: &str) -> String {
    let clean = |word: &str| match word.find("://") {
        Some(at) => {
            let start = word[..at].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |before| before + 1);
            format!("{}[address removed]", &word[..start])
        }
        None => word.to_owned(),
    };
    text.split(' ').map(clean).collect::<Vec<_>>().join(" ").chars().take(4_096).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_change_their_clothes_and_lose_their_addresses() {
        let openai = br#"{"error":{"message":"Maximum context is 8192, see (https://platform.openai.com/docs).","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#;
        let failure = Failure::read(Some(400), openai).unwrap();
        assert_eq!(failure.code.as_deref(), Some("context_length_exceeded"));
        assert_eq!(
            failure.write(Dialect::Anthropic, "req").into_text(),
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Maximum context is 8192, see ([address removed]"},"request_id":"req"}"#
        );
        let anthropic =
            br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_theirs"}"#;
        let failure = Failure::read(None, anthropic).unwrap();
        assert_eq!((failure.status, failure.status_for(Dialect::OpenAi)), (529, 503));
        assert_eq!(
            failure.write(Dialect::Gemini, "req").into_text(),
            r#"{"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}"#
        );
        let gemini = br#"[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}]"#;
        assert_eq!(
            Failure::read(None, gemini).unwrap().write(Dialect::OpenAi, "req").into_text(),
            r#"{"error":{"type":"rate_limit_error","message":"Quota","param":null,"code":null,"request_id":"req"}}"#
        );
        for broken in ["", "[]", "{}", "<html>", r#"{"error":7}"#, r#"{"error":{}}"#] {
            assert_eq!(Failure::read(Some(500), broken.as_bytes()), None, "{broken}");
        }
    }
}
