//! An installation with a past, for the pages: people, teams, keys and months of calls, as `keywright seed` draws them,
//! and three people who are signed in.
//!
//! Ten million calls take minutes to write, so that a folder can be kept: what is there is measured as it is.

use crate::Problem;
use crate::installation::visitor::{person, session};
use crate::installation::{database_url, lay_out, unseal};
use domain::day::Days;
use domain::dimension::Dimension;
use domain::id::{EventId, KeyId, PersonId, TeamId};
use domain::permission::Scope;
use domain::person::Role;
use domain::time::Clock as _;
use domain::virtual_key::Owner;
use jiff::tz::TimeZone;
use server::clock::{SystemClock, SystemRandomness};
use server::seed::{Scale, Surroundings, fill};
use std::path::Path;
use store::{Groups, Person, Ranked, SpendQuery, Store};

/// Its past, and who looks at it.
pub struct Seeded {
    pub administrator: String,
    /// Of the team.
    pub lead: String,
    /// Who owns the key.
    pub developer: String,
    /// The busiest that a person owns.
    pub key: KeyId,
    /// The one that spent most.
    pub team: TeamId,
    pub call: EventId,
    /// How much there is, in words.
    pub size: String,
}

/// Fills the folder if nothing is in it, and signs three people in.
pub async fn prepare(folder: &Path, port: u16, scale: Scale) -> Result<Seeded, Problem> {
    lay_out(folder, port)?;
    let store = Store::open(&database_url(folder)).await?.with_days(Days::in_zone(TimeZone::UTC));
    if store.people_count().await? == 0 {
        let sealing = unseal(&store).await?;
        let around = Surroundings {
            store: &store,
            sealing: &sealing,
            random: &SystemRandomness,
            now: SystemClock.now(),
            zone: TimeZone::UTC,
            progress: &|_| {},
        };
        fill(&around, scale).await?;
    }
    // A kept one may be of an earlier version, whose totals are not all there are now.
    let today = Days::in_zone(TimeZone::UTC).of(SystemClock.now());
    while store.sum_up_a_day(today).await?.is_some() {}
    let seeded = sign_in(&store).await?;
    store.close().await;
    Ok(seeded)
}

async fn sign_in(store: &Store) -> Result<Seeded, Problem> {
    let (key, owner) = busiest_key(store).await?;
    let (team, lead) = largest_team(store).await?;
    let owner = store.person(owner).await?.ok_or("the key's owner is gone")?;
    let now = SystemClock.now();
    let name = format!("Administrator {}", now.as_ms());
    let administrator = person(&name, Role::Administrator, now);
    let mut tx = store.begin().await?;
    tx.insert_person(&administrator).await?;
    let mut sessions = Vec::new();
    for person in [&administrator, &lead, &owner] {
        let (cookie, row) = session(person, now);
        tx.insert_session(&row).await?;
        sessions.push(cookie);
    }
    tx.commit().await?;
    let [administrator, lead, developer] = <[String; 3]>::try_from(sessions).map_err(|_| "three sessions")?;
    let call = store.last_event().await?.ok_or("there are no calls")?;
    let spend = by(store, Dimension::Key).await?;
    let size = format!(
        "{} people, {} active keys, {} calls in the last {DAYS} days",
        store.people_count().await?,
        spend.count,
        spend.total.requests
    );
    Ok(Seeded { administrator, lead, developer, key, team, call, size })
}

const DAYS: i32 = 90;

async fn by(store: &Store, dimension: Dimension) -> Result<Groups, Problem> {
    let today = Days::in_zone(TimeZone::UTC).of(SystemClock.now());
    let query = SpendQuery { scope: &Scope::Everyone, filters: &[], from: today.plus(1 - DAYS), until: today.plus(1) };
    Ok(store.spend_by(&query, dimension, None, Ranked::costliest(200)).await?)
}

/// Of those that people own.
async fn busiest_key(store: &Store) -> Result<(KeyId, PersonId), Problem> {
    for group in by(store, Dimension::Key).await?.largest {
        let Some(Ok(key)) = group.value.map(|text| text.parse::<KeyId>()) else { continue };
        if let Some(Owner::Person(owner)) = store.key(key, &Scope::Everyone).await?.map(|item| item.key.owner) {
            return Ok((key, owner));
        }
    }
    Err("no busy key belongs to a person".into())
}

/// With somebody who leads it.
async fn largest_team(store: &Store) -> Result<(TeamId, Person), Problem> {
    for group in by(store, Dimension::Team).await?.largest {
        let Some(Ok(team)) = group.value.map(|text| text.parse::<TeamId>()) else { continue };
        let leads = store.members_of(team).await?.into_iter().find(|(person, leads)| *leads && person.active);
        if let Some((lead, _)) = leads {
            return Ok((team, lead));
        }
    }
    Err("no team that spent something has a lead".into())
}
