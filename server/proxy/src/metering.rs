//! From what was seen of an answer to what the call is charged.
//!
//! A provider's figures are believed as far as they can be true; absurd ones are replaced by the reservation, and the
//! record says so. An answer without figures is estimated: the prompt, and what was relayed.

use domain::markup::Markup;
use domain::money::NanoUsd;
use domain::pricing::PriceList;
use domain::usage::{Beside, TokenUsage, UsageSource};

/// What a call was let in with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallBound {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// How much of that output is paid for in advance.
    pub covered_tokens: u64,
    /// What the model can put out whatever cap it was sent: some servers ignore the field that the cap came in.
    pub most_output: u64,
    /// The prompt as an estimate, for calls that end without figures.
    pub prompt_estimate: u64,
    /// The most of what is not counted in tokens.
    pub units: Beside,
    /// The same as it usually comes to, for what no answer reports. Its tier is the one that was asked for by name.
    pub usual: Beside,
    /// What is due beside every report.
    pub fixed: Beside,
    /// The provider serves a call in the tier that it asks for, and does not say so.
    pub tier_is_silent: bool,
    /// The highest of the providers that it may go to.
    pub markup: Markup,
    /// What is set aside, at the prices of the provider that the call is at.
    pub amount: NanoUsd,
}

/// What a call is charged, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    pub tokens: TokenUsage,
    pub cost: NanoUsd,
    pub source: UsageSource,
}

impl Charge {
    pub(crate) const NOTHING: Self =
        Self { tokens: TokenUsage::ZERO, cost: NanoUsd::ZERO, source: UsageSource::Nothing };
}

/// How far above its bound a figure may be before nobody believes it: tokenizers and hidden tokens differ, but not by
/// that much.
const CREDIBLE_FACTOR: u64 = 4;
const CREDIBLE_SLACK: u64 = 4_096;

const fn credible(count: u64, bound: u64) -> bool {
    count <= bound.saturating_mul(CREDIBLE_FACTOR).saturating_add(CREDIBLE_SLACK)
}

pub(crate) struct Tariff<'a> {
    pub price: Option<&'a PriceList>,
    /// Of the provider that answers.
    pub markup: Markup,
    pub bound: CallBound,
}

