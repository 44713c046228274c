//! Reads a request to `/v1/messages`.

use super::super::chat::{
    Chat, Effort, Image, ImageSource, Part, Role, Sent, Shape, Thinking, Thought, Tool, ToolCall, ToolChoice,
    ToolResult,
};
use super::super::reading::{Harmless, Item, Object, body, refusal};
use super::super::signature::{Signature, from_id};
use super::super::{Dialect, is_web_address};
use domain::denial::Denial;

const HARMLESS: &[Harmless] = &[
    Harmless { field: "model", values: &[], why: "replaced by the deployment's own name" },
    Harmless { field: "service_tier", values: &["\"auto\"", "\"standard_only\""], why: "the default" },
    Harmless { field: "speed", values: &["\"standard\""], why: "the default" },
    Harmless {
        field: "cache_control",
        values: &[],
        why: "where Anthropic's cache breaks; answers do not depend on it",
    },
    Harmless { field: "mcp_servers", values: &["[]"], why: "none" },
    Harmless { field: "stop_sequences", values: &["[]"], why: "none" },
    Harmless { field: "tools", values: &["[]"], why: "none" },
];

/// Fields of messages, blocks and tools.
const HARMLESS_INSIDE: &[Harmless] = &[
    Harmless {
        field: "cache_control",
        values: &[],
        why: "where Anthropic's cache breaks; answers do not depend on it",
    },
    Harmless { field: "citations", values: &["{\"enabled\":false}", "[]"], why: "none" },
    Harmless { field: "caller", values: &["{\"type\":\"direct\"}"], why: "the default" },
    Harmless { field: "allowed_callers", values: &["[\"direct\"]"], why: "the default" },
    Harmless { field: "defer_loading", values: &["false"], why: "the default" },
    Harmless {
        field: "eager_input_streaming",
        values: &[],
        why: "how finely arguments are streamed, not what they are",
    },
    Harmless { field: "type", values: &["\"custom\""], why: "the default of a tool" },
];

pub(in super::super) fn read(bytes: &[u8]) -> Result<Chat, Denial> {
    let mut fields = body(bytes)?;
    fields.leave(HARMLESS);
    let mut chat = Chat::default();
    if let Some(system) = fields.take("system") {
        read_instructions(&mut chat, &system)?;
    }
    for message in fields.need("messages")?.list()? {
        read_message(&mut chat, message.object()?)?;
    }
    if let Some(tools) = fields.take("tools") {
        chat.tools = tools.list()?.into_iter().map(|tool| read_tool(&tool)).collect::<Result<_, _>>()?;
    }
    if let Some(choice) = fields.take("tool_choice") {
        read_choice(&mut chat, &choice)?;
    }
    chat.max_output = fields.take("max_tokens").map(|item| item.count()).transpose()?;
    let mut number = |field: &str| -> Result<_, Denial> {
        let Some(item) = fields.take(field) else { return Ok(None) };
        Ok(Some(Sent { value: item.number()?, field: item.at }))
    };
    chat.temperature = number("temperature")?;
    chat.top_p = number("top_p")?;
    if let Some(item) = fields.take("top_k") {
        chat.top_k = Some(Sent { value: item.count()?, field: item.at });
    }
    if let Some(item) = fields.take("stop_sequences") {
        chat.stops = Some(Sent { value: item.texts()?, field: item.at });
    }
    if let Some(thinking) = fields.take("thinking") {
        read_thinking(&mut chat, &thinking)?;
    }
    if let Some(config) = fields.take("output_config") {
        let mut config = config.object()?;
        if let Some(effort) = config.take("effort") {
            read_effort(&mut chat, &effort)?;
        }
        chat.shape = config.take("format").map(|format| read_shape(&format)).transpose()?;
        config.end()?;
    }
    if let Some(metadata) = fields.take("metadata") {
        let mut metadata = metadata.object()?;
        chat.end_user = metadata.text("user_id")?;
        metadata.end()?;
    }
    if let Some(management) = fields.take("context_management") {
        read_context_management(&management)?;
    }
    chat.stream = fields.take("stream").is_some_and(|item| item.flag() == Ok(true));
    fields.end()?;
    chat.completed("messages")
}

