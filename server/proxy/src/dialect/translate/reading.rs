//! Reads a request strictly: every field is taken by name, and what nobody took is refused with its place.
//!
//! Always true: nothing that a client sent is left out without a row in its format's table of harmless fields. Objects
//! keep the order of their fields, and values that are only carried (schemas, arguments) keep their bytes.

use crate::head::invalid;
use domain::denial::Denial;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A field that may be left out, and why that changes nothing that the client was promised.
pub(super) struct Harmless {
    pub field: &'static str,
    /// The values that are harmless, as JSON; none given means any.
    pub values: &'static [&'static str],
    pub why: &'static str,
}

/// A value with its place in the request: `messages[2].content[0].text`.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub at: String,
    pub raw: &'a RawValue,
}

/// One object, taken apart field by field.
pub(super) struct Object<'a> {
    at: String,
    fields: Vec<(String, &'a RawValue)>,
}

/// The fields of an object in their order.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ordered;
        impl<'de> Visitor<'de> for Ordered {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<String, &'de RawValue>()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Ordered)
    }
}

/// Says which field cannot be translated, why, and what to do.
pub(super) fn refusal(field: &str, why: &str) -> Denial {
    invalid(format!(
        "'{field}' cannot be translated for this model, whose provider speaks another format: {why}. Remove it, or call \
         a model that is served in the format of your call."
    ))
}

/// A request as an object.
pub(super) fn body(body: &[u8]) -> Result<Object<'_>, Denial> {
    let raw = serde_json::from_slice(body).map_err(|_| invalid("The body is not valid JSON."))?;
    Item { at: String::new(), raw }.object()
}

impl<'a> Item<'a> {
    fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Denial> {
        serde_json::from_str(self.raw.get()).map_err(|_| self.broken(what))
    }
    /// The value is not what the field takes.
    pub(super) fn broken(&self, what: &str) -> Denial {
        let at = if self.at.is_empty() { "The body" } else { &*format!("'{}'", self.at) };
        invalid(format!("{at} has to be {what}."))
    }
    pub(super) fn refuse(&self, why: &str) -> Denial {
        refusal(&self.at, why)
    }
    pub(super) fn text(&self) -> Result<String, Denial> {
        self.read("a text")
    }
    pub(super) fn flag(&self) -> Result<bool, Denial> {
        self.read("true or false")
    }
    pub(super) fn count(&self) -> Result<u64, Denial> {
        self.read("a whole number")
    }
    pub(super) fn integer(&self) -> Result<i64, Denial> {
        self.read("a whole number")
    }
    pub(super) fn number(&self) -> Result<serde_json::Number, Denial> {
        self.read("a number")
    }
    pub(super) fn texts(&self) -> Result<Vec<String>, Denial> {
        self.read("a list of texts")
    }
    pub(super) fn is_text(&self) -> bool {
        self.raw.get().starts_with('"')
    }
    pub(super) fn is_list(&self) -> bool {
        self.raw.get().starts_with('[')
    }
    pub(super) fn list(&self) -> Result<Vec<Item<'a>>, Denial> {
        let items: Vec<&'a RawValue> = serde_json::from_str(self.raw.get()).map_err(|_| self.broken("a list"))?;
        let place = |(index, raw)| Item { at: format!("{}[{index}]", self.at), raw };
        Ok(items.into_iter().enumerate().map(place).collect())
    }
    pub(super) fn object(&self) -> Result<Object<'a>, Denial> {
        let Entries(fields) = serde_json::from_str(self.raw.get()).map_err(|_| self.broken("an object"))?;
        Ok(Object { at: self.at.clone(), fields })
    }
    /// The value as it stands, which has to be an object: a schema, or arguments.
    pub(super) fn carried_object(&self) -> Result<Box<RawValue>, Denial> {
        if self.raw.get().starts_with('{') { Ok(self.raw.to_owned()) } else { Err(self.broken("an object")) }
    }
    fn equals(&self, json: &str) -> bool {
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        parsed(self.raw.get()) == parsed(json)
    }
}

impl<'a> Object<'a> {
    fn place(&self, field: &str) -> String {
        if self.at.is_empty() { field.to_owned() } else { format!("{}.{field}", self.at) }
    }

