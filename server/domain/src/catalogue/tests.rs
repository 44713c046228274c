use super::*;

fn entry(name: &str) -> &'static CatalogueEntry {
    Catalogue::load().find(name).unwrap_or_else(|| panic!("{name}"))
}
fn price(name: &str) -> &'static PriceList {
    entry(name).price.as_ref().unwrap_or_else(|| panic!("{name} has no price"))
}
fn pico(value: i64) -> PicoUsd {
    PicoUsd::from_pico(value)
}

#[test]
fn well_known_models_have_their_list_prices() {
    let gpt_5 = price("gpt-5");
    assert_eq!((gpt_5.tokens.input, gpt_5.tokens.output), (pico(1_250_000), pico(10_000_000)));
    assert_eq!((gpt_5.tokens.cache_read, gpt_5.tokens.cache_write), (Some(pico(125_000)), None));
    assert_eq!(entry("gpt-5").max_input_tokens, Some(272_000));

    let sonnet = price("claude-sonnet-4-5").tokens;
    assert_eq!((sonnet.input, sonnet.output), (pico(3_000_000), pico(15_000_000)));
    assert_eq!(sonnet.cache_write, Some(pico(3_750_000)));
    assert_eq!(sonnet.cache_write_1h, Some(pico(6_000_000)));
    assert_eq!(sonnet.cache_read, Some(pico(300_000)));

    let mini = price("gpt-4o-mini").tokens;
    assert_eq!((mini.input, mini.output, mini.cache_read), (pico(150_000), pico(600_000), Some(pico(75_000))));

    let embedding = price("text-embedding-3-small").tokens;
    assert_eq!((embedding.input, embedding.output), (pico(20_000), pico(0)));
}

#[test]
fn a_tier_holds_above_its_threshold_and_keeps_what_it_does_not_name() {
    let gemini = price("gemini/gemini-2.5-pro");
    let [tier] = gemini.tiers.as_slice() else { panic!("{gemini:?}") };
    assert_eq!(tier.above_input_tokens, 200_000);
    assert_eq!((tier.prices.input, tier.prices.output), (pico(2_500_000), pico(15_000_000)));
    assert_eq!(tier.prices.cache_read, Some(pico(250_000)));

    let [haiku] = price("claude-haiku-5-5").tiers.as_slice() else { panic!() };
    assert_eq!((haiku.above_input_tokens, haiku.prices.cache_write_1h), (100_000, Some(pico(1_000_000))));

    let ranged = price("dashscope/qwen3-coder-plus");
    let thresholds: Vec<u64> = ranged.tiers.iter().map(|tier| tier.above_input_tokens).collect();
    assert_eq!((ranged.tokens.input, thresholds), (pico(1_000_000), vec![32_000, 128_000, 256_000]));
}

#[test]
fn every_chat_entry_billed_by_tokens_has_a_price_that_makes_sense() {
    let mut priced = 0;
    for entry in Catalogue::load().entries().filter(|entry| entry.mode == Mode::Chat) {
        let Some(list) = &entry.price else { continue };
        priced += 1;
        assert!(list.tiers.is_sorted_by_key(|tier| tier.above_input_tokens), "{}", entry.name);
        for prices in std::iter::once(&list.tokens).chain(list.tiers.iter().map(|tier| &tier.prices)) {
            let all = [Some(prices.input), Some(prices.output), prices.cache_read, prices.cache_write];
            assert!(all.into_iter().flatten().all(|price| price.as_pico() < 1_000_000_000_000), "{}", entry.name);
        }
    }
    assert!(priced > 2_000, "only {priced}");
}

#[test]
fn what_is_not_billed_by_tokens_has_no_price() {
    for name in ["azure/model-router", "ollama/codegeex4", "azure/container"] {
        assert_eq!(entry(name).price, None, "{name}");
    }
    let online = price("perplexity/sonar-small-online");
    assert_eq!((online.request, online.tokens.input), (pico(5_000_000_000), pico(0)));
}

#[test]
fn images_audio_and_rankings_are_priced_by_what_they_are_billed_by() {
    let image = price("gpt-image-1").tokens;
    assert_eq!(
        (image.input, image.output, image.media.image_input),
        (pico(5_000_000), pico(40_000_000), Some(pico(10_000_000)))
    );
    assert_eq!(image.cache_read, Some(pico(2_500_000)));
    assert_eq!(price("whisper-1").units.second, Some(pico(100_000_000)));
    assert_eq!(price("tts-1").units.character, Some(pico(15_000_000)));
    let speech = price("gpt-4o-mini-tts");
    assert!(speech.units.is_none());
    assert_eq!(speech.tokens.media.audio_output, Some(pico(12_000_000)));
    let heard = price("gpt-4o-transcribe");
    assert_eq!((heard.units.second, heard.tokens.media.audio_input), (None, Some(pico(2_500_000))));
    assert_eq!(price("omni-moderation-latest"), &PriceList::default());
    assert_eq!(price("amazon.rerank-v1:0").units.query, Some(pico(1_000_000_000)));
}

#[test]
fn services_and_searches_have_the_prices_that_the_provider_names() {
    let gpt_5 = price("gpt-5");
    let of = |tier| gpt_5.services.iter().find(|service| service.tier == tier).unwrap().tokens;
    assert_eq!((of(ServiceTier::Flex).input, of(ServiceTier::Flex).cache_read), (pico(625_000), Some(pico(62_500))));
    assert_eq!((of(ServiceTier::Priority).output, of(ServiceTier::Batch).output), (pico(20_000_000), pico(5_000_000)));
    assert_eq!(gpt_5.units.search, Some(pico(10_000_000_000)));
    assert_eq!(price("gemini/gemini-2.5-flash").units.search, Some(pico(35_000_000_000)));
}

#[test]
fn reasoning_is_never_billed_below_its_price() {
    assert_eq!(price("dashscope/qwen-turbo").tokens.output, pico(500_000));
}

#[test]
fn providers_know_their_models_by_their_own_names() {
    assert_eq!(entry("mistral/codestral-2508").upstream_name(), "codestral-2508");
    assert_eq!(entry("claude-sonnet-4-5").upstream_name(), "claude-sonnet-4-5");
    let anthropic: Vec<&str> = Catalogue::load().of_provider("anthropic").map(|entry| entry.name.as_str()).collect();
    assert!(anthropic.contains(&"claude-sonnet-4-5") && !anthropic.contains(&"gpt-5"));
    assert!(Catalogue::load().of_provider("openai").all(|entry| !entry.name.starts_with("ft:")));
    assert_eq!(Catalogue::load().of_provider("nobody").count(), 0);
}
