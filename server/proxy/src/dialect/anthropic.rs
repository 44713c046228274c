//! Usage as Anthropic reports it: cache reads and writes beside the input, the output growing with each report.

use super::{StreamTap, Verdict, first_text, has_usage};
use crate::sse::Event;
use domain::usage::{Beside, ServiceTier, TokenUsage};
use serde::Deserialize;

#[derive(Deserialize)]
struct Usage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    /// All writes, whatever their lifetime.
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    server_tool_use: Option<ServerTools>,
    service_tier: Option<String>,
}
#[derive(Deserialize)]
struct ServerTools {
    web_search_requests: Option<u64>,
}
#[derive(Deserialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct WithUsage {
    usage: Option<Usage>,
}
#[derive(Deserialize)]
struct MessageStart {
    message: WithUsage,
}

impl Usage {
    /// These figures over those reported before; `None` until both sides are known.
    fn over(&self, before: Option<TokenUsage>) -> Option<TokenUsage> {
        let known = before.unwrap_or_default();
        let input = self.input_tokens.or(before.map(|before| before.input))?;
        let output = self.output_tokens.or(before.map(|before| before.output))?;
        let (cache_write, cache_write_1h) = self.writes().unwrap_or((known.cache_write, known.cache_write_1h));
        Some(TokenUsage {
            input,
            cache_read: self.cache_read_input_tokens.unwrap_or(known.cache_read),
            cache_write,
            cache_write_1h,
            output: output.max(known.output),
            beside: self.beside(&known.beside),
            ..TokenUsage::ZERO
        })
    }

    fn beside(&self, known: &Beside) -> Beside {
        let searches = self.server_tool_use.as_ref().and_then(|tools| tools.web_search_requests);
        let tier = self.service_tier.as_deref().and_then(ServiceTier::from_word);
        Beside { searches: searches.unwrap_or(known.searches), tier: tier.unwrap_or(known.tier), ..Beside::NOTHING }
    }

    fn writes(&self) -> Option<(u64, u64)> {
        let detail = self.cache_creation.as_ref();
        let hour = detail.and_then(|detail| detail.ephemeral_1h_input_tokens);
        let minutes = detail.and_then(|detail| detail.ephemeral_5m_input_tokens);
        match (self.cache_creation_input_tokens, minutes, hour) {
            (None, None, None) => None,
            (Some(all), _, hour) => {
                let hour = hour.unwrap_or(0).min(all);
                Some((all - hour, hour))
            }
            (None, minutes, hour) => Some((minutes.unwrap_or(0), hour.unwrap_or(0))),
        }
    }
}

pub(super) fn plain_usage(body: &[u8]) -> Option<TokenUsage> {
    serde_json::from_slice::<WithUsage>(body).ok()?.usage?.over(None)
}

/// From the value alone; what follows it is not looked at.
pub(super) fn usage_value(value: &[u8]) -> Option<TokenUsage> {
    Usage::deserialize(&mut serde_json::Deserializer::from_slice(value)).ok()?.over(None)
}

pub(super) fn observe(tap: &mut StreamTap, event: &Event<'_>) -> Verdict {
    let data = &*event.data;
    // Some servers name events in the data only.
    let name = if event.name.is_empty() { first_text(data, "\"type\"") } else { event.name };
    match name {
        b"content_block_delta" => {
            tap.count_text(data, &["\"text\"", "\"partial_json\"", "\"thinking\""]);
            Verdict::Relay
        }
        b"message_start" if has_usage(data) => {
            let usage = serde_json::from_slice::<MessageStart>(data).ok().and_then(|start| start.message.usage);
            tap.usage = usage.and_then(|usage| usage.over(None));
            Verdict::Relay
        }
        b"message_delta" if has_usage(data) => {
            let usage = serde_json::from_slice::<WithUsage>(data).ok().and_then(|delta| delta.usage);
            let reported = usage.filter(|usage| usage.output_tokens.is_some()).and_then(|usage| usage.over(tap.usage));
            tap.is_final |= reported.is_some();
            tap.usage = reported.or(tap.usage);
            Verdict::Relay
        }
        b"message_stop" => Verdict::Last,
        b"error" => {
            tap.failed = true;
            Verdict::Relay
        }
        _ => Verdict::Relay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;
    use domain::model::Endpoint;

    #[test]
    fn plain_answers() {
        let body = r#"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi!"}],
            "stop_reason":"end_turn","usage":{"input_tokens":2095,"output_tokens":503,"cache_read_input_tokens":1800,
            "cache_creation_input_tokens":248,"cache_creation":{"ephemeral_5m_input_tokens":148,
            "ephemeral_1h_input_tokens":100},"service_tier":"standard"}}"#;
        assert_eq!(
            plain_usage(body.as_bytes()),
            Some(TokenUsage {
                input: 2095,
                cache_read: 1800,
                cache_write: 148,
                cache_write_1h: 100,
                output: 503,
                ..TokenUsage::ZERO
            })
        );
        let zero = br#"{"usage":{"input_tokens":0,"output_tokens":0}}"#;
        assert_eq!(plain_usage(zero), Some(TokenUsage::default()));
        assert_eq!(plain_usage(br#"{"usage":{"output_tokens":5}}"#), None);
        assert_eq!(plain_usage(br#"{"content":[]}"#), None);
    }

    #[test]
    fn a_stream_reports_input_first_and_output_last() {
        let mut tap = StreamTap::new(Endpoint::Messages, Framing::Events, true);
        for (event, verdict) in [
            (
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":4,\"cache_read_input_tokens\":3,\"output_tokens\":1}}}\n\n",
                Verdict::Relay,
            ),
            (
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
                Verdict::Relay,
            ),
            ("event: ping\ndata: {\"type\": \"ping\"}\n\n", Verdict::Relay),
            (
                "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello there, you\"}}\n\n",
                Verdict::Relay,
            ),
        ] {
            assert_eq!(tap.observe(event.as_bytes()), verdict);
        }
        let begun = TokenUsage { input: 25, cache_read: 3, cache_write: 4, output: 1, ..TokenUsage::default() };
        assert_eq!((tap.whole(), tap.last(), tap.estimated_output()), (None, Some(begun), 6));
        let delta = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n";
        assert_eq!(tap.observe(delta.as_bytes()), Verdict::Relay);
        assert_eq!(tap.whole(), Some(TokenUsage { output: 15, ..begun }));
        assert_eq!(tap.observe(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"), Verdict::Last);
    }

    #[test]
    fn a_stream_whose_events_are_named_in_the_data_only_is_metered_alike() {
        let mut tap = StreamTap::new(Endpoint::Messages, Framing::Events, true);
        for data in [
            r#"{"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello there, you"}}"#,
            r#"{"type":"message_delta","delta":{},"usage":{"output_tokens":15}}"#,
        ] {
            assert_eq!(tap.observe(format!("data: {data}\n\n").as_bytes()), Verdict::Relay);
        }
        assert_eq!((tap.whole().map(|usage| usage.output), tap.estimated_output()), (Some(15), 6));
        assert_eq!(tap.observe(b"data: {\"type\":\"message_stop\"}\n\n"), Verdict::Last);
    }
}
