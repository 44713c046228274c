//! A page of the list of keys, in one of its views.

use super::detail::may_change;
use super::rotation_asks::RotationDue;
use super::status::{KeyStatus, status_of, tightest};
use super::views::{KeysQuery, OwnerFilter, View, ViewCounts};
use crate::ports::SharedLimits;
use crate::sight::Namer;
use crate::{Portal, PortalError};
use domain::budget::{BudgetFigures, BudgetScope};
use domain::id::{KeyId, PersonId, ProfileId};
use domain::money::NanoUsd;
use domain::order::{KeyColumn, Order};
use domain::permission::Scope;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeyStanding, Owner};
use std::collections::HashSet;
use store::{KeyFilter, KeyListItem, KeyPage, KeyView};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    pub network: String,
    pub agent: String,
}

#[derive(Debug, Clone)]
pub struct KeyRow {
    pub id: KeyId,
    pub name: String,
    pub owner: Owner,
    pub owner_name: String,
    /// Owned by the caller.
    pub mine: bool,
    pub consumer: ConsumerKind,
    pub application: Option<String>,
    pub environment: String,
    pub profile: ProfileId,
    pub profile_name: String,
    pub standing: KeyStanding,
    pub status: KeyStatus,
    /// The tightest budget that applies, from the live ledger.
    pub budget: Option<BudgetFigures>,
    /// The name of the level that it is the budget of, if it is not the key's own.
    pub budget_of: Option<String>,
    pub last_use: Option<LastUse>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// In the last year; only in views that report what may be done without.
    pub spent: Option<NanoUsd>,
    /// The owner's, where keys of several owners are listed.
    pub teams: Vec<String>,
    /// Somebody asked for a new secret by then.
    pub rotation_due: Option<RotationDue>,
    /// It is disabled then, unless somebody calls with it.
    pub idle_ends: Option<Timestamp>,
    /// The caller may change it.
    pub changeable: bool,
}

#[derive(Debug, Clone)]
pub struct KeysPage {
    pub rows: Vec<KeyRow>,
    pub next: Option<String>,
    /// Rows of this query over all pages.
    pub total: i64,
    pub counts: ViewCounts,
    /// Teams to offer in the owner filter.
    pub teams: Vec<super::TeamChoice>,
    /// Names to offer in the filter, archived ones too.
    pub environments: Vec<String>,
    /// True if the caller may see more than their own keys.
    pub sees_others: bool,
    /// True if that is everybody's.
    pub of_everyone: bool,
}

/// Rows of one page.
const PAGE: u32 = 50;

impl Portal {
    pub async fn keys(&self, caller: &Caller, query: &KeysQuery) -> Result<KeysPage, PortalError> {
        let scope = self.sight(caller).await?.calls;
        let view = View::of(caller, &scope, query, self.clock.now());
        let found = self.seen_in(&view).await?;
        let counts = found.counts;
        let (items, next, total) = match view.stored(query.view) {
            Some(which) => {
                let page = self
                    .stored_page(&view, which, query.order.unwrap_or_default(), query.after.as_deref(), PAGE)
                    .await?;
                (page.items, page.next, counts.of(query.view))
            }
            None => {
                let items = found.of(query);
                let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
                (items, None, total)
            }
        };
        let mut rows = self.rows(caller, items, view.filter.now).await?;
        if query.view.is_report() {
            self.tell_spend(caller, &mut rows, view.filter.now).await?;
        }
        if query.owner != OwnerFilter::Mine {
            self.tell_teams(caller, &mut rows).await?;
        }
        Ok(KeysPage {
            rows,
            next,
            total,
            counts,
            teams: self.owning_teams(caller).await?,
            environments: self.environment_names().await?,
            sees_others: match &scope {
                Scope::Everyone | Scope::Within { .. } => true,
                Scope::Own { teams, .. } => !teams.is_empty(),
            },
            of_everyone: scope == Scope::Everyone,
        })
    }

    pub(super) async fn stored_page(
        &self,
        view: &View,
        which: KeyView,
        order: Order<KeyColumn>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<KeyPage, PortalError> {
        let filter = KeyFilter { view: which, ..view.filter.clone() };
        Ok(self.store.keys_page(&view.scope, &filter, order, after, limit).await?)
    }

    pub(super) async fn rows(
        &self,
        caller: &Caller,
        items: Vec<KeyListItem>,
        now: Timestamp,
    ) -> Result<Vec<KeyRow>, PortalError> {
        let (inactive, namer) = (self.store.inactive_people().await?, self.namer(caller).await?);
        let idle_ends = self.idle_ends(&items, now).await?;
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let figures = self.gateway.figures(item.key.id).await;
            let above = self.gateway.levels_above(item.key.id).await;
            let idle_ends = idle_ends.get(&item.key.id).copied();
            rows.push(KeyRow { idle_ends, ..row(caller, item, &figures, above, &inactive, &namer, now) });
        }
        self.tell_rotations(caller, &mut rows).await?;
        Ok(rows)
    }
}

fn row(
    caller: &Caller,
    item: KeyListItem,
    figures: &[BudgetFigures],
    above: Vec<SharedLimits>,
    inactive: &HashSet<PersonId>,
    namer: &Namer,
    now: Timestamp,
) -> KeyRow {
    let budget = tightest(figures);
    let level = above.into_iter().find(|level| budget.is_some_and(|budget| budget.scope == level.scope));
    let KeyListItem { key, owner_name, profile_name, last_use, .. } = item;
    let owner_name = match key.owner {
        Owner::Person(person) => namer.name(person, owner_name),
        Owner::Team(_) => owner_name,
    };
    let standing = key.standing(now, owner_is_active(key.owner, inactive));
    let status = status_of(&key, standing, figures, item.rotating, now);
    KeyRow {
        id: key.id,
        mine: key.owner == Owner::Person(caller.person),
        owner: key.owner,
        owner_name,
        consumer: key.consumer,
        application: key.application,
        environment: key.environment,
        profile: key.profile,
        profile_name,
        standing,
        status,
        budget,
        budget_of: level.map(|level| level_name(level, namer)),
        last_use: last_use.map(LastUse::from),
        created_at: key.created_at,
        expires_at: key.expires_at,
        spent: None,
        teams: Vec::new(),
        rotation_due: None,
        idle_ends: None,
        changeable: may_change(caller, key.owner),
        name: key.name,
    }
}

/// A person's own level is called by their name.
pub(super) fn level_name(level: SharedLimits, namer: &Namer) -> String {
    match level.scope {
        BudgetScope::Person(person) => namer.name(person, level.name),
        _ => level.name,
    }
}

pub(super) fn owner_is_active(owner: Owner, inactive: &HashSet<PersonId>) -> bool {
    match owner {
        Owner::Person(person) => !inactive.contains(&person),
        Owner::Team(_) => true,
    }
}

impl From<store::LastUse> for LastUse {
    fn from(last: store::LastUse) -> Self {
        Self { at: last.at, network: last.network, agent: last.agent }
    }
}
