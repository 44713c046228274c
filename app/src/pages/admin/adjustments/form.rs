//! What moves from where to where, as the address of the first step and the form of the second have it.

use crate::paths;
use domain::adjustment::MoveDraft;
use domain::day::Day;
use serde::Deserialize;

/// The first step, in the address. What is absent was not asked yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub key: String,
    pub first: Option<String>,
    pub last: Option<String>,
    pub charged_to: String,
    /// Absent until the form was sent, which sends all of its fields.
    pub move_to: Option<String>,
}

impl Asked {
    pub const fn was_sent(&self) -> bool {
        self.move_to.is_some()
    }

    /// The running month, where no days are named.
    pub fn draft(self, today: Day) -> MoveDraft {
        let day = |day: Day| day.date().to_string();
        MoveDraft {
            key: self.key,
            first: self.first.unwrap_or_else(|| day(today.first_of_month())),
            last: self.last.unwrap_or_else(|| day(today)),
            from: self.charged_to,
            to: self.move_to.unwrap_or_default(),
        }
    }
}

/// The second step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveForm {
    pub form: String,
    pub key: String,
    pub first: String,
    pub last: String,
    pub charged_to: String,
    pub move_to: String,
    /// What the page said that would move, in nano-dollars.
    pub amount: i64,
    pub why: String,
}

impl MoveForm {
    pub fn draft(&self) -> MoveDraft {
        MoveDraft {
            key: self.key.clone(),
            first: self.first.clone(),
            last: self.last.clone(),
            from: self.charged_to.clone(),
            to: self.move_to.clone(),
        }
    }
}

pub(super) fn has_field(field: &str) -> bool {
    ["key", "first", "last", "charged_to", "move_to"].contains(&field)
}

/// The first step with this filled in, where something is chosen again.
pub(super) fn again(draft: &MoveDraft) -> String {
    let pairs =
        [("key", draft.key.as_str()), ("first", &draft.first), ("last", &draft.last), ("charged_to", &draft.from)];
    let query = serde_html_form::to_string(pairs).unwrap_or_default();
    format!("{}?{query}", paths::NEW_ADJUSTMENT)
}
