//! Shares of a level's budget that are guaranteed to levels below it: who has which, and what is left of each.

use super::{Facts, LiveShare};
use crate::{Portal, PortalError};
use domain::budget::{BudgetScope, Cap};
use domain::guarantee::{Share, check_shares, level_above};
use domain::limits::Limits;
use domain::refusal::Refusal;

impl Facts {
    pub(super) fn level_above(&self, scope: BudgetScope) -> Option<BudgetScope> {
        level_above(scope, |team| self.teams.iter().find(|known| known.id == team)?.unit)
    }

    /// What is guaranteed of this level's budgets.
    pub(super) fn shares_of(&self, scope: BudgetScope) -> Vec<Share> {
        let below = self.limits.values().filter(|level| !level.limits.guarantees.is_empty());
        let below = below.filter(|level| self.level_above(level.scope) == Some(scope));
        let share = |of, share: &Cap| Share { scope: of, window: share.window, amount: share.limit };
        below.flat_map(|level| level.limits.guarantees.iter().map(move |one| share(level.scope, one))).collect()
    }

    /// Levels that can have no share are told that there is no budget to share.
    pub(super) fn check_shares(&self, scope: BudgetScope, limits: &Limits) -> Vec<Refusal> {
        let above = self.level_above(scope);
        let mut others = above.map(|above| self.shares_of(above)).unwrap_or_default();
        others.retain(|share| share.scope != scope);
        check_shares(&limits.guarantees, above.map_or(&[], |above| self.caps(above)), &others)
    }
}

impl Portal {
    /// Those that this level has of the budget above it.
    pub(super) async fn live_shares(&self, facts: &Facts, scope: BudgetScope, name: &str) -> Vec<LiveShare> {
        let Some(level) = facts.limits.get(&scope).filter(|level| !level.limits.guarantees.is_empty()) else {
            return Vec::new();
        };
        let above = facts.level_above(scope).map_or(&[][..], |above| facts.caps(above));
        let figures = self.gateway.level_figures(scope, &level.limits.guarantees).await.into_iter();
        let live = figures.map(|figures| LiveShare {
            scope,
            name: name.to_owned(),
            holds: above.iter().any(|cap| cap.window == figures.window),
            figures,
        });
        live.collect()
    }

    /// Those that levels below have of this level's budgets, by window and name.
    pub(super) async fn shares_below(&self, facts: &Facts, scope: BudgetScope) -> Result<Vec<LiveShare>, PortalError> {
        let mut below: Vec<BudgetScope> = facts.shares_of(scope).into_iter().map(|share| share.scope).collect();
        below.sort_unstable();
        below.dedup();
        let mut shares = Vec::new();
        for scope in below {
            let name = self.level_name(scope).await?;
            shares.extend(self.live_shares(facts, scope, &name).await);
        }
        shares.sort_by(|a, b| (a.figures.window, &a.name).cmp(&(b.figures.window, &b.name)));
        Ok(shares)
    }
}
