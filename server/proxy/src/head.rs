//! What the gateway reads of a body: the top-level fields that it acts on, each with its place in the text.
//!
//! The body is read once and passes through; only the places found here are ever replaced. Always true of an accepted
//! body: it is one JSON object without trailing data, at most 64 levels deep, and no field that is acted on occurs
//! twice or in another case, so that a provider's parser, strict or lenient, sees the same policy fields as this one.
//! Nested names are not looked at (tool schemas use any), except for the types of content parts, which tell whether
//! input comes from outside the body. Fails closed: what is not understood is refused.

mod effort;
mod form;
mod gemini;

pub(crate) use form::{read as read_form, takes_forms};

use crate::fields::{Fields, Find, Names, span};
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

/// Fields that an answer's price or policy depends on, in OpenAI's and Anthropic's formats.
const BODY: Names = &[
    ("model", "model"),
    ("stream", "stream"),
    ("stream_options", "stream_options"),
    ("max_tokens", "max_tokens"),
    ("max_completion_tokens", "max_completion_tokens"),
    ("max_output_tokens", "max_output_tokens"),
    ("n", "n"),
    ("best_of", "best_of"),
    ("previous_response_id", "previous_response_id"),
    ("store", "store"),
    ("conversation", "conversation"),
    ("prompt", "prompt"),
    ("background", "background"),
    ("container", "container"),
    ("service_tier", "service_tier"),
    ("speed", "speed"),
    ("input", "input"),
    ("documents", "documents"),
    ("stream_format", "stream_format"),
    ("web_search_options", "web_search_options"),
    ("reasoning_effort", "reasoning_effort"),
    ("reasoning", "reasoning"),
    ("output_config", "output_config"),
    ("thinking", "thinking"),
];
const STREAM_OPTIONS: Names = &[("include_usage", "include_usage")];

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
/// Documents that one unit of a ranking covers, and the bytes beyond which a document counts as several.
const DOCUMENTS_A_QUERY: u64 = 100;
const BYTES_A_DOCUMENT: u64 = 500;

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
    object(text, BODY, true)?.into_head(text, scan, endpoint, in_path)
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

/// The fields in which a client caps the answer of this endpoint.
const fn cap_fields(endpoint: Endpoint) -> [Option<&'static str>; 2] {
    match endpoint {
        Endpoint::ChatCompletions => [Some("max_completion_tokens"), Some("max_tokens")],
        Endpoint::Responses => [Some("max_output_tokens"), None],
        Endpoint::Messages | Endpoint::Completions => [Some("max_tokens"), None],
        _ => [None, None],
    }
}

