//! Something published by an issuer, fetched when needed and kept while it is good.
//!
//! One fetch at a time; a failure keeps the old value until it is a day old, and is not repeated for a few seconds, so
//! that a provider that is down is not hammered and people do not wait for each other's timeouts.

use std::sync::Arc;

use domain::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, Timestamp};
use tokio::sync::Mutex;

use super::OidcError;

const REFRESH_AFTER_MS: i64 = MS_PER_HOUR;
const KEEP_MS: i64 = MS_PER_DAY;
const RETRY_AFTER_MS: i64 = 5 * MS_PER_SECOND;
/// Between fetches that a token caused by naming an unknown key: anybody can write such a token.
const DEMAND_EVERY_MS: i64 = MS_PER_MINUTE;

pub(super) struct Refreshed<T>(Mutex<State<T>>);

struct State<T> {
    value: Option<(Arc<T>, Timestamp)>,
    failed_at: Option<Timestamp>,
    demanded_at: Option<Timestamp>,
}

impl<T> Refreshed<T> {
    pub(super) fn empty() -> Self {
        Self(Mutex::new(State { value: None, failed_at: None, demanded_at: None }))
    }

    /// The value, at most a day old. `fetch` is polled only if the value is missing or older than an hour.
    pub(super) async fn get(
        &self,
        now: Timestamp,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Result<Arc<T>, OidcError> {
        let mut state = self.0.lock().await;
        if let Some((value, at)) = &state.value
            && now.since(*at) < REFRESH_AFTER_MS
        {
            return Ok(value.clone());
        }
        if state.failed_at.is_some_and(|at| now.since(at) < RETRY_AFTER_MS) {
            return state.kept(now).ok_or_else(|| OidcError::Unavailable("it failed a moment ago".into()));
        }
        match fetch.await {
            Ok(value) => Ok(state.remember(value, now)),
            Err(error) => {
                state.failed_at = Some(now);
                tracing::warn!(%error, "could not refresh what an issuer publishes");
                state.kept(now).ok_or(error)
            }
        }
    }

    /// Fetches although the value is fresh, at most once a minute. `None`: not now, or it failed; the old value stays.
    pub(super) async fn demand(
        &self,
        now: Timestamp,
        fetch: impl Future<Output = Result<T, OidcError>>,
    ) -> Option<Arc<T>> {
        let mut state = self.0.lock().await;
        if state.demanded_at.is_some_and(|at| now.since(at) < DEMAND_EVERY_MS) {
            return None;
        }
        state.demanded_at = Some(now);
        match fetch.await {
            Ok(value) => Some(state.remember(value, now)),
            Err(error) => {
                tracing::warn!(%error, "could not fetch an issuer's keys again");
                None
            }
        }
    }
}

impl<T> State<T> {
    fn remember(&mut self, value: T, now: Timestamp) -> Arc<T> {
        let value = Arc::new(value);
        self.value = Some((value.clone(), now));
        self.failed_at = None;
        value
    }

    fn kept(&self, now: Timestamp) -> Option<Arc<T>> {
        let (value, at) = self.value.as_ref()?;
        (now.since(*at) < KEEP_MS).then(|| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    async fn down() -> Result<u32, OidcError> {
        Err(OidcError::Unavailable("down".into()))
    }
    async fn never() -> Result<u32, OidcError> {
        panic!("fetched needlessly")
    }

    #[tokio::test]
    async fn a_failure_keeps_the_old_value_for_a_day() {
        let cell = Refreshed::empty();
        assert!(cell.get(START, down()).await.is_err());
        assert!(cell.get(START.plus_ms(RETRY_AFTER_MS - 1), never()).await.is_err(), "not hammered");
        let fetched = START.plus_ms(RETRY_AFTER_MS);
        assert_eq!(*cell.get(fetched, async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(*cell.get(fetched.plus_ms(REFRESH_AFTER_MS - 1), never()).await.unwrap(), 1);
        assert_eq!(*cell.get(fetched.plus_ms(REFRESH_AFTER_MS), down()).await.unwrap(), 1);
        assert_eq!(*cell.get(fetched.plus_ms(KEEP_MS - 1), down()).await.unwrap(), 1);
        assert!(cell.get(fetched.plus_ms(KEEP_MS + RETRY_AFTER_MS), down()).await.is_err());
        assert_eq!(*cell.get(fetched.plus_ms(2 * KEEP_MS), async { Ok(2) }).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_unknown_key_causes_one_fetch_a_minute() {
        let cell = Refreshed::empty();
        cell.get(START, async { Ok(1) }).await.unwrap();
        assert_eq!(cell.demand(START, async { Ok(2) }).await.as_deref(), Some(&2));
        assert!(cell.demand(START.plus_ms(DEMAND_EVERY_MS - 1), never()).await.is_none());
        assert!(cell.demand(START.plus_ms(DEMAND_EVERY_MS), down()).await.is_none());
        assert_eq!(*cell.get(START.plus_ms(DEMAND_EVERY_MS), never()).await.unwrap(), 2);
    }
}
