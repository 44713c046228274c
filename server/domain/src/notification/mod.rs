//! What people are told without asking: facts about something that happened, or soon will.
//!
//! A [`Happening`] holds facts and no sentences, so that the page and the letter say it in words of today. Its
//! [`Happening::dedupe`] names the occasion: whoever writes it down twice, on one process or on two, tells it once. When
//! something is due is decided in [`due`], on which way in [`channels`], and when a letter is tried again in [`mail`].

pub mod channels;
pub mod due;
pub mod mail;

use crate::budget::{BudgetScope, Window};
use crate::day::Day;
use crate::id::{KeyId, ProfileId, ProviderId, RequestId, TeamId};
use crate::key_review::Quarter;
use crate::money::NanoUsd;
use crate::permission::Permission;
use crate::person::Caller;
use crate::time::Timestamp;
use due::Ending;
use serde::{Deserialize, Serialize};

/// Something that one or more people are told. Kept as JSON: a variant or a field that was once written stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Happening {
    BudgetUsed {
        scope: BudgetScope,
        /// Of the key or the level.
        name: String,
        window: Window,
        window_start: Timestamp,
        /// One of [`due::THRESHOLDS`].
        percent: u8,
        spent: NanoUsd,
        limit: NanoUsd,
        resets_at: Option<Timestamp>,
    },
    KeyEnds {
        key: KeyId,
        name: String,
        expires_at: Timestamp,
        ending: Ending,
    },
    OldSecretInUse {
        key: KeyId,
        name: String,
        ends_at: Timestamp,
        used_at: Timestamp,
    },
    KeyChanged {
        key: KeyId,
        name: String,
        change: KeyChange,
        /// Who did it: a name, since people are deleted and renamed.
        by: String,
        at: Timestamp,
    },
    /// What was decided about guardrails that were to come to keys that exist from a day on.
    GuardrailsComing {
        profile: ProfileId,
        name: String,
        version: i64,
        change: ComingChange,
        /// The day, as its first moment.
        from: Timestamp,
        decided_at: Timestamp,
    },
    /// Somebody asks for new secrets of keys that the reader looks after: of one owner, in one go.
    RotationAsked {
        /// The first of them, by name.
        key: KeyId,
        name: String,
        keys: u64,
        /// Whose they are, if they are not the reader's own.
        team: Option<(TeamId, String)>,
        by: String,
        due_at: Timestamp,
        /// About the first of them.
        asked_at: Timestamp,
    },
    /// A review of keys has begun, and the reader has something to decide in it.
    ReviewOpens {
        quarter: Quarter,
        /// That waited for the reader then.
        keys: u64,
        /// The last day in time.
        due: Day,
    },
    RequestWaits {
        request: RequestId,
        /// Of the key that it is about.
        name: String,
        by: String,
    },
    RequestAnswered {
        request: RequestId,
        name: String,
        answer: GivenAnswer,
        by: String,
    },
    ProviderFails {
        provider: ProviderId,
        name: String,
        /// Deployments that fail.
        deployments: u32,
        /// As a number of [`crate::day::Day`].
        day: i32,
    },
    UnusualSpend {
        application: String,
        today: NanoUsd,
        usually: NanoUsd,
        day: i32,
    },
    /// From this entry on, the audit log is not what was written.
    AuditBroken {
        entry: i64,
    },
}

/// What somebody else did to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyChange {
    Disabled,
    Enabled,
    Revoked,
    /// Somebody else answers for it from now on.
    MovedAway,
    /// The reader answers for it from now on.
    MovedHere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComingChange {
    /// Keys come to it on that day.
    Set,
    /// They do not after all.
    Withdrawn,
    /// They have come to it already.
    AtOnce,
}

impl ComingChange {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Withdrawn => "withdrawn",
            Self::AtOnce => "at_once",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Set, Self::Withdrawn, Self::AtOnce].into_iter().find(|change| change.word() == word)
    }
}

