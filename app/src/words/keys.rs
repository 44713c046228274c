//! Words for keys: where they stand, what they are for, how they end.

use crate::components::{Status, Tone};
use crate::format::Calendar;
use domain::rotation::OldSecret;
use domain::virtual_key::{ConsumerKind, KeyStanding, Overlap, RevocationReason};
use portal::keys::KeyStatus;

/// The chip beside a key.
pub const fn key_status(status: KeyStatus) -> Status {
    match status {
        KeyStatus::Revoked => Status::Revoked,
        KeyStatus::Expired => Status::Expired,
        KeyStatus::Disabled => Status::Disabled,
        KeyStatus::Idle => Status::SuspendedIdle,
        KeyStatus::Suspended => Status::SuspendedDirectory,
        KeyStatus::StoppedBudget => Status::StoppedBudget,
        KeyStatus::OverEighty => Status::OverEighty,
        KeyStatus::Rotating => Status::Rotating,
        KeyStatus::ExpiresSoon => Status::ExpiresSoon,
        KeyStatus::Active => Status::Active,
    }
}

/// What a standing means for the next call.
pub const fn standing(standing: KeyStanding) -> &'static str {
    match standing {
        KeyStanding::Revoked => "Revoked: every call is refused, for good.",
        KeyStanding::Expired => "Expired: every call is refused. Mint a new key.",
        KeyStanding::Disabled => "Disabled: calls are refused until the key is enabled again.",
        KeyStanding::OwnerSuspended => "Suspended: its owner's account is switched off, and calls are refused.",
        KeyStanding::Usable => "Active: calls are admitted within its limits.",
    }
}

pub const fn consumer(kind: ConsumerKind) -> &'static str {
    match kind {
        ConsumerKind::Person => "My own work",
        ConsumerKind::Agent => "A coding or other agent",
        ConsumerKind::Service => "A service or app",
        ConsumerKind::Ci => "CI",
    }
}

/// What a key is for, in a line of small facts.
pub const fn consumer_tag(kind: ConsumerKind) -> &'static str {
    match kind {
        ConsumerKind::Person => "own work",
        ConsumerKind::Agent => "agent",
        ConsumerKind::Service => "service",
        ConsumerKind::Ci => "CI",
    }
}

/// As administrators choose it for others.
pub const fn consumer_note(kind: ConsumerKind) -> &'static str {
    match kind {
        ConsumerKind::Person => "Own work",
        ConsumerKind::Agent => "Agents",
        ConsumerKind::Service => "Services and apps",
        ConsumerKind::Ci => "CI",
    }
}

pub const fn revocation_reason(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::NoLongerNeeded => "no longer needed",
        RevocationReason::Replaced => "replaced by another key",
        RevocationReason::Compromised => "compromised",
    }
}

/// How long the old secret of a rotation goes on working.
pub const fn overlap(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::None => "Not at all: it ends now",
        Overlap::QuarterHour => "15 minutes",
        Overlap::Hour => "1 hour",
        Overlap::Day => "24 hours",
        Overlap::Week => "7 days",
    }
}

/// When an old secret that still works is to end.
pub const fn end_of_old_secret(after: Overlap) -> &'static str {
    match after {
        Overlap::None => "Now",
        Overlap::QuarterHour => "In 15 minutes",
        Overlap::Hour => "In 1 hour",
        Overlap::Day => "In 24 hours",
        Overlap::Week => "In 7 days",
    }
}

/// Whether an old secret is still in use.
pub fn old_secret(finding: OldSecret, calendar: &Calendar) -> (Tone, String) {
    match finding {
        OldSecret::InUse { used_at } => {
            (Tone::Warn, format!("It is still in use: the last call with it was {}.", calendar.relative(used_at)))
        }
        OldSecret::SafeToRetire { quiet_since } => {
            (Tone::Ok, format!("Safe to retire: nobody has used it since {}.", calendar.date_time(quiet_since)))
        }
        OldSecret::TooEarlyToTell => {
            (Tone::Info, "Nobody has used it since the rotation, which is less than a day ago.".to_owned())
        }
    }
}
