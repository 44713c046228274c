//! The three chat formats as far as a plain conversation needs them: how it is asked, and where the text of the answer is.

use domain::model::Endpoint;
use portal::ports::{Heard, Trial};
use serde_json::{Map, Value, json};

/// What Anthropic's format demands where nothing was said.
const USUAL_OUTPUT: u64 = 4_096;

pub(super) fn question(trial: &Trial) -> Value {
    let before = trial.turns.iter().flat_map(|turn| [("user", &turn.asked), ("assistant", &turn.answered)]);
    let said = before.chain([("user", &trial.message)]);
    let said = said.map(|(role, content)| json!({ "role": role, "content": content }));
    let (cap, system) = (trial.max_output_tokens.map(Value::from), trial.system.clone().map(Value::from));
    let (messages, cap, system) = match trial.endpoint {
        Endpoint::Messages => {
            (("messages", said.collect()), ("max_tokens", cap.or(Some(USUAL_OUTPUT.into()))), ("system", system))
        }
        // Nothing of a try has to stay at the provider.
        Endpoint::Responses => (("input", said.collect()), ("max_output_tokens", cap), ("instructions", system)),
        _ => {
            let first = system.map(|content| json!({ "role": "system", "content": content }));
            (("messages", first.into_iter().chain(said).collect()), ("max_completion_tokens", cap), ("system", None))
        }
    };
    let mut question = Map::from_iter([
        ("model".to_owned(), Value::from(trial.model.as_str())),
        ("stream".to_owned(), true.into()),
        (messages.0.to_owned(), Value::Array(messages.1)),
    ]);
    if trial.endpoint == Endpoint::Responses {
        question.insert("store".to_owned(), false.into());
    }
    let more = [cap, system].into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    question.extend(more);
    question.into()
}

/// What a part of an answer says.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Failed(Heard),
    Other,
}

impl Piece {
    fn text(text: String) -> Self {
        if text.is_empty() { Self::Other } else { Self::Text(text) }
    }
}

/// One event of a stream.
pub(super) fn in_event(endpoint: Endpoint, event: &Value) -> Piece {
    if let Some(failed) = failure(event) {
        return failed;
    }
    let kind = event["type"].as_str().unwrap_or_default();
    let text = match (endpoint, kind) {
        (Endpoint::Messages, "content_block_delta") => &event["delta"]["text"],
        (Endpoint::Responses, "response.output_text.delta" | "response.refusal.delta") => &event["delta"],
        (Endpoint::Messages | Endpoint::Responses, _) => &Value::Null,
        _ => either(&event["choices"][0]["delta"], "content", "refusal"),
    };
    Piece::text(text.as_str().unwrap_or_default().to_owned())
}

/// An answer in one piece.
pub(super) fn in_whole(endpoint: Endpoint, answer: &Value) -> Piece {
    if let Some(failed) = failure(answer) {
        return failed;
    }
    let each = |parts: &Value| -> String {
        let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().filter_map(|part| either(part, "text", "refusal").as_str()).collect()
    };
    Piece::text(match endpoint {
        Endpoint::Messages => each(&answer["content"]),
        Endpoint::Responses => {
            let items = answer["output"].as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().map(|item| each(&item["content"])).collect()
        }
        _ => either(&answer["choices"][0]["message"], "content", "refusal").as_str().unwrap_or_default().to_owned(),
    })
}

fn either<'a>(of: &'a Value, one: &str, other: &str) -> &'a Value {
    if of[one].is_string() { &of[one] } else { &of[other] }
}

