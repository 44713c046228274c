//! The portal's no: why a form cannot be accepted, field by field, all reasons at once.
//!
//! A refusal is data. Its sentence is written where people read it; its code is a stable name that tests, links and the
//! management interface match on. (The gateway's no to a call is a denial, in `denial.rs`.)

use crate::adjustment::AdjustmentProblem;
use crate::budget::Window;
use crate::day::Day;
use crate::exchange::ExchangeProblem;
use crate::id::KeyId;
use crate::limits::Counted;
use crate::money::NanoUsd;

/// One reason, at the field that it is about. Field names are those of the forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub field: &'static str,
    pub reason: Reason,
}

impl Refusal {
    pub const fn new(field: &'static str, reason: Reason) -> Self {
        Self { field, reason }
    }
}

/// A figure with its unit, so that the sentence can print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Money { amount: NanoUsd, window: Window },
    PerMinute(u32),
    TokensPerMinute(u64),
    Quota { limit: u64, counted: Counted, window: Window },
    AtOnce(u32),
    Days(u32),
    Tokens(u64),
    Count(u64),
}

/// What is wrong with the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was entered where something is needed.
    Missing,
    /// The text is not of the kind that the field takes.
    Malformed,
    TooLong {
        at_most: u32,
    },
    TooMany {
        at_most: u32,
    },
    /// Control or direction characters, which would let a name disguise itself.
    HiddenCharacters,
    /// The choice does not exist, or not for this person: both look the same.
    UnknownChoice,
    AboveMaximum {
        wanted: Amount,
        maximum: Amount,
    },
    BelowMinimum {
        wanted: Amount,
        minimum: Amount,
    },
    /// The administrators set this value and keep it.
    Fixed {
        value: Amount,
    },
    /// The person's live key of that name.
    KeyNameTaken {
        key: Option<KeyId>,
    },
    NameTaken,
    /// Already holds as many live keys as the profile grants.
    TooManyKeys {
        held: u32,
        at_most: u32,
    },
    ProfileDisabled,
    ConsumerNotAllowed,
    /// This person's roles do not include minting.
    MayNotMint,
    /// Only one's own keys and those of teams that one leads.
    OwnerNotYours,
    /// One's own work belongs to oneself, not to a team.
    OwnWorkNeedsPersonalOwner,
    /// An empty list allows nothing, so that a key with it could call nothing.
    NothingAllowed,
    /// The profile does not allow what this pattern matches.
    ModelNotInProfile {
        pattern: String,
    },
    /// The gateway serves no such model.
    ModelUnknown {
        model: String,
    },
    /// Every key has a budget, under which a model without a price is refused.
    ModelUnpriced {
        model: String,
    },
    /// The environment is not for keys under this profile.
    ProfileNotInEnvironment,
    /// Another version of the key policy holds than the one that was read.
    PolicyChanged {
        version: i64,
    },
    NetworkNotInProfile {
        network: String,
    },
    /// A maximum below its default.
    MaximumBelowDefault,
    /// The same window or name twice.
    Twice {
        value: String,
    },
    AddressNotUsable(AddressProblem),
    /// A changed scheme, host or port demands the credential again.
    CredentialNeeded,
    /// Nobody could administer the installation any more.
    LastAdministrator,
    /// Whoever saves this would not be an administrator after the next sign-in, and has not said that this is meant.
    LosesOwnRole,
    /// Rules do not decide by what belongs to the protocol, or by what people can change themselves.
    ClaimNotAskable {
        claim: String,
    },
    /// One cannot do this to oneself.
    NotOneself,
    /// Later than the profile's longest lifetime allows; the latest moment is given.
    LaterThanLifetime {
        latest: crate::time::Timestamp,
    },
    InThePast,
    /// The key's state does not allow this act any more.
    KeyEnded,
    /// An old secret outlives its rotation by a bounded time; the latest moment is given.
    LaterThanOverlap {
        latest: crate::time::Timestamp,
    },
    /// There is no old secret that still works.
    OldSecretEnded,
    /// What an administrator disabled, an administrator enables.
    DisabledByAdministrator,
    /// Two presses within moments: the provider is not asked again yet.
    TooSoon {
        wait_seconds: u32,
    },
    /// A deployment names a provider or credential that does not exist.
    UnknownProvider,
    /// An alias stands for a model that is none itself, and for which nothing but aliases stands.
    AliasOfAlias,
    /// Above the maximum, and whoever decides about requests may grant it.
    AboveMaximumAsk {
        wanted: Amount,
        maximum: Amount,
    },
    /// Every key under these guardrails is asked for.
    NeedsApproval,
    /// The key has it already, or had it without asking.
    NothingAsked,
    /// Others decide first about what this person asked for already.
    TooManyWaiting {
        at_most: u32,
    },
    /// Somebody answered, or whoever asked took it back.
    AlreadyDecided,
    /// One decides about other people's requests.
    NotOnesOwnRequest,
    /// The team itself may spend less than what it asks for: an administrator decides.
    AboveTeamBudget {
        wanted: Amount,
        maximum: Amount,
    },
    /// The key was approved, and its owner has not taken the secret yet.
    NoSecretYet,
    /// The list of cost centres has no such code.
    CostCentreUnknown {
        code: String,
    },
    CostCentreNotYet {
        code: String,
        from: Day,
    },
    CostCentreEnded {
        code: String,
        last: Day,
    },
    /// The last day lies before the first.
    EndsBeforeStart,
    /// The display currency, or one of its rates.
    Exchange(ExchangeProblem),
    /// Past spend is not moved to another cost centre.
    Adjustment(AdjustmentProblem),
    /// What would be proposed now is not what was shown.
    ProposalChanged,
    /// Somebody changed the key's terms after they were narrowed.
    TermsChangedSince,
    /// Nothing was narrowed lately that could be taken back.
    UndoOver,
    /// There is no budget of this window above from which a share could be guaranteed.
    NoBudgetAbove,
    /// More than the budget above has left to guarantee.
    AboveShare {
        wanted: Amount,
        left: Amount,
        of: Amount,
    },
}

