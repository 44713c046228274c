//! `POST /v1/images/generations`: the same picture of one pixel for every prompt, billed like a real one.

use super::Shared;
use super::openai::{asked_error, invalid, read};
use super::reply;
use super::script::{Asked, count_tokens, plan};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

/// A PNG of one grey pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
const TOKENS_OF_AN_IMAGE: u64 = 272;
const MOST_IMAGES: u64 = 10;

pub(super) async fn generate(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, _) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let Some(prompt) = body["prompt"].as_str().filter(|prompt| !prompt.is_empty()) else {
        return invalid("Missing required parameter: 'prompt'.");
    };
    let plan = plan(&Asked { prompt: prompt.to_owned(), ..Asked::default() });
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let images = body["n"].as_u64().unwrap_or(1).clamp(1, MOST_IMAGES);
    let (input, output) = (count_tokens(prompt), images * TOKENS_OF_AN_IMAGE);
    let data: Vec<Value> = (0..images).map(|_| json!({"b64_json": PIXEL})).collect();
    let answer = json!({
        "created": provider.unix_seconds(), "data": data, "background": "opaque", "output_format": "png",
        "quality": "low", "size": "1024x1024",
        "usage": {
            "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
            "input_tokens_details": {"text_tokens": input, "image_tokens": 0},
        },
    });
    reply::plain(&plan, &answer).await
}
