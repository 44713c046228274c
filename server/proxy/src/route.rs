//! Which paths the gateway answers. A fixed table: no part of a client's path ever reaches a provider.

use domain::model::{Endpoint, WireFormat};
use http::{HeaderMap, Method};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A call that goes to a provider.
    Call(Endpoint),
    Models,
    /// The name as it stands in the path, still percent-encoded.
    Model(&'a str),
    Key,
    Request(&'a str),
}

impl Route<'_> {
    pub(crate) const fn method(&self) -> (&'static Method, &'static str) {
        match self {
            Self::Call(_) => (&Method::POST, "POST"),
            Self::Models | Self::Model(_) | Self::Key | Self::Request(_) => (&Method::GET, "GET"),
        }
    }
}

/// The route of a path, whatever the method.
pub(crate) fn find(path: &str) -> Option<Route<'_>> {
    let rest = path.strip_prefix("/v1/")?;
    Some(match rest {
        "chat/completions" => Route::Call(Endpoint::ChatCompletions),
        "responses" => Route::Call(Endpoint::Responses),
        "embeddings" => Route::Call(Endpoint::Embeddings),
        "messages" => Route::Call(Endpoint::Messages),
        "messages/count_tokens" => Route::Call(Endpoint::CountTokens),
        "models" => Route::Models,
        "key" => Route::Key,
        _ => match rest.split_once('/')? {
            ("models", name) if !name.is_empty() => Route::Model(name),
            ("requests", id) if !id.is_empty() => Route::Request(id),
            _ => return None,
        },
    })
}

/// The gateway's path of an endpoint.
pub(crate) const fn path_of(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::ChatCompletions => "/v1/chat/completions",
        Endpoint::Responses => "/v1/responses",
        Endpoint::Embeddings => "/v1/embeddings",
        Endpoint::Messages => "/v1/messages",
        Endpoint::CountTokens => "/v1/messages/count_tokens",
    }
}

/// In which format a client expects its answers, errors of unknown paths included.
pub(crate) fn skin(path: &str, headers: &HeaderMap) -> WireFormat {
    if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
        WireFormat::Anthropic
    } else {
        WireFormat::OpenAi
    }
}

/// What is probably wrong with a path that leads nowhere.
pub(crate) fn advice(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/v1")?;
    if rest.starts_with("/v1/") {
        return Some(format!(
            "The path has /v1 twice: the base URL of your client already ends in /v1, or adds it by itself. \
             Take one away, so that the path becomes {}.",
            shown(rest)
        ));
    }
    let trimmed = path.trim_end_matches('/');
    (trimmed != path && find(trimmed).is_some()).then(|| format!("Call {trimmed}, without the slash at the end."))
}

/// A path goes into a sentence only if it is harmless and short.
fn shown(path: &str) -> &str {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
    if path.len() <= 64 && path.bytes().all(harmless) { path } else { "/v1/…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_at_its_path() {
        for endpoint in Endpoint::ALL {
            assert_eq!(find(path_of(endpoint)), Some(Route::Call(endpoint)));
            assert!(path_of(endpoint).ends_with(endpoint.path()));
        }
        assert_eq!(find("/v1/models/meta/llama-4"), Some(Route::Model("meta/llama-4")));
        for nowhere in ["/", "/v1", "/v1/", "/v1/models/", "/v1/v1/models", "/v1/chat/completions/", "/v2/key"] {
            assert_eq!(find(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn common_mistakes_are_named() {
        assert!(advice("/v1/v1/chat/completions").unwrap().contains("becomes /v1/chat/completions."));
        assert!(advice("/v1/v1/<script>").unwrap().contains("/v1/…"));
        assert!(advice("/v1/key/").unwrap().contains("/v1/key,"));
        assert_eq!(advice("/v1/nothing"), None);
    }
}
