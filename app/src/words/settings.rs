//! Words for what administrators set: roles, windows, endpoints, wire formats.

use domain::access_profile::AboveMaximum;
use domain::budget::Window;
use domain::model::{Endpoint, ProviderKind};
use domain::person::Role;

/// At the start of a line; inside a sentence, `Role::word`.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Developer => "Developer",
        Role::Auditor => "Auditor",
        Role::Administrator => "Administrator",
    }
}

pub const fn role_note(role: Role) -> &'static str {
    match role {
        Role::Developer => "mints keys under the guardrails that name this role",
        Role::Auditor => "reads everything, changes nothing",
        Role::Administrator => "changes everything on these pages",
    }
}

/// `Month`
pub const fn window(window: Window) -> &'static str {
    match window {
        Window::Hour => "Hour",
        Window::Day => "Day",
        Window::Week => "Week",
        Window::Month => "Month",
        Window::Quarter => "Quarter",
        Window::Total => "Total",
    }
}

/// Behind an amount: `a month`, `in total`
pub const fn per_window(window: Window) -> &'static str {
    match window {
        Window::Hour => "an hour",
        Window::Day => "a day",
        Window::Week => "a week",
        Window::Month => "a month",
        Window::Quarter => "a quarter",
        Window::Total => "in total",
    }
}

/// `Budget a month`
pub const fn budget_window(window: Window) -> &'static str {
    match window {
        Window::Hour => "Budget an hour",
        Window::Day => "Budget a day",
        Window::Week => "Budget a week",
        Window::Month => "Budget a month",
        Window::Quarter => "Budget a quarter",
        Window::Total => "Budget in total",
    }
}

pub const fn endpoint(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::ChatCompletions => "Chat completions",
        Endpoint::Responses => "Responses",
        Endpoint::Embeddings => "Embeddings",
        Endpoint::Messages => "Messages",
        Endpoint::CountTokens => "Count tokens",
        Endpoint::GenerateContent => "Gemini: generate content",
        Endpoint::EmbedContent => "Gemini: embed content",
        Endpoint::GeminiCountTokens => "Gemini: count tokens",
        Endpoint::Completions => "Completions (older)",
        Endpoint::ImageGenerations => "Make images",
        Endpoint::ImageEdits => "Edit images",
        Endpoint::ImageVariations => "Vary images",
        Endpoint::Speech => "Speech from text",
        Endpoint::Transcriptions => "Text from speech",
        Endpoint::Translations => "English text from speech",
        Endpoint::Moderations => "Moderations",
        Endpoint::Rerank => "Rerank",
    }
}

pub const fn provider_kind(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::OpenAi => "OpenAI",
        ProviderKind::AzureOpenAi => "Azure OpenAI",
        ProviderKind::Anthropic => "Anthropic",
        ProviderKind::Gemini => "Gemini",
    }
}

pub const fn above_maximum(above: AboveMaximum) -> &'static str {
    match above {
        AboveMaximum::Reject => "Reject",
        AboveMaximum::Clamp => "Use the maximum, say so",
    }
}
