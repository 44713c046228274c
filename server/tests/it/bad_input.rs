//! Whatever is sent, the answer is a page or an error of the format with an id to ask about, and nothing else happens.

use crate::testing::{Person, Seen, TestApp};
use reqwest::Method;
use serde_json::json;
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FORM: &str = "application/x-www-form-urlencoded";
/// Of the right shape, and nobody's.
const NO_KEY: &str = "kwr_AAAAAAAAAAAA";

/// What is true of every answer, however odd the question was.
#[track_caller]
fn refused(seen: &Seen, status: u16) {
    assert_eq!(seen.status, status, "{}: {}", seen.path, seen.body);
    assert!(!seen.request_id().is_empty());
    for (header, value) in
        [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin"), ("cache-control", "no-store")]
    {
        assert_eq!(seen.headers[header], value, "{}", seen.path);
    }
    assert!(seen.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    for inside in
        ["sqlx", "SQLite", "constraint failed", "syntax error", "panicked", "backtrace", ".rs:", "/src/", "unwrap"]
    {
        assert!(!seen.body.contains(inside), "{inside} in {}", seen.body);
    }
}

/// A page for people: a whole document that shows the id.
#[track_caller]
fn page(seen: &Seen, status: u16) {
    refused(seen, status);
    assert!(seen.body.starts_with("<!DOCTYPE html>"), "{}: {}", seen.path, seen.body);
    assert!(seen.body.contains(seen.request_id()), "{}: {}", seen.path, seen.body);
}

/// An error as OpenAI's clients read it.
#[track_caller]
fn openai_error(seen: &Seen, status: u16, code: &str) {
    refused(seen, status);
    let error = &seen.json()["error"];
    assert_eq!(error["code"], code, "{}", seen.body);
    assert_eq!(error["request_id"], seen.request_id());
    assert!(error["message"].as_str().unwrap().ends_with('.'), "{}", seen.body);
}

#[tokio::test]
async fn addresses_that_lead_nowhere() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let administrator = app.signed_in_as("administrator").await;
    let key = developer.mint("foreign").await;
    let foreign = app.signed_in_as("developer-2").await;
    for path in ["/nothing", "/keys/new/nothing", "/auth/nothing", "/auth/login/nothing", "/%FF"] {
        page(&app.anonymous().get(path).await, 404);
        page(&developer.get(path).await, 404);
    }
    refused(&app.anonymous().get("/assets/nothing.css").await, 404);
    for id in [NO_KEY, "nothing", "kwr_", "%00", "%FF%FE", "..%2F..%2Fetc%2Fpasswd", "kwr_AAAAAAAAAAAA%27--", &key] {
        page(&developer.get(&format!("/keys/{id}")).await, 404);
        page(&developer.post(&format!("/keys/{id}/revoke"), &[("reason", "compromised")]).await, 404);
    }
    page(&foreign.get(&format!("/keys/{}", &key[..16])).await, 404);
    for id in ["1", "-1", "99999999999999999999", "x", "%F0%9F%92%A9"] {
        page(&developer.get(&format!("/calls/{id}")).await, 404);
    }
    for (list, id) in
        [("providers", "prov"), ("models", "mod"), ("guardrails", "prof"), ("people", "per"), ("teams", "team")]
    {
        page(&administrator.get(&format!("/admin/{list}/{id}_AAAAAAAAAAAA")).await, 404);
        page(&administrator.get(&format!("/admin/{list}/{id}")).await, 404);
    }
    for query in ["page=x", "page=-1", "page=99999999999999999999", "%FF=%FE", "a=1&a=2&a=3", "=", "after=kwr_x"] {
        let seen = developer.get(&format!("/keys?{query}")).await;
        assert!(seen.status == 200 || seen.status == 400, "{query}: {}", seen.status);
    }
    page(&developer.get(&format!("/keys/{}/first-call?since=x&version=", &key[..16])).await, 400);
    app.stop().await;
}

#[tokio::test]
async fn sign_ins_that_cannot_be_completed() {
    let app = TestApp::start().await;
    let visitor = app.anonymous();
    for path in [
        "/auth/cb/dev",
        "/auth/cb/dev?code=x&state=y",
        "/auth/cb/dev?error=%FF&state=%00",
        "/auth/cb/dev?state=y&state=z",
    ] {
        page(&visitor.get(path).await, 400);
    }
    page(&visitor.get("/auth/cb/nothing?code=x&state=y").await, 400);
    page(&visitor.get("/auth/invite/nothing").await, 410);

    let (developer, callback) = sign_in_watched(&app).await;
    assert_eq!(developer.get("/keys").await.status, 200);
    // A second time, by the same browser and by another one.
    page(&developer.get(&callback).await, 400);
    page(&app.anonymous().get(&callback).await, 400);
    assert_eq!(developer.get("/keys").await.status, 200, "what failed signs nobody out");
    app.stop().await;
}

/// Signs in and answers with which address the provider sent the browser back.
async fn sign_in_watched(app: &TestApp) -> (Person, String) {
    let person = app.anonymous();
    let picker = person.follow("/auth/login/dev").await;
    let at = picker.body.find("account=developer\"").unwrap();
    let start = picker.body[..at].rfind("href=\"").unwrap() + "href=\"".len();
    let query = picker.body[start..at].replace("&amp;", "&");
    let chosen = person.get(&format!("{}{query}account=developer", picker.path)).await;
    let callback = chosen.location.unwrap().strip_prefix(&app.origin).unwrap().to_owned();
    assert_eq!(person.get(&callback).await.status, 303);
    (person, callback)
}

#[tokio::test]
async fn forms_that_no_page_of_ours_sends() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let post = async |path: &str, kind: Option<&str>, body: Vec<u8>| {
        let made = |request: reqwest::RequestBuilder| {
            let request = request.header("sec-fetch-site", "same-origin").body(body);
            kind.into_iter().fold(request, |request, kind| request.header("content-type", kind))
        };
        developer.ask(Method::POST, path, made).await
    };
    let fields = developer.get("/keys/new").await.fields_with(&[("name", "broken")]);
    let whole: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let without_id: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().filter(|(name, _)| name != "form"))
        .finish();
    for body in [
        String::new(),
        without_id,
        format!("{whole}&unknown=1"),
        format!("{whole}&name=twice"),
        format!("{whole}&form=0123456789abcdefghijABCDEFGHIJ01"),
        whole.replace("name=broken", "name=%FF%FE"),
        whole.replace("name=broken", "name=%00"),
        whole.replace("name=broken", &format!("name={}", "x".repeat(10_000))),
        "&&&===".into(),
    ] {
        let seen = post("/keys/new", Some(FORM), body.clone().into_bytes()).await;
        // Either the form with its reasons, or a page that says that this is no form of ours.
        assert_eq!((seen.status, seen.secret()), (422, None), "{body}");
        refused(&seen, 422);
    }
    let mut raw = whole.clone().into_bytes();
    raw.extend_from_slice(b"&tags=\xff\xfe\x00");
    refused(&post("/keys/new", Some(FORM), raw).await, 422);
    for kind in [
        None,
        Some("application/json"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some("application/x-www-form-urlencoded2"),
    ] {
        page(&post("/keys/new", kind, whole.clone().into_bytes()).await, 415);
    }
    let mut too_large = whole.clone();
    write!(too_large, "&tags={}", "x".repeat(256 * 1024)).unwrap();
    page(&post("/keys/new", Some(FORM), too_large.into_bytes()).await, 413);
    // From elsewhere.
    page(&developer.post_with("/keys/new", &[("name", "broken")], &[("sec-fetch-site", "cross-site")]).await, 403);

    let keys = developer.get("/keys").await;
    assert!(!keys.body.contains("broken") && !keys.body.contains("twice"), "nothing was minted");
    app.stop().await;
}

