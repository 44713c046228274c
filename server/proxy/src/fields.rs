//! The top level of a body as raw texts: the fields that are acted on, each at most once and in its own spelling.
//!
//! What a parser that folds case or keeps another of two equal names would read differently is complained about here.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Fields that an answer's price or policy depends on.
const ACTED_ON: [&str; 15] = [
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
    "previous_response_id",
    "conversation",
    "prompt",
    "background",
    "container",
    "service_tier",
    "speed",
    "include_usage",
];

/// Fields by which some upstreams let a caller choose another address or credential.
const NEVER_FORWARDED: [&str; 4] = ["api_base", "base_url", "api_key", "extra_headers"];

/// The raw texts of the fields that are acted on, or the first complaint about a name.
pub(crate) struct Fields<'a> {
    found: [Option<&'a RawValue>; ACTED_ON.len()],
    pub complaint: Option<String>,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TopLevel;
        impl<'de> Visitor<'de> for TopLevel {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields { found: [None; ACTED_ON.len()], complaint: None };
                while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                    let value = map.next_value::<&'de RawValue>()?;
                    fields.note(&name, value);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(TopLevel)
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

/// True if a parser that folds case takes `name` for `field` (lower-case ASCII). Go's `encoding/json` also folds the
/// long s and the Kelvin sign.
fn folds_to(name: &str, field: &str) -> bool {
    let folded = name.chars().map(|letter| match letter {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(field.chars())
}

impl<'a> Fields<'a> {
    fn note(&mut self, name: &str, value: &'a RawValue) {
        if let Some(field) = NEVER_FORWARDED.iter().find(|field| folds_to(name, field)) {
            self.complain(format!(
                "'{field}' is not taken here: where a call goes is decided by the gateway. Remove it."
            ));
        }
        let Some(at) = ACTED_ON.iter().position(|field| folds_to(name, field)) else { return };
        let field = ACTED_ON[at];
        if name != field {
            self.complain(format!("A field is written like '{field}' in another case. Write it '{field}'."));
        } else if self.found[at].replace(value).is_some() {
            self.complain(format!("'{field}' occurs twice. Send it once."));
        }
    }

    fn complain(&mut self, complaint: String) {
        self.complaint.get_or_insert(complaint);
    }

    /// The field's text, unless it is missing or null.
    pub(crate) fn get(&self, field: &str) -> Option<&'a RawValue> {
        let at = ACTED_ON.iter().position(|name| *name == field)?;
        self.found[at].filter(|value| value.get() != "null")
    }

    /// The field's place, null included.
    pub(crate) fn place(&self, field: &str, text: &str) -> Option<Range<usize>> {
        let at = ACTED_ON.iter().position(|name| *name == field)?;
        self.found[at].map(|value| span(value, text))
    }
}

/// Where a raw value stands in the text that it was borrowed from.
pub(crate) fn span(value: &RawValue, text: &str) -> Range<usize> {
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + value.get().len()
}
