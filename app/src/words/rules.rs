//! Words for the terms that refuse calls.

use super::{budget_window, call_rule, quota_name};
use domain::replay::Rule;

/// As the rows of the guardrail form are called.
pub fn rule(rule: Rule) -> String {
    let name = match rule {
        Rule::Network => "Networks",
        Rule::Endpoint => "Endpoints",
        Rule::Model => "Models",
        Rule::Parameter(rule) => call_rule(rule),
        Rule::RequestsPerMinute => "Requests a minute",
        Rule::TokensPerMinute => "Tokens a minute",
        Rule::Concurrency => "Calls at once",
        Rule::Quota(counted, window) => return quota_name(counted, window),
        Rule::Cap(window) => budget_window(window),
    };
    name.to_owned()
}
