//! Names of things: one type for each kind of id, so that mixing up a team and a key does not compile.
//!
//! An id is twelve random base62 characters (71 bits) and prints with the prefix of its kind: `per_8Fq2…`. The store
//! keeps the printed form. The exception is [`EventId`], a time-ordered number, because ten million of them are kept.

use crate::base62;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct InvalidId;

/// The twelve characters behind each prefix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id12([u8; 12]);

impl Id12 {
    /// From random bytes: each byte picks one digit. Bytes of 248 and more would bias the digits, so the caller draws
    /// enough of them; 0 pads the unlikely rest.
    pub fn from_random(random: &[u8]) -> Self {
        let mut out = [b'0'; 12];
        let unbiased = random.iter().filter(|&&byte| byte < 248);
        for (slot, &byte) in out.iter_mut().zip(unbiased) {
            *slot = base62::digit(byte % 62);
        }
        Self(out)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base62 digits are ASCII by construction")
    }

    pub const fn letters(&self) -> &[u8; 12] {
        &self.0
    }
}

impl FromStr for Id12 {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes: [u8; 12] = text.as_bytes().try_into().map_err(|_| InvalidId)?;
        if base62::is_base62(&bytes) { Ok(Self(bytes)) } else { Err(InvalidId) }
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Id12);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn from_random(random: &[u8]) -> Self {
                Self(Id12::from_random(random))
            }
            pub const fn new(id: Id12) -> Self {
                Self(id)
            }
            /// The twelve characters without the prefix.
            pub fn bare(&self) -> &str {
                self.0.as_str()
            }
            /// The same as bytes: a text is looked at each time whether it is one.
            pub const fn letters(&self) -> &[u8; 12] {
                self.0.letters()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(self.0.as_str())
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = [0; $prefix.len() + 12];
                text[..$prefix.len()].copy_from_slice($prefix.as_bytes());
                text[$prefix.len()..].copy_from_slice(&self.0.0);
                serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix).ok_or(InvalidId)?.parse().map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
    };
}

id!(/// A human, known as (issuer, subject).
    PersonId, "per_");
id!(/// A business unit: teams that share a budget.
    UnitId, "unit_");
id!(/// A cost centre: what finance books spend to.
    CostCentreId, "cc_");
id!(/// What is paid a provider each month whatever is called.
    CommitmentId, "com_");
id!(/// Past spend of a key that was moved to another cost centre.
    AdjustmentId, "adj_");
id!(/// An application that has limits of its own.
    ApplicationId, "app_");
id!(/// A team that owns keys and budgets.
    TeamId, "team_");
id!(/// An access profile: the administrators' limits on what may be minted.
    ProfileId, "prof_");
id!(/// A virtual key. Public: shown, logged, audited; the first sixteen characters of the key itself.
    KeyId, "kwr_");
id!(/// An upstream.
    ProviderId, "prov_");
id!(/// A provider credential, sealed at rest.
    CredentialId, "cred_");
id!(/// A rule about claims.
    RuleId, "rule_");
id!(/// A catalogue entry that callers may name.
    ModelId, "mod_");
id!(/// One place where a model's calls can go.
    DeploymentId, "dep_");
id!(/// A request for a key, or for more than a key has.
    RequestId, "ask_");
id!(/// More than the guardrails allow, given to one key.
    GrantId, "grant_");
id!(/// A rule that approves requests by itself.
    ApprovalRuleId, "apr_");
id!(/// Something that one person is told.
    NotificationId, "note_");
id!(/// A letter on its way out.
    MailId, "mail_");
id!(/// A view of spend that somebody keeps under a name.
    UsageViewId, "view_");

/// One call or one usage record: a 63-bit number that grows with time, made at admission.
///
/// Layout from the top: 41 bits of milliseconds since 2024-01-01T00:00Z (until 2093), 6 bits of replica, 16 bits of a
/// sequence. Printed as `req_` and eleven base62 digits, it is the request id that clients see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(i64);

const EVENT_EPOCH_MS: i64 = 1_704_067_200_000;

impl EventId {
    /// `sequence` must not repeat within one millisecond of one replica.
    pub fn new(at: crate::time::Timestamp, replica: u8, sequence: u16) -> Self {
        let ms = (at.as_ms() - EVENT_EPOCH_MS).clamp(0, (1 << 41) - 1);
        Self((ms << 22) | (i64::from(replica & 63) << 16) | i64::from(sequence))
    }
    /// The smallest id of this millisecond: the bound of a range scan over time.
    pub fn first_at(at: crate::time::Timestamp) -> Self {
        Self::new(at, 0, 0)
    }
    pub const fn from_i64(value: i64) -> Self {
        Self(value)
    }
    pub const fn as_i64(self) -> i64 {
        self.0
    }
    pub fn made_at(self) -> crate::time::Timestamp {
        crate::time::Timestamp::from_ms((self.0 >> 22) + EVENT_EPOCH_MS)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece, so that a text made of it grows once.
        let mut out = *b"req_00000000000";
        base62::write_u64(self.0 as u64, &mut out[4..]);
        f.write_str(std::str::from_utf8(&out).expect("base62 digits are ASCII by construction"))
    }
}
impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for EventId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.strip_prefix("req_").ok_or(InvalidId)?;
        if digits.len() != 11 {
            return Err(InvalidId);
        }
        let value = base62::read_u64(digits.as_bytes()).ok_or(InvalidId)?;
        i64::try_from(value).map(Self).map_err(|_| InvalidId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn an_id_is_read_only_as_its_own_kind() {
        let person = PersonId::from_random(&[7; 16]);
        assert_eq!(person.to_string().parse(), Ok(person));
        assert_eq!(person.to_string().parse::<TeamId>(), Err(InvalidId));
        for broken in ["", "per_", "per_8Fq2", "per_8Fq2aaaaaaa-", "per_8Fq2aaaaaaaaa", "PER_8Fq2aaaaaaaa"] {
            assert_eq!(broken.parse::<PersonId>(), Err(InvalidId), "{broken}");
        }
    }

    #[test]
    fn event_ids_sort_by_time_and_tell_it() {
        let early = EventId::new(Timestamp::from_ms(1_800_000_000_000), 63, u16::MAX);
        let late = EventId::new(Timestamp::from_ms(1_800_000_000_001), 0, 0);
        assert!(early < late && late.as_i64() > 0);
        assert_eq!(late.made_at(), Timestamp::from_ms(1_800_000_000_001));
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!("req_zzzzzzzzzzz".parse::<EventId>(), Err(InvalidId), "more than 63 bits");
    }
}
