//! The views of the list of keys: which keys each holds, and how they are counted.
//!
//! A view and its count come from the same moments; a count that disagrees with its view is a defect.

use super::status::{EXPIRES_SOON_DAYS, LONG_LIVED_DAYS, UNUSED_DAYS};
use domain::id::TeamId;
use domain::order::{KeyColumn, Order};
use domain::permission::Scope;
use domain::person::Caller;
use domain::plain_text::folded;
use domain::time::Timestamp;
use domain::virtual_key::{KeyState, Owner};
use store::{CountedBy, KeyCounts, KeyFilter, KeyListItem, KeyView};

/// The saved views of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum KeysView {
    /// Neither revoked nor expired.
    #[default]
    Live,
    /// Over 80 % of a budget, or to be rotated, or expiring within 14 days, or unused for 30 days.
    Attention,
    OverEighty,
    ExpiringSoon,
    /// Neither used nor minted in 30 days.
    Unused,
    Unused60,
    Unused90,
    /// Nobody has ever called with them.
    NeverUsed,
    /// Ending in more than a year: what comes nearest to never.
    LongLived,
    /// Revoked or expired.
    Ended,
}

impl KeysView {
    pub const ALL: [Self; 10] = [
        Self::Live,
        Self::Attention,
        Self::OverEighty,
        Self::ExpiringSoon,
        Self::Unused,
        Self::Unused60,
        Self::Unused90,
        Self::NeverUsed,
        Self::LongLived,
        Self::Ended,
    ];
    /// How long nobody has used them: four answers to one question.
    pub const UNUSED: [Self; 4] = [Self::Unused, Self::Unused60, Self::Unused90, Self::NeverUsed];

    /// The word in the address of the page.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Attention => "attention",
            Self::OverEighty => "over-80",
            Self::ExpiringSoon => "expiring",
            Self::Unused => "unused",
            Self::Unused60 => "unused-60",
            Self::Unused90 => "unused-90",
            Self::NeverUsed => "never-used",
            Self::LongLived => "long-lived",
            Self::Ended => "ended",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }
    /// Asks which keys could be done without, so that what they spent matters more than what they have left.
    pub fn is_report(self) -> bool {
        self == Self::LongLived || Self::UNUSED.contains(&self)
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
    /// `None`: newest first, and in views that are computed what matters most.
    pub order: Option<Order<KeyColumn>>,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// How many keys each view holds, for the same owner filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ViewCounts {
    pub live: i64,
    pub attention: i64,
    pub over_eighty: i64,
    pub expiring_soon: i64,
    pub unused: i64,
    pub unused_60: i64,
    pub unused_90: i64,
    pub never_used: i64,
    pub long_lived: i64,
    pub ended: i64,
}

impl ViewCounts {
    pub(super) const fn new(counted: &KeyCounts, attention: i64, over_eighty: i64) -> Self {
        let [unused, unused_60, unused_90] = counted.unused;
        Self {
            live: counted.live,
            attention,
            over_eighty,
            expiring_soon: counted.expiring,
            unused,
            unused_60,
            unused_90,
            never_used: counted.never_used,
            long_lived: counted.ending_late,
            ended: counted.everything - counted.live,
        }
    }

    pub const fn of(&self, view: KeysView) -> i64 {
        match view {
            KeysView::Live => self.live,
            KeysView::Attention => self.attention,
            KeysView::OverEighty => self.over_eighty,
            KeysView::ExpiringSoon => self.expiring_soon,
            KeysView::Unused => self.unused,
            KeysView::Unused60 => self.unused_60,
            KeysView::Unused90 => self.unused_90,
            KeysView::NeverUsed => self.never_used,
            KeysView::LongLived => self.long_lived,
            KeysView::Ended => self.ended,
        }
    }
}

/// The moments of [`View::stored`].
pub(super) fn counted_by(now: Timestamp) -> CountedBy {
    CountedBy {
        expiring_before: now.plus_days(EXPIRES_SOON_DAYS),
        unused_since: UNUSED_DAYS.map(|days| now.plus_days(-days)),
        ending_after: now.plus_days(LONG_LIVED_DAYS),
    }
}

/// Whose keys are asked for, and the filter that all views of the page share.
pub(super) struct View {
    pub(super) scope: Scope,
    pub(super) filter: KeyFilter,
}

impl View {
    /// `readable` is whose keys the caller sees.
    pub(super) fn of(caller: &Caller, readable: &Scope, query: &KeysQuery, now: Timestamp) -> Self {
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

    pub(super) fn is_everyones(&self) -> bool {
        let KeyFilter { search, owner, environment, .. } = &self.filter;
        self.scope == Scope::Everyone && search.is_none() && owner.is_none() && environment.is_none()
    }

    /// What the store is asked for; `None` for views that come from live figures.
    pub(super) fn stored(&self, view: KeysView) -> Option<KeyView> {
        let by = counted_by(self.filter.now);
        let [thirty, sixty, ninety] = by.unused_since.map(KeyView::UnusedSince);
        Some(match view {
            KeysView::Attention | KeysView::OverEighty => return None,
            KeysView::Live => KeyView::Live,
            KeysView::ExpiringSoon => KeyView::ExpiringBefore(by.expiring_before),
            KeysView::Unused => thirty,
            KeysView::Unused60 => sixty,
            KeysView::Unused90 => ninety,
            KeysView::NeverUsed => KeyView::NeverUsed,
            KeysView::LongLived => KeyView::EndingAfter(by.ending_after),
            KeysView::Ended => KeyView::Ended,
        })
    }

    /// Whether a key that was found by its figures belongs to the view; the scope was asked by the store.
    pub(super) fn includes(&self, item: &KeyListItem) -> bool {
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
