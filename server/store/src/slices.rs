//! Where calls belong when they are counted: the owner, team, business unit, application and the rest of their key, as
//! one number that all calls of the key share until somebody moves it.
//!
//! Ingest asks here for each batch, so that known keys are answered from memory. What a transaction may have moved is
//! forgotten after its commit; a number that was read before that and arrives after it is not remembered. A key that the
//! database does not know belongs nowhere.

use crate::column::{from_json, to_json};
use crate::dialect::{Dialect, gathered};
use crate::engine::On;
use crate::label::{Kind, Label, Labels, Numbers, storable};
use crate::row::{gather, pieces, put};
use crate::{Result, Store, StoreError};
use domain::id::{DeploymentId, KeyId, ProviderId};
use foldhash::{HashMap, HashMapExt};
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use std::sync::{PoisonError, RwLock};

/// Of deployments; more are read again.
const REMEMBERED: usize = 100_000;

#[derive(Default)]
pub(crate) struct Slices {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Grows whenever keys may have moved.
    moved: u64,
    /// As many as there are keys, of which the gateway remembers more.
    keys: HashMap<KeyId, i64>,
    providers: HashMap<DeploymentId, ProviderId>,
}

/// The slices of a batch, to be remembered after its commit.
#[derive(Default)]
pub(crate) struct Found {
    moved: u64,
    pub(crate) keys: HashMap<KeyId, i64>,
    /// Keys that the database does not know: asked for again each time.
    strangers: HashSet<KeyId>,
    labels: Numbers,
}

/// What the database says of a key: an array of values in this order.
#[derive(Deserialize)]
struct Belonging {
    key_num: i64,
    owner_id: Option<String>,
    team_id: Option<String>,
    unit_id: Option<String>,
    application: Option<String>,
    consumer: Option<String>,
    environment: Option<String>,
    cost_centre: Option<String>,
}

/// The labels of one key's slice, in the order of the columns.
type Names = [Option<Label>; 7];

impl Belonging {
    fn names(&self) -> Names {
        let person = self.owner_id.clone().filter(|_| self.team_id != self.owner_id);
        let named = |kind: Kind, text: &Option<String>| text.as_deref().map(|text| (kind, storable(text)));
        [
            named(Kind::Person, &person),
            named(Kind::Team, &self.team_id),
            named(Kind::Unit, &self.unit_id),
            named(Kind::Application, &self.application),
            named(Kind::Consumer, &self.consumer),
            named(Kind::Environment, &self.environment),
            named(Kind::CostCentre, &self.cost_centre),
        ]
    }
}

impl Slices {
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.moved += 1;
        known.keys.clear();
    }

    /// The slices of these keys with their labels' numbers, making those that are missing in the transaction at hand.
    pub(crate) async fn of(&self, mut on: On<'_>, labels: &Labels, keys: &HashMap<KeyId, i64>) -> Result<Found> {
        let mut found = Found::default();
        let mut missing: Vec<(KeyId, i64)> = Vec::new();
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            found.moved = known.moved;
            for (&key, &number) in keys {
                match known.keys.get(&key) {
                    Some(&slice) => drop(found.keys.insert(key, slice)),
                    None => missing.push((key, number)),
                }
            }
        }
        // In sorted order, so that two transactions that make the same slices do not wait for each other in a circle.
        missing.sort_unstable();
        for piece in pieces(&missing) {
            make(on.again(), labels, piece, &mut found).await?;
        }
        Ok(found)
    }

    pub(crate) fn remember(&self, labels: &Labels, found: Found) {
        if !found.labels.is_empty() {
            labels.remember(found.labels);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.moved != found.moved {
            return;
        }
        known.keys.extend(found.keys.into_iter().filter(|(key, _)| !found.strangers.contains(key)));
    }
}

