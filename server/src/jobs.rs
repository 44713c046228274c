//! Housekeeping: what is over is deleted. Nothing decides by what these jobs have or have not done yet.

use domain::time::{Clock, MS_PER_DAY, MS_PER_HOUR, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};

const EVERY: Duration = Duration::from_secs(15 * 60);

/// Runs until it is dropped.
pub async fn clean_up(store: Store, clock: Arc<dyn Clock>) {
    loop {
        if let Err(error) = once(&store, clock.now()).await {
            tracing::warn!(%error, "housekeeping did not finish and is tried again later");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Sessions and sign-ins when they have ended, forms and replaced credentials after a day.
async fn once(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.delete_sessions_expired(now).await?;
    tx.delete_logins_before(now.plus_ms(-MS_PER_HOUR)).await?;
    tx.delete_submissions_before(now.plus_ms(-MS_PER_DAY)).await?;
    tx.delete_credentials_replaced_before(now.plus_ms(-MS_PER_DAY)).await?;
    tx.commit().await
}
