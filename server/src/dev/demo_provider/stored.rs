//! The last few responses, kept as OpenAI keeps them: read, listed, deleted and gone on from by their ids.
//!
//! Only in memory, only so many (the oldest make room), and none with a conversation that is too long to keep. There is
//! one key, so that everything here is its own.

use super::openai::{check_key, error, invalid};
use super::reply;
use super::{Provider, Shared};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const MOST: usize = 64;
/// The longest conversation that is kept.
const LONGEST_BYTES: usize = 512 * 1024;

#[derive(Clone)]
struct Kept {
    id: String,
    response: Value,
    /// Of this turn alone.
    input: Vec<Value>,
    /// Everything that was said until now, this turn included.
    conversation: Vec<Value>,
    turns: usize,
}

/// What an earlier turn left to go on from.
#[derive(Default)]
pub(super) struct Before {
    pub(super) id: Option<String>,
    pub(super) items: Vec<Value>,
    pub(super) turns: usize,
}

#[derive(Default)]
pub(super) struct Shelf(Mutex<VecDeque<Kept>>);

impl Shelf {
    fn find(&self, id: &str) -> Option<Kept> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|kept| kept.id == id).cloned()
    }

    /// The conversation before a request, or why it cannot go on.
    pub(super) fn before(&self, body: &Value) -> Result<Before, Box<Response>> {
        let Some(id) = body["previous_response_id"].as_str() else { return Ok(Before::default()) };
        let Some(kept) = self.find(id) else {
            let message = format!("Previous response with id '{id}' not found.");
            let code = Some("previous_response_not_found");
            return Err(Box::new(error(StatusCode::BAD_REQUEST, "invalid_request_error", code, &message)));
        };
        Ok(Before { id: Some(kept.id), items: kept.conversation, turns: kept.turns })
    }

    /// Keeps a response, unless its request says otherwise. `id` names each item of the input.
    pub(super) fn keep(&self, body: &Value, before: &Before, response: &Value, mut id: impl FnMut() -> String) {
        if body["store"] == false {
            return;
        }
        let mut input = match &body["input"] {
            Value::Array(items) => items.clone(),
            text => vec![json!({"role": "user", "content": [{"type": "input_text", "text": text}]})],
        };
        for item in input.iter_mut().filter_map(Value::as_object_mut) {
            item.entry("id").or_insert_with(|| json!(id()));
            item.entry("type").or_insert(json!("message"));
        }
        let output = response["output"].as_array().into_iter().flatten();
        let conversation: Vec<Value> = before.items.iter().chain(&input).chain(output).cloned().collect();
        if conversation.iter().map(|item| item.to_string().len()).sum::<usize>() > LONGEST_BYTES {
            return;
        }
        let id = response["id"].as_str().unwrap_or_default().to_owned();
        let kept = Kept { id, response: response.clone(), input, conversation, turns: before.turns + 1 };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(kept);
        if all.len() > MOST {
            all.pop_front();
        }
    }

    /// False if there was none.
    fn delete(&self, id: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.len();
        all.retain(|kept| kept.id != id);
        all.len() < before
    }
}

fn find(provider: &Provider, headers: &HeaderMap, id: &str) -> Result<Kept, Box<Response>> {
    check_key(provider, headers)?;
    provider.kept.find(id).ok_or_else(|| Box::new(none(id)))
}

fn none(id: &str) -> Response {
    error(StatusCode::NOT_FOUND, "invalid_request_error", None, &format!("Response with id '{id}' not found."))
}

pub(super) async fn retrieve(provider: Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match find(&provider, &headers, &id) {
        Ok(kept) => reply::json(StatusCode::OK, &kept.response),
        Err(refusal) => *refusal,
    }
}

pub(super) async fn input_items(provider: Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let kept = match find(&provider, &headers, &id) {
        Ok(kept) => kept,
        Err(refusal) => return *refusal,
    };
    let ids = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let list = json!({
        "object": "list", "data": kept.input, "first_id": ids(kept.input.first()), "last_id": ids(kept.input.last()),
        "has_more": false,
    });
    reply::json(StatusCode::OK, &list)
}

pub(super) async fn delete(provider: Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Err(refusal) = check_key(&provider, &headers) {
        return *refusal;
    }
    if !provider.kept.delete(&id) {
        return none(&id);
    }
    reply::json(StatusCode::OK, &json!({"id": id, "object": "response", "deleted": true}))
}

pub(super) async fn cancel(provider: Shared, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match find(&provider, &headers, &id) {
        Ok(_) => invalid("Cannot cancel a synchronous response."),
        Err(refusal) => *refusal,
    }
}
