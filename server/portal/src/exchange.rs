//! The one place that loads the display currency: what amounts of some days are converted at, for whoever reads them.

use crate::{Portal, PortalError};
use domain::day::Day;
use domain::exchange::Conversion;

impl Portal {
    /// For the days from the first to the one before `until`; `None`: dollars alone.
    pub(crate) async fn conversion(&self, from: Day, until: Day) -> Result<Option<Conversion>, PortalError> {
        Ok(self.store.exchange().await?.map(|exchange| exchange.over(from, until)))
    }
}
