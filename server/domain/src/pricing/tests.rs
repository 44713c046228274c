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
        ..TokenPrices::default()
    };
    let long = TokenPrices { input: pico(6_000_000), output: pico(22_500_000), ..tokens };
    PriceList { tokens, tiers: vec![Tier { above_input_tokens: 200_000, prices: long }], ..PriceList::default() }
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
        ..TokenUsage::ZERO
    };
    // 3,000,000 + 3,000,000 + 375,000 + 60,000 + 7,500,000 nano; reasoning is inside the output.
    assert_eq!(sonnet().cost(&usage, Markup::NONE), Some(NanoUsd::from_nano(13_935_000)));
}

#[test]
fn classes_without_a_price_are_billed_as_their_neighbour() {
    let plain = PriceList {
        tokens: TokenPrices { input: pico(2_000), output: pico(8_000), ..TokenPrices::default() },
        ..PriceList::default()
    };
    let usage = TokenUsage { cache_read: 1, cache_write: 1, cache_write_1h: 1, ..TokenUsage::default() };
    assert_eq!(plain.cost(&usage, Markup::NONE), Some(NanoUsd::from_nano(6)));
}

#[test]
fn a_tier_holds_for_the_whole_call_and_only_above_its_threshold() {
    let input = |input| TokenUsage { input, ..TokenUsage::default() };
    assert_eq!(sonnet().cost(&input(200_000), Markup::NONE), Some(NanoUsd::from_nano(600_000_000)));
    assert_eq!(sonnet().cost(&input(200_001), Markup::NONE), Some(NanoUsd::from_nano(1_200_006_000)));
    let cached = TokenUsage { input: 1, cache_read: 200_000, ..TokenUsage::default() };
    assert_eq!(sonnet().cost(&cached, Markup::NONE), Some(NanoUsd::from_nano(6_000 + 60_000_000)));
}

#[test]
fn fractions_are_rounded_up_once_for_the_whole_call() {
    let list = PriceList {
        tokens: TokenPrices { input: pico(1), output: pico(1), ..TokenPrices::default() },
        request: pico(1),
        ..PriceList::default()
    };
    assert_eq!(
        list.cost(&TokenUsage { input: 1, output: 1, ..TokenUsage::default() }, Markup::NONE),
        Some(NanoUsd::from_nano(1))
    );
    assert_eq!(
        list.cost(&TokenUsage { input: 999, output: 1, ..TokenUsage::default() }, Markup::NONE),
        Some(NanoUsd::from_nano(2))
    );
}

#[test]
fn a_free_model_costs_nothing_and_an_impossible_amount_is_no_amount() {
    assert_eq!(
        PriceList::default().cost(&TokenUsage { input: u64::MAX, ..TokenUsage::default() }, Markup::NONE),
        Some(NanoUsd::ZERO)
    );
    assert_eq!(sonnet().cost(&TokenUsage { output: u64::MAX, ..TokenUsage::default() }, Markup::NONE), None);
    assert_eq!(
        sonnet()
            .bound(&CallSize { input_tokens: u64::MAX, output_tokens: u64::MAX, ..CallSize::default() }, Markup::NONE),
        None
    );
}

#[test]
fn what_is_not_text_has_prices_of_its_own() {
    let media = MediaPrices { audio_input: Some(pico(32_000_000)), ..MediaPrices::default() };
    let tokens = TokenPrices { input: pico(1_000_000), output: pico(4_000_000), media, ..TokenPrices::default() };
    let units =
        UnitPrices { image: Some(pico(40_000_000_000)), second: Some(pico(100_000_000)), ..UnitPrices::default() };
    let list = PriceList { tokens, units, ..PriceList::default() };
    let beside = Beside { audio_input: 10, image_output: 2, images: 3, audio_ms: 1_500, ..Beside::NOTHING };
    let usage = TokenUsage { input: 5, output: 1, beside, ..TokenUsage::ZERO };
    // 5 + 320 + 4 + 2 × 4 micro, and 3 × 40,000 + 150 micro.
    assert_eq!(
        list.cost(&usage, Markup::NONE),
        Some(NanoUsd::from_nano(5_000 + 320_000 + 4_000 + 8_000 + 120_000_000 + 150_000))
    );
}

