//! Details of a key that a profile may demand at minting.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredField {
    Application,
    CostCentre,
    /// At least one.
    Tags,
}

impl RequiredField {
    pub const ALL: [Self; 3] = [Self::Application, Self::CostCentre, Self::Tags];

    /// The name of the form field, too.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::CostCentre => "cost_centre",
            Self::Tags => "tags",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// Those that are demanded and not given.
pub fn missing(
    required: &[RequiredField],
    application: bool,
    cost_centre: bool,
    tags: bool,
) -> impl Iterator<Item = RequiredField> {
    let given = move |field| match field {
        RequiredField::Application => application,
        RequiredField::CostCentre => cost_centre,
        RequiredField::Tags => tags,
    };
    required.iter().copied().filter(move |&field| !given(field))
}
