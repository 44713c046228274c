//! Where a call goes at its provider: the path and query behind the address that an administrator entered.
//!
//! Made from the endpoint, the deployment's own name of the model and nothing of the client's but Azure's API version,
//! which was checked when the path was read. A name that could change the path's meaning gives none.

use crate::ports::ProviderRecord;
use crate::route::{Address, Verb};
use domain::model::{Endpoint, ProviderKind};

/// The newest version of Azure's data plane that is not a preview; the responses API needs one.
const AZURE_VERSION: &str = "2024-10-21";
const AZURE_RESPONSES_VERSION: &str = "2025-04-01-preview";

/// One call at one deployment.
pub(crate) struct Target<'a> {
    pub provider: &'a ProviderRecord,
    pub endpoint: Endpoint,
    pub address: &'a Address,
    /// What the provider calls the model.
    pub model: &'a str,
}

impl Target<'_> {
    /// The path and query; `None` if the model's name must not stand in them.
    pub(crate) fn path(&self) -> Option<String> {
        let base = self.provider.base_url.path().trim_end_matches('/');
        match self.provider.kind {
            ProviderKind::OpenAi | ProviderKind::Anthropic => Some([base, self.endpoint.path()].concat()),
            ProviderKind::AzureOpenAi => self.azure(base),
            ProviderKind::Gemini => {
                let model = url_segment(self.model)?;
                let verb = self.address.verb.unwrap_or(Verb::GenerateContent);
                let framing = if self.address.streamed() && !self.address.as_array { "?alt=sse" } else { "" };
                Some(format!("{base}/models/{model}:{}{framing}", verb.word()))
            }
        }
    }

    /// An address that ends in `/openai/v1` is that of Azure's newer surface, which reads the model from the body.
    fn azure(&self, base: &str) -> Option<String> {
        let asked = self.address.api_version.as_deref();
        let path = self.endpoint.path();
        if base.ends_with("/openai/v1") {
            let version = asked.map_or_else(String::new, |version| format!("?api-version={version}"));
            return Some(format!("{base}{path}{version}"));
        }
        let base = base.strip_suffix("/openai").unwrap_or(base);
        if self.endpoint == Endpoint::Responses {
            return Some(format!("{base}/openai{path}?api-version={}", asked.unwrap_or(AZURE_RESPONSES_VERSION)));
        }
        let model = url_segment(self.model)?;
        Some(format!("{base}/openai/deployments/{model}{path}?api-version={}", asked.unwrap_or(AZURE_VERSION)))
    }
}

impl ProviderRecord {
    /// Where a stored response is, `rest` being its id and what is asked of it; `None` at providers that keep none.
    pub(crate) fn stored_path(&self, rest: &str, query: &str) -> Option<String> {
        let base = self.base_url.path().trim_end_matches('/');
        let (base, version) = match self.kind {
            ProviderKind::OpenAi => (base.to_owned(), None),
            ProviderKind::AzureOpenAi if base.ends_with("/openai/v1") => (base.to_owned(), None),
            ProviderKind::AzureOpenAi => {
                let version = format!("api-version={AZURE_RESPONSES_VERSION}");
                (format!("{}/openai", base.strip_suffix("/openai").unwrap_or(base)), Some(version))
            }
            ProviderKind::Anthropic | ProviderKind::Gemini => return None,
        };
        let query: Vec<&str> =
            version.as_deref().into_iter().chain(Some(query).filter(|query| !query.is_empty())).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("{base}/responses/{rest}{mark}{}", query.join("&")))
    }

    /// Where this provider lists its models, which costs nothing and needs a valid credential.
    pub fn models_url(&self) -> String {
        let base = self.base_url.to_string();
        let base = base.trim_end_matches('/');
        match self.kind {
            ProviderKind::AzureOpenAi if !base.ends_with("/openai/v1") => {
                let base = base.strip_suffix("/openai").unwrap_or(base);
                format!("{base}/openai/models?api-version={AZURE_VERSION}")
            }
            _ => format!("{base}/models"),
        }
    }
}

