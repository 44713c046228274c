//! Told to stop, the process finishes what it has begun, takes nothing new, and forgets nothing.

use crate::process::Running;
use crate::testing::TestApp;
use serde_json::{Value, json};
use tokio::process::Command;

fn question(words: u32) -> Value {
    let prompt = format!("[long {words}]");
    json!({
        "model": "demo-small",
        "stream": true,
        "stream_options": { "include_usage": true },
        "messages": [{ "role": "user", "content": prompt }]
    })
}

#[tokio::test]
async fn a_running_stream_is_finished_and_in_the_ledger_after_the_next_start() {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("streaming").await;
    let mut stream = app.anonymous().stream("/v1/chat/completions", &key, &question(40)).await;
    stream.until("data: ").await;
    app.process.terminate();
    app.process.said("stopping").await;
    let rest = stream.read_out().await;
    assert!(rest.trim_end().ends_with("data: [DONE]"), "{rest}");
    let usage = rest.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let usage =
        usage.filter_map(|event| event.get("usage").filter(|usage| usage.is_object()).cloned()).next_back().unwrap();
    assert_eq!(usage["completion_tokens"], 40);

    let app = TestApp::start_on(app.stop().await).await;
    let cost = (usage["prompt_tokens"].as_u64().unwrap() * 200_000 + 40 * 800_000_u64).div_ceil(1_000);
    assert_eq!(app.spent(&key).await, cost);
    app.ledger_holds_exactly(cost).await;
    app.stop().await;
}

#[tokio::test]
async fn a_stream_that_outlives_the_drain_is_told_why_it_ends_and_is_charged_for_what_it_was() {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("endless").await;
    let mut stream = app.anonymous().stream("/v1/chat/completions", &key, &question(20_000)).await;
    stream.until("data: ").await;
    app.process.terminate();
    app.process.said("stopping").await;
    // The second one does not wait.
    app.process.terminate();
    let rest = stream.read_out().await;
    assert!(rest.contains("server_shutdown") && !rest.contains("[DONE]"), "{rest}");

    let app = TestApp::start_on(app.stop().await).await;
    let spent = app.spent(&key).await;
    assert!(spent > 0, "words were sent");
    app.ledger_holds_exactly(spent).await;
    app.stop().await;
}

/// `serve` gives load balancers time to notice; meanwhile it says that it is going.
#[tokio::test]
async fn probes_learn_of_it_before_connections_are_refused() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("secret"), "not used here").unwrap();
    let config = data.path().join("keywright.toml");
    let folder = data.path().display();
    let text = format!(
        "public_origin = \"http://127.0.0.1:8080\"\nlisten = \"127.0.0.1:0\"\ndatabase_url = \"sqlite:{folder}/k.db\"\n\
         data_dir = \"{folder}/data\"\n[organisation]\nname = \"Example\"\n[root]\nsource = \"passphrase\"\n\
         [[issuer]]\nid = \"x\"\nname = \"X\"\nurl = \"http://127.0.0.1:1\"\nclient_id = \"x\"\n\
         client_secret_file = \"{folder}/secret\"\n[limits]\nlb_delay_seconds = 300\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
    command
        .args(["serve", "--config"])
        .arg(&config)
        .env("KEYWRIGHT_ROOT_PASSPHRASE", "six words that nobody would guess");
    let process = Running::spawn(command);
    let said = process.said("\"listen\":\"").await;
    let address = said.split("\"listen\":\"").nth(1).unwrap().split('"').next().unwrap();
    let app = TestApp { origin: format!("http://{address}"), data, process };
    let visitor = app.anonymous();
    assert_eq!(visitor.get("/readyz").await.status, 200);

    app.process.terminate();
    app.process.said("stopping").await;
    let ready = visitor.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["state"].as_str()), (503, Some("draining")));
    assert_eq!(visitor.get("/healthz").await.status, 200);
    app.stop().await;
}
