//! Responses that are kept, and conversations that go on from them.

use super::*;

async fn respond(provider: &Running, body: &Value) -> Reply {
    send_to(provider, "POST", "/v1/responses", BEARER, &body.to_string()).await
}
async fn get(provider: &Running, path: &str) -> Reply {
    send_to(provider, "GET", path, BEARER, "").await
}
fn said(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn a_conversation_goes_on_from_a_response_and_counts_what_came_before() {
    let provider = running().await;
    let first = respond(&provider, &json!({"model": "demo-large", "input": "hello there"})).await.json();
    let id = &first["id"];
    let body = json!({"model": "demo-large", "input": "and you", "previous_response_id": id, "stream": true});
    let events = respond(&provider, &body).await.events();
    let second = &events.last().unwrap().1["response"];
    assert_eq!(&second["previous_response_id"], id);
    assert!(said(second).contains("I remember 1 turn before this one."), "{}", said(second));
    let tokens = |response: &Value, which: &str| response["usage"][which].as_u64().unwrap();
    assert_eq!(tokens(second, "input_tokens"), tokens(&first, "input_tokens") + tokens(&first, "output_tokens") + 2);
    let body = json!({"model": "demo-small", "input": "still", "previous_response_id": second["id"]});
    assert!(said(&respond(&provider, &body).await.json()).contains("I remember 2 turns"));
    provider.stop().await;
}

#[tokio::test]
async fn a_response_is_read_listed_and_deleted() {
    let provider = running().await;
    let made = respond(&provider, &json!({"model": "demo-large", "input": "hello"})).await.json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(get(&provider, &path).await.json(), made);
    let items = get(&provider, &format!("{path}/input_items")).await.json();
    assert_eq!((&items["object"], &items["data"][0]["content"][0]["text"]), (&json!("list"), &json!("hello")));
    assert_eq!(send_to(&provider, "POST", &format!("{path}/cancel"), BEARER, "").await.status, 400);
    assert_eq!(send_to(&provider, "DELETE", &path, "", "").await.status, 401);
    assert_eq!(send_to(&provider, "DELETE", &path, BEARER, "").await.json()["deleted"], true);
    assert_eq!(get(&provider, &path).await.status, 404);
    assert_eq!(send_to(&provider, "DELETE", &path, BEARER, "").await.status, 404);
    let gone =
        respond(&provider, &json!({"model": "demo-large", "input": "x", "previous_response_id": made["id"]})).await;
    assert_eq!((gone.status, &gone.json()["error"]["code"]), (400, &json!("previous_response_not_found")));
    provider.stop().await;
}

#[tokio::test]
async fn only_what_is_to_be_kept_is_kept_and_only_so_much() {
    let provider = running().await;
    let made = respond(&provider, &json!({"model": "demo-large", "input": "hello", "store": false})).await.json();
    assert_eq!(get(&provider, &format!("/v1/responses/{}", made["id"].as_str().unwrap())).await.status, 404);
    let first = respond(&provider, &json!({"model": "demo-large", "input": "first"})).await.json();
    let first = format!("/v1/responses/{}", first["id"].as_str().unwrap());
    for _ in 0..63 {
        respond(&provider, &json!({"model": "demo-large", "input": "next", "max_output_tokens": 1})).await;
    }
    assert_eq!(get(&provider, &first).await.status, 200);
    let long = respond(&provider, &json!({"model": "demo-large", "input": "x".repeat(600_000)})).await.json();
    assert_eq!(get(&provider, &format!("/v1/responses/{}", long["id"].as_str().unwrap())).await.status, 404);
    respond(&provider, &json!({"model": "demo-large", "input": "next"})).await;
    assert_eq!(get(&provider, &first).await.status, 404);
    provider.stop().await;
}
