//! How hard a call asks its model to think, in whichever way its format says so.
//!
//! What is there and cannot be understood counts as the most: a rule about effort must not be got around by spelling.

use super::object;
use crate::fields::{Fields, Names};
use domain::denial::Denial;
use domain::parameter_rules::Effort;
use serde_json::value::RawValue;

const OPENAI: Names = &[("effort", "effort")];
const ANTHROPIC: Names = &[("type", "type"), ("budget_tokens", "budget_tokens")];
const GEMINI: Names = &[("thinkingBudget", "thinking_budget"), ("thinkingLevel", "thinking_level")];

/// Of a body in OpenAI's or Anthropic's formats. Where several fields say something, the most counts.
pub(super) fn asked(body: &Fields<'_>) -> Result<Option<Effort>, Denial> {
    let mut most = body.get("reasoning_effort").map(word);
    for field in ["reasoning", "output_config"] {
        if let Some(value) = body.get(field) {
            most = most.max(within(value, OPENAI, |fields| fields.get("effort").map(word))?);
        }
    }
    if let Some(thinking) = body.get("thinking") {
        most = most.max(within(thinking, ANTHROPIC, |fields| match fields.get("budget_tokens") {
            Some(tokens) => Some(budget(tokens)),
            None => fields.get("type").filter(|kind| kind.get() == "\"disabled\"").map(|_| Effort::None),
        })?);
    }
    Ok(most)
}

/// Of Gemini's `thinkingConfig`. A budget below zero leaves it to the model.
pub(super) fn asked_of_gemini(config: &RawValue) -> Result<Option<Effort>, Denial> {
    within(config, GEMINI, |fields| {
        let tokens = fields.get("thinkingBudget").filter(|tokens| !tokens.get().starts_with('-')).map(budget);
        tokens.max(fields.get("thinkingLevel").map(word))
    })
}

fn within(
    value: &RawValue,
    names: Names,
    read: impl Fn(&Fields<'_>) -> Option<Effort>,
) -> Result<Option<Effort>, Denial> {
    if !value.get().starts_with('{') {
        return Ok(Some(Effort::Highest));
    }
    Ok(read(&object(value.get(), names, false)?))
}

fn word(value: &RawValue) -> Effort {
    serde_json::from_str::<String>(value.get()).map_or(Effort::Highest, |word| Effort::asked_as(&word))
}

fn budget(value: &RawValue) -> Effort {
    value.get().parse().map_or(Effort::Highest, Effort::of_budget)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::flat::BODY;

    fn effort(body: &str) -> Option<Effort> {
        asked(&object(body, BODY, true).unwrap()).unwrap()
    }

    #[test]
    fn every_format_says_it_in_its_own_way() {
        for (body, expected) in [
            (r#"{"model":"m"}"#, None),
            (r#"{"reasoning_effort":"low"}"#, Some(Effort::Low)),
            (r#"{"reasoning_effort":null}"#, None),
            (r#"{"reasoning":{"effort":"minimal","summary":"auto"}}"#, Some(Effort::Minimal)),
            (r#"{"reasoning":{"summary":"auto"}}"#, None),
            (r#"{"output_config":{"effort":"max"}}"#, Some(Effort::Highest)),
            (r#"{"thinking":{"type":"disabled"}}"#, Some(Effort::None)),
            (r#"{"thinking":{"type":"adaptive"}}"#, None),
            (r#"{"thinking":{"type":"enabled","budget_tokens":4000}}"#, Some(Effort::Medium)),
            (r#"{"reasoning_effort":"low","reasoning":{"effort":"high"}}"#, Some(Effort::High)),
        ] {
            assert_eq!(effort(body), expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_understood_is_the_most() {
        for body in [
            r#"{"reasoning_effort":9}"#,
            r#"{"reasoning_effort":"very much"}"#,
            r#"{"reasoning":"high"}"#,
            r#"{"thinking":{"budget_tokens":"4000"}}"#,
        ] {
            assert_eq!(effort(body), Some(Effort::Highest), "{body}");
        }
        let twice = object(r#"{"reasoning":{"effort":"low","effort":"high"}}"#, BODY, true).unwrap();
        assert!(asked(&twice).is_err());
    }

    #[test]
    fn gemini_names_a_budget_or_a_level() {
        let effort = |config: &str| asked_of_gemini(&RawValue::from_string(config.to_owned()).unwrap()).unwrap();
        assert_eq!(effort(r#"{"thinkingBudget":0}"#), Some(Effort::None));
        assert_eq!(effort(r#"{"thinking_budget":-1}"#), None);
        assert_eq!(effort(r#"{"thinkingLevel":"HIGH"}"#), Some(Effort::High));
        assert_eq!(effort(r#"{"includeThoughts":true}"#), None);
    }
}
