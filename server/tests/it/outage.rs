//! The database is taken away, or the disk is full, under a running process: calls go on or are refused before they cost
//! anything, and afterwards every one is in the books once.

use crate::process::{PATIENCE, dev};
use crate::testing::{Seen, TestApp};
use serde_json::json;
use tokio::process::Command;

#[tokio::test]
async fn calls_go_on_while_somebody_else_holds_the_database() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("unaffected").await;
    app.call(&key, "demo-per-request").await;

    let url = format!("sqlite:{}", app.data.path().join("keywright.db").display());
    let other = store::Store::open(&url).await.unwrap();
    // The one who may write, for as long as this lives.
    let holder = other.begin().await.unwrap();

    for _ in 0..20 {
        app.call(&key, "demo-per-request").await;
    }
    let cents = 10_000_000;
    assert_eq!(app.spent(&key).await, 21 * cents, "what is spent is known without the database");
    let rename = format!("/keys/{}/rename", &key[..16]);
    let refused = [
        developer.post(&rename, &[("name", "changed")]).await,
        developer.fill_in("/keys/new", &[("name", "not now")]).await,
        app.anonymous().get("/auth/login/dev").await,
    ];
    for seen in &refused {
        says_try_again(seen);
    }
    assert_eq!(app.ask_model("kwr_AAAAAAAAAAAA", "demo-small", "x").await.status, 401, "still known to be nobody's");

    drop(holder);
    other.close().await;
    app.ledger_holds_exactly(21 * cents).await;
    assert_eq!(developer.fill_in(&rename, &[("name", "changed")]).await.status, 303);
    let list = developer.get("/keys").await.body;
    assert!(list.contains("changed") && !list.contains("not now"), "what was refused was not done");
    app.command(["audit", "verify"]).await;
    app.stop().await;
}

#[track_caller]
fn says_try_again(seen: &Seen) {
    assert_eq!(seen.status, 503, "{}: {}", seen.path, seen.body);
    assert!(seen.body.contains("The database does not answer. Nothing was changed."), "{}", seen.body);
    assert!(seen.body.contains(seen.request_id()), "{}", seen.body);
}

/// A process whose files can be kept from growing: what a full disk does, without one. A write beyond the limit raises
/// SIGXFSZ, which a shell can have ignored beforehand.
async fn on_a_disk_that_can_fill_up() -> TestApp {
    let data = tempfile::tempdir().unwrap();
    let plain = dev(data.path());
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    command.arg(plain.as_std().get_program()).args(plain.as_std().get_args());
    TestApp::start_as(command, data).await
}

#[tokio::test]
async fn a_full_disk_refuses_calls_before_they_are_forwarded() {
    let app = on_a_disk_that_can_fill_up().await;
    let key = app.signed_in_as("developer").await.mint("full").await;
    app.call(&key, "demo-per-request").await;
    let spent = app.spent(&key).await;

    app.process.limit_files(Some(1));
    for _ in 0..3 {
        let seen = app.ask_model(&key, "demo-per-request", "x").await;
        assert_eq!(seen.status, 503, "{}", seen.body);
        assert_eq!(seen.json()["error"]["code"], "metering_unavailable");
        assert!(seen.headers.contains_key("retry-after"));
    }
    assert_eq!(app.spent(&key).await, spent, "nothing was forwarded, nothing was charged");
    assert_eq!(app.anonymous().get("/healthz").await.status, 200);

    app.process.limit_files(None);
    app.call(&key, "demo-per-request").await;
    app.ledger_holds_exactly(2 * spent).await;
    app.stop().await;
}

#[tokio::test]
async fn a_disk_that_fills_up_during_a_call_loses_nothing() {
    let app = on_a_disk_that_can_fill_up().await;
    let key = app.signed_in_as("developer").await.mint("filling").await;
    let question = json!({
        "model": "demo-per-request", "stream": true, "messages": [{ "role": "user", "content": "[long 20]" }]
    });
    let mut stream = app.anonymous().stream("/v1/chat/completions", &key, &question).await;
    stream.until("data: ").await;
    app.process.limit_files(Some(1));
    let rest = stream.read_out().await;
    assert!(rest.contains("metering_unavailable"), "{rest}");
    assert!(!rest.contains("[DONE]"), "an end that was not written down: {rest}");
    let cent = 10_000_000;
    assert_eq!(app.spent(&key).await, cent, "it was served, so it is charged");

    app.process.limit_files(None);
    app.process.said("nothing was lost").await;
    app.ledger_holds_exactly(cent).await;
    app.call(&key, "demo-per-request").await;
    app.ledger_holds_exactly(2 * cent).await;
    let app = TestApp::start_on(app.stop().await).await;
    assert_eq!(app.spent(&key).await, 2 * cent);
    app.stop().await;
}

#[tokio::test]
async fn a_database_that_comes_back_late_gets_everything() {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("late").await;
    let url = format!("sqlite:{}", app.data.path().join("keywright.db").display());
    let other = store::Store::open(&url).await.unwrap();
    let holder = other.begin().await.unwrap();
    for _ in 0..5 {
        app.call(&key, "demo-per-request").await;
    }
    // Stopped and started again, and the database had none of it in between.
    let data = tokio::time::timeout(PATIENCE, app.stop()).await.unwrap();
    drop(holder);
    other.close().await;
    let app = TestApp::start_on(data).await;
    assert_eq!(app.spent(&key).await, 50_000_000);
    app.ledger_holds_exactly(50_000_000).await;
    app.stop().await;
}
