//! What the parameters of a call may ask for, by access profile: longer answers, several at once, effort, faster service,
//! images, tools that the provider runs.
//!
//! A rule looks at what a call asks for and not at what its provider makes of it: a parameter that a model ignores is
//! refused all the same. What a call does not name is never a breach. The longest answer itself is a term of its own;
//! here stands what happens to a call that names a longer one.

use crate::call_rule::{CallRule, RuleSet};
use serde::{Deserialize, Serialize};

/// What happens to a call that names a longer answer than it may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongAnswer {
    /// It is sent with the longest that it may have, and its answer says so.
    #[default]
    Lower,
    Reject,
}

/// How hard a model may think, from none to the most that any provider has a word for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Highest,
}

impl Effort {
    pub const ALL: [Self; 6] = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Highest];

    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Highest => "highest",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.word() == word)
    }

    /// What a client wrote. A word that is not known here may mean anything, and counts as the most.
    pub fn asked_as(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|effort| word.eq_ignore_ascii_case(effort.word()));
        known.unwrap_or(Self::Highest)
    }

    /// A budget of tokens to think with, as the effort that providers say it stands for.
    pub const fn of_budget(tokens: u64) -> Self {
        match tokens {
            0 => Self::None,
            1..=1_024 => Self::Low,
            1_025..=8_192 => Self::Medium,
            8_193..=32_768 => Self::High,
            _ => Self::Highest,
        }
    }
}

/// Something that a call asks for or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Images as input.
    Images,
    /// Searches that the provider runs.
    WebSearch,
    /// Code that the provider runs.
    CodeExecution,
    /// A place in the queue that costs more or less than the usual one.
    ServiceTier,
}

impl Feature {
    pub const ALL: [Self; 4] = [Self::Images, Self::WebSearch, Self::CodeExecution, Self::ServiceTier];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::WebSearch => "web_search",
            Self::CodeExecution => "code_execution",
            Self::ServiceTier => "service_tier",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.word() == word)
    }
}

/// Kept as JSON: a new rule gets a default that allows everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParameterRules {
    pub long_answers: LongAnswer,
    /// Answers that a call may ask for at once; `None` as many as the format has.
    pub most_choices: Option<u64>,
    pub highest_effort: Option<Effort>,
    pub banned: Vec<Feature>,
}

impl ParameterRules {
    /// Allows everything.
    pub const NONE: Self =
        Self { long_answers: LongAnswer::Lower, most_choices: None, highest_effort: None, banned: Vec::new() };

    /// The first rule that the call breaks and that is not only watched. `longest` is the longest answer that it may
    /// have: where the profile's own is only watched, it is the key's, which is enforced all the same.
    pub fn check(&self, asked: &Asked, longest: Option<u64>, watched: RuleSet) -> Result<(), Breach> {
        let is_enforced =
            |breach: &Breach| matches!(breach, Breach::LongAnswer { .. }) || !watched.has(CallRule::of_breach(*breach));
        self.breaches(asked, longest).find(is_enforced).map_or(Ok(()), Err)
    }

    /// Every rule that the call breaks, in the order in which they are asked.
    pub fn breaches<'a>(&'a self, asked: &'a Asked, longest: Option<u64>) -> impl Iterator<Item = Breach> + use<'a> {
        let banned = self.banned.iter().filter(|feature| asked.features.contains(feature));
        let choices = self.most_choices.filter(|&most| asked.choices > most);
        let effort = self.highest_effort.filter(|&highest| asked.effort.is_some_and(|wish| wish > highest));
        let refuses_long = self.long_answers == LongAnswer::Reject;
        let longest = longest.filter(|&most| refuses_long && asked.answer.is_some_and(|wish| wish > most));
        (banned.map(|&feature| Breach::Banned(feature)))
            .chain(choices.map(|at_most| Breach::Choices { at_most }))
            .chain(effort.map(|at_most| Breach::Effort { at_most }))
            .chain(longest.map(|at_most| Breach::LongAnswer { at_most }))
    }
}

/// What a call asks for, as far as there are rules about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The longest answer that it names.
    pub answer: Option<u64>,
    pub choices: u64,
    pub effort: Option<Effort>,
    pub features: Vec<Feature>,
}

/// The rule that a call breaks, with what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    Banned(Feature),
    Choices { at_most: u64 },
    Effort { at_most: Effort },
    LongAnswer { at_most: u64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked { answer: Some(4_000), choices: 2, effort: Some(Effort::High), features: vec![Feature::WebSearch] }
    }

    #[test]
    fn no_rules_allow_everything_and_what_is_not_asked_for_breaks_none() {
        assert_eq!(ParameterRules::NONE.check(&asked(), Some(100), RuleSet::NONE), Ok(()));
        let strict = ParameterRules {
            long_answers: LongAnswer::Reject,
            most_choices: Some(1),
            highest_effort: Some(Effort::None),
            banned: Feature::ALL.to_vec(),
        };
        assert_eq!(strict.check(&Asked { choices: 1, ..Asked::default() }, Some(1), RuleSet::NONE), Ok(()));
    }

    #[test]
    fn each_rule_says_what_it_allows() {
        let check = |rules: ParameterRules| rules.check(&asked(), Some(1_000), RuleSet::NONE).err();
        let none = ParameterRules::NONE;
        let banned = vec![Feature::Images, Feature::WebSearch];
        assert_eq!(check(ParameterRules { banned, ..none.clone() }), Some(Breach::Banned(Feature::WebSearch)));
        assert_eq!(check(ParameterRules { banned: vec![Feature::Images], ..none.clone() }), None);
        let most_choices = Some(1);
        assert_eq!(check(ParameterRules { most_choices, ..none.clone() }), Some(Breach::Choices { at_most: 1 }));
        assert_eq!(check(ParameterRules { most_choices: Some(2), ..none.clone() }), None);
        let effort = |highest_effort| check(ParameterRules { highest_effort, ..ParameterRules::NONE });
        assert_eq!(effort(Some(Effort::Medium)), Some(Breach::Effort { at_most: Effort::Medium }));
        assert_eq!(effort(Some(Effort::High)), None);
        let long_answers = LongAnswer::Reject;
        assert_eq!(check(ParameterRules { long_answers, ..none }), Some(Breach::LongAnswer { at_most: 1_000 }));
    }

    #[test]
    fn an_unknown_word_for_effort_is_the_most() {
        assert_eq!(Effort::asked_as("Low"), Effort::Low);
        assert_eq!(Effort::asked_as("xhigh"), Effort::Highest);
        assert_eq!((Effort::of_budget(0), Effort::of_budget(4_000)), (Effort::None, Effort::Medium));
    }
}
