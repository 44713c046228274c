//! Small numbers for the words of a usage row. They are stored: a number never changes its meaning.

use domain::call_rule::{CallRule, RuleSet};
use domain::dimension::Dimension;
use domain::model::Endpoint;
use domain::usage::{Outcome, UsageSource};

pub(crate) const fn of_endpoint(endpoint: Endpoint) -> i64 {
    match endpoint {
        Endpoint::ChatCompletions => 1,
        Endpoint::Responses => 2,
        Endpoint::Embeddings => 3,
        Endpoint::Messages => 4,
        Endpoint::CountTokens => 5,
        Endpoint::GenerateContent => 6,
        Endpoint::EmbedContent => 7,
        Endpoint::GeminiCountTokens => 8,
        Endpoint::Completions => 9,
        Endpoint::ImageGenerations => 10,
        Endpoint::ImageEdits => 11,
        Endpoint::ImageVariations => 12,
        Endpoint::Speech => 13,
        Endpoint::Transcriptions => 14,
        Endpoint::Translations => 15,
        Endpoint::Moderations => 16,
        Endpoint::Rerank => 17,
    }
}

/// Powers of two: rules add up to a set of them.
pub(crate) const fn of_call_rule(rule: CallRule) -> i64 {
    match rule {
        CallRule::Networks => 1,
        CallRule::Endpoints => 2,
        CallRule::Models => 4,
        CallRule::Images => 8,
        CallRule::WebSearch => 16,
        CallRule::CodeExecution => 32,
        CallRule::ServiceTier => 64,
        CallRule::Choices => 128,
        CallRule::Effort => 256,
        CallRule::LongAnswers => 512,
    }
}

pub(crate) fn call_rule(code: i64) -> Option<CallRule> {
    CallRule::ALL.into_iter().find(|&rule| of_call_rule(rule) == code)
}

pub(crate) fn call_rules(sum: i64) -> RuleSet {
    CallRule::ALL.into_iter().filter(|&rule| sum & of_call_rule(rule) != 0).collect()
}

pub(crate) const fn of_outcome(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Answered => 1,
        Outcome::ClientGone => 2,
        Outcome::ProviderFailed => 3,
        Outcome::Interrupted => 4,
        Outcome::Denied => 5,
    }
}

pub(crate) const fn of_source(source: UsageSource) -> i64 {
    match source {
        UsageSource::Provider => 1,
        UsageSource::Estimated => 2,
        UsageSource::Reservation => 3,
        UsageSource::Nothing => 4,
    }
}

pub(crate) const fn of_dimension(dimension: Dimension) -> i64 {
    match dimension {
        Dimension::Team => 1,
        Dimension::Person => 2,
        Dimension::Unit => 3,
        Dimension::Application => 4,
        Dimension::Consumer => 5,
        Dimension::Environment => 6,
        Dimension::CostCentre => 7,
        Dimension::Key => 8,
        Dimension::Model => 9,
        Dimension::Provider => 10,
    }
}

pub(crate) fn endpoint(code: i64) -> Option<Endpoint> {
    Endpoint::ALL.into_iter().find(|&endpoint| of_endpoint(endpoint) == code)
}
pub(crate) fn outcome(code: i64) -> Option<Outcome> {
    Outcome::ALL.into_iter().find(|&outcome| of_outcome(outcome) == code)
}
pub(crate) fn source(code: i64) -> Option<UsageSource> {
    UsageSource::ALL.into_iter().find(|&source| of_source(source) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_from_its_number() {
        for word in Endpoint::ALL {
            assert_eq!(endpoint(of_endpoint(word)), Some(word));
        }
        for word in Outcome::ALL {
            assert_eq!(outcome(of_outcome(word)), Some(word));
        }
        for word in UsageSource::ALL {
            assert_eq!(source(of_source(word)), Some(word));
        }
        assert_eq!((endpoint(0), outcome(0), source(9)), (None, None, None));
    }
}
