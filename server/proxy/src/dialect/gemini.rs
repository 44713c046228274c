//! Usage as Gemini reports it: cached tokens inside the prompt, thoughts beside the candidates, tools' input beside both.
//!
//! Google's servers leave out figures that are zero. So a missing count is a zero where the report is there at all, and
//! an answer without a report has none.

use super::{StreamTap, Verdict, values};
use domain::usage::{Beside, TokenUsage};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The name of the report, with its quotes.
pub(super) const USAGE: &str = "\"usageMetadata\"";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Usage {
    prompt_token_count: Option<u64>,
    cached_content_token_count: u64,
    candidates_token_count: Option<u64>,
    thoughts_token_count: u64,
    tool_use_prompt_token_count: u64,
    total_token_count: Option<u64>,
    prompt_tokens_details: Vec<OfModality>,
    cache_tokens_details: Vec<OfModality>,
    candidates_tokens_details: Vec<OfModality>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OfModality {
    modality: String,
    token_count: u64,
}

/// Tokens of one modality, by the word for it.
fn count_of(details: &[OfModality], modality: &str) -> u64 {
    details.iter().filter(|one| one.modality == modality).fold(0, |sum, one| sum.saturating_add(one.token_count))
}

#[derive(Deserialize)]
struct WithUsage {
    #[serde(rename = "usageMetadata")]
    usage: Option<Usage>,
}

impl Usage {
    fn tokens(&self) -> Option<TokenUsage> {
        let prompt = match (self.prompt_token_count, self.total_token_count) {
            (Some(prompt), _) => prompt,
            // All of it zero but for what is not the prompt.
            (None, Some(_)) => 0,
            (None, None) => return None,
        };
        let all_input = prompt.saturating_add(self.tool_use_prompt_token_count);
        let mut input = all_input;
        let take = |from: &mut u64, count: u64| {
            let count = count.min(*from);
            *from -= count;
            count
        };
        // Cached audio and images are dearer than cached text: they stay with their own.
        let of_media = |details: &[OfModality]| {
            (count_of(details, "AUDIO"), count_of(details, "IMAGE").saturating_add(count_of(details, "VIDEO")))
        };
        let (cached_audio, cached_images) = of_media(&self.cache_tokens_details);
        let cached_text = self.cached_content_token_count.saturating_sub(cached_audio).saturating_sub(cached_images);
        let cache_read = take(&mut input, cached_text);
        let audio_input = take(&mut input, of_media(&self.prompt_tokens_details).0);
        let image_input = take(&mut input, of_media(&self.prompt_tokens_details).1);
        let beside = all_input.saturating_add(self.thoughts_token_count);
        let candidates = self
            .candidates_token_count
            .unwrap_or_else(|| self.total_token_count.map_or(0, |total| total.saturating_sub(beside)));
        let mut output_left = candidates;
        let audio_output = take(&mut output_left, count_of(&self.candidates_tokens_details, "AUDIO"));
        let image_output = take(&mut output_left, count_of(&self.candidates_tokens_details, "IMAGE"));
        let beside = Beside { audio_input, audio_output, image_input, image_output, ..Beside::NOTHING };
        Some(TokenUsage {
            input,
            cache_read,
            output: output_left.saturating_add(self.thoughts_token_count),
            reasoning: self.thoughts_token_count,
            beside,
            ..TokenUsage::ZERO
        })
    }
}

pub(super) fn plain_usage(body: &[u8]) -> Option<TokenUsage> {
    let mut tokens = serde_json::from_slice::<WithUsage>(body).ok()?.usage?.tokens()?;
    tokens.beside.searches = searches(body);
    Some(tokens)
}

/// The searches that an answer is grounded on, as it lists them.
fn searches(data: &[u8]) -> u64 {
    let lists = values(data, "\"webSearchQueries\"").filter_map(|at| {
        let mut list = serde_json::Deserializer::from_slice(&data[at..]);
        Vec::<IgnoredAny>::deserialize(&mut list).ok()
    });
    lists.map(|list| list.len() as u64).sum()
}

/// From the value alone; what follows it is not looked at.
pub(super) fn usage_value(value: &[u8]) -> Option<TokenUsage> {
    Usage::deserialize(&mut serde_json::Deserializer::from_slice(value)).ok()?.tokens()
}

/// Every chunk reports what was used so far; the one that says why the answer ended is the whole. There may be more
/// behind it: the end of the stream is the end.
pub(super) fn observe(tap: &mut StreamTap, data: &[u8]) -> Verdict {
    tap.failed |= values(data, "\"error\"").any(|at| data.get(at) == Some(&b'{')) && !has(data, "\"candidates\"");
    tap.count_text(data, &["\"text\"", "\"data\""]);
    if has(data, "\"functionCall\"") {
        tap.text_bytes += data.len() as u64;
    }
    if let Some(at) = values(data, USAGE).find(|&at| data.get(at) == Some(&b'{')) {
        let before = tap.usage.map_or(0, |usage| usage.beside.searches);
        let reported = usage_value(&data[at..]).map(|mut usage| {
            usage.beside.searches = before.max(searches(data));
            usage
        });
        tap.usage = reported.or(tap.usage);
    }
    // A blocked prompt ends without candidates.
    let ends = has(data, "\"finishReason\"") || has(data, "\"blockReason\"");
    tap.is_final |= ends && tap.usage.is_some();
    Verdict::Relay
}

/// The same, in an array: an element with what separates it from the one before, or the closing bracket.
pub(super) fn observe_element(tap: &mut StreamTap, raw: &[u8]) -> Verdict {
    let separator = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',' || *byte == b'[';
    let begin = raw.iter().position(|byte| !separator(byte)).unwrap_or(raw.len());
    match &raw[begin..] {
        b"]" => Verdict::Last,
        element => observe(tap, element),
    }
}

fn has(data: &[u8], name: &str) -> bool {
    values(data, name).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;
    use domain::model::Endpoint;

    #[test]
    fn thoughts_are_output_and_cached_tokens_part_of_the_prompt() {
        let body = br#"{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":1204,"cachedContentTokenCount":1000,"candidatesTokenCount":20,
            "thoughtsTokenCount":300,"toolUsePromptTokenCount":96,"totalTokenCount":1620,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":1204}]},"modelVersion":"gemini-2.5-pro"}"#;
        let expected =
            TokenUsage { input: 300, cache_read: 1000, output: 320, reasoning: 300, ..TokenUsage::default() };
        assert_eq!(plain_usage(body), Some(expected));
    }

    #[test]
    fn zeroes_are_left_out_and_are_zeroes() {
        let blocked = br#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7}}"#;
        assert_eq!(plain_usage(blocked), Some(TokenUsage { input: 7, ..TokenUsage::default() }));
        let unsaid = br#"{"usageMetadata":{"promptTokenCount":7,"totalTokenCount":12}}"#;
        assert_eq!(plain_usage(unsaid).map(|usage| usage.output), Some(5));
        assert_eq!(plain_usage(br#"{"usageMetadata":{}}"#), None);
        assert_eq!(plain_usage(br#"{"embedding":{"values":[0.1]}}"#), None);
        assert_eq!(plain_usage(br#"{"usageMetadata":{"promptTokenCount":-1}}"#), None);
    }

    #[test]
    fn a_stream_is_whole_once_it_said_why_it_ended() {
        let first = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]}}],"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}}"#;
        let last = r#"{"candidates":[{"content":{"parts":[{"text":" you"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":3,"totalTokenCount":7}}"#;
        let mut events = StreamTap::new(Endpoint::GenerateContent, Framing::Events, true);
        let mut array = StreamTap::new(Endpoint::GenerateContent, Framing::Array, true);
        for (text, before) in [(first, "["), (last, "\n,\r\n")] {
            assert_eq!(events.observe(format!("data: {text}\r\n\r\n").as_bytes()), Verdict::Relay);
            assert_eq!(array.observe(format!("{before}{text}").as_bytes()), Verdict::Relay);
        }
        assert_eq!(array.observe(b"\n]"), Verdict::Last);
        for tap in [events, array] {
            assert_eq!(tap.whole(), Some(TokenUsage { input: 4, output: 3, ..TokenUsage::default() }));
            assert_eq!((tap.estimated_output(), tap.failed), (3, false));
        }
    }

    #[test]
    fn an_error_in_the_stream_is_a_failure_and_ours_ends_an_array() {
        let mut tap = StreamTap::new(Endpoint::GenerateContent, Framing::Array, true);
        let error = serde_json::json!({"error": {"code": 503}});
        assert_eq!(tap.error_event(&error), r#"[{"error":{"code":503}}]"#);
        tap.observe(br#"[{"error":{"code":503,"status":"UNAVAILABLE"}}"#);
        assert!(tap.failed);
        assert_eq!(tap.error_event(&error), r#",{"error":{"code":503}}]"#);
    }
}
