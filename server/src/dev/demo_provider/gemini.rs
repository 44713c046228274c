//! `/v1beta/models/{model}:generateContent`, `:streamGenerateContent` as events or as an array, `:countTokens`,
//! `:embedContent` and `:batchEmbedContents` in Gemini's wire format; the same under `/v1`.

use super::embeddings::vector;
use super::reply::{self, Piece};
use super::script::{Asked, Content, Plan, Tool, count_tokens, plan, text_of};
use super::{MODELS, Provider, Shared};
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// What stands for the state of a thought; it is sent back with the next turn.
const SIGNATURE: &str = "ZGVtbw==";
const DIMENSIONS: u64 = 256;
const MOST_DIMENSIONS: u64 = 3_072;

#[derive(Deserialize)]
pub(super) struct Parameters {
    alt: Option<String>,
    key: Option<String>,
}

fn error(status: StatusCode, message: &str, details: &Value) -> Response {
    let word = match status.as_u16() {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    };
    let error = json!({"code": status.as_u16(), "message": message, "status": word, "details": details});
    reply::json(status, &json!({"error": error}))
}

fn invalid(message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, message, &json!([]))
}

fn check_key(provider: &Provider, headers: &HeaderMap, query: &Parameters) -> Result<(), Box<Response>> {
    let header = headers.get("x-goog-api-key").and_then(|value| value.to_str().ok());
    if provider.knows(header.or(query.key.as_deref())) {
        return Ok(());
    }
    // The real one, too, says 400 here, not 401.
    let details = json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
    }]);
    Err(Box::new(error(StatusCode::BAD_REQUEST, "API key not valid. Please pass a valid API key.", &details)))
}

pub(super) async fn call(
    provider: Shared,
    Path(call): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = check_key(&provider, &headers, &query) {
        return *refusal;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else { return invalid("Invalid JSON payload received.") };
    let Some((model, method)) = call.rsplit_once(':').filter(|(model, _)| MODELS.contains(model)) else {
        let message = format!("{} is not found for API version v1beta.", call.split(':').next().unwrap_or_default());
        return error(StatusCode::NOT_FOUND, &message, &json!([]));
    };
    match method {
        "generateContent" => generate(&provider, model, &body, None).await,
        "streamGenerateContent" => {
            let as_events = query.alt.as_deref() == Some("sse");
            generate(&provider, model, &body, Some(as_events)).await
        }
        "countTokens" => {
            let request = body.get("generateContentRequest").unwrap_or(&body);
            let total = asked(model, request).input_tokens;
            reply::json(StatusCode::OK, &json!({"totalTokens": total, "promptTokensDetails": modality(total)}))
        }
        "embedContent" => {
            let tokens = count_tokens(&text_of(&body["content"]["parts"]));
            let answer = json!({"embedding": embedding(&body), "usageMetadata": {"promptTokenCount": tokens}});
            reply::json(StatusCode::OK, &answer)
        }
        "batchEmbedContents" => {
            let requests = body["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
            let tokens = requests.iter().map(|one| count_tokens(&text_of(&one["content"]["parts"]))).sum::<u64>();
            let embeddings: Vec<Value> = requests.iter().map(embedding).collect();
            let answer = json!({"embeddings": embeddings, "usageMetadata": {"promptTokenCount": tokens}});
            reply::json(StatusCode::OK, &answer)
        }
        _ => error(StatusCode::NOT_FOUND, &format!("The demo provider has no method {method}."), &json!([])),
    }
}

fn embedding(request: &Value) -> Value {
    let dimensions = request["outputDimensionality"].as_u64().unwrap_or(DIMENSIONS).clamp(1, MOST_DIMENSIONS);
    json!({"values": vector(&text_of(&request["content"]["parts"]), dimensions)})
}

/// `None`: plain; otherwise streamed, as events or as an array.
async fn generate(provider: &Provider, model: &str, body: &Value, streamed: Option<bool>) -> Response {
    if body["contents"].as_array().is_none_or(Vec::is_empty) {
        return invalid("* GenerateContentRequest.contents: contents is not specified");
    }
    let asked = asked(model, body);
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let answer = Answer {
        id: provider.next_id("resp_"),
        model: asked.model,
        call_ids: provider.next_ids("call_", &plan),
        input_tokens: asked.input_tokens,
        shows_thoughts: !asked.omits_thoughts,
    };
    let pause = provider.settings.word_pause;
    match streamed {
        None => reply::plain(&plan, &answer.chunk(&plan, &answer.parts(&plan), true)).await,
        Some(true) => reply::streamed(&plan, answer.events(&plan, pause)).await,
        Some(false) => reply::streamed_array(&plan, answer.array(&plan, pause)).await,
    }
}

async fn asked_error(plan: &Plan) -> Option<Response> {
    let status = StatusCode::from_u16(plan.error?).ok()?;
    tokio::time::sleep(plan.wait).await;
    let retry = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]);
    let details = if status == StatusCode::TOO_MANY_REQUESTS { retry } else { json!([]) };
    Some(error(status, "The prompt asked the demo provider for this error.", &details))
}

