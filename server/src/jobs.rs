//! What runs beside the requests: housekeeping, the care of the ledger, the watch over being alone on the database, and the end of streams when
//! the process stops.

use crate::gateway::ingest::Ingest;
use crate::gateway::ledger::Ledger;
use crate::gateway::reconcile::reconcile;
use crate::gateway::recovery::UsageHistory;
use crate::http::shutdown::Shutdown;
use domain::day::Days;
use domain::retention::Retention;
use domain::stored_response;
use domain::time::{Clock, MS_PER_DAY, MS_PER_HOUR, Timestamp};
use jiff::tz::TimeZone;
use portal::administration::watched_rules;
use portal::{Portal, PortalError};
use std::sync::Arc;
use std::time::Duration;
use store::{ExclusiveLock, Store, StoreError};
use tokio::sync::Mutex;

const EVERY: Duration = Duration::from_secs(15 * 60);

/// How often the lock is looked at. For as long as this, two processes may count the same budgets after the database's
/// server was restarted.
const LOCK_EVERY: Duration = Duration::from_secs(2);
/// A stream is looked at each second; then its end has to be settled and sent.
const CUT_BEFORE: Duration = Duration::from_secs(3);

/// What is over is deleted. Nothing decides by what this has or has not done yet. Runs until it is dropped.
pub async fn clean_up(store: Store, clock: Arc<dyn Clock>) {
    loop {
        if let Err(error) = once(&store, clock.now()).await {
            tracing::warn!(%error, "housekeeping did not finish and is tried again later");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Who called with a key is shown for a week and watched for the thirty days that an old secret may live.
const CALLERS_KEPT_DAYS: i64 = domain::rotation::LONGEST_OVERLAP_DAYS + 1;

/// What somebody was told is not told again while it is kept: longer than any window of a budget that has an end.
const NOTIFICATIONS_KEPT_DAYS: i64 = 400;
const MAIL_KEPT_DAYS: i64 = 30;

/// Sessions and sign-ins when they have ended, forms and replaced credentials after a day, callers after a month, whose the
/// responses are that providers kept when they have dropped them, what people were told after a year.
async fn once(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.delete_sessions_expired(now).await?;
    tx.delete_logins_before(now.plus_ms(-MS_PER_HOUR)).await?;
    tx.delete_test_logins_before(now.plus_ms(-portal::administration::sign_in::TEST_LOGIN_MS)).await?;
    tx.delete_submissions_before(now.plus_ms(-MS_PER_DAY)).await?;
    tx.delete_credentials_replaced_before(now.plus_ms(-MS_PER_DAY)).await?;
    tx.delete_callers_before(now.plus_days(-CALLERS_KEPT_DAYS)).await?;
    tx.delete_watched_days_before(now.plus_days(-watched_rules::COUNTS_KEPT_DAYS)).await?;
    tx.delete_endpoint_calls_before(now.plus_days(-CALLERS_KEPT_DAYS)).await?;
    tx.delete_stored_responses_before(now.plus_days(-stored_response::KEPT_DAYS)).await?;
    tx.delete_notifications_before(now.plus_days(-NOTIFICATIONS_KEPT_DAYS)).await?;
    tx.delete_mail_ended_before(now.plus_days(-MAIL_KEPT_DAYS)).await?;
    tx.commit().await
}

/// Between two looks for days that are over. Pages do not wait for it: what is not summed up is added up as it is read.
const DAYS_EVERY: Duration = Duration::from_secs(60);
/// Between two days: the writer of SQLite is the gateway's, and one day takes it for a tenth of a second.
const BETWEEN_DAYS: Duration = Duration::from_millis(200);

/// Sums up the usage of days that are over, also where calls came late. Runs until it is dropped.
pub async fn sum_up_days(store: Store, clock: Arc<dyn Clock>, days: Days) {
    loop {
        let pause = match store.sum_up_a_day(days.of(clock.now())).await {
            Ok(Some(_)) => BETWEEN_DAYS,
            Ok(None) => DAYS_EVERY,
            Err(error) => {
                tracing::warn!(%error, "a day's usage is not summed up yet and is tried again later");
                DAYS_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Between two looks at what people should be told: budgets that fill, keys that end, providers that fail.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Looks between two at what takes longer: an hour, and a day.
const LOOKS_AT_SPEND: u32 = 60;
const LOOKS_AT_AUDIT: u32 = 24 * 60;
/// The audit log is read when the process has come up, and not with it.
const FIRST_AT_AUDIT: u32 = 5;

/// Tells people what time brings about. Runs until it is dropped; what fails is tried again with the next look.
pub async fn tell(portal: Arc<Portal>) {
    let tried = |what: &str, result: Result<(), PortalError>| {
        if let Err(error) = result {
            tracing::warn!(%error, "{what} could not be looked at, and nobody is told of it until the next look");
        }
    };
    for look in 0_u32.. {
        tried("what is due", portal.tell_what_is_due().await);
        if look % LOOKS_AT_SPEND == 0 {
            tried("spend", portal.tell_what_is_unusual().await);
        }
        if look % LOOKS_AT_AUDIT == FIRST_AT_AUDIT {
            tried("the audit log", portal.check_audit_log().await);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Between two looks for calls that are no longer to be kept.
const DROP_EVERY: Duration = Duration::from_secs(60 * 60);
/// Between two pieces of them, for others to write.
const BETWEEN_PIECES: Duration = Duration::from_millis(200);

/// Drops calls that are older than they are to be kept, or that there is no room for. Runs until it is dropped.
pub async fn drop_old_calls(store: Store, ingest: Arc<Ingest>, clock: Arc<dyn Clock>, retention: Retention) {
    if retention == Retention::default() {
        return;
    }
    loop {
        if let Err(error) = drop_once(&store, &ingest, clock.as_ref(), retention).await {
            tracing::warn!(%error, "old calls were not all dropped and are looked at again later");
        }
        tokio::time::sleep(DROP_EVERY).await;
    }
}

/// Only when everything that waited is written down: see `Store::drop_calls_before`.
async fn drop_once(store: &Store, ingest: &Ingest, clock: &dyn Clock, retention: Retention) -> Result<(), StoreError> {
    if ingest.flush().await.is_err() {
        return Err(StoreError::Unavailable);
    }
    let mut dropped = 0;
    loop {
        let in_use = store.storage().await?.in_use;
        let piece = match retention.drops_before(clock.now(), in_use) {
            Some(before) => store.drop_calls_before(before).await?,
            None => 0,
        };
        if piece == 0 {
            break;
        }
        dropped += piece;
        tokio::time::sleep(BETWEEN_PIECES).await;
    }
    if dropped > 0 {
        tracing::info!(dropped, "old calls were dropped; what they add up to is kept");
    }
    Ok(())
}

/// A day's precision is enough for rules that count days; an hour also survives a day that changes its length.
const UNUSED_EVERY: Duration = Duration::from_secs(60 * 60);

/// Tells of keys that nobody uses and disables them, where the guardrails say so. Runs until it is dropped.
pub async fn disable_unused(portal: Arc<Portal>) {
    loop {
        tokio::time::sleep(UNUSED_EVERY).await;
        if let Err(error) = portal.disable_unused_keys().await {
            tracing::warn!(%error, "unused keys were not all looked at and are looked at again later");
        }
    }
}

const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Sweeps between two looks at the books.
const SWEEPS: u32 = 10;
/// How long after its last moment a call is given up.
const GRACE: Duration = Duration::from_secs(60);

/// What the care of the ledger needs.
pub struct Books {
    pub ledger: Arc<Ledger>,
    pub ingest: Arc<Ingest>,
    pub history: Arc<dyn UsageHistory>,
    pub clock: Arc<dyn Clock>,
    pub zone: TimeZone,
}

impl Books {
    /// Settles calls that nobody ended, and compares the accounts with the database. A drift is told and not repaired
    /// here: whoever looks after the installation should see it before it is gone. Runs until it is dropped.
    pub async fn keep(self, longest_call: Duration) {
        loop {
            for _ in 0..SWEEPS {
                tokio::time::sleep(SWEEP_EVERY).await;
                self.sweep(longest_call);
                self.ledger.flush_refusals(false);
            }
            self.compare().await;
        }
    }

    fn sweep(&self, longest_call: Duration) -> usize {
        let ms = i64::try_from((longest_call + GRACE).as_millis()).unwrap_or(i64::MAX);
        self.ledger.sweep(self.clock.now().plus_ms(-ms))
    }

    async fn compare(&self) {
        match reconcile(&self.ledger, &self.ingest, &*self.history, self.clock.now(), &self.zone).await {
            Ok(drifts) => {
                for drift in drifts {
                    tracing::error!(drift = %drift, "an account is not what its calls add up to; see keywright ledger verify");
                }
            }
            Err(error) => tracing::warn!(%error, "the accounts could not be compared with the database"),
        }
        if self.ledger.spool().calls_in_flight() == 0 {
            for (line, held, _) in self.ledger.stray_holds() {
                tracing::error!(scope = %line.scope, window = line.window.word(), held = ?held, "held, and by no call");
            }
        }
    }
}

/// Stops the process if another one has taken the database over: two ledgers would spend every budget twice.
pub async fn stay_alone(store: Store, lock: Arc<Mutex<ExclusiveLock>>, shutdown: Shutdown) {
    loop {
        tokio::time::sleep(LOCK_EVERY).await;
        match lock.lock().await.keep(&store).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!("another Keywright process has taken this database over; this one stops");
                shutdown.stop.cancel();
                shutdown.cut.cancel();
                return;
            }
            // Nobody else can take it either.
            Err(error) => tracing::warn!(%error, "the lock on the database is gone and cannot be taken again yet"),
        }
    }
}

/// Has running streams end with an event that says why, before their connections are cut at the end of `drain`.
pub async fn cut_streams_in_time(cut_streams: impl FnOnce(), shutdown: Shutdown, drain: Duration) {
    shutdown.stop.cancelled().await;
    // Cut early by a second signal, or late: both are the time.
    let _ = tokio::time::timeout(drain.saturating_sub(CUT_BEFORE), shutdown.cut.cancelled()).await;
    cut_streams();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::testing::{self, Database, Desk, ManualClock, NOW};
    use domain::budget::Window;
    use domain::id::EventId;
    use futures_util::poll;
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn nothing_is_dropped_while_calls_wait_to_be_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let database = Arc::new(Database::default());
        let desk = Desk::open(folder.path(), &database).await;
        let ingest = Ingest::start(desk.ledger.spool(), database.clone());
        let key = testing::key(1, &[(Window::Day, 1_000)]);
        let store = Store::open("sqlite::memory:").await.unwrap();
        let old = testing::usage(EventId::new(NOW.plus_days(-60), 0, 1), key.key.id, 7);
        store.ingest(&[old]).await.unwrap();
        let (clock, retention) = (ManualClock::at(NOW), Retention { days: Some(40), bytes: None });
        let kept = async || store.storage().await.unwrap().oldest_call.is_some();

        database.away.store(true, Ordering::SeqCst);
        let reserved = desk.reserve(&key, 10).unwrap();
        desk.settle(&key, &reserved, 7).unwrap();
        assert!(drop_once(&store, &ingest, clock.as_ref(), retention).await.is_err() && kept().await);
        database.away.store(false, Ordering::SeqCst);
        drop_once(&store, &ingest, clock.as_ref(), Retention { days: Some(61), bytes: None }).await.unwrap();
        assert!(kept().await, "it is not so old");
        drop_once(&store, &ingest, clock.as_ref(), retention).await.unwrap();
        assert!(!kept().await);
    }

    #[tokio::test]
    async fn streams_run_on_while_there_is_time_and_end_at_the_second_signal() {
        let (shutdown, cut) = (Shutdown::default(), AtomicBool::new(false));
        let drain = Duration::from_secs(3600);
        let mut job = pin!(cut_streams_in_time(|| cut.store(true, Ordering::Relaxed), shutdown.clone(), drain));
        assert!(poll!(&mut job).is_pending());
        shutdown.stop.cancel();
        assert!(poll!(&mut job).is_pending() && !cut.load(Ordering::Relaxed));
        shutdown.cut.cancel();
        job.await;
        assert!(cut.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn streams_end_before_their_connections_are_cut() {
        let (shutdown, cut) = (Shutdown::default(), AtomicBool::new(false));
        shutdown.stop.cancel();
        cut_streams_in_time(|| cut.store(true, Ordering::Relaxed), shutdown, CUT_BEFORE).await;
        assert!(cut.load(Ordering::Relaxed));
    }
}
