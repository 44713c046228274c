//! The rules by which a profile refuses calls on its own account, and which of them are only watched: a call that breaks
//! a watched rule is served, and counted as one that the rule would have refused.
//!
//! Watching loosens the profile and nothing else. A key's own narrower choice, what nobody can grant, limits and budgets
//! are enforced as ever, and so is what may be minted. A word that is not known here watches nothing: fails closed.

use crate::parameter_rules::{Breach, Feature};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallRule {
    Networks,
    Endpoints,
    Models,
    Images,
    WebSearch,
    CodeExecution,
    ServiceTier,
    Choices,
    Effort,
    /// Of calls that name a longer answer, where the profile refuses them. What it shortens is nothing to watch.
    LongAnswers,
}

impl CallRule {
    /// In the order in which the gateway asks.
    pub const ALL: [Self; 10] = [
        Self::Networks,
        Self::Endpoints,
        Self::Models,
        Self::Images,
        Self::WebSearch,
        Self::CodeExecution,
        Self::ServiceTier,
        Self::Choices,
        Self::Effort,
        Self::LongAnswers,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Networks => "networks",
            Self::Endpoints => "endpoints",
            Self::Models => "models",
            Self::Images => Feature::Images.word(),
            Self::WebSearch => Feature::WebSearch.word(),
            Self::CodeExecution => Feature::CodeExecution.word(),
            Self::ServiceTier => Feature::ServiceTier.word(),
            Self::Choices => "choices",
            Self::Effort => "effort",
            Self::LongAnswers => "long_answers",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// The code of the denial by which the rule refuses where it is enforced.
    pub const fn denial_code(self) -> &'static str {
        match self {
            Self::Networks => "network_not_allowed",
            Self::Endpoints => "endpoint_not_allowed",
            Self::Models => "model_not_allowed",
            Self::WebSearch | Self::CodeExecution => "tool_not_allowed",
            Self::Images | Self::ServiceTier | Self::Choices | Self::Effort | Self::LongAnswers => {
                "parameter_not_allowed"
            }
        }
    }

    /// True of rules that look into the body of a call.
    pub const fn is_of_parameters(self) -> bool {
        !matches!(self, Self::Networks | Self::Endpoints | Self::Models)
    }

    pub const fn of_feature(feature: Feature) -> Self {
        match feature {
            Feature::Images => Self::Images,
            Feature::WebSearch => Self::WebSearch,
            Feature::CodeExecution => Self::CodeExecution,
            Feature::ServiceTier => Self::ServiceTier,
        }
    }

    pub const fn of_breach(breach: Breach) -> Self {
        match breach {
            Breach::Banned(feature) => Self::of_feature(feature),
            Breach::Choices { .. } => Self::Choices,
            Breach::Effort { .. } => Self::Effort,
            Breach::LongAnswer { .. } => Self::LongAnswers,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Some of the rules. Copied with each call, so that it is a number and no list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RuleSet(u16);

impl RuleSet {
    pub const NONE: Self = Self(0);

    pub const fn has(self, rule: CallRule) -> bool {
        self.0 & rule.bit() != 0
    }
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }
    #[must_use]
    pub const fn with(self, rule: CallRule) -> Self {
        Self(self.0 | rule.bit())
    }
    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Those of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// In the order in which the gateway asks.
    pub fn iter(self) -> impl Iterator<Item = CallRule> {
        CallRule::ALL.into_iter().filter(move |&rule| self.has(rule))
    }
}

impl FromIterator<CallRule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = CallRule>>(rules: I) -> Self {
        rules.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// As a list of words.
impl Serialize for RuleSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(CallRule::word))
    }
}

impl<'de> Deserialize<'de> for RuleSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = RuleSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of words for rules")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<RuleSet, A::Error> {
                let mut rules = RuleSet::NONE;
                while let Some(word) = words.next_element::<std::borrow::Cow<'de, str>>()? {
                    rules = CallRule::from_word(&word).map_or(rules, |rule| rules.with(rule));
                }
                Ok(rules)
            }
        }
        deserializer.deserialize_seq(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_kept_as_words_and_an_unknown_word_watches_nothing() {
        let all: RuleSet = CallRule::ALL.into_iter().collect();
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<RuleSet>(&text).unwrap(), all);
        let read: RuleSet = serde_json::from_str(r#"["weather","models"]"#).unwrap();
        assert_eq!(read, RuleSet::NONE.with(CallRule::Models));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["models"]"#);
    }

    #[test]
    fn sets_are_told_apart_rule_by_rule() {
        let some: RuleSet = [CallRule::Models, CallRule::Effort].into_iter().collect();
        for rule in CallRule::ALL {
            assert_eq!(some.has(rule), some.iter().any(|one| one == rule));
            assert_eq!(CallRule::from_word(rule.word()), Some(rule));
            assert!(RuleSet::NONE.with(rule).without(some).is_empty() == some.has(rule));
        }
        assert_eq!(some.and(RuleSet::NONE.with(CallRule::Effort)).iter().collect::<Vec<_>>(), [CallRule::Effort]);
    }
}
