//! The head of a body of Gemini's format: the model stands in the path, and what bounds an answer in `generationConfig`.
//!
//! Gemini's servers take every name in two spellings (`maxOutputTokens`, `max_output_tokens`); both are the same field
//! here, and both at once are refused.

use super::{AskedTier, CapSlot, Head, MAX_CHOICES, ModelPlace, Placed, SentCap, invalid, object};
use crate::fields::{Fields, Names};
use crate::scan::Scan;
use domain::denial::Denial;
use domain::model::Endpoint;
use domain::usage::{Beside, ServiceTier};
use serde_json::value::RawValue;

const BODY: Names = &[
    ("model", "model"),
    ("generationConfig", "generation_config"),
    ("cachedContent", "cached_content"),
    ("generateContentRequest", "generate_content_request"),
    ("requests", "requests"),
    ("serviceTier", "service_tier"),
];
const CONFIG: Names = &[
    ("maxOutputTokens", "max_output_tokens"),
    ("candidateCount", "candidate_count"),
    ("thinkingConfig", "thinking_config"),
];
const REQUEST: Names = &[("model", "model")];

pub(super) fn read(text: &str, scan: Scan, endpoint: Endpoint, model: &str, streamed: bool) -> Result<Head, Denial> {
    let fields = object(text, BODY, true)?;
    for field in ["cachedContent", "generateContentRequest"] {
        if fields.get(field).is_some() {
            return Err(invalid(format!(
                "'{field}' is not taken here: it can name what another key has stored. Send the content itself."
            )));
        }
    }
    let tier: Option<String> = fields.get("serviceTier").and_then(|tier| serde_json::from_str(tier.get()).ok());
    let tier = tier.as_deref().map(|word| word.strip_prefix("SERVICE_TIER_").unwrap_or(word));
    let insert_at = text.find('{').map_or(0, |brace| brace + 1);
    let mut head = Head {
        model: model.to_owned(),
        model_at: ModelPlace::Resource(named_models(&fields, text)?),
        stream: streamed,
        stream_options: None,
        caps: [None, None],
        cap_slot: CapSlot::NewObject("generationConfig"),
        choices: 1,
        insert_at,
        is_empty: fields.is_empty,
        file_bytes: 0,
        most: Beside { searches: if scan.searches { super::MOST_SEARCHES } else { 0 }, ..Beside::NOTHING },
        usual: Beside::NOTHING,
        fixed: Beside::NOTHING,
        tier: tier.and_then(ServiceTier::from_word).map_or(AskedTier::Standard, AskedTier::Named),
        effort: None,
        keeps: false,
        previous: None,
        scan,
    };
    if endpoint != Endpoint::GenerateContent {
        return Ok(head);
    }
    if let Some(at) = fields.place("generationConfig", text) {
        match fields.get("generationConfig") {
            None => head.cap_slot = CapSlot::NullObject(at),
            Some(config) => read_config(&mut head, config, text)?,
        }
    }
    Ok(head)
}

fn read_config(head: &mut Head, config: &RawValue, text: &str) -> Result<(), Denial> {
    let fields = object(config.get(), CONFIG, false).map_err(|denial| match denial {
        Denial::InvalidRequest { .. } if !config.get().starts_with('{') => {
            invalid("'generationConfig' has to be an object.")
        }
        other => other,
    })?;
    let place = crate::fields::span(config, text);
    head.cap_slot = CapSlot::Inside { at: place.start + 1, is_empty: fields.is_empty };
    if let Some(at) = fields.place("maxOutputTokens", text) {
        let value = super::number(&fields, "maxOutputTokens")?;
        head.caps[0] = Some(SentCap { field: "maxOutputTokens", cap: Placed { value, at } });
    }
    head.effort = match fields.get("thinkingConfig") {
        Some(config) => super::effort::asked_of_gemini(config)?,
        None => None,
    };
    head.choices = super::number(&fields, "candidateCount")?.unwrap_or(1);
    if !(1..=MAX_CHOICES).contains(&head.choices) {
        return Err(invalid(format!("'candidateCount' has to be between 1 and {MAX_CHOICES}.")));
    }
    Ok(())
}

