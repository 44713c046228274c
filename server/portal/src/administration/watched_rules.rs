//! What rules that are only watched would have refused, so that an administrator can tell whether to enforce them.

use crate::{Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::call_rule::CallRule;
use domain::id::{KeyId, ProfileId};
use domain::permission::Permission;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use store::WatchedKey;
pub use store::WatchedRule;

/// How far back calls are counted.
pub const WATCHED_DAYS: i64 = 30;
/// Counts are kept for the days that a page looks at, and for the one that is not over.
pub const COUNTS_KEPT_DAYS: i64 = WATCHED_DAYS + 1;
/// Keys and calls that the page of a rule names; the others are counted.
pub const NAMED: u32 = 50;

/// A key, and how many of its calls the rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedKeyRow {
    pub key: KeyId,
    pub name: String,
    /// `None` for those who may not know everybody by name.
    pub owner_name: Option<String>,
    pub calls: u64,
}

/// A call that the rule would have refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedCallRow {
    pub call: UsageRecord,
    pub key_name: String,
}

#[derive(Debug, Clone)]
pub struct WatchedDetail {
    pub profile: AccessProfile,
    pub found: WatchedRule,
    /// `None` for those who do not see everybody's calls.
    pub named: Option<(Vec<WatchedKeyRow>, Vec<WatchedCallRow>)>,
}

impl Portal {
    pub(super) async fn watched_of(&self, profile: ProfileId) -> Result<Vec<WatchedRule>, PortalError> {
        Ok(self.store.watched_rules(profile, self.watched_since()).await?)
    }

    fn watched_since(&self) -> Timestamp {
        self.clock.now().plus_days(-WATCHED_DAYS)
    }

    /// One rule of a profile, whether it is watched now or was.
    pub async fn watched_rule(
        &self,
        caller: &Caller,
        profile: ProfileId,
        rule: CallRule,
    ) -> Result<WatchedDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let profile = self.store.profile(profile).await?.ok_or(PortalError::NotFound)?;
        self.gateway.catch_up().await;
        let found = self.watched_of(profile.id).await?.into_iter().find(|found| found.rule == rule);
        let found = found.unwrap_or(WatchedRule { rule, calls: 0, keys: 0 });
        let named = if self.sees_all_calls(caller).await? {
            let keys = self.store.watched_keys(profile.id, rule, self.watched_since(), NAMED).await?;
            let calls = self.store.watched_calls(profile.id, rule, NAMED).await?;
            Some(self.with_names(caller, keys, calls).await?)
        } else {
            None
        };
        Ok(WatchedDetail { profile, found, named })
    }

    async fn with_names(
        &self,
        caller: &Caller,
        keys: Vec<WatchedKey>,
        calls: Vec<UsageRecord>,
    ) -> Result<(Vec<WatchedKeyRow>, Vec<WatchedCallRow>), PortalError> {
        let ids: Vec<KeyId> = keys.iter().map(|row| row.key).chain(calls.iter().map(|call| call.key)).collect();
        let names = self.store.key_names(&ids).await?;
        let may_know_owners = self.namer(caller).await?.knows_everybody();
        let name = |key: KeyId| names.get(&key).map_or_else(|| key.to_string(), |names| names.name.clone());
        let owner = |key: KeyId| names.get(&key).filter(|_| may_know_owners).map(|names| names.owner.clone());
        let keys = keys.into_iter().map(|WatchedKey { key, calls }| WatchedKeyRow {
            key,
            name: name(key),
            owner_name: owner(key),
            calls,
        });
        let calls = calls.into_iter().map(|call| WatchedCallRow { key_name: name(call.key), call });
        Ok((keys.collect(), calls.collect()))
    }
}
