//! Takes a request's body in, and writes the one that goes to the provider: the received bytes, with only the values
//! replaced that the gateway acts on.
//!
//! Nothing is copied for that: the body sent on is a chain of slices of the one received.

use crate::head::{CapSlot, Head, ModelPlace, invalid, takes_forms};
use crate::holding::Room;
use crate::multipart;
use crate::settings::{Settings, Timeouts};
use bytes::{Bytes, BytesMut};
use domain::denial::Denial;
use domain::model::Endpoint;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Refuses by headers alone what would not be read anyway. Gives the size up to which a body is taken.
pub(crate) fn check_headers(headers: &HeaderMap, endpoint: Endpoint, settings: &Settings) -> Result<u64, Denial> {
    let coded =
        headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        return Err(Denial::UnsupportedMediaType { reason: "Send the body without Content-Encoding." });
    }
    let json = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let kind = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
    });
    let limit = if takes_forms(endpoint) {
        if multipart::boundary(headers).is_none() {
            let reason = "Send a form, with 'Content-Type: multipart/form-data; boundary=…'.";
            return Err(Denial::UnsupportedMediaType { reason });
        }
        settings.form_limit_bytes
    } else if json {
        settings.body_limit_bytes
    } else {
        return Err(Denial::UnsupportedMediaType { reason: "Send JSON, with 'Content-Type: application/json'." });
    };
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Denial::BodyTooLarge { limit_bytes: limit });
    }
    Ok(limit)
}

/// Reads a body up to the limit. A body that comes in one frame is not copied.
pub(crate) async fn collect<B>(body: B, limit: u64, timeouts: &Timeouts, mut room: Room) -> Result<Bytes, Denial>
where
    B: Body<Data = Bytes>,
{
    let started = Instant::now();
    let mut body = std::pin::pin!(body);
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    let mut length = 0u64;
    loop {
        let due = started + patience(timeouts, length);
        let frame = match timeout_at(due, body.frame()).await {
            Err(_) => return Err(invalid("The body came too slowly. Send it again over a better connection.")),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(invalid("The body broke off before its end.")),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len() as u64;
        if length > limit {
            return Err(Denial::BodyTooLarge { limit_bytes: limit });
        }
        room.take(data.len())?;
        if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(room.keep(if rest.is_empty() { first } else { rest.freeze() }))
}

/// By when the next bytes are due, from the start.
fn patience(timeouts: &Timeouts, received: u64) -> Duration {
    timeouts.body_grace + Duration::from_secs(received / timeouts.body_bytes_per_second.max(1))
}

/// The output cap that a call is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputCap {
    /// As the client sent it: nothing is changed.
    AsSent,
    /// At most this many tokens for each choice.
    AtMost(u64),
}

/// What is decided about a body before it goes to one deployment.
pub(crate) struct Edits<'a> {
    pub endpoint: Endpoint,
    pub upstream_model: &'a str,
    pub output_cap: OutputCap,
    /// The field that this provider reads a cap from, where the client named none.
    pub cap_field: &'static str,
}

