//! Keys that nobody uses: told to their owners, then disabled by Keywright itself.
//!
//! A pass may run at any time and in several processes: each key is judged again in the transaction that changes it, and
//! what a pass missed the next one finds. Calls that have ended are in the database before it begins, so that a key in use
//! is never taken for one that is not; a pass that cannot be sure of that does nothing.

use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::idle::{IdleRule, Verdict};
use domain::permission::Scope;
use domain::profile_rollout::version_at;
use domain::time::Timestamp;
use domain::virtual_key::{KeyStanding, KeyState};
use serde_json::json;
use std::collections::HashMap;
use store::{KeptVersion, KeyListItem};

/// Keys looked at together.
const CHUNK: u32 = 500;

/// What one pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub told: usize,
    pub disabled: usize,
}

impl Portal {
    /// One pass over the keys of all profiles that have a rule.
    pub async fn disable_unused_keys(&self) -> Result<Swept, PortalError> {
        let mut swept = Swept::default();
        if !self.gateway.catch_up().await {
            tracing::warn!("calls wait to be written down: unused keys are looked for at the next pass");
            return Ok(swept);
        }
        let now = self.clock.now();
        let (newest, rollouts) = (self.store.profiles().await?, self.store.rollouts().await?);
        let of_newest = |id| newest.iter().find(|profile| profile.id == id).and_then(|profile| profile.terms.idle);
        let mut rules: Vec<(KeptVersion, Option<IdleRule>)> =
            newest.iter().map(|one| (KeptVersion { profile: one.id, version: None }, one.terms.idle)).collect();
        for older in self.store.kept_versions().await? {
            let (profile, version) = (older.profile.id, Some(older.profile.version));
            let rollout = rollouts.iter().find(|rollout| rollout.profile == profile);
            let rule = match version_at(version, rollout, now) {
                Some(_) => older.profile.terms.idle,
                None => of_newest(profile),
            };
            rules.push((KeptVersion { profile, version }, rule));
        }
        for (of, rule) in rules {
            if let Some(rule) = rule {
                self.sweep(of, rule, now, &mut swept).await?;
            }
        }
        if swept != Swept::default() {
            tracing::info!(keys.told = swept.told, keys.disabled = swept.disabled, "looked for keys that nobody uses");
        }
        Ok(swept)
    }

    async fn sweep(
        &self,
        of: KeptVersion,
        rule: IdleRule,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), PortalError> {
        let mut after = None;
        loop {
            let found = self.store.quiet_keys(of, rule.told_after(now), now, after, CHUNK).await?;
            after = found.last().map(|(key, _)| key.id);
            let (mut to_tell, mut over) = (Vec::new(), Vec::new());
            for (key, quiet) in found.iter().filter(|(key, _)| rule.concerns(key.consumer)) {
                match rule.verdict(*quiet, now) {
                    Verdict::Leave => {}
                    Verdict::Tell => to_tell.push(key.id),
                    Verdict::Disable => over.push(key.id),
                }
            }
            swept.told += to_tell.len();
            self.note_told(&to_tell, now).await?;
            for key in over {
                swept.disabled += usize::from(self.disable_unused(key, rule, now).await?);
            }
            if found.len() < CHUNK as usize {
                return Ok(());
            }
        }
    }

    async fn note_told(&self, keys: &[KeyId], now: Timestamp) -> Result<(), PortalError> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for &key in keys {
            tx.put_told(key, now).await?;
        }
        self.commit_and_tell(tx, News::Nothing).await
    }

    /// False if it was used, changed or ended meanwhile.
    async fn disable_unused(&self, key: KeyId, rule: IdleRule, now: Timestamp) -> Result<bool, PortalError> {
        let mut tx = self.store.begin().await?;
        let Some(mut kept) = tx.key_for_update(key, &Scope::Everyone).await?.map(|kept| kept.key) else {
            return Ok(false);
        };
        let still = tx.quiet_of(key).await?.is_some_and(|quiet| rule.verdict(quiet, now) == Verdict::Disable);
        if !still || kept.state != KeyState::Active || now >= kept.expires_at {
            return Ok(false);
        }
        let before = Some(json!(kept.state));
        kept.state = KeyState::DisabledUnused { at: now, days: rule.days };
        tx.update_key(&kept).await?;
        let id = key.to_string();
        let subject = Subject { kind: "key", id: &id, name: &kept.name };
        let change = Change { action: "key.disabled", subject, before, after: Some(json!(kept.state)) };
        append(&mut tx, By::Itself("unused key"), now, change).await?;
        self.commit_and_tell(tx, News::Key(key)).await?;
        Ok(true)
    }

    /// When those of these keys are disabled whose owners were told, unless somebody calls with them.
    pub(super) async fn idle_ends(
        &self,
        items: &[KeyListItem],
        now: Timestamp,
    ) -> Result<HashMap<KeyId, Timestamp>, PortalError> {
        let keys: Vec<KeyId> = items.iter().map(|item| item.key.id).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let told = self.store.told_of_keys(&keys).await?;
        let mut rules: HashMap<KeptVersion, Option<IdleRule>> = HashMap::new();
        let mut ends = HashMap::new();
        for key in items.iter().map(|item| &item.key) {
            let quiet = told.get(&key.id).filter(|quiet| quiet.told().is_some());
            let Some(quiet) = quiet.filter(|_| key.standing(now, true) == KeyStanding::Usable) else { continue };
            let of = KeptVersion { profile: key.profile, version: key.profile_version };
            let rule = match rules.get(&of) {
                Some(&rule) => rule,
                None => *rules.entry(of).or_insert(self.kept_profile(of).await?.terms.idle),
            };
            // A rule that was made longer meanwhile is long from being over.
            let rule = rule.filter(|rule| rule.concerns(key.consumer) && quiet.since < rule.told_after(now));
            ends.extend(rule.map(|rule| (key.id, rule.ends_at(*quiet, now))));
        }
        Ok(ends)
    }
}
