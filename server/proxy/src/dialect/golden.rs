//! Usage as the providers document their answers, read back as what a call is billed by. One file for each provider.

use super::{StreamTap, plain_usage};
use crate::framing::Framing;
use domain::model::Endpoint;
use domain::usage::TokenUsage;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    endpoint: Endpoint,
    answer: Option<Value>,
    events: Option<Vec<Value>>,
    /// `None`: not reported, which is settled by estimate.
    tokens: Option<TokenUsage>,
}

impl Case {
    fn read(&self) -> Option<TokenUsage> {
        if let Some(answer) = &self.answer {
            return plain_usage(self.endpoint, answer.to_string().as_bytes());
        }
        let mut tap = StreamTap::new(self.endpoint, Framing::Events, false);
        for event in self.events.iter().flatten() {
            // As these streams name their events; those of chats have no names.
            let name = event["type"].as_str().map(|name| format!("event: {name}\n")).unwrap_or_default();
            tap.observe(format!("{name}data: {event}\n\n").as_bytes());
        }
        assert!(!tap.failed, "{}", self.name);
        tap.whole()
    }
}

#[test]
fn documented_answers_are_billed_by_what_they_report() {
    for (provider, file, least) in [
        ("openai", include_str!("../../tests/golden/usage/openai.json"), 20),
        ("azure", include_str!("../../tests/golden/usage/azure.json"), 2),
        ("anthropic", include_str!("../../tests/golden/usage/anthropic.json"), 6),
        ("gemini", include_str!("../../tests/golden/usage/gemini.json"), 8),
    ] {
        let cases: Vec<Case> = serde_json::from_str(file).unwrap_or_else(|error| panic!("{provider}: {error}"));
        assert!(cases.len() >= least, "{provider}");
        for case in cases {
            assert_eq!(case.read(), case.tokens, "{provider}: {}", case.name);
        }
    }
}
