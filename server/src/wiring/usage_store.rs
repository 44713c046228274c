//! Usage into the database and back at start.

use crate::gateway::Unavailable;
use crate::gateway::ingest::UsageSink;
use crate::gateway::recovery::UsageHistory;
use domain::budget::{BudgetLine, Consumed, Window};
use domain::id::EventId;
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use std::collections::HashSet;
use store::Store;

pub struct StoredUsage(pub Store);

#[async_trait::async_trait]
impl UsageSink for StoredUsage {
    async fn ingest(&self, batch: &[UsageRecord]) -> Result<(), Unavailable> {
        self.0.ingest(batch).await?;
        Ok(())
    }
}

#[async_trait::async_trait]
impl UsageHistory for StoredUsage {
    async fn used(&self, since: &[(Window, Timestamp)]) -> Result<Vec<(BudgetLine, Consumed)>, Unavailable> {
        Ok(self.0.budget_counters(since).await?)
    }
    async fn already_ingested(&self, events: &[EventId]) -> Result<HashSet<EventId>, Unavailable> {
        Ok(self.0.ingested(events).await?)
    }
    async fn highest_event(&self) -> Result<Option<EventId>, Unavailable> {
        Ok(self.0.last_event().await?)
    }
}

/// The store has logged the source; what matters to the gateway is that asking again can help.
impl From<store::StoreError> for Unavailable {
    fn from(_: store::StoreError) -> Self {
        Self
    }
}
