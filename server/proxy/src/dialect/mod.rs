//! Reads usage out of answers. One file for each wire format.
//!
//! Events of a stream are parsed only if a byte search says that they carry usage; everything else is looked at as
//! bytes. An explicit zero is a figure, a missing field is not: what is incomplete counts as not reported, and the
//! call is settled by estimate.

mod anthropic;
mod gemini;
#[cfg(test)]
mod golden;
mod openai;
pub(crate) mod translate;

use crate::framing::Framing;
use crate::sse::Event;
use domain::model::{Endpoint, WireFormat};
use domain::stored_response::ResponseId;
use domain::usage::TokenUsage;
use memchr::memmem;
use serde_json::Value;
use std::sync::LazyLock;

/// What to do with an event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Relay,
    /// The client did not ask for it.
    Withhold,
    /// The event that tells the client that its answer is whole.
    Last,
}

/// Watches one stream go by.
pub(crate) struct StreamTap {
    endpoint: Endpoint,
    framing: Framing,
    /// An event went by: an array has begun.
    begun: bool,
    client_wants_usage: bool,
    /// The last figures that the provider gave, and whether they are those of the whole answer.
    usage: Option<TokenUsage>,
    is_final: bool,
    /// Bytes of generated text, and events that carried some.
    text_bytes: u64,
    text_events: u64,
    /// The provider itself said that the answer failed.
    pub failed: bool,
    /// Whether the answer's own id is looked for, and it: the provider keeps the answer under it.
    pub wants_id: bool,
    pub id: Option<ResponseId>,
}

impl StreamTap {
    pub(crate) const fn new(endpoint: Endpoint, framing: Framing, client_wants_usage: bool) -> Self {
        Self {
            endpoint,
            framing,
            begun: false,
            client_wants_usage,
            usage: None,
            is_final: false,
            text_bytes: 0,
            text_events: 0,
            failed: false,
            wants_id: false,
            id: None,
        }
    }

    pub(crate) fn observe(&mut self, raw: &[u8]) -> Verdict {
        if self.framing == Framing::Array {
            self.begun = true;
            return gemini::observe_element(self, raw);
        }
        let event = Event::read(raw);
        match self.endpoint.format() {
            WireFormat::Anthropic => anthropic::observe(self, &event),
            WireFormat::Gemini => gemini::observe(self, &event.data),
            WireFormat::OpenAi if self.endpoint == Endpoint::Responses => openai::observe_response(self, &event),
            WireFormat::OpenAi if crate::head::speaks_chat(self.endpoint) => openai::observe_chat(self, &event),
            WireFormat::OpenAi => openai::observe_media(self, &event),
        }
    }

    /// An error as an event of this stream, which ends it.
    pub(crate) fn error_event(&self, error: &Value) -> String {
        match (self.endpoint, self.framing) {
            (_, Framing::Array) => format!("{}{error}]", if self.begun { "," } else { "[" }),
            (Endpoint::Messages | Endpoint::CountTokens, _) => format!("event: error\ndata: {error}\n\n"),
            (Endpoint::Responses, _) => {
                let inner = &error["error"];
                let event = serde_json::json!({
                    "type": "error", "code": inner["code"], "message": inner["message"], "param": null,
                    "request_id": inner["request_id"],
                });
                format!("event: error\ndata: {event}\n\n")
            }
            _ => format!("data: {error}\n\n"),
        }
    }

    /// The figures of the whole answer.
    pub(crate) fn whole(&self) -> Option<TokenUsage> {
        self.usage.filter(|_| self.is_final)
    }

    /// True if the answer is whole although nothing says that it is over. An array has its closing bracket for that.
    pub(crate) fn may_just_close(&self) -> bool {
        self.framing == Framing::Events && self.whole().is_some()
    }

    /// The last figures, whole or not.
    pub(crate) const fn last(&self) -> Option<TokenUsage> {
        self.usage
    }

    /// How many tokens the text relayed so far has, rather too many than too few.
    pub(crate) fn estimated_output(&self) -> u64 {
        self.text_bytes.div_ceil(3).max(self.text_events)
    }

    /// More tokens than the provider has put out: no token has less than a byte of text.
    pub(crate) fn most_output(&self) -> u64 {
        self.text_bytes.max(self.usage.map_or(0, |usage| usage.all_output()))
    }

    /// Counts the text that follows these names.
    fn count_text(&mut self, data: &[u8], names: &[&str]) {
        let bytes = texts_under(data, names);
        self.text_bytes += bytes;
        self.text_events += u64::from(bytes > 0);
    }
}

/// The usage of an answer that came in one piece.
pub(crate) fn plain_usage(endpoint: Endpoint, body: &[u8]) -> Option<TokenUsage> {
    match endpoint.format() {
        WireFormat::OpenAi => openai::plain_usage(endpoint, body),
        WireFormat::Anthropic => anthropic::plain_usage(body),
        WireFormat::Gemini => gemini::plain_usage(body),
    }
}

