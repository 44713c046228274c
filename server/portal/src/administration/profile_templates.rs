//! Where new guardrails start from: four kinds of keys that most companies have.

use super::profiles::ProfileDraft;
use crate::bootstrap::starter_profile;
use domain::access_profile::{AboveMaximum, Audience, CapTerm, Term};
use domain::budget::Window;
use domain::id::ProfileId;
use domain::money::NanoUsd;
use domain::parameter_rules::{Feature, ParameterRules};
use domain::person::Role;
use domain::required_field::RequiredField;
use domain::virtual_key::ConsumerKind;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Template {
    Explore,
    #[default]
    Developer,
    Service,
    Contractor,
}

impl Template {
    pub const ALL: [Self; 4] = [Self::Explore, Self::Developer, Self::Service, Self::Contractor];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Developer => "developer",
            Self::Service => "service",
            Self::Contractor => "contractor",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.word() == word)
    }

    /// A draft that can be saved once it has a name of its own.
    pub fn draft(self) -> ProfileDraft {
        let starter = starter_profile(ProfileId::from_random(&[]));
        let mut terms = starter.terms;
        let month =
            |dollars: (i64, i64)| CapTerm { window: Window::Month, amount: upto(usd(dollars.0), usd(dollars.1)) };
        let developers = Audience { roles: vec![Role::Developer], ..Audience::default() };
        let own = vec![ConsumerKind::Person, ConsumerKind::Agent];
        let services = vec![ConsumerKind::Service, ConsumerKind::Ci];
        let (audience, consumers, keys_per_person) = match self {
            Self::Explore => {
                terms.caps = vec![month((5, 10))];
                terms.requests_per_minute = upto(20, 40);
                terms.concurrency = upto(4, 4);
                terms.lifetime_days = upto(30, 30);
                (developers, own, 2)
            }
            Self::Developer => (developers, own, 5),
            Self::Service => {
                terms.caps = vec![month((200, 1_000))];
                terms.requests_per_minute = upto(600, 3_000);
                terms.concurrency = upto(64, 256);
                terms.lifetime_days = upto(365, 365);
                terms.required = vec![RequiredField::Application, RequiredField::CostCentre];
                (developers, services, 20)
            }
            Self::Contractor => {
                terms.caps = vec![month((25, 50))];
                terms.lifetime_days = fixed(30);
                terms.parameters =
                    ParameterRules { banned: vec![Feature::WebSearch, Feature::CodeExecution], ..ParameterRules::NONE };
                // Nobody is in until the group that contractors are in is named.
                (Audience::default(), own, 1)
            }
        };
        ProfileDraft {
            name: String::new(),
            description: String::new(),
            terms,
            audience,
            consumers,
            keys_per_person,
            enabled: true,
        }
    }
}

const fn usd(dollars: i64) -> NanoUsd {
    NanoUsd::from_dollars(dollars)
}

const fn upto<T: Copy>(default: T, maximum: T) -> Term<T> {
    Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
}

const fn fixed<T: Copy>(value: T) -> Term<T> {
    Term { default: value, maximum: value, developers_may_change: false, above: AboveMaximum::Reject }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::profile_rules::check_profile;

    #[test]
    fn every_template_can_be_saved_once_it_has_a_name() {
        for template in Template::ALL {
            let named = ProfileDraft { name: "Mine".to_owned(), ..template.draft() };
            let profile = named.into_profile(ProfileId::from_random(&[1; 12]), 1);
            assert_eq!(check_profile(&profile), [], "{template:?}");
            assert_eq!(Template::from_word(template.word()), Some(template));
        }
    }
}
