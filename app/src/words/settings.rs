//! Words for what administrators set: roles, windows, endpoints, wire formats.

use super::refusals::amount;
use crate::format::grouped;
use domain::access_profile::{AboveMaximum, Deciders, PromptBound};
use domain::budget::{BudgetScope, Window};
use domain::limits::{Counted, Limits};
use domain::markup::Markup;
use domain::model::{Endpoint, ProviderKind};
use domain::person::Role;
use domain::refusal::Amount;

/// What a discount or margin does to prices: `12.5 % lower`.
pub fn markup(markup: Markup) -> String {
    let size = markup.size();
    match markup.basis_points() {
        ..0 => format!("{size} lower"),
        0 => "as listed".to_owned(),
        1.. => format!("{size} higher"),
    }
}

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

/// `Tokens a day`
pub fn quota_name(counted: Counted, window: Window) -> String {
    let counted = match counted {
        Counted::Requests => "Requests",
        Counted::Tokens => "Tokens",
    };
    format!("{counted} {}", per_window(window))
}

/// `1,000,000 tokens a day`
pub fn quota(counted: Counted, window: Window, limit: u64) -> String {
    let noun = match (counted, limit) {
        (Counted::Requests, 1) => "request",
        (Counted::Requests, _) => "requests",
        (Counted::Tokens, 1) => "token",
        (Counted::Tokens, _) => "tokens",
    };
    format!("{} {noun} {}", grouped(limit), per_window(window))
}

/// What a level is, before its name.
pub const fn level(scope: BudgetScope) -> &'static str {
    match scope {
        BudgetScope::Organisation => "Organisation",
        BudgetScope::Unit(_) => "Business unit",
        BudgetScope::CostCentre(_) => "Cost centre",
        BudgetScope::Application(_) => "Application",
        BudgetScope::Team(_) => "Team",
        BudgetScope::Person(_) => "Person",
        BudgetScope::Profile(_) => "Guardrails",
        BudgetScope::Key(_) => "Key",
    }
}

/// Everything but budgets that a level sets: `600 requests a minute`, `40 calls at once`, …
pub fn traffic(limits: &Limits) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(limits.requests_per_minute.map(|count| amount(Amount::PerMinute(count))));
    parts.extend(limits.tokens_per_minute.map(|count| amount(Amount::TokensPerMinute(count))));
    parts.extend(limits.concurrency.map(|count| amount(Amount::AtOnce(count))));
    parts.extend(limits.quotas.iter().map(|one| quota(one.counted, one.window, one.limit)));
    parts
}

pub const fn prompt_bound(bound: PromptBound) -> &'static str {
    match bound {
        PromptBound::Strict => "Strict",
        PromptBound::Estimate => "Estimate",
    }
}

pub const fn prompt_bound_note(bound: PromptBound) -> &'static str {
    match bound {
        PromptBound::Strict => {
            "a token for each byte: no budget is ever overspent, and a long prompt holds more than it costs"
        }
        PromptBound::Estimate => "what such a text usually has: holds less, and a call may cost more than it held",
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
        AboveMaximum::Ask => "Ask for approval",
    }
}

/// At the start of a line.
pub const fn deciders(deciders: Deciders) -> &'static str {
    match deciders {
        Deciders::LeadsAndAdministrators => "Leads of the team, and administrators",
        Deciders::Administrators => "Administrators alone",
    }
}
