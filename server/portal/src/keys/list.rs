//! The list of keys and its views.

use super::everyone::Found;
use super::status::{EXPIRES_SOON_DAYS, KeyStatus, UNUSED_DAYS, is_nearly_spent, status_of, tightest};
use crate::ports::SharedLimits;
use crate::sight::Namer;
use crate::{Portal, PortalError};
use domain::budget::{BudgetFigures, BudgetScope, Window};
use domain::id::{KeyId, PersonId, ProfileId, TeamId};
use domain::money::NanoUsd;
use domain::permission::Scope;
use domain::person::Caller;
use domain::plain_text::folded;
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeyStanding, KeyState, Owner};
use std::collections::HashSet;
use store::{KeyFilter, KeyListItem, KeyView};

/// The saved views of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum KeysView {
    /// Neither revoked nor expired.
    #[default]
    Live,
    /// Over 80 % of a budget, or expiring within 14 days, or unused for 30 days.
    Attention,
    OverEighty,
    ExpiringSoon,
    Unused,
    /// Revoked or expired.
    Ended,
}

impl KeysView {
    pub const ALL: [Self; 6] =
        [Self::Live, Self::Attention, Self::OverEighty, Self::ExpiringSoon, Self::Unused, Self::Ended];

    /// The word in the address of the page.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attention => "attention",
            Self::OverEighty => "over-80",
            Self::ExpiringSoon => "expiring",
            Self::Unused => "unused",
            Self::Ended => "ended",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }
}

/// Whose keys, within what the caller may see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OwnerFilter {
    #[default]
    Mine,
    Team(TeamId),
    /// Everything in the caller's scope: one's own and led teams' keys, or all of them.
    All,
}

#[derive(Debug, Clone, Default)]
pub struct KeysQuery {
    pub view: KeysView,
    pub owner: OwnerFilter,
    pub search: Option<String>,
    pub environment: Option<String>,
    /// The cursor of the page before.
    pub after: Option<String>,
}

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
}

/// How many keys each view holds, for the same owner filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ViewCounts {
    pub live: i64,
    pub attention: i64,
    pub over_eighty: i64,
    pub expiring_soon: i64,
    pub unused: i64,
    pub ended: i64,
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
/// Rows of a view that is computed from live figures, and keys looked at for one.
const MOST_COMPUTED: usize = 200;
const MOST_LOOKED_AT: usize = 5_000;

