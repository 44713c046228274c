//! The one word that stands beside a key.

/// The closed list of words, the most pressing that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    Revoked,
    Expired,
    Disabled,
    /// Its owner is switched off in the directory or here.
    Suspended,
    StoppedBudget,
    OverEighty,
    Rotating,
    ExpiresSoon,
    Active,
}
