//! What the proxy needs from the process around it, and nothing more: who is this key, may it spend, where does the
//! call go, with which credential, and a place to write down what happened.
//!
//! Everything here answers from memory, but for [`History`] and [`StoredResponses`], which look further where memory
//! does not know. Nothing else waits for the database.

use domain::access_profile::AccessProfile;
use domain::budget::{BudgetFigures, BudgetLine, BudgetScope};
use domain::call_terms::CallTerms;
use domain::denial::Denial;
use domain::guarantee::Share;
use domain::id::{CredentialId, EventId, KeyId, ProviderId};
use domain::key_secret::{Pepper, SecretText};
use domain::limits::{Limits, QuotaUse};
use domain::markup::Markup;
use domain::model::{Model, ProviderKind, WireFormat};
use domain::money::NanoUsd;
use domain::provider_timeouts::ProviderTimeouts;
use domain::served_key::ServedKey;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::Timestamp;
use domain::usage::{TokenUsage, UsageRecord};
use domain::virtual_key::{KeySecret, KeyTerms, Owner};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The facts about one key: immutable, replaced whole when something changes. Verdicts are never cached; expiry and
/// windows are asked of the clock at each request.
pub struct KeyRecord {
    pub key: ServedKey,
    pub secrets: Box<[KeySecret]>,
    pub profile: Arc<AccessProfile>,
    /// The key's terms within its profile as it stands now. Keys whose terms are equal share them, as far as possible,
    /// and so with what follows.
    pub effective: Arc<KeyTerms>,
    /// What would hold if the profile enforced the rules that it only watches; `None` if it watches none.
    pub if_enforced: Option<Arc<CallTerms>>,
    pub owner_active: bool,
    /// What bounds the key from above, from the organisation down to its profile; only levels with limits.
    pub above: Arc<[Level]>,
}

/// A level above the key, with the limits that everything below it shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub scope: BudgetScope,
    /// As people call it, for denials.
    pub name: String,
    pub limits: Arc<Limits>,
    /// What is guaranteed to levels below it, whether or not the key belongs to them. Replaced whole, as the limits are.
    pub guaranteed: Arc<[Share]>,
}

/// An upstream: base URL (ends without a slash, contains the version segment) and how it is spoken to.
pub struct ProviderRecord {
    pub id: ProviderId,
    pub name: String,
    pub kind: ProviderKind,
    pub base_url: http::Uri,
    pub enabled: bool,
    pub timeouts: ProviderTimeouts,
    /// By how much its calls cost more or less than the list says.
    pub markup: Markup,
}

impl ProviderRecord {
    pub const fn format(&self) -> WireFormat {
        self.kind.format()
    }
}

/// The policy as it stands: one immutable value, replaced whole.
pub trait Directory: Send + Sync {
    /// `Err` while the process cannot decide (starting, sealed, stale); never a reason to say 401.
    fn ready(&self) -> Result<(), Denial>;
    fn key(&self, id: KeyId) -> Option<Arc<KeyRecord>>;
    /// The verifier key of this version.
    fn pepper(&self, version: i64) -> Option<Arc<Pepper>>;
    fn model(&self, name: &str) -> Option<Arc<Model>>;
    /// All enabled models, ordered by name.
    fn models(&self) -> Arc<[Arc<Model>]>;
    fn provider(&self, id: ProviderId) -> Option<Arc<ProviderRecord>>;
    /// Opens a sealed credential; kept opened in memory for a bounded time.
    fn credential(&self, id: CredentialId) -> Result<Arc<SecretText>, Denial>;
}

/// Calls that ended longer ago than the ledger remembers. May wait for the database; no call to a provider waits for it.
pub trait History: Send + Sync {
    /// A finished call by its id, if it belongs to this key. `Err` where that cannot be told now.
    fn finished(&self, event: EventId, key: KeyId) -> BoxFuture<'_, Result<Option<UsageRecord>, Denial>>;
}

