//! Reads a request to `:generateContent`. Names may be spelt `inlineData` or `inline_data`, as Google's own parsers and
//! documentation do.

use super::super::chat::{Chat, Image, ImageSource, Part, Role, Sent, Thought, ToolCall, ToolResult};
use super::super::empty_object;
use super::super::reading::{Harmless, Item, Object, body};
use super::super::signature::from_thought_signature;
use super::read_settings::{read_choice, read_generation, read_tools};
use crate::head::invalid;
use domain::denial::Denial;
use serde_json::value::RawValue;

const HARMLESS: &[Harmless] = &[
    Harmless { field: "model", values: &[], why: "replaced by the deployment's own name" },
    Harmless { field: "labels", values: &[], why: "labels for Google's own bills" },
    Harmless { field: "tools", values: &["[]"], why: "none" },
    Harmless { field: "serviceTier", values: &["\"standard\"", "\"STANDARD\""], why: "the default" },
];

/// Thresholds that block nothing ask for nothing.
const NOTHING_BLOCKED: [&str; 2] = ["BLOCK_NONE", "OFF"];

/// Calls of the conversation so far: clients may leave ids out, and answer calls in their order by name.
#[derive(Default)]
struct Calls {
    made: usize,
    unanswered: Vec<(String, String)>,
}

pub(in super::super) fn read(bytes: &[u8]) -> Result<Chat, Denial> {
    let mut fields = body(bytes)?.in_camel_case()?;
    fields.leave(HARMLESS);
    let mut chat = Chat::default();
    if let Some(system) = fields.take("systemInstruction") {
        read_instructions(&mut chat, &system)?;
    }
    let mut calls = Calls::default();
    for content in fields.need("contents")?.list()? {
        read_content(&mut chat, &mut calls, content.object()?.in_camel_case()?)?;
    }
    for tool in fields.take("tools").map(|tools| tools.list()).transpose()?.into_iter().flatten() {
        read_tools(&mut chat, tool.object()?.in_camel_case()?)?;
    }
    if let Some(config) = fields.take("toolConfig") {
        read_choice(&mut chat, config.object()?.in_camel_case()?)?;
    }
    if let Some(config) = fields.take("generationConfig") {
        read_generation(&mut chat, config.object()?.in_camel_case()?)?;
    }
    for setting in fields.take("safetySettings").map(|all| all.list()).transpose()?.into_iter().flatten() {
        let mut setting = setting.object()?;
        setting.take("category");
        let threshold = setting.take("threshold");
        setting.end()?;
        if let Some(threshold) = threshold
            && !NOTHING_BLOCKED.contains(&&*threshold.text()?)
        {
            return Err(threshold.refuse("other providers have no thresholds; BLOCK_NONE and OFF are taken"));
        }
    }
    fields.end()?;
    chat.completed("contents")
}

fn read_instructions(chat: &mut Chat, item: &Item<'_>) -> Result<(), Denial> {
    let mut content = item.object()?.in_camel_case()?;
    content.take("role");
    for part in content.need("parts")?.list()? {
        let mut part = part.object()?.in_camel_case()?;
        chat.instruct(part.need("text")?.text()?);
        part.end()?;
    }
    content.end()
}

fn read_content(chat: &mut Chat, calls: &mut Calls, mut content: Object<'_>) -> Result<(), Denial> {
    let role = match content.take("role") {
        None => Role::User,
        Some(role) => match &*role.text()? {
            "user" | "function" => Role::User,
            "model" => Role::Assistant,
            _ => return Err(role.broken("user or model")),
        },
    };
    for part in content.take("parts").map(|parts| parts.list()).transpose()?.into_iter().flatten() {
        let read = read_part(calls, part.object()?.in_camel_case()?)?;
        chat.say(role, read);
    }
    content.end()
}

