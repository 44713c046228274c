//! A provider that fails in every way there is, at every byte of an answer. Whatever happens to a call: nothing stays
//! reserved, it has exactly one record, it is charged for what was delivered and never above what was set aside, and no
//! client takes a part of an answer for the whole.

mod answers;
mod connections;
mod cuts;
mod next_place;
mod streams;

use crate::world::{World, post};
use domain::money::NanoUsd;
use domain::usage::{Outcome, UsageRecord, UsageSource};
use http_body_util::BodyExt;
use proxy::{Body, Gateway};

/// An answer as its provider sends it, to 9 tokens of input with 20 of output.
#[derive(Clone, Copy)]
struct Recording {
    path: &'static str,
    model: &'static str,
    plain: &'static str,
    /// Events with their ends, and what tells a client that the answer is whole. None for what is never streamed.
    stream: &'static [&'static str],
    last_word: &'static str,
    free: bool,
    /// Gemini's ways: a stream has a path of its own, and is over when its connection is, or an array.
    stream_path: &'static str,
    array: bool,
}

const CHAT: Recording = Recording {
    path: "/v1/chat/completions",
    model: "gpt",
    plain: r#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ZZZZZZZZZZZZZZZZ"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":20}}"#,
    stream: &[
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":null}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ZZZZZZZZ\"}}],\"usage\":null}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ZZZZZZZZ\"}}],\"usage\":null}\n\n",
        "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":20}}\n\n",
        "data: [DONE]\n\n",
    ],
    last_word: "[DONE]",
    free: false,
    stream_path: "",
    array: false,
};
const RESPONSES: Recording = Recording {
    path: "/v1/responses",
    model: "gpt",
    plain: r#"{"id":"r","object":"response","output":[{"type":"message","content":[{"type":"output_text","text":"ZZZZZZZZZZZZZZZZ"}]}],"usage":{"input_tokens":9,"output_tokens":20}}"#,
    stream: &[
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n",
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"ZZZZZZZZ\"}\n\n",
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"ZZZZZZZZ\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":20}}}\n\n",
    ],
    last_word: "response.completed",
    free: false,
    stream_path: "",
    array: false,
};
const MESSAGES: Recording = Recording {
    path: "/v1/messages",
    model: "claude",
    plain: r#"{"id":"m","type":"message","content":[{"type":"text","text":"ZZZZZZZZZZZZZZZZ"}],"usage":{"input_tokens":9,"output_tokens":20}}"#,
    stream: &[
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ZZZZZZZZ\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ZZZZZZZZ\"}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":20}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ],
    last_word: "message_stop",
    free: false,
    stream_path: "",
    array: false,
};
const EMBEDDINGS: Recording = Recording {
    path: "/v1/embeddings",
    model: "embed",
    plain: r#"{"object":"list","data":[{"embedding":[0.5,0.25],"index":0}],"usage":{"prompt_tokens":9,"total_tokens":9}}"#,
    stream: &[],
    last_word: "",
    free: false,
    stream_path: "",
    array: false,
};
const COUNT_TOKENS: Recording = Recording {
    path: "/v1/messages/count_tokens",
    model: "claude",
    plain: r#"{"input_tokens":9}"#,
    stream: &[],
    last_word: "",
    free: true,
    stream_path: "",
    array: false,
};

const COMPLETIONS: Recording = Recording {
    path: "/v1/completions",
    plain: r#"{"id":"c","object":"text_completion","choices":[{"text":"ZZZZZZZZZZZZZZZZ","index":0}],"usage":{"prompt_tokens":9,"completion_tokens":20}}"#,
    stream: &[
        "data: {\"id\":\"c\",\"choices\":[{\"text\":\"\",\"index\":0}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"text\":\"ZZZZZZZZ\",\"index\":0}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"text\":\"ZZZZZZZZ\",\"index\":0}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":20}}\n\n",
        "data: [DONE]\n\n",
    ],
    ..CHAT
};
const GEMINI: Recording = Recording {
    path: "/v1beta/models/gemini:generateContent",
    model: "gemini",
    plain: r#"{"candidates":[{"content":{"parts":[{"text":"ZZZZZZZZZZZZZZZZ"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":20,"totalTokenCount":29}}"#,
    stream: &[
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ZZZZZZZZ\"}]}}],\"usageMetadata\":{\"promptTokenCount\":9,\"totalTokenCount\":9}}\r\n\r\n",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ZZZZZZZZ\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":20,\"totalTokenCount\":29}}\r\n\r\n",
    ],
    last_word: "STOP",
    free: false,
    stream_path: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
    array: false,
};
const GEMINI_ARRAY: Recording = Recording {
    stream: &[
        "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ZZZZZZZZ\"}]}}],\"usageMetadata\":{\"promptTokenCount\":9,\"totalTokenCount\":9}}\n",
        ",\r\n{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ZZZZZZZZ\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":20,\"totalTokenCount\":29}}\n",
        "]",
    ],
    stream_path: "/v1beta/models/gemini:streamGenerateContent",
    array: true,
    ..GEMINI
};

