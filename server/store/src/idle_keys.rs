//! Keys that nobody uses: which are to be looked at, and who was told.

use crate::column::{Scoped, owned_or_booked, parsed, to_json};
use crate::keys::{KeyRow, key_columns};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{KeyId, ProfileId};
use domain::idle::Quiet;
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;
use std::collections::HashMap;

/// Keys of a profile that keep to one version of it, or follow the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeptVersion {
    pub profile: ProfileId,
    pub version: Option<i64>,
}

row! { QuietRow { used_at: Option<i64>, enabled_at: Option<i64>, told_at: Option<i64> } + { key: KeyRow } }

impl QuietRow {
    fn into_quiet(self) -> Result<(VirtualKey, Quiet)> {
        let (used, enabled, told) = (self.used_at, self.enabled_at, self.told_at);
        let key = self.key.into_key()?;
        let since = [used, enabled].into_iter().flatten().map(Timestamp::from_ms).fold(key.created_at, Timestamp::max);
        Ok((key, Quiet { since, told_at: told.map(Timestamp::from_ms) }))
    }
}

macro_rules! quiet_keys {
    ($where:literal) => {
        concat!(
            "select ",
            key_columns!(),
            ", used_at, enabled_at, told_at from virtual_key
            left join key_last_use on key_last_use.key_id = virtual_key.id
            left join key_idle on key_idle.key_id = virtual_key.id
            where ",
            $where
        )
    };
}

impl Store {
    /// Active keys that nobody has used since, in the order of their ids, after one of them.
    pub async fn quiet_keys(
        &self,
        of: KeptVersion,
        since: Timestamp,
        now: Timestamp,
        after: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<(VirtualKey, Quiet)>> {
        const LIST: &str = quiet_keys!(
            "profile_id = $1 and (profile_version = $2 or ($2 is null and profile_version is null))
                and state = 'active' and expires_at > $3 and virtual_key.created_at < $4
                and coalesce(used_at, 0) < $4 and coalesce(enabled_at, 0) < $4 and virtual_key.id > $5
            order by virtual_key.id limit $6"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(
            reader.on(),
            QuietRow,
            LIST,
            of.profile.to_string(),
            of.version,
            now.as_ms(),
            since.as_ms(),
            after.map(|id| id.to_string()).unwrap_or_default(),
            i64::from(limit)
        )?;
        found.into_iter().map(QuietRow::into_quiet).collect()
    }

    /// How long each of these keys has been quiet, of those whose owners were ever told.
    pub async fn told_of_keys(&self, keys: &[KeyId]) -> Result<HashMap<KeyId, Quiet>> {
        const OF: &str = quiet_keys!("told_at is not null and virtual_key.id in (select value from json_each($1))");
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), QuietRow, OF, to_json(keys)?)?;
        found.into_iter().map(|row| row.into_quiet().map(|(key, quiet)| (key.id, quiet))).collect()
    }

    /// Active keys of the scope whose owners were told, and which nobody has used since. The cross join is for SQLite, as
    /// that of [`Self::rotation_asks`].
    pub async fn keys_told_of(&self, scope: &Scope, now: Timestamp, limit: u32) -> Result<Vec<KeyId>> {
        const LIST: &str = concat!(
            "select id from key_idle cross join virtual_key left join key_last_use on key_last_use.key_id = id
            where id = key_idle.key_id and ($1 or ",
            owned_or_booked!("$2"),
            ") and state = 'active' and expires_at > $3
                and told_at is not null and told_at >= coalesce(used_at, 0) and told_at >= coalesce(enabled_at, 0)
            order by told_at, key_idle.key_id limit $4"
        );
        let scoped = Scoped::new(scope)?;
        let mut reader = self.engine.reader().await?;
        let found =
            rows!(reader.on(), (String,), LIST, scoped.everyone, &scoped.owners, now.as_ms(), i64::from(limit))?;
        found.into_iter().map(|(id,)| parsed(&id, "key id")).collect()
    }
}

impl Tx {
    /// The key and how long nobody has used it, as it stands in this transaction.
    pub async fn quiet_of(&mut self, key: KeyId) -> Result<Option<Quiet>> {
        const FIND: &str = quiet_keys!("virtual_key.id = $1");
        let found = one!(self.on(), QuietRow, FIND, key.to_string())?;
        Ok(found.map(QuietRow::into_quiet).transpose()?.map(|(_, quiet)| quiet))
    }

    pub async fn put_told(&mut self, key: KeyId, at: Timestamp) -> Result<()> {
        const PUT: &str = "insert into key_idle (key_id, told_at) values ($1, $2)
            on conflict (key_id) do update set told_at = excluded.told_at";
        run!(self.on(), PUT, key.to_string(), at.as_ms()).map(|_| ())
    }

    /// Being enabled counts as a use: its days begin anew.
    pub async fn put_enabled(&mut self, key: KeyId, at: Timestamp) -> Result<()> {
        const PUT: &str = "insert into key_idle (key_id, enabled_at) values ($1, $2)
            on conflict (key_id) do update set enabled_at = excluded.enabled_at";
        run!(self.on(), PUT, key.to_string(), at.as_ms()).map(|_| ())
    }
}
