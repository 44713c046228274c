//! What stands in for the ledger and the disk on the steps that do without: it does the least that the step above needs.

use domain::budget::{BudgetFigures, BudgetScope};
use domain::denial::{Denial, TrafficLimit};
use domain::id::{EventId, KeyId};
use domain::limits::QuotaUse;
use domain::money::NanoUsd;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::{Clock, Timestamp};
use domain::usage::{TokenUsage, UsageRecord};
use domain::virtual_key::Owner;
use proxy::ports::{self, History, KeyRecord, Ledger, ReserveRequest, Reserved, StoredResponses};
use server::gateway::event_ids::EventIds;
use server::gateway::spool::{Disk, SpoolFile};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Calls and answers of which nobody asks again.
pub struct NoHistory;

impl History for NoHistory {
    fn finished(
        &self,
        _: EventId,
        _: KeyId,
    ) -> Pin<Box<dyn Future<Output = Result<Option<UsageRecord>, Denial>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

impl StoredResponses for NoHistory {
    fn issued(&self, _: StoredResponse) {}
    fn find(
        &self,
        _: ResponseId,
        _: Owner,
    ) -> Pin<Box<dyn Future<Output = Result<Option<StoredResponse>, Denial>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(None)))
    }
    fn forget(&self, _: &StoredResponse) {}
}

/// A disk that forgets.
pub struct KeepsNothing;

impl Disk for KeepsNothing {
    fn create(&self, _: &Path, _: u64) -> io::Result<Arc<dyn SpoolFile>> {
        Ok(Arc::new(Self))
    }
    fn remove(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl SpoolFile for KeepsNothing {
    fn append(&self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn cut(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts requests and concurrency of a key; knows no money.
pub struct LimitsOnly {
    clock: Arc<dyn Clock>,
    ids: EventIds,
    keys: Mutex<HashMap<KeyId, Traffic>>,
    owners: Mutex<HashMap<EventId, KeyId>>,
}

#[derive(Default)]
struct Traffic {
    in_flight: u32,
    minute: i64,
    requests: u32,
}

impl LimitsOnly {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ids: EventIds::above(None), keys: Mutex::default(), owners: Mutex::default() }
    }

    fn end(&self, event: EventId) {
        let owner = self.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(&event);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(traffic) = owner.and_then(|key| keys.get_mut(&key)) {
            traffic.in_flight = traffic.in_flight.saturating_sub(1);
        }
    }
}

impl Ledger for LimitsOnly {
    fn next_event(&self) -> EventId {
        self.ids.next(self.clock.now())
    }

    fn reserve(&self, request: &ReserveRequest<'_>) -> Result<Reserved, Denial> {
        let (key, terms) = (request.record.key.id, &request.record.effective);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let limit =
            |limit: u32| TrafficLimit { scope: BudgetScope::Key(key), limit: u64::from(limit), retry_after_ms: 1_000 };
        let traffic = keys.entry(key).or_default();
        let minute = request.now.as_ms().div_euclid(60_000);
        if traffic.minute != minute {
            *traffic = Traffic { minute, requests: 0, ..*traffic };
        }
        if traffic.requests >= terms.requests_per_minute {
            return Err(Denial::RateLimited(limit(terms.requests_per_minute)));
        }
        if traffic.in_flight >= terms.concurrency {
            return Err(Denial::ConcurrencyLimited(limit(terms.concurrency)));
        }
        traffic.requests += 1;
        traffic.in_flight += 1;
        drop(keys);
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(request.event, key);
        Ok(Reserved {
            event: request.event,
            amount: request.bound,
            lines: Vec::new(),
            tightest: None,
            expected_tokens: request.expected_tokens,
            traffic: ports::Traffic::default(),
        })
    }

    fn extend(&self, reserved: &mut Reserved, _: &KeyRecord, by: NanoUsd, _: Timestamp) -> Result<(), Denial> {
        reserved.amount = reserved.amount.plus(by);
        Ok(())
    }

    fn checkpoint(&self, _: EventId, _: TokenUsage, _: NanoUsd) {}

    fn settle(&self, reserved: &Reserved, _: UsageRecord) -> Result<(), Denial> {
        self.end(reserved.event);
        Ok(())
    }

    fn release(&self, reserved: &Reserved) {
        self.end(reserved.event);
    }

    fn record_denied(&self, _: UsageRecord) {}

    fn figures(&self, _: &KeyRecord, _: Timestamp) -> Vec<BudgetFigures> {
        Vec::new()
    }

    fn quotas(&self, _: &KeyRecord, _: Timestamp) -> Vec<QuotaUse> {
        Vec::new()
    }

    fn finished(&self, _: EventId, _: KeyId) -> Option<Arc<UsageRecord>> {
        None
    }
}
