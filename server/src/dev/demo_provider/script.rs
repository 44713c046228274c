//! What the demo provider says, and what a prompt can make it do.
//!
//! In the last message of the user: `[error 500]` or another status answers with that error; `[slow 2000]` waits so many
//! milliseconds first; `[long 500]` answers in so many words; `[cut]` breaks off half-way; `[tool]` calls the first tool
//! that was offered.

use serde_json::{Map, Value, json};
use std::time::Duration;

const LONGEST_ANSWER: usize = 20_000;
const LONGEST_WAIT_MS: u64 = 120_000;

/// A conversation, read out of either wire format.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) model: String,
    /// The last message, if it is the user's.
    pub(super) prompt: String,
    /// Words of everything that was sent.
    pub(super) input_tokens: u64,
    pub(super) max_tokens: Option<u64>,
    pub(super) stream: bool,
    /// The first tool offered: its name and the schema of its arguments.
    pub(super) tool: Option<(String, Value)>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// Each word with the space before it.
    Words(Vec<String>),
    ToolCall {
        name: String,
        arguments: String,
    },
}

/// What happens for a prompt.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) error: Option<u16>,
    pub(super) wait: Duration,
    pub(super) cut: bool,
    pub(super) content: Content,
    /// `max_tokens` ended it.
    pub(super) truncated: bool,
    pub(super) output_tokens: u64,
}

/// One word is one token here: easy to check by hand, and never more than the bytes of a text.
pub(super) fn count_tokens(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

pub(super) fn plan(asked: &Asked) -> Plan {
    let prompt = asked.prompt.as_str();
    let error = number_after(prompt, "error").and_then(|status| u16::try_from(status).ok());
    let wait = number_after(prompt, "slow").unwrap_or(0).min(LONGEST_WAIT_MS);
    let (content, truncated) = match &asked.tool {
        Some((name, schema)) if prompt.contains("[tool]") => {
            (Content::ToolCall { name: name.clone(), arguments: arguments(schema).to_string() }, false)
        }
        _ => words(asked),
    };
    let output_tokens = match &content {
        Content::Words(words) => words.len() as u64,
        Content::ToolCall { name, arguments } => 1 + count_tokens(name) + count_tokens(arguments),
    };
    Plan {
        error: error.filter(|status| (400..600).contains(status)),
        wait: Duration::from_millis(wait),
        cut: prompt.contains("[cut]"),
        content,
        truncated,
        output_tokens,
    }
}

fn words(asked: &Asked) -> (Content, bool) {
    let wanted = number_after(&asked.prompt, "long").and_then(|words| usize::try_from(words).ok());
    let answer = answer(&asked.model, &asked.prompt);
    let length = wanted.map_or(answer.len(), |wanted| wanted.clamp(1, LONGEST_ANSWER));
    let allowed = asked.max_tokens.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX).max(1);
    let spoken = answer.iter().cycle().take(length.min(allowed)).enumerate();
    let words = spoken.map(|(place, word)| if place == 0 { word.clone() } else { format!(" {word}") }).collect();
    (Content::Words(words), allowed < length)
}

fn answer(model: &str, prompt: &str) -> Vec<String> {
    let quoted: Vec<&str> = prompt.split_whitespace().take(12).collect();
    let opening =
        if quoted.is_empty() { "Hello!".to_owned() } else { format!("You wrote: “{}”.", quoted.join(" ")) };
    let text = format!(
        "{opening} I am {model}, the demonstration model of Keywright. I run on this machine, so that your first call works \
         without an account anywhere and nothing you write leaves it. I know no facts, but my tokens are counted and priced \
         like those of any other model: look at your key's page to see what this answer cost. When an administrator adds \
         a provider, the same key reaches real models."
    );
    text.split_whitespace().map(str::to_owned).collect()
}

/// `[word 123]`
fn number_after(prompt: &str, word: &str) -> Option<u64> {
    let rest = &prompt[prompt.find(&format!("[{word} "))? + word.len() + 2..];
    rest[..rest.find(']')?].trim().parse().ok()
}

/// Arguments that satisfy the plain parts of a JSON schema.
fn arguments(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("demo"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            Value::Object(properties.map(|(name, schema)| (name.clone(), arguments(schema))).collect::<Map<_, _>>())
        }
    }
}

/// The text of a content field in either format: a string, or parts with a `text`.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(prompt: &str) -> Asked {
        Asked { model: "demo-large".into(), prompt: prompt.into(), ..Asked::default() }
    }

    #[test]
    fn a_prompt_can_ask_for_errors_slowness_length_and_a_break() {
        assert_eq!(plan(&asked("please [error 429]")).error, Some(429));
        assert_eq!(plan(&asked("[error 99]")).error, None);
        assert_eq!(plan(&asked("[slow 2000] x")).wait, Duration::from_secs(2));
        assert_eq!(plan(&asked("[long 500]")).output_tokens, 500);
        assert!(plan(&asked("[cut]")).cut);
        for broken in ["[error", "[error ]", "[long -1]", "[slow x]", "]["] {
            let plan = plan(&asked(broken));
            assert_eq!((plan.error, plan.wait), (None, Duration::ZERO), "{broken}");
        }
    }

    #[test]
    fn the_same_prompt_gets_the_same_answer_within_its_cap() {
        assert_eq!(plan(&asked("hello")), plan(&asked("hello")));
        let capped = plan(&Asked { max_tokens: Some(5), ..asked("hello") });
        assert_eq!((capped.output_tokens, capped.truncated), (5, true));
        let Content::Words(words) = capped.content else { panic!("no words") };
        assert_eq!(words.concat(), "You wrote: “hello”. I am");
    }

    #[test]
    fn a_tool_is_called_with_arguments_of_its_schema() {
        let schema = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}, "days": {"type": "integer"}}});
        let plan = plan(&Asked { tool: Some(("weather".into(), schema)), ..asked("[tool]") });
        let Content::ToolCall { name, arguments } = plan.content else { panic!("no call") };
        assert_eq!(name, "weather");
        assert_eq!(serde_json::from_str::<Value>(&arguments).unwrap(), json!({"city": "demo", "unit": "c", "days": 1}));
    }
}