impl Fields<'_> {
    fn into_head(self, text: &str, scan: Scan, endpoint: Endpoint, in_path: Option<&str>) -> Result<Head, Denial> {
        let model_at = self.get("model").map_or(ModelPlace::Missing, |model| ModelPlace::Text(span(model, text)));
        let model = match (in_path, self.get("model")) {
            (Some(name), _) => name.to_owned(),
            (None, Some(name)) => serde_json::from_str(name.get()).map_err(|_| invalid("'model' has to be a text."))?,
            (None, None) => return Err(invalid("'model' is missing. Name one of GET /v1/models.")),
        };
        let stream = match self.get("stream").map(RawValue::get) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(invalid("'stream' has to be true or false.")),
        };
        self.refuse_references(endpoint)?;
        let stream_options = match self.place("stream_options", text) {
            Some(at) => Some(Placed { value: self.stream_options()?, at }),
            None => None,
        };
        let mut caps = [None, None];
        for (slot, field) in caps.iter_mut().zip(cap_fields(endpoint)) {
            let Some(field) = field else { continue };
            let Some(at) = self.place(field, text) else { continue };
            *slot = Some(SentCap { field, cap: Placed { value: number(&self, field)?, at } });
        }
        Ok(Head {
            model,
            // A null is as good as absent, and has to go.
            model_at: match (self.place("model", text), model_at) {
                (Some(null), ModelPlace::Missing) => ModelPlace::Text(null),
                (_, model_at) => model_at,
            },
            stream: self.streams(stream, endpoint)?,
            stream_options,
            caps,
            cap_slot: CapSlot::Body,
            choices: self.choices(endpoint)?,
            insert_at: text.find('{').map_or(0, |brace| brace + 1),
            is_empty: self.is_empty,
            file_bytes: 0,
            most: self.units(endpoint, &scan, text.len())?,
            usual: self.usual(endpoint)?,
            fixed: Beside { searches: u64::from(self.get("web_search_options").is_some()), ..Beside::NOTHING },
            tier: self.tier(),
            effort: effort::asked(&self)?,
            // Who says nothing wants it kept.
            keeps: endpoint == Endpoint::Responses && self.get("store").is_none_or(|value| value.get() != "false"),
            previous: self.previous()?,
            scan,
        })
    }

    /// What is asked for that is not counted in tokens.
    fn units(&self, endpoint: Endpoint, scan: &Scan, body_bytes: usize) -> Result<Beside, Denial> {
        let searches = if scan.searches { MOST_SEARCHES } else { 0 };
        let mut most = Beside { searches, ..self.usual(endpoint)? };
        if endpoint == Endpoint::Speech {
            // Some providers count bytes.
            most.characters = self.get("input").map_or(0, |input| input.get().len() as u64);
        }
        if endpoint == Endpoint::Rerank {
            let pieces =
                most.queries.saturating_mul(DOCUMENTS_A_QUERY).saturating_add(body_bytes as u64 / BYTES_A_DOCUMENT);
            most.queries = pieces.div_ceil(DOCUMENTS_A_QUERY).saturating_add(1);
        }
        Ok(most)
    }

    fn usual(&self, endpoint: Endpoint) -> Result<Beside, Denial> {
        let mut usual = Beside::NOTHING;
        match endpoint {
            Endpoint::ImageGenerations => usual.images = number(self, "n")?.unwrap_or(1),
            Endpoint::Speech => {
                let input: Option<String> = self.get("input").and_then(|text| serde_json::from_str(text.get()).ok());
                usual.characters = input.map_or(0, |text| text.chars().count() as u64);
            }
            Endpoint::Rerank => {
                let documents: Option<Vec<&RawValue>> =
                    self.get("documents").and_then(|list| serde_json::from_str(list.get()).ok());
                usual.queries = documents.map_or(1, |list| (list.len() as u64).div_ceil(DOCUMENTS_A_QUERY).max(1));
            }
            _ => {}
        }
        Ok(usual)
    }

    fn tier(&self) -> AskedTier {
        let word: Option<String> = self.get("service_tier").and_then(|wish| serde_json::from_str(wish.get()).ok());
        match word {
            Some(word) if word.eq_ignore_ascii_case("auto") => AskedTier::Auto,
            // A tier that nobody prices is the provider's to refuse.
            Some(word) => ServiceTier::from_word(&word).map_or(AskedTier::Standard, AskedTier::Named),
            None => AskedTier::Standard,
        }
    }

    /// Whether the answer will be a stream.
    fn streams(&self, wished: bool, endpoint: Endpoint) -> Result<bool, Denial> {
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages | Endpoint::Completions => Ok(wished),
            Endpoint::Speech => Ok(self.get("stream_format").is_some_and(|format| format.get() == "\"sse\"")),
            Endpoint::ImageGenerations if wished => {
                Err(invalid("'stream' is not taken for images: their events are too large. Leave it out."))
            }
            _ => Ok(false),
        }
    }

    /// Fields that an endpoint does not know change nothing.
    fn choices(&self, endpoint: Endpoint) -> Result<u64, Denial> {
        let n = number(self, "n")?.unwrap_or(1);
        if !(1..=MAX_CHOICES).contains(&n) {
            return Err(invalid(format!("'n' has to be between 1 and {MAX_CHOICES}.")));
        }
        match endpoint {
            Endpoint::ChatCompletions => Ok(n),
            Endpoint::Completions => {
                let made = number(self, "best_of")?.unwrap_or(1).max(n);
                if made > MAX_CHOICES {
                    return Err(invalid(format!("'best_of' has to be between 1 and {MAX_CHOICES}.")));
                }
                Ok(made.saturating_mul(self.prompts()))
            }
            _ => Ok(1),
        }
    }

    /// How many prompts a completion has: one text, one list of tokens, or a list of either.
    fn prompts(&self) -> u64 {
        let Some(prompt) = self.get("prompt") else { return 1 };
        let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(prompt.get()) else { return 1 };
        let is_many = list.first().is_some_and(|first| first.get().starts_with(['"', '[']));
        if is_many { list.len() as u64 } else { 1 }
    }

    fn stream_options(&self) -> Result<StreamOptions, Denial> {
        let broken =
            || invalid("'stream_options' has to be an object with at most one 'include_usage', true or false.");
        let raw = self.get("stream_options").map_or("{}", RawValue::get);
        let fields = object(raw, STREAM_OPTIONS, false).map_err(|_| broken())?;
        let include_usage = match fields.get("include_usage").map(RawValue::get) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(broken()),
        };
        let mut map: serde_json::Map<_, _> = serde_json::from_str(raw).map_err(|_| broken())?;
        map.insert("include_usage".to_owned(), true.into());
        Ok(StreamOptions { include_usage, with_usage: serde_json::Value::Object(map).to_string() })
    }

    fn previous(&self) -> Result<Option<String>, Denial> {
        let previous = self.get("previous_response_id").map(|id| serde_json::from_str(id.get()));
        previous.transpose().map_err(|_| invalid("'previous_response_id' has to be a text."))
    }

    /// Things that may be another key's, and prices that are not known. Of stored responses it is known whose they are.
    fn refuse_references(&self, endpoint: Endpoint) -> Result<(), Denial> {
        for field in ["previous_response_id", "conversation", "container"] {
            let is_known = field == "previous_response_id" && endpoint == Endpoint::Responses;
            if self.get(field).is_some() && !is_known {
                return Err(invalid(format!(
                    "'{field}' refers to something stored at the provider, which may be another key's. Send the content \
                     itself."
                )));
            }
        }
        // A text is the prompt of the older completions format; an object names a stored one.
        if self.get("prompt").is_some_and(|prompt| prompt.get().starts_with('{')) {
            return Err(invalid("'prompt' names a prompt stored at the provider. Send its text instead."));
        }
        if self.get("background").is_some_and(|value| value.get() != "false") {
            return Err(invalid("'background' is not supported: its answer could not be metered. Send it as false."));
        }
        let speed: Option<String> = self.get("speed").and_then(|wish| serde_json::from_str(wish.get()).ok());
        if speed.is_some_and(|wish| wish.eq_ignore_ascii_case("fast")) {
            return Err(invalid("'speed' may not be fast: that has no price here. Remove it."));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chat(body: &str) -> Result<Head, Denial> {
        read(body.as_bytes(), Endpoint::ChatCompletions, &Address::default())
    }

    fn refusal(body: &str) -> String {
        match chat(body) {
            Err(Denial::InvalidRequest { reason }) => reason,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn the_acted_on_fields_are_found_with_their_places() {
        let body = r#" { "messages" : [{"role":"user","content":"model"}], "model":"gpt-5" , "n":2, "stream" :true,
            "max_tokens": 40, "unknown":{"model":"x","model":"y","API_KEY":1} }"#;
        let head = chat(body).unwrap();
        assert_eq!((head.model.as_str(), head.stream, head.choices), ("gpt-5", true, 2));
        let ModelPlace::Text(at) = head.model_at.clone() else { panic!() };
        assert_eq!(&body[at], "\"gpt-5\"");
        let cap = head.caps[1].clone().unwrap().cap;
        assert_eq!((cap.value, &body[cap.at]), (Some(40), "40"));
        assert_eq!(&body[..head.insert_at], " {");
        assert_eq!(head.scan.items, 1);
    }

    #[test]
    fn nulls_are_as_good_as_absent() {
        let head =
            chat(r#"{"model":"m","stream":null,"n":null,"max_tokens":null,"previous_response_id":null}"#).unwrap();
        assert_eq!(head.previous, None);
        assert_eq!((head.stream, head.choices, head.caps[1].clone().unwrap().cap.value), (false, 1, None));
    }

    #[test]
    fn what_a_lenient_parser_would_read_differently_is_refused() {
        for (body, word) in [
            ("", "not valid JSON"),
            ("[]", "one JSON object"),
            ("7", "one JSON object"),
            ("{}", "'model' is missing"),
            (r#"{"model":null}"#, "'model' is missing"),
            (r#"{"model":7}"#, "has to be a text"),
            (r#"{"model":"m"} {}"#, "not valid JSON"),
            (r#"{"model":"m",}"#, "not valid JSON"),
            (r#"{"model":"m"/* */}"#, "not valid JSON"),
            (r#"{"model":"m","model":"m"}"#, "occurs twice"),
            (r#"{"model":"m","mod\u0065l":"m"}"#, "occurs twice"),
            (r#"{"model":"m","Model":"other"}"#, "another case"),
            (r#"{"model":"m","max_to\u212aens":9}"#, "another case"),
            (r#"{"model":"m","\u017ftream":true}"#, "another case"),
            (r#"{"model":"m","stream":"yes"}"#, "true or false"),
            (r#"{"model":"m","max_tokens":-1}"#, "whole number"),
            (r#"{"model":"m","max_tokens":1e9}"#, "whole number"),
            (r#"{"model":"m","n":0}"#, "between 1 and 128"),
            (r#"{"model":"m","API_BASE":"http://x"}"#, "decided by the gateway"),
            (r#"{"model":"m","extra_headers":{}}"#, "decided by the gateway"),
            (r#"{"model":"m","stream_options":{"include_usage":1}}"#, "include_usage"),
            (r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#, "include_usage"),
        ] {
            assert!(refusal(body).contains(word), "{body}: {}", refusal(body));
        }
    }

    #[test]
    fn references_to_stored_things_are_refused() {
        for body in [
            r#"{"model":"m","previous_response_id":"resp_1"}"#,
            r#"{"model":"m","conversation":{"id":"conv_1"}}"#,
            r#"{"model":"m","prompt":{"id":"pmpt_1"}}"#,
            r#"{"model":"m","background":true}"#,
            r#"{"model":"m","input":[{"id":"msg_1"}]}"#,
            r#"{"model":"m","input":[{"role":"user","content":"x"},{"type":null,"i\u0064":"msg_1"}]}"#,
            r#"{"model":"m","speed":"fast"}"#,
            r#"{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}"#,
            r#"{"model":"m","input":[{"type":"input_file","file_id":"file-1"}]}"#,
            r#"{"model":"m","input":[{"ty\u0070e":"input_image","file_id":"file-1"}]}"#,
            r#"{"model":"m","tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}"#,
            r#"{"model":"m","tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#,
            r#"{"model":"m","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}"#,
            r#"{"model":"m","tools":[{"container":{"file_\u0069ds" : [ "file-1" ]},"type":"code_interpreter"}]}"#,
        ] {
            refusal(body);
        }
        let tool = r#"{"model":"m","tools":[{"type":"function","parameters":{"properties":{"file_id":{"type":"string"}}}}],
            "messages":[{"content":[{"type":"tool_use","input":{"file_id":"mine","file_ids":["mine"]}}]}]}"#;
        assert!(chat(tool).is_ok());
        let items = r#"{"model":"m","input":[{"id":"fc_1","type":"function_call"},{"role":"user","id":"x","content":"y"}],
            "tools":[{"id":"mine"}]}"#;
        assert!(chat(items).is_ok());
    }

    #[test]
    fn what_is_kept_and_what_a_call_goes_on_from_is_read_of_responses_alone() {
        let head = |body: &str| read(body.as_bytes(), Endpoint::Responses, &Address::default()).unwrap();
        for (body, keeps) in [
            (r#"{"model":"m"}"#, true),
            (r#"{"model":"m","store":null}"#, true),
            (r#"{"model":"m","store":true}"#, true),
            (r#"{"model":"m","store":false}"#, false),
        ] {
            assert_eq!(head(body).keeps, keeps, "{body}");
            assert!(!chat(body).unwrap().keeps, "{body}");
        }
        let previous = r#"{"model":"m","previous_response_id":"resp\u005f1"}"#;
        assert_eq!(head(previous).previous.as_deref(), Some("resp_1"));
        for broken in [
            r#"{"model":"m","previous_response_id":7}"#,
            r#"{"model":"m","previous_response_id":"resp_1","previous_response_id":"resp_2"}"#,
            r#"{"model":"m","Previous_Response_Id":"resp_1"}"#,
            r#"{"model":"m","store":false,"Store":true}"#,
            r#"{"model":"m","store":false,"store":true}"#,
        ] {
            assert!(read(broken.as_bytes(), Endpoint::Responses, &Address::default()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_wish_for_a_service_is_read_whatever_its_case() {
        let tier = |body: &str| chat(body).unwrap().tier;
        assert_eq!(tier(r#"{"model":"m","service_tier":"\u0070riority"}"#), AskedTier::Named(ServiceTier::Priority));
        assert_eq!(tier(r#"{"model":"m","service_tier":"Auto"}"#).dearest(), ServiceTier::Priority);
        for plain in
            [r#"{"model":"m","service_tier":"scale"}"#, r#"{"model":"m"}"#, r#"{"model":"m","service_tier":null}"#]
        {
            assert_eq!(tier(plain), AskedTier::Standard);
        }
    }

    #[test]
    fn units_are_read_of_the_fields_that_ask_for_them() {
        let head = |endpoint, body: &str| read(body.as_bytes(), endpoint, &Address::default()).unwrap();
        let speech = head(Endpoint::Speech, r#"{"model":"m","input":"h\u00e9llo"}"#);
        assert_eq!((speech.usual.characters, speech.most.characters), (5, 12));
        assert_eq!(head(Endpoint::ImageGenerations, r#"{"model":"m","n":3}"#).most.images, 3);
        let rerank = head(Endpoint::Rerank, r#"{"model":"m","query":"q","documents":["a","b"]}"#);
        assert_eq!((rerank.usual.queries, rerank.most.queries), (1, 2));
        let search = head(Endpoint::ChatCompletions, r#"{"model":"m","web_search_options":{}}"#);
        assert_eq!((search.fixed.searches, search.most.searches), (1, MOST_SEARCHES));
        assert!(read(br#"{"model":"m","stream":true}"#, Endpoint::ImageGenerations, &Address::default()).is_err());
    }

    #[test]
    fn every_prompt_of_a_completion_is_answered() {
        let choices = |body: &str| read(body.as_bytes(), Endpoint::Completions, &Address::default()).unwrap().choices;
        for (prompt, answers) in [(r#""x""#, 1), (r#"["x","y"]"#, 2), ("[1,2,3]", 1), ("[[1],[2],[3]]", 3), ("[]", 1)] {
            assert_eq!(choices(&format!(r#"{{"model":"m","prompt":{prompt}}}"#)), answers, "{prompt}");
        }
        assert_eq!(choices(r#"{"model":"m","prompt":["x","y"],"n":2,"best_of":4}"#), 8);
    }

    #[test]
    fn input_from_outside_of_the_body_is_noticed() {
        let scan = |body: &str| chat(body).unwrap().scan;
        let image =
            r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}"#;
        assert_eq!((scan(image).images, scan(image).outside), (1, false));
        assert!(scan(r#"{"model":"m","tools":[{"type":"web_search_20250305"}]}"#).outside);
        assert!(scan(r#"{"model":"m","web_search_options":{}}"#).outside);
        let schema =
            r#"{"model":"m","tools":[{"function":{"properties":{"url":{"type":"string"}},"required":["url"]}}]}"#;
        assert_eq!((scan(schema).images, scan(schema).outside), (0, false));
    }

    #[test]
    fn depth_is_counted_where_values_are_skipped_too() {
        let nested = |levels: usize| format!(r#"{{"model":"m","x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(chat(&nested(63)).is_ok());
        assert!(refusal(&nested(64)).contains("nested"));
        assert!(refusal(&nested(100_000)).contains("nested"));
        assert!(chat(&format!(r#"{{"model":"m","x":"{}"}}"#, "[".repeat(1_000))).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body, Endpoint::ChatCompletions, &Address::default());
        }

        #[test]
        fn no_json_like_text_panics_the_reader(body in r#"[{}\[\]",:\\umodelsn0-9 ]{0,60}"#) {
            let _ = chat(&body);
        }
    }
}
