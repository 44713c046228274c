//! Turns a schema in Gemini's own language (a subset of OpenAPI's) into JSON Schema.
//!
//! Types are in upper case there, `nullable` is a field, whole numbers may be texts, and `propertyOrdering` says in
//! which order a model fills an object in. Gemini also takes JSON Schema as it is; that is what is written to it.

use super::super::reading::{Item, Object};
use super::super::writing::{Fields, Json};
use domain::denial::Denial;

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];
const COUNTS: [&str; 6] = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
const CARRIED: [&str; 9] =
    ["format", "title", "description", "enum", "required", "pattern", "default", "minimum", "maximum"];

pub(super) fn to_json_schema(item: &Item<'_>) -> Result<Json, Denial> {
    let mut schema = item.object()?.in_camel_case()?;
    let nullable = schema.take("nullable").map(|flag| flag.flag()).transpose()?.unwrap_or(false);
    let order = schema.take("propertyOrdering").map(|order| order.texts()).transpose()?.unwrap_or_default();
    let mut written = Fields::new();
    if let Some(kind) = schema.take("type") {
        let word = kind.text()?.to_ascii_lowercase();
        if word != "type_unspecified" {
            if !TYPES.contains(&word.as_str()) {
                return Err(kind.broken("a type of Gemini's schemas"));
            }
            let word = Json::from(word);
            written = written.with("type", if nullable { Json::list([word, "null".into()]) } else { word });
        }
    }
    for (name, value) in schema.into_fields() {
        if value.raw.get() == "null" {
            continue;
        }
        written = match &*name {
            "properties" => written.with("properties", properties(value.object()?, &order)?),
            "items" => written.with("items", to_json_schema(&value)?),
            "anyOf" => {
                let kinds = value.list()?.iter().map(to_json_schema).collect::<Result<Vec<_>, _>>()?;
                written.with("anyOf", Json::list(kinds))
            }
            "example" => written.with("examples", Json::list([Json::from(value.raw)])),
            count if COUNTS.contains(&count) => {
                let number = if value.is_text() { value.text()?.parse().ok() } else { value.count().ok() };
                written.with(count, number.ok_or_else(|| value.broken("a whole number"))?)
            }
            carried if CARRIED.contains(&carried) => written.with(carried, value.raw),
            _ => return Err(value.refuse("it is no field of Gemini's schemas")),
        };
    }
    Ok(written.json())
}

fn properties(properties: Object<'_>, order: &[String]) -> Result<Json, Denial> {
    let mut all: Vec<(String, Item<'_>)> = properties.into_fields().collect();
    let place = |name: &String| order.iter().position(|wanted| wanted == name).unwrap_or(order.len());
    all.sort_by_key(|(name, _)| place(name));
    let mut written = Fields::new();
    for (name, item) in &all {
        written = written.with(name, to_json_schema(item)?);
    }
    Ok(written.json())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn converted(schema: &str) -> Result<String, Denial> {
        let raw = RawValue::from_string(schema.to_owned()).unwrap();
        to_json_schema(&Item { at: "schema".to_owned(), raw: &raw }).map(Json::into_text)
    }

    #[test]
    fn a_schema_keeps_what_it_demands() {
        let schema = r#"{"type":"OBJECT","propertyOrdering":["why","sum"],"required":["sum"],"properties":{
            "sum":{"type":"INTEGER","nullable":true,"min_items":"2"},
            "why":{"any_of":[{"type":"STRING"},{"type":"ARRAY","items":{"type":"NUMBER"}}],"example":1}}}"#;
        assert_eq!(
            converted(schema).unwrap(),
            r#"{"type":"object","required":["sum"],"properties":{"why":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"number"}}],"examples":[1]},"sum":{"type":["integer","null"],"minItems":2}}}"#
        );
        assert!(converted(r#"{"type":"OBJECT","$ref":"x"}"#).is_err());
        assert!(converted(r#"{"type":"TUPLE"}"#).is_err());
    }
}
