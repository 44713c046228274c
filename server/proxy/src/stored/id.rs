//! Finds the id under which a provider keeps its answer.
//!
//! The whole text is read as JSON as far as that takes: a search for `"id"` would find what the caller wrote, whose
//! labels and tools an answer repeats, and hand somebody else's response over.

use domain::stored_response::ResponseId;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Name {
    Id,
    #[serde(other)]
    Other,
}

/// Reads an object up to its `id`.
struct UpToId<'a>(&'a mut Option<ResponseId>);

impl<'de> Visitor<'de> for UpToId<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Id => {
                    *self.0 = map.next_value::<String>()?.parse().ok();
                    return Err(A::Error::custom("enough was read"));
                }
                Name::Other => map.next_value::<IgnoredAny>().map(|_| ())?,
            }
        }
        Ok(())
    }
}

/// Of an answer, of which only the beginning may be here.
pub(super) fn of_answer(answer: &[u8]) -> Option<ResponseId> {
    let mut id = None;
    // An error either says that the id was found, or that there is none in what is here.
    let _ = serde_json::Deserializer::from_slice(answer).deserialize_map(UpToId(&mut id));
    id
}

#[derive(Deserialize)]
struct Event {
    response: Named,
}
#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Of an event that has the response.
pub(crate) fn in_event(data: &[u8]) -> Option<ResponseId> {
    serde_json::from_slice::<Event>(data).ok()?.response.id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(answer: &str) -> Option<String> {
        of_answer(answer.as_bytes()).map(|id| id.as_str().to_owned())
    }

    #[test]
    fn the_id_is_that_of_the_answer_wherever_it_stands() {
        let mine = Some("resp_mine".to_owned());
        assert_eq!(id(r#"{"id":"resp_mine","output":[{"id":"msg_1"}]}"#), mine);
        assert_eq!(id(r#" {"metadata":{"id":"resp_x"},"tools":[{"id":"resp_y"}],"\u0069d" : "resp_mine"}"#), mine);
        assert_eq!(id(r#"{"id":"resp_mine","output":[{"text":"breaks o"#), mine);
        for none in ["", "[]", "7", "{}", r#"{"output":[{"id":"resp_x"#, r#"{"id":7}"#, r#"{"id":"../x"}"#] {
            assert_eq!(id(none), None, "{none}");
        }
    }

    #[test]
    fn an_event_tells_the_id_of_its_response() {
        let id = |data: &str| in_event(data.as_bytes()).map(|id| id.as_str().to_owned());
        let created = r#"{"type":"response.created","response":{"metadata":{"id":"resp_x"},"id":"resp_mine"}}"#;
        assert_eq!(id(created), Some("resp_mine".to_owned()));
        assert_eq!(id(r#"{"type":"response.output_item.added","item":{"id":"msg_1"}}"#), None);
        assert_eq!(id(r#"{"response":{"id":"resp_a","id":"resp_b"}}"#), None);
    }
}