async fn make(mut on: On<'_>, labels: &Labels, keys: &[(KeyId, i64)], found: &mut Found) -> Result<()> {
    const BELONG: Dialect = gathered!(
        "key_num, owner_id, belonging.team_id, team.unit_id, application, consumer, environment, cost_centre",
        "from (
            select label.num as key_num, owner_id, application, consumer, environment, cost_centre,
                case when team.id is not null then team.id
                    else (select case when count(*) = 1 then min(team_id) end from membership
                        where person_id = owner_id) end as team_id
            from label
            join virtual_key on virtual_key.id = label.text
            left join team on team.id = owner_id
            where label.kind = 'key' and label.text in (select value from json_each($1))
        ) belonging left join team on team.id = belonging.team_id"
    );
    const INSERT: &str = "insert into usage_slice (key_num, person_num, team_num, unit_num, application_num,
            consumer_num, environment_num, cost_centre_num) values";
    const FIND: Dialect = gathered!(
        "num, key_num, person_num, team_num, unit_num, application_num, consumer_num, environment_num, cost_centre_num",
        "from usage_slice where key_num in (select cast(value as bigint) from json_each($1))"
    );
    let ids: Vec<String> = keys.iter().map(|(key, _)| key.to_string()).collect();
    let belonging = gather!(on.again(), BELONG, to_json(&ids)?)?;
    let belonging: Vec<Belonging> = from_json(&belonging, "where keys belong")?;
    let mut names: HashMap<i64, Names> = HashMap::with_capacity(keys.len());
    for row in &belonging {
        names.insert(row.key_num, row.names());
    }
    let wanted: BTreeSet<Label> = names.values().flatten().flatten().cloned().collect();
    let numbers = labels.numbers(on.again(), wanted).await?;
    let slices: Vec<[i64; 8]> = keys
        .iter()
        .map(|&(_, key)| {
            let of_key = names.get(&key);
            let number = |column: usize| {
                let name = of_key.and_then(|names| names.get(column)).and_then(Option::as_ref);
                name.and_then(|label| numbers.get(label)).copied().unwrap_or(0)
            };
            [key, number(0), number(1), number(2), number(3), number(4), number(5), number(6)]
        })
        .collect();
    let tail = "on conflict do nothing";
    put!(
        on.again(),
        INSERT,
        &slices,
        |slice| [slice[0], slice[1], slice[2], slice[3], slice[4], slice[5], slice[6], slice[7]],
        tail
    )?;
    let texts: Vec<String> = keys.iter().map(|(_, key)| key.to_string()).collect();
    let made = gather!(on, FIND, to_json(&texts)?)?;
    let made: Vec<[i64; 9]> = from_json(&made, "usage_slice")?;
    let made: HashMap<[i64; 8], i64> = made.into_iter().map(|[number, slice @ ..]| (slice, number)).collect();
    for (&(key, _), slice) in keys.iter().zip(&slices) {
        let number = made.get(slice).copied().ok_or(StoreError::Corrupt("usage_slice"))?;
        if !names.contains_key(&slice[0]) {
            found.strangers.insert(key);
        }
        found.keys.insert(key, number);
    }
    found.labels.extend(numbers);
    Ok(())
}

impl Store {
    /// Who serves these deployments, as far as the catalogue knows; removed ones are absent.
    pub(crate) async fn providers_of(
        &self,
        deployments: impl Iterator<Item = DeploymentId>,
    ) -> Result<HashMap<DeploymentId, ProviderId>> {
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        {
            let known = self.slices.known.read().unwrap_or_else(PoisonError::into_inner);
            for deployment in deployments {
                match known.providers.get(&deployment) {
                    Some(&provider) => drop(found.insert(deployment, provider)),
                    None => unknown.push(deployment),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let models = self.models().await?;
        let all: HashMap<DeploymentId, ProviderId> = models
            .iter()
            .flat_map(|model| model.deployments.iter().map(|deployment| (deployment.id, deployment.provider)))
            .collect();
        found.extend(unknown.iter().filter_map(|deployment| Some((*deployment, *all.get(deployment)?))));
        let mut known = self.slices.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.providers.len() + all.len() > REMEMBERED {
            known.providers.clear();
        }
        known.providers.extend(all);
        Ok(found)
    }
}
