//! Reads a request to `/v1/responses`.

use super::super::arguments;
use super::super::chat::{Chat, Part, Role, Sent, Shape, Thought, Tool, ToolCall, ToolChoice, ToolResult};
use super::super::openai::read_request::{read_effort, read_image};
use super::super::reading::{Harmless, Item, Object, body, refusal};
use super::super::signature::{from_encrypted_content, from_id};
use domain::denial::Denial;

const HARMLESS: &[Harmless] = &[
    Harmless { field: "model", values: &[], why: "replaced by the deployment's own name" },
    Harmless { field: "metadata", values: &[], why: "labels of stored responses, and nothing is stored" },
    Harmless { field: "store", values: &["false"], why: "nothing is stored" },
    Harmless { field: "background", values: &["false"], why: "the default" },
    Harmless { field: "prompt_cache_key", values: &[], why: "a hint for OpenAI's cache; answers do not depend on it" },
    Harmless { field: "prompt_cache_retention", values: &[], why: "as above" },
    Harmless { field: "prompt_cache_options", values: &[], why: "as above" },
    Harmless { field: "service_tier", values: &["\"auto\"", "\"default\""], why: "the default" },
    Harmless { field: "truncation", values: &["\"disabled\""], why: "the default" },
    Harmless { field: "top_logprobs", values: &["0"], why: "the default" },
    Harmless { field: "max_tool_calls", values: &[], why: "counts OpenAI's own tools, which are refused" },
    Harmless { field: "stream_options", values: &["{\"include_obfuscation\":false}"], why: "about OpenAI's own wire" },
    Harmless { field: "include", values: &["[]", "[\"reasoning.encrypted_content\"]"], why: "always included" },
];

/// Fields of items and their parts.
const HARMLESS_INSIDE: &[Harmless] = &[
    Harmless { field: "id", values: &[], why: "the item's own id; what refers to it is the call's" },
    Harmless { field: "status", values: &[], why: "of an earlier answer; not read by models" },
    Harmless { field: "annotations", values: &[], why: "as above" },
    Harmless { field: "logprobs", values: &[], why: "as above" },
    Harmless { field: "detail", values: &[], why: "how closely an image is looked at; the provider's default holds" },
    Harmless { field: "prompt_cache_breakpoint", values: &[], why: "a hint for OpenAI's cache" },
];