impl Portal {
    pub async fn keys(&self, caller: &Caller, query: &KeysQuery) -> Result<KeysPage, PortalError> {
        let scope = self.sight(caller).await?.calls;
        let view = View::of(caller, &scope, query, self.clock.now());
        let Found { hot, attention, counts } = self.seen_in(&view).await?;
        let (items, next, total) = match query.view {
            KeysView::OverEighty => computed(hot),
            KeysView::Attention => computed(attention),
            KeysView::Live => self.stored(&view, KeyView::Live, query, counts.live).await?,
            KeysView::ExpiringSoon => self.stored(&view, view.expiring(), query, counts.expiring_soon).await?,
            KeysView::Unused => self.stored(&view, view.unused(), query, counts.unused).await?,
            KeysView::Ended => self.stored(&view, KeyView::Ended, query, counts.ended).await?,
        };
        Ok(KeysPage {
            rows: self.rows(caller, items, view.filter.now).await?,
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

    async fn stored(
        &self,
        view: &View,
        which: KeyView,
        query: &KeysQuery,
        total: i64,
    ) -> Result<(Vec<KeyListItem>, Option<String>, i64), PortalError> {
        let filter = KeyFilter { view: which, ..view.filter.clone() };
        let page = self.store.keys_page(&view.scope, &filter, query.after.as_deref(), PAGE).await?;
        Ok((page.items, page.next, total))
    }

    /// Up to as many as a computed view shows.
    async fn all_of(&self, view: &View, which: KeyView) -> Result<Vec<KeyListItem>, PortalError> {
        let filter = KeyFilter { view: which, ..view.filter.clone() };
        let limit = u32::try_from(MOST_COMPUTED).unwrap_or(PAGE);
        Ok(self.store.keys_page(&view.scope, &filter, None, limit).await?.items)
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
        let (soon, long_ago) = (now.plus_days(EXPIRES_SOON_DAYS), now.plus_days(-UNUSED_DAYS));
        let counted = self.store.key_counts(&view.scope, &view.filter, soon, long_ago).await?;
        let length = |items: &[KeyListItem]| i64::try_from(items.len()).unwrap_or(i64::MAX);
        let counts = ViewCounts {
            live: counted.live,
            attention: length(&attention),
            over_eighty: length(&hot),
            expiring_soon: counted.expiring,
            unused: counted.unused,
            ended: counted.everything - counted.live,
        };
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

    /// Nearly spent first, then what expires, then what nobody uses.
    async fn needing_attention(&self, view: &View, hot: Vec<KeyListItem>) -> Result<Vec<KeyListItem>, PortalError> {
        let mut items = hot;
        for which in [view.expiring(), view.unused()] {
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
        for key in self.spending_keys(view.filter.now).await? {
            if found.len() >= MOST_COMPUTED {
                break;
            }
            if !is_nearly_spent(&self.gateway.figures(key).await) {
                continue;
            }
            let item = self.store.key(key, &view.scope).await?;
            found.extend(item.filter(|item| view.includes(item)));
        }
        Ok(found)
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

    pub(super) async fn rows(
        &self,
        caller: &Caller,
        items: Vec<KeyListItem>,
        now: Timestamp,
    ) -> Result<Vec<KeyRow>, PortalError> {
        let (inactive, namer) = (self.store.inactive_people().await?, self.namer(caller).await?);
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let figures = self.gateway.figures(item.key.id).await;
            let above = self.gateway.levels_above(item.key.id).await;
            rows.push(row(caller, item, &figures, above, &inactive, &namer, now));
        }
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
    let status = status_of(standing, figures, item.rotating, key.expires_at, now);
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

fn computed(items: Vec<KeyListItem>) -> (Vec<KeyListItem>, Option<String>, i64) {
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    (items, None, total)
}

/// Whose keys are asked for, and the filter that all views of the page share.
pub(super) struct View {
    pub(super) scope: Scope,
    pub(super) filter: KeyFilter,
}

impl View {
    fn of(caller: &Caller, readable: &Scope, query: &KeysQuery, now: Timestamp) -> Self {
        let (scope, owner) = match query.owner {
            OwnerFilter::Mine => (mine(caller), Some(Owner::Person(caller.person))),
            OwnerFilter::Team(team) => (readable.clone(), Some(Owner::Team(team))),
            OwnerFilter::All => (readable.clone(), None),
        };
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (search, environment) = (given(&query.search), given(&query.environment));
        Self { scope, filter: KeyFilter { search, owner, environment, view: KeyView::Live, now } }
    }

    pub(super) fn own(scope: Scope, now: Timestamp) -> Self {
        let filter = KeyFilter { search: None, owner: None, environment: None, view: KeyView::Live, now };
        Self { scope, filter }
    }

    /// Of everybody's keys, without any filter.
    pub(super) fn everyones(now: Timestamp) -> Self {
        Self::own(Scope::Everyone, now)
    }

    fn is_everyones(&self) -> bool {
        let KeyFilter { search, owner, environment, .. } = &self.filter;
        self.scope == Scope::Everyone && search.is_none() && owner.is_none() && environment.is_none()
    }

    fn expiring(&self) -> KeyView {
        KeyView::ExpiringBefore(self.filter.now.plus_days(EXPIRES_SOON_DAYS))
    }
    fn unused(&self) -> KeyView {
        KeyView::UnusedSince(self.filter.now.plus_days(-UNUSED_DAYS))
    }

    /// Whether a key that was found by its figures belongs to the view; the scope was asked by the store.
    fn includes(&self, item: &KeyListItem) -> bool {
        let key = &item.key;
        let found = |search: &String| {
            let text = format!("{}\n{}\n{}", key.name, key.id, key.application.as_deref().unwrap_or_default());
            folded(&text).contains(&folded(search))
        };
        let live = !matches!(key.state, KeyState::Revoked { .. }) && self.filter.now < key.expires_at;
        live && self.filter.owner.is_none_or(|owner| owner == key.owner)
            && self.filter.environment.as_ref().is_none_or(|environment| *environment == key.environment)
            && self.filter.search.as_ref().is_none_or(found)
    }
}

/// One's own keys alone.
pub(super) fn mine(caller: &Caller) -> Scope {
    Scope::Own { person: caller.person, teams: Vec::new() }
}

impl From<store::LastUse> for LastUse {
    fn from(last: store::LastUse) -> Self {
        Self { at: last.at, network: last.network, agent: last.agent }
    }
}
