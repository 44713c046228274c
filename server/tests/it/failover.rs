//! A provider that fails is left alone and comes back, as callers and administrators see it.

use crate::process::PATIENCE;
use crate::testing::{Person, Seen, TestApp};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// A provider on loopback that is full, or is not.
struct Provider {
    base_url: String,
    full: AtomicBool,
    asked: AtomicU32,
}

impl Provider {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let provider = Arc::new(Self { base_url, full: AtomicBool::new(true), asked: AtomicU32::new(0) });
        let answering = Arc::clone(&provider);
        let routes = Router::new().route("/v1/chat/completions", post(async move || answering.answer()));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        provider
    }

    fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let json = ("content-type", "application/json");
        if self.full.load(Ordering::SeqCst) {
            let refusal = r#"{"error":{"message":"full","type":"requests","code":"rate_limit_exceeded"}}"#;
            return (StatusCode::TOO_MANY_REQUESTS, [json, ("retry-after", "3")], refusal).into_response();
        }
        ([json], r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#).into_response()
    }

    fn asked(&self) -> u32 {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

/// A model that goes to the new provider first and to the demo provider otherwise, and another name for it.
async fn serve(administrator: &Person, provider: &Provider) -> String {
    let form = [("name", "Flaky"), ("base_url", provider.base_url.as_str()), ("credential", "sk-flaky-0123456789")];
    let added = administrator.fill_in("/admin/providers/new?preset=openai-compatible", &form).await;
    let page = added.location.unwrap_or_else(|| panic!("{}", added.body));
    let page = page[page.find("/admin").unwrap()..].to_owned();
    let flaky = page.rsplit('/').next().unwrap();
    let demo = administrator.get("/admin/providers").await.first_id("prov_");
    let model = [
        ("name", "demo-house"),
        ("enabled", "yes"),
        ("deployment", ""),
        ("deployment", ""),
        ("provider", flaky),
        ("provider", demo.as_str()),
        ("upstream_model", "house"),
        ("upstream_model", "demo-small"),
        ("priority", "1"),
        ("priority", "2"),
        ("weight", "1"),
        ("weight", "1"),
        ("price_input", "1"),
        ("price_output", "1"),
    ];
    let added = administrator.fill_in("/admin/models/new", &model).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let alias = [("name", "demo-alias"), ("enabled", "yes"), ("alias_of", "demo-house")];
    let added = administrator.fill_in("/admin/models/new", &alias).await;
    assert_eq!(added.status, 303, "{}", added.body);
    page
}

#[track_caller]
fn served(seen: &Seen, provider: &str, attempts: &str) {
    assert_eq!(seen.status, 200, "{}", seen.body);
    let header = |name: &str| seen.headers[name].to_str().unwrap();
    assert_eq!((header("x-keywright-provider"), header("x-keywright-attempts")), (provider, attempts));
}

#[tokio::test]
async fn a_full_provider_is_left_alone_for_as_long_as_it_asked_and_then_serves_again() {
    let app = TestApp::start().await;
    let administrator = app.signed_in_as("administrator").await;
    let provider = Provider::start().await;
    let page = serve(&administrator, &provider).await;
    let key = app.signed_in_as("developer").await.mint("failover").await;
    assert!(administrator.get(&page).await.body.contains("No call has gone here"));

    served(&app.ask_model(&key, "demo-house", "Hello").await, "Demo", "2");
    served(&app.ask_model(&key, "demo-alias", "Hello").await, "Demo", "1");
    assert_eq!(provider.asked(), 1, "the second call knew");
    let shown = administrator.get(&page).await.body;
    assert!(shown.contains("Cooling down") && shown.contains("answered 429"), "{shown}");

    provider.full.store(false, Ordering::SeqCst);
    let until = Instant::now() + PATIENCE;
    while !administrator.get(&page).await.body.contains("Being tried") {
        assert!(Instant::now() < until, "it never comes back");
    }
    served(&app.ask_model(&key, "demo-alias", "Hello").await, "Flaky", "1");
    assert!(administrator.get(&page).await.body.contains("Working"));
    app.stop().await;
}

#[tokio::test]
async fn a_discount_counts_from_the_next_call_on() {
    let app = TestApp::start().await;
    let administrator = app.signed_in_as("administrator").await;
    let provider = Provider::start().await;
    provider.full.store(false, Ordering::SeqCst);
    let page = serve(&administrator, &provider).await;
    let key = app.signed_in_as("developer").await.mint("discount").await;
    for (percent, cost) in [("", "0.000002"), ("-50", "0.000001"), ("+150", "0.000005")] {
        let form = [
            ("name", "Flaky"),
            ("base_url", provider.base_url.as_str()),
            ("credential", ""),
            ("discount_or_margin", percent),
        ];
        let changed = administrator.fill_in(&format!("{page}/change"), &form).await;
        assert_eq!(changed.status, 303, "{}", changed.body);
        let seen = app.ask_model(&key, "demo-house", "Hello").await;
        served(&seen, "Flaky", "1");
        assert_eq!(seen.headers["x-keywright-cost-usd"], cost, "{percent} %");
    }
    app.stop().await;
}
