//! Prices as people type and read them: dollars for a million tokens, dollars for each call.

use crate::format::typed_usd;
use crate::pages::form::Reasons;
use domain::money::{NanoUsd, PICO_PER_NANO, PicoUsd};
use domain::pricing::{PriceList, TokenPrices, UnitPrices};
use portal::administration::models::PriceChoice;

/// `$3.00`, every digit that is not zero: prices are compared, not rounded.
pub fn price_text(price: PicoUsd) -> String {
    price.per_million().to_string()
}

/// `in $3.00 · cached $0.30 · out $15.00 per million`, with what there is.
pub fn sentence(price: Option<&PriceList>) -> String {
    let Some(PriceList { tokens, tiers, request, units, .. }) = price else {
        return "No price: refused under every budget".to_owned();
    };
    let mut parts = vec![format!("in {}", price_text(tokens.input))];
    let optional = [
        ("cached", tokens.cache_read),
        ("cache write", tokens.cache_write),
        ("1 h cache write", tokens.cache_write_1h),
    ];
    parts.extend(optional.into_iter().filter_map(|(name, price)| Some(format!("{name} {}", price_text(price?)))));
    parts.push(format!("out {} per million tokens", price_text(tokens.output)));
    if *request != PicoUsd::default() {
        parts.push(format!("{} a call", per_call(*request)));
    }
    if let Some(search) = units.search {
        parts.push(format!("{} a search", per_call(search)));
    }
    if let Some(tier) = tiers.first() {
        parts.push(format!("other prices above {} tokens in", crate::format::tokens(tier.above_input_tokens)));
    }
    parts.join(" · ")
}

fn per_call(price: PicoUsd) -> NanoUsd {
    NanoUsd::from_pico_rounded_up(price.times(1))
}

/// The price fields as they stand in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceTexts {
    pub input: String,
    pub output: String,
    pub cache_read: String,
    pub cache_write: String,
    pub cache_write_1h: String,
    pub request: String,
    pub search: String,
}

impl PriceTexts {
    /// As the form shows a price; empty for none.
    pub fn of(price: Option<&PriceList>) -> Self {
        let Some(PriceList { tokens, request, units, .. }) = price else { return Self::default() };
        let text = |price: PicoUsd| typed_usd(price.per_million());
        let optional = |price: Option<PicoUsd>| price.map(text).unwrap_or_default();
        Self {
            input: text(tokens.input),
            output: text(tokens.output),
            cache_read: optional(tokens.cache_read),
            cache_write: optional(tokens.cache_write),
            cache_write_1h: optional(tokens.cache_write_1h),
            request: if *request == PicoUsd::default() { String::new() } else { typed_usd(per_call(*request)) },
            search: units.search.map(|price| typed_usd(per_call(price))).unwrap_or_default(),
        }
    }