/// Why an address cannot be a provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressProblem {
    NotAnAddress,
    /// Only `https`, and `http` for one's own networks.
    Scheme,
    /// A user name or password inside the address.
    Credentials,
    QueryOrFragment,
    /// The services that hand out the machine's own cloud credentials; never a provider.
    CloudMetadata,
    PlainOutside,
}

impl Reason {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::TooLong { .. } => "too_long",
            Self::TooMany { .. } => "too_many",
            Self::HiddenCharacters => "hidden_characters",
            Self::UnknownChoice => "unknown_choice",
            Self::AboveMaximum { .. } => "above_maximum",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::Fixed { .. } => "fixed",
            Self::KeyNameTaken { .. } => "key_name_taken",
            Self::NameTaken => "name_taken",
            Self::TooManyKeys { .. } => "too_many_keys",
            Self::ProfileDisabled => "profile_disabled",
            Self::ConsumerNotAllowed => "consumer_not_allowed",
            Self::MayNotMint => "may_not_mint",
            Self::OwnerNotYours => "owner_not_yours",
            Self::OwnWorkNeedsPersonalOwner => "own_work_needs_personal_owner",
            Self::NothingAllowed => "nothing_allowed",
            Self::ModelNotInProfile { .. } => "model_not_in_profile",
            Self::ModelUnknown { .. } => "model_unknown",
            Self::ModelUnpriced { .. } => "model_unpriced",
            Self::ProfileNotInEnvironment => "profile_not_in_environment",
            Self::PolicyChanged { .. } => "policy_changed",
            Self::NetworkNotInProfile { .. } => "network_not_in_profile",
            Self::MaximumBelowDefault => "maximum_below_default",
            Self::Twice { .. } => "twice",
            Self::AddressNotUsable(_) => "address_not_usable",
            Self::CredentialNeeded => "credential_needed",
            Self::LastAdministrator => "last_administrator",
            Self::LosesOwnRole => "loses_own_role",
            Self::ClaimNotAskable { .. } => "claim_not_askable",
            Self::NotOneself => "not_oneself",
            Self::LaterThanLifetime { .. } => "later_than_lifetime",
            Self::InThePast => "in_the_past",
            Self::KeyEnded => "key_ended",
            Self::LaterThanOverlap { .. } => "later_than_overlap",
            Self::OldSecretEnded => "old_secret_ended",
            Self::DisabledByAdministrator => "disabled_by_administrator",
            Self::TooSoon { .. } => "too_soon",
            Self::UnknownProvider => "unknown_provider",
            Self::AliasOfAlias => "alias_of_alias",
            Self::AboveMaximumAsk { .. } => "above_maximum_ask",
            Self::NeedsApproval => "needs_approval",
            Self::NothingAsked => "nothing_asked",
            Self::TooManyWaiting { .. } => "too_many_waiting",
            Self::AlreadyDecided => "already_decided",
            Self::NotOnesOwnRequest => "not_ones_own_request",
            Self::AboveTeamBudget { .. } => "above_team_budget",
            Self::NoSecretYet => "no_secret_yet",
            Self::CostCentreUnknown { .. } => "cost_centre_unknown",
            Self::CostCentreNotYet { .. } => "cost_centre_not_yet",
            Self::CostCentreEnded { .. } => "cost_centre_ended",
            Self::EndsBeforeStart => "ends_before_start",
            Self::Exchange(problem) => problem.code(),
            Self::Adjustment(problem) => problem.code(),
            Self::ProposalChanged => "proposal_changed",
            Self::TermsChangedSince => "terms_changed_since",
            Self::UndoOver => "undo_over",
            Self::NoBudgetAbove => "no_budget_above",
            Self::AboveShare { .. } => "above_share",
        }
    }
}