/// Responses that providers keep, and to whom each was issued. Best effort: one that was forgotten can only not be
/// referred to any more.
pub trait StoredResponses: Send + Sync {
    /// Remembers one. Never waits.
    fn issued(&self, response: StoredResponse);
    /// One of this owner's; may wait for the database, and only calls that refer to a response do. `Err` where that
    /// cannot be told now.
    fn find(&self, id: ResponseId, owner: Owner) -> BoxFuture<'_, Result<Option<StoredResponse>, Denial>>;
    /// Its provider does not keep it any more. Never waits.
    fn forget(&self, response: &StoredResponse);
}

/// What a call may cost at most, and under which key.
pub struct ReserveRequest<'a> {
    pub event: EventId,
    pub record: &'a KeyRecord,
    pub model: &'a str,
    /// The bound of the whole call.
    pub bound: NanoUsd,
    /// The part of the bound that the prompt alone accounts for: what an interrupted call has cost at least.
    pub prompt_bound: NanoUsd,
    /// What one output token can cost at most, to tell the largest `max_tokens` that would fit.
    pub output_token_nano: NanoUsd,
    /// Input and output that the call will probably use, for tokens per minute and token quotas: an estimate, corrected
    /// when the call is settled.
    pub expected_tokens: u64,
    pub now: Timestamp,
}

/// Money set aside. The proxy wraps this into an owned guard that settles or releases exactly once.
#[derive(Debug, Clone)]
pub struct Reserved {
    pub event: EventId,
    pub amount: NanoUsd,
    /// The accounts that it was taken from, in the order of the hierarchy.
    pub lines: Vec<BudgetLine>,
    /// The tightest budget after this reservation, for the answer's headers.
    pub tightest: Option<BudgetFigures>,
    /// What was counted towards limits on tokens; replaced by the tokens used.
    pub expected_tokens: u64,
    pub traffic: Traffic,
}

/// The tightest limits per minute after this call, for the answer's headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub requests: Option<Allowance>,
    pub tokens: Option<Allowance>,
}

/// A limit per minute as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u64,
    pub remaining: u64,
    /// Until all of it is there again.
    pub resets_in_ms: u64,
}

/// The ledger: reserve before, settle after, release on every other way out.
pub trait Ledger: Send + Sync {
    /// A new event id: time-ordered, never repeated.
    fn next_event(&self) -> EventId;
    /// Takes the bound from all accounts of the key or from none, and writes the intent to the spool (`write(2)`)
    /// before it returns. Also enforces the limits on requests, tokens and concurrency of the key and all levels above.
    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial>;
    /// Takes more for a running stream, from the same accounts or from none: the next slice of its output. `now` decides
    /// nothing about windows: a call belongs to those of its admission.
    fn extend(&self, reserved: &mut Reserved, record: &KeyRecord, by: NanoUsd, now: Timestamp) -> Result<(), Denial>;
    /// What was seen so far of a running stream, kept for a crash. At most one call every two seconds per stream.
    fn checkpoint(&self, event: EventId, tokens: TokenUsage, cost: NanoUsd);
    /// Replaces the reservation by the cost and writes the record to the spool; when this returns `Ok`, a kill of the
    /// process does not lose it. The record's accounts are those of the reservation. Idempotent by event id.
    fn settle(&self, reserved: &Reserved, record: UsageRecord) -> Result<(), Denial>;
    /// Gives the reservation back: the call was never sent.
    fn release(&self, reserved: &Reserved);
    /// A call for which nothing was reserved: a recognised key was refused, or the call is free (counting tokens).
    /// Best effort: a full spool loses only this.
    fn record_denied(&self, record: UsageRecord);
    /// The budgets of a key as they stand.
    fn figures(&self, record: &KeyRecord, now: Timestamp) -> Vec<BudgetFigures>;
    /// The quotas of a key and of the levels above it as they stand.
    fn quotas(&self, record: &KeyRecord, now: Timestamp) -> Vec<QuotaUse>;
    /// A finished call by its id, if it belongs to this key: recent ones from memory, older ones are unknown here.
    fn finished(&self, event: EventId, key: KeyId) -> Option<Arc<UsageRecord>>;
}
