//! Forms, sound, images and rankings: what goes up byte for byte, and what each is charged by.

use crate::provider::{Reply, bytes};
use crate::world::{World, code, json, model, post, secret, text};
use bytes::Bytes;
use domain::model::{Endpoint, WireFormat};
use domain::money::{NanoUsd, PicoUsd};
use domain::pricing::{MediaPrices, PriceList, ServicePrices, TokenPrices, UnitPrices};
use domain::usage::{ServiceTier, UsageSource};
use http::Request;
use http_body_util::Full;

const DOLLAR: i64 = 1_000_000_000_000;

/// A model named gpt-media with these prices at these endpoints.
fn world(price: PriceList, endpoints: &[Endpoint]) -> World {
    let world = World::new();
    world.change(|facts| {
        let mut model = model(60, "gpt-media", WireFormat::OpenAi, endpoints);
        model.price = Some(price);
        facts.models.push(model);
    });
    world
}

fn units(units: UnitPrices) -> PriceList {
    PriceList { units, ..PriceList::default() }
}

fn form(path: &str, fields: &[(&str, &str)]) -> (Request<Full<Bytes>>, String) {
    let part = |(name, content): &(&str, &str)| {
        format!("--xYz\r\nContent-Disposition: form-data; name={name}\r\nX-Odd:  kept \r\n\r\n{content}\r\n")
    };
    let body = fields.iter().map(part).collect::<String>() + "--xYz--\r\n";
    let request = Request::post(path)
        .header("authorization", format!("Bearer {}", secret()))
        .header("content-type", "multipart/form-data; boundary=xYz");
    (request.body(Full::from(body.clone())).unwrap(), body)
}

