//! What the explorer calls what it groups by.

use domain::dimension::Dimension;
use domain::virtual_key::ConsumerKind;
use portal::spend::Named;

pub const fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Team => "Team",
        Dimension::Person => "Person",
        Dimension::Unit => "Business unit",
        Dimension::Application => "Application",
        Dimension::Consumer => "Kind of consumer",
        Dimension::Environment => "Environment",
        Dimension::CostCentre => "Cost centre",
        Dimension::Key => "Key",
        Dimension::Model => "Model",
        Dimension::Provider => "Provider",
    }
}

/// `12 teams`
pub const fn several(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Team => "teams",
        Dimension::Person => "people",
        Dimension::Unit => "business units",
        Dimension::Application => "applications",
        Dimension::Consumer => "kinds of consumers",
        Dimension::Environment => "environments",
        Dimension::CostCentre => "cost centres",
        Dimension::Key => "keys",
        Dimension::Model => "models",
        Dimension::Provider => "providers",
    }
}

/// What belongs to none, and why.
pub const fn unallocated(dimension: Dimension) -> (&'static str, &'static str) {
    match dimension {
        Dimension::Team => ("Unallocated", "keys of people in no team, or in several"),
        Dimension::Person => ("Keys of teams", "nobody's own"),
        Dimension::Unit => ("Unallocated", "teams without a business unit"),
        Dimension::Application => ("No application", "people's own keys and agents"),
        Dimension::CostCentre => ("Unallocated", "keys without a cost centre"),
        Dimension::Provider => ("No provider", "refused before it was sent, or a deployment that is gone"),
        Dimension::Consumer | Dimension::Environment | Dimension::Key | Dimension::Model => {
            ("Unallocated", "keys that are unknown")
        }
    }
}

pub fn consumer(word: &str) -> &str {
    match ConsumerKind::from_word(word) {
        Some(ConsumerKind::Person) => "People's own work",
        Some(ConsumerKind::Agent) => "Agents",
        Some(ConsumerKind::Service) => "Services and apps",
        Some(ConsumerKind::Ci) => "CI",
        None => word,
    }
}

/// What a value is called. A key that the caller may not open has no name.
pub fn named(by: Dimension, of: &Named) -> String {
    match (by, &of.value, &of.name) {
        (_, None, _) => unallocated(by).0.to_owned(),
        (_, Some(_), Some(name)) => name.clone(),
        (Dimension::Key, Some(_), None) if !of.may_open => "A member's own key".to_owned(),
        (Dimension::Consumer, Some(value), None) => consumer(value).to_owned(),
        (_, Some(value), None) => value.clone(),
    }
}
