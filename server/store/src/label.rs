//! Texts that usage refers to by number: ten million rows of usage name the same few keys, models and agents.
//!
//! Numbers are remembered in the process once they are committed; a number that was rolled back was never remembered.

use crate::column::{from_json, parsed};
use crate::dialect::{Dialect, gathered};
use crate::engine::On;
use crate::row::{many, pieces, put};
use crate::{Result, StoreError};
use domain::id::KeyId;
use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Key,
    Model,
    Deployment,
    Network,
    Agent,
    Denial,
    /// The accounts that a call was charged to; see [`crate::charges`].
    Charge,
    /// When their windows began.
    Periods,
    Person,
    Team,
    Unit,
    Application,
    Consumer,
    Environment,
    CostCentre,
    Provider,
}

impl Kind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Model => "model",
            Self::Deployment => "deployment",
            Self::Network => "network",
            Self::Agent => "agent",
            Self::Denial => "denial",
            Self::Charge => "charge",
            Self::Periods => "periods",
            Self::Person => "person",
            Self::Team => "team",
            Self::Unit => "unit",
            Self::Application => "application",
            Self::Consumer => "consumer",
            Self::Environment => "environment",
            Self::CostCentre => "cost_centre",
            Self::Provider => "provider",
        }
    }
}

pub(crate) type Label = (Kind, String);
pub(crate) type Numbers = HashMap<Label, i64>;

/// Clients choose agents and models: the memory for them has an end.
const REMEMBERED: usize = 50_000;

#[derive(Default)]
pub(crate) struct Labels {
    committed: RwLock<Numbers>,
    /// As many as there are keys, of which the gateway remembers more. Apart, since others would be forgotten for them.
    keys: RwLock<foldhash::HashMap<KeyId, i64>>,
}

impl Labels {
    /// The numbers of these labels, making those that are missing in the transaction at hand. Call [`Labels::remember`]
    /// with the answer after the commit.
    pub(crate) async fn numbers(&self, mut on: On<'_>, wanted: BTreeSet<Label>) -> Result<Numbers> {
        const INSERT: &str = "insert into label (kind, text) values";
        let mut numbers = Numbers::with_capacity(wanted.len());
        let mut missing = Vec::new();
        {
            let committed = self.committed.read().unwrap_or_else(PoisonError::into_inner);
            for label in wanted {
                match committed.get(&label) {
                    Some(&number) => drop(numbers.insert(label, number)),
                    None => missing.push(label),
                }
            }
        }
        // In sorted order, so that two transactions that make the same labels do not wait for each other in a circle.
        for piece in pieces(&missing) {
            let tail = "on conflict (kind, text) do nothing";
            put!(on.again(), INSERT, piece, |label| [label.0.word(), label.1.as_str()], tail)?;
            for (label, number) in find(on.again(), piece).await? {
                numbers.insert(label, number);
            }
        }
        Ok(numbers)
    }

    /// Gives each of these keys its number, as [`Labels::numbers`] does, and answers those that [`Labels::remember_keys`] is
    /// to be given after the commit.
    pub(crate) async fn number_keys(
        &self,
        on: On<'_>,
        keys: &mut foldhash::HashMap<KeyId, i64>,
    ) -> Result<Vec<(KeyId, i64)>> {
        let mut missing = BTreeSet::new();
        {
            let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            for (key, number) in keys.iter_mut() {
                match known.get(key) {
                    Some(&known) => *number = known,
                    None => drop(missing.insert((Kind::Key, key.to_string()))),
                }
            }
        }
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.numbers(on, missing).await?;
        let mut new = Vec::with_capacity(found.len());
        for ((_, text), number) in found {
            let key = parsed(&text, "key id")?;
            keys.insert(key, number);
            new.push((key, number));
        }
        Ok(new)
    }

    pub(crate) fn remember_keys(&self, keys: Vec<(KeyId, i64)>) {
        if !keys.is_empty() {
            self.keys.write().unwrap_or_else(PoisonError::into_inner).extend(keys);
        }
    }

    pub(crate) fn remember(&self, numbers: Numbers) {
        let mut committed = self.committed.write().unwrap_or_else(PoisonError::into_inner);
        if committed.len() + numbers.len() > REMEMBERED {
            committed.clear();
        }
        committed.extend(numbers);
    }
}

/// All of these, which exist by now.
async fn find(on: On<'_>, labels: &[Label]) -> Result<Vec<(Label, i64)>> {
    const FIND: Dialect = gathered!("kind, text, num", "from label where (kind, text) in (values");
    let found = many!(on, (String,), FIND, labels, |label| [label.0.word(), label.1.as_str()], ")")?;
    let found: Vec<(&str, String, i64)> = from_json(found.first().map_or("[]", |(text,)| text), "label")?;
    let found: HashMap<(&str, &str), i64> =
        found.iter().map(|(kind, text, number)| ((*kind, text.as_str()), *number)).collect();
    let number = |label: &Label| {
        let number = found.get(&(label.0.word(), label.1.as_str()));
        number.map(|&number| (label.clone(), number)).ok_or(StoreError::Corrupt("label"))
    };
    labels.iter().map(number).collect()
}

/// What both engines can keep. PostgreSQL refuses NUL in a text, and one such record, sent by a client that named a
/// model like that, would stop all ingest.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