impl Tariff<'_> {
    /// By the provider's own figures.
    pub(crate) fn reported(&self, reported: TokenUsage) -> Charge {
        let mut tokens = reported;
        tokens.beside = tokens.beside.plus(&self.bound.fixed);
        if tokens.beside.queries == 0 {
            tokens.beside.queries = self.bound.usual.queries;
        }
        if self.bound.tier_is_silent {
            tokens.beside.tier = self.bound.usual.tier;
        }
        let output = tokens.all_output();
        let believed = credible(tokens.all_input(), self.bound.input_tokens)
            && (credible(output, self.bound.output_tokens) || output <= self.bound.most_output)
            && self.believes(&tokens.beside);
        match self.cost(&tokens) {
            Some(cost) if believed => Charge { tokens, cost, source: UsageSource::Provider },
            _ => {
                tracing::warn!(?tokens, "a provider reported usage that cannot be true; charged the reservation");
                self.reservation()
            }
        }
    }

    /// By what was seen: the provider's last figures for the input, if any, and at least this much output.
    pub(crate) fn estimated(&self, last: Option<TokenUsage>, output: u64) -> Charge {
        let prompt = TokenUsage { input: self.bound.prompt_estimate, beside: self.bound.usual, ..TokenUsage::ZERO };
        let mut tokens = last.unwrap_or(prompt);
        tokens.output = tokens.output.max(output.min(self.bound.output_tokens));
        match self.reported(tokens) {
            Charge { source: UsageSource::Provider, tokens, cost } => {
                Charge { tokens, cost, source: UsageSource::Estimated }
            }
            absurd => absurd,
        }
    }

    /// By what was seen of an answer that the gateway ended: its provider may have been this much further. Never more
    /// than what was set aside.
    pub(crate) fn cut_off(&self, last: Option<TokenUsage>, output: u64, further: u64) -> Charge {
        let charge = self.estimated(last, output.saturating_add(further));
        Charge { cost: charge.cost.min(self.bound.amount), ..charge }
    }

    /// Everything that was set aside.
    pub(crate) fn reservation(&self) -> Charge {
        let tokens =
            TokenUsage { input: self.bound.input_tokens, output: self.bound.covered_tokens, ..TokenUsage::default() };
        Charge { tokens, cost: self.bound.amount, source: UsageSource::Reservation }
    }

    /// True if none of the units is beyond what was asked for by more than providers may differ.
    fn believes(&self, used: &Beside) -> bool {
        let most = &self.bound.units;
        [
            (used.images, most.images),
            (used.audio_ms, most.audio_ms),
            (used.characters, most.characters),
            (used.searches, most.searches),
            (used.queries, most.queries),
        ]
        .into_iter()
        .all(|(used, most)| credible(used, most))
    }

    fn cost(&self, tokens: &TokenUsage) -> Option<NanoUsd> {
        self.price.map_or(Some(NanoUsd::ZERO), |price| price.cost(tokens, self.markup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::PicoUsd;
    use domain::pricing::TokenPrices;

    fn price() -> PriceList {
        let tokens = TokenPrices {
            input: PicoUsd::from_pico(1_000),
            output: PicoUsd::from_pico(2_000),
            ..TokenPrices::default()
        };
        PriceList { tokens, ..PriceList::default() }
    }

    const BOUND: CallBound = CallBound {
        input_tokens: 100,
        output_tokens: 50,
        covered_tokens: 50,
        most_output: 8_192,
        prompt_estimate: 34,
        units: Beside::NOTHING,
        usual: Beside::NOTHING,
        fixed: Beside::NOTHING,
        tier_is_silent: false,
        markup: Markup::NONE,
        amount: NanoUsd::from_nano(200),
    };

    #[test]
    fn an_answer_beyond_its_cap_that_the_model_can_give_is_charged_and_not_taken_for_absurd() {
        let price = price();
        let tariff = Tariff { price: Some(&price), markup: Markup::NONE, bound: BOUND };
        let charge = tariff.reported(TokenUsage { input: 10, output: 8_192, ..TokenUsage::default() });
        assert_eq!((charge.cost, charge.source), (NanoUsd::from_nano(10 + 2 * 8_192), UsageSource::Provider));
        let beyond = tariff.reported(TokenUsage { input: 10, output: 8_193, ..TokenUsage::default() });
        assert_eq!((beyond.cost, beyond.source), (NanoUsd::from_nano(200), UsageSource::Reservation));
    }

    #[test]
    fn figures_of_the_provider_are_charged_and_absurd_ones_are_not() {
        let price = price();
        let tariff = Tariff { price: Some(&price), markup: Markup::NONE, bound: BOUND };
        let charge = tariff.reported(TokenUsage { input: 10, output: 5, ..TokenUsage::default() });
        assert_eq!((charge.cost, charge.source), (NanoUsd::from_nano(20), UsageSource::Provider));
        for absurd in [
            TokenUsage { input: 1_000_000, ..TokenUsage::default() },
            TokenUsage { output: u64::MAX, ..TokenUsage::default() },
            TokenUsage { cache_read: u64::MAX, cache_write: u64::MAX, ..TokenUsage::default() },
        ] {
            let charge = tariff.reported(absurd);
            assert_eq!((charge.cost, charge.source), (NanoUsd::from_nano(200), UsageSource::Reservation));
        }
        let zero = tariff.reported(TokenUsage::default());
        assert_eq!((zero.cost, zero.source), (NanoUsd::ZERO, UsageSource::Provider));
    }

    #[test]
    fn estimates_take_what_is_known() {
        let price = price();
        let tariff = Tariff { price: Some(&price), markup: Markup::NONE, bound: BOUND };
        let blind = tariff.estimated(None, 0);
        assert_eq!((blind.cost, blind.source), (NanoUsd::from_nano(34), UsageSource::Estimated));
        let begun = TokenUsage { input: 10, output: 1, ..TokenUsage::default() };
        assert_eq!(tariff.estimated(Some(begun), 7).cost, NanoUsd::from_nano(24));
        assert_eq!(tariff.estimated(Some(begun), 1_000).tokens.output, 50);
    }

    #[test]
    fn what_the_gateway_ended_is_charged_with_its_margin_and_never_above_the_reservation() {
        let price = price();
        let tariff = Tariff { price: Some(&price), markup: Markup::NONE, bound: BOUND };
        assert_eq!(tariff.cut_off(None, 7, 3).cost, NanoUsd::from_nano(34 + 2 * 10));
        let begun = TokenUsage { input: 150, output: 1, ..TokenUsage::default() };
        assert_eq!(tariff.cut_off(Some(begun), 40, u64::MAX).cost, BOUND.amount);
    }
}