#[test]
fn a_service_has_its_prices_and_one_without_is_billed_as_the_standard_one() {
    let half = TokenPrices { input: pico(1_500_000), output: pico(7_500_000), ..TokenPrices::default() };
    let flex = ServicePrices { tier: ServiceTier::Flex, tokens: half, tiers: vec![] };
    let list = PriceList { services: vec![flex], ..sonnet() };
    let served = |tier| TokenUsage { input: 1_000, beside: Beside { tier, ..Beside::NOTHING }, ..TokenUsage::ZERO };
    assert_eq!(list.cost(&served(ServiceTier::Flex), Markup::NONE), Some(NanoUsd::from_nano(1_500_000)));
    assert_eq!(list.cost(&served(ServiceTier::Priority), Markup::NONE), Some(NanoUsd::from_nano(3_000_000)));
    assert!(list.knows(ServiceTier::Flex) && list.knows(ServiceTier::Standard) && !list.knows(ServiceTier::Batch));
}

#[test]
fn a_markup_changes_the_sum_before_it_is_rounded() {
    let markup = |points| Markup::from_basis_points(points).unwrap();
    let usage = TokenUsage { input: 1_000, output: 500, ..TokenUsage::ZERO };
    let cost = |points| sonnet().cost(&usage, markup(points)).map(NanoUsd::as_nano);
    assert_eq!(cost(0), Some(10_500_000));
    assert_eq!(cost(-1_250), Some(9_187_500));
    assert_eq!((cost(-10_000), cost(100_000)), (Some(0), Some(115_500_000)));
    // 1.5 nano-dollars less a third of a percent is still above one, and one less anything is rounded up to one.
    let list = PriceList { request: pico(1_500), ..PriceList::default() };
    assert_eq!(list.cost(&TokenUsage::ZERO, markup(-33)), Some(NanoUsd::from_nano(2)));
    let list = PriceList { request: pico(1_000), ..PriceList::default() };
    assert_eq!(list.cost(&TokenUsage::ZERO, markup(-9_999)), Some(NanoUsd::from_nano(1)));
    let size = CallSize { input_tokens: 1_000, output_tokens: 500, ..CallSize::default() };
    let bound = sonnet().bound(&size, markup(1_000)).unwrap();
    assert_eq!((bound.prompt.as_nano(), bound.output_token.as_nano()), (6_600_000, 16_500));
}

#[test]
fn a_list_from_before_there_were_units_is_read_and_written_as_it_was() {
    let before = r#"{"tokens":{"input":1,"output":2,"cache_read":null,"cache_write":null,"cache_write_1h":null},"tiers":[],"request":0}"#;
    let list: PriceList = serde_json::from_str(before).unwrap();
    assert!(list.units.is_none() && list.services.is_empty());
    assert_eq!(serde_json::to_string(&list).unwrap(), before);
}

prop_compose! {
    fn any_media()(prices in proptest::array::uniform4(proptest::option::of(0..900_000_000i64))) -> MediaPrices {
        let [audio_input, audio_output, image_input, image_output] = prices.map(|price| price.map(pico));
        MediaPrices { audio_input, audio_output, image_input, image_output }
    }
}
prop_compose! {
    fn any_prices()(
        input in 0..100_000_000i64, output in 0..500_000_000i64, read in proptest::option::of(0..100_000_000i64),
        write in proptest::option::of(0..100_000_000i64), hour in proptest::option::of(0..200_000_000i64),
        media in any_media(),
    ) -> TokenPrices {
        TokenPrices {
            input: pico(input), output: pico(output), cache_read: read.map(pico), cache_write: write.map(pico),
            cache_write_1h: hour.map(pico), media,
        }
    }
}
fn any_tiers() -> impl Strategy<Value = Vec<Tier>> {
    proptest::collection::vec((1..1_000_000u64, any_prices()), 0..3).prop_map(|mut tiers| {
        tiers.sort_by_key(|tier| tier.0);
        tiers.into_iter().map(|(above, prices)| Tier { above_input_tokens: above, prices }).collect()
    })
}
prop_compose! {
    fn any_units()(prices in proptest::array::uniform5(proptest::option::of(0..90_000_000_000i64))) -> UnitPrices {
        let [image, second, character, search, query] = prices.map(|price| price.map(pico));
        UnitPrices { image, second, character, search, query }
    }
}
prop_compose! {
    fn any_list()(
        tokens in any_prices(), tiers in any_tiers(), flex in any_prices(), flex_tiers in any_tiers(),
        units in any_units(), fee in 0..100_000_000_000i64,
    ) -> PriceList {
        let services = vec![ServicePrices { tier: ServiceTier::Flex, tokens: flex, tiers: flex_tiers }];
        PriceList { tokens, tiers, request: pico(fee), services, units }
    }
}
prop_compose! {
    fn any_beside()(
        parts in proptest::array::uniform9(0..5_000u64), tier in proptest::sample::select(&ServiceTier::ALL[..]),
    ) -> Beside {
        let [audio_input, audio_output, image_input, image_output, images, audio_ms, characters, searches, queries] =
            parts;
        Beside {
            audio_input, audio_output, image_input, image_output, images, audio_ms, characters, searches, queries,
            tier,
        }
    }
}
prop_compose! {
    fn any_usage()(parts in proptest::array::uniform5(0..500_000u64), beside in any_beside()) -> TokenUsage {
        let [input, cache_read, cache_write, cache_write_1h, output] = parts;
        TokenUsage { input, cache_read, cache_write, cache_write_1h, output, reasoning: output / 2, beside }
    }
}

