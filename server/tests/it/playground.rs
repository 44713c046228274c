//! The playground through the real process: the gateway's own checks, what it costs, and what is on the record.

use crate::testing::{Person, Seen, TestApp, nano};
use std::future::Future;

fn id(key: &str) -> &str {
    &key[..16]
}

/// Opens the playground of this key and sends a message, changed in these fields.
async fn play(person: &Person, key: &str, changes: &[(&str, &str)]) -> Seen {
    let page = person.get(&format!("/playground?key={}&model=demo-small", id(key))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let form = page.fields_with(changes);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    person.post("/playground", &form).await
}

/// The request id that the page links to.
fn call_of(page: &Seen) -> String {
    let at = page.body.find("href=\"/calls/").unwrap_or_else(|| panic!("no call: {}", page.body)) + "href=\"".len();
    page.body[at..].split('"').next().unwrap().to_owned()
}

/// Asks until it is so, as somebody who reloads a page would.
async fn eventually<F: Future<Output = bool>>(ask: impl Fn() -> F) {
    let end = tokio::time::Instant::now() + crate::process::PATIENCE;
    while !ask().await {
        assert!(tokio::time::Instant::now() < end, "it never came to that");
    }
}

#[tokio::test]
async fn a_conversation_is_paid_by_the_key_and_needs_no_secret_on_the_page() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("played with").await;
    let marked = play(&developer, &key, &[("message", "What is <b>this</b>?")]).await;
    assert!(
        marked.body.contains("What is &lt;b&gt;this&lt;/b&gt;?") && !marked.body.contains("<b>this"),
        "{}",
        marked.body
    );
    let first = play(&developer, &key, &[("message", "What is this?\nTell me.")]).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(!first.body.contains(&key) && first.secret().is_none());

    let call = developer.get(&call_of(&first)).await;
    assert_eq!(call.status, 200);
    for words in ["keywright-playground", "tried out in the playground", "demo-small", "127.0.0.1"] {
        assert!(call.body.contains(words), "{words} is not on {}", call.body);
    }
    let spent = app.spent(&key).await;
    assert!(spent > 0);

    // The second turn sends the first one along: its prompt is longer.
    let form = first.fields_with(&[("message", "And now?")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let second = developer.post("/playground", &form).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert!(second.body.contains("What is this?\nTell me.") && second.body.contains("And now?"), "{}", second.body);
    let more = app.spent(&key).await - spent;
    assert!(more > 0);
    // Sent again by going back, it costs nothing and says so.
    let again = developer.post("/playground", &form).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("was sent before") && again.body.contains("And now?"), "{}", again.body);
    assert_eq!(app.spent(&key).await, spent + more);
    app.ledger_holds_exactly(spent + more).await;
    app.stop().await;
}

#[tokio::test]
async fn the_gateways_no_is_said_and_what_was_typed_is_kept() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let poor = developer.fill_in("/keys/new", &[("name", "poor"), ("cap_month", "0.01")]).await.secret().unwrap();
    let cent = [("model", "demo-per-request"), ("message", "Is there money?")];
    assert_eq!(play(&developer, &poor, &cent).await.status, 200);
    let refused = play(&developer, &poor, &cent).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Is there money?") && refused.body.contains("/ask\""), "{}", refused.body);
    assert!(refused.body.contains("budget"), "{}", refused.body);
    assert_eq!(app.spent(&poor).await, 10_000_000);

    let unknown = play(&developer, &poor, &[("message", "x"), ("model", "nobody-has-this")]).await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.body.contains("nobody-has-this"), "{}", unknown.body);

    let key = developer.mint("revoked meanwhile").await;
    let page = developer.get(&format!("/playground?key={}", id(&key))).await;
    assert_eq!(developer.fill_in(&format!("/keys/{}/revoke", id(&key)), &[]).await.status, 303);
    let form = page.fields_with(&[("message", "Still there?")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let revoked = developer.post("/playground", &form).await;
    assert_eq!(revoked.status, 422, "{}", revoked.body);
    assert!(revoked.body.contains("revoked"), "{}", revoked.body);
    app.stop().await;
}

#[tokio::test]
async fn somebody_elses_key_does_not_exist() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("mine").await;
    let page = developer.get(&format!("/playground?key={}", id(&key))).await;
    let form = page.fields_with(&[("message", "Who pays?")]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for other in ["developer-2", "administrator", "lead"] {
        let other = app.signed_in_as(other).await;
        for path in ["/playground", "/playground/answer"] {
            assert_eq!(other.post(path, &form).await.status, 404, "{path}");
        }
    }
    assert_eq!(app.anonymous().post("/playground/answer", &form).await.status, 401);
    let elsewhere = developer.post_with("/playground/answer", &form, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(elsewhere.status, 403);
    assert_eq!(app.spent(&key).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_streams_and_stopping_it_is_hanging_up() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("streamed").await;
    let form_of = async |message: &str| {
        let page = developer.get(&format!("/playground?key={}&model=demo-small", id(&key))).await;
        page.fields_with(&[("message", message)])
    };
    let events = developer.stream_form("/playground/answer", &form_of("Hello there").await).await;
    let said = events.read_out().await;
    let place = |words: &str| said.find(words).unwrap_or_else(|| panic!("no {words} in {said}"));
    assert!(place("event: turn") < place("event: call") && place("event: call") < place("event: text"), "{said}");
    assert!(said.matches("event: text").count() > 1, "piece by piece: {said}");
    assert!(place("event: ended") > place("event: text") && said.contains("\"Cost\""), "{said}");
    assert!(!said.contains(&key));
    let spent = app.spent(&key).await;
    assert!(spent > 0);

    let mut slow = developer.stream_form("/playground/answer", &form_of("[long 5000] Go on").await).await;
    slow.until("event: text").await;
    drop(slow);
    // What was seen until then is paid for, and nothing stays set aside.
    let settled = async || {
        let budget = app.key_facts(&key).await["budgets"][0].clone();
        nano(budget["spent"].as_str().unwrap()) > spent && nano(budget["reserved"].as_str().unwrap()) == 0
    };
    eventually(&settled).await;
    let calls = developer.get(&format!("/keys/{}", id(&key))).await;
    assert!(calls.body.contains("hung up"), "{}", calls.body);
    app.stop().await;
}
