//! The first page: what needs attention, one's keys, and what to do first.

use super::computed::Found;
use super::list::KeyRow;
use super::views::{View, ViewCounts, mine};
use crate::{Portal, PortalError};
use domain::order::Order;
use domain::permission::{Permission, Scope};
use domain::person::Caller;
use domain::virtual_key::Owner;
use std::cmp::Reverse;
use store::{KeyFilter, KeyListItem, KeyView};

/// The steps of a newcomer; each is done or next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstSteps {
    /// At least one profile lets this person mint.
    pub may_mint: bool,
    /// At least one model can be called.
    pub models_served: bool,
    pub has_key: bool,
    pub has_called: bool,
}

#[derive(Debug, Clone)]
pub struct Home {
    /// Over 80 %, expiring within 14 days, unused for 30 days, rotating: most pressing first, at most 20.
    pub attention: Vec<KeyRow>,
    /// The caller's own live keys, latest use first, at most 20.
    pub keys: Vec<KeyRow>,
    pub counts: ViewCounts,
    pub first_steps: FirstSteps,
}

/// Rows of each of the two lists.
const SHOWN: usize = 20;

impl Portal {
    pub async fn home(&self, caller: &Caller) -> Result<Home, PortalError> {
        let now = self.clock.now();
        // Even for those who may see everyone's keys: home is about one's own and one's teams'.
        let led = caller.memberships.iter().filter(|membership| membership.lead);
        let teams = led.map(|membership| membership.team).collect();
        let view = View::own(Scope::Own { person: caller.person, teams }, now);
        let Found { attention, counts, .. } = self.seen_in(&view).await?;
        let mut shown: Vec<KeyListItem> = attention.into_iter().take(SHOWN).collect();
        let pressing = shown.len();

        let own = KeyFilter { owner: Some(Owner::Person(caller.person)), ..view.filter.clone() };
        let mut live = self.store.keys_page(&mine(caller), &own, Order::default(), None, MOST_OWN_KEYS).await?.items;
        live.sort_by_key(|item| Reverse(item.last_use.as_ref().map(|last| last.at)));
        live.truncate(SHOWN);
        shown.append(&mut live);
        let ever = KeyFilter { view: KeyView::All, ..own };
        let ever = self.store.keys_page(&mine(caller), &ever, Order::default(), None, MOST_OWN_KEYS).await?.items;
        let served = self.store.models().await?.iter().any(|model| model.enabled && model.price.is_some());
        let may_mint = Permission::ManageKeys.allows(Some(caller)) && !self.usable_profiles(caller).await?.is_empty();
        let mut attention = self.rows(caller, shown, now).await?;
        let keys = attention.split_off(pressing);
        Ok(Home {
            attention,
            keys,
            counts,
            first_steps: FirstSteps {
                may_mint,
                models_served: served,
                has_key: !ever.is_empty(),
                has_called: ever.iter().any(|item| item.last_use.is_some()),
            },
        })
    }
}

/// Looked at to find the latest used.
const MOST_OWN_KEYS: u32 = 200;
