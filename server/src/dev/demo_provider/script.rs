//! What the demo provider says, and what a prompt can make it do.
//!
//! In the last message of the user: `[error 500]` or another status answers with that error; `[slow 2000]` waits so many
//! milliseconds first; `[long 500]` answers in so many words; `[cut]` breaks off half-way; `[tool]` calls the first tool
//! that was offered and `[tools]` all of them; `[system]` repeats the system prompt. A request that forces a tool gets
//! its call, one with a schema gets JSON of that schema, and one that asks for thinking gets a thought first.

use super::schema::example;
use serde_json::Value;
use std::time::Duration;

const LONGEST_ANSWER: usize = 20_000;
const LONGEST_WAIT_MS: u64 = 120_000;
const THOUGHT: &str = "The user wants an answer. I know no facts, so I say who I am.";

/// A tool that was offered: its name and the schema of its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) schema: Value,
}

/// A conversation, read out of any of the wire formats.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) model: String,
    /// The last message, if it is the user's.
    pub(super) prompt: String,
    /// What a tool said, if that was the last word.
    pub(super) tool_result: Option<String>,
    pub(super) system: String,
    /// Turns of this conversation that came before and are not sent again.
    pub(super) turns: usize,
    /// Pictures in the whole conversation.
    pub(super) images: usize,
    /// Words of everything that was sent.
    pub(super) input_tokens: u64,
    pub(super) max_tokens: Option<u64>,
    pub(super) stream: bool,
    pub(super) tools: Vec<Tool>,
    /// A tool has to be called: this one, or the first where no name is given.
    pub(super) forced: Option<Option<String>>,
    /// The answer has to be JSON of this schema.
    pub(super) schema: Option<Value>,
    pub(super) thinks: bool,
    /// It thinks, and keeps it to itself.
    pub(super) omits_thoughts: bool,
}

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Value,
}

impl Call {
    /// The arguments as text, in the pieces in which they are streamed.
    pub(super) fn pieces(&self) -> Vec<String> {
        self.arguments.to_string().split_inclusive(',').map(str::to_owned).collect()
    }
}

#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// Put together, the text: words with the space before them, or JSON in pieces.
    Words(Vec<String>),
    Calls(Vec<Call>),
}

/// What happens for a prompt.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) error: Option<u16>,
    pub(super) wait: Duration,
    pub(super) cut: bool,
    /// The words of a thought before the answer; mostly none.
    pub(super) thought: Vec<String>,
    pub(super) content: Content,
    /// `max_tokens` ended it.
    pub(super) truncated: bool,
    /// The thought included.
    pub(super) output_tokens: u64,
}

impl Plan {
    pub(super) fn thought_tokens(&self) -> u64 {
        self.thought.len() as u64
    }
}

/// One word is one token here: easy to check by hand, and never more than the bytes of a text.
pub(super) fn count_tokens(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

pub(super) fn plan(asked: &Asked) -> Plan {
    let prompt = asked.prompt.as_str();
    let error = number_after(prompt, "error").and_then(|status| u16::try_from(status).ok());
    let wait = number_after(prompt, "slow").unwrap_or(0).min(LONGEST_WAIT_MS);
    let allowed = asked.max_tokens.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX).max(1);
    let mut thought = if asked.thinks { spaced(THOUGHT.split_whitespace()) } else { vec![] };
    // Like elsewhere, thinking counts against the cap; where it would leave nothing to say there is none.
    if thought.len() >= allowed {
        thought.clear();
    }
    let allowed = allowed - thought.len();
    let calls = calls(asked);
    let (content, spoken, truncated) = if calls.is_empty() {
        let mut words = words(asked);
        let truncated = words.len() > allowed;
        words.truncate(allowed);
        let spoken = words.len();
        (Content::Words(words), spoken, truncated)
    } else {
        let spoken = calls.iter().map(|call| 1 + call.pieces().len()).sum::<usize>().min(allowed);
        (Content::Calls(calls), spoken, false)
    };
    Plan {
        error: error.filter(|status| (400..600).contains(status)),
        wait: Duration::from_millis(wait),
        cut: prompt.contains("[cut]"),
        output_tokens: (thought.len() + spoken) as u64,
        thought,
        content,
        truncated,
    }
}

fn calls(asked: &Asked) -> Vec<Call> {
    let called: Vec<&Tool> = if asked.prompt.contains("[tools]") {
        asked.tools.iter().collect()
    } else if let Some(name) = &asked.forced {
        asked.tools.iter().find(|tool| name.as_ref().is_none_or(|name| *name == tool.name)).into_iter().collect()
    } else if asked.prompt.contains("[tool]") {
        asked.tools.first().into_iter().collect()
    } else {
        vec![]
    };
    called.into_iter().map(|tool| Call { name: tool.name.clone(), arguments: example(&tool.schema) }).collect()
}

fn words(asked: &Asked) -> Vec<String> {
    if let Some(schema) = &asked.schema {
        return example(schema).to_string().split_inclusive(',').map(str::to_owned).collect();
    }
    let answer = answer(asked);
    let wanted = number_after(&asked.prompt, "long").and_then(|words| usize::try_from(words).ok());
    let length = wanted.map_or(answer.len(), |wanted| wanted.clamp(1, LONGEST_ANSWER));
    spaced(answer.iter().map(String::as_str).cycle().take(length))
}