fn read_part(calls: &mut Calls, mut part: Object<'_>) -> Result<Part, Denial> {
    let signature = part.text("thoughtSignature")?.map(|text| from_thought_signature(&text));
    let thought = part.take("thought").map(|thought| thought.flag()).transpose()?.unwrap_or(false);
    let read = if thought {
        let (signature, redacted) = signature.unzip();
        let text = part.text("text")?.unwrap_or_default();
        Part::Thought(Thought { text, signature, redacted: redacted.unwrap_or(false) })
    } else if let Some(call) = part.take("functionCall") {
        let mut call = call.object()?.in_camel_case()?;
        let name = call.need("name")?.text()?;
        calls.made += 1;
        let id = call.text("id")?.unwrap_or_else(|| format!("call_{}", calls.made));
        let arguments = call.take("args").map_or_else(|| Ok(empty_object()), |args| args.carried_object())?;
        call.end()?;
        calls.unanswered.push((id.clone(), name.clone()));
        Part::ToolCall(ToolCall { id, name, arguments, signature: signature.map(|(signature, _)| signature) })
    } else if let Some(response) = part.take("functionResponse") {
        Part::ToolResult(read_result(calls, &response)?)
    } else if let Some(blob) = part.take("inlineData") {
        Part::Image(read_blob(&blob)?)
    } else if let Some(file) = part.take("fileData") {
        Part::Image(read_file(&file)?)
    } else {
        Part::Text(part.text("text")?.unwrap_or_default())
    };
    part.end()?;
    Ok(read)
}

fn read_result(calls: &mut Calls, item: &Item<'_>) -> Result<ToolResult, Denial> {
    let mut response = item.object()?.in_camel_case()?;
    let name = response.need("name")?.text()?;
    let id = response.text("id")?;
    let is_answered = |(call, called): &(String, String)| id.as_ref().map_or(*called == name, |id| call == id);
    let Some(at) = calls.unanswered.iter().position(is_answered) else {
        let field = &item.at;
        return Err(invalid(format!("'{field}' answers no function call of a content before it.")));
    };
    let (call_id, _) = calls.unanswered.remove(at);
    let mut result = ToolResult { call_id, name, texts: vec![], images: vec![], failed: false, field: item.at.clone() };
    if let Some(sent) = response.take("response") {
        (result.texts, result.failed) = read_response(&sent.carried_object()?);
    }
    for part in response.take("parts").map(|parts| parts.list()).transpose()?.into_iter().flatten() {
        let mut part = part.object()?.in_camel_case()?;
        result.images.push(read_blob(&part.need("inlineData")?)?);
        part.end()?;
    }
    response.end()?;
    Ok(result)
}

/// A result is an object, in which `output` and `error` have a meaning. What other formats know is a text.
fn read_response(response: &RawValue) -> (Vec<String>, bool) {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(response.get()).unwrap_or_default();
    let mut only = fields.into_iter();
    match (only.next(), only.next()) {
        (Some((name, serde_json::Value::String(text))), None) if name == "output" || name == "result" => {
            (vec![text], false)
        }
        (Some((name, serde_json::Value::String(text))), None) if name == "error" => (vec![text], true),
        _ => (vec![response.get().to_owned()], false),
    }
}

fn read_blob(item: &Item<'_>) -> Result<Image, Denial> {
    let mut blob = item.object()?.in_camel_case()?;
    let kind = blob.need("mimeType")?;
    let media_type = kind.text()?;
    if !media_type.starts_with("image/") {
        return Err(kind.refuse("data is translated if it is an image"));
    }
    // A label, shown nowhere.
    blob.take("displayName");
    let data = blob.need("data")?.text()?.replace('-', "+").replace('_', "/");
    blob.end()?;
    Ok(Image { source: ImageSource::Base64 { media_type, data }, field: item.at.clone() })
}

fn read_file(item: &Item<'_>) -> Result<Image, Denial> {
    let mut file = item.object()?.in_camel_case()?;
    let uri = file.need("fileUri")?;
    let kind = file.take("mimeType");
    if let Some(kind) = kind
        && !kind.text()?.starts_with("image/")
    {
        return Err(kind.refuse("files are translated if they are images"));
    }
    file.take("displayName");
    file.end()?;
    let url = uri.text()?;
    let stored = url.starts_with("https://generativelanguage.googleapis.com/");
    if stored || !url.starts_with("https://") {
        return Err(uri.refuse("it is stored at Google. Send the image itself, as inlineData"));
    }
    Ok(Image { source: ImageSource::Url(url), field: item.at.clone() })
}

pub(super) fn sent<T>(value: T, item: &Item<'_>) -> Option<Sent<T>> {
    Some(Sent { value, field: item.at.clone() })
}
