//! What a call costs: integer prices, one rounding, tiers and cache classes as the providers bill them.

use crate::money::{NanoUsd, PICO_PER_NANO, PicoUsd};
use crate::usage::TokenUsage;
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

/// What a call can cost at most, and how that splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    pub total: NanoUsd,
    /// The part of the total that is due whatever the answer is: the input and the fee.
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
        ]
        .into_iter()
        .try_fold(0i128, i128::checked_add)
    }
    /// The dearest that an input token can be: which class it falls into is the provider's decision.
    fn dearest_input(&self) -> i64 {
        let classes = [Some(self.input), self.cache_read, self.cache_write, self.cache_write_1h];
        classes.into_iter().flatten().map(PicoUsd::as_pico).max().unwrap_or(0)
    }
}

impl PriceList {
    /// What a call of these tokens costs, rounded up once; `None` if that is no amount of money that fits.
    pub fn cost(&self, usage: &TokenUsage) -> Option<NanoUsd> {
        let pico = self.tokens_of(usage.all_input()).cost(usage)?.checked_add(self.request.times(1))?;
        nano_rounded_up(pico)
    }

    /// An upper bound of [`Self::cost`] for any call of at most this much input and output; `None` if it does not fit.
    ///
    /// Takes the dearest class, and the dearest of all tiers that this much input can reach.
    pub fn bound(&self, input_tokens: u64, output_tokens: u64) -> Option<Bound> {
        let reachable = || {
            let tiers = self.tiers.iter().filter(|tier| tier.above_input_tokens < input_tokens);
            std::iter::once(&self.tokens).chain(tiers.map(|tier| &tier.prices))
        };
        let input = reachable().map(TokenPrices::dearest_input).max().unwrap_or(0).max(0);
        let output = reachable().map(|prices| prices.output.as_pico()).max().unwrap_or(0).max(0);
        let prompt = PicoUsd::from_pico(input).times(input_tokens).checked_add(self.request.times(1).max(0))?;
        let total = prompt.checked_add(PicoUsd::from_pico(output).times(output_tokens))?;
        Some(Bound {
            total: nano_rounded_up(total)?,
            prompt: nano_rounded_up(prompt)?,
            output_token: nano_rounded_up(i128::from(output))?,
        })
    }

    /// The prices that hold for a call with this much input: those of the highest threshold that it is above.
    fn tokens_of(&self, all_input: u64) -> &TokenPrices {
        let reached = self.tiers.iter().filter(|tier| tier.above_input_tokens < all_input);
        reached.max_by_key(|tier| tier.above_input_tokens).map_or(&self.tokens, |tier| &tier.prices)
    }
}

