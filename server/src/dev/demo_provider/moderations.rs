//! `POST /v1/moderations`: flags a text that says `[flag]`, and no other.

use super::Shared;
use super::openai::{asked_error, invalid, read};
use super::reply;
use super::script::{Asked, plan, text_of};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

pub(super) async fn moderate(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let texts: Vec<String> = match &body["input"] {
        Value::String(text) => vec![text.clone()],
        // Several texts, or one made of parts.
        Value::Array(list) if list.iter().all(Value::is_string) && !list.is_empty() => {
            list.iter().map(text_of).collect()
        }
        parts @ Value::Array(list) if !list.is_empty() => vec![text_of(parts)],
        _ => return invalid("Missing required parameter: 'input'."),
    };
    let plan = plan(&Asked { prompt: texts.join(" "), ..Asked::default() });
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let results: Vec<Value> = texts.iter().map(|text| result(text)).collect();
    let answer = json!({"id": provider.next_id("modr-"), "model": model, "results": results});
    reply::plain(&plan, &answer).await
}

fn result(text: &str) -> Value {
    let flagged = text.contains("[flag]");
    let each = |value: &dyn Fn(&str) -> Value| -> Map<String, Value> {
        CATEGORIES.iter().map(|category| ((*category).to_owned(), value(category))).collect()
    };
    let is_it = |category: &str| flagged && category == "harassment";
    json!({
        "flagged": flagged,
        "categories": each(&|category| json!(is_it(category))),
        "category_scores": each(&|category| json!(if is_it(category) { 0.9 } else { 0.000_1 })),
        "category_applied_input_types": each(&|_| json!(["text"])),
    })
}