pub(in super::super) fn read(bytes: &[u8]) -> Result<Chat, Denial> {
    let mut fields = body(bytes)?;
    fields.leave(HARMLESS);
    let mut chat = Chat::default();
    if let Some(text) = fields.text("instructions")? {
        chat.instruct(text);
    }
    let input = fields.need("input")?;
    if input.is_text() {
        chat.say(Role::User, Part::Text(input.text()?));
    } else {
        for item in input.list()? {
            read_item(&mut chat, item.object()?)?;
        }
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
    if let Some(text) = fields.take("text") {
        read_text(&mut chat, text.object()?)?;
    }
    if let Some(reasoning) = fields.take("reasoning") {
        let mut reasoning = reasoning.object()?;
        chat.thinking = reasoning.take("effort").map(|effort| read_effort(&effort)).transpose()?;
        let summary = [reasoning.take("summary"), reasoning.take("generate_summary")].into_iter().flatten().next();
        chat.show_thoughts = summary.map(|_| true);
        reasoning.end()?;
    }
    chat.max_output = fields.take("max_output_tokens").map(|item| item.count()).transpose()?;
    let mut number = |field: &str| -> Result<_, Denial> {
        let Some(item) = fields.take(field) else { return Ok(None) };
        Ok(Some(Sent { value: item.number()?, field: item.at }))
    };
    chat.temperature = number("temperature")?;
    chat.top_p = number("top_p")?;
    for field in ["user", "safety_identifier"] {
        chat.end_user = fields.text(field)?.or(chat.end_user);
    }
    chat.stream = fields.take("stream").is_some_and(|item| item.flag() == Ok(true));
    fields.end()?;
    chat.completed("input")
}

fn read_item(chat: &mut Chat, mut item: Object<'_>) -> Result<(), Denial> {
    item.leave(HARMLESS_INSIDE);
    let kind = item.take("type");
    let word = kind.as_ref().map_or_else(|| Ok("message".to_owned()), Item::text)?;
    match (&*word, kind) {
        ("message", _) => {
            let role = item.need("role")?;
            let parts = read_parts(&item.need("content")?)?;
            match &*role.text()? {
                "user" => parts.into_iter().for_each(|part| chat.say(Role::User, part)),
                "assistant" => parts.into_iter().for_each(|part| chat.say(Role::Assistant, part)),
                "system" | "developer" => {
                    for part in parts {
                        match part {
                            Part::Text(text) => chat.instruct(text),
                            Part::Image(image) => return Err(refusal(&image.field, "instructions are text")),
                            _ => {}
                        }
                    }
                }
                _ => return Err(role.broken("user, assistant, system or developer")),
            }
        }
        ("function_call", _) => {
            let (id, signature) = from_id(&item.need("call_id")?.text()?);
            let name = item.need("name")?.text()?;
            let sent = item.need("arguments")?;
            let arguments = arguments(&sent.text()?).ok_or_else(|| sent.broken("a JSON object, written as a text"))?;
            chat.say(Role::Assistant, Part::ToolCall(ToolCall { id, name, arguments, signature }));
        }
        ("function_call_output", _) => {
            let id = item.need("call_id")?;
            let (call_id, _) = from_id(&id.text()?);
            let mut result =
                ToolResult { call_id, name: String::new(), texts: vec![], images: vec![], failed: false, field: id.at };
            for part in read_parts(&item.need("output")?)? {
                match part {
                    Part::Text(text) => result.texts.push(text),
                    Part::Image(image) => result.images.push(image),
                    _ => {}
                }
            }
            chat.say(Role::User, Part::ToolResult(result));
        }
        ("reasoning", _) => chat.say(Role::Assistant, Part::Thought(read_thought(&mut item)?)),
        (_, Some(kind)) => {
            let why = "items are translated if they are message, function_call, function_call_output or reasoning";
            return Err(kind.refuse(why));
        }
        (_, None) => {}
    }
    item.end()
}

fn read_thought(item: &mut Object<'_>) -> Result<Thought, Denial> {
    let mut text = String::new();
    for field in ["summary", "content"] {
        for part in item.take(field).map(|parts| parts.list()).transpose()?.into_iter().flatten() {
            let mut part = part.object()?;
            part.kind()?;
            text.push_str(&part.need("text")?.text()?);
            part.end()?;
        }
    }
    let carried = item.text("encrypted_content")?.and_then(|text| from_encrypted_content(&text));
    let (signature, redacted) = carried.unzip();
    Ok(Thought { text, signature, redacted: redacted.unwrap_or(false) })
}

fn read_parts(content: &Item<'_>) -> Result<Vec<Part>, Denial> {
    if content.is_text() {
        return Ok(vec![Part::Text(content.text()?)]);
    }
    content.list()?.into_iter().map(|part| read_part(part.object()?)).collect()
}

fn read_part(mut part: Object<'_>) -> Result<Part, Denial> {
    let kind = part.kind()?;
    part.leave(HARMLESS_INSIDE);
    let read = match &*kind.text()? {
        "input_text" | "output_text" => Part::Text(part.need("text")?.text()?),
        "refusal" => Part::Text(part.need("refusal")?.text()?),
        "input_image" => Part::Image(read_image(&part.need("image_url")?)?),
        _ => {
            return Err(kind.refuse("parts are translated if they are input_text, input_image, output_text or refusal"));
        }
    };
    part.end()?;
    Ok(read)
}

fn read_tool(tool: &Item<'_>) -> Result<Tool, Denial> {
    let mut tool = tool.object()?;
    let kind = tool.kind()?;
    if kind.text()? != "function" {
        return Err(kind.refuse("tools are translated if they are of the type function"));
    }
    let read = Tool {
        name: tool.need("name")?.text()?,
        description: tool.text("description")?,
        parameters: tool.take("parameters").map(|schema| schema.carried_object()).transpose()?,
        strict: tool.take("strict").map(|strict| strict.flag()).transpose()?,
    };
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
        let name = choice.need("name")?.text()?;
        choice.end()?;
        ToolChoice::Named(name)
    };
    Ok(Sent { value, field: item.at.clone() })
}

fn read_text(chat: &mut Chat, mut text: Object<'_>) -> Result<(), Denial> {
    text.leave(&[Harmless { field: "verbosity", values: &["\"medium\""], why: "the default" }]);
    if let Some(item) = text.take("format") {
        let mut format = item.object()?;
        let kind = format.kind()?;
        let shape = match &*kind.text()? {
            "text" => None,
            "json_object" => Some(Shape::Json),
            "json_schema" => Some(Shape::Schema {
                name: format.text("name")?,
                description: format.text("description")?,
                schema: format.need("schema")?.carried_object()?,
                strict: format.take("strict").map(|strict| strict.flag()).transpose()?,
            }),
            _ => return Err(kind.broken("text, json_object or json_schema")),
        };
        format.end()?;
        chat.shape = shape.map(|value| Sent { value, field: item.at.clone() });
    }
    text.end()
}
