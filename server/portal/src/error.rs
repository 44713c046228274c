//! How a use case ends when it does not succeed.

use domain::id::{
    AdjustmentId, ApplicationId, ApprovalRuleId, CommitmentId, KeyId, ModelId, ProfileId, ProviderId, RequestId,
    RuleId, TeamId, UnitId, UsageViewId,
};
use domain::refusal::Refusal;

/// What a form made the first time that it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A minted key, or a key's new secret: its secret was shown once and is not shown again.
    Key(KeyId),
    Profile(ProfileId),
    Provider(ProviderId),
    Model(ModelId),
    Team(TeamId),
    Unit(UnitId),
    /// As a level; its page is that of its budgets.
    Application(ApplicationId),
    Commitment(CommitmentId),
    Adjustment(AdjustmentId),
    Request(RequestId),
    ApprovalRule(ApprovalRuleId),
    Rule(RuleId),
    /// How somebody wants to be told.
    Preferences,
    UsageView(UsageViewId),
}

/// The outcome of a form that makes nothing with an id.
const PREFERENCES: &str = "preferences";

impl Made {
    /// The text that the store keeps as a form's outcome: the printed id.
    pub(crate) fn outcome(self) -> String {
        match self {
            Self::Key(id) => id.to_string(),
            Self::Profile(id) => id.to_string(),
            Self::Provider(id) => id.to_string(),
            Self::Model(id) => id.to_string(),
            Self::Team(id) => id.to_string(),
            Self::Unit(id) => id.to_string(),
            Self::Application(id) => id.to_string(),
            Self::Commitment(id) => id.to_string(),
            Self::Adjustment(id) => id.to_string(),
            Self::Request(id) => id.to_string(),
            Self::ApprovalRule(id) => id.to_string(),
            Self::Rule(id) => id.to_string(),
            Self::Preferences => PREFERENCES.to_owned(),
            Self::UsageView(id) => id.to_string(),
        }
    }

    /// Reads what [`Made::outcome`] writes.
    pub(crate) fn from_outcome(text: &str) -> Option<Self> {
        (text.parse().map(Self::Key))
            .or_else(|_| text.parse().map(Self::Profile))
            .or_else(|_| text.parse().map(Self::Provider))
            .or_else(|_| text.parse().map(Self::Model))
            .or_else(|_| text.parse().map(Self::Team))
            .or_else(|_| text.parse().map(Self::Unit))
            .or_else(|_| text.parse().map(Self::Application))
            .or_else(|_| text.parse().map(Self::Commitment))
            .or_else(|_| text.parse().map(Self::Adjustment))
            .or_else(|_| text.parse().map(Self::Request))
            .or_else(|_| text.parse().map(Self::ApprovalRule))
            .or_else(|_| text.parse().map(Self::Rule))
            .or_else(|_| text.parse().map(Self::UsageView))
            .ok()
            .or_else(|| (text == PREFERENCES).then_some(Self::Preferences))
    }
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The person can put it right: every reason, at its field.
    #[error("refused: {}", codes(.0))]
    Refused(Vec<Refusal>),
    /// Absent or someone else's: the same to the caller.
    #[error("not found")]
    NotFound,
    #[error("forbidden")]
    Forbidden,
    /// Edited meanwhile by somebody else.
    #[error("edited meanwhile; version {current} is current")]
    Stale { current: i64 },
    /// This form was sent before. It acted once and is not repeated; here is what it made.
    #[error("already done")]
    AlreadyDone { made: Made },
    /// The database is busy or gone. Trying again later can help.
    #[error("temporarily unavailable")]
    Unavailable,
    /// The root secret is missing or wrong.
    #[error("sealed")]
    Sealed,
    #[error("internal error")]
    Internal,
}

fn codes(refusals: &[Refusal]) -> String {
    let parts: Vec<String> = refusals.iter().map(|refusal| format!("{}={}", refusal.field, refusal.code())).collect();
    parts.join(" ")
}

impl PortalError {
    pub fn refused(field: &'static str, reason: domain::refusal::Reason) -> Self {
        Self::Refused(vec![Refusal::new(field, reason)])
    }
}
