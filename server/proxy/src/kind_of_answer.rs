//! What the head of a provider's answer, and what was asked, say about how it is to be relayed.

use domain::model::Endpoint;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

/// Successes that have nothing to relay, or only a part of it.
pub(crate) fn without_an_answer(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT)
}

/// Some servers send streams under no name, or under one that fits everything.
pub(crate) fn says_nothing_of_itself(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = kind.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    kind.eq_ignore_ascii_case(b"text/plain") || kind.eq_ignore_ascii_case(b"application/octet-stream")
}

/// Endpoints whose plain answers are one JSON object, whatever was asked for.
pub(crate) const fn answers_in_json(endpoint: Endpoint) -> bool {
    use Endpoint::{ImageEdits, ImageGenerations, ImageVariations, Speech, Transcriptions, Translations};
    !matches!(endpoint, ImageEdits | ImageGenerations | ImageVariations | Speech | Transcriptions | Translations)
}