/// An error of any of the formats: of its own, or inside the event that says that a response failed.
fn failure(value: &Value) -> Option<Piece> {
    let error = [&value["error"], &value["response"]["error"]].into_iter().find(|error| error["message"].is_string());
    let error = error.or_else(|| (value["type"] == "error").then_some(value))?;
    let words = error["message"].as_str()?.to_owned();
    let code = error["code"].as_str().map(str::to_owned);
    Some(Piece::Failed(Heard::Failed { code, words }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::KeyId;
    use portal::ports::Turn;

    fn trial(endpoint: Endpoint) -> Trial {
        Trial {
            key: KeyId::from_random(&[1; 12]),
            endpoint,
            model: "m".to_owned(),
            system: Some("be brief".to_owned()),
            turns: vec![Turn { asked: "one".to_owned(), answered: "two".to_owned() }],
            message: "three".to_owned(),
            max_output_tokens: Some(9),
            from: [127, 0, 0, 1].into(),
        }
    }

    #[test]
    fn a_conversation_is_asked_in_each_format() {
        let user = |text| json!({ "role": "user", "content": text });
        let said = [user("one"), json!({ "role": "assistant", "content": "two" }), user("three")];
        let chat = question(&trial(Endpoint::ChatCompletions));
        assert_eq!(chat["messages"][0], json!({ "role": "system", "content": "be brief" }));
        assert_eq!(chat["messages"].as_array().unwrap()[1..], said);
        assert_eq!(
            (&chat["stream"], &chat["max_completion_tokens"], &chat["system"]),
            (&json!(true), &json!(9), &Value::Null)
        );
        let messages = question(&trial(Endpoint::Messages));
        assert_eq!((&messages["system"], &messages["max_tokens"]), (&json!("be brief"), &json!(9)));
        assert_eq!(messages["messages"], json!(said));
        let silent = question(&Trial { max_output_tokens: None, system: None, ..trial(Endpoint::Messages) });
        assert_eq!((&silent["max_tokens"], silent.get("system")), (&json!(USUAL_OUTPUT), None));
        let responses = question(&trial(Endpoint::Responses));
        assert_eq!((&responses["instructions"], &responses["store"]), (&json!("be brief"), &json!(false)));
        assert_eq!(responses["input"], json!(said));
    }

    #[test]
    fn the_text_is_found_in_each_format() {
        use Endpoint::{ChatCompletions, Messages, Responses};
        for (endpoint, event) in [
            (ChatCompletions, json!({ "choices": [{ "delta": { "content": "hi" } }] })),
            (ChatCompletions, json!({ "choices": [{ "delta": { "refusal": "hi" } }] })),
            (Messages, json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": "hi" } })),
            (Responses, json!({ "type": "response.output_text.delta", "delta": "hi" })),
        ] {
            assert!(matches!(in_event(endpoint, &event), Piece::Text(text) if text == "hi"), "{event}");
        }
        for (endpoint, whole) in [
            (ChatCompletions, json!({ "choices": [{ "message": { "content": "hi" } }] })),
            (Messages, json!({ "content": [{ "type": "thinking" }, { "type": "text", "text": "hi" }] })),
            (Responses, json!({ "output": [{ "type": "reasoning" }, { "content": [{ "text": "hi" }] }] })),
        ] {
            assert!(matches!(in_whole(endpoint, &whole), Piece::Text(text) if text == "hi"), "{whole}");
        }
        for silent in [json!({ "choices": [] }), json!({ "usage": {} }), json!(null), json!(["odd"])] {
            assert!(matches!(in_event(ChatCompletions, &silent), Piece::Other), "{silent}");
        }
    }

    #[test]
    fn failures_are_told_with_their_code() {
        for failed in [
            json!({ "error": { "message": "no", "code": "c" } }),
            json!({ "type": "error", "error": { "message": "no", "code": "c" } }),
            json!({ "type": "error", "message": "no", "code": "c" }),
            json!({ "type": "response.failed", "response": { "error": { "message": "no", "code": "c" } } }),
        ] {
            let Piece::Failed(Heard::Failed { code, words }) = in_event(Endpoint::Responses, &failed) else {
                panic!("{failed}")
            };
            assert_eq!((code.as_deref(), words.as_str()), (Some("c"), "no"));
        }
    }
}