const ALL: [Recording; 7] = [CHAT, COMPLETIONS, RESPONSES, MESSAGES, GEMINI, EMBEDDINGS, COUNT_TOKENS];
/// Those whose last event says that it is the last.
const STREAMED: [Recording; 4] = [CHAT, COMPLETIONS, RESPONSES, MESSAGES];
const EVERY_STREAM: [Recording; 6] = [CHAT, COMPLETIONS, RESPONSES, MESSAGES, GEMINI, GEMINI_ARRAY];

/// In errors of the provider's own, which pass through.
const PROVIDERS_WORDS: &str = "in the provider's words";

/// A token's price in nano-dollars.
const INPUT: i64 = 1_000;
const OUTPUT: i64 = 2_000;

impl Recording {
    /// The request, about sixty bytes of it. The client asks for usage, so that a stream arrives as it was sent.
    fn request(&self, streamed: bool) -> String {
        if !self.stream_path.is_empty() {
            return r#"{"contents":[],"generationConfig":{"maxOutputTokens":50}}"#.to_owned();
        }
        let options = if [CHAT.path, COMPLETIONS.path].contains(&self.path) {
            r#","stream_options":{"include_usage":true}"#
        } else {
            ""
        };
        let stream = if streamed { format!(r#","stream":true{options}"#) } else { String::new() };
        format!(r#"{{"model":"{}","max_tokens":50,"max_output_tokens":50{stream}}}"#, self.model)
    }
    fn path(&self, streamed: bool) -> &'static str {
        if streamed && !self.stream_path.is_empty() { self.stream_path } else { self.path }
    }
    fn kind(&self, streamed: bool) -> &'static str {
        if streamed && !self.array { "text/event-stream" } else { "application/json" }
    }
    fn stream(&self) -> String {
        self.stream.concat()
    }
    /// What the whole answer costs.
    fn cost(&self) -> NanoUsd {
        let output = if self.stream.is_empty() { 0 } else { 20 * OUTPUT };
        NanoUsd::from_nano(if self.free { 0 } else { 9 * INPUT + output })
    }
}

/// What a client got of an answer.
#[derive(Debug)]
struct Seen {
    status: u16,
    bytes: Vec<u8>,
    /// The connection was not cut.
    ended: bool,
}

impl Seen {
    async fn read(response: http::Response<Body>) -> Self {
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        let mut ended = true;
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => ended = false,
            }
        }
        Self { status, bytes, ended }
    }
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
    /// The code of the error that the client was told, whole or as an event.
    fn code(&self) -> Option<String> {
        let text = self.text();
        // Google's errors have a number there, and their word as a reason.
        let name = if text.contains("\"reason\":\"") { "\"reason\":\"" } else { "\"code\":\"" };
        let codes = text.match_indices(name).map(|(at, found)| &text[at + found.len()..]);
        codes.filter_map(|rest| rest.split('"').next()).last().map(str::to_owned)
    }
    /// True if an SDK would take this for a whole answer.
    fn looks_whole(&self, recording: &Recording, streamed: bool) -> bool {
        let says_so = match streamed {
            false => true,
            true if recording.array => serde_json::from_slice::<serde_json::Value>(&self.bytes).is_ok(),
            true => self.text().contains(recording.last_word),
        };
        self.status == 200 && self.ended && says_so && self.code().is_none()
    }
}

/// Makes a call and asserts what holds for every call, however it went.
async fn call(
    world: &World,
    gateway: &std::sync::Arc<Gateway>,
    recording: &Recording,
    streamed: bool,
) -> (Seen, UsageRecord) {
    let records = |world: &World| world.book(|book| book.settled.len() + book.denied.len());
    let before = records(world);
    let response =
        gateway.handle(post(recording.path(streamed), &recording.request(streamed)), crate::world::PEER).await;
    let seen = Seen::read(response).await;
    gateway.drained().await;
    assert_eq!((gateway.in_flight(), records(world)), (0, before + 1), "one call, one record: {}", seen.text());
    let (record, held) = world.book(|book| {
        assert!(book.open.is_empty(), "leaked reservations: {:?}", book.open);
        match recording.free {
            true => {
                let ended = [book.settled.last(), book.denied.last()].into_iter().flatten();
                (ended.max_by_key(|record| record.id.as_i64()).cloned().unwrap(), NanoUsd::ZERO)
            }
            false => (book.settled.last().cloned().unwrap(), *book.held.last().unwrap()),
        }
    });
    let delivered = seen.bytes.iter().filter(|&&byte| byte == b'Z').count();
    let least = (delivered / 3) as i64 * OUTPUT;
    assert!(record.cost <= held, "{record:?} is above {held}");
    // The provider's own figures stand, even if they are 0.
    assert!(
        record.source == UsageSource::Provider || record.cost.as_nano() >= least,
        "{record:?} for {delivered} bytes of text"
    );
    assert_eq!(u16::from(seen.status == 200), u16::from(record.status == 200), "{record:?}");
    if record.outcome != Outcome::Answered {
        assert!(!seen.looks_whole(recording, streamed), "{record:?}: {}", seen.text());
        if seen.ended && !seen.text().contains(PROVIDERS_WORDS) {
            assert_eq!(seen.code(), record.denial, "{}", seen.text());
        }
    }
    (seen, record)
}
