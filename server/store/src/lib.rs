//! What Keywright remembers: one `Store` over SQLite or PostgreSQL.
//!
//! Reads are methods of [`Store`], writes are methods of [`Tx`]; a use case that checks and writes does both in one
//! transaction. One SQL text serves both engines; where they must differ, a `Dialect` holds both texts side by side.
//! The store decides nothing and generates nothing: ids, moments and random values arrive from outside.
//!
//! How it fails: a database that is gone, locked or full of waiting work is [`StoreError::Unavailable`] within seconds;
//! a broken rule of the schema is [`StoreError::Conflict`]; a row that cannot be read is [`StoreError::Corrupt`].
//! Sources are logged here once and never travel further.

mod access_record;
mod adjustments;
mod applications;
mod audit;
mod callers;
mod charges;
mod claim_rules;
mod codes;
mod column;
mod commitments;
mod cost_centres;
mod counts;
mod credentials;
mod data_scopes;
mod denials;
mod dialect;
mod directory_records;
mod ending;
mod engine;
mod environments;
mod error;
mod exchange;
mod exclusive;
mod grants;
mod idle_keys;
mod ingest;
mod key_list;
mod key_policy;
mod key_report;
mod key_reviews;
mod keys;
mod label;
mod ledger;
mod limits;
mod mail;
mod migrate;
mod models;
mod narrowings;
mod notifications;
mod open;
mod past_calls;
mod people;
mod profile_rollouts;
mod profile_spend;
mod profile_versions;
mod profiles;
mod providers;
mod recipients;
mod requests;
mod responsible;
mod retention;
mod review_members;
mod rollout_news;
mod rotation_asks;
mod row;
mod rules;
mod served_keys;
mod sessions;
mod settings;
mod sign_in;
mod slices;
mod statement;
mod storage;
mod stored_responses;
mod submissions;
mod tally;
mod teams;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
mod units;
mod usage;
mod usage_days;
mod usage_groups;
mod usage_periods;
mod usage_source;
mod usage_totals;
mod usage_views;
mod watched_calls;

pub use access_record::{CallFilter, FoundCalls, KeyNames};
pub use adjustments::AdjustedLine;
pub use applications::Application;
pub use audit::AuditFilter;
pub use callers::Caller;
pub use claim_rules::KeptRule;
pub use credentials::SealedCredential;
pub use data_scopes::KeptScope;
pub use denials::DenialCount;
pub use directory_records::{DirectoryRecord, TestLogin};
pub use ending::EndingKey;
pub use error::{Constraint, StoreError};
pub use exclusive::ExclusiveLock;
pub use idle_keys::KeptVersion;
pub use ingest::IngestResult;
pub use key_list::{CountedBy, KeyCounts, KeyFilter, KeyListItem, KeyPage, KeyView, LastUse};
pub use key_policy::{Acknowledgement, SavedPolicy};
pub use key_reviews::{KeyReview, ReviewOwners, ReviewedKey, TeamDecided, TeamWaiting, ToReview};
pub use keys::KeyWithSecrets;
pub use ledger::{Compared, KeyCost, LedgerSums};
pub use limits::ScopeLimits;
pub use mail::{DueMail, FailedMail, MailCounts, MailOutcome};
pub use models::PriceVersion;
pub use notifications::{Notification, NotificationCursor};
pub use open::{Store, Tx};
pub use past_calls::{CallsOf, PastCalls};
pub use people::{PeoplePage, Person};
pub use profile_spend::ProfileSpend;
pub use profile_versions::ProfileVersion;
pub use providers::Provider;
pub use recipients::Recipient;
pub use requests::DecidedBy;
pub use responsible::{AnsweredFor, KeyModelSpend};
pub use rollout_news::RolloutNews;
pub use rotation_asks::{RotationAsk, UntoldAsk};
pub use served_keys::KeyToServe;
pub use sessions::SessionRow;
pub use sign_in::LoginRow;
pub use storage::Storage;
pub use submissions::Submission;
pub use tally::{Tally, tallied};
pub use teams::Team;
pub use units::Unit;
pub use usage::{HourSpan, SpanUsage};
pub use usage_days::{DailyCost, DaySpend, SpendQuery, UsageSums};
pub use usage_groups::{GroupSpend, Groups, Ranked};
pub use usage_periods::PeriodCost;
pub use watched_calls::{WatchedKey, WatchedRule};

/// What every method answers.
pub type Result<T> = std::result::Result<T, StoreError>;
