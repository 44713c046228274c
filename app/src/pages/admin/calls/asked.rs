//! What is searched for, as it stands in the address: a link to what was found is what was found.

use crate::pages::admin::audit::list::day;
use crate::pages::admin::encoded;
use crate::pages::admin::people::list::some;
use crate::paths;
use crate::visit::PageError;
use domain::id::EventId;
use domain::usage::Outcome;
use jiff::tz::TimeZone;
use portal::administration::access_record::CallFilter;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The id of a key.
    pub key: String,
    pub model: String,
    pub network: String,
    /// The word of an outcome.
    pub outcome: String,
    /// The code of a refusal.
    pub denial: String,
    /// The first and the last day, in the organisation's zone.
    pub from: String,
    pub until: String,
    /// The call to go on from.
    pub before: String,
}

impl Asked {
    pub(super) fn filter(&self, zone: &TimeZone) -> Result<CallFilter, PageError> {
        let wrong = |what: &str| PageError::BadRequest(what.to_owned());
        let key = some(&self.key).map(str::parse).transpose();
        let outcome = some(&self.outcome).map(|word| Outcome::ALL.into_iter().find(|known| known.word() == word));
        let text = |text: &str| some(text).map(str::to_owned);
        Ok(CallFilter {
            key: key.map_err(|_| wrong("A key is given by its id: kwr_ and twelve characters."))?,
            model: text(&self.model),
            network: text(&self.network),
            outcome: match outcome {
                Some(None) => return Err(wrong("No call ends in this way. Choose one of the list.")),
                Some(known) => known,
                None => None,
            },
            denial: text(&self.denial),
            from: day(&self.from, zone, 0)?,
            until: day(&self.until, zone, 1)?,
        })
    }

    pub(super) fn before(&self) -> Result<Option<EventId>, PageError> {
        let before = some(&self.before).map(str::parse).transpose();
        before.map_err(|_| PageError::BadRequest("A search goes on from a request id: req_…".to_owned()))
    }

    fn parts(&self) -> [(&'static str, &str); 7] {
        let Self { key, model, network, outcome, denial, from, until, .. } = self;
        [
            ("key", key),
            ("model", model),
            ("network", network),
            ("outcome", outcome),
            ("denial", denial),
            ("from", from),
            ("until", until),
        ]
    }

    pub(super) fn is_narrowed(&self) -> bool {
        self.parts().iter().any(|(_, value)| !value.trim().is_empty())
    }

    /// The same search at another path; `before` is where it goes on.
    pub(super) fn address(&self, path: &str, before: Option<EventId>) -> String {
        let mut parts: Vec<String> = self
            .parts()
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        parts.extend(before.map(|before| format!("before={before}")));
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    }

    /// The record of one key alone.
    pub(super) fn of_key(&self, key: domain::id::KeyId) -> String {
        Self { key: key.to_string(), ..self.clone() }.address(paths::ACCESS_RECORD, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_said_and_not_ignored() {
        for asked in [
            Asked { key: "laptop".into(), ..Asked::default() },
            Asked { outcome: "lost".into(), ..Asked::default() },
            Asked { from: "yesterday".into(), ..Asked::default() },
        ] {
            assert!(matches!(asked.filter(&TimeZone::UTC), Err(PageError::BadRequest(_))), "{asked:?}");
        }
        assert!(Asked { before: "1".into(), ..Asked::default() }.before().is_err());
    }

    #[test]
    fn the_address_keeps_the_search_and_nothing_else() {
        let asked = Asked { model: "a&b".into(), outcome: "denied".into(), ..Asked::default() };
        assert_eq!(asked.address("/x", None), "/x?model=a%26b&outcome=denied");
        assert_eq!(Asked::default().address("/x", None), "/x");
        assert!(asked.is_narrowed() && !Asked::default().is_narrowed());
        let filter = asked.filter(&TimeZone::UTC).unwrap();
        assert_eq!((filter.model.as_deref(), filter.outcome), (Some("a&b"), Some(Outcome::Denied)));
    }
}
