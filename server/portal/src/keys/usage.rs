//! What a key spent, per day and model, in the organisation's time zone.

use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::money::NanoUsd;
use domain::person::Caller;
use domain::usage::TokenUsage;
use jiff::civil::Date;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageSums {
    pub requests: i64,
    /// Answered with an error, or broken off.
    pub failures: i64,
    /// Refused by the gateway.
    pub denials: i64,
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
    pub duration_ms_sum: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUsage {
    pub model: String,
    pub sums: UsageSums,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayUsage {
    pub date: Date,
    /// Ordered as [`KeyUsage::by_model`]; models without a call that day are absent.
    pub models: Vec<ModelUsage>,
    pub total: UsageSums,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUsage {
    /// One entry for each day, oldest first, today last; days without a call are there with zeros.
    pub days: Vec<DayUsage>,
    /// Costliest first.
    pub by_model: Vec<ModelUsage>,
    pub total: UsageSums,
}

impl Portal {
    /// The last `days` days, today included; between 1 and 400.
    pub async fn key_usage(&self, caller: &Caller, key: KeyId, days: u16) -> Result<KeyUsage, PortalError> {
        let _ = (caller, key, days);
        todo!()
    }
}
