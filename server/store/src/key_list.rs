//! Keys as people see them: with the names of owner and profile and the last use, filtered, page by page, and counted.

mod page;
#[cfg(test)]
pub(crate) mod plans;

use crate::column::{Scoped, containing, owned_or_booked, parsed, to_json};
use crate::keys::{KeyRow, key_columns, owner_id};
use crate::row::{one, row, rows};
use crate::{Result, Store};
use domain::id::KeyId;
use domain::order::Order;
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::{Owner, VirtualKey};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    pub network: String,
    pub agent: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyListItem {
    pub key: VirtualKey,
    pub owner_name: String,
    pub profile_name: String,
    pub last_use: Option<LastUse>,
    /// An older secret still works at the moment asked about; for [`Store::key`], one that has an end.
    pub rotating: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFilter {
    /// Found anywhere in the name, the id or the application, in any case.
    pub search: Option<String>,
    pub owner: Option<Owner>,
    pub environment: Option<String>,
    pub view: KeyView,
    pub now: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyView {
    /// Neither revoked nor expired.
    Live,
    /// Live ones that expire before this moment.
    ExpiringBefore(Timestamp),
    /// Live ones not used since this moment, nor created since.
    UnusedSince(Timestamp),
    /// Live ones that nobody has ever called with.
    NeverUsed,
    /// Live ones that end after this moment.
    EndingAfter(Timestamp),
    /// Revoked or expired.
    Ended,
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPage {
    pub items: Vec<KeyListItem>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: i64,
}

row! { ItemRow {
    owner_name: String, profile_name: String, used_at: Option<i64>, network: Option<String>, agent: Option<String>,
    rotating: bool,
} + { key: KeyRow } }

impl ItemRow {
    fn into_item(self) -> Result<KeyListItem> {
        let last_use = match (self.used_at, self.network, self.agent) {
            (Some(at), Some(network), Some(agent)) => Some(LastUse { at: Timestamp::from_ms(at), network, agent }),
            _ => None,
        };
        Ok(KeyListItem {
            key: self.key.into_key()?,
            owner_name: self.owner_name,
            profile_name: self.profile_name,
            last_use,
            rotating: self.rotating,
        })
    }
}

/// `$1 $2` scope, `$3` a moment or null. The scope has three texts, so that somebody's few keys are found by their owner and
/// not by looking at everyone's. `$tables` brings `virtual_key` with its `key_last_use`.
macro_rules! item_columns {
    ($scope:expr) => {
        item_columns!("virtual_key left join key_last_use on key_id = virtual_key.id", $scope)
    };
    ($tables:expr, $scope:expr) => {
        concat!(
            "select ",
            key_columns!(),
            ", coalesce(person.name, team.name, owner_id) as owner_name, access_profile.name as profile_name,
            used_at, network, agent,
            exists (select 1 from key_secret where key_id = virtual_key.id and valid_until is not null
                and ($3 is null or valid_until > $3)) as rotating
            from ",
            $tables,
            " join access_profile on access_profile.id = profile_id
            left join person on person.id = owner_id
            left join team on team.id = owner_id
            where ",
            $scope
        )
    };
}
use item_columns;
/// `$3` now, `$4` environment, `$5` search, `$6` expiring before, `$7 $8 $9` unused since, `$10` ending after.
macro_rules! counts_of {
    ($scope:expr) => {
        concat!(
            "select cast(count(*) as bigint) as everything,
                cast(coalesce(sum(case when live then 1 else 0 end), 0) as bigint) as live,
                cast(coalesce(sum(case when live and expires_at < $6 then 1 else 0 end), 0) as bigint) as expiring,
                cast(coalesce(sum(case when live and quiet_since < $7 then 1 else 0 end), 0) as bigint) as unused_a,
                cast(coalesce(sum(case when live and quiet_since < $8 then 1 else 0 end), 0) as bigint) as unused_b,
                cast(coalesce(sum(case when live and quiet_since < $9 then 1 else 0 end), 0) as bigint) as unused_c,
                cast(coalesce(sum(case when live and used_at is null then 1 else 0 end), 0) as bigint) as never_used,
                cast(coalesce(sum(case when live and expires_at > $10 then 1 else 0 end), 0) as bigint) as ending_late
            from (
                select (state <> 'revoked' and expires_at > $3) as live, expires_at, used_at,
                    case when used_at > created_at then used_at else created_at end as quiet_since
                from virtual_key left join key_last_use on key_id = virtual_key.id
                where ",
            $scope,
            " and ($4 is null or environment = $4) and ($5 is null or search_folded like $5 escape '\\')
            ) counted"
        )
    };
}

/// The moments by which keys are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedBy {
    pub expiring_before: Timestamp,
    pub unused_since: [Timestamp; 3],
    pub ending_after: Timestamp,
}

/// How many keys of a scope and a filter there are, whatever its view. All but the first are of live ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyCounts {
    pub everything: i64,
    pub live: i64,
    pub expiring: i64,
    /// Neither used nor created since each of the moments.
    pub unused: [i64; 3],
    pub never_used: i64,
    pub ending_late: i64,
}

row! { CountsRow {
    everything: i64, live: i64, expiring: i64, unused_a: i64, unused_b: i64, unused_c: i64, never_used: i64,
    ending_late: i64,
} }

/// The scope with the owner that is asked for, if one is.
fn narrowed(scope: &Scope, owner: Option<Owner>) -> Result<Scoped> {
    let mut scoped = Scoped::new(scope)?;
    if let Some(owner) = owner {
        let wanted = owner_id(owner);
        let reachable = match scope {
            Scope::Everyone => true,
            // What others own and a cost centre pays is found without naming an owner.
            Scope::Own { person, teams } | Scope::Within { person, teams, .. } => {
                owner == Owner::Person(*person) || teams.iter().any(|team| owner == Owner::Team(*team))
            }
        };
        let owners: Vec<String> = reachable.then_some(wanted).into_iter().collect();
        scoped = Scoped { everyone: false, owners: to_json(&owners)?, books: false };
    }
    Ok(scoped)
}

impl Store {
    /// The names of these keys, and whose they are; unknown keys are absent.
    pub async fn owned_names(&self, keys: &[KeyId]) -> Result<HashMap<KeyId, (String, Owner)>> {
        const NAMES: &str = "select id, name, owner_id from virtual_key where id in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, String), NAMES, to_json(keys)?)?;
        let named = |(id, name, owner): (String, String, String)| {
            Ok((parsed(&id, "key id")?, (name, crate::keys::owner(&owner)?)))
        };
        found.into_iter().map(named).collect()
    }

    pub async fn key(&self, id: KeyId, scope: &Scope) -> Result<Option<KeyListItem>> {
        const EVERYONE: &str = concat!(item_columns!("$1 and $2 is not null"), " and virtual_key.id = $4");
        const OWN: &str = concat!(
            item_columns!("not $1 and owner_id in (select value from json_each($2))"),
            " and virtual_key.id = $4"
        );
        const WITHIN: &str =
            concat!(item_columns!(concat!("not $1 and ", owned_or_booked!("$2"))), " and virtual_key.id = $4");
        let scoped = Scoped::new(scope)?;
        let text = scoped.choose(EVERYONE, OWN, WITHIN);
        let mut reader = self.engine.reader().await?;
        let never: Option<i64> = None;
        let found = one!(reader.on(), ItemRow, text, scoped.everyone, &scoped.owners, never, id.to_string())?;
        found.map(ItemRow::into_item).transpose()
    }

    /// Those of these keys that are in the scope, newest first.
    pub async fn keys_among(&self, ids: &[KeyId], scope: &Scope, now: Timestamp) -> Result<Vec<KeyListItem>> {
        const AMONG: &str = concat!(
            item_columns!(concat!("($1 or ", owned_or_booked!("$2"), ")")),
            " and virtual_key.id in (select value from json_each($4))
            order by virtual_key.created_at desc, virtual_key.id desc"
        );
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let scoped = Scoped::new(scope)?;
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ItemRow, AMONG, scoped.everyone, &scoped.owners, now.as_ms(), to_json(ids)?)?;
        found.into_iter().map(ItemRow::into_item).collect()
    }

    /// A page of keys, newest first, with how many there are on all pages.
    pub async fn list_keys(
        &self,
        scope: &Scope,
        filter: &KeyFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<KeyPage> {
        let page = self.keys_page(scope, filter, Order::default(), after, limit).await?;
        let now = filter.now;
        let mut by = CountedBy { expiring_before: now, unused_since: [now; 3], ending_after: now };
        match filter.view {
            KeyView::ExpiringBefore(moment) => by.expiring_before = moment,
            KeyView::UnusedSince(moment) => by.unused_since = [moment; 3],
            KeyView::EndingAfter(moment) => by.ending_after = moment,
            KeyView::Live | KeyView::NeverUsed | KeyView::Ended | KeyView::All => {}
        }
        let counts = self.key_counts(scope, filter, by).await?;
        let total = match filter.view {
            KeyView::Live => counts.live,
            KeyView::ExpiringBefore(_) => counts.expiring,
            KeyView::UnusedSince(_) => counts.unused[0],
            KeyView::NeverUsed => counts.never_used,
            KeyView::EndingAfter(_) => counts.ending_late,
            KeyView::Ended => counts.everything - counts.live,
            KeyView::All => counts.everything,
        };
        Ok(KeyPage { total, ..page })
    }

    /// One pass over the keys of a filter; its view does not matter.
    pub async fn key_counts(&self, scope: &Scope, filter: &KeyFilter, by: CountedBy) -> Result<KeyCounts> {
        const EVERYONE: &str = counts_of!("$1 and $2 is not null");
        const OWN: &str = counts_of!("not $1 and owner_id in (select value from json_each($2))");
        const WITHIN: &str = counts_of!(concat!("not $1 and ", owned_or_booked!("$2")));
        let scoped = narrowed(scope, filter.owner)?;
        let pattern = filter.search.as_deref().map(containing);
        let mut reader = self.engine.reader().await?;
        let counted = one!(
            reader.on(),
            CountsRow,
            scoped.choose(EVERYONE, OWN, WITHIN),
            scoped.everyone,
            &scoped.owners,
            filter.now.as_ms(),
            &filter.environment,
            &pattern,
            by.expiring_before.as_ms(),
            by.unused_since[0].as_ms(),
            by.unused_since[1].as_ms(),
            by.unused_since[2].as_ms(),
            by.ending_after.as_ms()
        )?;
        let counts = |row: CountsRow| KeyCounts {
            everything: row.everything,
            live: row.live,
            expiring: row.expiring,
            unused: [row.unused_a, row.unused_b, row.unused_c],
            never_used: row.never_used,
            ending_late: row.ending_late,
        };
        Ok(counted.map(counts).unwrap_or_default())
    }
}
