//! How one record of the spool looks on disk, so that every record that was written whole is found again, whatever
//! stands before or behind it.
//!
//! A segment starts with [`FILE_HEADER`], whose last byte is the version of the format. A record is
//! `mark(4) length(4) crc(4) kind(1) event(8) payload`: little endian, `length` counts from `kind`, the CRC-32 covers
//! `length` and everything behind the CRC. Reading starts again behind damage at the next mark whose CRC is right; no text
//! that comes from outside can hold a mark, whose first and last byte are no part of UTF-8.
//!
//! The payload is packed ([`super::packed`]) behind a byte that says so. It was CBOR (RFC 8949) by the names of the fields in
//! version 3 and JSON in versions 1 and 2, which are read too: a record tells by its first byte, since those of calls in
//! flight are copied into newer segments as they are. Version 1 had no extensions.

use super::packed::Packed;
use domain::budget::BudgetLine;
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::usage::TokenUsage;
use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) const FILE_HEADER: [u8; 8] = *b"KWSPOOL\x04";
/// Everything that they can hold is understood.
pub(super) const OLDER_HEADERS: [[u8; 8]; 3] = [*b"KWSPOOL\x01", *b"KWSPOOL\x02", *b"KWSPOOL\x03"];
const MARK: [u8; 4] = [0xF5, b'K', b'W', 0xFA];
const CRC_AT: usize = 8;
const BODY_AT: usize = 12;
const PAYLOAD_AT: usize = 9;
/// Before a packed payload. Neither a map of CBOR nor JSON begins with it.
const PACKED: u8 = 1;
/// What a record of a call has room in, with its mark and length.
const USUAL: usize = 512;
/// A record is far smaller; a length above this is damage.
pub(super) const MAX_BODY: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Intent = 1,
    Checkpoint = 2,
    Settled = 3,
    Released = 4,
    Denied = 5,
    Extended = 6,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Intent, Self::Checkpoint, Self::Settled, Self::Released, Self::Denied, Self::Extended]
            .into_iter()
            .find(|&kind| kind as u8 == byte)
    }
}

/// A call that is about to be sent: enough to settle it if the process ends before it is finished.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub struct Intent {
    pub key: KeyId,
    pub model: String,
    pub amount: NanoUsd,
    pub prompt_bound: NanoUsd,
    pub lines: Vec<BudgetLine>,
}

/// What a running call holds by now, slice by slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct Extension {
    pub(super) amount: NanoUsd,
}

/// What was seen so far of a running stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub struct Checkpoint {
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
}

/// A record as it stands in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawRecord<'a> {
    pub(super) kind: Kind,
    pub(super) event: EventId,
    pub(super) payload: &'a [u8],
}

/// What stands at a place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    Record {
        record: RawRecord<'a>,
        end: usize,
    },
    /// No valid record starts here, but one starts at `until`.
    Damaged {
        until: usize,
    },
    /// No valid record starts here or anywhere behind.
    Torn,
    End,
}

/// Why a record is not written.
#[derive(Debug, thiserror::Error)]
pub enum NotEncoded {
    #[error("a usage record of more than 64 KiB")]
    TooLong,
}