/// The usage of an answer of which only the end was kept: providers put it behind the content.
pub(crate) fn usage_in_tail(endpoint: Endpoint, tail: &[u8]) -> Option<TokenUsage> {
    let name = if endpoint.format() == WireFormat::Gemini { gemini::USAGE } else { "\"usage\"" };
    let at = values(tail, name).filter(|&at| tail.get(at) == Some(&b'{')).last()?;
    match endpoint.format() {
        WireFormat::OpenAi => openai::usage_value(endpoint, &tail[at..]),
        WireFormat::Anthropic => anthropic::usage_value(&tail[at..]),
        WireFormat::Gemini => gemini::usage_value(&tail[at..]),
    }
}

/// True if clients of this format learn the usage of a stream only at its end.
pub(crate) const fn usage_comes_last(endpoint: Endpoint) -> bool {
    matches!(endpoint.format(), WireFormat::OpenAi)
}

/// The places of the values of a name, given with its quotes. A quote inside a text is written `\"`, so that a match
/// is a name or a whole text, never part of one; a text is not followed by a colon.
fn values<'a>(data: &'a [u8], name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let blank = |at: &usize| data.get(*at).is_some_and(u8::is_ascii_whitespace);
    let skip = move |mut at: usize| {
        while blank(&at) {
            at += 1;
        }
        at
    };
    memmem::find_iter(data, name.as_bytes()).filter_map(move |found| {
        let colon = skip(found + name.len());
        (data.get(colon) == Some(&b':')).then(|| skip(colon + 1))
    })
}

/// The raw length of all texts that are values of these names, given with their quotes. One pass from quote to quote,
/// however many names there are: every event of a stream goes through it.
fn texts_under(data: &[u8], names: &[&str]) -> u64 {
    let past_blanks = |mut at: usize| {
        while data.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let mut bytes = 0;
    let mut at = 0;
    while let Some(open) = data.get(at..).and_then(|rest| memchr::memchr(b'"', rest)).map(|found| at + found) {
        let Some(end) = end_of_text(data, open) else { break };
        at = end;
        let colon = past_blanks(end);
        if data.get(colon) != Some(&b':') {
            continue;
        }
        let value = past_blanks(colon + 1);
        if data.get(value) == Some(&b'"') {
            let Some(end_of_value) = end_of_text(data, value) else { break };
            if names.iter().any(|name| name.as_bytes() == &data[open..end]) {
                bytes += (end_of_value - value) as u64 - 2;
            }
            at = end_of_value;
        }
    }
    bytes
}

/// The place behind the closing quote of the JSON text that begins at `open`.
fn end_of_text(data: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The raw length of the JSON text that begins here; 0 if it is none.
fn text_length(data: &[u8]) -> u64 {
    let end = if data.first() == Some(&b'"') { end_of_text(data, 0) } else { None };
    end.map_or(0, |end| end as u64 - 2)
}

/// True if the event has usage figures, and not just the field.
fn has_usage(data: &[u8]) -> bool {
    static NAME: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\"usage\""));
    NAME.find(data).is_some() && values(data, "\"usage\"").any(|at| data.get(at) == Some(&b'{'))
}

/// The text that the first field of this name has.
fn first_text<'a>(data: &'a [u8], name: &'a str) -> &'a [u8] {
    let Some(at) = values(data, name).next() else { return b"" };
    let length = usize::try_from(text_length(&data[at..])).unwrap_or(0);
    data.get(at + 1..at + 1 + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_quoted_look_alikes_are_not() {
        let data = br#"{"content":"say \"usage\": {","usage" : null,"x":"usage","usage":{"a":1}}"#;
        assert_eq!(values(data, "\"usage\"").count(), 2);
        assert!(has_usage(data));
        assert!(!has_usage(br#"{"usage":null,"c":"\"usage\":{}"}"#));
        assert_eq!(text_length(br#""a\"b\\" "#), 6);
        assert_eq!(text_length(br#""never ends\"#), 0);
        assert_eq!(first_text(br#"{"type": "response.created"}"#, "\"type\""), b"response.created");
    }

    #[test]
    fn texts_are_counted_under_their_names_only() {
        let names = ["\"content\"", "\"arguments\""];
        for (data, expected) in [
            (r#"{"id":"c","delta":{"role":"assistant","content":"Hello"},"logprobs":null}"#, 5),
            (r#"{"delta":{"content" : "a\"b", "arguments":"{\"content\":\"x\"}"}}"#, 4 + 19),
            (r#"{"delta":{"content":null,"tool":"content","arguments":""}}"#, 0),
            (r#"{"content":{"content":"ab"},"x":["content","arguments"]}"#, 2),
            (r#"{"x":"content":"content":"abc"}"#, 3),
            (r#"{"content":"never ends"#, 0),
            ("", 0),
        ] {
            assert_eq!(texts_under(data.as_bytes(), &names), expected, "{data}");
        }
    }

    #[test]
    fn the_last_usage_of_a_tail_counts() {
        let tail = br#"1,0.2],"usage":{"type":"decoy"}}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        assert_eq!(usage_in_tail(Endpoint::Embeddings, tail), Some(TokenUsage { input: 8, ..TokenUsage::default() }));
    }
}
