//! Lists of keys as a file, and what a report tells beside each key: its spend and its owner's teams.

use super::list::KeyRow;
use super::views::{KeysQuery, View};
use crate::{Portal, PortalError};
use domain::day::Days;
use domain::id::{KeyId, PersonId};
use domain::money::NanoUsd;
use domain::order::Order;
use domain::permission::Scope;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::Owner;

/// Keys of one file. Whoever has more narrows the list.
pub const KEYS_FILE: usize = 20_000;
/// Keys read at a time.
const CHUNK: u32 = 1_000;
/// How far back a report adds spend up.
const SPEND_DAYS: i32 = 365;

/// The keys of a view, from its first.
#[derive(Debug, Clone)]
pub struct KeysFile {
    pub rows: Vec<KeyRow>,
    /// There are more than fit.
    pub more: bool,
}

impl Portal {
    /// As [`Portal::keys`], all pages together, with spend and teams. Newest first, whatever the list is sorted by: that
    /// order stays as it is while the file is read piece by piece. Views that are worked out keep their own.
    pub async fn keys_file(&self, caller: &Caller, query: &KeysQuery) -> Result<KeysFile, PortalError> {
        let view = View::of(caller, &self.sight(caller).await?.calls, query, self.clock.now());
        let now = view.filter.now;
        let Some(which) = view.stored(query.view) else {
            let items = self.seen_in(&view).await?.of(query);
            let mut rows = self.rows(caller, items, now).await?;
            self.tell_spend(caller, &mut rows, now).await?;
            self.tell_teams(caller, &mut rows).await?;
            return Ok(KeysFile { rows, more: false });
        };
        let (mut all, mut after) = (Vec::new(), None);
        while all.len() < KEYS_FILE {
            let page = self.stored_page(&view, which, Order::default(), after.as_deref(), CHUNK).await?;
            let mut rows = self.rows(caller, page.items, now).await?;
            self.tell_spend(caller, &mut rows, now).await?;
            self.tell_teams(caller, &mut rows).await?;
            all.append(&mut rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(KeysFile { rows: all, more: after.is_some() })
    }

    /// Nothing to whoever sees less of spend than of keys.
    pub(super) async fn tell_spend(
        &self,
        caller: &Caller,
        rows: &mut [KeyRow],
        now: Timestamp,
    ) -> Result<(), PortalError> {
        let sight = self.sight(caller).await?;
        if sight.spend != Scope::Everyone && sight.spend != sight.calls {
            return Ok(());
        }
        let keys: Vec<KeyId> = rows.iter().map(|row| row.id).collect();
        let since = Days::in_zone(self.settings.zone.clone()).of(now).plus(1 - SPEND_DAYS);
        let spent = self.store.spend_of_keys(&keys, since).await?;
        for row in rows {
            row.spent = Some(spent.get(&row.id).copied().unwrap_or(NanoUsd::ZERO));
        }
        Ok(())
    }

    /// Teams are told of people whose names the caller may know: of others they would give the name away.
    pub(super) async fn tell_teams(&self, caller: &Caller, rows: &mut [KeyRow]) -> Result<(), PortalError> {
        let namer = self.namer(caller).await?;
        let person = |row: &KeyRow| match row.owner {
            Owner::Person(person) => Some(person),
            Owner::Team(_) => None,
        };
        let mut people: Vec<PersonId> = rows.iter().filter_map(person).filter(|&person| namer.knows(person)).collect();
        people.sort_unstable();
        people.dedup();
        let teams = self.store.team_names_of(&people).await?;
        for row in rows {
            row.teams = match person(row) {
                Some(person) => teams.get(&person).cloned().unwrap_or_default(),
                None => vec![row.owner_name.clone()],
            };
        }
        Ok(())
    }
}