    /// What was typed, against the price that the form was filled with: untouched fields keep it with its tiers.
    pub fn choice(&self, before: Option<&PriceList>, reasons: &mut Reasons) -> PriceChoice {
        if *self == Self::of(before) {
            return PriceChoice::Keep;
        }
        if *self == Self::default() {
            return PriceChoice::Unpriced;
        }
        let mut amount = |field: &str, text: &str, required: bool| -> Option<NanoUsd> {
            if text.trim().is_empty() && !required {
                return None;
            }
            let amount = NanoUsd::parse_dollars(text);
            if amount.is_none() {
                reasons.add(field, "A price is an amount of dollars such as 3.00; a free model costs 0.");
            }
            amount
        };
        let input = amount("price_input", &self.input, true);
        let output = amount("price_output", &self.output, true);
        let cache_read = amount("price_cache_read", &self.cache_read, false);
        let cache_write = amount("price_cache_write", &self.cache_write, false);
        let cache_write_1h = amount("price_cache_write_1h", &self.cache_write_1h, false);
        let request = amount("price_request", &self.request, false);
        let search = amount("price_search", &self.search, false);
        let mut per_token = |field: &str, amount: Option<NanoUsd>| {
            let price = PicoUsd::from_per_million(amount?);
            if price.is_none() {
                reasons.add(field, "At most six decimals can be kept for a million tokens.");
            }
            price
        };
        let tokens = TokenPrices {
            input: per_token("price_input", input).unwrap_or_default(),
            output: per_token("price_output", output).unwrap_or_default(),
            cache_read: per_token("price_cache_read", cache_read),
            cache_write: per_token("price_cache_write", cache_write),
            cache_write_1h: per_token("price_cache_write_1h", cache_write_1h),
            media: before.map(|before| before.tokens.media).unwrap_or_default(),
        };
        let mut each = |field: &str, amount: Option<NanoUsd>| {
            let pico = i64::try_from(i128::from(amount?.as_nano()) * PICO_PER_NANO).ok();
            if pico.is_none() {
                reasons.add(field, "This is more than a call can cost. Check the decimal point.");
            }
            pico.map(PicoUsd::from_pico)
        };
        let request = each("price_request", request).unwrap_or_default();
        let search = each("price_search", search);
        // Prices of audio, images and what else is not counted in tokens have no fields here; they are what they were.
        let units = UnitPrices { search, ..before.map(|before| before.units).unwrap_or_default() };
        PriceChoice::Set(Box::new(PriceList { tokens, request, units, ..PriceList::default() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::pricing::Tier;

    fn list() -> PriceList {
        let pico = PicoUsd::from_pico;
        let tokens = TokenPrices {
            input: pico(3_000_000),
            output: pico(15_000_000),
            cache_read: Some(pico(300_000)),
            ..TokenPrices::default()
        };
        let tiers = vec![Tier { above_input_tokens: 200_000, prices: tokens }];
        PriceList { tokens, tiers, request: pico(1_500), ..PriceList::default() }
    }

    fn texts(edit: impl FnOnce(&mut PriceTexts)) -> (PriceChoice, Reasons) {
        let mut texts = PriceTexts::of(Some(&list()));
        edit(&mut texts);
        let mut reasons = Reasons::default();
        (texts.choice(Some(&list()), &mut reasons), reasons)
    }

    #[test]
    fn untouched_fields_keep_the_price_with_its_tiers() {
        assert!(matches!(texts(|_| ()), (PriceChoice::Keep, reasons) if reasons.is_empty()));
    }

    #[test]
    fn a_changed_figure_is_a_new_price_and_empty_fields_are_none() {
        let (choice, reasons) = texts(|texts| texts.input = "2.5".to_owned());
        let PriceChoice::Set(set) = choice else { panic!("{choice:?}") };
        assert_eq!((set.tokens.input.as_pico(), set.tokens.cache_read), (2_500_000, list().tokens.cache_read));
        assert!(set.tiers.is_empty() && reasons.is_empty());
        assert!(matches!(texts(|texts| *texts = PriceTexts::default()), (PriceChoice::Unpriced, _)));
    }

    #[test]
    fn a_search_has_a_price_of_its_own_and_none_where_the_field_is_empty() {
        let (choice, reasons) = texts(|texts| texts.search = "0.01".to_owned());
        let PriceChoice::Set(set) = choice else { panic!("{choice:?}") };
        assert_eq!((set.units.search, reasons.is_empty()), (Some(PicoUsd::from_pico(10_000_000_000)), true));
        assert!(sentence(Some(&set)).contains("$0.01 a search"), "{}", sentence(Some(&set)));
        assert_eq!(PriceTexts::of(Some(&set)).search, "0.01");
        let (choice, _) = texts(|texts| texts.request = "1".to_owned());
        assert!(matches!(choice, PriceChoice::Set(set) if set.units.search.is_none()));
    }

    #[test]
    fn what_is_not_an_amount_is_refused_at_its_field() {
        let (_, reasons) = texts(|texts| {
            texts.output = "lots".to_owned();
            texts.cache_read = "0.0000001".to_owned();
            texts.input = String::new();
            texts.search = "a cent".to_owned();
        });
        for field in ["price_input", "price_output", "price_cache_read", "price_search"] {
            assert!(reasons.at(field).is_some(), "{field}");
        }
        assert!(reasons.at("price_request").is_none());
    }

    #[test]
    fn a_price_reads_as_one_line() {
        assert_eq!(
            sentence(Some(&list())),
            "in $3.00 · cached $0.30 · out $15.00 per million tokens · $0.000000002 a call · other prices above 200k tokens in"
        );
    }
}