/// Where bodies name the model once more: at the top, and in each request of a batch of embeddings.
fn named_models(fields: &Fields<'_>, text: &str) -> Result<Vec<std::ops::Range<usize>>, Denial> {
    let mut places: Vec<_> = fields.get("model").map(|model| crate::fields::span(model, text)).into_iter().collect();
    if let Some(requests) = fields.get("requests") {
        let list: Vec<&RawValue> =
            serde_json::from_str(requests.get()).map_err(|_| invalid("'requests' has to be a list of objects."))?;
        for request in list {
            let request = object(request.get(), REQUEST, false)?;
            places.extend(request.get("model").map(|model| crate::fields::span(model, text)));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Address, Verb};

    fn read(body: &str, endpoint: Endpoint) -> Result<Head, Denial> {
        let address =
            Address { model: Some("gemini".to_owned()), verb: Some(Verb::GenerateContent), ..Address::default() };
        super::super::read(body.as_bytes(), endpoint, &address)
    }
    fn refusal(body: &str) -> String {
        match read(body, Endpoint::GenerateContent) {
            Err(Denial::InvalidRequest { reason }) => reason,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn the_cap_is_found_inside_the_config_in_either_spelling() {
        for field in ["maxOutputTokens", "max_output_tokens"] {
            let body = format!(r#"{{"contents":[],"generationConfig":{{"topK":1,"{field}": 40,"candidateCount":2}}}}"#);
            let head = read(&body, Endpoint::GenerateContent).unwrap();
            let cap = head.caps[0].clone().unwrap().cap;
            assert_eq!((cap.value, &body[cap.at], head.choices), (Some(40), "40", 2));
        }
    }

    #[test]
    fn what_could_be_read_two_ways_or_names_stored_things_is_refused() {
        for (body, word) in [
            (r#"{"generationConfig":{},"generation_config":{}}"#, "occurs twice"),
            (r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#, "occurs twice"),
            (r#"{"GenerationConfig":{}}"#, "another case"),
            (r#"{"generationConfig":{"maxoutputtokens":1}}"#, "another case"),
            (r#"{"generationConfig":[]}"#, "an object"),
            (r#"{"generationConfig":{"maxOutputTokens":"9"}}"#, "whole number"),
            (r#"{"generationConfig":{"candidateCount":0}}"#, "between 1 and"),
            (r#"{"cached_content":"cachedContents/1"}"#, "another key"),
            (
                r#"{"contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}]}]}"#,
                "stored",
            ),
            (r#"{"contents":[{"parts":[{"file_data":{"file_uri":"gs://bucket/x"}}]}]}"#, "stored"),
            (r#"{"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/x"]}}]}"#, "stored"),
        ] {
            assert!(refusal(body).contains(word), "{body}: {}", refusal(body));
        }
    }

    #[test]
    fn input_from_elsewhere_is_noticed() {
        let scan = |body: &str| read(body, Endpoint::GenerateContent).unwrap().scan;
        assert!(
            scan(r#"{"contents":[{"parts":[{"fileData":{"fileUri":"https://www.youtube.com/watch?v=x"}}]}]}"#).outside
        );
        assert!(scan(r#"{"tools":[{"googleSearch":{}}]}"#).outside);
        assert!(scan(r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"video/mp4","data":""}}]}]}"#).outside);
        let image = scan(r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":""}}]}]}"#);
        assert_eq!((image.images, image.outside), (1, false));
        let schema = r#"{"tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":{"url":{}}}}]}]}"#;
        assert!(!scan(schema).outside);
    }

    #[test]
    fn every_request_of_a_batch_names_the_model() {
        let body = r#"{"requests":[{"model":"models/a","content":{}},{"content":{},"model":"models/b"}]}"#;
        let head = read(body, Endpoint::EmbedContent).unwrap();
        let ModelPlace::Resource(places) = head.model_at else { panic!() };
        let named: Vec<&str> = places.into_iter().map(|at| &body[at]).collect();
        assert_eq!(named, [r#""models/a""#, r#""models/b""#]);
    }
}
