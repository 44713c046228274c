//! Between columns and domain types. What cannot be read back is corrupt, never guessed.

use crate::StoreError;
use domain::permission::Scope;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// An id, a name or anything else that reads what it prints.
pub(crate) fn parsed<T: FromStr>(text: &str, what: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(what))
}

pub(crate) fn parsed_if<T: FromStr>(text: Option<&str>, what: &'static str) -> Result<Option<T>, StoreError> {
    text.map(|text| parsed(text, what)).transpose()
}

pub(crate) fn from_json<'a, T: Deserialize<'a>>(text: &'a str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(what))
}

pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(error = %error, "a value could not be written as JSON");
        StoreError::Internal
    })
}

/// A hash as it was stored.
pub(crate) fn hash(bytes: &[u8], what: &'static str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt(what))
}

/// A count that fits the domain's type.
pub(crate) fn count<T: TryFrom<i64>>(number: i64, what: &'static str) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Corrupt(what))
}

/// A token count or the like on its way into a BIGINT; no provider reports 2^63 of anything.
pub(crate) fn bigint(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// As the *_folded columns hold it. Lower-casing happens here alone: SQLite folds ASCII only, PostgreSQL by locale.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A pattern that finds the folded text anywhere; for `like $1 escape '\'`.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A scope as two binds for `(everyone or owner_id in (select value from json_each(owners)))`. Codes of cost centres stand
/// in the same list behind `cc:`, which no id begins with; who reads them says so, by [`owned_or_booked`].
pub(crate) struct Scoped {
    pub(crate) everyone: bool,
    pub(crate) owners: String,
    /// There are cost centres among the owners.
    pub(crate) books: bool,
}

impl Scoped {
    pub(crate) fn new(scope: &Scope) -> Result<Self, StoreError> {
        match scope {
            Scope::Everyone => Ok(Self { everyone: true, owners: "[]".into(), books: false }),
            Scope::Own { person, teams } => {
                let teams = teams.iter().map(ToString::to_string);
                let owners: Vec<String> = std::iter::once(person.to_string()).chain(teams).collect();
                Ok(Self { everyone: false, owners: to_json(&owners)?, books: false })
            }
            Scope::Within { person, teams, centres } => {
                let teams = teams.iter().map(ToString::to_string);
                let centres = centres.iter().map(|code| format!("cc:{code}"));
                let owners: Vec<String> = std::iter::once(person.to_string()).chain(teams).chain(centres).collect();
                Ok(Self { everyone: false, owners: to_json(&owners)?, books: true })
            }
        }
    }
}

impl Scoped {
    /// The text for everyone's keys, for those of owners, or for those of owners and cost centres.
    pub(crate) const fn choose(&self, everyone: &'static str, own: &'static str, within: &'static str) -> &'static str {
        match (self.everyone, self.books) {
            (true, _) => everyone,
            (false, false) => own,
            (false, true) => within,
        }
    }
}

/// True of a key that the list of a [`Scoped`] reaches, by its owner or by its cost centre.
macro_rules! owned_or_booked {
    ($list:literal) => {
        concat!(
            "(owner_id in (select value from json_each(",
            $list,
            ")) or virtual_key.cost_centre in (select substr(value, 4) from json_each(",
            $list,
            ") where substr(value, 1, 3) = 'cc:'))"
        )
    };
}
pub(crate) use owned_or_booked;
