//! Reads a request to `/v1/chat/completions`.

use super::super::chat::{
    Chat, Effort, Image, ImageSource, Part, Role, Sent, Shape, Thinking, Thought, Tool, ToolCall, ToolChoice,
    ToolResult,
};
use super::super::reading::{Harmless, Item, Object, body, refusal};
use super::super::signature::{Signature, from_id};
use super::super::{Dialect, arguments, data_url, is_web_address};
use domain::denial::Denial;

const HARMLESS: &[Harmless] = &[
    Harmless { field: "model", values: &[], why: "replaced by the deployment's own name" },
    Harmless { field: "metadata", values: &[], why: "labels of stored completions, and nothing is stored" },
    Harmless { field: "store", values: &["false"], why: "nothing is stored" },
    Harmless { field: "prompt_cache_key", values: &[], why: "a hint for OpenAI's cache; answers do not depend on it" },
    Harmless { field: "prompt_cache_retention", values: &[], why: "as above" },
    Harmless { field: "prompt_cache_options", values: &[], why: "as above" },
    Harmless { field: "service_tier", values: &["\"auto\"", "\"default\""], why: "the default" },
    Harmless { field: "n", values: &["1"], why: "the default" },
    Harmless { field: "logprobs", values: &["false"], why: "the default" },
    Harmless { field: "top_logprobs", values: &["0"], why: "the default" },
    Harmless { field: "logit_bias", values: &["{}"], why: "no bias" },
    Harmless { field: "modalities", values: &["[\"text\"]"], why: "the default" },
    Harmless { field: "verbosity", values: &["\"medium\""], why: "the default" },
    Harmless { field: "frequency_penalty", values: &["0"], why: "the default" },
    Harmless { field: "presence_penalty", values: &["0"], why: "the default" },
];

/// Fields of messages and parts.
const HARMLESS_INSIDE: &[Harmless] = &[
    Harmless { field: "name", values: &[], why: "a label of the speaker, which other formats have no place for" },
    Harmless { field: "annotations", values: &[], why: "of an earlier answer; not read by models" },
    Harmless {
        field: "reasoning_content",
        values: &[],
        why: "thoughts without signature are not given back to models",
    },
    Harmless { field: "reasoning", values: &[], why: "as above, in other servers' spelling" },
    Harmless { field: "detail", values: &[], why: "how closely an image is looked at; the provider's default holds" },
    Harmless { field: "prompt_cache_breakpoint", values: &[], why: "a hint for OpenAI's cache" },
    Harmless { field: "index", values: &[], why: "the place of a tool call in a stream, which some clients give back" },
    Harmless { field: "parsed", values: &[], why: "OpenAI's client keeps it beside the text that it was read from" },
];

/// Fields of a called function.
const HARMLESS_IN_CALLS: &[Harmless] =
    &[Harmless { field: "parsed_arguments", values: &[], why: "OpenAI's client keeps it beside the arguments" }];

pub(in super::super) fn read(bytes: &[u8]) -> Result<Chat, Denial> {
    let mut fields = body(bytes)?;
    fields.leave(HARMLESS);
    let mut chat = Chat::default();
    for message in fields.need("messages")?.list()? {
        read_message(&mut chat, message.object()?)?;
    }
    if let Some(tools) = fields.take("tools") {
        chat.tools = tools.list()?.into_iter().map(|tool| read_tool(&tool)).collect::<Result<_, _>>()?;
    }
    chat.tool_choice = fields.take("tool_choice").map(|item| read_choice(&item)).transpose()?;
    if let Some(item) = fields.take("parallel_tool_calls")
        && !item.flag()?
    {
        chat.one_tool_at_a_time = Some(Sent { value: (), field: item.at });
    }
    if let Some(item) = fields.take("response_format") {
        chat.shape = read_shape(&item)?;
    }
    for field in ["max_completion_tokens", "max_tokens"] {
        if let Some(item) = fields.take(field) {
            chat.max_output = Some(chat.max_output.unwrap_or(0).max(item.count()?));
        }
    }
    let mut number = |field: &str| -> Result<_, Denial> {
        let Some(item) = fields.take(field) else { return Ok(None) };
        Ok(Some(Sent { value: item.number()?, field: item.at }))
    };
    chat.temperature = number("temperature")?;
    chat.top_p = number("top_p")?;
    chat.frequency_penalty = number("frequency_penalty")?;
    chat.presence_penalty = number("presence_penalty")?;
    if let Some(item) = fields.take("seed") {
        chat.seed = Some(Sent { value: item.integer()?, field: item.at });
    }
    if let Some(item) = fields.take("stop") {
        let value = if item.is_text() { vec![item.text()?] } else { item.texts()? };
        chat.stops = (!value.is_empty()).then_some(Sent { value, field: item.at });
    }
    chat.thinking = fields.take("reasoning_effort").map(|item| read_effort(&item)).transpose()?;
    for field in ["user", "safety_identifier"] {
        chat.end_user = fields.text(field)?.or(chat.end_user);
    }
    chat.stream = fields.take("stream").is_some_and(|item| item.flag() == Ok(true));
    if let Some(options) = fields.take("stream_options") {
        let mut options = options.object()?;
        // Read and acted on by the gateway.
        options.take("include_usage");
        // About OpenAI's own wire.
        options.take("include_obfuscation");
        options.end()?;
    }
    fields.end()?;
    chat.completed("messages")
}

