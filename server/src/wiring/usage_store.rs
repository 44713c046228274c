//! Usage into the database and back at start.

use crate::gateway::Unavailable;
use crate::gateway::ingest::UsageSink;
use crate::gateway::recovery::UsageHistory;
use domain::budget::{BudgetLine, Consumed, Window};
use domain::denial::Denial;
use domain::id::{EventId, KeyId};
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use futures_util::future::BoxFuture;
use proxy::ports::History;
use std::collections::HashSet;
use std::sync::Arc;
use store::Store;

pub struct StoredUsage(pub Store);

#[async_trait::async_trait]
impl UsageSink for StoredUsage {
    async fn ingest(&self, batch: &[Arc<UsageRecord>]) -> Result<(), Unavailable> {
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

impl History for StoredUsage {
    fn finished(&self, event: EventId, key: KeyId) -> BoxFuture<'_, Result<Option<UsageRecord>, Denial>> {
        Box::pin(async move {
            // What cannot be read now is there again when the store is.
            let found = self.0.call(event).await.map_err(|_| Denial::Starting)?;
            Ok(found.filter(|record| record.key == key))
        })
    }
}

/// The store has logged the source; what matters to the gateway is that asking again can help.
impl From<store::StoreError> for Unavailable {
    fn from(_: store::StoreError) -> Self {
        Self
    }
}
