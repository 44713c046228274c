//! Writes a request to `/v1/messages`.

use super::super::chat::{
    Chat, Effort, Image, ImageSource, Part, Role, Sent, Shape, Thinking, Thought, Tool, ToolChoice, ToolResult, Turn,
};
use super::super::reading::refusal;
use super::super::signature::Signature;
use super::super::writing::{Fields, Json};
use super::super::{Dialect, Target, described};
use domain::denial::Denial;
use serde_json::Number;

/// The least budget that the format takes; thinking counts as output and has to stay below the cap.
const LEAST_BUDGET: u64 = 1_024;

pub(in super::super) fn write(chat: &Chat, target: &Target<'_>) -> Result<String, Denial> {
    refuse_unknown(chat)?;
    let messages = chat.turns.iter().filter_map(|turn| write_turn(turn).transpose()).collect::<Result<Vec<_>, _>>()?;
    let cap = target.cap(chat).unwrap_or(DEFAULT_CAP);
    let config = Fields::new()
        .with_some("effort", chat.thinking.as_ref().and_then(|thinking| effort(thinking.value)))
        .with_some("format", chat.shape.as_ref().and_then(|shape| write_shape(&shape.value)));
    let end_user = chat.end_user.as_ref().map(|user| Fields::new().with("user_id", user));
    let fields = Fields::new()
        .with("model", target.model)
        .with("max_tokens", cap)
        .with_some("system", chat.instructions())
        .with("messages", Json::list(messages))
        .with_some("tools", (!chat.tools.is_empty()).then(|| Json::list(chat.tools.iter().map(write_tool))))
        .with_some("tool_choice", write_choice(chat))
        .with_some("temperature", temperature(chat.temperature.as_ref())?)
        .with_some("top_p", chat.top_p.as_ref().map(|sent| &sent.value))
        .with_some("top_k", chat.top_k.as_ref().map(|sent| sent.value))
        .with_some("stop_sequences", chat.stops.as_ref().map(|stops| &*stops.value))
        .with_some("thinking", write_thinking(chat, cap)?)
        .with_some("output_config", config.some())
        .with_some("metadata", end_user);
    Ok(if chat.stream { fields.with("stream", true) } else { fields }.into_text())
}

/// The format demands a cap; this one is for a call that nobody capped.
const DEFAULT_CAP: u64 = 4_096;

fn refuse_unknown(chat: &Chat) -> Result<(), Denial> {
    if let Some(penalty) = chat.frequency_penalty.as_ref().or(chat.presence_penalty.as_ref()) {
        return Err(penalty.refuse("Anthropic's format has no penalties"));
    }
    if let Some(seed) = &chat.seed {
        return Err(seed.refuse("Anthropic's format has no seed"));
    }
    match &chat.shape {
        Some(shape) if matches!(shape.value, Shape::Json) => {
            Err(shape.refuse("Anthropic's format knows no JSON without a schema. Send a JSON schema"))
        }
        _ => Ok(()),
    }
}

/// Anthropic's scale ends at 1, others' at 2.
fn temperature(sent: Option<&Sent<Number>>) -> Result<Option<&Number>, Denial> {
    match sent {
        Some(sent) if sent.value.as_f64().is_some_and(|value| value > 1.0) => {
            Err(sent.refuse("Anthropic's scale ends at 1. Send at most 1"))
        }
        sent => Ok(sent.map(|sent| &sent.value)),
    }
}

const fn effort(thinking: Thinking) -> Option<&'static str> {
    match thinking {
        Thinking::Effort(Effort::Minimal) => Some("low"),
        Thinking::Effort(effort) => Some(effort.word()),
        Thinking::Off | Thinking::Free | Thinking::Budget(_) => None,
    }
}

fn write_thinking(chat: &Chat, cap: u64) -> Result<Option<Json>, Denial> {
    let Some(thinking) = &chat.thinking else { return Ok(None) };
    let display = (chat.show_thoughts == Some(false)).then_some("omitted");
    Ok(Some(match thinking.value {
        Thinking::Off => Fields::of("disabled").json(),
        // Free thinking does not insist on having the thoughts of earlier turns back, which clients of other formats
        // may have lost.
        Thinking::Free | Thinking::Effort(_) => Fields::of("adaptive").with_some("display", display).json(),
        Thinking::Budget(_) if cap <= LEAST_BUDGET => {
            return Err(
                thinking.refuse("Anthropic's least budget is 1024 tokens, and the answer's cap is not above it")
            );
        }
        Thinking::Budget(tokens) => {
            let budget = tokens.clamp(LEAST_BUDGET, cap - 1);
            Fields::of("enabled").with("budget_tokens", budget).with_some("display", display).json()
        }
    }))
}

