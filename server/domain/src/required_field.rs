//! Details of a key that a profile may demand at minting.

use crate::refusal::{Reason, Refusal};
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

/// What a key has of them.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    pub application: bool,
    pub cost_centre: bool,
    pub tags: bool,
}

/// Refuses those that are demanded and not given. Text that cannot be used has been refused with its own reason.
pub fn refuse_missing(refusals: &mut Vec<Refusal>, required: &[RequiredField], given: Given) {
    for &field in required {
        let there = match field {
            RequiredField::Application => given.application,
            RequiredField::CostCentre => given.cost_centre,
            RequiredField::Tags => given.tags,
        };
        if !there && refusals.iter().all(|refusal| refusal.field != field.word()) {
            refusals.push(Refusal::new(field.word(), Reason::Missing));
        }
    }
}
