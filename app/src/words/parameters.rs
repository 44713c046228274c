//! Words for what calls and keys may be asked to do without, or with.

use domain::parameter_rules::{Effort, Feature};
use domain::required_field::RequiredField;
use portal::administration::profile_templates::Template;

pub const fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "None",
        Effort::Minimal => "Minimal",
        Effort::Low => "Low",
        Effort::Medium => "Medium",
        Effort::High => "High",
        Effort::Highest => "Highest",
    }
}

pub const fn feature(feature: Feature) -> &'static str {
    match feature {
        Feature::Images => "Images as input",
        Feature::WebSearch => "Search and fetching by the provider",
        Feature::CodeExecution => "Code run by the provider",
        Feature::ServiceTier => "Another service tier than the usual one",
    }
}

pub const fn required_field(field: RequiredField) -> &'static str {
    match field {
        RequiredField::Application => "Application",
        RequiredField::CostCentre => "Cost centre",
        RequiredField::Tags => "Tags",
    }
}

/// A template's name, and what it is for in a sentence.
pub const fn template(template: Template) -> (&'static str, &'static str) {
    match template {
        Template::Explore => {
            ("Explore", "small budgets for trying things, ten dollars a month at most, for thirty days.")
        }
        Template::Developer => ("Developer", "a developer's own work and coding agents, up to $100.00 a month."),
        Template::Service => ("Service", "services and CI that run all year, with an application and a cost centre."),
        Template::Contractor => {
            ("Contractor", "one key for thirty days, without what providers run; name the group first.")
        }
    }
}
