//! Providers that need nothing but a credential: address, kind, and where the catalogue lists their models.
//!
//! An address ends where the wire format's paths begin: behind the version segment. Every address can be changed in the
//! form; a preset is a start, not a rule.

use domain::model::ProviderKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Stable; stored with the provider.
    pub id: &'static str,
    pub name: &'static str,
    pub kind: ProviderKind,
    /// Empty: the person enters it.
    pub base_url: &'static str,
    /// The provider's name in the built-in catalogue.
    pub catalogue: Option<&'static str>,
    pub needs_credential: bool,
    /// It also answers the responses API, which is all that some coding agents speak.
    pub speaks_responses: bool,
}

const fn open_ai(id: &'static str, name: &'static str, base_url: &'static str) -> Preset {
    Preset {
        id,
        name,
        kind: ProviderKind::OpenAi,
        base_url,
        catalogue: None,
        needs_credential: true,
        speaks_responses: false,
    }
}

impl Preset {
    const fn listed_as(self, catalogue: &'static str) -> Self {
        Self { catalogue: Some(catalogue), ..self }
    }
    const fn with_responses(self) -> Self {
        Self { speaks_responses: true, ..self }
    }
    const fn without_credential(self) -> Self {
        Self { needs_credential: false, ..self }
    }
    const fn of_kind(self, kind: ProviderKind) -> Self {
        Self { kind, ..self }
    }
}

/// All presets, in the order of the form.
pub const PRESETS: &[Preset] = &[
    open_ai("openai", "OpenAI", "https://api.openai.com/v1").listed_as("openai").with_responses(),
    open_ai("anthropic", "Anthropic", "https://api.anthropic.com/v1")
        .listed_as("anthropic")
        .of_kind(ProviderKind::Anthropic),
    open_ai("mistral", "Mistral", "https://api.mistral.ai/v1").listed_as("mistral"),
    open_ai("gemini", "Google Gemini", "https://generativelanguage.googleapis.com/v1beta")
        .listed_as("gemini")
        .of_kind(ProviderKind::Gemini),
    open_ai(
        "gemini-openai",
        "Google Gemini, in OpenAI's format",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    )
    .listed_as("gemini"),
    open_ai("azure-openai", "Azure OpenAI", "").listed_as("azure").with_responses().of_kind(ProviderKind::AzureOpenAi),
    open_ai("groq", "Groq", "https://api.groq.com/openai/v1").listed_as("groq").with_responses(),
    open_ai("together", "Together AI", "https://api.together.xyz/v1").listed_as("together_ai"),
    open_ai("fireworks", "Fireworks AI", "https://api.fireworks.ai/inference/v1").listed_as("fireworks_ai"),
    open_ai("deepinfra", "DeepInfra", "https://api.deepinfra.com/v1/openai").listed_as("deepinfra"),
    open_ai("openrouter", "OpenRouter", "https://openrouter.ai/api/v1"),
    open_ai("xai", "xAI", "https://api.x.ai/v1").listed_as("xai").with_responses(),
    open_ai("deepseek", "DeepSeek", "https://api.deepseek.com/v1").listed_as("deepseek"),
    open_ai("perplexity", "Perplexity", "https://api.perplexity.ai").listed_as("perplexity"),
    open_ai("cerebras", "Cerebras", "https://api.cerebras.ai/v1").listed_as("cerebras"),
    open_ai("sambanova", "SambaNova", "https://api.sambanova.ai/v1").listed_as("sambanova"),
    open_ai("nebius", "Nebius", "https://api.studio.nebius.com/v1").listed_as("nebius"),
    open_ai("moonshot", "Moonshot AI", "https://api.moonshot.ai/v1").listed_as("moonshot"),
    open_ai("novita", "Novita AI", "https://api.novita.ai/v3/openai").listed_as("novita"),
    open_ai("hyperbolic", "Hyperbolic", "https://api.hyperbolic.xyz/v1").listed_as("hyperbolic"),
    open_ai("nvidia", "NVIDIA", "https://integrate.api.nvidia.com/v1").listed_as("nvidia_nim"),
    open_ai("dashscope", "Alibaba Model Studio", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1")
        .listed_as("dashscope"),
    open_ai("zai", "Z.ai", "https://api.z.ai/api/paas/v4").listed_as("zai"),
    open_ai("cohere", "Cohere", "https://api.cohere.ai/compatibility/v1").listed_as("cohere"),
    open_ai("llama", "Meta Llama API", "https://api.llama.com/compat/v1"),
    open_ai("ollama", "Ollama on this machine", "http://127.0.0.1:11434/v1").listed_as("ollama").without_credential(),
    open_ai("vllm", "vLLM on this machine", "http://127.0.0.1:8000/v1").without_credential(),
    open_ai("openai-compatible", "Any server that speaks OpenAI's format", "").without_credential(),
    open_ai("gemini-compatible", "Any server that speaks Gemini's format", "")
        .without_credential()
        .of_kind(ProviderKind::Gemini),
    open_ai("anthropic-compatible", "Any server that speaks Anthropic's format", "")
        .without_credential()
        .of_kind(ProviderKind::Anthropic),
];

pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalogue::Catalogue;
    use std::collections::HashSet;

    #[test]
    fn presets_are_at_least_25_with_ids_of_their_own_and_addresses_that_parse() {
        let ids: HashSet<&str> = PRESETS.iter().map(|preset| preset.id).collect();
        assert!(ids.len() == PRESETS.len() && PRESETS.len() >= 25);
        for preset in PRESETS.iter().filter(|preset| !preset.base_url.is_empty()) {
            let url = url::Url::parse(preset.base_url).unwrap();
            assert!(url.host().is_some() && !preset.base_url.ends_with('/'), "{}", preset.id);
            assert!(
                !preset.needs_credential || url.scheme() == "https",
                "{} would send its secret in clear",
                preset.id
            );
        }
    }

    #[test]
    fn where_a_preset_points_into_the_catalogue_there_are_models() {
        for preset in PRESETS {
            if let Some(listed) = preset.catalogue {
                assert!(Catalogue::load().of_provider(listed).next().is_some(), "{}", preset.id);
            }
        }
    }
}
