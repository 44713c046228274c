//! The one word that stands beside a key.

use domain::budget::BudgetFigures;
use domain::time::Timestamp;
use domain::virtual_key::{KeyStanding, KeyState, VirtualKey};

/// A key that ends within these days is worth a word.
pub const EXPIRES_SOON_DAYS: i64 = 14;
/// A key not used for these days may not be needed any more, the longer the less.
pub const UNUSED_DAYS: [i64; 3] = [30, 60, 90];
/// A key that ends later than this outlives most of what it was minted for.
pub const LONG_LIVED_DAYS: i64 = 365;
/// Of a budget, in percent.
const NEARLY_SPENT: i64 = 80;

/// The closed list of words, the most pressing that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    Revoked,
    Expired,
    Disabled,
    /// Disabled since nobody used it.
    Idle,
    /// Its owner is switched off in the directory or here.
    Suspended,
    StoppedBudget,
    OverEighty,
    Rotating,
    ExpiresSoon,
    Active,
}

/// The word for a key as it stands now.
pub(super) fn status_of(
    key: &VirtualKey,
    standing: KeyStanding,
    figures: &[BudgetFigures],
    rotating: bool,
    now: Timestamp,
) -> KeyStatus {
    match standing {
        KeyStanding::Revoked => KeyStatus::Revoked,
        KeyStanding::Expired => KeyStatus::Expired,
        KeyStanding::Disabled if matches!(key.state, KeyState::DisabledUnused { .. }) => KeyStatus::Idle,
        KeyStanding::Disabled => KeyStatus::Disabled,
        KeyStanding::OwnerSuspended => KeyStatus::Suspended,
        KeyStanding::Usable if figures.iter().any(|budget| budget.percent_spent() >= 100) => KeyStatus::StoppedBudget,
        KeyStanding::Usable if is_nearly_spent(figures) => KeyStatus::OverEighty,
        KeyStanding::Usable if rotating => KeyStatus::Rotating,
        KeyStanding::Usable if key.expires_at < now.plus_days(EXPIRES_SOON_DAYS) => KeyStatus::ExpiresSoon,
        KeyStanding::Usable => KeyStatus::Active,
    }
}

pub(super) fn is_nearly_spent(figures: &[BudgetFigures]) -> bool {
    figures.iter().any(|budget| budget.percent_spent() >= NEARLY_SPENT)
}

/// The budget that stops the key first: the one with least left.
pub(super) fn tightest(figures: &[BudgetFigures]) -> Option<BudgetFigures> {
    figures.iter().min_by_key(|budget| budget.left()).copied()
}