/// `None` if a turn has nothing but another provider's thoughts.
fn write_turn(turn: &Turn) -> Result<Option<Json>, Denial> {
    let role = if turn.role == Role::User { "user" } else { "assistant" };
    if let [Part::Text(text)] = &turn.parts[..] {
        return Ok(Some(Fields::new().with("role", role).with("content", text).json()));
    }
    // The results of tools have to come first.
    let (results, others): (Vec<&Part>, Vec<&Part>) =
        turn.parts.iter().partition(|part| matches!(part, Part::ToolResult(_)));
    let mut blocks = Vec::with_capacity(turn.parts.len());
    for part in results.into_iter().chain(others) {
        match part {
            Part::Text(text) => blocks.push(text_block(text)),
            Part::Image(image) if turn.role == Role::Assistant => {
                return Err(refusal(&image.field, "in Anthropic's format the assistant's messages have no images"));
            }
            Part::Image(image) => blocks.push(write_image(image)),
            Part::ToolCall(call) => blocks.push(
                Fields::of("tool_use")
                    .with("id", own_id(&call.id))
                    .with("name", &call.name)
                    .with("input", &*call.arguments)
                    .json(),
            ),
            Part::ToolResult(result) => blocks.push(write_result(result)),
            Part::Thought(thought) => blocks.extend(write_thought(thought)),
        }
    }
    Ok((!blocks.is_empty()).then(|| Fields::new().with("role", role).with("content", Json::list(blocks)).json()))
}

/// Ids have to match `[A-Za-z0-9_-]+`; other formats' may have more.
fn own_id(id: &str) -> String {
    id.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' }).collect()
}

fn text_block(text: &str) -> Json {
    Fields::of("text").with("text", text).json()
}

fn write_image(image: &Image) -> Json {
    let source = match &image.source {
        ImageSource::Base64 { media_type, data } => {
            Fields::of("base64").with("media_type", media_type).with("data", data)
        }
        ImageSource::Url(url) => Fields::of("url").with("url", url),
    };
    Fields::of("image").with("source", source).json()
}

fn write_result(result: &ToolResult) -> Json {
    let content = match (&result.texts[..], &result.images[..]) {
        ([text], []) => Json::from(text),
        (texts, images) => Json::list(
            texts
                .iter()
                .filter(|text| !text.is_empty())
                .map(|text| text_block(text))
                .chain(images.iter().map(write_image)),
        ),
    };
    let fields = Fields::of("tool_result").with("tool_use_id", own_id(&result.call_id)).with("content", content);
    fields.with_some("is_error", result.failed.then_some(true)).json()
}

/// Anthropic takes back what it signed, and nothing else.
fn write_thought(thought: &Thought) -> Option<Json> {
    let Some(Signature { from: Dialect::Anthropic, text }) = &thought.signature else { return None };
    Some(if thought.redacted {
        Fields::of("redacted_thinking").with("data", text).json()
    } else {
        Fields::of("thinking").with("thinking", &thought.text).with("signature", text).json()
    })
}

fn write_tool(tool: &Tool) -> Json {
    let schema = match &tool.parameters {
        Some(schema) => Json::from(&**schema),
        None => Fields::of("object").with("properties", Fields::new()).json(),
    };
    Fields::new()
        .with("name", &tool.name)
        .with_some("description", tool.description.as_ref())
        .with("input_schema", schema)
        .with_some("strict", tool.strict.filter(|strict| *strict))
        .json()
}

fn write_choice(chat: &Chat) -> Option<Json> {
    if chat.tools.is_empty() {
        return None;
    }
    let one_at_a_time = chat.one_tool_at_a_time.as_ref().map(|_| true);
    let choice = match chat.tool_choice.as_ref().map(|choice| &choice.value) {
        None if one_at_a_time.is_none() => return None,
        None | Some(ToolChoice::Auto) => Fields::of("auto"),
        Some(ToolChoice::Never) => return Some(Fields::of("none").json()),
        Some(ToolChoice::Required) => Fields::of("any"),
        Some(ToolChoice::Named(name)) => Fields::of("tool").with("name", name),
    };
    Some(choice.with_some("disable_parallel_tool_use", one_at_a_time).json())
}

fn write_shape(shape: &Shape) -> Option<Json> {
    match shape {
        Shape::Json => None,
        // The format has no name for a schema; it is a label.
        Shape::Schema { description, schema, .. } => {
            Some(Fields::of("json_schema").with("schema", described(schema, description.as_deref())).json())
        }
    }
}
