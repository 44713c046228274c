//! What a page of spend is made of, as the ledger has it, before anybody's eyes are considered.

use super::{LISTED, MOVERS, listed};
use crate::lately::Lately;
use crate::{Portal, PortalError};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::order::{Order, SpendColumn};
use domain::permission::Scope;
use domain::time::Timestamp;
use store::{DaySpend, Groups, Ranked, SpendQuery};

#[derive(Clone)]
pub(crate) struct Found {
    pub(super) groups: Groups,
    /// Of the groups that are listed, in their order, and of all others.
    pub(super) days: Vec<DaySpend>,
}

#[derive(PartialEq)]
pub(crate) struct Asked {
    filters: Vec<(Dimension, Option<String>)>,
    days: (Day, Day),
    before: Option<(Day, Day)>,
    by: Dimension,
    order: Order<SpendColumn>,
}

/// Groups by key or person are tens of thousands, and all are summed up to find the largest.
pub(crate) type LatelySpent = Lately<Asked, Found>;

impl Portal {
    /// With when it was found, if that was not just now.
    pub(super) async fn found(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        order: Order<SpendColumn>,
        before: Option<(Day, Day)>,
    ) -> Result<(Option<Timestamp>, Found), PortalError> {
        let now = self.clock.now();
        let of_everyone = *query.scope == Scope::Everyone;
        let asked = Asked { filters: query.filters.to_vec(), days: (query.from, query.until), before, by, order };
        if let Some((at, found)) = of_everyone.then(|| self.lately_spent.of(&asked, now)).flatten() {
            return Ok((Some(at), found));
        }
        let groups = self.store.spend_by(query, by, before, Ranked { order, limit: LISTED, movers: MOVERS }).await?;
        let days = self.store.spend_by_day(query, by, &listed(&groups)).await?;
        let found = Found { groups, days };
        if of_everyone {
            self.lately_spent.keep(asked, now, found.groups.count, &found);
        }
        Ok((None, found))
    }
}
