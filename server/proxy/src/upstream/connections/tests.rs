//! Against a server that counts its connections.

use super::*;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const KNOWN_LENGTH: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello";

struct Server {
    authority: String,
    accepted: Arc<AtomicUsize>,
    hung_up: Arc<Notify>,
}

/// Answers each request with `answer`, and hangs up after so many on one connection.
async fn server(answer: &'static str, each: usize) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (accepted, hung_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, gone) = (accepted.clone(), hung_up.clone());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let gone = gone.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    // A request of these tests comes in one piece.
                    if !matches!(socket.read(&mut [0; 1024]).await, Ok(1..)) {
                        return;
                    }
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
                drop(socket);
                gone.notify_one();
            });
        }
    });
    Server { authority, accepted, hung_up }
}

async fn to_loopback(target: Uri) -> std::io::Result<TokioIo<TcpStream>> {
    Ok(TokioIo::new(TcpStream::connect(target.authority().unwrap().as_str()).await?))
}

fn request(server: &Server) -> Request<Full<Bytes>> {
    let uri = format!("http://{}/v1/x", server.authority);
    Request::post(uri).body(Full::from("{}")).unwrap()
}

#[tokio::test]
async fn a_connection_is_kept_once_its_answer_was_read_however_its_length_is_told() {
    for answer in [KNOWN_LENGTH, CHUNKED] {
        let server = server(answer, usize::MAX).await;
        let connections = Connections::new(tower::service_fn(to_loopback));
        for _ in 0..3 {
            let answer = connections.send(request(&server), None).await.unwrap();
            assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
        }
        assert_eq!(server.accepted.load(Ordering::SeqCst), 1, "{answer}");
    }
}

#[tokio::test]
async fn who_knows_the_length_need_not_ask_for_the_end() {
    let server = server(KNOWN_LENGTH, usize::MAX).await;
    let connections = Connections::new(tower::service_fn(to_loopback));
    for _ in 0..3 {
        let mut body = connections.send(request(&server), None).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "hello");
        assert!(body.is_end_stream());
    }
    assert_eq!(server.accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_the_provider_closed_is_not_used_again() {
    let server = server(KNOWN_LENGTH, 1).await;
    let connections = Connections::new(tower::service_fn(to_loopback));
    for _ in 0..3 {
        let answer = connections.send(request(&server), None).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
        server.hung_up.notified().await;
    }
    assert_eq!(server.accepted.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_connection_whose_answer_was_not_read_to_its_end_is_not_kept() {
    let server = server(HALF, usize::MAX).await;
    let connections = Connections::new(tower::service_fn(to_loopback));
    for _ in 0..2 {
        let mut body = connections.send(request(&server), None).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "hello");
    }
    assert_eq!(server.accepted.load(Ordering::SeqCst), 2);
}

#[test]
fn the_host_is_named_without_a_password_and_without_the_usual_port() {
    for (uri, host) in [
        ("https://a.example/v1", "a.example"),
        ("https://a.example:443/v1", "a.example"),
        ("http://a.example:443/v1", "a.example:443"),
        ("http://u:p@a.example:8080/v1", "a.example:8080"),
        ("http://[::1]:8080/v1?x=1", "[::1]:8080"),
    ] {
        let mut request = Request::post(uri).body(()).unwrap();
        address(&mut request).unwrap();
        assert_eq!(request.headers()[HOST], host);
        assert!(request.uri().authority().is_none() && request.uri().path() == "/v1", "{}", request.uri());
    }
    assert!(address(&mut Request::post("/v1").body(()).unwrap()).is_err());
}

/// Counts how often a future is run.
async fn runs<T>(future: impl Future<Output = T>) -> (T, usize) {
    let (mut future, mut runs) = (std::pin::pin!(future), 0);
    let output = std::future::poll_fn(|cx| {
        runs += 1;
        future.as_mut().poll(cx)
    });
    let output = output.await;
    (output, runs)
}

#[tokio::test]
async fn a_call_over_a_kept_connection_is_run_when_it_begins_and_when_its_answer_is_there() {
    let server = server(KNOWN_LENGTH, usize::MAX).await;
    let connections = Connections::new(tower::service_fn(to_loopback));
    let call = async || connections.send(request(&server), None).await.unwrap().into_body().collect().await.unwrap();
    call().await;
    for _ in 0..3 {
        let (answer, runs) = runs(call()).await;
        assert_eq!((answer.to_bytes(), runs), (Bytes::from("hello"), 2));
    }
}