impl Refusal {
    pub const fn code(&self) -> &'static str {
        self.reason.code()
    }
}

/// The name of the form field for the cap of a window.
pub const fn cap_field(window: Window) -> &'static str {
    match window {
        Window::Hour => "cap_hour",
        Window::Day => "cap_day",
        Window::Week => "cap_week",
        Window::Month => "cap_month",
        Window::Quarter => "cap_quarter",
        Window::Total => "cap_total",
    }
}

/// The name of the form field for the guaranteed share of a window.
pub const fn guarantee_field(window: Window) -> &'static str {
    match window {
        Window::Hour => "guarantee_hour",
        Window::Day => "guarantee_day",
        Window::Week => "guarantee_week",
        Window::Month => "guarantee_month",
        Window::Quarter => "guarantee_quarter",
        Window::Total => "guarantee_total",
    }
}

/// The name of the form field for a quota.
pub const fn quota_field(counted: Counted, window: Window) -> &'static str {
    match (counted, window) {
        (Counted::Requests, Window::Hour) => "requests_hour",
        (Counted::Requests, Window::Day) => "requests_day",
        (Counted::Requests, Window::Week) => "requests_week",
        (Counted::Requests, Window::Month) => "requests_month",
        (Counted::Requests, Window::Quarter) => "requests_quarter",
        (Counted::Requests, Window::Total) => "requests_total",
        (Counted::Tokens, Window::Hour) => "tokens_hour",
        (Counted::Tokens, Window::Day) => "tokens_day",
        (Counted::Tokens, Window::Week) => "tokens_week",
        (Counted::Tokens, Window::Month) => "tokens_month",
        (Counted::Tokens, Window::Quarter) => "tokens_quarter",
        (Counted::Tokens, Window::Total) => "tokens_total",
    }
}
