//! Writes a request to `/v1/chat/completions`.

use super::super::Target;
use super::super::chat::{
    Chat, Effort, Image, ImageSource, Part, Role, Sent, Shape, Thinking, ToolChoice, ToolResult, Turn,
};
use super::super::reading::refusal;
use super::super::writing::{Fields, Json};
use domain::denial::Denial;

/// A name that the format demands and others do not have.
const UNNAMED_SCHEMA: &str = "answer";
/// The format takes no longer label for a user, and cutting one would make two people one.
const LONGEST_USER: usize = 64;

pub(in super::super) fn write(chat: &Chat, target: &Target<'_>) -> Result<String, Denial> {
    if let Some(top_k) = &chat.top_k {
        return Err(top_k.refuse("OpenAI's format has no top-k"));
    }
    let mut messages = Vec::new();
    if let Some(text) = chat.instructions() {
        messages.push(Fields::new().with("role", "system").with("content", text).json());
    }
    for turn in &chat.turns {
        match turn.role {
            Role::User => write_user(turn, &mut messages)?,
            Role::Assistant => messages.extend(write_assistant(turn)?),
        }
    }
    let one_at_a_time = chat.one_tool_at_a_time.as_ref().filter(|_| !chat.tools.is_empty()).map(|_| false);
    let fields = Fields::new()
        .with("model", target.model)
        .with("messages", Json::list(messages))
        .with_some("tools", (!chat.tools.is_empty()).then(|| write_tools(chat)))
        .with_some("tool_choice", chat.tool_choice.as_ref().map(|choice| write_choice(&choice.value)))
        .with_some("parallel_tool_calls", one_at_a_time)
        .with_some("response_format", chat.shape.as_ref().map(|shape| write_shape(&shape.value)))
        .with_some(target.cap_field, target.cap(chat))
        .with_some("temperature", chat.temperature.as_ref().map(|sent| &sent.value))
        .with_some("top_p", chat.top_p.as_ref().map(|sent| &sent.value))
        .with_some("frequency_penalty", chat.frequency_penalty.as_ref().map(|sent| &sent.value))
        .with_some("presence_penalty", chat.presence_penalty.as_ref().map(|sent| &sent.value))
        .with_some("seed", chat.seed.as_ref().map(|sent| sent.value))
        .with_some("stop", write_stops(chat.stops.as_ref())?)
        .with_some("reasoning_effort", chat.thinking.as_ref().and_then(|thinking| effort(thinking.value)))
        .with_some("user", chat.end_user.as_ref().filter(|user| user.len() <= LONGEST_USER));
    let fields = if chat.stream {
        fields.with("stream", true).with("stream_options", Fields::new().with("include_usage", true))
    } else {
        fields
    };
    Ok(fields.into_text())
}

fn write_stops(stops: Option<&Sent<Vec<String>>>) -> Result<Option<Json>, Denial> {
    let Some(stops) = stops else { return Ok(None) };
    if stops.value.len() > 4 {
        return Err(stops.refuse("OpenAI's format takes at most 4 stop sequences"));
    }
    Ok(Some(Json::from(&*stops.value)))
}

/// `None` where the format's default says the same.
const fn effort(thinking: Thinking) -> Option<&'static str> {
    match thinking {
        Thinking::Off => Some("none"),
        Thinking::Free => None,
        Thinking::Effort(effort) => Some(effort.word()),
        Thinking::Budget(tokens) => Some(Effort::within(tokens).word()),
    }
}

/// Tool results are messages of their own, and stand right behind their calls.
fn write_user(turn: &Turn, messages: &mut Vec<Json>) -> Result<(), Denial> {
    let mut parts = Vec::new();
    let mut only_text = true;
    for part in &turn.parts {
        match part {
            Part::ToolResult(result) => messages.push(write_result(result)?),
            Part::Text(text) => parts.push(text_part(text)),
            Part::Image(image) => {
                only_text = false;
                let url = Fields::new().with("url", image_url(image));
                parts.push(Fields::of("image_url").with("image_url", url).json());
            }
            Part::ToolCall(_) | Part::Thought(_) => {}
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let content = match &turn.parts[..] {
        [Part::Text(text)] if only_text => Json::from(text),
        _ => Json::list(parts),
    };
    messages.push(Fields::new().with("role", "user").with("content", content).json());
    Ok(())
}

fn write_result(result: &ToolResult) -> Result<Json, Denial> {
    if let Some(image) = result.images.first() {
        return Err(refusal(&image.field, "in OpenAI's format a tool's result is text"));
    }
    let text = result.text();
    // The format has no flag for a failed tool; models go by the text.
    let says_so = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"));
    let text = if result.failed && !says_so { format!("Error: {text}") } else { text };
    Ok(Fields::new().with("role", "tool").with("tool_call_id", &result.call_id).with("content", text).json())
}

/// `None` if a turn has nothing but another provider's thoughts.
fn write_assistant(turn: &Turn) -> Result<Option<Json>, Denial> {
    let mut texts = Vec::new();
    let mut calls = Vec::new();
    for part in &turn.parts {
        match part {
            Part::Text(text) => texts.push(text.as_str()),
            Part::ToolCall(call) => {
                let function = Fields::new().with("name", &call.name).with("arguments", call.arguments.get());
                calls.push(
                    Fields::new().with("id", &call.id).with("type", "function").with("function", function).json(),
                );
            }
            Part::Image(image) => {
                return Err(refusal(&image.field, "in OpenAI's format the assistant's messages have no images"));
            }
            // Another provider's thoughts mean nothing here.
            Part::Thought(_) | Part::ToolResult(_) => {}
        }
    }
    let content = match &texts[..] {
        [] if calls.is_empty() => return Ok(None),
        [] => Json::null(),
        [text] => Json::from(*text),
        texts => Json::list(texts.iter().map(|text| text_part(text))),
    };
    let message = Fields::new().with("role", "assistant").with("content", content);
    Ok(Some(message.with_some("tool_calls", (!calls.is_empty()).then(|| Json::list(calls))).json()))
}

fn text_part(text: &str) -> Json {
    Fields::of("text").with("text", text).json()
}

fn image_url(image: &Image) -> String {
    match &image.source {
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        ImageSource::Url(url) => url.clone(),
    }
}

fn write_tools(chat: &Chat) -> Json {
    Json::list(chat.tools.iter().map(|tool| {
        let function = Fields::new()
            .with("name", &tool.name)
            .with_some("description", tool.description.as_ref())
            .with_some("parameters", tool.parameters.as_deref())
            .with_some("strict", tool.strict);
        Fields::of("function").with("function", function).json()
    }))
}

fn write_choice(choice: &ToolChoice) -> Json {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::Never => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => Fields::of("function").with("function", Fields::new().with("name", name)).json(),
    }
}

fn write_shape(shape: &Shape) -> Json {
    match shape {
        Shape::Json => Fields::of("json_object").json(),
        Shape::Schema { name, description, schema, strict } => {
            let inner = Fields::new()
                .with("name", name.as_deref().unwrap_or(UNNAMED_SCHEMA))
                .with_some("description", description.as_ref())
                .with("schema", &**schema)
                .with_some("strict", *strict);
            Fields::of("json_schema").with("json_schema", inner).json()
        }
    }
}
