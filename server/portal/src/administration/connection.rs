//! "Test connection": one question to a provider, with what is stored, at most once every few seconds.

use crate::act::{By, Change, Subject, append};
use crate::ports::ConnectionTest;
use crate::{Portal, PortalError};
use domain::id::ProviderId;
use domain::permission::Administrator;
use domain::refusal::Reason;
use domain::time::{MS_PER_SECOND, Timestamp};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// When each provider was asked last. In memory: a restart forgets it, which costs one question.
#[derive(Default)]
pub(crate) struct RecentTests(Mutex<HashMap<ProviderId, Timestamp>>);

/// Between two questions to the same provider.
const PAUSE_MS: i64 = 5 * MS_PER_SECOND;

impl RecentTests {
    /// Takes the turn, or says for how long there is none.
    fn take_turn(&self, provider: ProviderId, now: Timestamp) -> Result<(), PortalError> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, asked| now.since(*asked) < PAUSE_MS);
        if let Some(&asked) = recent.get(&provider) {
            let wait_ms = PAUSE_MS - now.since(asked).max(0);
            let wait_seconds = u32::try_from((wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND).unwrap_or(u32::MAX);
            return Err(PortalError::refused("provider", Reason::TooSoon { wait_seconds }));
        }
        recent.insert(provider, now);
        Ok(())
    }
}

impl Portal {
    pub async fn test_connection(
        &self,
        administrator: Administrator<'_>,
        provider: ProviderId,
    ) -> Result<ConnectionTest, PortalError> {
        let now = self.clock.now();
        let kept = self.store.provider(provider).await?.ok_or(PortalError::NotFound)?;
        self.tests.take_turn(provider, now)?;
        let found = self.gateway.test_connection(provider).await;

        let mut tx = self.store.begin().await?;
        let id = provider.to_string();
        let subject = Subject { kind: "provider", id: &id, name: &kept.name };
        let after = Some(json!({ "result": found.word() }));
        let tested = Change { action: "provider.tested", subject, before: None, after };
        append(&mut tx, By::Person(administrator.caller()), now, tested).await?;
        tx.commit().await?;
        Ok(found)
    }
}
