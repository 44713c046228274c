//! `POST /v1/embeddings`: vectors of unit length that depend on the text alone.

use super::Shared;
use super::openai::{asked_error, invalid, read};
use super::reply;
use super::script::{Asked, count_tokens, plan};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const DIMENSIONS: u64 = 256;
const MOST_DIMENSIONS: u64 = 4_096;
const MOST_INPUTS: usize = 2_048;

pub(super) async fn embed(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let Some(inputs) = inputs(&body["input"]) else {
        return invalid(
            "'$.input' is invalid: a string, or up to 2048 strings or arrays of tokens, none of them empty.",
        );
    };
    let asked = Asked { prompt: inputs.iter().map(|input| input.0.as_str()).collect(), ..Asked::default() };
    if let Some(error) = asked_error(&plan(&asked)).await {
        return error;
    }
    let dimensions = body["dimensions"].as_u64().unwrap_or(DIMENSIONS).clamp(1, MOST_DIMENSIONS);
    let packed = body["encoding_format"] == "base64";
    let embedding = |(index, (text, _)): (usize, &(String, u64))| {
        let vector = vector(text, dimensions);
        let embedding = if packed { json!(pack(&vector)) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let tokens: u64 = inputs.iter().map(|input| input.1).sum();
    let data: Vec<Value> = inputs.iter().enumerate().map(embedding).collect();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    reply::json(StatusCode::OK, &json!({"object": "list", "data": data, "model": model, "usage": usage}))
}

/// Each input as text, with its tokens.
fn inputs(input: &Value) -> Option<Vec<(String, u64)>> {
    let one = |input: &Value| match input {
        Value::String(text) if !text.is_empty() => Some((text.clone(), count_tokens(text).max(1))),
        Value::Array(tokens) if !tokens.is_empty() && tokens.iter().all(Value::is_u64) => {
            Some((input.to_string(), tokens.len() as u64))
        }
        _ => None,
    };
    match input {
        Value::Array(list) if !list.is_empty() && !list[0].is_u64() => {
            (list.len() <= MOST_INPUTS).then(|| list.iter().map(one).collect())?
        }
        single => one(single).map(|input| vec![input]),
    }
}

pub(super) fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    let coordinate = |index: u64| {
        let digest = Sha256::new().chain_update(index.to_le_bytes()).chain_update(text).finalize();
        f32::from(i16::from_le_bytes([digest[0], digest[1]]))
    };
    let raw: Vec<f32> = (0..dimensions).map(coordinate).collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt().max(1.0);
    raw.into_iter().map(|x| x / length).collect()
}

/// Little-endian floats, as the SDKs ask for by default.
fn pack(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}