/// Builds the body for one attempt.
pub(crate) fn rewrite(body: &Bytes, head: &Head, edits: &Edits<'_>) -> Chain {
    let mut splices: Vec<(Range<usize>, String)> = Vec::new();
    let mut inserted: Vec<String> = Vec::new();
    let upstream_model = || serde_json::to_string(edits.upstream_model).expect("a text is JSON");
    match &head.model_at {
        ModelPlace::Text(_) if head.model_is_sent(edits.upstream_model, body) => {}
        ModelPlace::Text(at) => splices.push((at.clone(), upstream_model())),
        ModelPlace::Resource(places) => {
            let name = serde_json::Value::from(format!("models/{}", edits.upstream_model)).to_string();
            splices.extend(places.iter().map(|at| (at.clone(), name.clone())));
        }
        ModelPlace::Form(at) => splices.push((at.clone(), edits.upstream_model.to_owned())),
        ModelPlace::NewPart(boundary) => {
            let name = edits.upstream_model;
            let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{name}\r\n");
            splices.push((0..0, part));
        }
        ModelPlace::Missing => inserted.push(format!("\"model\":{}", upstream_model())),
    }
    if reports_when_asked(edits.endpoint) && head.stream {
        match &head.stream_options {
            Some(options) if options.value.include_usage => {}
            Some(options) => splices.push((options.at.clone(), options.value.with_usage.clone())),
            None => inserted.push(r#""stream_options":{"include_usage":true}"#.to_owned()),
        }
    }
    if let OutputCap::AtMost(cap) = edits.output_cap {
        let sent = || head.caps.iter().flatten();
        if sent().any(|sent| sent.cap.value.is_some()) {
            let too_high = sent().filter(|sent| sent.cap.value.is_some_and(|value| value > cap));
            splices.extend(too_high.map(|sent| (sent.cap.at.clone(), cap.to_string())));
        } else if let Some(null) = sent().find(|sent| sent.field == edits.cap_field) {
            splices.push((null.cap.at.clone(), cap.to_string()));
        } else {
            let field = format!("\"{}\":{cap}", edits.cap_field);
            match &head.cap_slot {
                CapSlot::Body => inserted.push(field),
                CapSlot::Inside { at, is_empty: true } => splices.push((*at..*at, field)),
                CapSlot::Inside { at, is_empty: false } => splices.push((*at..*at, format!("{field},"))),
                CapSlot::NullObject(at) => splices.push((at.clone(), format!("{{{field}}}"))),
                CapSlot::NewObject(name) => inserted.push(format!("\"{name}\":{{{field}}}")),
            }
        }
    }
    if !inserted.is_empty() {
        let comma = if head.is_empty { "" } else { "," };
        splices.push((head.insert_at..head.insert_at, inserted.join(",") + comma));
    }
    splices.sort_by_key(|(at, _)| at.start);
    Chain::new(body, splices)
}

/// True if a stream of this endpoint tells its usage only to those who ask.
const fn reports_when_asked(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions)
}

impl Head {
    /// True if the body names this model already, as the client's own name for it.
    fn model_is_sent(&self, upstream_model: &str, body: &Bytes) -> bool {
        let ModelPlace::Text(at) = &self.model_at else { return false };
        let sent: Option<&str> = body.get(at.clone()).and_then(|raw| serde_json::from_slice(raw).ok());
        sent == Some(upstream_model)
    }
}

/// A body made of slices.
#[derive(Debug, Clone)]
pub struct Chain {
    pieces: VecDeque<Bytes>,
    left: u64,
}

impl From<Bytes> for Chain {
    fn from(body: Bytes) -> Self {
        let left = body.len() as u64;
        Self { left, pieces: if body.is_empty() { VecDeque::new() } else { VecDeque::from([body]) } }
    }
}

impl Chain {
    fn new(body: &Bytes, splices: Vec<(Range<usize>, String)>) -> Self {
        let mut pieces = VecDeque::with_capacity(2 * splices.len() + 1);
        let mut at = 0;
        for (place, text) in splices {
            pieces.push_back(body.slice(at..place.start));
            pieces.push_back(Bytes::from(text));
            at = place.end;
        }
        pieces.push_back(body.slice(at..));
        pieces.retain(|piece| !piece.is_empty());
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, left }
    }

    /// In one piece; for tests and for upstreams that need it so.
    pub fn to_bytes(&self) -> Bytes {
        self.pieces
            .iter()
            .fold(BytesMut::new(), |mut whole, piece| {
                whole.extend_from_slice(piece);
                whole
            })
            .freeze()
    }
}

