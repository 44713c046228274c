//! The views of the list of keys that come from live figures: what is nearly spent, and what needs attention.

use super::status::is_nearly_spent;
use super::views::{KeysQuery, KeysView, View, ViewCounts, counted_by};
use crate::{Portal, PortalError};
use domain::budget::{BudgetScope, Window};
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::order::{KeyColumn, Order};
use domain::permission::Scope;
use domain::plain_text::folded;
use domain::time::Timestamp;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::{KeyListItem, KeyView};

/// Rows of a view that is computed from live figures, and keys looked at for one.
const MOST_COMPUTED: usize = 200;
/// Nearly spent keys that are read with one statement.
const HOT_AT_ONCE: usize = 500;
const MOST_LOOKED_AT: usize = 5_000;

#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Most spent first.
    pub(super) hot: Vec<KeyListItem>,
    /// What matters most first.
    pub(super) attention: Vec<KeyListItem>,
    pub(super) counts: ViewCounts,
}

impl Found {
    /// The keys of the computed view that is asked for, in the order that is.
    pub(super) fn of(self, query: &KeysQuery) -> Vec<KeyListItem> {
        let mut items = if query.view == KeysView::OverEighty { self.hot } else { self.attention };
        if let Some(order) = query.order {
            items.sort_by(|a, b| compared(order, a, b));
        }
        items
    }
}

/// As the store sorts them.
fn compared(order: Order<KeyColumn>, a: &KeyListItem, b: &KeyListItem) -> Ordering {
    let used = |item: &KeyListItem| item.last_use.as_ref().map(|last| last.at);
    let earlier = match order.by {
        KeyColumn::Name => folded(&a.key.name).cmp(&folded(&b.key.name)),
        KeyColumn::Created => a.key.created_at.cmp(&b.key.created_at),
        KeyColumn::LastUse => used(a).cmp(&used(b)),
        KeyColumn::Expiry => a.key.expires_at.cmp(&b.key.expires_at),
    };
    let earlier = earlier.then_with(|| a.key.id.cmp(&b.key.id));
    if order.descending { earlier.reverse() } else { earlier }
}

impl Portal {
    /// Up to as many as a computed view shows, the newest, whatever the order of the page.
    async fn all_of(&self, view: &View, which: KeyView) -> Result<Vec<KeyListItem>, PortalError> {
        let limit = u32::try_from(MOST_COMPUTED).unwrap_or(u32::MAX);
        Ok(self.stored_page(view, which, Order::default(), None, limit).await?.items)
    }

    /// What all views of the page have in them.
    pub(super) async fn seen_in(&self, view: &View) -> Result<Found, PortalError> {
        let (now, of_everyone) = (view.filter.now, view.is_everyones());
        if let Some(found) = of_everyone.then(|| self.everyone.at(now)).flatten() {
            return Ok(found);
        }
        let changes = self.everyone.changes();
        let hot = self.nearly_spent(view).await?;
        let attention = self.needing_attention(view, hot.clone()).await?;
        let counted = self.store.key_counts(&view.scope, &view.filter, counted_by(now)).await?;
        let length = |items: &[KeyListItem]| i64::try_from(items.len()).unwrap_or(i64::MAX);
        let counts = ViewCounts::new(&counted, length(&attention), length(&hot));
        let found = Found { hot, attention, counts };
        if of_everyone {
            self.everyone.keep(changes, now, &found);
        }
        Ok(found)
    }

    /// How many live keys of everyone's are over 80 % of a budget, and how many nobody uses.
    pub(crate) async fn keys_worth_a_look(&self, now: Timestamp) -> Result<(i64, i64), PortalError> {
        let Found { counts, .. } = self.seen_in(&View::everyones(now)).await?;
        Ok((counts.over_eighty, counts.unused))
    }

