//! Budgets that have passed a threshold, of keys and of the levels above them.

use super::Due;
use crate::{Portal, PortalError};
use domain::budget::{BudgetFigures, BudgetScope, Window};
use domain::money::NanoUsd;
use domain::notification::Happening;
use domain::notification::due::{BudgetOccasion, THRESHOLDS, budget_due};
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::{KeyState, Owner};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Occasions that are asked for with one statement.
const ASKED_AT_ONCE: usize = 500;

impl Portal {
    /// Only accounts that something was spent from in a window that runs are worth a look: of a hundred thousand keys,
    /// those that are used.
    pub(super) async fn budgets_due(&self, now: Timestamp) -> Result<Vec<Due>, PortalError> {
        let mut reached = Vec::new();
        let limits = self.store.all_limits().await?;
        let caps: HashMap<BudgetScope, _> = limits.iter().map(|level| (level.scope, &level.limits.caps)).collect();
        for scope in self.spending(now).await? {
            let figures = match (scope, caps.get(&scope)) {
                (BudgetScope::Key(key), _) => self.gateway.figures(key).await,
                (_, Some(caps)) => self.gateway.level_figures(scope, caps).await,
                (_, None) => continue,
            };
            reached.extend(figures.into_iter().filter(|figures| figures.scope == scope && is_worth_telling(figures)));
        }
        let told = self.told_of(&reached, now).await?;
        let mut due = Vec::new();
        for figures in reached {
            let occasion = self.occasion(&figures, now);
            let Some(percent) = budget_due(&figures, |percent| told.contains(&occasion.dedupe(percent))) else {
                continue;
            };
            let Some((name, owner)) = self.named_level(figures.scope, now).await? else { continue };
            let BudgetFigures { scope, window, limit, spent, resets_at, .. } = figures;
            let window_start = occasion.window_start;
            due.push(Due {
                happening: Happening::BudgetUsed {
                    scope,
                    name,
                    window,
                    window_start,
                    percent,
                    spent,
                    limit,
                    resets_at,
                },
                people: self.minding(scope, owner).await?,
            });
        }
        Ok(due)
    }

    async fn spending(&self, now: Timestamp) -> Result<BTreeSet<BudgetScope>, PortalError> {
        let zone = &self.settings.zone;
        let running = Window::ALL.map(|window| (window, window.start(now, zone)));
        let spent = self.store.budget_counters(&running).await?.into_iter();
        Ok(spent.filter(|(_, used)| used.spent > NanoUsd::ZERO).map(|(line, _)| line.scope).collect())
    }

    async fn told_of(&self, reached: &[BudgetFigures], now: Timestamp) -> Result<HashSet<String>, PortalError> {
        let mut told = HashSet::new();
        for some in reached.chunks(ASKED_AT_ONCE) {
            let occasions = some.iter().map(|figures| self.occasion(figures, now));
            let asked = occasions.flat_map(|occasion| THRESHOLDS.map(|percent| occasion.dedupe(percent)));
            told.extend(self.store.told(&asked.collect::<Vec<_>>()).await?);
        }
        Ok(told)
    }

    fn occasion(&self, figures: &BudgetFigures, now: Timestamp) -> BudgetOccasion {
        let &BudgetFigures { scope, window, limit, .. } = figures;
        BudgetOccasion { scope, window, window_start: window.start(now, &self.settings.zone), limit }
    }

    /// What the level is called, and whose it is; `None` for a key that has ended or a level that is gone.
    async fn named_level(
        &self,
        scope: BudgetScope,
        now: Timestamp,
    ) -> Result<Option<(String, Option<Owner>)>, PortalError> {
        let BudgetScope::Key(key) = scope else {
            return match self.level_name(scope).await {
                Ok(name) => Ok(Some((name, None))),
                Err(PortalError::NotFound) => Ok(None),
                Err(other) => Err(other),
            };
        };
        let found = self.store.key(key, &Scope::Everyone).await?.map(|item| item.key);
        let live = found.filter(|key| !matches!(key.state, KeyState::Revoked { .. }) && now < key.expires_at);
        Ok(live.map(|key| (key.name, Some(key.owner))))
    }
}

/// An hour is over before anybody reads that it is half spent.
fn is_worth_telling(figures: &BudgetFigures) -> bool {
    figures.window != Window::Hour && figures.percent_spent() >= i64::from(THRESHOLDS[0])
}
