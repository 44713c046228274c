//! Writes a request to `:generateContent`. The model and whether the answer is streamed stand in the URL.

use super::super::chat::{
    Chat, Effort, Image, ImageSource, Part, Role, Shape, Thinking, Thought, Tool, ToolChoice, ToolResult, Turn,
};
use super::super::reading::refusal;
use super::super::signature::Signature;
use super::super::writing::{Fields, Json};
use super::super::{Dialect, Target, described};
use domain::denial::Denial;

pub(in super::super) fn write(chat: &Chat, target: &Target<'_>) -> Result<String, Denial> {
    // SDKs that ask for structured output offer one tool for it and say this unasked. Gemini may call even that one twice,
    // which their callers take: they read the first.
    if let Some(one) = chat.one_tool_at_a_time.as_ref().filter(|_| chat.tools.len() > 1) {
        return Err(one.refuse("Gemini decides itself how many tools it calls at once"));
    }
    let contents = chat.turns.iter().filter_map(|turn| write_turn(turn).transpose()).collect::<Result<Vec<_>, _>>()?;
    let instructions = chat
        .instructions()
        .map(|text| Fields::new().with("parts", Json::list([Fields::new().with("text", text).json()])));
    let functions = (!chat.tools.is_empty()).then(|| {
        let functions = Json::list(chat.tools.iter().map(write_tool));
        Json::list([Fields::new().with("functionDeclarations", functions).json()])
    });
    let config = write_generation(chat, target)?;
    let fields = Fields::new()
        .with_some("systemInstruction", instructions)
        .with("contents", Json::list(contents))
        .with_some("tools", functions)
        .with_some("toolConfig", write_choice(chat))
        .with_some("generationConfig", config.some());
    Ok(fields.into_text())
}

fn write_turn(turn: &Turn) -> Result<Option<Json>, Denial> {
    let mut parts = Vec::with_capacity(turn.parts.len());
    for part in &turn.parts {
        match part {
            Part::Text(text) => parts.push(Fields::new().with("text", text).json()),
            Part::Image(image) => parts.push(write_image(image)?),
            Part::ToolCall(call) => {
                let function =
                    Fields::new().with("id", &call.id).with("name", &call.name).with("args", &*call.arguments);
                let signature = call.signature.as_ref().filter(|signature| signature.from == Dialect::Gemini);
                parts.push(
                    Fields::new()
                        .with("functionCall", function)
                        .with_some("thoughtSignature", signature.map(|signature| &signature.text))
                        .json(),
                );
            }
            Part::ToolResult(result) => parts.push(write_result(result)?),
            Part::Thought(thought) => parts.extend(write_thought(thought)),
        }
    }
    let role = if turn.role == Role::User { "user" } else { "model" };
    Ok((!parts.is_empty()).then(|| Fields::new().with("role", role).with("parts", Json::list(parts)).json()))
}

fn write_thought(thought: &Thought) -> Option<Json> {
    let Some(Signature { from: Dialect::Gemini, text }) = &thought.signature else { return None };
    Some(Fields::new().with("text", &thought.text).with("thought", true).with("thoughtSignature", text).json())
}

fn write_image(image: &Image) -> Result<Json, Denial> {
    let ImageSource::Url(url) = &image.source else { return Ok(Fields::new().with("inlineData", blob(image)?).json()) };
    let Some(media_type) = media_type(url) else {
        return Err(refusal(
            &image.field,
            "Gemini fetches images if their URL ends in .png, .jpg, .webp or .gif. Send it so, \
                                          or as base64",
        ));
    };
    Ok(Fields::new().with("fileData", Fields::new().with("mimeType", media_type).with("fileUri", url)).json())
}

/// Gemini wants to be told what it fetches.
fn media_type(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "gif" => Some("image/gif"),
        _ => None,
    }
}

fn blob(image: &Image) -> Result<Fields, Denial> {
    match &image.source {
        ImageSource::Base64 { media_type, data } => Ok(Fields::new().with("mimeType", media_type).with("data", data)),
        ImageSource::Url(_) => {
            Err(refusal(&image.field, "in the result of a tool, Gemini takes images as base64 only"))
        }
    }
}