fn any_markup() -> impl Strategy<Value = Markup> {
    (-10_000..=100_000i32).prop_map(|points| Markup::from_basis_points(points).unwrap())
}

proptest! {
    #[test]
    fn the_bound_with_the_highest_markup_covers_the_call_wherever_it_is_answered(
        list in any_list(), usage in any_usage(), markups in proptest::collection::vec(any_markup(), 1..5),
    ) {
        let size = CallSize {
            input_tokens: usage.all_input(),
            output_tokens: usage.all_output(),
            hears: usage.beside.audio_input > 0,
            sees: usage.beside.image_input > 0,
            units: usage.beside,
        };
        let bound = list.bound(&size, *markups.iter().max().unwrap()).unwrap();
        let unspoken = Beside { audio_output: 0, image_output: 0, ..usage.beside };
        let silent = TokenUsage { output: 0, reasoning: 0, beside: unspoken, ..usage };
        for markup in markups {
            prop_assert!(list.cost(&usage, markup).unwrap() <= bound.total);
            prop_assert!(list.cost(&silent, markup).unwrap() <= bound.prompt);
        }
    }

    #[test]
    fn no_call_within_the_bound_costs_more(
        list in any_list(), usage in any_usage(), spare_in in 0..10_000u64, spare_out in 0..10_000u64,
        falls_back in any::<bool>(),
    ) {
        let size = CallSize {
            input_tokens: usage.all_input() + spare_in,
            output_tokens: usage.all_output() + spare_out,
            hears: usage.beside.audio_input > 0,
            sees: usage.beside.image_input > 0,
            units: usage.beside,
        };
        let mut usage = usage;
        if falls_back {
            usage.beside.tier = ServiceTier::Standard;
        }
        let bound = list.bound(&size, Markup::NONE).unwrap();
        let cost = list.cost(&usage, Markup::NONE).unwrap();
        prop_assert!(cost <= bound.total, "{:?} > {:?}", cost, bound);
        prop_assert!(bound.prompt <= bound.total);
        let unspoken = Beside { audio_output: 0, image_output: 0, ..usage.beside };
        let silent = TokenUsage { output: 0, reasoning: 0, beside: unspoken, ..usage };
        prop_assert!(list.cost(&silent, Markup::NONE).unwrap() <= bound.prompt);
    }

    #[test]
    fn fewer_output_tokens_never_cost_more(list in any_list(), usage in any_usage(), less in 0..500_000u64) {
        let fewer = TokenUsage { output: usage.output.saturating_sub(less), reasoning: 0, ..usage };
        prop_assert!(list.cost(&fewer, Markup::NONE) <= list.cost(&usage, Markup::NONE));
    }

    #[test]
    fn one_rounding_is_at_most_one_nano_above_the_exact_price(prices in any_prices(), usage in any_usage()) {
        let list = PriceList { tokens: prices, ..PriceList::default() };
        let exact = prices.cost(&usage).unwrap();
        let over = i128::from(list.cost(&usage, Markup::NONE).unwrap().as_nano()) * PICO_PER_NANO - exact;
        prop_assert!((0..PICO_PER_NANO).contains(&over));
    }
}