impl Body for Chain {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head;
    use crate::route::Address;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn rewritten(body: &str, cap: OutputCap) -> String {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let head = head::read(&bytes, Endpoint::ChatCompletions, &Address::default()).unwrap();
        let edits = Edits {
            endpoint: Endpoint::ChatCompletions,
            upstream_model: "up",
            output_cap: cap,
            cap_field: "max_tokens",
        };
        String::from_utf8(rewrite(&bytes, &head, &edits).to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn bytes_that_are_not_acted_on_survive() {
        let body = "{ \"zz\" : 1.50e+3,\n \"model\":\"m\", \"x\":\"\\u00e9\", \"max_tokens\": 7 }";
        assert_eq!(rewritten(body, OutputCap::AtMost(9)), body.replace("\"m\"", "\"up\""));
        assert_eq!(rewritten(&body.replace("\"m\"", "\"up\""), OutputCap::AtMost(7)), body.replace("\"m\"", "\"up\""));
    }

    #[test]
    fn caps_are_put_in_lowered_or_left() {
        let cap = OutputCap::AtMost(5);
        assert_eq!(rewritten(r#"{"model":"up"}"#, cap), r#"{"max_tokens":5,"model":"up"}"#);
        assert_eq!(rewritten(r#"{"model":"up","max_tokens":null}"#, cap), r#"{"model":"up","max_tokens":5}"#);
        assert_eq!(
            rewritten(r#"{"max_completion_tokens":8,"model":"up","max_tokens":null}"#, cap),
            r#"{"max_completion_tokens":5,"model":"up","max_tokens":null}"#
        );
        assert_eq!(rewritten(r#"{"max_tokens":4,"model":"up"}"#, cap), r#"{"max_tokens":4,"model":"up"}"#);
        assert_eq!(
            rewritten(r#"{"max_tokens":9,"model":"up"}"#, OutputCap::AsSent),
            r#"{"max_tokens":9,"model":"up"}"#
        );
    }

    fn for_gemini(body: &str, cap: u64) -> String {
        let bytes = Bytes::copy_from_slice(body.as_bytes());
        let address = Address { model: Some("m".to_owned()), ..Address::default() };
        let head = head::read(&bytes, Endpoint::GenerateContent, &address).unwrap();
        let edits = Edits {
            endpoint: Endpoint::GenerateContent,
            upstream_model: "up",
            output_cap: OutputCap::AtMost(cap),
            cap_field: "maxOutputTokens",
        };
        String::from_utf8(rewrite(&bytes, &head, &edits).to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn geminis_cap_goes_into_its_config_wherever_that_is() {
        for (body, sent) in [
            ("{}", r#"{"generationConfig":{"maxOutputTokens":5}}"#),
            (r#"{"contents":[]}"#, r#"{"generationConfig":{"maxOutputTokens":5},"contents":[]}"#),
            (r#"{"generationConfig": {} }"#, r#"{"generationConfig": {"maxOutputTokens":5} }"#),
            (r#"{"generationConfig":null}"#, r#"{"generationConfig":{"maxOutputTokens":5}}"#),
            (r#"{"generation_config":{"topK":1}}"#, r#"{"generation_config":{"maxOutputTokens":5,"topK":1}}"#),
            (r#"{"generationConfig":{"maxOutputTokens":null}}"#, r#"{"generationConfig":{"maxOutputTokens":5}}"#),
            (r#"{"generationConfig":{"max_output_tokens":9}}"#, r#"{"generationConfig":{"max_output_tokens":5}}"#),
            (r#"{"generationConfig":{"maxOutputTokens":4}}"#, r#"{"generationConfig":{"maxOutputTokens":4}}"#),
        ] {
            assert_eq!(for_gemini(body, 5), sent);
            let sent: Value = serde_json::from_str(sent).unwrap();
            assert!(sent.is_object());
        }
        let named = r#"{"model":"models/m","generationConfig":{"maxOutputTokens":4}}"#;
        assert_eq!(for_gemini(named, 5), named.replace("models/m", "models/up"));
    }

    #[test]
    fn a_model_that_only_the_path_names_is_put_into_the_body() {
        let bytes = Bytes::from_static(b"{}");
        let address = Address { model: Some("m".to_owned()), ..Address::default() };
        for (body, sent) in [("{}", r#"{"model":"up"}"#), (r#"{"input":"x"}"#, r#"{"model":"up","input":"x"}"#)] {
            let bytes = Bytes::copy_from_slice(body.as_bytes());
            let head = head::read(&bytes, Endpoint::Embeddings, &address).unwrap();
            let edits = Edits {
                endpoint: Endpoint::Embeddings,
                upstream_model: "up",
                output_cap: OutputCap::AsSent,
                cap_field: "max_tokens",
            };
            assert_eq!(rewrite(&bytes, &head, &edits).to_bytes(), sent);
        }
        assert!(head::read(&bytes, Endpoint::Embeddings, &Address::default()).is_err());
    }

    #[test]
    fn usage_is_asked_for_in_streams() {
        assert_eq!(
            rewritten(r#"{"model":"up","stream":true}"#, OutputCap::AsSent),
            r#"{"stream_options":{"include_usage":true},"model":"up","stream":true}"#
        );
        let odd = r#"{"model":"up","stream":true,"stream_options":{"other":1}}"#;
        let sent: Value = serde_json::from_str(&rewritten(odd, OutputCap::AsSent)).unwrap();
        assert_eq!(sent["stream_options"], json!({"other":1,"include_usage":true}));
        let asked = r#"{"model":"up","stream":true,"stream_options":{ "include_usage" : true }}"#;
        assert_eq!(rewritten(asked, OutputCap::AsSent), asked);
    }

    /// Reads an object as a parser would that folds case and keeps the first or the last of equal names.
    fn lenient(text: &str, first_wins: bool) -> Map<String, Value> {
        let mut map = Map::new();
        // What is sent on has no equal names, which `head::read` (strict) has shown before; folding is what remains.
        for (name, value) in serde_json::from_str::<Map<String, Value>>(text).unwrap() {
            let name = name.to_lowercase();
            if !(first_wins && map.contains_key(&name)) {
                map.insert(name, value);
            }
        }
        map
    }

    proptest! {
        #[test]
        fn strict_and_lenient_parsers_see_the_same_policy_in_what_is_sent(
            fields in proptest::collection::vec((
                proptest::sample::select(vec![
                    "model", "Model", "stream", "STREAM", "max_tokens", "max_Tokens", "max_completion_tokens", "n", "N",
                    "stream_options", "temperature", "Temperature", "messages", "mod\\u0065l", "x",
                ]),
                proptest::sample::select(vec![
                    "\"m\"", "\"up\"", "true", "false", "null", "3", "70", "{}", "{\"include_usage\":false}", "[]",
                    "[{\"model\":\"z\"}]",
                ]),
            ), 0..7),
            space in proptest::sample::select(vec!["", " ", "\n\t"]),
        ) {
            let text = fields.iter().map(|(name, value)| format!("{space}\"{name}\"{space}:{value}")).collect::<Vec<_>>();
            let body = format!("{{{}{space}}}", text.join(","));
            let bytes = Bytes::from(body.clone());
            if let Ok(head) = head::read(&bytes, Endpoint::ChatCompletions, &Address::default()) {
                let sent = rewritten(&body, OutputCap::AtMost(50));
                let strict = head::read(sent.as_bytes(), Endpoint::ChatCompletions, &Address::default()).unwrap();
                prop_assert_eq!(&strict.model, "up");
                prop_assert_eq!((strict.stream, strict.choices), (head.stream, head.choices));
                prop_assert!(!strict.stream || strict.stream_options.unwrap().value.include_usage);
                for first_wins in [true, false] {
                    let seen = lenient(&sent, first_wins);
                    prop_assert_eq!(&seen["model"], "up");
                    prop_assert_eq!(seen.get("stream").and_then(Value::as_bool).unwrap_or(false), head.stream);
                    let caps = ["max_tokens", "max_completion_tokens"].map(|cap| seen.get(cap).and_then(Value::as_u64));
                    prop_assert!(caps.iter().flatten().all(|&cap| cap <= 50) && caps.iter().any(Option::is_some));
                    prop_assert_eq!(seen.get("n").and_then(Value::as_u64).unwrap_or(1), head.choices);
                    prop_assert!(!head.stream || seen["stream_options"]["include_usage"] == true);
                }
                let touched = ["model", "stream_options", "max_tokens", "max_completion_tokens"];
                let rest = |text: &str| {
                    let mut map: Map<String, Value> = serde_json::from_str(text).unwrap();
                    map.retain(|name, _| !touched.contains(&name.as_str()));
                    map
                };
                prop_assert_eq!(rest(&sent), rest(&body));
            }
        }
    }
}