#[tokio::test]
async fn a_form_passes_through_but_for_its_model_and_is_charged_by_the_second() {
    let price = units(UnitPrices { second: Some(PicoUsd::from_pico(100_000_000)), ..UnitPrices::default() });
    for (answer, nano, source) in [
        (r#"{"text":"hi","usage":{"type":"duration","seconds":9}}"#, 900_000, UsageSource::Provider),
        (r#"{"text":"hi","duration":2.5}"#, 250_000, UsageSource::Provider),
        // 4,000 bytes a second.
        (r#"{"text":"hi"}"#, 200_000, UsageSource::Estimated),
    ] {
        let world = world(price.clone(), &[Endpoint::Transcriptions]);
        world.provider.will_answer(200, answer);
        let sound = "s".repeat(8_000);
        let fields =
            [("\"file\"; filename=\"a.wav\"", sound.as_str()), ("\"model\"", "gpt-media"), ("\"zz\"", "\r\n ü")];
        let (request, body) = form("/v1/audio/transcriptions", &fields);
        assert_eq!(text(world.send(request).await).await, answer);
        let got = world.provider.got().remove(0);
        assert_eq!(got.body, body.replace("gpt-media", "gpt-media-upstream"));
        assert_eq!(got.headers["content-type"], "multipart/form-data; boundary=xYz");
        assert_eq!(got.uri, "http://open.example/v1/audio/transcriptions");
        world.assert_settled(1).await;
        assert_eq!((world.last_settled().cost, world.last_settled().source), (NanoUsd::from_nano(nano), source));
    }
}

#[tokio::test]
async fn an_azure_form_without_a_model_gets_one_and_other_kinds_of_body_are_refused() {
    let price = units(UnitPrices { second: Some(PicoUsd::from_pico(1)), ..UnitPrices::default() });
    let world = world(price, &[Endpoint::Transcriptions, Endpoint::ImageGenerations]);
    world.provider.will_answer(200, "{}");
    let fields = [("\"file\"; filename=\"a.wav\"", "sound")];
    let (request, body) = form("/openai/deployments/gpt-media/audio/transcriptions?api-version=2024-10-21", &fields);
    assert_eq!(world.send(request).await.status(), 200);
    let part = "--xYz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-media-upstream\r\n";
    assert_eq!(world.provider.got()[0].body, format!("{part}{body}"));

    let json = post("/v1/audio/transcriptions", r#"{"model":"gpt-media"}"#);
    assert_eq!(world.send(json).await.status(), 415);
    let (form_elsewhere, _) = form("/v1/images/generations", &[("\"model\"", "gpt-media")]);
    assert_eq!(world.send(form_elsewhere).await.status(), 415);
    let (twice, _) = form("/v1/audio/transcriptions", &[("\"model\"", "gpt-media"), ("\"model\"", "gpt")]);
    assert_eq!(world.send(twice).await.status(), 400);
}

#[tokio::test]
async fn speech_is_relayed_as_it_is_and_charged_by_its_characters() {
    let price = units(UnitPrices { character: Some(PicoUsd::from_pico(15_000_000)), ..UnitPrices::default() });
    let world = world(price, &[Endpoint::Speech]);
    let headers = vec![("content-type", "audio/mpeg")];
    world.provider.will(Reply::Answer { status: 200, headers, pieces: vec![bytes("ID3\u{0}sound"), bytes("!")] });
    let response = world.post("/v1/audio/speech", r#"{"model":"gpt-media","input":"h\u00e9llo"}"#).await;
    assert_eq!(response.headers()["content-type"], "audio/mpeg");
    assert_eq!(response.headers()["x-keywright-cost-usd"], "0.000075");
    assert_eq!(text(response).await, "ID3\u{0}sound!");
    assert_eq!(world.provider.got()[0].headers["accept"], "*/*");
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.tokens.beside.characters, record.source), (5, UsageSource::Estimated));
}

#[tokio::test]
async fn images_are_charged_by_the_token_or_by_the_piece() {
    let media = MediaPrices {
        image_input: Some(PicoUsd::from_pico(10_000_000)),
        image_output: Some(PicoUsd::from_pico(40_000_000)),
        ..MediaPrices::default()
    };
    let tokens = TokenPrices { input: PicoUsd::from_pico(5_000_000), media, ..TokenPrices::default() };
    let by_token = PriceList { tokens, ..PriceList::default() };
    let by_piece = units(UnitPrices { image: Some(PicoUsd::from_pico(DOLLAR / 100)), ..UnitPrices::default() });
    let gpt_image = r#"{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"total_tokens":100,"input_tokens":50,
        "output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}}"#;
    let two = r#"{"created":1,"data":[{"url":"https://x/1"},{"url":"https://x/2"}]}"#;
    // 10 × 5 + 40 × 10 + 50 × 40 micro-dollars; two cents.
    for (price, answer, nano) in [(by_token, gpt_image, 2_450_000), (by_piece, two, 20_000_000)] {
        let world = world(price, &[Endpoint::ImageGenerations]);
        world.provider.will_answer(200, answer);
        let response = world.post("/v1/images/generations", r#"{"model":"gpt-media","n":2,"prompt":"a cat"}"#).await;
        assert_eq!(response.status(), 200);
        world.assert_settled(1).await;
        let record = world.last_settled();
        assert_eq!((record.cost, record.source), (NanoUsd::from_nano(nano), UsageSource::Provider));
    }
}

#[tokio::test]
async fn rankings_are_charged_by_the_unit_that_the_provider_bills() {
    let price = units(UnitPrices { query: Some(PicoUsd::from_pico(DOLLAR / 500)), ..UnitPrices::default() });
    let world = world(price, &[Endpoint::Rerank]);
    for (answer, source) in [
        (r#"{"results":[],"meta":{"billed_units":{"search_units":1}}}"#, UsageSource::Provider),
        (r#"{"results":[]}"#, UsageSource::Estimated),
    ] {
        world.provider.will_answer(200, answer);
        world.post("/v1/rerank", r#"{"model":"gpt-media","query":"q","documents":["a","b"]}"#).await;
        let record = world.last_settled();
        assert_eq!((record.cost, record.source), (NanoUsd::from_nano(2_000_000), source));
    }
}

#[tokio::test]
async fn a_service_without_a_price_is_refused_and_one_with_a_price_charged_by_what_was_served() {
    let standard = TokenPrices { input: PicoUsd::from_pico(1_000_000), ..TokenPrices::default() };
    let half = TokenPrices { input: PicoUsd::from_pico(500_000), ..TokenPrices::default() };
    let services = vec![ServicePrices { tier: ServiceTier::Flex, tokens: half, tiers: vec![] }];
    let price = PriceList { tokens: standard, services, ..PriceList::default() };
    let world = world(price, &[Endpoint::ChatCompletions]);
    let ask = |tier: &str| format!(r#"{{"model":"gpt-media","max_tokens":9,"service_tier":"{tier}"}}"#);
    for (served, nano) in [("flex", 500_000), ("default", 1_000_000)] {
        let answer = r#"{"usage":{"prompt_tokens":1000,"completion_tokens":0},"service_tier":"TIER"}"#;
        world.provider.will_answer(200, &answer.replace("TIER", served));
        assert_eq!(world.post("/v1/chat/completions", &ask("flex")).await.status(), 200);
        assert_eq!(world.last_settled().cost, NanoUsd::from_nano(nano));
    }
    let refused = json(world.post("/v1/chat/completions", &ask("priority")).await).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("service_tier"));
}

#[tokio::test]
async fn searches_are_charged_where_they_have_a_price_and_refused_where_not() {
    let body = r#"{"model":"gpt-media","input":"x","tools":[{"type":"web_search"}]}"#;
    let tokens = TokenPrices { output: PicoUsd::from_pico(1_000_000), ..TokenPrices::default() };
    let unpriced = PriceList { tokens, ..PriceList::default() };
    let priced = PriceList {
        units: UnitPrices { search: Some(PicoUsd::from_pico(DOLLAR / 100)), ..UnitPrices::default() },
        ..unpriced.clone()
    };
    let refusing = world(unpriced.clone(), &[Endpoint::Responses]);
    assert_eq!(code(refusing.post("/v1/responses", body).await).await, "invalid_request");
    let tool = body.replace("web_search", "code_interpreter");
    assert_eq!(code(refusing.post("/v1/responses", &tool).await).await, "invalid_request");
    let trace = body
        .replace(r#""input":"x""#, r#""input":[{"type":"web_search_call","id":"ws_1"}]"#)
        .replace(r#""web_search""#, r#""function""#);
    refusing.provider.will_answer(200, r#"{"usage":{"input_tokens":1,"output_tokens":1}}"#);
    assert_eq!(
        refusing.post("/v1/responses", &trace).await.status(),
        200,
        "what was searched before costs nothing now"
    );

    let world = world(priced, &[Endpoint::Responses]);
    world.provider.will_answer(
        200,
        r#"{"output":[{"type":"web_search_call"},{"type":"web_search_call"},{"type":"message"}],
            "usage":{"input_tokens":1,"output_tokens":3}}"#,
    );
    assert_eq!(world.post("/v1/responses", body).await.status(), 200);
    world.assert_settled(1).await;
    let record = world.last_settled();
    assert_eq!((record.tokens.beside.searches, record.cost), (2, NanoUsd::from_nano(20_000_000 + 3_000)));
}

#[tokio::test]
async fn a_request_is_shrunk_to_what_is_left_only_if_its_client_asks_for_that() {
    let body = r#"{"model":"gpt","max_tokens":900}"#;
    let world = World::new();
    // The prompt's bound is 32 tokens; 100 output tokens at 2,000 nano-dollars are left.
    world.book(|book| book.limit = NanoUsd::from_nano(32_000 + 200_000));
    assert_eq!(code(world.post("/v1/chat/completions", body).await).await, "budget_insufficient");
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":5,"completion_tokens":5}}"#);
    let mut request = post("/v1/chat/completions", body);
    request.headers_mut().insert("x-keywright-allow-clamp", "true".parse().unwrap());
    let response = world.send(request).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-keywright-clamped-max-tokens"]),
        (200, &"100".parse().unwrap())
    );
    assert_eq!(world.provider.got()[0].body, r#"{"model":"gpt-upstream","max_tokens":100}"#);
    world.assert_settled(1).await;

    world.book(|book| book.limit = book.spent.plus(NanoUsd::from_nano(32_000 + 15 * 2_000)));
    let mut request = post("/v1/chat/completions", body);
    request.headers_mut().insert("x-keywright-allow-clamp", "true".parse().unwrap());
    assert_eq!(code(world.send(request).await).await, "budget_insufficient", "15 tokens are no answer");
}
