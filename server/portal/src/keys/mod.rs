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
mod rotate;
mod status;
mod usage;

pub use callers::{CALLERS_DAYS, KeyCaller, KeyCallers, Rotation};
pub use calls::{CallDetail, CallsPage};
pub(crate) use detail::latest_expiry;
pub use detail::{EffectiveTerms, KeyActs, KeyDetail, SecretFacts};
pub(crate) use history::PAGE as HISTORY_PAGE;
pub use history::{AuditLine, HistoryPage};
pub use home::{FirstSteps, Home};
pub use list::{KeyRow, KeysPage, KeysQuery, KeysView, LastUse, OwnerFilter, ViewCounts};
pub use mint::{MintVerdict, MintedKey};
pub(crate) use mint::{facts as key_facts, new_key};
pub(crate) use options::allows;
pub use options::{MintOptions, ProfileChoice, TeamChoice};
pub use status::{EXPIRES_SOON_DAYS, KeyStatus, UNUSED_DAYS};
pub use usage::{DayUsage, KeyUsage, ModelUsage, UsageSums};
