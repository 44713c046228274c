//! The smallest value that satisfies a JSON schema, for tool calls and structured answers.
//!
//! Knows what SDKs write: references, choices, constants, bounds, and the upper-case types of Gemini. Not a validator:
//! a pattern or an odd combination gets a value of the right type. Bounded in depth, so that a schema that refers to
//! itself ends, and in size: references that double at every level would otherwise grow without end.

use serde_json::{Map, Number, Value, json};

const DEEPEST: usize = 12;
const MOST_VALUES: usize = 2_000;
const LONGEST_ARRAY: u64 = 20;

pub(super) fn example(schema: &Value) -> Value {
    Maker { root: schema, left: MOST_VALUES }.value(schema, 0)
}

struct Maker<'a> {
    root: &'a Value,
    /// Values that may still be made.
    left: usize,
}

impl<'a> Maker<'a> {
    fn value(&mut self, schema: &'a Value, depth: usize) -> Value {
        if self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        if depth > DEEPEST {
            return Value::Null;
        }
        if let Some(target) = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#')) {
            return self.root.pointer(target).map_or(Value::Null, |schema| self.value(schema, depth + 1));
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        if let Some(first) = ["anyOf", "oneOf", "allOf"].iter().find_map(|choice| schema[*choice].get(0)) {
            return self.value(first, depth + 1);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).map(str::to_ascii_lowercase);
        match kind.as_deref() {
            Some("string") => text(schema),
            Some("integer") => json!(schema["minimum"].as_i64().unwrap_or(1)),
            Some("number") => Value::Number(schema["minimum"].as_number().cloned().unwrap_or_else(|| Number::from(1))),
            Some("boolean") => json!(true),
            Some("null") => Value::Null,
            Some("array") => {
                let length = schema["minItems"].as_u64().unwrap_or(1).min(LONGEST_ARRAY);
                let Some(items) = schema.get("items") else { return json!([]) };
                let mut list = vec![];
                while (list.len() as u64) < length && self.left > 0 {
                    list.push(self.value(items, depth + 1));
                }
                Value::Array(list)
            }
            _ => {
                let properties = schema["properties"].as_object().into_iter().flatten();
                let values = properties.map(|(name, schema)| (name.clone(), self.value(schema, depth + 1)));
                Value::Object(values.collect::<Map<_, _>>())
            }
        }
    }
}

fn text(schema: &Value) -> Value {
    json!(match schema["format"].as_str() {
        Some("date") => "2026-01-01",
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("email") => "demo@example.com",
        Some("uri") => "https://example.com/",
        _ => "demo",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_parts_get_values_of_their_type() {
        let schema = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}, "days": {"type": "integer", "minimum": 3},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2}, "sure": {"type": "BOOLEAN"},
            "none": {"type": ["null", "string"]}, "kind": {"const": 7}, "part": {"anyOf": [{"type": "NUMBER"}, {"type": "null"}]}}});
        let expected = json!({"city": "demo", "unit": "c", "days": 3, "tags": ["demo", "demo"], "sure": true,
            "none": null, "kind": 7, "part": 1});
        assert_eq!(example(&schema), expected);
    }

    #[test]
    fn references_are_followed_and_end() {
        let schema = json!({"$defs": {"point": {"type": "object", "properties": {"x": {"type": "integer"}}}},
            "type": "object", "properties": {"from": {"$ref": "#/$defs/point"}}});
        assert_eq!(example(&schema), json!({"from": {"x": 1}}));
        let endless = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(example(&endless).to_string().len() < 1_000);
        let doubling = json!({"type": "array", "minItems": 20, "items": {"$ref": "#"}});
        assert!(example(&doubling).to_string().len() < 20_000);
    }
}
