//! `POST /v1/responses`, plain and as the sequence of events that Codex and the SDKs build the response from.

use super::openai::{asked_error, invalid, read};
use super::reply::{self, Piece, named};
use super::script::{Asked, Call, Content, Plan, count_tokens, parts_of_type, plan, text_of, tools};
use super::stored::Before;
use super::{Provider, Shared};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn respond(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    if !(body["input"].is_string() || body["input"].is_array()) {
        return invalid("Missing required parameter: 'input'.");
    }
    let before = match provider.kept.before(&body) {
        Ok(before) => before,
        Err(refusal) => return *refusal,
    };
    let asked = asked(&body, &before, model);
    let plan = plan(&asked);
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let answer = Answer::new(&provider, &body, &before, &asked, &plan);
    provider.kept.keep(&body, &before, &answer.ended(), || provider.next_id("msg_"));
    if asked.stream {
        reply::streamed(&plan, answer.events(provider.settings.word_pause)).await
    } else {
        reply::plain(&plan, &answer.ended()).await
    }
}

fn asked(body: &Value, before: &Before, model: String) -> Asked {
    let one = [json!({"role": "user", "content": body["input"]})];
    let items = body["input"].as_array().map_or(&one[..], Vec::as_slice);
    let texts = before.items.iter().chain(items).map(|item| count_tokens(&text_of(&item["content"])));
    let last = items.last();
    let choice = &body["tool_choice"];
    let format = &body["text"]["format"];
    Asked {
        model,
        prompt: last.filter(|item| item["role"] == "user").map(|item| text_of(&item["content"])).unwrap_or_default(),
        tool_result: last.filter(|item| item["type"] == "function_call_output").map(|item| text_of(&item["output"])),
        system: instructions(body, items),
        turns: before.turns,
        images: items.iter().map(|item| parts_of_type(&item["content"], &["input_image"])).sum(),
        input_tokens: texts.sum::<u64>() + count_tokens(&text_of(&body["instructions"])) + 1,
        max_tokens: body["max_output_tokens"].as_u64(),
        stream: body["stream"].as_bool().unwrap_or(false),
        // Tools of other types than functions have no schema and are not called.
        tools: tools(body, |tool| (&tool["name"], &tool["parameters"]))
            .into_iter()
            .filter(|tool| tool.schema.is_object())
            .collect(),
        forced: match choice.as_str() {
            Some("required") => Some(None),
            _ => choice["name"].as_str().map(|name| Some(name.to_owned())),
        },
        schema: match format["type"].as_str() {
            Some("json_schema") => Some(format["schema"].clone()),
            Some("json_object") => Some(json!({})),
            _ => None,
        },
        thinks: body["reasoning"]["effort"].as_str().is_some_and(|effort| effort != "none"),
        omits_thoughts: body["reasoning"]["summary"].is_null(),
    }
}

/// Some clients send them apart, others as the first item.
fn instructions(body: &Value, items: &[Value]) -> String {
    let is_system = |item: &&Value| item["role"] == "system" || item["role"] == "developer";
    let apart = text_of(&body["instructions"]);
    if apart.is_empty() {
        items.iter().find(is_system).map(|item| text_of(&item["content"])).unwrap_or_default()
    } else {
        apart
    }
}

struct Answer {
    /// The response without what comes to be: status, output, usage.
    frame: Value,
    items: Vec<Item>,
    usage: Value,
    truncated: bool,
}

/// An item of the output: as it begins, as it is in the end, and the events in between.
struct Item {
    start: Value,
    whole: Value,
    /// Name, fields besides those that place it in the output, and whether it is a word for which one waits.
    events: Vec<(&'static str, Value, bool)>,
}

impl Item {
    /// Without words it is only told that there was one.
    fn thought(id: &str, words: &[String]) -> Self {
        let text = words.concat();
        let at = |data: Value| with(data, "summary_index", json!(0));
        let part = |text: &str| json!({"type": "summary_text", "text": text});
        let item =
            |summary: Value| json!({"id": id, "type": "reasoning", "summary": summary, "encrypted_content": null});
        if words.is_empty() {
            return Self { start: item(json!([])), whole: item(json!([])), events: vec![] };
        }
        let delta = |word| ("response.reasoning_summary_text.delta", at(json!({"delta": word})), true);
        let mut events = vec![("response.reasoning_summary_part.added", at(json!({"part": part("")})), false)];
        events.extend(words.iter().map(delta));
        events.push(("response.reasoning_summary_text.done", at(json!({"text": text})), false));
        events.push(("response.reasoning_summary_part.done", at(json!({"part": part(&text)})), false));
        Self { start: item(json!([])), whole: item(json!([part(&text)])), events }
    }

