//! Writes JSON in the order in which it is put together, and carries values without reading them.

use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// The text of one JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Json(String);

/// An object in the making.
pub(super) struct Fields(String);

impl Json {
    pub(super) fn into_text(self) -> String {
        self.0
    }
    pub(super) fn text(&self) -> &str {
        &self.0
    }
    /// An object whose first field is new; `rest` is what follows the opening brace of the old one.
    pub(super) fn object_before(name: &str, value: &str, rest: &str) -> Self {
        let comma = if rest.starts_with('}') { "" } else { "," };
        Self(format!("{{{}:{}{comma}{rest}", Self::from(name).0, Self::from(value).0))
    }
    pub(super) fn null() -> Self {
        Self("null".to_owned())
    }
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let mut text = String::from("[");
        for item in items {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&item.0);
        }
        text.push(']');
        Self(text)
    }
}

impl Fields {
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }
    /// An object that says what it is.
    pub(super) fn of(kind: &str) -> Self {
        Self::new().with("type", kind)
    }
    pub(super) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&Json::from(name).0);
        self.0.push(':');
        self.0.push_str(&value.into().0);
        self
    }
    /// The fields of another object behind these.
    pub(super) fn and(mut self, others: &Self) -> Self {
        if !self.is_empty() && !others.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(others.0.trim_start_matches('{'));
        self
    }
    pub(super) fn with_some(self, name: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
    pub(super) fn json(self) -> Json {
        self.into()
    }
    /// As an object, unless nothing was put in.
    pub(super) fn some(self) -> Option<Json> {
        (!self.is_empty()).then(|| self.json())
    }
    pub(super) fn into_text(self) -> String {
        self.json().0
    }
}

impl From<Fields> for Json {
    fn from(fields: Fields) -> Self {
        let mut text = fields.0;
        text.push('}');
        Self(text)
    }
}
impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self(Value::from(text).to_string())
    }
}
impl From<&String> for Json {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}
impl From<String> for Json {
    fn from(text: String) -> Self {
        Self(Value::from(text).to_string())
    }
}
impl From<&[String]> for Json {
    fn from(texts: &[String]) -> Self {
        Self::list(texts.iter().map(Self::from))
    }
}
impl From<&RawValue> for Json {
    fn from(raw: &RawValue) -> Self {
        Self(raw.get().to_owned())
    }
}
impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        Self(value.to_string())
    }
}
impl From<&Number> for Json {
    fn from(number: &Number) -> Self {
        Self(number.to_string())
    }
}
impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}
impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}
impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Self(number.to_string())
    }
}
impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self(flag.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_the_order_in_which_they_were_put() {
        let schema = RawValue::from_string(r#"{"z":1, "a":2}"#.to_owned()).unwrap();
        let json = Fields::of("x").with("n", 3u64).with_some("none", None::<u64>).with("s", &*schema).json();
        assert_eq!(json.into_text(), r#"{"type":"x","n":3,"s":{"z":1, "a":2}}"#);
        assert_eq!(
            Json::list([Json::from("a\"b\n"), Json::null(), true.into()]).into_text(),
            r#"["a\"b\n",null,true]"#
        );
        assert!(Fields::new().some().is_none());
    }
}
