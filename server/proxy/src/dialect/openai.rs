//! Usage as OpenAI reports it: cached tokens inside the input, reasoning inside the output.

mod usage;

use super::{StreamTap, Verdict, first_text, has_usage};
use crate::sse::Event;
use domain::model::Endpoint;
use domain::usage::TokenUsage;
use serde::Deserialize;
use serde::de::IgnoredAny;
use usage::{Answer, Usage};

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<IgnoredAny>>,
    #[serde(flatten)]
    answer: Answer,
}
#[derive(Deserialize)]
struct ResponseEvent {
    response: Answer,
}

pub(super) fn plain_usage(endpoint: Endpoint, body: &[u8]) -> Option<TokenUsage> {
    // Known to be UTF-8 as a whole, its names are not looked at one by one. What is not may still say what it used.
    let answer: Answer = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text).ok()?,
        Err(_) => serde_json::from_slice(body).ok()?,
    };
    answer.tokens(endpoint)
}

/// From the value alone; what follows it is not looked at.
pub(super) fn usage_value(endpoint: Endpoint, value: &[u8]) -> Option<TokenUsage> {
    Usage::deserialize(&mut serde_json::Deserializer::from_slice(value)).ok()?.tokens(endpoint)
}

pub(super) fn observe_chat(tap: &mut StreamTap, event: &Event<'_>) -> Verdict {
    let data = event.data.trim_ascii();
    if data == b"[DONE]" {
        return Verdict::Last;
    }
    tap.failed |= data.starts_with(b"{\"error\"");
    match tap.endpoint {
        Endpoint::Completions => tap.count_text(data, &["\"text\""]),
        _ => tap.count_text(
            data,
            &["\"content\"", "\"reasoning_content\"", "\"reasoning\"", "\"arguments\"", "\"refusal\""],
        ),
    }
    if !has_usage(data) {
        return Verdict::Relay;
    }
    let Ok(chunk) = serde_json::from_slice::<Chunk>(data) else { return Verdict::Relay };
    if !chunk.answer.says_usage() {
        return Verdict::Relay;
    }
    if let Some(tokens) = chunk.answer.tokens(tap.endpoint) {
        tap.usage = Some(tokens);
        tap.is_final = true;
    }
    // The chunk that exists only because the gateway asked for usage has no choices.
    let only_usage = chunk.choices.is_some_and(|choices| choices.is_empty());
    if only_usage && !tap.client_wants_usage { Verdict::Withhold } else { Verdict::Relay }
}

pub(super) fn observe_response(tap: &mut StreamTap, event: &Event<'_>) -> Verdict {
    let data = &*event.data;
    // Some servers name events in the data only.
    let name = if event.name.is_empty() { first_text(data, "\"type\"") } else { event.name };
    if name.ends_with(b".delta") {
        tap.count_text(data, &["\"delta\""]);
        return Verdict::Relay;
    }
    tap.failed |= name == b"error";
    let begins = matches!(name, b"response.created" | b"response.in_progress");
    let ends = matches!(name, b"response.completed" | b"response.incomplete" | b"response.failed");
    if (begins || ends) && tap.wants_id && tap.id.is_none() {
        tap.id = crate::stored::id_in_event(data);
    }
    if !ends {
        return Verdict::Relay;
    }
    tap.failed |= name == b"response.failed";
    let event = serde_json::from_slice::<ResponseEvent>(data).ok();
    if let Some(tokens) = event.and_then(|event| event.response.tokens(tap.endpoint)) {
        tap.usage = Some(tokens);
        tap.is_final = true;
    }
    Verdict::Last
}