    fn message(id: &str, words: &[String], status: &str) -> Self {
        let text = words.concat();
        let at = |data: Value| with(data, "content_index", json!(0));
        let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
        let delta = |word| ("response.output_text.delta", at(json!({"delta": word, "logprobs": []})), true);
        let mut events = vec![("response.content_part.added", at(json!({"part": part("")})), false)];
        events.extend(words.iter().map(delta));
        events.push(("response.output_text.done", at(json!({"text": text, "logprobs": []})), false));
        events.push(("response.content_part.done", at(json!({"part": part(&text)})), false));
        let item = |status: &str, content: Value| json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content});
        Self { start: item("in_progress", json!([])), whole: item(status, json!([part(&text)])), events }
    }

    fn call(id: &str, call_id: &str, call: &Call) -> Self {
        let arguments = call.arguments.to_string();
        let delta = |part| ("response.function_call_arguments.delta", json!({"delta": part}), true);
        let mut events: Vec<_> = call.pieces().into_iter().map(delta).collect();
        let done = json!({"name": call.name, "arguments": arguments});
        events.push(("response.function_call_arguments.done", done, false));
        let item = |status: &str, arguments: &str| json!({"id": id, "type": "function_call", "status": status, "call_id": call_id, "name": call.name, "arguments": arguments});
        Self { start: item("in_progress", ""), whole: item("completed", &arguments), events }
    }
}

fn with(mut data: Value, name: &str, value: Value) -> Value {
    data[name] = value;
    data
}

impl Answer {
    fn new(provider: &Provider, body: &Value, before: &Before, asked: &Asked, plan: &Plan) -> Self {
        let status = if plan.truncated { "incomplete" } else { "completed" };
        let mut items = vec![];
        if !plan.thought.is_empty() {
            let shown: &[String] = if asked.omits_thoughts { &[] } else { &plan.thought };
            items.push(Item::thought(&provider.next_id("rs_"), shown));
        }
        match &plan.content {
            Content::Words(words) => items.push(Item::message(&provider.next_id("msg_"), words, status)),
            Content::Calls(calls) => {
                let item = |call| Item::call(&provider.next_id("fc_"), &provider.next_id("call_"), call);
                items.extend(calls.iter().map(item));
            }
        }
        let or =
            |name: &str, default: Value| body.get(name).filter(|value| !value.is_null()).cloned().unwrap_or(default);
        Self {
            frame: json!({
                "id": provider.next_id("resp_"), "object": "response", "created_at": provider.unix_seconds(),
                "status": "in_progress", "background": false, "error": null, "incomplete_details": null,
                "instructions": body["instructions"], "max_output_tokens": body["max_output_tokens"],
                "max_tool_calls": null, "model": asked.model, "output": [], "parallel_tool_calls": true,
                "previous_response_id": before.id, "prompt_cache_key": body["prompt_cache_key"],
                "reasoning": or("reasoning", json!({"effort": null, "summary": null})), "safety_identifier": null,
                "service_tier": "default", "store": or("store", json!(true)), "temperature": or("temperature", json!(1.0)),
                "text": or("text", json!({"format": {"type": "text"}})), "tool_choice": or("tool_choice", json!("auto")),
                "tools": or("tools", json!([])), "top_logprobs": 0, "top_p": or("top_p", json!(1.0)),
                "truncation": "disabled", "usage": null, "user": null, "metadata": or("metadata", json!({})),
            }),
            items,
            usage: json!({
                "input_tokens": asked.input_tokens, "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": plan.output_tokens,
                "output_tokens_details": {"reasoning_tokens": plan.thought_tokens()},
                "total_tokens": asked.input_tokens + plan.output_tokens,
            }),
            truncated: plan.truncated,
        }
    }

    fn ended(&self) -> Value {
        let mut response = self.frame.clone();
        response["status"] = json!(if self.truncated { "incomplete" } else { "completed" });
        response["output"] = self.items.iter().map(|item| item.whole.clone()).collect();
        response["usage"] = self.usage.clone();
        if self.truncated {
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        response
    }

    fn events(&self, pause: Duration) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = vec![];
        let mut say = |pause: Duration, name: &str, mut data: Value| {
            data["type"] = json!(name);
            data["sequence_number"] = json!(pieces.len());
            pieces.push((pause, named(name, &data)));
        };
        let at_once = Duration::ZERO;
        say(at_once, "response.created", json!({"response": self.frame}));
        say(at_once, "response.in_progress", json!({"response": self.frame}));
        for (index, item) in self.items.iter().enumerate() {
            let whole = |item: &Value| json!({"output_index": index, "item": item});
            say(at_once, "response.output_item.added", whole(&item.start));
            for (name, data, is_word) in &item.events {
                let data = with(with(data.clone(), "item_id", item.whole["id"].clone()), "output_index", json!(index));
                say(if *is_word { pause } else { at_once }, name, data);
            }
            say(at_once, "response.output_item.done", whole(&item.whole));
        }
        let last = if self.truncated { "response.incomplete" } else { "response.completed" };
        say(at_once, last, json!({"response": self.ended()}));
        pieces
    }
}