    /// Takes a field out; null is as good as absent. Of equal names the last one counts, as everywhere in JSON.
    pub(super) fn take(&mut self, field: &str) -> Option<Item<'a>> {
        let mut found = None;
        self.fields.retain(|(name, raw)| {
            let is_it = name == field;
            if is_it {
                found = Some(*raw);
            }
            !is_it
        });
        let raw = found.filter(|raw| raw.get() != "null")?;
        Some(Item { at: self.place(field), raw })
    }
    pub(super) fn need(&mut self, field: &str) -> Result<Item<'a>, Denial> {
        self.take(field).ok_or_else(|| invalid(format!("'{}' is missing.", self.place(field))))
    }
    pub(super) fn text(&mut self, field: &str) -> Result<Option<String>, Denial> {
        self.take(field).map(|item| item.text()).transpose()
    }
    /// The word by which an object says what it is.
    pub(super) fn kind(&mut self) -> Result<Item<'a>, Denial> {
        self.need("type")
    }

    /// Leaves out what the table calls harmless.
    pub(super) fn leave(&mut self, table: &[Harmless]) {
        let at = &self.at;
        self.fields.retain(|(name, raw)| {
            let item = Item { at: at.clone(), raw };
            !table.iter().any(|row| {
                debug_assert!(!row.why.is_empty());
                row.field == name && (row.values.is_empty() || row.values.iter().any(|value| item.equals(value)))
            })
        });
    }

    /// Refuses the first field that nobody took.
    pub(super) fn end(self) -> Result<(), Denial> {
        match self.fields.iter().find(|(_, raw)| raw.get() != "null") {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
                Err(refusal(&self.place(&name), "it has no counterpart there"))
            }
        }
    }

    /// Spells all names as the format's documentation does: its parsers also take `snake_case`.
    pub(super) fn in_camel_case(mut self) -> Result<Self, Denial> {
        for at in 0..self.fields.len() {
            let name = camel_case(&self.fields[at].0);
            if self.fields.iter().enumerate().any(|(other, (taken, _))| other != at && *taken == name) {
                return Err(invalid(format!("'{}' occurs twice. Send it once.", self.place(&name))));
            }
            self.fields[at].0 = name;
        }
        Ok(self)
    }

    pub(super) fn into_fields(self) -> impl Iterator<Item = (String, Item<'a>)> {
        let at = self.at;
        self.fields.into_iter().map(move |(name, raw)| {
            let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            (name, Item { at: place, raw })
        })
    }
}

fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.trim_start_matches('_').chars() {
        match letter {
            '_' => upper = true,
            letter if std::mem::take(&mut upper) => camel.push(letter.to_ascii_uppercase()),
            letter => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(result: Result<(), Denial>) -> String {
        match result {
            Err(Denial::InvalidRequest { reason }) => reason,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_nobody_takes_is_refused_with_its_place() {
        let mut object = body(br#"{"a":{"b":[{"c":1,"nothing":null,"odd":2}]},"user":"me"}"#).unwrap();
        object.leave(&[Harmless { field: "user", values: &[], why: "a label" }]);
        let mut inner =
            object.need("a").unwrap().object().unwrap().need("b").unwrap().list().unwrap()[0].object().unwrap();
        assert_eq!(inner.need("c").unwrap().count(), Ok(1));
        assert!(reason(inner.end()).starts_with("'a.b[0].odd' cannot be translated"));
        assert_eq!(object.end(), Ok(()));
    }

    #[test]
    fn harmless_values_are_left_out_and_others_are_not() {
        let table = [Harmless { field: "store", values: &["false"], why: "nothing is stored" }];
        for (text, expected) in [(r#"{"store" : false}"#, true), (r#"{"store":true}"#, false)] {
            let mut object = body(text.as_bytes()).unwrap();
            object.leave(&table);
            assert_eq!(object.end().is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn names_may_be_spelt_either_way_but_not_both_ways() {
        let object = body(br#"{"inline_data":1,"mimeType":2}"#).unwrap().in_camel_case().unwrap();
        let names: Vec<String> = object.into_fields().map(|(name, _)| name).collect();
        assert_eq!(names, ["inlineData", "mimeType"]);
        assert!(body(br#"{"inline_data":1,"inlineData":2}"#).unwrap().in_camel_case().is_err());
    }
}
