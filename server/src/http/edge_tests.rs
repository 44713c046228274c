//! The edge as a whole, seen by a client that writes bytes: accept loop, framing, front gate, readiness, headers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::any;
use domain::id::EventId;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::accept::{AcceptSettings, Drained, serve};
use super::connection_limit::ConnectionLimit;
use super::entrance::{Entrance, Gateway};
use super::front_gate::{Admitted, Site};
use super::health::{Readiness, State};
use super::origin::Origin;

/// Answers with the address that it was told; `/v1/slow` only when it is let go, `/v1/stream` when told to end.
#[derive(Clone, Default)]
struct Echo {
    entered: Arc<Notify>,
    let_go: Arc<Notify>,
    told_to_end: Arc<Notify>,
}

impl Gateway for Echo {
    type Body = Body;

    async fn call(&self, request: Request<Incoming>, client: IpAddr) -> Response<Body> {
        if request.uri().path() == "/v1/slow" {
            self.entered.notify_one();
            self.let_go.notified().await;
        }
        if request.uri().path() == "/v1/stream" {
            self.entered.notify_one();
            self.told_to_end.notified().await;
        }
        let body = request.into_body().collect().await;
        let length = body.map(|body| body.to_bytes().len()).unwrap_or_default();
        Response::new(Body::from(format!("gateway {client} {length}")))
    }

    fn next_request(&self) -> EventId {
        EventId::from_i64(77)
    }

    fn cut_streams(&self) {
        self.told_to_end.notify_one();
    }
}

struct Edge {
    address: SocketAddr,
    gateway: Echo,
    readiness: Readiness,
    stop: CancellationToken,
    cut: CancellationToken,
    serving: tokio::task::JoinHandle<Drained>,
}

fn settings() -> AcceptSettings {
    AcceptSettings { drain: Duration::from_secs(3600), ..AcceptSettings::default() }
}

async fn start(settings: AcceptSettings) -> Edge {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = Echo::default();
    let readiness = Readiness::default();
    readiness.set(State::Ready);
    let portal = Router::new()
        .fallback(any(|Extension(admitted): Extension<Admitted>| async move { format!("portal {}", admitted.client) }));
    let origin = Origin::parse("https://keys.example.com").unwrap();
    let entrance = Entrance {
        site: Arc::new(Site {
            public_origin: origin.clone(),
            gateway_origin: origin,
            trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
            accepts_loopback_names: false,
        }),
        readiness: readiness.clone(),
        gateway: gateway.clone(),
        portal,
    };
    let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
    let answer = move |request, peer| entrance.clone().answer(request, peer);
    let overdue = {
        let gateway = gateway.clone();
        move || gateway.cut_streams()
    };
    let serving = tokio::spawn(serve(listener, settings, answer, stop.clone(), cut.clone(), overdue));
    Edge { address, gateway, readiness, stop, cut, serving }
}

impl Edge {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Everything that comes back until the connection closes.
    async fn exchange(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }

    async fn get(&self, path: &str) -> String {
        let head = "Host: keys.example.com\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close";
        self.exchange(&format!("GET {path} HTTP/1.1\r\n{head}\r\n\r\n")).await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
    let _ = reading.await.expect("the connection is closed in time");
    String::from_utf8(bytes).unwrap()
}

/// Reads until `end` has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let mut piece = [0; 1024];
    while !text.contains(end) {
        let read = stream.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    text
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

#[tokio::test]
async fn each_surface_answers_with_the_client_behind_the_proxy() {
    let edge = start(settings()).await;
    let portal = edge.get("/keys").await;
    assert!(portal.ends_with("portal 203.0.113.9"), "{portal}");
    let gateway = edge.get("/v1/models").await;
    assert!(gateway.ends_with("gateway 203.0.113.9 0"), "{gateway}");
    for answer in [portal, gateway] {
        assert!(answer.contains("content-security-policy: default-src 'none'"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=63072000"), "{answer}");
    }
}

#[tokio::test]
async fn requests_that_two_parsers_could_read_differently_are_refused() {
    let edge = start(settings()).await;
    let host = "Host: keys.example.com\r\n";
    let end = "Connection: close\r\n\r\n";
    for (request, expected) in [
        (format!("GET / HTTP/1.1\r\n{host}{end}"), "200"),
        (format!("GET / HTTP/1.1\r\n{end}"), "400"),
        (format!("GET / HTTP/1.1\r\n{host}{host}{end}"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: a/admin?x#y\r\n{end}"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: evil.test\r\n{end}"), "421"),
        (format!("GET https://evil.test/ HTTP/1.1\r\n{host}{end}"), "400"),
        (format!("GET / HTTP/1.1\n{host}{end}"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: keys.example.com\n{end}"), "400"),
        (format!("GET / HTTP/1.1\r\n{host}X: a\r\n b\r\n{end}"), "400"),
        (format!("POST /v1/x HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 1\r\n{end}a"), "400"),
        (
            format!("POST /v1/x HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n{end}0\r\n\r\n"),
            "400",
        ),
        (format!("GET /{} HTTP/1.1\r\n{host}{end}", "a".repeat(9000)), "414"),
        (format!("GET / HTTP/1.1\r\n{host}{}{end}", "X: y\r\n".repeat(200)), "431"),
        (format!("GET / HTTP/1.1\r\n{host}X: {}\r\n{end}", "y".repeat(40_000)), "431"),
        (format!("CONNECT keys.example.com:443 HTTP/1.1\r\n{host}{end}"), "400"),
        (format!("OPTIONS * HTTP/1.1\r\n{host}{end}"), "400"),
    ] {
        let answer = edge.exchange(&request).await;
        let shown = &request[..request.len().min(120)];
        assert_eq!(status(&answer), expected, "{shown:?} got {answer:?}");
    }
}

#[tokio::test]
async fn a_smuggled_second_request_is_not_served() {
    let edge = start(settings()).await;
    let first =
        "POST /v1/a HTTP/1.1\r\nHost: keys.example.com\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    let second = "GET /v1/b HTTP/1.1\nHost: keys.example.com\r\n\r\n";
    let answer = edge.exchange(&format!("{first}{second}")).await;
    assert_eq!(answer.matches("gateway 127.0.0.1").count(), 1, "{answer}");
    assert!(answer.contains("gateway 127.0.0.1 2HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn probes_see_the_state_and_nobody_else_is_served_before_it_is_ready() {
    let edge = start(settings()).await;
    let probe = "GET /readyz HTTP/1.0\r\n\r\n";
    assert_eq!(status(&edge.exchange(probe).await), "200");
    edge.readiness.set(State::Sealed);
    let answer = edge.exchange(probe).await;
    assert!(answer.contains("503") && answer.contains("sealed"), "{answer}");
    assert_eq!(status(&edge.get("/healthz").await), "200");
    let call = edge.get("/v1/models").await;
    assert!(call.contains("503") && call.contains("\"code\":\"sealed\""), "{call}");
    assert_eq!(status(&edge.get("/keys").await), "503");
}

#[tokio::test]
async fn half_a_head_or_none_closes_the_connection_in_time() {
    let edge = start(AcceptSettings { head_timeout: Duration::from_millis(250), ..settings() }).await;
    for start in ["", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: keys"] {
        assert_eq!(edge.exchange(start).await, "", "{start:?}");
    }
    // A head that comes later on a connection that was used before has the same time, and no more.
    let mut stream = edge.connect().await;
    let request = "GET /v1/x HTTP/1.1\r\nHost: keys.example.com\r\n\r\n";
    stream.write_all(format!("{request}GET /v1").as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.ends_with("gateway 127.0.0.1 0"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_takes_long_is_not_cut_by_the_clock_for_heads() {
    let edge = start(AcceptSettings { head_timeout: Duration::from_millis(250), ..settings() }).await;
    // Written in one piece, so that the head is complete at once.
    let mut stream = edge.connect().await;
    let request = "GET /v1/slow HTTP/1.1\r\nHost: keys.example.com\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    edge.gateway.entered.notified().await;
    tokio::time::timeout(Duration::from_millis(300), stream.readable()).await.unwrap_err();
    edge.gateway.let_go.notify_one();
    assert!(read_all(&mut stream).await.ends_with("gateway 127.0.0.1 0"));
}

#[tokio::test]
async fn connections_over_the_limit_are_told_so_and_others_go_on() {
    let edge = start(AcceptSettings {
        connections: ConnectionLimit { total: 10, per_address: 1, exempt: Vec::new() },
        ..settings()
    })
    .await;
    let mut first = edge.connect().await;
    let request = b"GET /v1/x HTTP/1.1\r\nHost: keys.example.com\r\n\r\n";
    first.write_all(request).await.unwrap();
    read_until(&mut first, "gateway").await;
    let mut second = edge.connect().await;
    assert_eq!(status(&read_all(&mut second).await), "503");
    first.write_all(request).await.unwrap();
    read_until(&mut first, "gateway").await;
}

#[tokio::test]
async fn stopping_finishes_what_is_open_and_accepts_nothing_new() {
    let edge = start(settings()).await;
    let mut idle = edge.connect().await;
    idle.write_all(b"GET /v1/x HTTP/1.1\r\nHost: keys.example.com\r\n\r\n").await.unwrap();
    read_until(&mut idle, "gateway").await;
    let mut busy = edge.connect().await;
    busy.write_all(b"GET /v1/slow HTTP/1.1\r\nHost: keys.example.com\r\n\r\n").await.unwrap();
    edge.gateway.entered.notified().await;

    edge.stop.cancel();
    assert_eq!(read_all(&mut idle).await, "");
    assert!(TcpStream::connect(edge.address).await.is_err());
    edge.gateway.let_go.notify_one();
    let answer = read_all(&mut busy).await;
    assert!(answer.contains("connection: close") && answer.contains("gateway"), "{answer}");
    assert_eq!(edge.serving.await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn what_is_overdue_gets_to_say_why_it_ends() {
    let edge = start(settings()).await;
    let mut busy = edge.connect().await;
    busy.write_all(b"GET /v1/stream HTTP/1.1\r\nHost: keys.example.com\r\n\r\n").await.unwrap();
    edge.gateway.entered.notified().await;
    edge.stop.cancel();
    edge.cut.cancel();
    assert!(read_all(&mut busy).await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(edge.serving.await.unwrap(), Drained { cut: 1 });
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let edge = start(settings()).await;
    let mut busy = edge.connect().await;
    busy.write_all(b"GET /v1/slow HTTP/1.1\r\nHost: keys.example.com\r\n\r\n").await.unwrap();
    edge.gateway.entered.notified().await;
    edge.stop.cancel();
    edge.cut.cancel();
    assert_eq!(edge.serving.await.unwrap(), Drained { cut: 1 });
    assert_eq!(read_all(&mut busy).await, "");
}

#[tokio::test]
async fn http2_with_prior_knowledge_passes_the_same_gate() {
    let edge = start(settings()).await;
    let io = TokioIo::new(edge.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for (authority, expected) in [("keys.example.com", 200), ("evil.test", 421)] {
        let request = Request::get(format!("http://{authority}/v1/models"));
        let response = sender.send_request(request.body(String::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), expected);
    }
    edge.stop.cancel();
    assert_eq!(edge.serving.await.unwrap(), Drained { cut: 0 });
}