fn read_instructions(chat: &mut Chat, system: &Item<'_>) -> Result<(), Denial> {
    if system.is_text() {
        chat.instruct(system.text()?);
        return Ok(());
    }
    for block in system.list()? {
        let mut block = block.object()?;
        let kind = block.kind()?;
        if kind.text()? != "text" {
            return Err(kind.refuse("instructions are text"));
        }
        chat.instruct(block.need("text")?.text()?);
        block.leave(HARMLESS_INSIDE);
        block.end()?;
    }
    Ok(())
}

fn read_message(chat: &mut Chat, mut message: Object<'_>) -> Result<(), Denial> {
    let sent = message.need("role")?;
    let content = message.need("content")?;
    message.end()?;
    let role = match &*sent.text()? {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => return read_instructions(chat, &content),
        _ => return Err(sent.broken("user, assistant or system")),
    };
    if content.is_text() {
        chat.say(role, Part::Text(content.text()?));
        return Ok(());
    }
    for block in content.list()? {
        let part = read_block(block.object()?)?;
        chat.say(role, part);
    }
    Ok(())
}

fn read_block(mut block: Object<'_>) -> Result<Part, Denial> {
    let kind = block.kind()?;
    block.leave(HARMLESS_INSIDE);
    let part = match &*kind.text()? {
        "text" => Part::Text(block.need("text")?.text()?),
        "image" => Part::Image(read_image(&block.need("source")?)?),
        "thinking" => Part::Thought(Thought {
            text: block.text("thinking")?.unwrap_or_default(),
            signature: block.text("signature")?.filter(|text| !text.is_empty()).map(signed),
            redacted: false,
        }),
        "redacted_thinking" => {
            Part::Thought(Thought { text: String::new(), signature: block.text("data")?.map(signed), redacted: true })
        }
        "tool_use" => {
            let (id, signature) = from_id(&block.need("id")?.text()?);
            let name = block.need("name")?.text()?;
            let arguments = block.need("input")?.carried_object()?;
            Part::ToolCall(ToolCall { id, name, arguments, signature })
        }
        "tool_result" => {
            let id = block.need("tool_use_id")?;
            let failed = block.take("is_error").map(|failed| failed.flag()).transpose()?.unwrap_or(false);
            let (call_id, _) = from_id(&id.text()?);
            let mut result =
                ToolResult { call_id, name: String::new(), texts: vec![], images: vec![], failed, field: id.at };
            if let Some(content) = block.take("content") {
                read_result(&mut result, &content)?;
            }
            Part::ToolResult(result)
        }
        _ => {
            let why = "blocks are translated if they are text, image, thinking, tool_use or tool_result";
            return Err(kind.refuse(why));
        }
    };
    block.end()?;
    Ok(part)
}

fn signed(text: String) -> Signature {
    Signature { from: Dialect::Anthropic, text }
}

fn read_result(result: &mut ToolResult, content: &Item<'_>) -> Result<(), Denial> {
    if content.is_text() {
        result.texts.push(content.text()?);
        return Ok(());
    }
    for block in content.list()? {
        let at = block.at.clone();
        match read_block(block.object()?)? {
            Part::Text(text) => result.texts.push(text),
            Part::Image(image) => result.images.push(image),
            _ => return Err(refusal(&at, "a tool's result is text or images")),
        }
    }
    Ok(())
}

fn read_image(source: &Item<'_>) -> Result<Image, Denial> {
    let mut fields = source.object()?;
    let kind = fields.kind()?;
    let read = match &*kind.text()? {
        "base64" => {
            let sent = fields.need("media_type")?;
            let media_type = sent.text()?;
            if !media_type.starts_with("image/") {
                return Err(sent.broken("the type of an image"));
            }
            ImageSource::Base64 { media_type, data: fields.need("data")?.text()? }
        }
        "url" => {
            let sent = fields.need("url")?;
            let url = sent.text()?;
            if !is_web_address(&url) {
                return Err(sent.broken("an https URL"));
            }
            ImageSource::Url(url)
        }
        _ => return Err(kind.refuse("images are translated if their source is base64 or url")),
    };
    fields.end()?;
    Ok(Image { source: read, field: source.at.clone() })
}