/// Speech and transcriptions: deltas, and one event that says that all is done and what it was.
pub(super) fn observe_media(tap: &mut StreamTap, event: &Event<'_>) -> Verdict {
    let data = &*event.data;
    let name = if event.name.is_empty() { first_text(data, "\"type\"") } else { event.name };
    if name.ends_with(b".delta") {
        tap.count_text(data, &["\"delta\""]);
    }
    tap.failed |= name == b"error" || data.starts_with(b"{\"error\"");
    if !matches!(name, b"speech.audio.done" | b"transcript.text.done") {
        return if data.trim_ascii() == b"[DONE]" { Verdict::Last } else { Verdict::Relay };
    }
    if let Some(tokens) = plain_usage(tap.endpoint, data) {
        tap.usage = Some(tokens);
        tap.is_final = true;
    }
    Verdict::Last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;

    fn tokens(input: u64, cache_read: u64, output: u64, reasoning: u64) -> Option<TokenUsage> {
        Some(TokenUsage { input, cache_read, output, reasoning, ..TokenUsage::default() })
    }

    #[test]
    fn plain_answers() {
        for (endpoint, body, expected) in [
            (
                Endpoint::ChatCompletions,
                r#"{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
                "content":"Hello! How can I assist you today?"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2019,
                "completion_tokens":310,"total_tokens":2329,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},
                "completion_tokens_details":{"reasoning_tokens":192,"audio_tokens":0,"accepted_prediction_tokens":0,
                "rejected_prediction_tokens":0}},"service_tier":"default"}"#,
                tokens(99, 1920, 310, 192),
            ),
            (
                Endpoint::Responses,
                r#"{"id":"resp_1","object":"response","status":"completed","output":[],"usage":{"input_tokens":36,
                "input_tokens_details":{"cached_tokens":0},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":0},
                "total_tokens":123}}"#,
                tokens(36, 0, 87, 0),
            ),
            (
                Endpoint::Embeddings,
                r#"{"object":"list","data":[{"object":"embedding","embedding":"AAAA","index":0}],"model":"e",
                "usage":{"prompt_tokens":8,"total_tokens":8}}"#,
                tokens(8, 0, 0, 0),
            ),
            (Endpoint::ChatCompletions, r#"{"usage":{"prompt_tokens":0,"completion_tokens":0}}"#, tokens(0, 0, 0, 0)),
            (
                Endpoint::ChatCompletions,
                r#"{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":null}}"#,
                tokens(5, 0, 1, 0),
            ),
            // More cached than there was: never more than all of it.
            (
                Endpoint::ChatCompletions,
                r#"{"usage":{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":9}}}"#,
                tokens(0, 5, 1, 0),
            ),
            // Missing is not zero.
            (Endpoint::ChatCompletions, r#"{"usage":{"prompt_tokens":5}}"#, None),
            (Endpoint::ChatCompletions, r#"{"usage":null}"#, None),
            (Endpoint::ChatCompletions, r#"{"usage":{"prompt_tokens":-5,"completion_tokens":1}}"#, None),
            (Endpoint::ChatCompletions, "<html>", None),
        ] {
            assert_eq!(plain_usage(endpoint, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn the_usage_chunk_of_a_chat_is_withheld_unless_asked_for() {
        let usage =
            br#"data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;
        let text = br#"data: {"id":"c","choices":[{"delta":{"content":"Hello"}}],"usage":null}"#;
        let filter = br#"data: {"choices":[],"prompt_filter_results":[]}"#;
        for (asked, verdict) in [(false, Verdict::Withhold), (true, Verdict::Relay)] {
            let mut tap = StreamTap::new(Endpoint::ChatCompletions, Framing::Events, asked);
            assert_eq!(tap.observe(filter), Verdict::Relay);
            assert_eq!(tap.observe(text), Verdict::Relay);
            assert_eq!((tap.whole(), tap.estimated_output()), (None, 2));
            assert_eq!(tap.observe(usage), verdict);
            assert_eq!(tap.whole(), tokens(9, 0, 2, 0));
            assert_eq!(tap.observe(b"data: [DONE]"), Verdict::Last);
        }
        let mut tap = StreamTap::new(Endpoint::ChatCompletions, Framing::Events, false);
        let both = br#"data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
        assert_eq!((tap.observe(both), tap.whole()), (Verdict::Relay, tokens(1, 0, 1, 0)));
    }

    #[test]
    fn responses_end_with_their_usage() {
        let mut tap = StreamTap::new(Endpoint::Responses, Framing::Events, false);
        let created = br#"data: {"type":"response.created","response":{"usage":null,"tools":[{"parameters":{"usage":{"type":"object"}}}]}}"#;
        assert_eq!(tap.observe(created), Verdict::Relay);
        assert_eq!(
            tap.observe(br#"data: {"type":"response.output_text.delta","delta":"Hello there"}"#),
            Verdict::Relay
        );
        assert_eq!((tap.last(), tap.estimated_output()), (None, 4));
        let completed = br#"event: response.completed
data: {"type":"response.completed","response":{"tools":[{"parameters":{"usage":{"type":"object"}}}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":7},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":3}}}}"#;
        assert_eq!(tap.observe(completed), Verdict::Last);
        assert_eq!(tap.whole(), tokens(30, 7, 11, 3));
    }
}
