//! The head of a body in OpenAI's and Anthropic's formats, in which all that is acted on lies at the top.

use super::{
    AskedTier, CapSlot, Head, MAX_CHOICES, MOST_SEARCHES, ModelPlace, Placed, SentCap, StreamOptions, effort, invalid,
    number, object,
};
use crate::fields::{Fields, Names, span};
use crate::scan::Scan;
use domain::denial::Denial;
use domain::model::Endpoint;
use domain::usage::{Beside, ServiceTier};
use serde_json::value::RawValue;

/// Fields that an answer's price or policy depends on.
pub(super) const BODY: Names = &[
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
/// Documents that one unit of a ranking covers, and the bytes beyond which a document counts as several.
const DOCUMENTS_A_QUERY: u64 = 100;
const BYTES_A_DOCUMENT: u64 = 500;

/// Reads a body, whose model may be named by its address instead.
pub(super) fn read(text: &str, scan: Scan, endpoint: Endpoint, in_path: Option<&str>) -> Result<Head, Denial> {
    object(text, BODY, true)?.into_head(text, scan, endpoint, in_path)
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