pub(in super::super) fn read_effort(item: &Item<'_>) -> Result<Sent<Thinking>, Denial> {
    let word = item.text()?;
    let value = match Effort::from_word(&word) {
        Some(effort) => Thinking::Effort(effort),
        None if word == "none" => Thinking::Off,
        None => return Err(item.broken("one of none, minimal, low, medium, high, xhigh, max")),
    };
    Ok(Sent { value, field: item.at.clone() })
}

fn read_message(chat: &mut Chat, mut message: Object<'_>) -> Result<(), Denial> {
    let role = message.need("role")?;
    message.leave(HARMLESS_INSIDE);
    let content = message.take("content");
    match &*role.text()? {
        "system" | "developer" => {
            for part in read_parts(content.as_ref())? {
                match part {
                    Part::Text(text) => chat.instruct(text),
                    Part::Image(image) => return Err(refusal(&image.field, "instructions are text")),
                    _ => {}
                }
            }
        }
        "user" => read_parts(content.as_ref())?.into_iter().for_each(|part| chat.say(Role::User, part)),
        "assistant" => {
            if let Some(blocks) = message.take("thinking_blocks") {
                for block in blocks.list()? {
                    chat.say(Role::Assistant, Part::Thought(read_thought(block.object()?)?));
                }
            }
            read_parts(content.as_ref())?.into_iter().for_each(|part| chat.say(Role::Assistant, part));
            if let Some(text) = message.text("refusal")? {
                chat.say(Role::Assistant, Part::Text(text));
            }
            let calls = message.take("tool_calls").map(|calls| calls.list()).transpose()?;
            for call in calls.into_iter().flatten() {
                chat.say(Role::Assistant, Part::ToolCall(read_call(&call)?));
            }
        }
        "tool" => {
            let id = message.need("tool_call_id")?;
            let mut texts = Vec::new();
            for part in read_parts(content.as_ref())? {
                match part {
                    Part::Text(text) => texts.push(text),
                    Part::Image(image) => {
                        return Err(refusal(&image.field, "a tool's result is text in this format"));
                    }
                    _ => {}
                }
            }
            let (call_id, _) = from_id(&id.text()?);
            let result =
                ToolResult { call_id, name: String::new(), texts, images: vec![], failed: false, field: id.at };
            chat.say(Role::User, Part::ToolResult(result));
        }
        _ => {
            return Err(
                role.refuse("messages are translated for the roles system, developer, user, assistant and tool")
            );
        }
    }
    message.end()
}

fn read_parts(content: Option<&Item<'_>>) -> Result<Vec<Part>, Denial> {
    let Some(content) = content else { return Ok(vec![]) };
    if content.is_text() {
        return Ok(vec![Part::Text(content.text()?)]);
    }
    if !content.is_list() {
        return Err(content.broken("a text or a list of parts"));
    }
    content.list()?.into_iter().map(|part| read_part(part.object()?)).collect()
}

fn read_part(mut part: Object<'_>) -> Result<Part, Denial> {
    let kind = part.kind()?;
    part.leave(HARMLESS_INSIDE);
    let read = match &*kind.text()? {
        "text" => Part::Text(part.need("text")?.text()?),
        "refusal" => Part::Text(part.need("refusal")?.text()?),
        "image_url" => {
            let mut image = part.need("image_url")?.object()?;
            let url = image.need("url")?;
            image.leave(HARMLESS_INSIDE);
            image.end()?;
            Part::Image(read_image(&url)?)
        }
        _ => return Err(kind.refuse("parts are translated if they are text or image_url")),
    };
    part.end()?;
    Ok(read)
}