#[tokio::test]
async fn calls_that_no_model_should_see() {
    let app = TestApp::start().await;
    let developer = app.signed_in_as("developer").await;
    let key = developer.mint("odd calls").await;
    let other = developer.mint("other").await;
    let send = async |kind: &str, coding: Option<&str>, body: Vec<u8>| {
        let made = |request: reqwest::RequestBuilder| {
            let request = request.bearer_auth(&key).header("content-type", kind).body(body);
            coding.into_iter().fold(request, |request, coding| request.header("content-encoding", coding))
        };
        app.anonymous().ask(Method::POST, "/v1/chat/completions", made).await
    };
    let good = r#"{"model":"demo-small","messages":[{"role":"user","content":"x"}]}"#;
    let deep = format!(r#"{{"model":"demo-small","messages":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let cut = &good[..good.len() - 1];
    for body in [
        "",
        "null",
        "[]",
        "\"text\"",
        "{}",
        "{\"model\":7}",
        cut,
        &format!("{good} trailing"),
        &good.replacen('{', r#"{"model":"demo-large","#, 1),
        &good.replacen('{', r#"{"MODEL":"demo-large","#, 1),
        &good.replacen('{', r#"{"max_tokens":-1,"#, 1),
        &good.replacen('{', r#"{"max_tokens":1e99,"#, 1),
        &good.replacen('{', r#"{"n":0,"#, 1),
        &good.replacen('{', r#"{"base_url":"http://127.0.0.1","#, 1),
        &good.replacen('{', r#"{"stream":"yes","#, 1),
        &deep,
    ] {
        let shown = body.get(..80).unwrap_or(body);
        let seen = send("application/json", None, body.as_bytes().to_vec()).await;
        assert_eq!(seen.status, 400, "{shown}: {}", seen.body);
        openai_error(&seen, 400, "invalid_request");
    }
    openai_error(&send("application/json", None, b"{\"model\":\"\xff\"}".to_vec()).await, 400, "invalid_request");
    openai_error(&send("text/plain", None, good.into()).await, 415, "unsupported_media_type");
    for coding in ["gzip", "br", "nothing"] {
        openai_error(&send("application/json", Some(coding), good.into()).await, 415, "unsupported_media_type");
    }

    let two = |request: reqwest::RequestBuilder| {
        request.bearer_auth(&key).header("x-api-key", &other).header("content-type", "application/json").body(good)
    };
    openai_error(&app.anonymous().ask(Method::POST, "/v1/chat/completions", two).await, 400, "ambiguous_credentials");
    let twice = |request: reqwest::RequestBuilder| request.bearer_auth(&key).header("x-api-key", &key);
    assert_eq!(app.anonymous().ask(Method::GET, "/v1/models", twice).await.status, 200, "the same one twice is one");
    for nobody in ["", "x", "kwr_AAAAAAAAAAAA", &key[..65], &format!("{key}x"), &key.replace("kwr_", "kwa_")] {
        let seen = app.ask_model(nobody, "demo-small", "x").await;
        openai_error(&seen, 401, "invalid_key");
        assert!(nobody.is_empty() || nobody.len() < 12 || !seen.body.contains(nobody), "{}", seen.body);
    }

    // The length alone tells; nothing of such a body is read.
    let announced =
        format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 33554433\r\n");
    let answer = raw(&app, &format!("POST /v1/chat/completions HTTP/1.1\r\nHost: HOST\r\n{announced}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body_too_large\"") && answer.contains("\r\nx-request-id: "), "{answer}");

    assert_eq!(app.spent(&key).await, 0, "none of this cost anything");
    app.stop().await;
}

#[tokio::test]
async fn paths_and_methods_of_the_gateway() {
    let app = TestApp::start().await;
    let visitor = app.anonymous();
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/v1/models", "/v1/files", "/openai/x"] {
        let seen = visitor.ask(Method::POST, path, |request| request).await;
        openai_error(&seen, 404, "not_found");
    }
    let anthropic =
        visitor.ask(Method::POST, "/v1/nothing", |request| request.header("anthropic-version", "2023-06-01")).await;
    for seen in [anthropic, visitor.get("/v1/messages/nothing").await] {
        refused(&seen, 404);
        let error = seen.json();
        assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!("not_found_error")));
        assert_eq!(error["request_id"], seen.request_id());
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let seen = visitor.ask(method, "/v1/chat/completions", |request| request).await;
        openai_error(&seen, 405, "method_not_allowed");
        assert_eq!(seen.headers["allow"], "POST");
    }
    refused(&visitor.ask(Method::HEAD, "/v1/chat/completions", |request| request).await, 405);

    let developer = app.signed_in_as("developer").await;
    for path in ["/", "/keys", "/keys/new", "/auth/login"] {
        let head = developer.ask(Method::HEAD, path, |request| request).await;
        assert_eq!((head.status, head.body.as_str()), (developer.get(path).await.status, ""), "{path}");
        for method in [Method::OPTIONS, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let ours = |request: reqwest::RequestBuilder| {
                request.header("sec-fetch-site", "same-origin").header("content-type", FORM)
            };
            page(&developer.ask(method, path, ours).await, 405);
        }
    }
    page(&developer.post("/", &[]).await, 405);
    page(&developer.post("/auth/login", &[]).await, 405);
    app.stop().await;
}

#[tokio::test]
async fn requests_that_are_not_addressed_to_us() {
    let app = TestApp::start().await;
    let long = "x".repeat(9_000);
    let many = "a: b\r\n".repeat(99);
    for (request, statuses) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), &["400"][..]),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n".into(), &["400"]),
        ("GET / HTTP/1.1\r\nHost: a/admin?x#y\r\n\r\n".into(), &["400"]),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".into(), &["421"]),
        ("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n".into(), &["421"]),
        (format!("GET /{long} HTTP/1.1\r\nHost: HOST\r\n\r\n"), &["414"]),
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\n{many}{many}\r\n"), &["431"]),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".into(), &["400"]),
        ("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".into(), &["400"]),
        ("GET / HTTP/9.9\r\nHost: HOST\r\n\r\n".into(), &["400"]),
        ("\0\0\0\0\r\n\r\n".into(), &["400"]),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n".into(), &["400", "421"]),
    ] {
        let answer = raw(&app, &request).await;
        let shown = request.get(..60).unwrap_or(&request);
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or_default();
        assert!(statuses.contains(&status), "{shown}: {answer}");
        assert!(!answer.contains("evil.example"), "{shown}: {answer}");
        // What is not even HTTP is refused before anything could be asked about it.
        if matches!(status, "414" | "421") || shown.starts_with("GET / HTTP/1.1\r\n\r\n") {
            let id = answer.split("\r\nx-request-id: ").nth(1).and_then(|rest| rest.split('\r').next());
            let id = id.unwrap_or_else(|| panic!("{shown}: {answer}"));
            assert_eq!(answer.matches(id).count(), 2, "in the header and for people: {answer}");
        }
    }
    app.stop().await;
}

/// Bytes as they are; `HOST` stands for the right one. Answers everything until the end of the connection or of patience.
async fn raw(app: &TestApp, request: &str) -> String {
    let host = app.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.replace("HOST", host).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    // Only an answer with its whole head is judged; a body of these is in the same segment or ends the connection.
    loop {
        let read = tokio::time::timeout(crate::process::PATIENCE, stream.read(&mut piece)).await.expect("an answer");
        let read = read.unwrap_or(0);
        answer.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&answer);
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split('\r').next());
            length.is_some_and(|length| body.len() >= length.parse().unwrap())
        });
        if read == 0 || whole {
            return text.into_owned();
        }
    }
}
