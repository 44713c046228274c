//! Which paths the gateway answers. A fixed table: no part of a client's path ever reaches a provider, except a model's
//! name and Azure's API version, each in a place of its own and checked there.

use domain::model::{Endpoint, WireFormat};
use http::{HeaderMap, HeaderName, Method, Uri};
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A call that goes to a provider.
    Call(Endpoint, Address),
    Models,
    /// The name as it stands in the path, still percent-encoded.
    Model(&'a str),
    Key,
    Request(&'a str),
    /// A response that its provider keeps, by its id as it stands in the path.
    Stored(&'a str, Of),
}

/// What is asked of a stored response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Itself,
    Input,
    Cancelling,
}

/// What the path and the query of a call say beside its endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The model, where the path names it.
    pub model: Option<String>,
    /// What Gemini's path asks for.
    pub verb: Option<Verb>,
    /// Gemini's stream without `alt=sse`: one JSON array that grows.
    pub as_array: bool,
    /// Azure's, as the client gave it.
    pub api_version: Option<String>,
}

impl Address {
    /// True if the path itself asks for a stream.
    pub(crate) fn streamed(&self) -> bool {
        self.verb == Some(Verb::StreamGenerateContent)
    }
}

/// What stands behind the colon in a path of Gemini's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    GenerateContent,
    StreamGenerateContent,
    EmbedContent,
    BatchEmbedContents,
    CountTokens,
}

impl Verb {
    const ALL: [Self; 5] = [
        Self::GenerateContent,
        Self::StreamGenerateContent,
        Self::EmbedContent,
        Self::BatchEmbedContents,
        Self::CountTokens,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::GenerateContent => "generateContent",
            Self::StreamGenerateContent => "streamGenerateContent",
            Self::EmbedContent => "embedContent",
            Self::BatchEmbedContents => "batchEmbedContents",
            Self::CountTokens => "countTokens",
        }
    }

    const fn endpoint(self) -> Endpoint {
        match self {
            Self::GenerateContent | Self::StreamGenerateContent => Endpoint::GenerateContent,
            Self::EmbedContent | Self::BatchEmbedContents => Endpoint::EmbedContent,
            Self::CountTokens => Endpoint::GeminiCountTokens,
        }
    }
}

impl Route<'_> {
    pub(crate) const fn methods(&self) -> (&'static [Method], &'static str) {
        match self {
            Self::Call(..) | Self::Stored(_, Of::Cancelling) => (&[Method::POST], "POST"),
            Self::Stored(_, Of::Itself) => (&[Method::GET, Method::DELETE], "GET, DELETE"),
            Self::Models | Self::Model(_) | Self::Key | Self::Request(_) | Self::Stored(_, Of::Input) => {
                (&[Method::GET], "GET")
            }
        }
    }
}

/// The route of a target, whatever the method.
pub(crate) fn find(target: &Uri) -> Option<Route<'_>> {
    let (path, query) = (target.path(), target.query().unwrap_or_default());
    if let Some(rest) = path.strip_prefix("/v1/") {
        return below_version(rest, query);
    }
    if let Some(rest) = path.strip_prefix("/openai/") {
        return match rest.strip_prefix("v1/") {
            Some(rest) => below_version(rest, query).map(|route| with_api_version(route, query)),
            None => azure(rest, query),
        };
    }
    let rest = path.strip_prefix("/v1beta/").or_else(|| path.strip_prefix("/v1beta1/"))?;
    match rest {
        "models" => Some(Route::Models),
        _ => gemini(rest, query),
    }
}

fn below_version<'a>(rest: &'a str, query: &str) -> Option<Route<'a>> {
    let endpoint = match rest {
        "models" => return Some(Route::Models),
        "key" => return Some(Route::Key),
        "chat/completions" => Endpoint::ChatCompletions,
        "responses" => Endpoint::Responses,
        "messages" => Endpoint::Messages,
        "messages/count_tokens" => Endpoint::CountTokens,
        _ => match (by_path(rest), rest.split_once('/')) {
            (Some(endpoint), _) => endpoint,
            (None, Some(("models", _) | ("publishers", _))) => return gemini(rest, query),
            (None, Some(("requests", id))) if !id.is_empty() => return Some(Route::Request(id)),
            (None, Some(("responses", rest))) => return stored(rest),
            (None, _) => return None,
        },
    };
    Some(Route::Call(endpoint, Address::default()))
}

/// `ID`, `ID/input_items` or `ID/cancel`. Two words in the place of an id are endpoints that are not served.
fn stored(rest: &str) -> Option<Route<'_>> {
    let (id, of) = match rest.split_once('/') {
        None => (rest, Of::Itself),
        Some((id, "input_items")) => (id, Of::Input),
        Some((id, "cancel")) => (id, Of::Cancelling),
        Some(_) => return None,
    };
    (!matches!(id, "" | "compact" | "input_tokens")).then_some(Route::Stored(id, of))
}

