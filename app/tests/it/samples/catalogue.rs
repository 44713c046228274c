//! Models with and without a price, a fee and guardrails that allow them.

use super::*;

pub(crate) fn model_rows() -> Vec<ModelRow> {
    let pico = |dollars| PicoUsd::from_per_million(NanoUsd::from_dollars(dollars)).unwrap();
    let row = |name: &str, price: Option<PriceList>, profiles: Vec<(ProfileId, String)>| ModelRow {
        id: ModelId::from_random(name.as_bytes()),
        name: name.parse().unwrap(),
        price,
        markup: domain::markup::Markup::NONE,
        max_input_tokens: Some(200_000),
        max_output_tokens: Some(64_000),
        capabilities: vec!["tools".to_owned(), "vision".to_owned(), "prompt_caching".to_owned()],
        endpoints: vec![Endpoint::ChatCompletions, Endpoint::Responses, Endpoint::Messages],
        sunset: Some("2027-06-30".to_owned()),
        profiles,
    };
    let mine = vec![(profile().id, profile().name), (explore().id, explore().name)];
    let tokens = TokenPrices { input: pico(3), output: pico(15), cache_read: Some(pico(1)), ..TokenPrices::default() };
    let priced = |request| Some(PriceList { tokens, request, ..PriceList::default() });
    vec![
        row("demo-large", priced(PicoUsd::default()), mine.clone()),
        row("demo-per-request", priced(pico(10_000)), mine[..1].to_vec()),
        row("other-model", priced(PicoUsd::default()), vec![]),
        row("unpriced", None, mine),
    ]
}
