//! The same over real connections: hyper's client on the way out, a server on loopback as the provider.

use crate::wire::{ToPort, gateway_over};
use crate::world::World;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use proxy::{HyperUpstream, Settings};
use tokio::net::TcpListener;

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(parts.headers["content-length"], body.len().to_string());
    assert_eq!(parts.headers["host"], "open.example");
    let echoed = serde_json::from_slice::<serde_json::Value>(&body).unwrap();
    let text =
        format!(r#"{{"path":"{}","sent":{echoed},"usage":{{"prompt_tokens":1,"completion_tokens":1}}}}"#, parts.uri);
    Ok(Response::builder().header("content-type", "application/json").body(Full::from(text)).unwrap())
}

/// What hyper's server asks of the future of an answer.
fn may_move_between_threads<T: Future + Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn a_call_crosses_real_connections() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)),
            );
        }
    });
    let world = World::new();
    let gateway = gateway_over(&world, HyperUpstream::new(ToPort(port)), Settings::default());
    for _ in 0..3 {
        let request = crate::world::post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#);
        let response = may_move_between_threads(gateway.handle(request, crate::world::PEER)).await;
        assert_eq!(response.status(), 200);
        let body = crate::world::json(response).await;
        assert_eq!((&body["path"], &body["sent"]["model"]), (&"/v1/chat/completions".into(), &"gpt-upstream".into()));
    }
    gateway.drained().await;
    world.book(|book| assert_eq!((book.settled.len(), book.open.len()), (3, 0)));
    server.abort();
}

#[tokio::test]
async fn a_closed_port_is_a_call_that_was_never_sent() {
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let world = World::new();
    let gateway = gateway_over(&world, HyperUpstream::new(ToPort(port)), Settings::default());
    let request = crate::world::post("/v1/chat/completions", r#"{"model":"gpt","max_tokens":5}"#);
    let response = gateway.handle(request, crate::world::PEER).await;
    assert_eq!(crate::world::code(response).await, "provider_error");
    world.book(|book| {
        assert_eq!((book.spent, book.open.len(), book.settled.len()), (domain::money::NanoUsd::ZERO, 0, 1));
    });
    // The plain connector of hyper-util fits as well.
    let _ = HyperUpstream::new(HttpConnector::new());
}
