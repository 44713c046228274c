//! What the records of the spool say, packed: values one behind the other in the order in which they are written here, and
//! no names.
//!
//! Two of these are made for each call; of one with names, the names were most of the bytes and of the time. The price: no
//! order ever changes, and no code. A new value goes to the end of its record, where an older one has none: then it is what
//! it was before there was any, and an older release does not look behind what it knows. Numbers are little endian, texts
//! and lists stand behind their length.

use super::record::{Checkpoint, Extension, Intent};
use domain::budget::{BudgetLine, BudgetScope, Window};
use domain::call_rule::{CallRule, RuleSet};
use domain::id::{
    ApplicationId, CostCentreId, DeploymentId, EventId, Id12, KeyId, PersonId, ProfileId, TeamId, UnitId,
};
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{Beside, Outcome, ServiceTier, TokenUsage, UsageRecord, UsageSource};

/// A value that is packed and read back; `None` if it is cut short or has a code that is not known here.
pub(super) trait Packed: Sized {
    fn pack(&self, into: &mut Vec<u8>);
    fn unpack(from: &mut &[u8]) -> Option<Self>;
}

/// Structs by their fields. One that is not named here does not compile.
macro_rules! fields {
    ($($type:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Packed for $type {
            fn pack(&self, into: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $($field.pack(into);)+
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                $(let $field = Packed::unpack(from)?;)+
                Some(Self { $($field),+ })
            }
        }
    )+};
}

fields! {
    Intent { key, model, amount, prompt_bound, lines }
    Extension { amount }
    Checkpoint { tokens, cost }
    BudgetLine { scope, window, window_start }
    UsageRecord {
        id, key, model, deployment, endpoint, network, agent, secret_version, status, outcome, denial, streamed, tokens,
        cost, source, price_version, duration_ms, first_byte_ms, charged, attempts, repeated, watched,
    }
}

/// Words by their codes.
macro_rules! codes {
    ($($type:ident { $($variant:ident = $code:literal),+ $(,)? })+) => {$(
        impl Packed for $type {
            fn pack(&self, into: &mut Vec<u8>) {
                into.push(match self { $(Self::$variant => $code),+ });
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                match byte(from)? {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )+};
}

codes! {
    Window { Hour = 1, Day = 2, Week = 3, Month = 4, Quarter = 5, Total = 6 }
    Outcome { Answered = 1, ClientGone = 2, ProviderFailed = 3, Interrupted = 4, Denied = 5 }
    UsageSource { Provider = 1, Estimated = 2, Reservation = 3, Nothing = 4 }
    ServiceTier { Standard = 1, Flex = 2, Priority = 3, Batch = 4 }
    Endpoint {
        ChatCompletions = 1, Responses = 2, Embeddings = 3, Messages = 4, CountTokens = 5, GenerateContent = 6,
        EmbedContent = 7, GeminiCountTokens = 8, Completions = 9, ImageGenerations = 10, ImageEdits = 11,
        ImageVariations = 12, Speech = 13, Transcriptions = 14, Translations = 15, Moderations = 16, Rerank = 17,
    }
    CallRule {
        Networks = 1, Endpoints = 2, Models = 3, Images = 4, WebSearch = 5, CodeExecution = 6, ServiceTier = 7,
        Choices = 8, Effort = 9, LongAnswers = 10,
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Packed for $type {
            fn pack(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(&self.to_le_bytes());
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )+};
}

numbers!(u16, u32, u64, i64);

/// Numbers with a type of their own.
macro_rules! wrapped {
    ($($type:ident: $into:ident, $from:ident;)+) => {$(
        impl Packed for $type {
            fn pack(&self, into: &mut Vec<u8>) {
                self.$into().pack(into);
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                Packed::unpack(from).map(Self::$from)
            }
        }
    )+};
}

wrapped! {
    EventId: as_i64, from_i64;
    NanoUsd: as_nano, from_nano;
    Timestamp: as_ms, from_ms;
}

/// Twelve letters without their prefix.
macro_rules! ids {
    ($($type:ident),+) => {$(
        impl Packed for $type {
            fn pack(&self, into: &mut Vec<u8>) {
                into.extend_from_slice(self.letters());
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                let (letters, rest) = from.split_first_chunk::<12>()?;
                *from = rest;
                let id: Id12 = std::str::from_utf8(letters).ok()?.parse().ok()?;
                Some(Self::new(id))
            }
        }
    )+};
}

ids!(KeyId, DeploymentId, UnitId, CostCentreId, ApplicationId, TeamId, PersonId, ProfileId);

macro_rules! scopes {
    ($($variant:ident = $code:literal),+) => {
        impl Packed for BudgetScope {
            fn pack(&self, into: &mut Vec<u8>) {
                match self {
                    Self::Organisation => into.push(0),
                    $(Self::$variant(id) => {
                        into.push($code);
                        id.pack(into);
                    })+
                }
            }
            fn unpack(from: &mut &[u8]) -> Option<Self> {
                match byte(from)? {
                    0 => Some(Self::Organisation),
                    $($code => Packed::unpack(from).map(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

scopes!(Unit = 1, CostCentre = 2, Application = 3, Team = 4, Person = 5, Profile = 6, Key = 7);

fn byte(from: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = from.split_first()?;
    *from = rest;
    Some(byte)
}

impl Packed for bool {
    fn pack(&self, into: &mut Vec<u8>) {
        into.push(u8::from(*self));
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        match byte(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        self.is_some().pack(into);
        if let Some(value) = self {
            value.pack(into);
        }
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

/// A length that does not fit is that of a record which is too long to be written.
fn pack_length(length: usize, into: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).pack(into);
}

fn unpack_length(from: &mut &[u8]) -> Option<usize> {
    // Each value has a byte at least: a length that cannot be true reserves no memory.
    u32::unpack(from).and_then(|length| usize::try_from(length).ok()).filter(|&length| length <= from.len())
}

impl Packed for String {
    fn pack(&self, into: &mut Vec<u8>) {
        pack_length(self.len(), into);
        into.extend_from_slice(self.as_bytes());
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let length = unpack_length(from)?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        pack_length(self.len(), into);
        self.iter().for_each(|value| value.pack(into));
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let length = unpack_length(from)?;
        (0..length).map(|_| T::unpack(from)).collect()
    }
}

impl Packed for RuleSet {
    fn pack(&self, into: &mut Vec<u8>) {
        let rules: Vec<CallRule> = self.iter().collect();
        rules.pack(into);
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        Vec::<CallRule>::unpack(from).map(|rules| rules.into_iter().collect())
    }
}

/// Most calls have nothing but text, and a byte for all the rest.
impl Packed for TokenUsage {
    fn pack(&self, into: &mut Vec<u8>) {
        let &Self { input, cache_read, cache_write, cache_write_1h, output, reasoning, beside } = self;
        for count in [input, cache_read, cache_write, cache_write_1h, output, reasoning] {
            count.pack(into);
        }
        Some(beside).filter(|beside| !beside.is_nothing()).pack(into);
    }
    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let mut count = || u64::unpack(from);
        let (input, cache_read, cache_write, cache_write_1h) = (count()?, count()?, count()?, count()?);
        let (output, reasoning) = (count()?, count()?);
        let beside = Option::<Beside>::unpack(from)?.unwrap_or(Beside::NOTHING);
        Some(Self { input, cache_read, cache_write, cache_write_1h, output, reasoning, beside })
    }
}

fields! {
    Beside {
        audio_input, audio_output, image_input, image_output, images, audio_ms, characters, searches, queries, tier,
    }
}

#[cfg(test)]
mod tests;
