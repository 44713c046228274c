//! One object of a body as raw texts: the fields that are acted on, each at most once and in its own spelling.
//!
//! What a parser that folds case or keeps another of two equal names would read differently is complained about here.
//! A field that its format knows by two names (Gemini takes `maxOutputTokens` and `max_output_tokens`) is one field.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// The names of the fields to find; the second of a pair is the same field's other name.
pub(crate) type Names = &'static [(&'static str, &'static str)];

/// No list of names is longer.
const MOST: usize = 24;

/// Fields by which some upstreams let a caller choose another address or credential.
const NEVER_FORWARDED: [&str; 4] = ["api_base", "base_url", "api_key", "extra_headers"];

/// The raw texts of the fields that are acted on, or the first complaint about a name.
pub(crate) struct Fields<'a> {
    names: Names,
    /// Those that are there, each once, in the order of the body: few of those that could be.
    found: [Option<(&'static str, &'a RawValue)>; MOST],
    count: usize,
    pub complaint: Option<String>,
    /// No field at all, known or not.
    pub is_empty: bool,
}

/// Reads an object for the fields of these names.
pub(crate) struct Find {
    pub names: Names,
    /// Names by which a call could be sent elsewhere are complained about at the top level of a body only.
    pub is_top_level: bool,
}

impl<'de> DeserializeSeed<'de> for Find {
    type Value = Fields<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Find {
    type Value = Fields<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let found = [None; MOST];
        let mut fields = Fields { names: self.names, found, count: 0, complaint: None, is_empty: true };
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            fields.is_empty = false;
            let value = map.next_value::<&'de RawValue>()?;
            fields.note(&name, value, self.is_top_level);
        }
        Ok(fields)
    }
}

/// A field's name, borrowed unless it was written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// True if a parser that folds case takes `name` for `field` (ASCII). Go's `encoding/json` also folds the long s and
/// the Kelvin sign.
pub(crate) fn folds_to(name: &str, field: &str) -> bool {
    name.eq_ignore_ascii_case(field) || (!name.is_ascii() && folds_beyond_ascii(name, field))
}

fn folds_beyond_ascii(name: &str, field: &str) -> bool {
    let folded = name.chars().map(|letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(field.chars().map(|letter| letter.to_ascii_lowercase()))
}

impl<'a> Fields<'a> {
    fn note(&mut self, name: &str, value: &'a RawValue, is_top_level: bool) {
        // Each name of a body is compared with each field: nearly all are told apart by their lengths.
        let beyond = !name.is_ascii();
        let folds_to = |field: &str| name.eq_ignore_ascii_case(field) || (beyond && folds_beyond_ascii(name, field));
        let elsewhere = NEVER_FORWARDED.iter().find(|field| is_top_level && folds_to(field));
        if let Some(field) = elsewhere {
            self.complain(format!(
                "'{field}' is not taken here: where a call goes is decided by the gateway. Remove it."
            ));
        }
        let known = |(field, other): &(&str, &str)| folds_to(field) || folds_to(other);
        let Some(at) = self.names.iter().position(known) else { return };
        let (field, other) = self.names[at];
        if name != field && name != other {
            self.complain(format!("A field is written like '{field}' in another case. Write it '{field}'."));
        } else if self.raw(field).is_some() {
            self.complain(format!("'{field}' occurs twice. Send it once."));
        } else {
            self.found[self.count] = Some((field, value));
            self.count += 1;
        }
    }

    fn complain(&mut self, complaint: String) {
        self.complaint.get_or_insert(complaint);
    }

    /// The field's text, null included.
    fn raw(&self, field: &str) -> Option<&'a RawValue> {
        let mut found = self.found[..self.count].iter().flatten();
        found.find(|(name, _)| *name == field).map(|(_, value)| *value)
    }

    /// The field's text, unless it is missing or null.
    pub(crate) fn get(&self, field: &str) -> Option<&'a RawValue> {
        self.raw(field).filter(|value| value.get() != "null")
    }

    /// The field's place, null included.
    pub(crate) fn place(&self, field: &str, text: &str) -> Option<Range<usize>> {
        self.raw(field).map(|value| span(value, text))
    }
}

/// Where a raw value stands in the text that it was borrowed from.
pub(crate) fn span(value: &RawValue, text: &str) -> Range<usize> {
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + value.get().len()
}