/// A name that stays one segment of a path, whoever reads it.
fn url_segment(name: &str) -> Option<&str> {
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (starts && name.len() <= 128 && name.bytes().all(harmless)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::ProviderId;
    use proptest::prelude::*;

    fn provider(kind: ProviderKind, base: &str) -> ProviderRecord {
        let base_url = base.parse().unwrap();
        ProviderRecord {
            id: ProviderId::from_random(&[1; 12]),
            name: "p".into(),
            kind,
            base_url,
            enabled: true,
            timeouts: domain::provider_timeouts::ProviderTimeouts::default(),
            markup: domain::markup::Markup::NONE,
        }
    }
    fn path(kind: ProviderKind, base: &str, endpoint: Endpoint, address: &Address) -> Option<String> {
        Target { provider: &provider(kind, base), endpoint, address, model: "gpt-5" }.path()
    }

    #[test]
    fn each_kind_has_its_own_paths() {
        use ProviderKind::{Anthropic, AzureOpenAi, Gemini, OpenAi};
        let plain = Address::default();
        let versioned = Address { api_version: Some("2025-03-01-preview".to_owned()), ..Address::default() };
        let verb = |verb, as_array| Address { verb: Some(verb), as_array, ..Address::default() };
        for (kind, base, endpoint, address, expected) in [
            (OpenAi, "https://h/v1", Endpoint::Transcriptions, &plain, "/v1/audio/transcriptions"),
            (OpenAi, "https://h/v1", Endpoint::ChatCompletions, &versioned, "/v1/chat/completions"),
            (Anthropic, "https://h/v1/", Endpoint::CountTokens, &plain, "/v1/messages/count_tokens"),
            (
                AzureOpenAi,
                "https://h",
                Endpoint::ChatCompletions,
                &plain,
                "/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21",
            ),
            (
                AzureOpenAi,
                "https://h/openai/",
                Endpoint::Embeddings,
                &versioned,
                "/openai/deployments/gpt-5/embeddings?api-version=2025-03-01-preview",
            ),
            (AzureOpenAi, "https://h", Endpoint::Responses, &plain, "/openai/responses?api-version=2025-04-01-preview"),
            (AzureOpenAi, "https://h/openai/v1", Endpoint::Responses, &plain, "/openai/v1/responses"),
            (
                Gemini,
                "https://h/v1beta",
                Endpoint::GenerateContent,
                &verb(Verb::StreamGenerateContent, false),
                "/v1beta/models/gpt-5:streamGenerateContent?alt=sse",
            ),
            (
                Gemini,
                "https://h/v1beta",
                Endpoint::GenerateContent,
                &verb(Verb::StreamGenerateContent, true),
                "/v1beta/models/gpt-5:streamGenerateContent",
            ),
            (
                Gemini,
                "https://h/v1beta",
                Endpoint::EmbedContent,
                &verb(Verb::BatchEmbedContents, false),
                "/v1beta/models/gpt-5:batchEmbedContents",
            ),
        ] {
            assert_eq!(path(kind, base, endpoint, address).as_deref(), Some(expected));
        }
    }

    #[test]
    fn stored_responses_are_found_where_they_are_kept() {
        let path = |kind, base, query| provider(kind, base).stored_path("resp_1/input_items", query);
        let found = |path: &str| Some(path.to_owned());
        use ProviderKind::{Anthropic, AzureOpenAi, Gemini, OpenAi};
        assert_eq!(path(OpenAi, "https://h/v1/", ""), found("/v1/responses/resp_1/input_items"));
        assert_eq!(path(OpenAi, "https://h/v1", "limit=2"), found("/v1/responses/resp_1/input_items?limit=2"));
        assert_eq!(path(AzureOpenAi, "https://h/openai/v1", ""), found("/openai/v1/responses/resp_1/input_items"));
        let versioned = "/openai/responses/resp_1/input_items?api-version=2025-04-01-preview";
        assert_eq!(path(AzureOpenAi, "https://h", ""), found(versioned));
        assert_eq!(path(AzureOpenAi, "https://h/openai", "limit=2"), found(&format!("{versioned}&limit=2")));
        assert_eq!((path(Anthropic, "https://h/v1", ""), path(Gemini, "https://h/v1beta", "")), (None, None));
    }

    #[test]
    fn lists_of_models_are_found_at_every_kind() {
        let url = |kind, base| provider(kind, base).models_url();
        assert_eq!(url(ProviderKind::Gemini, "https://h/v1beta"), "https://h/v1beta/models");
        assert_eq!(url(ProviderKind::AzureOpenAi, "https://h/"), "https://h/openai/models?api-version=2024-10-21");
        assert_eq!(url(ProviderKind::AzureOpenAi, "https://h/openai/v1"), "https://h/openai/v1/models");
    }

    proptest! {
        #[test]
        fn a_name_in_a_path_stays_one_segment(model in "[a-zA-Z0-9._:/?#%&\\\\ -]{0,20}") {
            let target = Target {
                provider: &provider(ProviderKind::Gemini, "https://h/v1beta"),
                endpoint: Endpoint::GenerateContent,
                address: &Address::default(),
                model: &model,
            };
            if let Some(path) = target.path() {
                prop_assert_eq!(path, format!("/v1beta/models/{model}:generateContent"));
                prop_assert!(!model.contains(['/', '?', '#', '%', '&', '\\', ' ']) && !model.starts_with('.'));
            }
        }
    }
}
