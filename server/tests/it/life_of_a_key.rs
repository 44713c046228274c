//! What is promised about a key from its minting to its end, to the nano-dollar and to the call.

use crate::process::PATIENCE;
use crate::testing::{Person, Seen, TestApp, nano};
use domain::time::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// What `demo-small` costs, in pico-dollars a token: 20 and 80 cents a million.
const INPUT: u64 = 200_000;
const OUTPUT: u64 = 800_000;

/// The provider's own figures, priced by hand and rounded up once.
fn price(input: &Value, output: &Value) -> u64 {
    (input.as_u64().unwrap() * INPUT + output.as_u64().unwrap() * OUTPUT).div_ceil(1_000)
}

fn id(key: &str) -> &str {
    &key[..16]
}

#[track_caller]
fn denied(seen: &Seen, status: u16, code: &str) {
    assert_eq!((seen.status, seen.json()["error"]["code"].as_str()), (status, Some(code)), "{}", seen.body);
}

#[tokio::test]
async fn what_is_shown_as_spent_is_what_the_provider_counted_times_the_price() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("figures").await;
    let post = async |path: &str, body: Value| {
        let seen = app.anonymous().ask(Method::POST, path, |request| request.bearer_auth(&key).json(&body)).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen
    };
    let messages = json!([{ "role": "user", "content": "How much is this?" }]);

    let chat = post("/v1/chat/completions", json!({ "model": "demo-small", "messages": messages })).await;
    let usage = &chat.json()["usage"];
    let mut expected = price(&usage["prompt_tokens"], &usage["completion_tokens"]);
    assert!(expected > 0);
    assert_eq!(nano(chat.headers["x-keywright-cost-usd"].to_str().unwrap()), expected);
    assert_eq!(app.spent(&key).await, expected);

    let responses = post("/v1/responses", json!({ "model": "demo-small", "input": "How much is this?" })).await;
    let usage = &responses.json()["usage"];
    expected += price(&usage["input_tokens"], &usage["output_tokens"]);
    assert_eq!(app.spent(&key).await, expected);

    let asked = json!({ "model": "demo-small", "max_tokens": 9, "messages": messages });
    let message = post("/v1/messages", asked).await;
    let usage = &message.json()["usage"];
    assert_eq!(usage["output_tokens"], 9);
    expected += price(&usage["input_tokens"], &usage["output_tokens"]);
    assert_eq!(app.spent(&key).await, expected);

    let count = post("/v1/messages/count_tokens", json!({ "model": "demo-small", "messages": messages })).await;
    assert!(count.json()["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(app.spent(&key).await, expected, "counting is free");

    let facts = app.key_facts(&key).await;
    let budget = &facts["budgets"][0];
    let figure = |name: &str| nano(budget[name].as_str().unwrap());
    assert_eq!((figure("reserved"), figure("spent") + figure("left")), (0, figure("limit")));
    // The same after everything went through the database.
    app.ledger_holds_exactly(expected).await;
    let app = TestApp::start_on(app.stop().await).await;
    assert_eq!(app.spent(&key).await, expected);
    app.stop().await;
}

#[tokio::test]
async fn rotating_disabling_renaming() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let first = developer.mint("changing").await;
    let page = |act: &str| format!("/keys/{}/{act}", id(&first));
    let ask = async |key: &str| app.ask_model(key, "demo-small", "x").await;

    let rotated = developer.fill_in(&page("rotate"), &[("overlap", "24h")]).await;
    let second = rotated.secret().unwrap();
    assert_eq!(id(&second), id(&first));
    assert_eq!((ask(&first).await.status, ask(&second).await.status), (200, 200), "both, during the overlap");
    let third = developer.fill_in(&page("rotate"), &[("overlap", "now")]).await.secret().unwrap();
    for old in [&first, &second] {
        denied(&ask(old).await, 401, "invalid_key");
    }
    assert_eq!(ask(&third).await.status, 200);

    assert_eq!(developer.post(&page("disable"), &[]).await.status, 303);
    denied(&ask(&third).await, 403, "key_disabled");
    assert_eq!(developer.post(&page("enable"), &[]).await.status, 303);
    assert_eq!(ask(&third).await.status, 200);

    assert_eq!(developer.fill_in(&page("rename"), &[("name", "changed <b>")]).await.status, 303);
    assert_eq!(app.key_facts(&third).await["name"], "changed <b>");
    let shown = developer.get(&format!("/keys/{}", id(&first))).await.body;
    assert!(shown.contains("changed &lt;b&gt;") && !shown.contains("changed <b>"));
    for secret in [&first, &second, &third] {
        assert!(!shown.contains(secret.as_str()), "the page shows a secret again");
    }
    app.command(["audit", "verify"]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_key_ends_at_its_expiry() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("mortal").await;
    let expiry = format!("/keys/{}/expiry", id(&key));
    for wrong in ["", "soon", "2020-01-01", "9999-12-31", "2026-02-30"] {
        assert_eq!(developer.fill_in(&expiry, &[("expires_at", wrong)]).await.status, 422, "{wrong}");
    }
    app.call(&key, "demo-small").await;
    let data = app.stop().await;

    // Nobody can wait for the day: it is brought to the key while nothing runs.
    let url = format!("sqlite:{}", data.path().join("keywright.db").display());
    let store = store::Store::open(&url).await.unwrap();
    let mut found = store.key_with_secrets(id(&key).parse().unwrap()).await.unwrap().unwrap().key;
    found.expires_at = Timestamp::from_ms(found.created_at.as_ms() + 1);
    let mut tx = store.begin().await.unwrap();
    tx.update_key(&found).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;

    let app = TestApp::start_on(data).await;
    denied(&app.ask_model(&key, "demo-small", "x").await, 403, "key_expired");
    // Its owner is somebody of the address before; an administrator sees everyone's.
    let administrator = app.signed_in_as("administrator").await;
    assert!(administrator.get(&format!("/keys/{}", id(&key))).await.body.contains("Expired"));
    app.stop().await;
}

#[tokio::test]
async fn after_the_answer_to_a_revocation_no_call_gets_through() {
    let app = Arc::new(TestApp::start().await);
    let developer = app.signed_in_as("developer").await;
    let key: Arc<str> = developer.mint("doomed").await.into();
    let (revoked, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let (app, key, revoked, served) = (app.clone(), key.clone(), revoked.clone(), served.clone());
            tokio::spawn(async move {
                loop {
                    let sent_afterwards = revoked.load(Ordering::SeqCst);
                    let seen = app.ask_model(&key, "demo-per-request", "x").await;
                    match (seen.status, sent_afterwards) {
                        (_, true) => return denied(&seen, 403, "key_revoked"),
                        (200, false) => drop(served.fetch_add(1, Ordering::SeqCst)),
                        // Overtaken by the revocation, or held back by a limit of the key.
                        (status, false) => assert!(matches!(status, 402 | 403 | 429), "{}", seen.body),
                    }
                }
            })
        })
        .collect();
    let calls = async {
        while served.load(Ordering::SeqCst) < 5 {
            tokio::task::yield_now().await;
        }
        let answer = developer.post(&format!("/keys/{}/revoke", id(&key)), &[("reason", "compromised")]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        revoked.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, calls).await.expect("every caller is refused in the end");

    let page = developer.get(&format!("/keys/{}", id(&key))).await.body;
    assert!(page.contains("Revoked") && page.contains("Dana"), "when and by whom: {page}");
    assert_eq!(
        app.signed_in_as("administrator").await.post(&format!("/keys/{}/enable", id(&key)), &[]).await.status,
        422
    );
    Arc::into_inner(app).unwrap().stop().await;
}

#[tokio::test]
async fn a_form_sent_twice_mints_once_and_shows_the_secret_once() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let form = developer.get("/keys/new").await.fields_with(&[("name", "once only")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (one, two) = tokio::join!(developer.post("/keys/new", &form), developer.post("/keys/new", &form));
    let secrets: Vec<String> = [&one, &two].into_iter().filter_map(Seen::secret).collect();
    assert_eq!(secrets.len(), 1, "{} {}", one.body, two.body);
    let third = developer.post("/keys/new", &form).await;
    assert_eq!((third.status, third.secret()), (200, None));
    assert!(third.body.contains("Already minted") && third.body.contains(id(&secrets[0])), "{}", third.body);
    assert_eq!(keys_of(&developer).await, 1);
    app.call(&secrets[0], "demo-small").await;
    app.stop().await;
}

#[tokio::test]
async fn a_form_over_several_maxima_gets_every_reason_at_once() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let wrong = [
        ("name", ""),
        ("requests_per_minute", "4000000000"),
        ("concurrency", "many"),
        ("lifetime_days", "36500"),
        ("cap_month", "999999999"),
        ("networks", "here"),
    ];
    let seen = developer.fill_in("/keys/new", &wrong).await;
    assert_eq!(seen.status, 422, "{}", seen.body);
    let summary = seen.body.split("role=\"alert\"").nth(1).unwrap().split("</ul>").next().unwrap();
    for (field, typed) in wrong {
        assert!(summary.contains(&format!("href=\"#{field}\"")), "nothing about {field}: {summary}");
        assert!(seen.body.contains(typed), "{typed} has to be typed again");
    }
    assert_eq!(keys_of(&developer).await, 0);
    app.stop().await;
}

/// How many keys the list shows.
async fn keys_of(person: &Person) -> usize {
    let list = person.get("/keys").await.body;
    let ids = list.match_indices("/keys/kwr_").map(|(at, found)| list[at + found.len()..][..12].to_owned());
    ids.collect::<std::collections::BTreeSet<_>>().len()
}