fn spaced<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    words.enumerate().map(|(place, word)| if place == 0 { word.to_owned() } else { format!(" {word}") }).collect()
}

fn answer(asked: &Asked) -> Vec<String> {
    let quoted = |text: &str| text.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
    let mut opening = match (&asked.tool_result, asked.prompt.as_str()) {
        (Some(result), _) => format!("The tool answered: “{}”.", quoted(result)),
        (None, prompt) if prompt.contains("[system]") => format!("I was told: “{}”.", quoted(&asked.system)),
        (None, prompt) if prompt.trim().is_empty() => "Hello!".to_owned(),
        (None, prompt) => format!("You wrote: “{}”.", quoted(prompt)),
    };
    match asked.turns {
        0 => {}
        1 => opening.push_str(" I remember 1 turn before this one."),
        many => opening.push_str(&format!(" I remember {many} turns before this one.")),
    }
    match asked.images {
        0 => {}
        1 => opening.push_str(" I was shown 1 image."),
        many => opening.push_str(&format!(" I was shown {many} images.")),
    }
    let model = &asked.model;
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

/// The text of a content field in any format: a string, or parts with a `text`.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

/// The tools of a request; `read` finds name and schema in one of them.
pub(super) fn tools<'a>(body: &'a Value, read: impl Fn(&'a Value) -> (&'a Value, &'a Value)) -> Vec<Tool> {
    let offered = body["tools"].as_array().into_iter().flatten().map(read);
    offered
        .filter_map(|(name, schema)| Some(Tool { name: name.as_str()?.to_owned(), schema: schema.clone() }))
        .collect()
}

/// How many parts of a content field are of one of these types.
pub(super) fn parts_of_type(content: &Value, types: &[&str]) -> usize {
    let parts = content.as_array().into_iter().flatten();
    parts.filter(|part| part["type"].as_str().is_some_and(|kind| types.contains(&kind))).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(prompt: &str) -> Asked {
        Asked { model: "demo-large".into(), prompt: prompt.into(), ..Asked::default() }
    }

    fn tool(name: &str) -> Tool {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}});
        Tool { name: name.into(), schema }
    }

    fn called(plan: &Plan) -> Vec<&str> {
        match &plan.content {
            Content::Calls(calls) => calls.iter().map(|call| call.name.as_str()).collect(),
            Content::Words(_) => vec![],
        }
    }

    fn said(plan: &Plan) -> String {
        match &plan.content {
            Content::Words(words) => words.concat(),
            Content::Calls(_) => String::new(),
        }
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
        assert_eq!(said(&capped), "You wrote: “hello”. I am");
    }

    #[test]
    fn a_tool_is_called_when_the_prompt_or_the_request_says_so() {
        let with = |prompt: &str| Asked { tools: vec![tool("weather"), tool("news")], ..asked(prompt) };
        assert_eq!(called(&plan(&with("[tool]"))), ["weather"]);
        assert_eq!(called(&plan(&with("[tools]"))), ["weather", "news"]);
        assert!(called(&plan(&with("hello"))).is_empty());
        assert_eq!(called(&plan(&Asked { forced: Some(Some("news".into())), ..with("hello") })), ["news"]);
        assert_eq!(called(&plan(&Asked { forced: Some(None), ..with("hello") })), ["weather"]);
        let Content::Calls(calls) = plan(&with("[tool]")).content else { panic!("no call") };
        assert_eq!(calls[0].arguments, json!({"city": "demo", "days": 1}));
        assert_eq!(calls[0].pieces().concat(), calls[0].arguments.to_string());
        assert!(calls[0].pieces().len() > 1, "arguments come in pieces");
    }

    #[test]
    fn what_a_tool_said_what_the_system_said_and_pictures_show_in_the_answer() {
        let after_a_tool = plan(&Asked { tool_result: Some("12 degrees".into()), ..asked("") });
        assert!(said(&after_a_tool).starts_with("The tool answered: “12 degrees”."));
        let instructed = plan(&Asked { system: "Be brief.".into(), ..asked("[system]") });
        assert!(said(&instructed).starts_with("I was told: “Be brief.”."));
        assert!(said(&plan(&Asked { images: 2, ..asked("look") })).contains("I was shown 2 images."));
    }

    #[test]
    fn a_thought_comes_first_and_counts_against_the_cap() {
        let thinking = plan(&Asked { thinks: true, ..asked("hello") });
        assert_eq!(thinking.thought.concat(), THOUGHT);
        assert_eq!(thinking.output_tokens, thinking.thought_tokens() + count_tokens(&said(&thinking)));
        for cap in 1..40 {
            let capped = plan(&Asked { thinks: true, max_tokens: Some(cap), ..asked("hello") });
            assert_eq!(capped.output_tokens, cap);
            assert!(!said(&capped).is_empty());
        }
    }

    #[test]
    fn a_schema_gets_json_of_it() {
        let answer = plan(&Asked { schema: Some(tool("x").schema), ..asked("hello") });
        assert_eq!(serde_json::from_str::<Value>(&said(&answer)).unwrap(), json!({"city": "demo", "days": 1}));
    }
}
