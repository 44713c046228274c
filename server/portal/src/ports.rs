//! What the use cases need from the process around them: the running gateway and a source of randomness.

use async_trait::async_trait;
use domain::budget::{BudgetFigures, BudgetScope, Cap};
use domain::claim_rules::ClaimRule;
use domain::directory_claims::DirectoryClaims;
use domain::id::{DeploymentId, EventId, KeyId, ProviderId};
use domain::limits::{Limits, Quota, QuotaUse};
use domain::model::Endpoint;
use domain::person::Role;
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Random bytes. The process draws from the operating system; tests from a seed.
pub trait Randomness: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// A level above a key, with what everything below it shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLimits {
    pub scope: BudgetScope,
    pub name: String,
    pub limits: Arc<Limits>,
}

/// The gateway in this process. What it is told counts from the next call on, before the method returns.
#[async_trait]
pub trait GatewayPort: Send + Sync {
    /// A key was minted or changed.
    async fn key_changed(&self, key: KeyId);
    /// Profiles, models, providers, credentials or people changed.
    async fn policy_changed(&self);
    /// The limits of a level changed, or who belongs to which team, or which team to which business unit.
    async fn levels_changed(&self);
    /// The live budgets of a key, from the ledger: its own, and those of the levels above it. Empty for a
    /// key that the gateway does not know.
    async fn figures(&self, key: KeyId) -> Vec<BudgetFigures>;
    /// What stands above a key, from the organisation down to its profile; only levels with limits.
    async fn levels_above(&self, key: KeyId) -> Vec<SharedLimits>;
    /// The live budgets of one level under these caps, whatever is in force.
    async fn level_figures(&self, level: BudgetScope, caps: &[Cap]) -> Vec<BudgetFigures>;
    /// As [`Self::figures`] and [`Self::level_figures`], for quotas.
    async fn quotas(&self, key: KeyId) -> Vec<QuotaUse>;
    async fn level_quotas(&self, level: BudgetScope, quotas: &[Quota]) -> Vec<QuotaUse>;
    /// Until every call that this process has ended by now is in the store, so that a page shows it; gives up after a
    /// second. False if it did: then what the store has of calls is not all.
    async fn catch_up(&self) -> bool;
    /// The first call of this key that finished after `since`, denials included; from memory.
    async fn finished_since(&self, key: KeyId, since: Timestamp) -> Option<UsageRecord>;
    /// Makes one call of this key without its secret, for somebody who may use the key. Every other check of the gateway
    /// applies. Dropping the receiver is hanging up.
    async fn try_out(&self, trial: Trial) -> Receiver<Heard>;
    /// Asks the provider with its stored address and credential. Never relays what the provider says.
    async fn test_connection(&self, provider: ProviderId) -> ConnectionTest;
    /// What calls have shown of this provider's deployments since the start of the process; those without a call are
    /// left out.
    async fn health(&self, provider: ProviderId) -> Vec<DeploymentHealth>;
}

/// One call from the playground.
#[derive(Debug, Clone)]
pub struct Trial {
    pub key: KeyId,
    /// In which of the chat formats.
    pub endpoint: Endpoint,
    pub model: String,
    pub system: Option<String>,
    /// What was said before, oldest first.
    pub turns: Vec<Turn>,
    pub message: String,
    pub max_output_tokens: Option<u64>,
    pub from: IpAddr,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub asked: String,
    pub answered: String,
}

/// What comes back of it, in this order.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The answer has begun, whatever it is.
    Begun(EventId),
    Text(String),
    /// A refusal, or how the answer failed: its stable code, and what to do.
    Failed {
        code: Option<String>,
        words: String,
    },
    /// How the call stands in the books. Not heard where it was not recorded.
    Ended(Box<UsageRecord>),
}

/// One identity provider of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerFacts {
    pub id: String,
    /// On the sign-in button.
    pub name: String,
    pub url: String,
    pub client_id: String,
    /// To be registered at the provider.
    pub redirect_uri: String,
    pub groups_claim: String,
    /// For people whom no rule gives a role.
    pub default_role: Option<Role>,
    /// What the configuration makes of claims.
    pub fixed: Vec<ClaimRule>,
}

/// Whether sign-ins can begin at a provider right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerState {
    Answers,
    /// With the check that failed; never what the provider said.
    DoesNotAnswer(String),
}

/// The identity providers, as the portal sees them.
#[async_trait]
pub trait SignInPort: Send + Sync {
    /// In the order of the configuration.
    fn issuers(&self) -> Vec<IssuerFacts>;
    /// In the same order. Answers within seconds.
    async fn states(&self) -> Vec<IssuerState>;
    /// Claims as rules see them; `None` for an issuer that is not there.
    fn directory(&self, issuer: &str, subject: &str, claims: &Map<String, Value>) -> Option<DirectoryClaims>;
}

/// How a deployment is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeploymentHealth {
    pub deployment: DeploymentId,
    pub standing: DeploymentStanding,
    pub last_failure: Option<DeploymentFailure>,
    /// Calls within the last ten minutes.
    pub succeeded: u32,
    pub failed: u32,
    /// Of the last answers.
    pub median_first_byte_ms: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentStanding {
    Working,
    /// The last call failed; calls still go there.
    Failing,
    /// Asked last until then.
    Cooling {
        until: Timestamp,
    },
    /// The cool-down is over, and the next call tries it.
    Probing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeploymentFailure {
    pub at: Timestamp,
    /// The stable word: `unreachable`, `broken_off`, `timed_out`, `protocol`, `credential_refused`, `status`.
    pub what: &'static str,
    pub status: Option<u16>,
}

/// What a connection test found. Words for people are written where they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionTest {
    /// The provider accepted the credential.
    Accepted,
    CredentialRefused,
    /// The provider was reached, and answered with a status that says nothing about the credential.
    Unexpected {
        status: u16,
    },
    NameNotFound,
    /// The rules for outgoing connections do not allow this address.
    AddressNotAllowed,
    Unreachable,
    TlsFailed,
    TimedOut,
    /// The credential cannot be opened with the root secret in use.
    Sealed,
    NoCredential,
}

impl ConnectionTest {
    /// The stable word, also for the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::CredentialRefused => "credential_refused",
            Self::Unexpected { .. } => "unexpected",
            Self::NameNotFound => "name_not_found",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::Unreachable => "unreachable",
            Self::TlsFailed => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::Sealed => "sealed",
            Self::NoCredential => "no_credential",
        }
    }
}
