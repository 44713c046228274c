//! A gateway that counts nothing by itself: a test says what was spent and finds what it was told.

use async_trait::async_trait;
use domain::budget::{BudgetFigures, BudgetScope, Cap, Window};
use domain::id::{KeyId, ProviderId};
use domain::limits::{Quota, QuotaUse};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::UsageRecord;
use portal::ports::{ConnectionTest, DeploymentHealth, GatewayPort, Heard, SharedLimits, Trial};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use store::Store;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, channel};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Key(KeyId),
    Policy,
    Levels,
}

/// Stops the gateway in the middle of hearing about a key.
#[derive(Default)]
pub(crate) struct Busy {
    pub(crate) entered: Notify,
    pub(crate) release: Notify,
    pub(crate) left: Notify,
}

#[derive(Default)]
pub(crate) struct TestGateway {
    pub(crate) health: Mutex<Vec<DeploymentHealth>>,
    busy: Mutex<Option<Arc<Busy>>>,
    told: Mutex<Vec<Told>>,
    figures: Mutex<HashMap<KeyId, Vec<BudgetFigures>>>,
    /// Of each cap of a level, in percent; a tenth unless told otherwise.
    level_spent: Mutex<Option<i64>>,
    finished: Mutex<Vec<UsageRecord>>,
    /// Calls that have ended, on their way to the store.
    pub(crate) under_way: Mutex<Option<(Store, UsageRecord)>>,
    pub(crate) asked: AtomicI64,
    /// Calls wait to be written down.
    pub(crate) behind: AtomicBool,
}

impl TestGateway {
    /// What it was told since it was asked last.
    pub(crate) fn take_told(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    pub(crate) fn stay_busy(&self) -> Arc<Busy> {
        self.busy.lock().unwrap().insert(Arc::default()).clone()
    }

    pub(crate) fn finish(&self, record: UsageRecord) {
        self.finished.lock().unwrap().push(record);
    }

    /// The key's month: of a hundred dollars, so many are spent.
    pub(crate) fn set_spent(&self, key: KeyId, dollars: i64) {
        let figures = BudgetFigures {
            scope: BudgetScope::Key(key),
            window: Window::Month,
            limit: NanoUsd::from_dollars(100),
            spent: NanoUsd::from_dollars(dollars),
            reserved: NanoUsd::ZERO,
            kept_for_others: NanoUsd::ZERO,
            resets_at: None,
        };
        self.figures.lock().unwrap().insert(key, vec![figures]);
    }

    pub(crate) fn set_level_spent(&self, percent: i64) {
        *self.level_spent.lock().unwrap() = Some(percent);
    }
}

#[async_trait]
impl GatewayPort for TestGateway {
    async fn key_changed(&self, key: KeyId) {
        let busy = self.busy.lock().unwrap().clone();
        if let Some(busy) = &busy {
            busy.entered.notify_one();
            busy.release.notified().await;
        }
        self.told.lock().unwrap().push(Told::Key(key));
        if let Some(busy) = &busy {
            busy.left.notify_one();
        }
    }
    async fn policy_changed(&self) {
        self.told.lock().unwrap().push(Told::Policy);
    }
    async fn levels_changed(&self) {
        self.told.lock().unwrap().push(Told::Levels);
    }
    async fn levels_above(&self, _key: KeyId) -> Vec<SharedLimits> {
        vec![]
    }
    async fn level_figures(&self, scope: BudgetScope, caps: &[Cap]) -> Vec<BudgetFigures> {
        let percent = self.level_spent.lock().unwrap().unwrap_or(10);
        let spent = |cap: &Cap| NanoUsd::from_nano(cap.limit.as_nano() / 100 * percent);
        let figures = |cap: &Cap| BudgetFigures {
            scope,
            window: cap.window,
            limit: cap.limit,
            spent: spent(cap),
            reserved: NanoUsd::ZERO,
            kept_for_others: NanoUsd::ZERO,
            resets_at: None,
        };
        caps.iter().map(figures).collect()
    }
    async fn quotas(&self, _key: KeyId) -> Vec<QuotaUse> {
        vec![]
    }
    /// One of each is used.
    async fn level_quotas(&self, scope: BudgetScope, quotas: &[Quota]) -> Vec<QuotaUse> {
        quotas.iter().map(|&quota| QuotaUse { scope, quota, used: 1, resets_at: None }).collect()
    }
    async fn figures(&self, key: KeyId) -> Vec<BudgetFigures> {
        self.figures.lock().unwrap().get(&key).cloned().unwrap_or_default()
    }
    async fn catch_up(&self) -> bool {
        let under_way = self.under_way.lock().unwrap().take();
        if let Some((store, call)) = under_way {
            store.ingest(&[call]).await.unwrap();
        }
        !self.behind.load(Ordering::SeqCst)
    }
    async fn finished_since(&self, key: KeyId, since: Timestamp) -> Option<UsageRecord> {
        let finished = self.finished.lock().unwrap();
        finished.iter().find(|call| call.key == key && call.id.made_at() >= since).cloned()
    }
    async fn test_connection(&self, _provider: ProviderId) -> ConnectionTest {
        self.asked.fetch_add(1, Ordering::SeqCst);
        ConnectionTest::CredentialRefused
    }
    /// Answers with what it was asked.
    async fn try_out(&self, trial: Trial) -> Receiver<Heard> {
        let (sender, receiver) = channel(1);
        sender.try_send(Heard::Text(format!("{trial:?}"))).unwrap();
        receiver
    }
    async fn health(&self, _provider: ProviderId) -> Vec<DeploymentHealth> {
        self.health.lock().unwrap().clone()
    }
}