/// The endpoint of OpenAI's or Anthropic's format at this path behind the version.
fn by_path(rest: &str) -> Option<Endpoint> {
    let plain = Endpoint::ALL.into_iter().filter(|endpoint| endpoint.format() != WireFormat::Gemini);
    plain.into_iter().find(|endpoint| endpoint.path().strip_prefix('/') == Some(rest))
}

/// `models/NAME`, or `models/NAME:VERB`. Names may have slashes and colons of their own.
fn gemini<'a>(rest: &'a str, query: &str) -> Option<Route<'a>> {
    let name = rest.strip_prefix("models/").or_else(|| rest.strip_prefix("publishers/google/models/"))?;
    let verb = name.rsplit_once(':').and_then(|(name, word)| {
        let verb = Verb::ALL.into_iter().find(|verb| verb.word() == word)?;
        (!name.is_empty()).then_some((name, verb))
    });
    let Some((name, verb)) = verb else { return (!name.is_empty()).then_some(Route::Model(name)) };
    let streamed = verb == Verb::StreamGenerateContent;
    let as_array = streamed && parameter(query, "alt").is_none_or(|alt| alt != "sse");
    let address = Address { model: Some(named(name)), verb: Some(verb), as_array, api_version: None };
    Some(Route::Call(verb.endpoint(), address))
}

/// `deployments/NAME/…`: Azure's way to name the model.
fn azure<'a>(rest: &'a str, query: &str) -> Option<Route<'a>> {
    let (name, path) = rest.strip_prefix("deployments/")?.split_once('/')?;
    let endpoint = by_path(path).filter(|endpoint| {
        endpoint.format() == WireFormat::OpenAi && !matches!(endpoint, Endpoint::Responses | Endpoint::Rerank)
    })?;
    let address = Address { model: (!name.is_empty()).then(|| named(name)), ..Address::default() };
    Some(with_api_version(Route::Call(endpoint, address), query))
}

fn with_api_version<'a>(route: Route<'a>, query: &str) -> Route<'a> {
    let harmless = |version: &str| {
        (1..=32).contains(&version.len())
            && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    };
    match route {
        Route::Call(endpoint, address) => {
            let api_version = parameter(query, "api-version").filter(|version| harmless(version));
            Route::Call(endpoint, Address { api_version: api_version.map(Cow::into_owned), ..address })
        }
        other => other,
    }
}

/// A model's name from a path; one that is no text is a name that no model has.
fn named(encoded: &str) -> String {
    percent_decoded(encoded).map_or_else(|| encoded.to_owned(), Cow::into_owned)
}

/// The first value of a query's parameter.
pub(crate) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decoded(value)).flatten()
    })
}

/// `None` if that is no UTF-8, or a percent sign stands alone.
pub(crate) fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(digits[0])? << 4 | digit(digits[1])?);
            rest = after;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// True if a path is one of Gemini's: there, and nowhere else, a key may come in the query.
pub(crate) fn is_gemini(path: &str) -> bool {
    path.starts_with("/v1beta/") || path.starts_with("/v1beta1/") || gemini_verb(path)
}

fn gemini_verb(path: &str) -> bool {
    path.rsplit_once(':').is_some_and(|(_, word)| Verb::ALL.iter().any(|verb| verb.word() == word))
}

static ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
static GOOGLE_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// In which format a client expects its answers, errors of unknown paths included. Lists of models and unknown paths
/// are shared by the formats, and told apart by the headers that only their SDKs send.
pub(crate) fn skin(path: &str, headers: &HeaderMap) -> WireFormat {
    if is_gemini(path) {
        WireFormat::Gemini
    } else if path.starts_with("/v1/messages") || headers.contains_key(&ANTHROPIC_VERSION) {
        WireFormat::Anthropic
    } else if headers.contains_key(&GOOGLE_KEY) && by_path(path.trim_start_matches("/v1/")).is_none() {
        WireFormat::Gemini
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
    let leads_on = trimmed.parse::<Uri>().is_ok_and(|target| find(&target).is_some());
    (trimmed != path && leads_on).then(|| format!("Call {trimmed}, without the slash at the end."))
}

/// A path goes into a sentence only if it is harmless and short.
fn shown(path: &str) -> &str {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
    if path.len() <= 64 && path.bytes().all(harmless) { path } else { "/v1/…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(target: &str) -> Uri {
        target.parse().unwrap()
    }
    fn call(target: &str) -> (Endpoint, Address) {
        match find(&uri(target)) {
            Some(Route::Call(endpoint, address)) => (endpoint, address),
            other => panic!("{target}: {other:?}"),
        }
    }
    fn model(name: &str) -> Address {
        Address { model: Some(name.to_owned()), ..Address::default() }
    }

    #[test]
    fn every_endpoint_is_found_at_its_path() {
        for endpoint in Endpoint::ALL {
            let path = endpoint.gateway_path().replace("{model}", "gemini-2.5-pro");
            let (found, address) = call(&path);
            assert_eq!(found, endpoint);
            assert_eq!(address.model.is_some(), endpoint.format() == WireFormat::Gemini);
            assert!(endpoint.gateway_path().ends_with(endpoint.path()));
            assert_eq!(skin(&path, &HeaderMap::new()), endpoint.format());
        }
        assert_eq!(find(&uri("/v1/models/meta/llama-4")), Some(Route::Model("meta/llama-4")));
        assert_eq!(find(&uri("/v1/models/llama:8b")), Some(Route::Model("llama:8b")));
        for (path, of) in [
            ("/v1/responses/resp_1", Of::Itself),
            ("/openai/v1/responses/resp_1", Of::Itself),
            ("/v1/responses/resp_1/input_items?limit=1", Of::Input),
            ("/v1/responses/resp_1/cancel", Of::Cancelling),
        ] {
            assert_eq!(find(&uri(path)), Some(Route::Stored("resp_1", of)), "{path}");
        }
        for nowhere in ["/v1/responses/", "/v1/responses/compact", "/v1/responses/r/x", "/v1/responses/r/cancel/x"] {
            assert_eq!(find(&uri(nowhere)), None, "{nowhere}");
        }
        for nowhere in ["/", "/v1", "/v1/", "/v1/models/", "/v1/v1/models", "/v1/chat/completions/", "/v2/key"] {
            assert_eq!(find(&uri(nowhere)), None, "{nowhere}");
        }
    }

    #[test]
    fn geminis_paths_name_model_and_verb_under_every_version() {
        for version in ["v1", "v1beta", "v1beta1"] {
            let path = format!("/{version}/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
            let (endpoint, address) = call(&path);
            assert_eq!((endpoint, address.streamed(), address.as_array), (Endpoint::GenerateContent, true, false));
            assert_eq!(find(&uri(&format!("/{version}/models"))), Some(Route::Models));
        }
        let (_, address) = call("/v1beta/models/meta%2Fllama:8b:streamGenerateContent?key=k");
        assert_eq!((address.model.as_deref(), address.as_array), (Some("meta/llama:8b"), true));
        let (endpoint, address) = call("/v1beta/models/e:batchEmbedContents");
        assert_eq!((endpoint, address.verb), (Endpoint::EmbedContent, Some(Verb::BatchEmbedContents)));
        let vertex = "/v1beta1/publishers/google/models/gemini-2.5-pro:countTokens";
        assert_eq!(call(vertex).1.model.as_deref(), Some("gemini-2.5-pro"));
        assert_eq!(find(&uri("/v1beta/models/m:deleteEverything")), Some(Route::Model("m:deleteEverything")));
        assert_eq!(find(&uri("/v1beta/models/:generateContent")), Some(Route::Model(":generateContent")));
        assert_eq!(find(&uri("/v1beta/files/x")), None);
    }

    #[test]
    fn azures_paths_name_the_deployment_and_a_version_that_is_harmless() {
        let path = "/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21";
        let expected = Address { api_version: Some("2024-10-21".to_owned()), ..model("gpt-5") };
        assert_eq!(call(path), (Endpoint::ChatCompletions, expected));
        assert_eq!(call("/openai/deployments/whisper/audio/translations").0, Endpoint::Translations);
        assert_eq!(call("/openai/v1/responses?api-version=preview").1.api_version.as_deref(), Some("preview"));
        let odd = "/openai/deployments/m/embeddings?api-version=1%26x=../..";
        assert_eq!(call(odd), (Endpoint::Embeddings, model("m")));
        for nowhere in ["/openai/x", "/openai/deployments/m/messages", "/openai/deployments/m", "/openai/v1"] {
            assert_eq!(find(&uri(nowhere)), None, "{nowhere}");
        }
    }

    #[test]
    fn names_are_decoded_and_broken_ones_left() {
        assert_eq!(percent_decoded("a%2Fb%C3%A9").as_deref(), Some("a/b\u{e9}"));
        for broken in ["%", "%2", "%zz", "%+1", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
        assert_eq!(parameter("a=1&key=k%20&key=2", "key").as_deref(), Some("k "));
        assert_eq!(parameter("", "key"), None);
    }

    #[test]
    fn common_mistakes_are_named() {
        assert!(advice("/v1/v1/chat/completions").unwrap().contains("becomes /v1/chat/completions."));
        assert!(advice("/v1/v1/<script>").unwrap().contains("/v1/…"));
        assert!(advice("/v1/key/").unwrap().contains("/v1/key,"));
        assert_eq!(advice("/v1/nothing"), None);
    }
}