/// Why a payload is not understood.
#[derive(Debug, thiserror::Error)]
pub enum NotDecoded {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Cbor(#[from] minicbor_serde::error::DecodeError),
    #[error("a packed value is cut short or not known")]
    Packed,
}

/// The bytes of one record.
pub(super) fn encode(kind: Kind, event: EventId, payload: &impl Packed) -> Result<Vec<u8>, NotEncoded> {
    framed(kind, event, |bytes| {
        bytes.push(PACKED);
        payload.pack(bytes);
    })
}

fn framed(kind: Kind, event: EventId, payload: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, NotEncoded> {
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&[0; BODY_AT - MARK.len()]);
    bytes.push(kind as u8);
    bytes.extend_from_slice(&event.as_i64().to_le_bytes());
    payload(&mut bytes);
    let body = bytes.len() - BODY_AT;
    let length = u32::try_from(body).ok().filter(|_| body <= MAX_BODY).ok_or(NotEncoded::TooLong)?;
    bytes[MARK.len()..CRC_AT].copy_from_slice(&length.to_le_bytes());
    let crc = checksum(&bytes[MARK.len()..CRC_AT], &bytes[BODY_AT..]);
    bytes[CRC_AT..BODY_AT].copy_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

/// A record without payload.
pub(super) fn encode_released(event: EventId) -> Vec<u8> {
    framed(Kind::Released, event, |_| ()).expect("a release has no payload")
}

/// What a payload says.
pub(super) fn decode<T: Packed + DeserializeOwned>(payload: &[u8]) -> Result<T, NotDecoded> {
    match payload {
        [PACKED, packed @ ..] => T::unpack(&mut &*packed).ok_or(NotDecoded::Packed),
        // No map of CBOR begins with a brace.
        [b'{', ..] => Ok(serde_json::from_slice(payload)?),
        _ => Ok(minicbor_serde::from_slice(payload)?),
    }
}

/// Reads what stands at `at`.
pub(super) fn next(bytes: &[u8], at: usize) -> Next<'_> {
    if at >= bytes.len() {
        return Next::End;
    }
    if let Some((record, end)) = valid(bytes, at) {
        return Next::Record { record, end };
    }
    let later = (at + 1..bytes.len()).find(|&at| bytes[at] == MARK[0] && valid(bytes, at).is_some());
    later.map_or(Next::Torn, |until| Next::Damaged { until })
}

fn valid(bytes: &[u8], at: usize) -> Option<(RawRecord<'_>, usize)> {
    let rest = &bytes[at..];
    let word = |at: usize| Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    if !rest.starts_with(&MARK) {
        return None;
    }
    let length = usize::try_from(word(MARK.len())?).ok()?;
    if !(PAYLOAD_AT..=MAX_BODY).contains(&length) {
        return None;
    }
    let body = rest.get(BODY_AT..BODY_AT + length)?;
    if checksum(&rest[MARK.len()..CRC_AT], body) != word(CRC_AT)? {
        return None;
    }
    let event = EventId::from_i64(i64::from_le_bytes(body[1..PAYLOAD_AT].try_into().ok()?));
    let record = RawRecord { kind: Kind::from_byte(body[0])?, event, payload: &body[PAYLOAD_AT..] };
    Some((record, at + BODY_AT + length))
}

fn checksum(length: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A record as the version of this header wrote it.
    pub fn encode_as_then(header: [u8; 8], kind: Kind, event: EventId, payload: &impl Serialize) -> Vec<u8> {
        let written = framed(kind, event, |bytes| match header[7] {
            1 | 2 => serde_json::to_writer(bytes, payload).unwrap(),
            3 => payload.serialize(&mut minicbor_serde::Serializer::new(bytes)).unwrap(),
            _ => panic!("no older version"),
        });
        written.unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::call_rule::{CallRule, RuleSet};
    use domain::usage::{Beside, UsageRecord};
    use proptest::prelude::*;

    fn segment(payloads: &[String]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = FILE_HEADER.to_vec();
        let mut ends = vec![];
        for (number, payload) in payloads.iter().enumerate() {
            let event = EventId::from_i64(number as i64);
            bytes.extend(encode(Kind::Denied, event, payload).unwrap());
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn events(bytes: &[u8]) -> Vec<i64> {
        let (mut at, mut found) = (FILE_HEADER.len(), vec![]);
        loop {
            match next(bytes, at) {
                Next::Record { record, end } => {
                    found.push(record.event.as_i64());
                    at = end;
                }
                Next::Damaged { until } => at = until,
                Next::Torn | Next::End => return found,
            }
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let checkpoint =
            Checkpoint { tokens: TokenUsage { output: 7, ..Default::default() }, cost: NanoUsd::from_nano(9) };
        let bytes = encode(Kind::Checkpoint, EventId::from_i64(42), &checkpoint).unwrap();
        let Next::Record { record, end } = next(&bytes, 0) else { panic!("unreadable") };
        assert_eq!((record.kind, record.event, end), (Kind::Checkpoint, EventId::from_i64(42), bytes.len()));
        assert_eq!(decode::<Checkpoint>(record.payload).unwrap(), checkpoint);
    }

    #[test]
    fn what_few_calls_have_is_read_back_too() {
        let plain = crate::gateway::testing::usage(EventId::from_i64(7), KeyId::from_random(&[1; 12]), 9);
        let mut full = UsageRecord {
            denial: Some("provider_timeout".into()),
            first_byte_ms: Some(12),
            watched: RuleSet::NONE.with(CallRule::Models),
            cost: NanoUsd::from_nano(i64::MAX),
            ..plain.clone()
        };
        full.tokens.beside = Beside { searches: 2, ..Beside::NOTHING };
        for record in [plain, full] {
            let bytes = encode(Kind::Settled, record.id, &record).unwrap();
            let Next::Record { record: raw, .. } = next(&bytes, 0) else { panic!("unreadable") };
            assert_eq!(decode::<UsageRecord>(raw.payload).unwrap(), record);
        }
    }

    #[test]
    fn a_record_too_large_to_read_back_is_not_written() {
        assert!(encode(Kind::Settled, EventId::from_i64(1), &"x".repeat(MAX_BODY)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_the_cut_everything_whole_before_it_is_read(payloads in prop::collection::vec(".{0,40}", 0..6)) {
            let (bytes, ends) = segment(&payloads);
            for cut in FILE_HEADER.len()..=bytes.len() {
                let whole = ends.iter().filter(|&&end| end <= cut).count() as i64;
                prop_assert_eq!(events(&bytes[..cut]), (0..whole).collect::<Vec<_>>());
            }
        }

        #[test]
        fn one_damaged_byte_costs_at_most_the_record_it_is_in(
            payloads in prop::collection::vec(".{0,40}", 1..6),
            place in any::<prop::sample::Index>(),
            flip in 1u8..,
        ) {
            let (mut bytes, ends) = segment(&payloads);
            let at = FILE_HEADER.len() + place.index(bytes.len() - FILE_HEADER.len());
            bytes[at] ^= flip;
            let hit = ends.iter().take_while(|&&end| end <= at).count() as i64;
            let expected: Vec<i64> = (0..ends.len() as i64).filter(|&number| number != hit).collect();
            prop_assert_eq!(events(&bytes), expected);
        }
    }
}