fn nano_rounded_up(pico: i128) -> Option<NanoUsd> {
    let nano = pico.div_euclid(PICO_PER_NANO) + i128::from(pico.rem_euclid(PICO_PER_NANO) != 0);
    i64::try_from(nano).ok().map(NanoUsd::from_nano)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pico(price: i64) -> PicoUsd {
        PicoUsd::from_pico(price)
    }

    /// $3 and $15 a million, cache reads at a tenth, writes at 1.25 and 2 times; dearer above 200,000 tokens.
    fn sonnet() -> PriceList {
        let tokens = TokenPrices {
            input: pico(3_000_000),
            output: pico(15_000_000),
            cache_read: Some(pico(300_000)),
            cache_write: Some(pico(3_750_000)),
            cache_write_1h: Some(pico(6_000_000)),
        };
        let long = TokenPrices { input: pico(6_000_000), output: pico(22_500_000), ..tokens };
        PriceList { tokens, tiers: vec![Tier { above_input_tokens: 200_000, prices: long }], request: pico(0) }
    }

    #[test]
    fn each_class_has_its_price() {
        let usage = TokenUsage {
            input: 1_000,
            cache_read: 10_000,
            cache_write: 100,
            cache_write_1h: 10,
            output: 500,
            reasoning: 400,
        };
        // 3,000,000 + 3,000,000 + 375,000 + 60,000 + 7,500,000 nano; reasoning is inside the output.
        assert_eq!(sonnet().cost(&usage), Some(NanoUsd::from_nano(13_935_000)));
    }

    #[test]
    fn classes_without_a_price_are_billed_as_their_neighbour() {
        let plain = PriceList {
            tokens: TokenPrices { input: pico(2_000), output: pico(8_000), ..TokenPrices::default() },
            ..PriceList::default()
        };
        let usage = TokenUsage { cache_read: 1, cache_write: 1, cache_write_1h: 1, ..TokenUsage::default() };
        assert_eq!(plain.cost(&usage), Some(NanoUsd::from_nano(6)));
    }

    #[test]
    fn a_tier_holds_for_the_whole_call_and_only_above_its_threshold() {
        let input = |input| TokenUsage { input, ..TokenUsage::default() };
        assert_eq!(sonnet().cost(&input(200_000)), Some(NanoUsd::from_nano(600_000_000)));
        assert_eq!(sonnet().cost(&input(200_001)), Some(NanoUsd::from_nano(1_200_006_000)));
        let cached = TokenUsage { input: 1, cache_read: 200_000, ..TokenUsage::default() };
        assert_eq!(sonnet().cost(&cached), Some(NanoUsd::from_nano(6_000 + 60_000_000)));
    }

    #[test]
    fn fractions_are_rounded_up_once_for_the_whole_call() {
        let list = PriceList {
            tokens: TokenPrices { input: pico(1), output: pico(1), ..TokenPrices::default() },
            tiers: vec![],
            request: pico(1),
        };
        assert_eq!(
            list.cost(&TokenUsage { input: 1, output: 1, ..TokenUsage::default() }),
            Some(NanoUsd::from_nano(1))
        );
        assert_eq!(
            list.cost(&TokenUsage { input: 999, output: 1, ..TokenUsage::default() }),
            Some(NanoUsd::from_nano(2))
        );
    }

    #[test]
    fn a_free_model_costs_nothing_and_an_impossible_amount_is_no_amount() {
        assert_eq!(
            PriceList::default().cost(&TokenUsage { input: u64::MAX, ..TokenUsage::default() }),
            Some(NanoUsd::ZERO)
        );
        assert_eq!(sonnet().cost(&TokenUsage { output: u64::MAX, ..TokenUsage::default() }), None);
        assert_eq!(sonnet().bound(u64::MAX, u64::MAX), None);
    }

    prop_compose! {
        fn any_prices()(
            input in 0..100_000_000i64, output in 0..500_000_000i64, read in proptest::option::of(0..100_000_000i64),
            write in proptest::option::of(0..100_000_000i64), hour in proptest::option::of(0..200_000_000i64),
        ) -> TokenPrices {
            TokenPrices {
                input: pico(input), output: pico(output), cache_read: read.map(pico), cache_write: write.map(pico),
                cache_write_1h: hour.map(pico),
            }
        }
    }
    prop_compose! {
        fn any_list()(
            tokens in any_prices(), mut tiers in proptest::collection::vec((1..1_000_000u64, any_prices()), 0..3),
            fee in 0..100_000_000_000i64,
        ) -> PriceList {
            tiers.sort_by_key(|tier| tier.0);
            let tiers = tiers.into_iter().map(|(above, prices)| Tier { above_input_tokens: above, prices }).collect();
            PriceList { tokens, tiers, request: pico(fee) }
        }
    }
    prop_compose! {
        fn any_usage()(parts in proptest::array::uniform5(0..500_000u64)) -> TokenUsage {
            let [input, cache_read, cache_write, cache_write_1h, output] = parts;
            TokenUsage { input, cache_read, cache_write, cache_write_1h, output, reasoning: output / 2 }
        }
    }

    proptest! {
        #[test]
        fn no_call_within_the_bound_costs_more(
            list in any_list(), usage in any_usage(), spare_in in 0..10_000u64, spare_out in 0..10_000u64,
        ) {
            let bound = list.bound(usage.all_input() + spare_in, usage.output + spare_out).unwrap();
            let cost = list.cost(&usage).unwrap();
            prop_assert!(cost <= bound.total, "{:?} > {:?}", cost, bound);
            prop_assert!(bound.prompt <= bound.total);
            let silent = TokenUsage { output: 0, reasoning: 0, ..usage };
            prop_assert!(list.cost(&silent).unwrap() <= bound.prompt);
        }

        #[test]
        fn fewer_output_tokens_never_cost_more(list in any_list(), usage in any_usage(), less in 0..500_000u64) {
            let fewer = TokenUsage { output: usage.output.saturating_sub(less), reasoning: 0, ..usage };
            prop_assert!(list.cost(&fewer) <= list.cost(&usage));
        }

        #[test]
        fn one_rounding_is_at_most_one_nano_above_the_exact_price(prices in any_prices(), usage in any_usage()) {
            let list = PriceList { tokens: prices, ..PriceList::default() };
            let exact = prices.cost(&usage).unwrap();
            let over = i128::from(list.cost(&usage).unwrap().as_nano()) * PICO_PER_NANO - exact;
            prop_assert!((0..PICO_PER_NANO).contains(&over));
        }
    }
}
