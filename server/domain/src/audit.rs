//! The audit log: who changed what, from where, before and after, chained by hashes.
//!
//! Each entry's hash covers the previous hash and the entry in one canonical form, so that an edited, removed,
//! reordered or inserted entry is found by recomputing. A cut-off tail is found only with a checkpoint kept elsewhere.
//! Secrets never enter: the writer lists the fields that may appear, per kind of object.

use crate::id::PersonId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Person(PersonId),
    /// Keywright itself or its command line on the machine, with the reason: `command line`, `dev start`.
    System(String),
}

/// One change, before it has a place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: Actor,
    /// The client's address, if a person acted.
    pub address: Option<String>,
    /// `key.minted`, `profile.changed`, `credential.replaced`.
    pub action: String,
    /// `key`, `profile`, `provider`, `model`, `person`, `session`.
    pub object_kind: String,
    /// The printed id.
    pub object: String,
    /// What a person calls the object.
    pub object_name: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
}

/// An entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// 1 for the first; no gaps.
    pub seq: i64,
    pub entry: AuditEntry,
    pub previous: [u8; 32],
    pub hash: [u8; 32],
}

/// The hash before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// SHA-256 over the previous hash, the sequence number and the entry's canonical text.
///
/// `serde_json` writes struct fields in their order of declaration and object keys sorted (its map is a B-tree), without
/// spaces: one text for one entry. Figures are integers throughout, so that RFC 8785's number rules do not matter.
pub fn chain_hash(previous: &[u8; 32], seq: i64, entry: &AuditEntry) -> [u8; 32] {
    let text = serde_json::to_vec(entry).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(seq.to_be_bytes());
    hash.update(&text);
    hash.finalize().into()
}

/// Where a chain first breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {0} is missing or out of order")]
    Sequence(i64),
    #[error("entry {0} does not continue the entry before it")]
    Link(i64),
    #[error("entry {0} was changed after it was written")]
    Content(i64),
}

/// Checks rows in order; feed it page by page.
#[derive(Debug, Clone, Copy)]
pub struct ChainCheck {
    pub next: i64,
    pub last: [u8; 32],
}

impl Default for ChainCheck {
    fn default() -> Self {
        Self { next: 1, last: GENESIS }
    }
}

impl ChainCheck {
    pub fn accept(&mut self, row: &AuditRow) -> Result<(), Broken> {
        if row.seq != self.next {
            return Err(Broken::Sequence(self.next));
        }
        if row.previous != self.last {
            return Err(Broken::Link(row.seq));
        }
        if chain_hash(&row.previous, row.seq, &row.entry) != row.hash {
            return Err(Broken::Content(row.seq));
        }
        self.next += 1;
        self.last = row.hash;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: i64) -> Vec<AuditRow> {
        let mut previous = GENESIS;
        (1..=length)
            .map(|seq| {
                let entry = AuditEntry {
                    at: Timestamp::from_ms(seq),
                    actor: Actor::System("test".into()),
                    address: None,
                    action: "key.minted".into(),
                    object_kind: "key".into(),
                    object: format!("kwr_{seq}"),
                    object_name: "x".into(),
                    before: None,
                    after: Some(serde_json::json!({ "b": 1, "a": seq })),
                };
                let hash = chain_hash(&previous, seq, &entry);
                let row = AuditRow { seq, entry, previous, hash };
                previous = hash;
                row
            })
            .collect()
    }

    fn check(rows: &[AuditRow]) -> Result<(), Broken> {
        let mut check = ChainCheck::default();
        rows.iter().try_for_each(|row| check.accept(row))
    }

    #[test]
    fn tampering_is_found() {
        assert_eq!(check(&chain(5)), Ok(()));
        let mut edited = chain(5);
        edited[2].entry.object_name = "y".into();
        assert_eq!(check(&edited), Err(Broken::Content(3)));
        let mut removed = chain(5);
        removed.remove(1);
        assert_eq!(check(&removed), Err(Broken::Sequence(2)));
        let mut reordered = chain(5);
        reordered.swap(1, 2);
        assert_eq!(check(&reordered), Err(Broken::Sequence(2)));
        let mut rewritten = chain(5);
        rewritten[2].entry.object_name = "y".into();
        rewritten[2].hash = chain_hash(&rewritten[2].previous, 3, &rewritten[2].entry);
        assert_eq!(check(&rewritten), Err(Broken::Link(4)));
    }
}
