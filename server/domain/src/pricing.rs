//! What a call costs: integer prices, one rounding, the classes, tiers and fees that providers bill by, and the discount
//! or margin of the provider that answers.
//!
//! Cost and bound are computed here and nowhere else, by the same prices, so that no call that stays within its size
//! costs more than its bound, at whichever of its providers it ends. A class without a price of its own is billed as noted; a fee without a price is none.

use crate::markup::Markup;
use crate::money::{NanoUsd, PICO_PER_NANO, PicoUsd};
use crate::usage::{Beside, ServiceTier, TokenUsage};
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
    /// Without one: as `input`, or as `output`.
    #[serde(default, flatten)]
    pub media: MediaPrices,
}

/// Prices per token of audio and images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaPrices {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<PicoUsd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<PicoUsd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input: Option<PicoUsd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_output: Option<PicoUsd>,
}

/// Prices that hold for the whole call once its input is above a number of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub above_input_tokens: u64,
    pub prices: TokenPrices,
}

/// Prices that hold for calls that the provider served sooner or later than others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePrices {
    pub tier: ServiceTier,
    pub tokens: TokenPrices,
    #[serde(default)]
    pub tiers: Vec<Tier>,
}

/// Prices of what is not counted in tokens; without one, it costs nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitPrices {
    /// One image made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<PicoUsd>,
    /// One second of audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<PicoUsd>,
    /// One character spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<PicoUsd>,
    /// One search that the provider runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<PicoUsd>,
    /// One ranking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<PicoUsd>,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServicePrices>,
    #[serde(default, skip_serializing_if = "UnitPrices::is_none")]
    pub units: UnitPrices,
}

/// The most that a call can be: what its bound is computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallSize {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Input tokens may be those of audio, or of images.
    pub hears: bool,
    pub sees: bool,
    /// The most of each unit. Its tier is the one that was asked for.
    pub units: Beside,
}

/// What a call can cost at most, and how that splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub total: NanoUsd,
    /// The part of the total that is due whatever the answer is: the input and the fees.
    pub prompt: NanoUsd,
    /// One output token, rounded up.
    pub output_token: NanoUsd,
}

impl TokenPrices {
    const fn cache_write_or_input(&self) -> PicoUsd {
        match self.cache_write {
            Some(price) => price,
            None => self.input,
        }
    }
    fn cost(&self, usage: &TokenUsage) -> Option<i128> {
        let write = self.cache_write_or_input();
        [
            self.input.times(usage.input),
            self.cache_read.unwrap_or(self.input).times(usage.cache_read),
            write.times(usage.cache_write),
            self.cache_write_1h.unwrap_or(write).times(usage.cache_write_1h),
            self.output.times(usage.output),
            self.media.audio_input.unwrap_or(self.input).times(usage.beside.audio_input),
            self.media.image_input.unwrap_or(self.input).times(usage.beside.image_input),
            self.media.audio_output.unwrap_or(self.output).times(usage.beside.audio_output),
            self.media.image_output.unwrap_or(self.output).times(usage.beside.image_output),
        ]
        .into_iter()
        .try_fold(0i128, i128::checked_add)
    }
    /// The dearest that an input token can be: which class it falls into is the provider's decision.
    fn dearest_input(&self, size: &CallSize) -> i64 {
        let audio = self.media.audio_input.filter(|_| size.hears);
        let image = self.media.image_input.filter(|_| size.sees);
        let classes = [Some(self.input), self.cache_read, self.cache_write, self.cache_write_1h, audio, image];
        dearest(classes)
    }
    fn dearest_output(&self) -> i64 {
        dearest([Some(self.output), self.media.audio_output, self.media.image_output])
    }
}

fn dearest<const N: usize>(prices: [Option<PicoUsd>; N]) -> i64 {
    prices.into_iter().flatten().map(PicoUsd::as_pico).max().unwrap_or(0)
}

