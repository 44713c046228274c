//! Keys: minting them, seeing them, changing them.

mod callers;
mod calls;
mod change;
mod detail;
pub(crate) mod everyone;
mod history;
mod home;
mod list;
mod mint;
mod options;
mod report;
mod rotate;
mod rotation_asks;
mod selection;
mod status;
mod usage;
mod views;

pub use callers::{CALLERS_DAYS, KeyCaller, KeyCallers, Rotation};
pub use calls::{CallDetail, CallsPage};
pub(crate) use detail::latest_expiry;
pub use detail::{EffectiveTerms, KeyActs, KeyDetail, SecretFacts};
pub(crate) use history::PAGE as HISTORY_PAGE;
pub use history::{AuditLine, HistoryPage};
pub use home::{FirstSteps, Home};
pub use list::{KeyRow, KeysPage, LastUse};
pub use mint::{MintVerdict, MintedKey};
pub(crate) use mint::{facts as key_facts, new_key};
pub(crate) use options::allows;
pub use options::{MintOptions, ProfileChoice, TeamChoice};
pub use report::{KEYS_FILE, KeysFile};
pub use rotation_asks::RotationDue;
pub use selection::{Changed, KeyOutcome, KeysAct, MOST_SELECTED, Selection};
pub use status::{EXPIRES_SOON_DAYS, KeyStatus, LONG_LIVED_DAYS, UNUSED_DAYS};
pub use usage::{DayUsage, KeyUsage, ModelUsage, UsageSums};
pub use views::{KeysQuery, KeysView, OwnerFilter, ViewCounts};