/// `output` and `error` are the fields that Gemini gives a meaning; an object is a result by itself.
fn write_result(result: &ToolResult) -> Result<Json, Denial> {
    let text = result.text();
    let response = match serde_json::from_str::<&serde_json::value::RawValue>(&text) {
        _ if result.failed => Fields::new().with("error", text).json(),
        Ok(object) if object.get().starts_with('{') => Json::from(object),
        _ => Fields::new().with("output", text).json(),
    };
    let inline = |image| blob(image).map(|blob| Fields::new().with("inlineData", blob).json());
    let images = result.images.iter().map(inline).collect::<Result<Vec<_>, _>>()?;
    let function = Fields::new()
        .with("id", &result.call_id)
        .with("name", &result.name)
        .with("response", response)
        .with_some("parts", (!images.is_empty()).then(|| Json::list(images)));
    Ok(Fields::new().with("functionResponse", function).json())
}

fn write_tool(tool: &Tool) -> Json {
    Fields::new()
        .with("name", &tool.name)
        .with_some("description", tool.description.as_ref())
        .with_some("parametersJsonSchema", tool.parameters.as_deref())
        .json()
}

fn write_choice(chat: &Chat) -> Option<Json> {
    if chat.tools.is_empty() {
        return None;
    }
    let strict = chat.tools.iter().any(|tool| tool.strict == Some(true));
    let mode = match chat.tool_choice.as_ref().map(|choice| &choice.value) {
        // Only this mode keeps to the schemas where a call is not demanded.
        None | Some(ToolChoice::Auto) if strict => Fields::new().with("mode", "VALIDATED"),
        None => return None,
        Some(ToolChoice::Auto) => Fields::new().with("mode", "AUTO"),
        Some(ToolChoice::Never) => Fields::new().with("mode", "NONE"),
        Some(ToolChoice::Required) => Fields::new().with("mode", "ANY"),
        Some(ToolChoice::Named(name)) => {
            Fields::new().with("mode", "ANY").with("allowedFunctionNames", Json::list([Json::from(name)]))
        }
    };
    Some(Fields::new().with("functionCallingConfig", mode).json())
}

fn write_generation(chat: &Chat, target: &Target<'_>) -> Result<Fields, Denial> {
    if let Some(stops) = &chat.stops
        && stops.value.len() > 5
    {
        return Err(stops.refuse("Gemini takes at most 5 stop sequences"));
    }
    let shape = chat.shape.as_ref().map(|shape| &shape.value);
    let schema = match shape {
        Some(Shape::Schema { description, schema, .. }) => Some(described(schema, description.as_deref())),
        Some(Shape::Json) | None => None,
    };
    Ok(Fields::new()
        .with_some("maxOutputTokens", target.cap(chat))
        .with_some("temperature", chat.temperature.as_ref().map(|sent| &sent.value))
        .with_some("topP", chat.top_p.as_ref().map(|sent| &sent.value))
        .with_some("topK", chat.top_k.as_ref().map(|sent| sent.value))
        .with_some("presencePenalty", chat.presence_penalty.as_ref().map(|sent| &sent.value))
        .with_some("frequencyPenalty", chat.frequency_penalty.as_ref().map(|sent| &sent.value))
        .with_some("seed", chat.seed.as_ref().map(|sent| sent.value))
        .with_some("stopSequences", chat.stops.as_ref().map(|stops| &*stops.value))
        .with_some("responseMimeType", shape.map(|_| "application/json"))
        .with_some("responseJsonSchema", schema)
        .with_some("thinkingConfig", write_thinking(chat, target.model)))
}

/// The largest budget that all models with budgets take; it is a most, so that less is within it.
const MOST_BUDGET: u64 = 24_576;

/// Levels are of Gemini 3, which still takes budgets; Gemini 2.5 knows budgets only.
fn write_thinking(chat: &Chat, model: &str) -> Option<Json> {
    let thinking = chat.thinking.as_ref()?.value;
    let config = match thinking {
        Thinking::Off => Fields::new().with("thinkingBudget", 0u64),
        Thinking::Free => Fields::new().with("thinkingBudget", -1i64),
        Thinking::Budget(tokens) => Fields::new().with("thinkingBudget", tokens.min(MOST_BUDGET)),
        Thinking::Effort(effort) if model.starts_with("gemini-2") => {
            Fields::new().with("thinkingBudget", effort.tokens())
        }
        Thinking::Effort(effort) => Fields::new().with("thinkingLevel", level(effort)),
    };
    let show = chat.show_thoughts.filter(|show| *show && thinking != Thinking::Off);
    Some(config.with_some("includeThoughts", show).json())
}

const fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::ExtraHigh | Effort::Max => "HIGH",
    }
}