impl UnitPrices {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Rounded up to whole pico-dollars where a second is not whole.
    fn cost(&self, used: &Beside) -> Option<i128> {
        let of = |price: Option<PicoUsd>, count: u64| price.map_or(0, |price| price.times(count));
        let audio = of(self.second, used.audio_ms);
        [
            of(self.image, used.images),
            audio.div_euclid(1_000) + i128::from(audio.rem_euclid(1_000) != 0),
            of(self.character, used.characters),
            of(self.search, used.searches),
            of(self.query, used.queries),
        ]
        .into_iter()
        .try_fold(0i128, i128::checked_add)
    }
}

impl PriceList {
    /// True if it costs nothing at all, on purpose.
    pub fn is_free(&self) -> bool {
        *self == Self::default()
    }

    /// True if it is known what a search costs that the provider runs.
    pub fn prices_searches(&self) -> bool {
        self.is_free() || self.units.search.is_some()
    }

    /// What a call of this usage costs at a provider with this markup, rounded up once; `None` if that is no amount of
    /// money that fits.
    pub fn cost(&self, usage: &TokenUsage, markup: Markup) -> Option<NanoUsd> {
        let tokens = self.tokens_of(usage.beside.tier, usage.all_input()).cost(usage)?;
        let units = self.units.cost(&usage.beside)?;
        due(tokens.checked_add(units)?.checked_add(self.request.times(1))?, markup)
    }

    /// An upper bound of [`Self::cost`] for any call of at most this size; `None` if it does not fit.
    ///
    /// Takes the dearest class, and the dearest of all tiers that this much input can reach, in the service that was
    /// asked for and in the standard one, which providers fall back to. It covers every provider whose markup is not
    /// above this one.
    pub fn bound(&self, size: &CallSize, markup: Markup) -> Option<Bound> {
        let asked = size.units.tier;
        let (mut input, mut output) = (0, 0);
        let mut reach = |tokens: &TokenPrices, tiers: &[Tier]| {
            let tiers = tiers.iter().filter(|tier| tier.above_input_tokens < size.input_tokens);
            for prices in std::iter::once(tokens).chain(tiers.map(|tier| &tier.prices)) {
                input = input.max(prices.dearest_input(size));
                output = output.max(prices.dearest_output());
            }
        };
        reach(&self.tokens, &self.tiers);
        for service in self.services.iter().filter(|service| service.tier == asked) {
            reach(&service.tokens, &service.tiers);
        }
        let fees = self.units.cost(&size.units)?.max(0).checked_add(self.request.times(1).max(0))?;
        let prompt = PicoUsd::from_pico(input).times(size.input_tokens).checked_add(fees)?;
        let total = prompt.checked_add(PicoUsd::from_pico(output).times(size.output_tokens))?;
        Some(Bound {
            total: due(total, markup)?,
            prompt: due(prompt, markup)?,
            output_token: due(i128::from(output), markup)?,
        })
    }

    /// True if a call in this service has a price of its own.
    pub fn knows(&self, tier: ServiceTier) -> bool {
        tier.is_standard() || self.services.iter().any(|service| service.tier == tier)
    }

    /// The prices that hold for a call with this much input: those of the highest threshold that it is above. A service
    /// without prices is billed as the standard one.
    fn tokens_of(&self, service: ServiceTier, all_input: u64) -> &TokenPrices {
        let special = self.services.iter().find(|prices| prices.tier == service);
        let (tokens, tiers) = special.map_or((&self.tokens, &self.tiers), |prices| (&prices.tokens, &prices.tiers));
        let reached = tiers.iter().filter(|tier| tier.above_input_tokens < all_input);
        reached.max_by_key(|tier| tier.above_input_tokens).map_or(tokens, |tier| &tier.prices)
    }
}

/// A sum at list prices as it is charged, rounded up here and nowhere else.
fn due(pico: i128, markup: Markup) -> Option<NanoUsd> {
    let (marked_up, whole) = (pico.checked_mul(markup.factor())?, PICO_PER_NANO * Markup::WHOLE);
    let nano = marked_up.div_euclid(whole) + i128::from(marked_up.rem_euclid(whole) != 0);
    i64::try_from(nano).ok().map(NanoUsd::from_nano)
}

#[cfg(test)]
mod tests;
