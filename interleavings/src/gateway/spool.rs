//! The journal without its disk: it decides, as the real one does, who ends a call, and refuses to write down what it is
//! told to refuse. Its lock is one more place where threads can come in between.

use crate::sync::{Mutex, PoisonError};
use domain::budget::{BudgetLine, Consumed};
use domain::id::{EventId, KeyId};
use domain::money::NanoUsd;
use domain::usage::{TokenUsage, UsageRecord};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub key: KeyId,
    pub model: String,
    pub amount: NanoUsd,
    pub prompt_bound: NanoUsd,
    pub lines: Vec<BudgetLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
}

#[derive(Debug, Clone)]
pub struct OpenCall {
    pub event: EventId,
    pub intent: Intent,
    pub checkpoint: Option<Checkpoint>,
}

#[derive(Debug, Clone)]
pub struct Charge {
    pub lines: Vec<BudgetLine>,
    pub used: Consumed,
}

#[derive(Debug, Default)]
pub struct Found {
    pub highest: Option<EventId>,
    pub settled: HashMap<EventId, Charge>,
    pub interrupted: Vec<OpenCall>,
}

impl Found {
    pub fn events(&self) -> Vec<EventId> {
        Vec::new()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the disk refused")]
pub struct Refused;

#[derive(Debug, thiserror::Error)]
#[error("there is no disk")]
pub struct SpoolUnreadable;

#[derive(Debug, Clone, Copy)]
pub struct Settings;

/// What is not written down.
#[derive(Debug, Clone, Copy, Default)]
pub struct Refuses {
    pub admissions: bool,
    pub extensions: bool,
}

#[derive(Default)]
pub struct Spool {
    open: Mutex<HashMap<EventId, KeyId>>,
    refuses: Refuses,
}

impl Spool {
    pub fn open(_: &Path, _: Settings) -> Result<(Self, Found), SpoolUnreadable> {
        Err(SpoolUnreadable)
    }

    pub fn that(refuses: Refuses) -> Self {
        Self { refuses, ..Self::default() }
    }

    pub fn admit(&self, event: EventId, intent: &Intent) -> Result<(), Refused> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(event, intent.key);
        if self.refuses.admissions { Err(Refused) } else { Ok(()) }
    }

    pub fn checkpoint(&self, _: EventId, _: &Checkpoint) -> Result<(), Refused> {
        Ok(())
    }

    pub fn extend(&self, event: EventId, _: NanoUsd) -> Result<(), Refused> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.refuses.extensions || !open.contains_key(&event) { Err(Refused) } else { Ok(()) }
    }

    pub fn settle(&self, record: &Arc<UsageRecord>) -> Option<(KeyId, Result<(), Refused>)> {
        self.end(record.id)
    }

    pub fn release(&self, event: EventId) -> Option<(KeyId, Result<(), Refused>)> {
        self.end(event)
    }

    pub fn note_denied(&self, _: &Arc<UsageRecord>) -> Result<(), Refused> {
        Ok(())
    }

    fn end(&self, event: EventId) -> Option<(KeyId, Result<(), Refused>)> {
        let key = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&event)?;
        Some((key, Ok(())))
    }
}
