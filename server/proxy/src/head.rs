//! What the gateway reads of a body: the top-level fields that it acts on, each with its place in the text.
//!
//! The body is read once and passes through; only the places found here are ever replaced. Always true of an accepted
//! body: it is one JSON object without trailing data, at most 64 levels deep, and no field that is acted on occurs
//! twice or in another case, so that a provider's parser, strict or lenient, sees the same policy fields as this one.
//! Nested names are not looked at (tool schemas use any), except for the types of content parts, which tell whether
//! input comes from outside the body. Fails closed: what is not understood is refused.

mod effort;
mod flat;
mod form;
mod gemini;

pub(crate) use form::{read as read_form, takes_forms};

use crate::fields::{Fields, Find, Names};
use crate::route::Address;
use crate::scan::{Scan, scan};
use domain::denial::Denial;
use domain::model::{Endpoint, WireFormat};
use domain::parameter_rules::Effort;
use domain::usage::{Beside, ServiceTier};
use serde::de::DeserializeSeed;
use serde_json::value::RawValue;
use std::ops::Range;

/// Choices that a call may ask for; OpenAI's own limit.
const MAX_CHOICES: u64 = 128;

/// A value with its place in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    pub value: T,
    pub at: Range<usize>,
}

/// An output cap as it was sent; null is a place without a value.
pub(crate) type Cap = Placed<Option<u64>>;

/// A cap and the name of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentCap {
    pub field: &'static str,
    pub cap: Cap,
}

/// Where a body names its model, and how a name is written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ModelPlace {
    Text(Range<usize>),
    /// Behind `models/`, any number of times: the path decides.
    Resource(Vec<Range<usize>>),
    /// The content of a field of a form.
    Form(Range<usize>),
    /// Nowhere: the path names it, and the body has to.
    Missing,
    /// The same in a form with this boundary.
    NewPart(String),
}

/// How soon a client wants its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedTier {
    Standard,
    /// As the provider's account is set.
    Auto,
    Named(ServiceTier),
}

impl AskedTier {
    /// The tier whose prices the call may be billed by, beside the standard ones.
    pub(crate) const fn dearest(self) -> ServiceTier {
        match self {
            Self::Standard => ServiceTier::Standard,
            Self::Auto => ServiceTier::Priority,
            Self::Named(tier) => tier,
        }
    }
}

/// Where a cap goes that the client did not send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CapSlot {
    /// A field of the body, whose name depends on the provider.
    Body,
    /// Behind the brace of the object that has Gemini's caps.
    Inside { at: usize, is_empty: bool },
    /// In place of the null that stands for that object.
    NullObject(Range<usize>),
    /// In that object, which the body does not have.
    NewObject(&'static str),
}

/// What was read of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub model: String,
    pub model_at: ModelPlace,
    pub stream: bool,
    pub stream_options: Option<Placed<StreamOptions>>,
    /// The fields that cap the answers of this endpoint. A chat has two.
    pub caps: [Option<SentCap>; 2],
    pub cap_slot: CapSlot,
    /// Answers that are made at once, each up to the cap.
    pub choices: u64,
    /// Behind the opening brace: where fields are put in.
    pub insert_at: usize,
    /// The body has no field at all.
    pub is_empty: bool,
    /// Bytes of files in a form: no text.
    pub file_bytes: u64,
    /// What is asked for that is not counted in tokens: the most that it can come to, what it usually comes to, and what
    /// no answer reports.
    pub most: Beside,
    pub usual: Beside,
    pub fixed: Beside,
    pub tier: AskedTier,
    /// How hard the model is asked to think; `None` leaves it to the model.
    pub effort: Option<Effort>,
    /// The provider is to keep its answer, so that later calls can refer to it.
    pub keeps: bool,
    /// The kept answer that this call goes on from, by its id as it was sent.
    pub previous: Option<String>,
    pub scan: Scan,
}

/// Searches that a provider runs for one call at most, as far as a bound is concerned: no format has a limit that all
/// providers keep. More are charged, and show as an overrun.
const MOST_SEARCHES: u64 = 16;
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamOptions {
    pub include_usage: bool,
    /// The same options with usage asked for.
    pub with_usage: String,
}

/// Reads a body.
pub(crate) fn read(body: &[u8], endpoint: Endpoint, address: &Address) -> Result<Head, Denial> {
    let text = std::str::from_utf8(body).map_err(|_| invalid("The body is not UTF-8."))?;
    let scan = scan(text)?;
    if scan.refers_to_stored_things() {
        return Err(invalid(
            "The body refers to a file or item that is stored at the provider. Such ids may be another key's: send the \
             content itself.",
        ));
    }
    let in_path = address.model.as_deref();
    if endpoint.format() == WireFormat::Gemini {
        return gemini::read(text, scan, endpoint, in_path.unwrap_or_default(), address.streamed());
    }
    flat::read(text, scan, endpoint, in_path)
}

/// The fields of an object.
fn object<'a>(text: &'a str, names: Names, is_top_level: bool) -> Result<Fields<'a>, Denial> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = Find { names, is_top_level }
        .deserialize(&mut deserializer)
        .and_then(|fields| deserializer.end().map(|()| fields))
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Data => invalid("The body has to be one JSON object."),
            _ => invalid(format!("The body is not valid JSON (line {}, column {}).", error.line(), error.column())),
        })?;
    match fields.complaint {
        Some(complaint) => Err(invalid(complaint)),
        None => Ok(fields),
    }
}

pub(crate) fn invalid(reason: impl Into<String>) -> Denial {
    Denial::InvalidRequest { reason: reason.into() }
}

/// True if streams of this endpoint are those of a chat, or of what was there before chats.
pub(crate) const fn speaks_chat(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions)
}

/// A field that has to be a whole number, if it is there.
fn number(fields: &Fields<'_>, field: &str) -> Result<Option<u64>, Denial> {
    let number = |value: &RawValue| value.get().parse();
    fields.get(field).map(number).transpose().map_err(|_| invalid(format!("'{field}' has to be a whole number.")))
}

#[cfg(test)]
mod tests;