fn asked(model: &str, body: &Value) -> Asked {
    let contents = body["contents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = |content: &Value| content["parts"].as_array().cloned().unwrap_or_default();
    let last = contents.last().filter(|content| content["role"] != "model");
    let result =
        last.and_then(|content| parts(content).into_iter().find_map(|part| part.get("functionResponse").cloned()));
    let is_image = |part: &Value| part.get("inlineData").or_else(|| part.get("fileData")).is_some();
    // Their own examples for the shell write it with an underscore.
    let system = body.get("systemInstruction").or_else(|| body.get("system_instruction"));
    let system = system.map(|system| text_of(&system["parts"])).unwrap_or_default();
    let texts = contents.iter().map(|content| count_tokens(&text_of(&content["parts"]))).sum::<u64>();
    let config = &body["generationConfig"];
    let thinking = &config["thinkingConfig"];
    let calling = &body["toolConfig"]["functionCallingConfig"];
    Asked {
        model: model.to_owned(),
        prompt: last.map(|content| text_of(&content["parts"])).unwrap_or_default(),
        tool_result: result.map(|result| said_by_tool(&result["response"])),
        turns: 0,
        images: contents.iter().flat_map(parts).filter(is_image).count(),
        input_tokens: texts + count_tokens(&system) + contents.len() as u64,
        system,
        max_tokens: config["maxOutputTokens"].as_u64(),
        stream: false,
        tools: tools(body),
        forced: (calling["mode"] == "ANY").then(|| calling["allowedFunctionNames"][0].as_str().map(str::to_owned)),
        schema: (config["responseMimeType"] == "application/json").then(|| {
            let schema = ["responseJsonSchema", "responseSchema"].iter().find_map(|name| config.get(*name));
            schema.cloned().unwrap_or_else(|| json!({}))
        }),
        omits_thoughts: thinking["includeThoughts"] != true,
        thinks: thinking["thinkingBudget"].as_i64().map_or(thinking.is_object(), |budget| budget != 0),
    }
}

fn tools(body: &Value) -> Vec<Tool> {
    let tools = body["tools"].as_array().into_iter().flatten();
    let functions = tools.flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten());
    // Their own SDK for Python sends the underscores.
    let tool = |function: &Value| {
        let schema = ["parametersJsonSchema", "parameters_json_schema", "parameters"]
            .iter()
            .find_map(|name| function.get(*name));
        Some(Tool { name: function["name"].as_str()?.to_owned(), schema: schema.cloned().unwrap_or_default() })
    };
    functions.filter_map(tool).collect()
}

/// Functions answer with an object; a plain text stands in its one field.
fn said_by_tool(response: &Value) -> String {
    let plain = ["output", "result", "content"].iter().find_map(|name| response[*name].as_str());
    plain.map_or_else(|| response.to_string(), str::to_owned)
}

fn modality(tokens: u64) -> Value {
    json!([{"modality": "TEXT", "tokenCount": tokens}])
}

struct Answer {
    id: String,
    model: String,
    call_ids: Vec<String>,
    input_tokens: u64,
    shows_thoughts: bool,
}

