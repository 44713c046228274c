//! What a yes would mean: what the key or its owner spent lately, and what the team would have promised.

use super::{Maxima, teams_of};
use crate::{Portal, PortalError};
use domain::access_request::{AccessRequest, Wish};
use domain::access_rule::most_in_a_month;
use domain::budget::{BudgetFigures, BudgetScope, Cap, Window};
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::{KeyTerms, Owner};
use store::{HourSpan, KeyFilter, KeyView};

/// Figures beside a request; nothing that whoever decides could not look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// Of the key that is asked for, or of all live keys of whoever would own a new one.
    pub spent_30_days: NanoUsd,
    /// At the pace of the last seven days.
    pub month_at_this_pace: NanoUsd,
    /// The key's tightest budget as it stands.
    pub tightest: Option<BudgetFigures>,
    /// What the key could spend in a month now (nothing for a new one), and afterwards.
    pub month_now: Option<NanoUsd>,
    pub month_then: Option<NanoUsd>,
    /// The owning team, or the only one of whoever asks, if it has a budget a month.
    pub team: Option<TeamShare>,
    pub maxima: Maxima,
}

/// A team's budget a month: what is spent, and what this key could take of it beyond what it can take now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamShare {
    pub name: String,
    pub limit: NanoUsd,
    pub spent: NanoUsd,
    pub spent_then: NanoUsd,
}

/// Keys whose spend is added up for somebody without a key in question.
const MOST_KEYS: u32 = 20;
const DAYS: u16 = 30;
const PACE_DAYS: u16 = 7;

impl Portal {
    pub(super) async fn impact(&self, request: &AccessRequest) -> Result<Impact, PortalError> {
        let now = self.clock.now();
        let (keys, month_now, month_then, tightest, maxima) = match &request.wish {
            Wish::MoreFor { key, more, .. } => {
                let found = self.store.key_with_secrets(*key).await?.ok_or(PortalError::Internal)?;
                let profile = self.profile_of(&found.key).await?;
                let has = KeyTerms::from(self.terms_now(&found.key, &profile).await?);
                let then = raised_caps(&has.caps, &more.limits.caps);
                let mut figures = self.gateway.figures(*key).await;
                figures.sort_by_key(BudgetFigures::left);
                let (now, then) = (most_in_a_month(&has.caps), most_in_a_month(&then));
                (vec![*key], now, then, figures.first().copied(), Maxima::for_key(&profile, &found.key))
            }
            Wish::NewKey { wanted, .. } => {
                let profile = self.store.profile(request.profile).await?.ok_or(PortalError::Internal)?;
                let keys = self.keys_of(request.owner, now).await?;
                (keys, None, most_in_a_month(&wanted.caps), None, Maxima::for_new_key(&profile))
            }
        };
        let (mut spent_30_days, mut lately) = (NanoUsd::ZERO, NanoUsd::ZERO);
        let ago = |days: u16| now.utc_hour() + 1 - i64::from(days * 24);
        let before = HourSpan { from: ago(DAYS), hours: (DAYS - PACE_DAYS) * 24 };
        let late = HourSpan { from: ago(PACE_DAYS), hours: PACE_DAYS * 24 };
        for key in keys {
            for used in self.store.usage_in_spans(key, &[before, late]).await? {
                spent_30_days = spent_30_days.plus(used.cost);
                if used.from == late.from {
                    lately = lately.plus(used.cost);
                }
            }
        }
        let month_at_this_pace =
            NanoUsd::from_nano(lately.as_nano().saturating_mul(DAYS.into()) / i64::from(PACE_DAYS));
        let team = self.team_share(request, month_now, month_then).await?;
        Ok(Impact { spent_30_days, month_at_this_pace, tightest, month_now, month_then, team, maxima })
    }

    async fn keys_of(&self, owner: Owner, now: Timestamp) -> Result<Vec<KeyId>, PortalError> {
        let scope = match owner {
            Owner::Person(person) => Scope::Own { person, teams: Vec::new() },
            Owner::Team(_) => Scope::Everyone,
        };
        let filter = KeyFilter { search: None, owner: Some(owner), environment: None, view: KeyView::Live, now };
        let page = self.store.list_keys(&scope, &filter, None, MOST_KEYS).await?;
        Ok(page.items.into_iter().map(|item| item.key.id).collect())
    }

    async fn team_share(
        &self,
        request: &AccessRequest,
        month_now: Option<NanoUsd>,
        month_then: Option<NanoUsd>,
    ) -> Result<Option<TeamShare>, PortalError> {
        let team = match request.owner {
            Owner::Team(team) => team,
            Owner::Person(person) => match teams_of(request, &self.teams_of_person(person).await?).as_slice() {
                [only] => *only,
                // Of several teams none is known to pay.
                _ => return Ok(None),
            },
        };
        let scope = BudgetScope::Team(team);
        let Some(limits) = self.store.limits_of(scope).await? else { return Ok(None) };
        let month: Vec<Cap> = limits.limits.caps.into_iter().filter(|cap| cap.window == Window::Month).collect();
        let Some(figures) = self.gateway.level_figures(scope, &month).await.into_iter().next() else {
            return Ok(None);
        };
        let name = self.store.teams().await?.into_iter().find(|known| known.id == team).map(|known| known.name);
        let more = month_then.unwrap_or(NanoUsd::ZERO).minus(month_now.unwrap_or(NanoUsd::ZERO));
        Ok(Some(TeamShare {
            name: name.unwrap_or_else(|| team.to_string()),
            limit: figures.limit,
            spent: figures.spent,
            spent_then: figures.spent.plus(more.max(NanoUsd::ZERO)),
        }))
    }
}

fn raised_caps(has: &[Cap], more: &[Cap]) -> Vec<Cap> {
    let raised = |cap: &Cap| {
        let same = more.iter().filter(|more| more.window == cap.window).map(|more| more.limit);
        Cap { limit: same.chain([cap.limit]).max().unwrap_or(cap.limit), ..*cap }
    };
    has.iter().map(raised).collect()
}
