//! What a call costs: integer prices, one rounding, tiers and cache classes as the providers bill them.

use crate::money::PicoUsd;
use serde::{Deserialize, Serialize};

/// Prices per token by class, in pico-dollars. A class without a price of its own is billed as noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPrices {
    pub input: PicoUsd,
    pub output: PicoUsd,
    /// Without one: as `input`.
    pub cache_read: Option<PicoUsd>,
    /// Five-minute cache writes. Without one: as `input`.
    pub cache_write: Option<PicoUsd>,
    /// One-hour cache writes. Without one: as `cache_write`.
    pub cache_write_1h: Option<PicoUsd>,
}

/// Prices that hold for the whole call once its input is above a number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub above_input_tokens: u64,
    pub prices: TokenPrices,
}

/// The price of a model. An all-zero list is free on purpose; a model without a list is unpriced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    pub tokens: TokenPrices,
    /// Ordered by threshold, ascending.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    /// A fee for each request.
    #[serde(default)]
    pub request: PicoUsd,
}