impl Answer {
    /// The parts of the answer, as finely as they are streamed.
    fn pieces(&self, plan: &Plan) -> Vec<Value> {
        let thought = plan.thought.iter().filter(|_| self.shows_thoughts);
        let mut pieces: Vec<Value> = thought.map(|word| json!({"text": word, "thought": true})).collect();
        match &plan.content {
            Content::Words(words) => pieces.extend(words.iter().map(|word| json!({"text": word}))),
            Content::Calls(calls) => {
                pieces.extend(calls.iter().zip(&self.call_ids).enumerate().map(|(index, (call, id))| {
                    let mut part = json!({"functionCall": {"id": id, "name": call.name, "args": call.arguments}});
                    if index == 0 && !plan.thought.is_empty() {
                        part["thoughtSignature"] = json!(SIGNATURE);
                    }
                    part
                }));
            }
        }
        pieces
    }

    /// The same with the words put together.
    fn parts(&self, plan: &Plan) -> Vec<Value> {
        let mut parts: Vec<Value> = vec![];
        for piece in self.pieces(plan) {
            let continued = parts.last_mut().filter(|last| {
                last["text"].is_string() && piece["text"].is_string() && last["thought"] == piece["thought"]
            });
            match (continued, piece["text"].as_str()) {
                (Some(last), Some(word)) => {
                    last["text"] = json!(format!("{}{word}", last["text"].as_str().unwrap_or_default()));
                }
                _ => parts.push(piece),
            }
        }
        parts
    }

    fn chunk(&self, plan: &Plan, parts: &[Value], ends: bool) -> Value {
        let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
        let mut usage = json!({
            "promptTokenCount": self.input_tokens, "totalTokenCount": self.input_tokens,
            "promptTokensDetails": modality(self.input_tokens),
        });
        if ends {
            candidate["finishReason"] = json!(if plan.truncated { "MAX_TOKENS" } else { "STOP" });
            usage["candidatesTokenCount"] = json!(plan.output_tokens - plan.thought_tokens());
            usage["totalTokenCount"] = json!(self.input_tokens + plan.output_tokens);
            if !plan.thought.is_empty() {
                usage["thoughtsTokenCount"] = json!(plan.thought_tokens());
            }
        }
        json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": self.model, "responseId": self.id})
    }

    fn chunks(&self, plan: &Plan) -> Vec<Value> {
        let pieces = self.pieces(plan);
        let last = pieces.len().saturating_sub(1);
        pieces.into_iter().enumerate().map(|(index, piece)| self.chunk(plan, &[piece], index == last)).collect()
    }

    /// Lines end as they do there.
    fn events(&self, plan: &Plan, pause: Duration) -> Vec<Piece> {
        self.chunks(plan).iter().map(|chunk| (pause, format!("data: {chunk}\r\n\r\n"))).collect()
    }

    /// One JSON document that arrives element by element.
    fn array(&self, plan: &Plan, pause: Duration) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = vec![];
        for chunk in self.chunks(plan) {
            let before = if pieces.is_empty() { "[" } else { ",\r\n" };
            pieces.push((pause, format!("{before}{chunk}")));
        }
        pieces.push((Duration::ZERO, "\n]\n".to_owned()));
        pieces
    }
}

/// The list of models as Gemini gives it.
pub(super) async fn models(provider: Shared, Query(query): Query<Parameters>, headers: HeaderMap) -> Response {
    if let Err(refusal) = check_key(&provider, &headers, &query) {
        return *refusal;
    }
    reply::json(StatusCode::OK, &json!({"models": MODELS.map(described)}))
}

pub(super) async fn model(
    provider: Shared,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    match check_key(&provider, &headers, &query) {
        Err(refusal) => *refusal,
        Ok(()) if MODELS.contains(&name.as_str()) => reply::json(StatusCode::OK, &described(&name)),
        Ok(()) => error(StatusCode::NOT_FOUND, &format!("Model models/{name} is not found."), &json!([])),
    }
}

fn described(name: &str) -> Value {
    json!({
        "name": format!("models/{name}"), "version": "001", "displayName": name, "inputTokenLimit": 200_000,
        "outputTokenLimit": 32_000,
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent", "batchEmbedContents"],
    })
}
