//! How large a call can be at most: the tokens and units that its bound is computed from, before anything is sent.
//!
//! The strict bound never lies below what a provider bills for a body that it reads as text: a byte-level tokenizer
//! makes no more tokens than there are bytes. The estimate, which a profile may choose, takes a third of the bytes and
//! a margin instead of a tokenizer's table: such tables are large, differ by model, and do not exist for many; what it
//! can be short by shows as an overrun.

use crate::admit::Called;
use crate::head::AskedTier;
use crate::routing::Candidate;
use domain::access_profile::PromptBound;
use domain::model::{Endpoint, Model, WireFormat};
use domain::pricing::CallSize;
use domain::usage::Beside;

/// Tokens that a chat template puts around a message or tool.
const TOKENS_PER_ITEM: u64 = 16;
/// What input from outside of the body is taken for, if the model's context window is not known.
const UNKNOWN_WINDOW: u64 = 1_048_576;
/// An image of the largest size and quality, where the model's own limit is not known.
const TOKENS_PER_IMAGE_MADE: u64 = 16_384;
/// Spoken tokens for a character: slow speech has a few a second.
const MOST_SPOKEN_PER_CHARACTER: u64 = 8;
const USUAL_SPOKEN_PER_CHARACTER: u64 = 2;
/// Providers make ten to thirty-two tokens of a second of audio.
const MOST_TOKENS_A_SECOND: u64 = 50;
/// The longest text of a transcription, where the model's own limit is not known.
const TRANSCRIPT_TOKENS: u64 = 16_384;

/// A call before its output cap is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Its output is what the endpoint can make by itself; 0 where a cap decides.
    pub size: CallSize,
    /// The prompt as an estimate, for calls that end without figures.
    pub prompt_estimate: u64,
    /// What is not text as an estimate, for calls that end without figures.
    pub usual: Beside,
}

pub(crate) fn measure(called: &Called, candidates: &[Candidate], model: &Model, bound: PromptBound) -> Measured {
    let Called { endpoint, head, body, .. } = called;
    let bytes = (body.len() as u64).saturating_sub(head.file_bytes);
    let input_tokens = match bound {
        PromptBound::Strict => bytes,
        // 1.15 thirds and 64.
        PromptBound::Estimate => bytes.saturating_mul(23).div_ceil(60).saturating_add(64),
    };
    let input_tokens = input_tokens.saturating_add(beside_text(called, candidates, model));
    let characters = head.most.characters;
    // What was said before may have been anything.
    let goes_on = called.continues.is_some();
    let (output_tokens, output_estimate) = match endpoint {
        Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations => {
            let each = model.max_output_tokens.unwrap_or(TOKENS_PER_IMAGE_MADE);
            let all = each.saturating_mul(head.most.images);
            (all, all / 4)
        }
        Endpoint::Speech => {
            let most = characters.saturating_mul(MOST_SPOKEN_PER_CHARACTER).saturating_add(256);
            (most, characters.saturating_mul(USUAL_SPOKEN_PER_CHARACTER))
        }
        Endpoint::Transcriptions | Endpoint::Translations => (model.max_output_tokens.unwrap_or(TRANSCRIPT_TOKENS), 0),
        _ => (0, 0),
    };
    let size = CallSize {
        input_tokens,
        output_tokens,
        hears: head.scan.audio || goes_on,
        sees: head.scan.images > 0 || goes_on,
        units: Beside { tier: head.tier.dearest(), ..head.most },
    };
    let before = called.continues.as_ref().map_or(0, |previous| previous.tokens);
    let in_body = bytes.div_ceil(3).saturating_add(heard(head.usual.audio_ms) / 2);
    let prompt_estimate = in_body.saturating_add(before).min(input_tokens);
    let (audio_output, image_output) = match endpoint {
        Endpoint::Speech => (output_estimate, 0),
        _ => (0, output_estimate),
    };
    let tier = if let AskedTier::Named(tier) = head.tier { tier } else { head.usual.tier };
    let usual = Beside { audio_output, image_output, tier, ..head.usual };
    Measured { size, prompt_estimate, usual }
}

/// True if what an answer has put out can be told from how long it is.
pub(crate) const fn answers_in_text(endpoint: Endpoint) -> bool {
    !matches!(
        endpoint,
        Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations | Endpoint::Speech
    )
}

/// What a template, images and input from elsewhere come to.
fn beside_text(called: &Called, candidates: &[Candidate], model: &Model) -> u64 {
    let head = &called.head;
    let per_image = |candidate: &Candidate| match candidate.endpoint.format() {
        // Tiles of the small models, times what an image has at most.
        WireFormat::OpenAi => 50_000,
        WireFormat::Anthropic | WireFormat::Gemini => 8_000,
    };
    let per_image = candidates.iter().map(per_image).max().unwrap_or(0);
    let window = model.max_input_tokens;
    let images = head.scan.images.saturating_mul(per_image).min(window.unwrap_or(u64::MAX));
    let outside = if head.scan.outside || called.continues.is_some() { window.unwrap_or(UNKNOWN_WINDOW) } else { 0 };
    let items = head.scan.items.saturating_mul(TOKENS_PER_ITEM);
    items.saturating_add(images).saturating_add(outside).saturating_add(heard(head.most.audio_ms))
}

/// Tokens of audio that was sent as a file.
const fn heard(ms: u64) -> u64 {
    ms.saturating_mul(MOST_TOKENS_A_SECOND).div_ceil(1_000)
}