    /// Nearly spent first, then whose secret is to be rotated or that will be disabled, then what expires, then what nobody uses.
    async fn needing_attention(&self, view: &View, hot: Vec<KeyListItem>) -> Result<Vec<KeyListItem>, PortalError> {
        let mut items = hot;
        let (now, limit) = (view.filter.now, u32::try_from(MOST_COMPUTED).unwrap_or(u32::MAX));
        let asked = self.store.rotation_asks(&view.scope, now, limit).await?;
        let mut asked: Vec<KeyId> = asked.into_iter().map(|ask| ask.key).collect();
        asked.extend(self.store.keys_told_of(&view.scope, now, limit).await?);
        for item in self.store.keys_among(&asked, &view.scope, now).await? {
            if view.includes(&item) && items.iter().all(|seen| seen.key.id != item.key.id) {
                items.push(item);
            }
        }
        for which in [KeysView::ExpiringSoon, KeysView::Unused].into_iter().filter_map(|which| view.stored(which)) {
            for item in self.all_of(view, which).await? {
                if items.iter().all(|seen| seen.key.id != item.key.id) {
                    items.push(item);
                }
            }
        }
        items.truncate(MOST_COMPUTED);
        Ok(items)
    }

    /// Live keys of this view over 80 % of a budget. Someone with few keys has each of theirs looked at; for everyone's
    /// keys the accounts that anything was spent from say which are worth a look.
    async fn nearly_spent(&self, view: &View) -> Result<Vec<KeyListItem>, PortalError> {
        let mut found = Vec::new();
        if view.scope != Scope::Everyone {
            for item in self.all_of(view, KeyView::Live).await? {
                if is_nearly_spent(&self.gateway.figures(item.key.id).await) {
                    found.push(item);
                }
            }
            return Ok(found);
        }
        let hot = self.hot_keys(view.filter.now).await?;
        for some in hot.chunks(HOT_AT_ONCE) {
            let items = self.store.keys_among(some, &view.scope, view.filter.now).await?;
            let mut by_key: HashMap<KeyId, KeyListItem> =
                items.into_iter().filter(|item| view.includes(item)).map(|item| (item.key.id, item)).collect();
            found.extend(some.iter().filter_map(|key| by_key.remove(key)));
            if found.len() >= MOST_COMPUTED {
                found.truncate(MOST_COMPUTED);
                break;
            }
        }
        Ok(found)
    }

    /// Everyone's keys over 80 % of a budget, most spent first.
    async fn hot_keys(&self, now: Timestamp) -> Result<Arc<[KeyId]>, PortalError> {
        if let Some(hot) = self.everyone.hot_at(now) {
            return Ok(hot);
        }
        let (changes, spending) = (self.everyone.changes(), self.spending_keys(now).await?);
        let mut hot = Vec::new();
        for &key in &spending {
            if is_nearly_spent(&self.gateway.figures(key).await) {
                hot.push(key);
            }
        }
        let hot: Arc<[KeyId]> = hot.into();
        self.everyone.keep_hot(changes, now, spending.len(), &hot);
        Ok(hot)
    }

    /// Keys that spent anything in a window that still runs, most first.
    async fn spending_keys(&self, now: Timestamp) -> Result<Vec<KeyId>, PortalError> {
        let mut spent: Vec<(NanoUsd, KeyId)> = Vec::new();
        let zone = &self.settings.zone;
        let running = Window::ALL.map(|window| (window, window.start(now, zone)));
        for (line, used) in self.store.budget_counters(&running).await? {
            let runs = line.window.start(now, zone) == line.window_start;
            if let (BudgetScope::Key(key), true, true) = (line.scope, runs, used.spent > NanoUsd::ZERO) {
                spent.push((used.spent, key));
            }
        }
        spent.sort_unstable_by(|a, b| b.cmp(a));
        let mut keys: Vec<KeyId> = Vec::new();
        let mut seen = HashSet::new();
        keys.extend(spent.into_iter().map(|(_, key)| key).filter(|&key| seen.insert(key)).take(MOST_LOOKED_AT));
        Ok(keys)
    }
}