impl KeyChange {
    const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Revoked => "revoked",
            Self::MovedAway => "moved_away",
            Self::MovedHere => "moved_here",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GivenAnswer {
    Approved,
    ApprovedLess,
    Declined,
}

impl Happening {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::BudgetUsed { percent, .. } if *percent < due::NEARLY => Kind::BudgetHalf,
            Self::BudgetUsed { .. } => Kind::BudgetNearlySpent,
            Self::KeyEnds { .. } => Kind::KeyEnds,
            Self::OldSecretInUse { .. } => Kind::OldSecret,
            Self::KeyChanged { .. } => Kind::KeyChanged,
            Self::GuardrailsComing { .. } => Kind::GuardrailsChange,
            Self::RotationAsked { .. } => Kind::RotationAsked,
            Self::ReviewOpens { .. } => Kind::ReviewOpens,
            Self::RequestWaits { .. } => Kind::RequestWaits,
            Self::RequestAnswered { .. } => Kind::RequestAnswered,
            Self::ProviderFails { .. } => Kind::ProviderFails,
            Self::UnusualSpend { .. } => Kind::UnusualSpend,
            Self::AuditBroken { .. } => Kind::AuditBroken,
        }
    }

    /// What it is about, as a printed id or a name: settled together, once somebody has dealt with it.
    pub fn object(&self) -> String {
        match self {
            Self::BudgetUsed { scope, .. } => scope.to_string(),
            Self::KeyEnds { key, .. }
            | Self::OldSecretInUse { key, .. }
            | Self::KeyChanged { key, .. }
            | Self::RotationAsked { key, keys: 1, .. } => key.to_string(),
            // One of them that is rotated settles nothing about the others.
            Self::RotationAsked { .. } => self.dedupe(),
            Self::GuardrailsComing { profile, .. } => profile.to_string(),
            Self::ReviewOpens { quarter, .. } => quarter.to_string(),
            Self::RequestWaits { request, .. } | Self::RequestAnswered { request, .. } => request.to_string(),
            Self::ProviderFails { provider, .. } => provider.to_string(),
            Self::UnusualSpend { application, .. } => application.clone(),
            Self::AuditBroken { entry } => entry.to_string(),
        }
    }

    /// The occasion. Nobody is told of the same one twice.
    pub fn dedupe(&self) -> String {
        match self {
            Self::BudgetUsed { scope, window, window_start, percent, limit, .. } => {
                due::BudgetOccasion { scope: *scope, window: *window, window_start: *window_start, limit: *limit }
                    .dedupe(*percent)
            }
            Self::KeyEnds { key, expires_at, ending, .. } => {
                format!("ends:{key}:{}:{}", expires_at.as_ms(), ending.word())
            }
            Self::OldSecretInUse { key, ends_at, .. } => format!("old-secret:{key}:{}", ends_at.as_ms()),
            Self::KeyChanged { key, change, at, .. } => format!("changed:{key}:{}:{}", change.word(), at.as_ms()),
            Self::GuardrailsComing { profile, change, decided_at, .. } => {
                format!("guardrails:{profile}:{}:{}", decided_at.as_ms(), change.word())
            }
            Self::RotationAsked { key, asked_at, .. } => format!("rotate:{key}:{}", asked_at.as_ms()),
            Self::ReviewOpens { quarter, .. } => format!("review:{quarter}"),
            Self::RequestWaits { request, .. } => format!("waits:{request}"),
            Self::RequestAnswered { request, .. } => format!("answered:{request}"),
            Self::ProviderFails { provider, day, .. } => format!("fails:{provider}:{day}"),
            Self::UnusualSpend { application, day, .. } => format!("unusual:{day}:{application}"),
            Self::AuditBroken { entry } => format!("audit:{entry}"),
        }
    }
}

/// What people can choose ways for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    RequestAnswered,
    RequestWaits,
    ReviewOpens,
    KeyEnds,
    OldSecret,
    RotationAsked,
    KeyChanged,
    GuardrailsChange,
    BudgetNearlySpent,
    BudgetHalf,
    ProviderFails,
    UnusualSpend,
    AuditBroken,
}

impl Kind {
    /// In the order in which preferences list them.
    pub const ALL: [Self; 13] = [
        Self::RequestAnswered,
        Self::RequestWaits,
        Self::ReviewOpens,
        Self::KeyEnds,
        Self::OldSecret,
        Self::RotationAsked,
        Self::KeyChanged,
        Self::GuardrailsChange,
        Self::BudgetNearlySpent,
        Self::BudgetHalf,
        Self::ProviderFails,
        Self::UnusualSpend,
        Self::AuditBroken,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::RequestAnswered => "request_answered",
            Self::RequestWaits => "request_waits",
            Self::ReviewOpens => "review_opens",
            Self::KeyEnds => "key_ends",
            Self::OldSecret => "old_secret",
            Self::RotationAsked => "rotation_asked",
            Self::KeyChanged => "key_changed",
            Self::GuardrailsChange => "guardrails_change",
            Self::BudgetNearlySpent => "budget_nearly_spent",
            Self::BudgetHalf => "budget_half",
            Self::ProviderFails => "provider_fails",
            Self::UnusualSpend => "unusual_spend",
            Self::AuditBroken => "audit_broken",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether this person can be told such things as their roles stand.
    pub fn concerns(self, caller: &Caller) -> bool {
        match self {
            Self::RequestWaits | Self::ReviewOpens => Permission::Decide.allows(Some(caller)),
            Self::ProviderFails | Self::UnusualSpend => Permission::Administer.allows(Some(caller)),
            Self::AuditBroken => Permission::SeeAudit.allows(Some(caller)),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(percent: u8, limit: i64) -> Happening {
        Happening::BudgetUsed {
            scope: BudgetScope::Organisation,
            name: "Example".into(),
            window: Window::Month,
            window_start: Timestamp::from_ms(1_000),
            percent,
            spent: NanoUsd::from_dollars(9),
            limit: NanoUsd::from_dollars(limit),
            resets_at: None,
        }
    }

    #[test]
    fn an_occasion_is_the_threshold_of_a_cap_in_a_window() {
        assert_eq!(used(80, 10).dedupe(), "budget:organisation:month:1000:10000000000:80");
        assert_ne!(used(80, 10).dedupe(), used(100, 10).dedupe());
        assert_ne!(used(80, 10).dedupe(), used(80, 11).dedupe(), "a raised cap is another occasion");
    }

    #[test]
    fn half_of_a_budget_is_another_kind_than_most_of_it() {
        assert_eq!(used(50, 10).kind(), Kind::BudgetHalf);
        assert_eq!(used(80, 10).kind(), Kind::BudgetNearlySpent);
        assert_eq!(used(100, 10).kind(), Kind::BudgetNearlySpent);
    }

    #[test]
    fn what_was_written_is_read_back() {
        let text = r#"{"what":"request_answered","request":"ask_000000000000","name":"ci","answer":"approved_less","by":"Ada"}"#;
        let read: Happening = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!((read.object().as_str(), read.dedupe().as_str()), ("ask_000000000000", "answered:ask_000000000000"));
        let text = r#"{"what":"review_opens","quarter":20454,"keys":12,"due":20484}"#;
        let read: Happening = serde_json::from_str(text).unwrap();
        assert_eq!((serde_json::to_string(&read).unwrap(), read.dedupe()), (text.into(), "review:2026-Q1".into()));
    }

    #[test]
    fn every_kind_is_known_by_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Kind::from_word("else"), None);
    }
}
