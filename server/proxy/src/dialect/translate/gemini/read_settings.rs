//! Reads the settings of a request to `:generateContent`: tools, the choice among them, and the generation config.

use super::super::chat::{Chat, Effort, Shape, Thinking, Tool, ToolChoice};
use super::super::reading::{Harmless, Item, Object};
use super::super::writing::Json;
use super::read_request::sent;
use super::schema::to_json_schema;
use domain::denial::Denial;
use serde_json::value::RawValue;

const HARMLESS_GENERATION: &[Harmless] = &[
    Harmless { field: "candidateCount", values: &["1"], why: "the default" },
    Harmless { field: "responseModalities", values: &["[\"TEXT\"]", "[\"text\"]", "[]"], why: "the default" },
    Harmless { field: "responseLogprobs", values: &["false"], why: "the default" },
    Harmless { field: "stopSequences", values: &["[]"], why: "none" },
    Harmless { field: "presencePenalty", values: &["0"], why: "the default" },
    Harmless { field: "frequencyPenalty", values: &["0"], why: "the default" },
    Harmless { field: "enableEnhancedCivicAnswers", values: &["false"], why: "the default" },
];

const HARMLESS_FUNCTION: &[Harmless] = &[
    Harmless { field: "behavior", values: &["\"BLOCKING\"", "\"UNSPECIFIED\""], why: "the default" },
    Harmless { field: "response", values: &[], why: "describes what the client will send itself" },
    Harmless { field: "responseJsonSchema", values: &[], why: "as above" },
];

pub(super) fn read_tools(chat: &mut Chat, mut tools: Object<'_>) -> Result<(), Denial> {
    for function in tools.take("functionDeclarations").map(|all| all.list()).transpose()?.into_iter().flatten() {
        let mut function = function.object()?.in_camel_case()?;
        function.leave(HARMLESS_FUNCTION);
        let mut parameters = function.take("parametersJsonSchema").map(|schema| schema.carried_object()).transpose()?;
        if let Some(schema) = function.take("parameters") {
            parameters = Some(converted(&schema)?);
        }
        chat.tools.push(Tool {
            name: function.need("name")?.text()?,
            description: function.text("description")?,
            parameters,
            strict: None,
        });
        function.end()?;
    }
    // Google's own tools: search, code execution and the like.
    tools.end()
}

fn converted(schema: &Item<'_>) -> Result<Box<RawValue>, Denial> {
    let text = to_json_schema(schema).map(Json::into_text)?;
    RawValue::from_string(text).map_err(|_| schema.broken("a schema"))
}

pub(super) fn read_choice(chat: &mut Chat, mut config: Object<'_>) -> Result<(), Denial> {
    let Some(item) = config.take("functionCallingConfig") else { return config.end() };
    config.end()?;
    let mut calling = item.object()?.in_camel_case()?;
    let mode = calling.take("mode");
    let word = mode.as_ref().map(Item::text).transpose()?.unwrap_or_default().to_ascii_uppercase();
    let names = calling.take("allowedFunctionNames");
    let allowed = names.as_ref().map(Item::texts).transpose()?.unwrap_or_default();
    calling.end()?;
    let choice = match (&*word, &allowed[..], names) {
        ("" | "AUTO" | "MODE_UNSPECIFIED", [], _) => ToolChoice::Auto,
        ("NONE", ..) => ToolChoice::Never,
        ("ANY", [], _) => ToolChoice::Required,
        ("ANY", [name], _) => ToolChoice::Named(name.clone()),
        ("VALIDATED", [], _) => {
            chat.tools.iter_mut().for_each(|tool| tool.strict = Some(true));
            ToolChoice::Auto
        }
        (.., Some(names)) if !allowed.is_empty() => {
            return Err(names.refuse("other providers take one name at most, with the mode ANY"));
        }
        _ => return Err(item.broken("a config with the mode AUTO, ANY, NONE or VALIDATED")),
    };
    chat.tool_choice = sent(choice, &item);
    Ok(())
}

pub(super) fn read_generation(chat: &mut Chat, mut config: Object<'_>) -> Result<(), Denial> {
    config.leave(HARMLESS_GENERATION);
    let mut number = |field: &str| -> Result<_, Denial> {
        let Some(item) = config.take(field) else { return Ok(None) };
        Ok(sent(item.number()?, &item))
    };
    chat.temperature = number("temperature")?;
    chat.top_p = number("topP")?;
    chat.presence_penalty = number("presencePenalty")?;
    chat.frequency_penalty = number("frequencyPenalty")?;
    if let Some(item) = config.take("topK") {
        chat.top_k = sent(item.count()?, &item);
    }
    if let Some(item) = config.take("seed") {
        chat.seed = sent(item.integer()?, &item);
    }
    if let Some(item) = config.take("stopSequences") {
        chat.stops = sent(item.texts()?, &item);
    }
    chat.max_output = config.take("maxOutputTokens").map(|item| item.count()).transpose()?;
    read_shape(chat, &mut config)?;
    if let Some(item) = config.take("thinkingConfig") {
        read_thinking(chat, &item)?;
    }
    config.end()
}

fn read_shape(chat: &mut Chat, config: &mut Object<'_>) -> Result<(), Denial> {
    let kind = config.take("responseMimeType");
    let json = match &kind {
        None => false,
        Some(item) => match &*item.text()? {
            "application/json" => true,
            "text/plain" => false,
            _ => return Err(item.refuse("answers are translated as text/plain or application/json")),
        },
    };
    let schema = match (config.take("responseJsonSchema"), config.take("responseSchema")) {
        (Some(item), _) => Some((item.carried_object()?, item)),
        (None, Some(item)) => Some((converted(&item)?, item)),
        (None, None) => None,
    };
    chat.shape = match (schema, kind) {
        (Some((schema, item)), _) => sent(Shape::Schema { name: None, description: None, schema, strict: None }, &item),
        (None, Some(kind)) if json => sent(Shape::Json, &kind),
        (None, _) => None,
    };
    Ok(())
}

fn read_thinking(chat: &mut Chat, item: &Item<'_>) -> Result<(), Denial> {
    let mut thinking = item.object()?.in_camel_case()?;
    chat.show_thoughts = Some(thinking.take("includeThoughts").map(|show| show.flag()).transpose()?.unwrap_or(false));
    if let Some(level) = thinking.take("thinkingLevel") {
        let effort = Effort::from_word(&level.text()?).ok_or_else(|| level.broken("MINIMAL, LOW, MEDIUM or HIGH"))?;
        chat.thinking = sent(Thinking::Effort(effort), &level);
    }
    if let Some(budget) = thinking.take("thinkingBudget") {
        let value = match budget.integer()? {
            0 => Thinking::Off,
            tokens => u64::try_from(tokens).map_or(Thinking::Free, Thinking::Budget),
        };
        chat.thinking = sent(value, &budget);
    }
    thinking.end()
}
