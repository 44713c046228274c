//! Responses that a provider keeps: each is its owner's alone, goes on where it is kept, and can be read and deleted.

use crate::provider::{Piece, Reply, answer, bytes};
use crate::world::{CREDENTIAL, NOW, World, code, deployment, json, provider_id, secret, text};
use bytes::Bytes;
use domain::denial::Denial;
use domain::id::{PersonId, ProviderId, TeamId};
use domain::model::{Endpoint, ProviderKind, WireFormat};
use domain::money::NanoUsd;
use domain::stored_response::KEPT_DAYS;
use domain::time::MS_PER_DAY;
use domain::usage::Outcome;
use domain::virtual_key::Owner;
use http::{Method, Request, Response};
use http_body_util::Full;
use proxy::Body;
use std::sync::atomic::Ordering;

const PATH: &str = "/v1/responses";
const ANSWER: &str = r#"{"object":"response","metadata":{"id":"resp_forged"},"id":"resp_1","output":[{"id":"msg_1"}],"usage":{"input_tokens":12,"output_tokens":5}}"#;

fn other_person() -> Owner {
    Owner::Person(PersonId::from_random(&[9; 12]))
}
fn remembered(world: &World) -> Vec<String> {
    world.stored.issued.lock().unwrap().iter().map(|response| response.id.as_str().to_owned()).collect()
}
async fn send(world: &World, method: Method, path: &str) -> Response<Body> {
    let builder = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", secret()));
    world.send(builder.body(Full::<Bytes>::default()).unwrap()).await
}
async fn reason(response: Response<Body>) -> String {
    assert_eq!(response.status(), 400);
    json(response).await["error"]["message"].as_str().unwrap().to_owned()
}
/// One response was made, by the only key there is.
async fn with_a_response() -> World {
    let world = World::new();
    world.provider.will_answer(200, ANSWER);
    let made = world.post(PATH, r#"{"model":"gpt","input":"Hi"}"#).await;
    assert_eq!(made.status(), 200);
    assert_eq!(text(made).await, ANSWER);
    world.provider.got();
    world
}
fn going_on(id: &str) -> String {
    format!(r#"{{"model":"gpt","input":"And?","max_output_tokens":10,"previous_response_id":"{id}"}}"#)
}

#[tokio::test]
async fn an_answer_that_is_kept_is_remembered_as_its_owners() {
    let world = with_a_response().await;
    let owner = world.directory.0.lock().unwrap().key.owner;
    let issued = world.stored.issued.lock().unwrap().clone();
    let [response] = &issued[..] else { panic!("{issued:?}") };
    assert_eq!((response.id.as_str(), response.owner, response.tokens), ("resp_1", owner, 17));
    assert_eq!((response.provider, response.made_at), (provider_id(WireFormat::OpenAi), NOW));
    assert_eq!(Some(response.deployment), world.last_settled().deployment);
}

#[tokio::test]
async fn a_streamed_answer_is_remembered_before_its_last_event_is_seen() {
    let world = World::new();
    let events = [
        r#"{"type":"response.created","response":{"tools":[{"id":"resp_forged"}],"id":"resp_2","usage":null}}"#,
        r#"{"type":"response.output_text.delta","delta":"\"response\":{\"id\":\"resp_3\"}"}"#,
        r#"{"type":"response.completed","response":{"id":"resp_2","usage":{"input_tokens":3,"output_tokens":4}}}"#,
    ];
    world.provider.will_stream(events.iter().map(|event| bytes(format!("data: {event}\n\n"))).collect());
    let response = world.post(PATH, r#"{"model":"gpt","input":"Hi","stream":true,"store":true}"#).await;
    assert!(text(response).await.contains("response.completed"));
    assert_eq!(remembered(&world), ["resp_2"]);
    assert_eq!(world.stored.issued.lock().unwrap()[0].tokens, 7);

    // The client knows the id of a stream that breaks off, and its provider may have kept what there was.
    world
        .provider
        .will_stream(vec![bytes(format!("data: {}\n\n", events[0].replace("resp_2", "resp_4"))), Piece::Break]);
    text(world.post(PATH, r#"{"model":"gpt","input":"Hi","stream":true}"#).await).await;
    assert_eq!(remembered(&world), ["resp_2", "resp_4"]);
}

#[tokio::test]
async fn what_is_not_kept_is_not_remembered() {
    let world = World::new();
    world.provider.will_answer(200, ANSWER);
    text(world.post(PATH, r#"{"model":"gpt","input":"Hi","store":false}"#).await).await;
    let chat = r#"{"id":"resp_1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5}}"#;
    world.provider.will_answer(200, chat);
    text(world.post("/v1/chat/completions", r#"{"model":"gpt","messages":[],"store":true}"#).await).await;
    world.provider.will_answer(404, r#"{"id":"resp_1","error":{"message":"no"}}"#);
    text(world.post(PATH, r#"{"model":"gpt","input":"Hi"}"#).await).await;
    // Translated: the id is made up here, and there is nothing behind it.
    let claude = r#"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#;
    world.provider.will_answer(200, claude);
    let translated = json(world.post(PATH, r#"{"model":"claude","input":"Hi"}"#).await).await;
    assert_eq!(translated["object"], "response");
    assert_eq!(remembered(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_conversation_goes_on_and_its_bound_is_the_context_window() {
    let world = with_a_response().await;
    world.provider.will_answer(200, &ANSWER.replace("resp_1", "resp_2"));
    let response = world.post(PATH, &going_on("resp_1")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(world.provider.got()[0].body, going_on("resp_1").replace("\"gpt\"", "\"gpt-upstream\""));
    // 100,000 tokens of window at 1,000 nano-dollars, beside the body and the answer.
    let held = world.book(|book| book.held[1]);
    let more = held.minus(NanoUsd::from_nano(100_000 * 1_000));
    assert!(more > NanoUsd::ZERO && more < NanoUsd::from_nano(1_000 * 1_000), "{held}");
    assert_eq!(remembered(&world), ["resp_1", "resp_2"]);

    // Without figures, what was said before counts as part of the prompt.
    world.provider.will_answer(200, r#"{"id":"resp_3"}"#);
    text(world.post(PATH, &going_on("resp_2")).await).await;
    let body_alone = going_on("resp_2").len() as u64;
    assert_eq!(world.last_settled().tokens.input, body_alone.div_ceil(3) + 17);

    world.change(|facts| facts.models.iter_mut().for_each(|model| model.max_input_tokens = None));
    assert!(reason(world.post(PATH, &going_on("resp_2")).await).await.contains("context window is not known"));
    world.assert_settled(3).await;
}

#[tokio::test]
async fn another_owners_response_is_as_unknown_as_none() {
    let world = with_a_response().await;
    let never = reason(world.post(PATH, &going_on("resp_never")).await).await;
    assert!(never.contains("Send the conversation whole"), "{never}");
    for owner in [other_person(), Owner::Team(TeamId::from_random(&[2; 12]))] {
        world.change(|facts| facts.key.owner = owner);
        assert_eq!(reason(world.post(PATH, &going_on("resp_1")).await).await, never);
        for (method, path) in [
            (Method::GET, "/v1/responses/resp_1"),
            (Method::GET, "/v1/responses/resp_1/input_items"),
            (Method::DELETE, "/v1/responses/resp_1"),
            (Method::POST, "/v1/responses/resp_1/cancel"),
        ] {
            let theirs = send(&world, method.clone(), path).await;
            let nobodys = send(&world, method, &path.replace("resp_1", "resp_never")).await;
            assert_eq!((theirs.status().as_u16(), nobodys.status().as_u16()), (404, 404));
            let message = |body: serde_json::Value| body["error"]["message"].clone();
            assert_eq!(message(json(theirs).await), message(json(nobodys).await));
        }
    }
    assert!(world.provider.got().is_empty(), "nothing of this reaches a provider");
    assert_eq!(remembered(&world), ["resp_1"]);
    for broken in ["../models", "", "resp 1", "resp_1?x=1"] {
        assert_eq!(reason(world.post(PATH, &going_on(broken)).await).await, never);
    }
    assert_eq!(send(&world, Method::GET, "/v1/responses/%2e%2e").await.status(), 404);
}

#[tokio::test]
async fn a_response_is_too_old_when_its_provider_may_have_dropped_it() {
    let world = with_a_response().await;
    world.change(|facts| facts.key.expires_at = NOW.plus_days(100));
    world.clock.advance(KEPT_DAYS * MS_PER_DAY - 1);
    world.provider.will_answer(200, ANSWER);
    assert_eq!(world.post(PATH, &going_on("resp_1")).await.status(), 200);
    world.stored.issued.lock().unwrap().truncate(1);
    world.clock.advance(1);
    assert!(reason(world.post(PATH, &going_on("resp_1")).await).await.contains("still kept"));
    assert_eq!(code(send(&world, Method::GET, "/v1/responses/resp_1").await).await, "not_found");
}

#[tokio::test]
async fn a_conversation_goes_on_in_the_account_that_has_it_or_not_at_all() {
    let world = with_a_response().await;
    let elsewhere = ProviderId::from_random(&[77; 12]);
    world.change(|facts| {
        facts.providers.push((elsewhere, ProviderKind::OpenAi, true));
        let gpt = facts.models.iter_mut().find(|model| model.name.as_str() == "gpt").unwrap();
        // A place that would come first, and is another account.
        let mut first = deployment(200, WireFormat::OpenAi, "elsewhere", 0);
        first.provider = elsewhere;
        gpt.deployments[0].priority = 5;
        gpt.deployments.push(first);
    });
    // Not even when the account that has it fails.
    let failing = answer(500, r#"{"error":{"message":"broken"}}"#);
    world.provider.will_always(failing);
    assert_eq!(world.post(PATH, &going_on("resp_1")).await.status(), 500);
    let called = world.provider.called();
    assert!(!called.is_empty() && called.iter().all(|model| model == "gpt-upstream"), "{called:?}");

    world.change(|facts| facts.providers[0].2 = false);
    let gone = reason(world.post(PATH, &going_on("resp_1")).await).await;
    assert!(gone.contains("is not served now") && gone.contains("Send the conversation whole"), "{gone}");
    assert_eq!(send(&world, Method::GET, "/v1/responses/resp_1").await.status(), 404);
    let claude = going_on("resp_1").replace("\"gpt\"", "\"claude\"");
    assert!(reason(world.post(PATH, &claude).await).await.contains("another format"));
    assert!(world.provider.got().is_empty());
}

#[tokio::test]
async fn a_response_is_read_where_it_is_kept_and_costs_nothing() {
    let world = with_a_response().await;
    world.provider.will_answer(200, ANSWER);
    let response = send(&world, Method::GET, "/v1/responses/resp_1?include[]=message.output_text.logprobs").await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(text(response).await, ANSWER);
    assert!(!headers.contains_key("set-cookie") && !headers.contains_key("openai-organization"));
    assert!(headers.contains_key("x-keywright-request-id"));
    let got = world.provider.got().remove(0);
    assert_eq!(got.method, Method::GET);
    assert_eq!(got.uri, "http://open.example/v1/responses/resp_1?include%5B%5D=message.output_text.logprobs");
    assert_eq!(
        (got.headers["authorization"].to_str().unwrap(), got.body.as_str()),
        (&*format!("Bearer {CREDENTIAL}"), "")
    );
    world.provider.will_answer(200, r#"{"object":"list","data":[]}"#);
    let input = send(&world, Method::GET, "/v1/responses/resp_1/input_items?limit=2&order=asc").await;
    assert_eq!(json(input).await["object"], "list");
    assert_eq!(world.provider.got()[0].uri, "http://open.example/v1/responses/resp_1/input_items?limit=2&order=asc");
    world.provider.will_answer(400, r#"{"error":{"message":"Only background responses can be cancelled."}}"#);
    let cancelling = send(&world, Method::POST, "/v1/responses/resp_1/cancel").await;
    assert_eq!(cancelling.status(), 400);
    let got = world.provider.got().remove(0);
    assert_eq!((got.method, got.uri.path()), (Method::POST, "/v1/responses/resp_1/cancel"));

    world.assert_settled(4).await;
    let free = world.book(|book| book.settled[1..].to_vec());
    for record in free {
        assert_eq!(
            (record.cost, record.outcome, record.endpoint),
            (NanoUsd::ZERO, Outcome::Answered, Some(Endpoint::Responses))
        );
        assert_eq!(record.model, "gpt");
    }
    for refused in ["?stream=true", "?starting_after=3", "?limit=1"] {
        let path = format!("/v1/responses/resp_1{refused}");
        assert_eq!(code(send(&world, Method::GET, &path).await).await, "invalid_request");
    }
    assert!(world.provider.got().is_empty());
}

#[tokio::test]
async fn a_deleted_response_is_forgotten() {
    let world = with_a_response().await;
    world.provider.will_answer(500, r#"{"error":{"message":"later"}}"#);
    assert_eq!(send(&world, Method::DELETE, "/v1/responses/resp_1").await.status(), 500);
    assert_eq!(remembered(&world), ["resp_1"]);
    world.provider.will_answer(200, r#"{"id":"resp_1","object":"response","deleted":true}"#);
    let deleted = send(&world, Method::DELETE, "/v1/responses/resp_1").await;
    assert_eq!(json(deleted).await["deleted"], true);
    assert_eq!(world.provider.got()[1].method, Method::DELETE);
    assert!(remembered(&world).is_empty());
    assert_eq!(send(&world, Method::GET, "/v1/responses/resp_1").await.status(), 404);
    world.assert_settled(3).await;
}

#[tokio::test]
async fn a_response_that_its_provider_has_dropped_is_forgotten() {
    let world = with_a_response().await;
    world.provider.will_answer(404, r#"{"error":{"message":"Response with id 'resp_1' not found."}}"#);
    assert_eq!(send(&world, Method::GET, "/v1/responses/resp_1").await.status(), 404);
    assert!(remembered(&world).is_empty());
}

#[tokio::test]
async fn calls_about_a_response_are_checked_like_any_other() {
    let world = with_a_response().await;
    let get = || send(&world, Method::GET, "/v1/responses/resp_1");
    world.change(|facts| facts.effective.endpoints = vec![Endpoint::ChatCompletions]);
    assert_eq!(code(get().await).await, "endpoint_not_allowed");
    world.change(|facts| facts.effective.endpoints = vec![Endpoint::Responses]);
    world.book(|book| book.refuse = Some(Denial::MeteringUnavailable));
    assert_eq!(code(get().await).await, "metering_unavailable");
    world.book(|book| book.refuse = None);
    world.change(|facts| facts.credential = Err(Denial::Sealed));
    assert_eq!(code(get().await).await, "sealed");
    world.change(|facts| facts.credential = Ok(()));
    world.stored.away.store(true, Ordering::Relaxed);
    assert_eq!(get().await.status(), 503, "a database that is away says nothing of whose it is");
    assert_eq!(world.post(PATH, &going_on("resp_1")).await.status(), 503);
    world.stored.away.store(false, Ordering::Relaxed);
    world.change(|facts| facts.owner_active = false);
    assert_eq!(code(get().await).await, "owner_suspended");
    assert_eq!(send(&world, Method::PUT, "/v1/responses/resp_1").await.headers()["allow"], "GET, DELETE");
    assert!(world.provider.got().is_empty());
    world.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_leaves_no_reservation_and_says_nothing_of_itself() {
    let leak = format!(r#"{{"error":{{"message":"wrong key {CREDENTIAL}"}}}}"#);
    for (reply, expected) in [
        (Reply::Unreachable, "provider_error"),
        (Reply::BreakBeforeAnswer, "provider_error"),
        (Reply::Silence, "provider_timeout"),
        (answer(401, r#"{"error":{"message":"no"}}"#), "provider_auth"),
        (answer(302, ""), "upstream_protocol"),
        (answer(500, "<html>"), "provider_error"),
        (answer(400, &leak), "provider_error"),
    ] {
        let world = with_a_response().await;
        world.provider.will(reply);
        assert_eq!(code(send(&world, Method::GET, "/v1/responses/resp_1").await).await, expected);
        assert_eq!(world.last_settled().outcome, Outcome::ProviderFailed);
        world.assert_settled(2).await;
    }
    let world = with_a_response().await;
    let headers = vec![("content-type", "application/json")];
    world.provider.will(Reply::Answer { status: 200, headers, pieces: vec![bytes("{\"id\":"), Piece::Break] });
    let broken = send(&world, Method::GET, "/v1/responses/resp_1").await;
    assert!(http_body_util::BodyExt::collect(broken.into_body()).await.is_err(), "a part is not taken for the whole");
    world.assert_settled(2).await;
}