pub(in super::super) fn read_image(url: &Item<'_>) -> Result<Image, Denial> {
    let text = url.text()?;
    let source = match data_url(&text) {
        Some((media_type, data)) if media_type.starts_with("image/") => ImageSource::Base64 { media_type, data },
        None if is_web_address(&text) => ImageSource::Url(text),
        _ => return Err(url.broken("an https URL, or a data URL of an image with base64")),
    };
    Ok(Image { source, field: url.at.clone() })
}

fn read_call(call: &Item<'_>) -> Result<ToolCall, Denial> {
    let mut call = call.object()?;
    if let Some(kind) = call.take("type")
        && kind.text()? != "function"
    {
        return Err(kind.refuse("tool calls are translated if they are of the type function"));
    }
    call.leave(HARMLESS_INSIDE);
    let (id, signature) = from_id(&call.need("id")?.text()?);
    let mut function = call.need("function")?.object()?;
    function.leave(HARMLESS_IN_CALLS);
    let name = function.need("name")?.text()?;
    let sent = function.need("arguments")?;
    let arguments = arguments(&sent.text()?).ok_or_else(|| sent.broken("a JSON object, written as a text"))?;
    function.end()?;
    call.end()?;
    Ok(ToolCall { id, name, arguments, signature })
}

/// Thoughts with their signature, in the shape in which answers to this format's clients carry them.
fn read_thought(mut block: Object<'_>) -> Result<Thought, Denial> {
    let kind = block.kind()?;
    let (redacted, signature) = match &*kind.text()? {
        "thinking" => (false, block.text("signature")?),
        "redacted_thinking" => (true, block.text("data")?),
        _ => return Err(kind.broken("thinking or redacted_thinking")),
    };
    let text = block.text("thinking")?.unwrap_or_default();
    block.end()?;
    let signature = signature.map(|text| Signature { from: Dialect::Anthropic, text });
    Ok(Thought { text, signature, redacted })
}

fn read_tool(tool: &Item<'_>) -> Result<Tool, Denial> {
    let mut tool = tool.object()?;
    let kind = tool.kind()?;
    if kind.text()? != "function" {
        return Err(kind.refuse("tools are translated if they are of the type function"));
    }
    let mut function = tool.need("function")?.object()?;
    let read = Tool {
        name: function.need("name")?.text()?,
        description: function.text("description")?,
        parameters: function.take("parameters").map(|schema| schema.carried_object()).transpose()?,
        strict: function.take("strict").map(|strict| strict.flag()).transpose()?,
    };
    function.end()?;
    tool.end()?;
    Ok(read)
}

fn read_choice(item: &Item<'_>) -> Result<Sent<ToolChoice>, Denial> {
    let value = if item.is_text() {
        match &*item.text()? {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::Never,
            "required" => ToolChoice::Required,
            _ => return Err(item.broken("auto, none, required or a function")),
        }
    } else {
        let mut choice = item.object()?;
        let kind = choice.kind()?;
        if kind.text()? != "function" {
            return Err(kind.refuse("a choice is translated if it is of the type function"));
        }
        let mut function = choice.need("function")?.object()?;
        let name = function.need("name")?.text()?;
        function.end()?;
        choice.end()?;
        ToolChoice::Named(name)
    };
    Ok(Sent { value, field: item.at.clone() })
}

fn read_shape(item: &Item<'_>) -> Result<Option<Sent<Shape>>, Denial> {
    let mut format = item.object()?;
    let kind = format.kind()?;
    let value = match &*kind.text()? {
        "text" => None,
        "json_object" => Some(Shape::Json),
        "json_schema" => {
            let mut inner = format.need("json_schema")?.object()?;
            let shape = Shape::Schema {
                name: inner.text("name")?,
                description: inner.text("description")?,
                schema: inner.need("schema")?.carried_object()?,
                strict: inner.take("strict").map(|strict| strict.flag()).transpose()?,
            };
            inner.end()?;
            Some(shape)
        }
        _ => return Err(kind.broken("text, json_object or json_schema")),
    };
    format.end()?;
    Ok(value.map(|value| Sent { value, field: item.at.clone() }))
}