fn read_tool(tool: &Item<'_>) -> Result<Tool, Denial> {
    let mut tool = tool.object()?;
    tool.leave(HARMLESS_INSIDE);
    if let Some(kind) = tool.take("type") {
        return Err(kind.refuse("tools are translated if their schema comes with them; Anthropic's own are not"));
    }
    let read = Tool {
        name: tool.need("name")?.text()?,
        description: tool.text("description")?,
        parameters: Some(tool.need("input_schema")?.carried_object()?),
        strict: tool.take("strict").map(|strict| strict.flag()).transpose()?,
    };
    tool.end()?;
    Ok(read)
}

fn read_choice(chat: &mut Chat, item: &Item<'_>) -> Result<(), Denial> {
    let mut choice = item.object()?;
    let kind = choice.kind()?;
    let value = match &*kind.text()? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::Never,
        "tool" => ToolChoice::Named(choice.need("name")?.text()?),
        _ => return Err(kind.broken("auto, any, tool or none")),
    };
    chat.tool_choice = Some(Sent { value, field: item.at.clone() });
    if let Some(item) = choice.take("disable_parallel_tool_use")
        && item.flag()?
    {
        chat.one_tool_at_a_time = Some(Sent { value: (), field: item.at });
    }
    choice.end()
}

fn read_thinking(chat: &mut Chat, item: &Item<'_>) -> Result<(), Denial> {
    let mut thinking = item.object()?;
    let kind = thinking.kind()?;
    let value = match &*kind.text()? {
        "disabled" => Thinking::Off,
        "adaptive" => Thinking::Free,
        "enabled" => Thinking::Budget(thinking.need("budget_tokens")?.count()?),
        _ => return Err(kind.broken("enabled, adaptive or disabled")),
    };
    if value != Thinking::Off {
        let display = thinking.text("display")?;
        chat.show_thoughts = Some(display.as_deref() != Some("omitted"));
    }
    thinking.end()?;
    chat.thinking = Some(Sent { value, field: item.at.clone() });
    Ok(())
}

/// An effort says more than that a model may think, and less than how many tokens it may use for that.
fn read_effort(chat: &mut Chat, item: &Item<'_>) -> Result<(), Denial> {
    let effort = Effort::from_word(&item.text()?).ok_or_else(|| item.broken("one of low, medium, high, xhigh, max"))?;
    let decided = matches!(&chat.thinking, Some(Sent { value: Thinking::Off | Thinking::Budget(_), .. }));
    if !decided {
        chat.thinking = Some(Sent { value: Thinking::Effort(effort), field: item.at.clone() });
    }
    Ok(())
}

fn read_shape(item: &Item<'_>) -> Result<Sent<Shape>, Denial> {
    let mut format = item.object()?;
    let kind = format.kind()?;
    if kind.text()? != "json_schema" {
        return Err(kind.broken("json_schema"));
    }
    let schema = format.need("schema")?.carried_object()?;
    format.end()?;
    let value = Shape::Schema { name: None, description: None, schema, strict: None };
    Ok(Sent { value, field: item.at.clone() })
}

/// Which old thoughts are forgotten does not matter to providers that are not given them. Other edits would.
fn read_context_management(item: &Item<'_>) -> Result<(), Denial> {
    let mut management = item.object()?;
    for edit in management.take("edits").map(|edits| edits.list()).transpose()?.into_iter().flatten() {
        let kind = edit.object()?.kind()?;
        if !kind.text()?.starts_with("clear_thinking") {
            return Err(kind.refuse("other providers do not edit a conversation"));
        }
    }
    management.end()
}
