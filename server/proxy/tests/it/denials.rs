//! Every no of the gateway: status, code, skin, and that it comes in the promised order.

use crate::provider::{Reply, answer};
use crate::world::{CREDENTIAL, Facts, NOW, World, code, json, key_id, post, text};
use bytes::Bytes;
use domain::budget::BudgetScope;
use domain::denial::{Denial, TrafficLimit};
use domain::id::PersonId;
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::time::MS_PER_DAY;
use domain::usage::{Outcome, UsageRecord};
use domain::virtual_key::{KeyState, RevocationReason};
use http::{Method, Request};
use http_body_util::Full;
use proxy::ports::{Allowance, Traffic};
use proxy::{BudgetStatus, Settings};

const CHAT: &str = r#"{"model":"gpt","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#;

fn person() -> PersonId {
    PersonId::from_random(&[9; 12])
}

/// A world spoilt in one way, a call, and what it has to answer.
struct Case {
    name: &'static str,
    spoil: fn(&World),
    path: &'static str,
    body: &'static str,
    status: u16,
    code: &'static str,
}

const fn case(name: &'static str, spoil: fn(&World), body: &'static str, status: u16, code: &'static str) -> Case {
    Case { name, spoil, path: "/v1/chat/completions", body, status, code }
}

fn cases() -> Vec<Case> {
    let nothing: fn(&World) = |_| {};
    vec![
        case("starting", |w| w.change(|f| f.ready = Err(Denial::Starting)), CHAT, 503, "starting"),
        case("stale", |w| w.change(|f| f.ready = Err(Denial::PolicyStale)), CHAT, 503, "policy_stale"),
        case("no pepper", |w| w.change(|f| f.pepper_known = false), CHAT, 503, "sealed"),
        case(
            "revoked",
            |w| {
                w.change(|f| {
                    f.key.state = KeyState::Revoked { at: NOW, by: person(), reason: RevocationReason::Replaced };
                });
            },
            CHAT,
            403,
            "key_revoked",
        ),
        case(
            "disabled",
            |w| w.change(|f| f.key.state = KeyState::Disabled { at: NOW, by: person() }),
            CHAT,
            403,
            "key_disabled",
        ),
        case("expired", |w| w.change(|f| f.key.expires_at = NOW), CHAT, 403, "key_expired"),
        case("owner", |w| w.change(|f| f.owner_active = false), CHAT, 403, "owner_suspended"),
        case(
            "network",
            |w| w.change(|f| f.effective.networks = vec!["10.0.0.0/8".parse().unwrap()]),
            CHAT,
            403,
            "network_not_allowed",
        ),
        case(
            "endpoint",
            |w| w.change(|f| f.effective.endpoints = vec![Endpoint::Messages]),
            CHAT,
            403,
            "endpoint_not_allowed",
        ),
        case("no json", nothing, "hello", 400, "invalid_request"),
        case("twice", nothing, r#"{"model":"gpt","model":"gpt"}"#, 400, "invalid_request"),
        case("unknown model", nothing, r#"{"model":"nope"}"#, 404, "model_not_found"),
        case("model not allowed", nothing, r#"{"model":"secret"}"#, 403, "model_not_allowed"),
        case("model disabled", |w| w.change(|f| f.models[2].enabled = false), CHAT, 404, "model_not_found"),
        case("no chat", nothing, r#"{"model":"embed"}"#, 400, "model_unsupported"),
        case("untranslatable", nothing, r#"{"model":"claude","n":2}"#, 400, "invalid_request"),
        case("unpriced", |w| w.change(|f| f.models[2].price = None), CHAT, 403, "model_unpriced"),
        case("provider off", |w| w.change(|f| f.providers[0].2 = false), CHAT, 502, "provider_error"),
        case(
            "rate",
            |w| w.book(|b| b.refuse = Some(Denial::RateLimited(traffic(60, 1_200)))),
            CHAT,
            429,
            "rate_limited",
        ),
        case(
            "concurrency",
            |w| w.book(|b| b.refuse = Some(Denial::ConcurrencyLimited(traffic(8, 500)))),
            CHAT,
            429,
            "concurrency_limited",
        ),
        case(
            "spool full",
            |w| w.book(|b| b.refuse = Some(Denial::MeteringUnavailable)),
            CHAT,
            503,
            "metering_unavailable",
        ),
        case("exhausted", |w| w.book(|b| b.spent = b.limit), CHAT, 402, "budget_exhausted"),
        case("insufficient", |w| w.book(|b| b.limit = NanoUsd::from_nano(1_000)), CHAT, 402, "budget_insufficient"),
        case(
            "reserved",
            |w| {
                w.book(|b| {
                    b.limit = NanoUsd::from_nano(1_000);
                    b.open.insert(domain::id::EventId::from_i64(1), NanoUsd::from_nano(999));
                });
            },
            CHAT,
            429,
            "budget_reserved",
        ),
        case("sealed credential", |w| w.change(|f| f.credential = Err(Denial::Sealed)), CHAT, 503, "sealed"),
        case("unreachable", |w| w.provider.will_always(Reply::Unreachable), CHAT, 502, "provider_error"),
        case("broken", |w| w.provider.will(Reply::BreakBeforeAnswer), CHAT, 502, "provider_error"),
        case("401 of the provider", |w| w.provider.will_answer(401, r#"{"error":{}}"#), CHAT, 502, "provider_auth"),
        case("403 of the provider", |w| w.provider.will_answer(403, r#"{"error":{}}"#), CHAT, 502, "provider_auth"),
        case("redirect", |w| w.provider.will_answer(307, ""), CHAT, 502, "upstream_protocol"),
        case("html error", |w| w.provider.will_always(answer(500, "<html>")), CHAT, 502, "provider_error"),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_denial_has_its_status_code_and_both_skins() {
    for case in cases() {
        let world = World::new();
        (case.spoil)(&world);
        let response = world.post(case.path, case.body).await;
        assert_eq!(response.status(), case.status, "{}", case.name);
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(response.headers()["request-id"], id.as_str());
        let body = json(response).await;
        assert_eq!(body["error"]["code"], case.code, "{}: {body}", case.name);
        assert_eq!(body["error"]["request_id"], id.as_str());
        assert!(body["error"]["message"].as_str().unwrap().len() > 20, "{body}");

        let world = World::new();
        (case.spoil)(&world);
        let mut request = post(case.path, case.body);
        request.headers_mut().insert("anthropic-version", "2026-10-21".parse().unwrap());
        let response = world.send(request).await;
        assert_eq!(response.status(), case.status, "{}", case.name);
        let body = json(response).await;
        assert_eq!((&body["type"], &body["error"]["code"]), (&"error".into(), &case.code.into()), "{}", case.name);
        assert!(body["error"]["type"].as_str().unwrap().ends_with("_error"), "{body}");
        let shown = body.to_string();
        assert!(!shown.contains("open.example") && !shown.contains(CREDENTIAL), "{shown}");
    }
}

#[tokio::test]
async fn the_first_reason_in_the_promised_order_is_given() {
    // Each step removes one obstacle; the next in the order appears.
    let world = World::new();
    world.change(|facts| {
        facts.ready = Err(Denial::Starting);
        facts.key.state = KeyState::Disabled { at: NOW, by: person() };
        facts.effective.networks = vec!["10.0.0.0/8".parse().unwrap()];
        facts.effective.endpoints = vec![];
        facts.effective.models = vec![];
        facts.models[2].price = None;
    });
    world.book(|book| book.spent = book.limit);
    let answer = async |body: &str| code(world.post("/v1/chat/completions", body).await).await;
    assert_eq!(answer("broken").await, "starting");
    world.change(|facts| facts.ready = Ok(()));
    assert_eq!(answer("broken").await, "key_disabled");
    world.change(|facts| facts.key.state = KeyState::Active);
    assert_eq!(answer("broken").await, "network_not_allowed");
    world.change(|facts| facts.effective.networks.clear());
    assert_eq!(answer("broken").await, "endpoint_not_allowed");
    world.change(|facts| facts.effective.endpoints = vec![Endpoint::ChatCompletions]);
    assert_eq!(answer("broken").await, "invalid_request");
    assert_eq!(answer(CHAT).await, "model_not_allowed");
    world.change(|facts| facts.effective.models = vec!["*".parse().unwrap()]);
    assert_eq!(answer(CHAT).await, "model_unpriced");
    world.change(|facts| facts.models[2].price = Some(a_fee()));
    assert_eq!(answer(CHAT).await, "budget_exhausted");
}

#[tokio::test]
async fn paths_methods_and_media_types() {
    let world = World::new();
    let response = world.post("/v1/v1/chat/completions", CHAT).await;
    assert_eq!(response.status(), 404);
    let body = json(response).await;
    assert_eq!(body["error"]["code"], "not_found");
    assert!(body["error"]["message"].as_str().unwrap().contains("/v1 twice"));
    assert_eq!(json(world.post("/v1/messages/batches", CHAT).await).await["type"], "error");

    for (method, path, allow) in [
        (Method::GET, "/v1/chat/completions", "POST"),
        (Method::OPTIONS, "/v1/messages", "POST"),
        (Method::HEAD, "/v1/models", "GET"),
        (Method::DELETE, "/v1/key", "GET"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Full::default()).unwrap();
        let response = world.send(request).await;
        assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, allow));
    }

    let mut request = post("/v1/chat/completions", CHAT);
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(world.send(request).await.status(), 415);
    let mut request = post("/v1/chat/completions", CHAT);
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(code(world.send(request).await).await, "unsupported_media_type");
    let mut request = post("/v1/chat/completions", CHAT);
    request.headers_mut().insert("content-type", "Application/JSON; charset=utf-8".parse().unwrap());
    world.provider.will_answer(200, "{}");
    assert_eq!(world.send(request).await.status(), 200);
}

#[tokio::test]
async fn large_bodies_are_refused_announced_or_not() {
    let world = World::with(Settings { body_limit_bytes: 100, ..Settings::default() });
    let big = format!(r#"{{"model":"gpt","x":"{}"}}"#, "y".repeat(100));
    let response = world.post("/v1/chat/completions", &big).await;
    assert_eq!(response.status(), 413);
    assert_eq!(code(response).await, "body_too_large");
    let mut request = post("/v1/chat/completions", "");
    request.headers_mut().insert("content-length", "101".parse().unwrap());
    assert_eq!(world.send(request).await.status(), 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_refused() {
    let world = World::new();
    let (parts, _) = post("/v1/chat/completions", "").into_parts();
    let never = http_body_util::StreamBody::new(futures_util::stream::pending::<
        Result<http_body::Frame<Bytes>, std::io::Error>,
    >());
    let response = world.gateway.handle(Request::from_parts(parts, never), crate::world::PEER).await;
    assert_eq!((response.status().as_u16(), code(response).await), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_budget_denial_carries_what_a_client_needs() {
    let world = World::new();
    world.book(|book| {
        book.limit = NanoUsd::from_nano(200_000);
        book.spent = NanoUsd::from_nano(10_000);
    });
    // The body's bytes and one message, at 1,000 nano-dollars a token; the rest buys 2,000 each.
    let prompt = (CHAT.len() as i64 + 16) * 1_000;
    let fits = (190_000 - prompt) / 2_000;
    let body = CHAT.replace(":10,", ":500,");
    let prompt_grown = 1_000;
    let response = world.post("/v1/chat/completions", &body).await;
    assert_eq!((response.status().as_u16(), &response.headers()["x-should-retry"]), (402, &"false".parse().unwrap()));
    let error = &json(response).await["error"];
    assert_eq!(error["type"], "insufficient_quota");
    let expected = (190_000 - prompt - prompt_grown) / 2_000;
    assert!(
        expected <= fits && error["message"].as_str().unwrap().contains(&format!("fits is {expected}.")),
        "{error}"
    );
    assert_eq!(error["limits"]["name"], "ci");
    assert_eq!((&error["limits"]["limit"], &error["limits"]["spent"]), (&"0.0002".into(), &"0.00001".into()));
    assert!(error["limits"]["resets_at"].as_str().unwrap().ends_with('Z'));
    let url = format!("https://keys.example/keys/{}#budget-key-month", key_id());
    assert_eq!(error["portal_url"], url.as_str());
    // What fits is served.
    world.provider.will_answer(200, "{}");
    let body = CHAT.replace(":10,", &format!(":{expected},"));
    assert_eq!(world.post("/v1/chat/completions", &body).await.status(), 200);

    let world = World::with(Settings { budget_status: BudgetStatus::TooManyRequests, ..Settings::default() });
    world.book(|book| book.spent = book.limit);
    let response = world.post("/v1/chat/completions", CHAT).await;
    assert_eq!((response.status().as_u16(), &response.headers()["x-should-retry"]), (429, &"false".parse().unwrap()));
    world.book(|book| assert_eq!(book.denied[0].status, 429));
}

#[tokio::test]
async fn waiting_times_are_told_in_seconds_and_milliseconds() {
    let world = World::new();
    world.book(|book| book.refuse = Some(Denial::RateLimited(traffic(60, 1_200))));
    let response = world.post("/v1/chat/completions", CHAT).await;
    assert_eq!(
        (&response.headers()["retry-after"], &response.headers()["retry-after-ms"]),
        (&"2".parse().unwrap(), &"1200".parse().unwrap())
    );
}

#[tokio::test]
async fn limits_per_minute_stand_in_answers_and_in_refusals() {
    let world = World::new();
    let requests = Some(Allowance { limit: 60, remaining: 12, resets_in_ms: 48_000 });
    world.book(|book| book.traffic = Traffic { requests, tokens: None });
    world.provider.will_answer(200, r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#);
    let answer = world.post("/v1/chat/completions", CHAT).await;
    let header = |answer: &http::Response<proxy::Body>, name: &str| {
        answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header(&answer, "x-ratelimit-limit-requests").unwrap(), "60");
    assert_eq!(header(&answer, "x-ratelimit-remaining-requests").unwrap(), "12");
    assert_eq!(header(&answer, "x-ratelimit-reset-requests").unwrap(), "48s");
    assert_eq!(header(&answer, "x-ratelimit-limit-tokens"), None);

    world.book(|book| book.refuse = Some(Denial::TokensLimited(traffic(9_000, 61_500))));
    let refusal = world.post("/v1/messages", r#"{"model":"claude","max_tokens":5,"messages":[]}"#).await;
    assert_eq!(refusal.status(), 429);
    assert_eq!(header(&refusal, "retry-after").unwrap(), "62");
    assert_eq!(header(&refusal, "anthropic-ratelimit-tokens-limit").unwrap(), "9000");
    assert_eq!(header(&refusal, "anthropic-ratelimit-tokens-remaining").unwrap(), "0");
    assert!(header(&refusal, "anthropic-ratelimit-tokens-reset").unwrap().ends_with('Z'));
    world.assert_settled(1).await;
}

#[tokio::test]
async fn refusals_of_a_recognised_key_are_recorded() {
    let world = World::new();
    let mut request = post("/v1/chat/completions", r#"{"model":"secret"}"#);
    request.headers_mut().insert("user-agent", "curl/8\u{7f}".parse().unwrap_or_else(|_| "curl/8".parse().unwrap()));
    text(world.send(request).await).await;
    let denied: Vec<UsageRecord> = world.book(|book| book.denied.clone());
    assert_eq!(denied.len(), 1);
    let record = &denied[0];
    assert_eq!((record.model.as_str(), record.status, record.outcome), ("secret", 403, Outcome::Denied));
    assert_eq!((record.denial.as_deref(), record.network.as_str()), (Some("model_not_allowed"), "192.0.2.7"));
    assert_eq!((record.agent.as_str(), record.endpoint), ("curl/8", Some(Endpoint::ChatCompletions)));
}

#[tokio::test]
async fn a_model_that_is_not_served_here_names_the_right_path() {
    let world = World::new();
    let body = json(world.post("/v1/completions", r#"{"model":"claude","prompt":"x"}"#).await).await;
    assert!(body["error"]["message"].as_str().unwrap().contains("/v1/messages."), "{body}");
    let body = json(world.post("/v1/embeddings", r#"{"model":"gpt"}"#).await).await;
    assert!(body["error"]["message"].as_str().unwrap().contains("/v1/chat/completions."), "{body}");
}

/// Sends a call during whose body something happens.
async fn while_its_body_arrives(world: &World, happens: impl FnOnce() + Send + 'static) -> http::Response<proxy::Body> {
    let (parts, _) = post("/v1/chat/completions", "").into_parts();
    let body = futures_util::stream::once(async move {
        happens();
        Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from_static(CHAT.as_bytes())))
    });
    let request = Request::from_parts(parts, http_body_util::StreamBody::new(body));
    world.gateway.handle(request, crate::world::PEER).await
}

#[tokio::test]
async fn what_changes_while_a_body_arrives_holds_for_its_call() {
    let revoked = KeyState::Revoked { at: NOW, by: person(), reason: RevocationReason::Replaced };
    type Change = Box<dyn FnOnce(&mut Facts) + Send>;
    let changes: [(&str, Change); 3] = [
        ("key_revoked", Box::new(|facts| facts.key.state = revoked)),
        ("invalid_key", Box::new(|facts| facts.secrets[0].valid_until = Some(NOW))),
        ("policy_stale", Box::new(|facts| facts.ready = Err(Denial::PolicyStale))),
    ];
    for (expected, change) in changes {
        let world = World::new();
        let directory = std::sync::Arc::clone(&world.directory);
        let response = while_its_body_arrives(&world, move || change(&mut directory.0.lock().unwrap())).await;
        assert_eq!(code(response).await, expected);
        world.book(|book| assert!(book.open.is_empty() && book.settled.is_empty(), "{expected}"));
    }
}

#[tokio::test]
async fn a_call_is_admitted_when_its_body_is_here_and_not_when_it_began() {
    let world = World::new();
    world.provider.will_answer(200, "{}");
    let clock = std::sync::Arc::clone(&world.clock);
    let response = while_its_body_arrives(&world, move || clock.advance(MS_PER_DAY)).await;
    assert_eq!(response.status(), 200);
    world.assert_settled(1).await;
    assert_eq!(world.last_settled().charged[0].window_start, NOW.plus_days(1));

    let world = World::new();
    let clock = std::sync::Arc::clone(&world.clock);
    let response = while_its_body_arrives(&world, move || clock.advance(90 * MS_PER_DAY)).await;
    assert_eq!(code(response).await, "key_expired");
}

fn traffic(limit: u64, retry_after_ms: u64) -> TrafficLimit {
    TrafficLimit { scope: BudgetScope::Key(key_id()), limit, retry_after_ms }
}

/// What is free needs no budget.
fn a_fee() -> domain::pricing::PriceList {
    domain::pricing::PriceList { request: domain::money::PicoUsd::from_pico(1_000_000), ..Default::default() }
}
