//! Responses that a provider keeps for callers: who may refer to one, and for how long.
//!
//! A provider account is shared by everyone behind the gateway, and to the provider each of its responses is as good as
//! any other's caller's. What tells them apart is who was given the id here: it belongs to that owner, and to others it
//! does not exist.

use crate::id::{DeploymentId, ProviderId};
use crate::time::Timestamp;
use crate::virtual_key::Owner;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How long an id is worth remembering: as long as OpenAI keeps a response.
pub const KEPT_DAYS: i64 = 30;

/// Longer than any id seen; gateways behind the gateway wrap what they are given.
const LONGEST_ID: usize = 512;

/// A provider's own name of a response. May stand as one segment in a path. Not printed anywhere: to its provider it is
/// all that is needed beside the credential.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResponseId(Arc<str>);

/// Why a text is not taken for the id of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a response has 1 to 512 of A–Z a–z 0–9 . _ : = -, and starts with a letter or digit")]
pub struct InvalidResponseId;

impl ResponseId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for ResponseId {
    type Err = InvalidResponseId;
    fn from_str(text: &str) -> Result<Self, InvalidResponseId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:=-".contains(&byte);
        let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let fits = starts && text.len() <= LONGEST_ID && text.bytes().all(allowed);
        if fits { Ok(Self(text.into())) } else { Err(InvalidResponseId) }
    }
}
impl fmt::Debug for ResponseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseId(…)")
    }
}

/// A response that was issued through the gateway and that its provider keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    pub id: ResponseId,
    pub owner: Owner,
    /// Whose account it is in.
    pub provider: ProviderId,
    pub deployment: DeploymentId,
    /// Input and output of the call that made it: about what a continuation adds to a prompt.
    pub tokens: u64,
    pub made_at: Timestamp,
}

impl StoredResponse {
    /// True if a key of this owner may refer to it.
    pub fn may_be_used_by(&self, owner: Owner, now: Timestamp) -> bool {
        self.owner == owner && now < self.made_at.plus_days(KEPT_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{PersonId, TeamId};

    const MADE: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    #[test]
    fn a_response_is_its_owners_alone_and_not_for_ever() {
        let person = |number| Owner::Person(PersonId::from_random(&[number; 12]));
        let team = Owner::Team(TeamId::from_random(&[1; 12]));
        let stored = |owner| StoredResponse {
            id: "resp_1".parse().unwrap(),
            owner,
            provider: ProviderId::from_random(&[1; 12]),
            deployment: DeploymentId::from_random(&[1; 12]),
            tokens: 7,
            made_at: MADE,
        };
        let last = MADE.plus_days(KEPT_DAYS).plus_ms(-1);
        for owner in [person(1), team] {
            assert!(stored(owner).may_be_used_by(owner, MADE));
            assert!(stored(owner).may_be_used_by(owner, last));
            assert!(!stored(owner).may_be_used_by(owner, last.plus_ms(1)));
            assert!(!stored(owner).may_be_used_by(person(2), MADE));
        }
        // Whoever is in a team has keys of their own beside those of the team.
        assert!(!stored(team).may_be_used_by(person(1), MADE));
        assert!(!stored(person(1)).may_be_used_by(team, MADE));
    }

    #[test]
    fn an_id_stays_one_segment_of_a_path_and_is_not_printed() {
        for id in ["resp_68af", "resp_bGl0ZWxsbTo=", "0", "r.s:t-u", &"x".repeat(LONGEST_ID)] {
            assert_eq!(id.parse::<ResponseId>().unwrap().as_str(), id);
        }
        for broken in ["", ".", "..", "../x", "a/b", "a?b", "a%2e", "a b", "_x", "ü", &"x".repeat(LONGEST_ID + 1)] {
            assert_eq!(broken.parse::<ResponseId>(), Err(InvalidResponseId), "{broken}");
        }
        let id: ResponseId = "resp_secret".parse().unwrap();
        assert!(!format!("{id:?}").contains("secret"));
    }
}
