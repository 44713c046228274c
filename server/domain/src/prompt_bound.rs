//! How the tokens of a prompt are bounded before the call.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptBound {
    /// One token for each byte: no tokenizer makes more, and no budget is overspent.
    #[default]
    Strict,
    /// What such a text usually has. Holds less of a budget back; a call may cost more than was reserved for it.
    Estimate,
}
