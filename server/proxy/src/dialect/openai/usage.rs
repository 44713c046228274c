//! The figures in OpenAI's reports: chats, responses, embeddings, images, audio, rankings.
//!
//! Cached, audio and image tokens stand inside the input, reasoning and audio inside the output; details never add up
//! to more than the whole that they are details of.

use domain::model::Endpoint;
use domain::usage::{Beside, ServiceTier, TokenUsage};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;

/// Chat completions and embeddings say prompt and completion, responses say input and output; some servers say both.
#[derive(Deserialize)]
pub(super) struct Usage {
    prompt_tokens: Option<u64>,
    input_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    output_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    input_tokens_details: Option<Details>,
    /// Transcriptions have their own spelling.
    input_token_details: Option<Details>,
    completion_tokens_details: Option<Details>,
    output_tokens_details: Option<Details>,
    /// Of audio, where that is what is billed.
    seconds: Option<f64>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
    audio_tokens: Option<u64>,
    image_tokens: Option<u64>,
    text_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

/// What a report stands in. Everything but the usage is told beside it.
#[derive(Deserialize)]
pub(super) struct Answer {
    usage: Option<Usage>,
    service_tier: Option<String>,
    /// Images, or rankings.
    data: Option<Vec<IgnoredAny>>,
    /// Of a transcription.
    duration: Option<f64>,
    /// Of a response.
    output: Option<Vec<Item>>,
    meta: Option<Meta>,
}
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
}
#[derive(Deserialize)]
struct Meta {
    billed_units: Option<Billed>,
}
#[derive(Deserialize)]
struct Billed {
    search_units: Option<f64>,
}

const fn makes_images(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations)
}

/// Endpoints whose reports have nothing to say of an output.
const fn has_no_output(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Embeddings | Endpoint::Moderations | Endpoint::Rerank)
}

impl Usage {
    pub(super) fn tokens(&self, endpoint: Endpoint) -> Option<TokenUsage> {
        if let (Some(seconds), None, None) = (self.seconds, self.prompt_tokens, self.input_tokens) {
            return of_audio(seconds);
        }
        let total = self.total_tokens.filter(|_| has_no_output(endpoint));
        let all_input = self.prompt_tokens.or(self.input_tokens).or(total)?;
        let output = self.completion_tokens.or(self.output_tokens);
        let all_output = if has_no_output(endpoint) { output.unwrap_or(0) } else { output? };
        let heard = self.prompt_tokens_details.or(self.input_tokens_details).or(self.input_token_details);
        let said = self.completion_tokens_details.or(self.output_tokens_details);
        let (heard, said) = (heard.unwrap_or_default(), said.unwrap_or_default());
        let mut input = all_input;
        let mut output = all_output;
        let take = |from: &mut u64, count: Option<u64>| {
            let count = count.unwrap_or(0).min(*from);
            *from -= count;
            count
        };
        let cache_read = take(&mut input, heard.cached_tokens);
        let audio_input = take(&mut input, heard.audio_tokens);
        let image_input = take(&mut input, heard.image_tokens);
        let audio_output = match endpoint {
            Endpoint::Speech => take(&mut output, Some(u64::MAX)),
            _ => take(&mut output, said.audio_tokens),
        };
        let image_output = match (makes_images(endpoint), said.image_tokens) {
            // Without details all of it is images.
            (true, None) => take(&mut output, Some(all_output.saturating_sub(said.text_tokens.unwrap_or(0)))),
            (_, images) => take(&mut output, images),
        };
        let beside = Beside { audio_input, audio_output, image_input, image_output, ..Beside::NOTHING };
        let reasoning = said.reasoning_tokens.unwrap_or(0).min(output);
        Some(TokenUsage { input, cache_read, output, reasoning, beside, ..TokenUsage::ZERO })
    }
}

fn of_audio(seconds: f64) -> Option<TokenUsage> {
    let ms = Duration::try_from_secs_f64(seconds).ok()?.as_millis();
    let beside = Beside { audio_ms: u64::try_from(ms).ok()?, ..Beside::NOTHING };
    Some(TokenUsage { beside, ..TokenUsage::ZERO })
}

impl Answer {
    pub(super) fn tokens(&self, endpoint: Endpoint) -> Option<TokenUsage> {
        let reported = self.usage.as_ref().and_then(|usage| usage.tokens(endpoint));
        let mut tokens = match endpoint {
            // What was made can be counted, and what was heard is told.
            _ if makes_images(endpoint) => {
                let made = self.data.as_ref().map(|images| images.len() as u64);
                let mut tokens = reported.or(made.map(|_| TokenUsage::ZERO))?;
                tokens.beside.images = made.unwrap_or(0);
                tokens
            }
            Endpoint::Transcriptions | Endpoint::Translations => {
                reported.or_else(|| self.duration.and_then(of_audio))?
            }
            Endpoint::Rerank => {
                let units = self.meta.as_ref().and_then(|meta| meta.billed_units.as_ref()?.search_units);
                let queries = units.and_then(whole);
                let mut tokens = reported.or(queries.map(|_| TokenUsage::ZERO))?;
                tokens.beside.queries = queries.unwrap_or(0);
                tokens
            }
            _ => reported?,
        };
        let searches = self.output.iter().flatten().filter(|item| item.kind.as_deref() == Some("web_search_call"));
        tokens.beside.searches = searches.count() as u64;
        tokens.beside.tier = self.service_tier.as_deref().and_then(ServiceTier::from_word).unwrap_or_default();
        Some(tokens)
    }

    pub(super) const fn says_usage(&self) -> bool {
        self.usage.is_some()
    }
}

/// A count that is written with a point.
fn whole(count: f64) -> Option<u64> {
    Duration::try_from_secs_f64(count.ceil()).ok().map(|count| count.as_secs())
}
