//! The texts that a batch of usage names, and their numbers: each is written out and looked up once for the batch.
//!
//! Many records name the same few; doing it for each record took longer than inserting them.

use crate::charges::{ChargeTexts, Charged, to_texts};
use crate::label::{Kind, Label, Numbers, storable};
use crate::{Result, StoreError};
use domain::id::{DeploymentId, KeyId, ProviderId};
use domain::usage::UsageRecord;
use foldhash::HashMap;
use std::collections::BTreeSet;
use std::hash::Hash;

/// Every text of a batch with its number.
#[derive(Default)]
pub(super) struct Texts<'a> {
    pub(super) keys: HashMap<KeyId, i64>,
    pub(super) models: HashMap<&'a str, i64>,
    pub(super) deployments: HashMap<DeploymentId, i64>,
    pub(super) providers: HashMap<ProviderId, i64>,
    pub(super) networks: HashMap<&'a str, i64>,
    pub(super) agents: HashMap<&'a str, i64>,
    pub(super) denials: HashMap<&'a str, i64>,
    /// The numbers of the accounts, and of the beginnings of their windows.
    pub(super) charges: HashMap<Charged<'a>, (i64, i64)>,
}

impl<'a> Texts<'a> {
    /// Every text that the records name, without its number.
    pub(super) fn of(records: &[&'a UsageRecord], served_by: &HashMap<DeploymentId, ProviderId>) -> Self {
        let mut texts = Self { providers: served_by.values().map(|id| (*id, 0)).collect(), ..Self::default() };
        for record in records {
            texts.keys.insert(record.key, 0);
            texts.models.insert(&record.model, 0);
            texts.networks.insert(&record.network, 0);
            texts.agents.insert(&record.agent, 0);
            texts.deployments.extend(record.deployment.map(|id| (id, 0)));
            texts.denials.extend(record.denial.as_deref().map(|code| (code, 0)));
            if !record.charged.is_empty() {
                texts.charges.insert(Charged { key: record.key, lines: &record.charged }, (0, 0));
            }
        }
        texts
    }

    /// All but the keys, which are numbered by themselves.
    pub(super) fn labels(&self) -> BTreeSet<Label> {
        let kept =
            |kind, texts: &HashMap<&str, i64>| texts.keys().map(|text| (kind, storable(text))).collect::<Vec<Label>>();
        let mut labels = BTreeSet::new();
        labels.extend(self.deployments.keys().map(|id| (Kind::Deployment, id.to_string())));
        labels.extend(self.providers.keys().map(|id| (Kind::Provider, id.to_string())));
        labels.extend(kept(Kind::Model, &self.models));
        labels.extend(kept(Kind::Network, &self.networks));
        labels.extend(kept(Kind::Agent, &self.agents));
        labels.extend(kept(Kind::Denial, &self.denials));
        for ChargeTexts { scopes, periods } in self.charges.keys().map(to_texts) {
            labels.insert((Kind::Charge, scopes));
            labels.insert((Kind::Periods, periods));
        }
        labels
    }

    pub(super) fn take_numbers(&mut self, numbers: &Numbers) -> Result<()> {
        for (id, number) in &mut self.deployments {
            *number = number_of(numbers, Kind::Deployment, id.to_string())?;
        }
        for (id, number) in &mut self.providers {
            *number = number_of(numbers, Kind::Provider, id.to_string())?;
        }
        for (kind, texts) in [
            (Kind::Model, &mut self.models),
            (Kind::Network, &mut self.networks),
            (Kind::Agent, &mut self.agents),
            (Kind::Denial, &mut self.denials),
        ] {
            for (text, number) in texts {
                *number = number_of(numbers, kind, storable(text))?;
            }
        }
        for (charged, numbered) in &mut self.charges {
            let ChargeTexts { scopes, periods } = to_texts(charged);
            *numbered = (number_of(numbers, Kind::Charge, scopes)?, number_of(numbers, Kind::Periods, periods)?);
        }
        Ok(())
    }
}

fn number_of(numbers: &Numbers, kind: Kind, text: String) -> Result<i64> {
    numbers.get(&(kind, text)).copied().ok_or(StoreError::Internal)
}

/// The number of a text that the batch names.
pub(super) fn of<K: Eq + Hash>(numbers: &HashMap<K, i64>, text: &K) -> Result<i64> {
    numbers.get(text).copied().ok_or(StoreError::Internal)
}
