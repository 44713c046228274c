//! What a call of a size that people name would cost, to compare models by.
//!
//! Priced by [`PriceList::cost`], as a call of that size would be when it has been made: tiers, fees and what is read from
//! a cache included. It is no bound, and says nothing of how many tokens a model makes of the same text.

use crate::markup::Markup;
use crate::money::NanoUsd;
use crate::pricing::PriceList;
use crate::usage::TokenUsage;

/// More than any context window, and far from where sums do not fit.
pub const MOST_TOKENS: u64 = 10_000_000;

/// A call as it is imagined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypicalCall {
    /// All of the input.
    pub input_tokens: u64,
    /// How much of the input is read from a cache, in per cent; 100 at most.
    pub cached_percent: u8,
    pub output_tokens: u64,
}

/// A call that many people make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// A question with a few turns before it.
    Chat,
    /// One step of an agent at a code base: most of its context was sent before.
    CodingStep,
    /// A long text once, a short one back.
    Summary,
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::Chat, Self::CodingStep, Self::Summary];

    pub const fn call(self) -> TypicalCall {
        let (input_tokens, cached_percent, output_tokens) = match self {
            Self::Chat => (2_000, 50, 400),
            Self::CodingStep => (60_000, 90, 800),
            Self::Summary => (30_000, 0, 1_000),
        };
        TypicalCall { input_tokens, cached_percent, output_tokens }
    }
}

/// Why a model cannot serve the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    Input { at_most: u64 },
    Output { at_most: u64 },
}

impl TypicalCall {
    pub fn usage(&self) -> TokenUsage {
        let cache_read = self.input_tokens.min(MOST_TOKENS) * u64::from(self.cached_percent.min(100)) / 100;
        TokenUsage {
            input: self.input_tokens.min(MOST_TOKENS) - cache_read,
            cache_read,
            output: self.output_tokens.min(MOST_TOKENS),
            ..TokenUsage::default()
        }
    }

    /// `None` if that is no amount of money that fits.
    pub fn cost(&self, price: &PriceList, markup: Markup) -> Option<NanoUsd> {
        price.cost(&self.usage(), markup)
    }

    /// Whether a model with these limits takes it.
    pub fn fits(&self, max_input: Option<u64>, max_output: Option<u64>) -> Result<(), TooLarge> {
        if let Some(at_most) = max_input.filter(|most| self.input_tokens > *most) {
            return Err(TooLarge::Input { at_most });
        }
        match max_output.filter(|most| self.output_tokens > *most) {
            Some(at_most) => Err(TooLarge::Output { at_most }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::PicoUsd;
    use crate::pricing::{Tier, TokenPrices};

    /// Dollars a million tokens.
    fn prices(input: i64, cached: Option<i64>, output: i64) -> TokenPrices {
        let pico = |dollars| PicoUsd::from_per_million(NanoUsd::from_dollars(dollars)).unwrap();
        TokenPrices { input: pico(input), cache_read: cached.map(pico), output: pico(output), ..TokenPrices::default() }
    }

    #[test]
    fn what_is_cached_costs_less_where_it_has_a_price_and_a_long_call_costs_more() {
        let call = TypicalCall { input_tokens: 1_000, cached_percent: 90, output_tokens: 100 };
        let list = |tokens, tiers| PriceList { tokens, tiers, ..PriceList::default() };
        let plain = list(prices(10, None, 20), vec![]);
        assert_eq!(call.cost(&plain, Markup::NONE), Some(NanoUsd::from_nano(1_000 * 10_000 + 100 * 20_000)));
        let cached = list(prices(10, Some(1), 20), vec![]);
        let expected = 100 * 10_000 + 900 * 1_000 + 100 * 20_000;
        assert_eq!(call.cost(&cached, Markup::NONE), Some(NanoUsd::from_nano(expected)));
        let half = Markup::from_basis_points(-5_000).unwrap();
        assert_eq!(call.cost(&cached, half), Some(NanoUsd::from_nano(expected / 2)));
        // The whole input decides about the tier, cached or not.
        let tiered =
            list(prices(10, Some(1), 20), vec![Tier { above_input_tokens: 999, prices: prices(30, None, 20) }]);
        assert_eq!(call.cost(&tiered, Markup::NONE), Some(NanoUsd::from_nano(1_000 * 30_000 + 100 * 20_000)));
    }

    #[test]
    fn every_preset_is_a_call_and_no_size_overflows() {
        let list = PriceList { tokens: prices(1, None, 1), ..PriceList::default() };
        for preset in Preset::ALL {
            assert!(preset.call().cost(&list, Markup::NONE).unwrap() > NanoUsd::ZERO);
        }
        let absurd = TypicalCall { input_tokens: u64::MAX, cached_percent: u8::MAX, output_tokens: u64::MAX };
        assert_eq!(absurd.usage().all_input(), MOST_TOKENS);
        assert!(absurd.cost(&list, Markup::HIGHEST).is_some());
    }

    #[test]
    fn a_call_that_a_model_cannot_take_is_told() {
        let call = Preset::CodingStep.call();
        assert_eq!(call.fits(None, None), Ok(()));
        assert_eq!(call.fits(Some(60_000), Some(800)), Ok(()));
        assert_eq!(call.fits(Some(32_000), None), Err(TooLarge::Input { at_most: 32_000 }));
        assert_eq!(call.fits(None, Some(799)), Err(TooLarge::Output { at_most: 799 }));
    }
}
