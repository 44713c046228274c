//! `POST /v1/audio/speech`, half a second of silence, and `POST /v1/audio/transcriptions`, which has never listened.

use super::Shared;
use super::openai::{asked_error, check_key, check_model, invalid, read};
use super::reply;
use super::script::{Asked, plan};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;

const SAMPLES_A_SECOND: u32 = 8_000;
const TOKENS_A_SECOND: u64 = 10;
/// Of uncompressed speech at that rate; what a file's length is taken for.
const BYTES_A_SECOND: u64 = 16_000;

pub(super) async fn speak(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, _) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let Some(input) = body["input"].as_str().filter(|input| !input.is_empty()) else {
        return invalid("Missing required parameter: 'input'.");
    };
    let plan = plan(&Asked { prompt: input.to_owned(), ..Asked::default() });
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    tokio::time::sleep(plan.wait).await;
    reply::binary("audio/wav", silence(SAMPLES_A_SECOND / 2))
}

/// A WAV file: one channel, 16 bits a sample.
fn silence(samples: u32) -> Vec<u8> {
    let data = samples * 2;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&[1, 0, 1, 0]);
    file.extend_from_slice(&SAMPLES_A_SECOND.to_le_bytes());
    file.extend_from_slice(&(SAMPLES_A_SECOND * 2).to_le_bytes());
    file.extend_from_slice(&[2, 0, 16, 0]);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    file.resize(file.len() + data as usize, 0);
    file
}

pub(super) async fn transcribe(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = check_key(&provider, &headers) {
        return *refusal;
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(boundary) = content_type.split_once("boundary=").map(|(_, rest)| rest.trim_matches('"')) else {
        return invalid("Send the file as multipart/form-data.");
    };
    let field = |name: &str| form_field(&body, boundary, name);
    let Some(model) = field("model").and_then(|model| std::str::from_utf8(model).ok()) else {
        return invalid("you must provide a model parameter");
    };
    if let Err(refusal) = check_model(model) {
        return *refusal;
    }
    let Some(file) = field("file") else { return invalid("Missing required parameter: 'file'.") };
    let text = format!("A recording of {} bytes.", file.len());
    if field("response_format") == Some(b"text") {
        return reply::text(format!("{text}\n"));
    }
    let input = (file.len() as u64).div_ceil(BYTES_A_SECOND) * TOKENS_A_SECOND;
    let output = text.split_whitespace().count() as u64;
    let usage = json!({
        "type": "tokens", "input_tokens": input, "input_token_details": {"text_tokens": 0, "audio_tokens": input},
        "output_tokens": output, "total_tokens": input + output,
    });
    reply::json(StatusCode::OK, &json!({"text": text, "usage": usage}))
}

/// The bytes of a form's field.
fn form_field<'a>(body: &'a [u8], boundary: &str, name: &str) -> Option<&'a [u8]> {
    let line = format!("--{boundary}");
    let wanted = format!("name=\"{name}\"");
    let mut rest = &body[find(body, line.as_bytes())? + line.len()..];
    while let Some(end) = find(rest, line.as_bytes()) {
        let (head, content) = rest[..end].split_at(find(&rest[..end], b"\r\n\r\n")?);
        if find(head, wanted.as_bytes()).is_some() {
            return content[4..].strip_suffix(b"\r\n");
        }
        rest = &rest[end + line.len()..];
    }
    None
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
