//! Translates chats between wire formats, so that a call in one format reaches a model that lives at a provider of
//! another.
//!
//! A request is read into a [`Chat`] and written from it, an answer goes through [`answer::Piece`]s; each format has its
//! own folder and knows no other. Always true: what a client sent is translated, stands in a table of harmless fields,
//! or is refused with its name; a plain answer and a stream of it say the same; how a stream was cut into chunks makes
//! no difference. The end of a stream (why it stopped, what it used) is written by [`StreamTranslator::finish`] alone,
//! which comes after the settlement. Fails closed: an answer that is not understood is `upstream_protocol`.

mod answer;
mod anthropic;
mod chat;
mod failure;
mod gemini;
mod openai;
mod reading;
mod responses;
mod signature;
mod stream;
#[cfg(test)]
mod tests;
mod writing;

pub(crate) use answer::Envelope;
pub(crate) use chat::Chat;
pub(crate) use stream::{StreamTranslator, Wishes};

use bytes::Bytes;
use domain::denial::Denial;
/// A provider's format, that chats can be translated to.
pub(crate) use domain::model::WireFormat as Dialect;
use failure::Failure;
use serde_json::value::RawValue;
use writing::Json;

/// What a client calls, and is answered in the format of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Surface {
    ChatCompletions,
    Responses,
    Messages,
    GenerateContent,
}

impl Surface {
    /// Whose errors its clients understand.
    const fn dialect(self) -> Dialect {
        match self {
            Self::ChatCompletions | Self::Responses => Dialect::OpenAi,
            Self::Messages => Dialect::Anthropic,
            Self::GenerateContent => Dialect::Gemini,
        }
    }
}

/// What a translated request is written for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub dialect: Dialect,
    /// What the provider calls the model.
    pub model: &'a str,
    /// Decided at admission.
    pub output_cap: Option<u64>,
    /// Where an OpenAI-compatible provider looks for the cap.
    pub cap_field: &'static str,
}

impl Target<'_> {
    fn cap(&self, chat: &Chat) -> Option<u64> {
        match (chat.max_output, self.output_cap) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        }
    }
}

/// Reads a request. Whether a stream is asked for stands in the URL in Gemini's format.
pub(crate) fn read_request(from: Surface, body: &[u8], stream: bool) -> Result<Chat, Denial> {
    let chat = match from {
        Surface::ChatCompletions => openai::read_request::read(body)?,
        Surface::Responses => responses::read_request::read(body)?,
        Surface::Messages => anthropic::read_request::read(body)?,
        Surface::GenerateContent => gemini::read_request::read(body)?,
    };
    Ok(Chat { stream, ..chat })
}

/// Writes a request for a provider of another format.
pub(crate) fn write_request(chat: &Chat, target: &Target<'_>) -> Result<Bytes, Denial> {
    let text = match target.dialect {
        Dialect::OpenAi => openai::write_request::write(chat, target)?,
        Dialect::Anthropic => anthropic::write_request::write(chat, target)?,
        Dialect::Gemini => gemini::write_request::write(chat, target)?,
    };
    Ok(Bytes::from(text))
}

/// Translates an answer that came in one piece.
pub(crate) fn answer(from: Dialect, to: Surface, body: &[u8], envelope: &Envelope) -> Result<Bytes, Denial> {
    let pieces = match from {
        Dialect::OpenAi => openai::answer::read(body, envelope)?,
        Dialect::Anthropic => anthropic::answer::read(body, envelope)?,
        Dialect::Gemini => gemini::answer::read(body, envelope)?,
    };
    // An error under a status of success.
    let answer = answer::Answer::of(pieces).map_err(|_| Denial::ProviderError)?;
    let text = match to {
        Surface::ChatCompletions => openai::answer::write(&answer, envelope),
        Surface::Responses => responses::answer::write(&answer, envelope),
        Surface::Messages => anthropic::answer::write(&answer, envelope)?,
        Surface::GenerateContent => gemini::answer::write(&answer, envelope)?,
    };
    Ok(Bytes::from(text))
}

/// A provider's error in the client's format, with the status that goes with it; `None` if it is none.
pub(crate) fn error(to: Surface, status: u16, body: &[u8], request_id: &str) -> Option<(u16, Bytes)> {
    let failure = Failure::read(Some(status), body)?;
    let to = to.dialect();
    Some((failure.status_for(to), Bytes::from(failure.write(to, request_id).into_text())))
}

/// Arguments that were sent as a text: one JSON object, or nothing.
fn arguments(text: &str) -> Option<Box<RawValue>> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    RawValue::from_string(text.to_owned()).ok().filter(|raw| raw.get().starts_with('{'))
}

fn empty_object() -> Box<RawValue> {
    arguments("{}").unwrap_or_default()
}

/// `data:image/png;base64,…`
fn data_url(url: &str) -> Option<(String, String)> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = kind.strip_suffix(";base64")?;
    Some((media_type.split(';').next().unwrap_or_default().to_owned(), data.to_owned()))
}

fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A schema with a description that stood beside it, where a format has no place beside.
fn described(schema: &RawValue, description: Option<&str>) -> Json {
    let inside = schema.get().trim_start_matches('{').trim_start();
    let described = |fields: &mut reading::Object<'_>| fields.take("description").is_some();
    match description {
        Some(description) if !reading::body(schema.get().as_bytes()).is_ok_and(|mut fields| described(&mut fields)) => {
            Json::object_before("description", description, inside)
        }
        _ => schema.into(),
    }
}
