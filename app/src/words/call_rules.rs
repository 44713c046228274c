//! Words for the rules of guardrails that refuse calls.

use domain::call_rule::{CallRule, RuleSet};

pub const fn call_rule(rule: CallRule) -> &'static str {
    match rule {
        CallRule::Networks => "Networks",
        CallRule::Endpoints => "Endpoints",
        CallRule::Models => "Models",
        CallRule::Images => "Images",
        CallRule::WebSearch => "Web search",
        CallRule::CodeExecution => "Code execution",
        CallRule::ServiceTier => "Service tier",
        CallRule::Choices => "Answers at once",
        CallRule::Effort => "Reasoning effort",
        CallRule::LongAnswers => "Longest answer",
    }
}

pub const fn call_rule_note(rule: CallRule) -> &'static str {
    match rule {
        CallRule::Networks => "a call from elsewhere",
        CallRule::Endpoints => "a call to another endpoint",
        CallRule::Models => "a call of another model that is served and has a price",
        CallRule::Images => "images as input, where they are not allowed",
        CallRule::WebSearch => "searches by the provider, where they are not allowed",
        CallRule::CodeExecution => "code that the provider runs, where it is not allowed",
        CallRule::ServiceTier => "another tier than the standard one, where it is not allowed",
        CallRule::Choices => "more answers than allowed",
        CallRule::Effort => "more effort than allowed",
        CallRule::LongAnswers => "a longer answer is asked for, where that is refused and not shortened",
    }
}

/// `model_not_allowed (models)`, one for each rule.
pub fn would_have_been_refused(rules: RuleSet) -> String {
    let said = |rule: CallRule| format!("{} ({})", rule.denial_code(), call_rule(rule).to_lowercase());
    rules.iter().map(said).collect::<Vec<_>>().join(", ")
}
