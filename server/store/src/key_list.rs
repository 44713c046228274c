//! Keys as people see them: with the names of owner and profile and the last use, filtered, page by page.
//!
//! Newest first. The cursor names the last key of a page by creation moment and id, so that keys minted meanwhile shift
//! nothing. A text that is no cursor of ours starts at the beginning.

use crate::column::{Scoped, containing, parsed, to_json};
use crate::keys::{KeyRow, key_columns, owner_id};
use crate::row::{one, row, rows};
use crate::{Result, Store};
use domain::id::KeyId;
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

/// `$1 $2` scope, `$3` a moment or null.
macro_rules! item_columns {
    () => {
        concat!(
            "select ",
            key_columns!(),
            ", coalesce(person.name, team.name, owner_id) as owner_name, access_profile.name as profile_name,
            used_at, network, agent,
            exists (select 1 from key_secret where key_id = virtual_key.id and valid_until is not null
                and ($3 is null or valid_until > $3)) as rotating",
            from_keys!()
        )
    };
}
macro_rules! from_keys {
    () => {
        " from virtual_key
        join access_profile on access_profile.id = profile_id
        left join person on person.id = owner_id
        left join team on team.id = owner_id
        left join key_last_use on key_id = virtual_key.id
        where ($1 or owner_id in (select value from json_each($2)))"
    };
}
/// `$3` now, `$4` owner, `$5` environment, `$6` search, `$7` whether live or ended, `$8` expiring, `$9` unused.
macro_rules! filtered {
    () => {
        " and ($4 is null or owner_id = $4)
          and ($5 is null or environment = $5)
          and ($6 is null or search_folded like $6 escape '\\')
          and ($7 is null or $7 = (state <> 'revoked' and expires_at > $3))
          and ($8 is null or expires_at < $8)
          and ($9 is null or (coalesce(used_at, 0) < $9 and virtual_key.created_at < $9))"
    };
}

struct Cursor {
    created_at: i64,
    id: KeyId,
}

impl Cursor {
    fn write(key: &VirtualKey) -> String {
        format!("{}.{}", key.created_at.as_ms(), key.id.bare())
    }
    fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(Self { created_at: at.parse().ok()?, id: KeyId::new(id.parse().ok()?) })
    }
}

impl Store {
    /// The names of these keys, and whose they are; unknown keys are absent.
    pub async fn key_names(&self, keys: &[KeyId]) -> Result<HashMap<KeyId, (String, Owner)>> {
        const NAMES: &str = "select id, name, owner_id from virtual_key where id in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, String), NAMES, to_json(keys)?)?;
        let named = |(id, name, owner): (String, String, String)| {
            Ok((parsed(&id, "key id")?, (name, crate::keys::owner(&owner)?)))
        };
        found.into_iter().map(named).collect()
    }

    pub async fn key(&self, id: KeyId, scope: &Scope) -> Result<Option<KeyListItem>> {
        const FIND: &str = concat!(item_columns!(), " and virtual_key.id = $4");
        let scoped = Scoped::new(scope)?;
        let mut reader = self.engine.reader().await?;
        let never: Option<i64> = None;
        let found = one!(reader.on(), ItemRow, FIND, scoped.everyone, &scoped.owners, never, id.to_string())?;
        found.map(ItemRow::into_item).transpose()
    }

    pub async fn list_keys(
        &self,
        scope: &Scope,
        filter: &KeyFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<KeyPage> {
        const COUNT: &str = concat!("select count(*)", from_keys!(), filtered!());
        const PAGE: &str = concat!(
            item_columns!(),
            filtered!(),
            " and ($10 is null or virtual_key.created_at < $10
                or (virtual_key.created_at = $10 and virtual_key.id < $11))
            order by virtual_key.created_at desc, virtual_key.id desc limit $12"
        );
        let scoped = Scoped::new(scope)?;
        let now = filter.now.as_ms();
        let owner = filter.owner.map(owner_id);
        let pattern = filter.search.as_deref().map(containing);
        let (live, expiring, unused) = match filter.view {
            KeyView::Live => (Some(true), None, None),
            KeyView::ExpiringBefore(moment) => (Some(true), Some(moment.as_ms()), None),
            KeyView::UnusedSince(moment) => (Some(true), None, Some(moment.as_ms())),
            KeyView::Ended => (Some(false), None, None),
            KeyView::All => (None, None, None),
        };
        let cursor = after.and_then(Cursor::read);
        let (after_at, after_id) = cursor.map(|cursor| (cursor.created_at, cursor.id.to_string())).unzip();
        let (everyone, owners, environment) = (scoped.everyone, &scoped.owners, &filter.environment);
        let one_more = i64::from(limit) + 1;

        let mut reader = self.engine.reader().await?;
        let counted = one!(
            reader.on(),
            (i64,),
            COUNT,
            everyone,
            owners,
            now,
            &owner,
            environment,
            &pattern,
            live,
            expiring,
            unused
        )?;
        let found = rows!(
            reader.on(),
            ItemRow,
            PAGE,
            everyone,
            owners,
            now,
            &owner,
            environment,
            &pattern,
            live,
            expiring,
            unused,
            after_at,
            &after_id,
            one_more
        )?;
        let more = found.len() > limit as usize;
        let kept = found.into_iter().take(limit as usize);
        let items = kept.map(ItemRow::into_item).collect::<Result<Vec<_>>>()?;
        let next = items.last().filter(|_| more).map(|last| Cursor::write(&last.key));
        Ok(KeyPage { items, next, total: counted.map_or(0, |(count,)| count) })
    }
}
