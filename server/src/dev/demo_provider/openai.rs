//! What the OpenAI surfaces share: the key, errors, the list of models.

use super::anthropic;
use super::reply;
use super::script::Plan;
use super::{MODELS, Provider, Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

pub(super) fn error(status: StatusCode, kind: &str, code: Option<&str>, message: &str) -> Response {
    reply::json(status, &json!({"error": {"message": message, "type": kind, "param": null, "code": code}}))
}

pub(super) fn invalid(message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_request_error", None, message)
}

pub(super) fn check_key(provider: &Provider, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if provider.knows(presented.and_then(|value| value.strip_prefix("Bearer "))) {
        return Ok(());
    }
    let message = "Incorrect API key provided. This is the demo provider; only the gateway knows its key.";
    Err(Box::new(error(StatusCode::UNAUTHORIZED, "invalid_request_error", Some("invalid_api_key"), message)))
}

/// The checks that come before any work: the key, the body, the model.
pub(super) fn read(provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<(Value, String), Box<Response>> {
    check_key(provider, headers)?;
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| Box::new(invalid("We could not parse the JSON body of your request.")))?;
    let model =
        body["model"].as_str().ok_or_else(|| Box::new(invalid("you must provide a model parameter")))?.to_owned();
    check_model(&model)?;
    Ok((body, model))
}

pub(super) fn check_model(model: &str) -> Result<(), Box<Response>> {
    if MODELS.contains(&model) {
        return Ok(());
    }
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    Err(Box::new(error(StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found"), &message)))
}

/// The error that the prompt asked for.
pub(super) async fn asked_error(plan: &Plan) -> Option<Response> {
    let status = StatusCode::from_u16(plan.error?).ok()?;
    tokio::time::sleep(plan.wait).await;
    let (kind, code) = match status.as_u16() {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        429 => ("requests", Some("rate_limit_exceeded")),
        500.. => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    Some(error(status, kind, code, "The prompt asked the demo provider for this error."))
}

pub(super) async fn models(provider: Shared, headers: HeaderMap) -> Response {
    if headers.contains_key("anthropic-version") {
        return anthropic::models(&provider, &headers);
    }
    if let Err(refusal) = check_key(&provider, &headers) {
        return *refusal;
    }
    let model = |id| json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "keywright"});
    reply::json(StatusCode::OK, &json!({"object": "list", "data": MODELS.map(model)}))
}

pub(super) async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "invalid_request_error", None, "The demo provider does not serve this address.")
}
