//! A provider that behaves as it is told, in process: answers, streams in given pieces, breaks off, hangs, refuses.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderMap, Response, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proxy::{BoxError, Outbound, SendError, Upstream, UpstreamBody};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What comes next of an answer's body.
#[derive(Clone)]
pub(crate) enum Piece {
    Bytes(Bytes),
    /// Nothing for a second; tests run on paused time.
    Pause,
    /// The connection breaks.
    Break,
    /// Nothing more, for ever.
    Hang,
}

#[derive(Clone)]
pub(crate) enum Reply {
    Unreachable,
    BreakBeforeAnswer,
    Silence,
    Answer { status: u16, headers: Vec<(&'static str, &'static str)>, pieces: Vec<Piece> },
}

/// What a provider was sent.
pub(crate) struct Got {
    pub(crate) method: http::Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Default)]
pub(crate) struct FakeProvider {
    replies: Mutex<VecDeque<Reply>>,
    /// For calls whose upstream model has this name, before any other.
    at: Mutex<HashMap<String, VecDeque<Reply>>>,
    always: Mutex<Option<Reply>>,
    got: Mutex<Vec<Got>>,
    open: Arc<AtomicUsize>,
    given: Arc<AtomicUsize>,
}

/// Counts as an answer that is being read until it is dropped.
struct BeingRead(Arc<AtomicUsize>);
impl BeingRead {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}
impl Drop for BeingRead {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Empty where the path names it.
fn upstream_model(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    body["model"].as_str().unwrap_or_default().to_owned()
}

/// An answer in one piece.
pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer { status, headers: vec![("content-type", "application/json")], pieces: vec![bytes(body)] }
}

/// A refusal that says when to come back.
pub(crate) fn busy(status: u16, retry_after: &'static str) -> Reply {
    let headers = vec![("content-type", "application/json"), ("retry-after", retry_after)];
    Reply::Answer { status, headers, pieces: vec![bytes(r#"{"error":{"message":"busy"}}"#)] }
}

pub(crate) fn bytes(text: impl Into<String>) -> Piece {
    Piece::Bytes(Bytes::from(text.into()))
}

impl FakeProvider {
    pub(crate) fn will(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }
    /// To calls for this upstream model, in this order.
    pub(crate) fn will_at(&self, upstream_model: &str, replies: impl IntoIterator<Item = Reply>) {
        self.at.lock().unwrap().entry(upstream_model.to_owned()).or_default().extend(replies);
    }
    /// To whatever nothing else was said about.
    pub(crate) fn will_always(&self, reply: Reply) {
        *self.always.lock().unwrap() = Some(reply);
    }
    pub(crate) fn will_answer(&self, status: u16, body: &str) {
        let headers = vec![
            ("content-type", "application/json"),
            ("x-request-id", "up-1"),
            ("set-cookie", "a=b"),
            ("openai-organization", "org-secret"),
        ];
        self.will(Reply::Answer { status, headers, pieces: vec![bytes(body)] });
    }
    pub(crate) fn will_stream(&self, pieces: Vec<Piece>) {
        let headers = vec![("content-type", "text/event-stream; charset=utf-8")];
        self.will(Reply::Answer { status: 200, headers, pieces });
    }
    /// Takes back the last thing it was told, which nobody asked for.
    pub(crate) fn forget(&self) {
        self.replies.lock().unwrap().pop_back();
    }
    /// Pieces that the gateway has asked for.
    pub(crate) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
    /// Answers that the gateway holds open.
    pub(crate) fn being_read(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
    pub(crate) fn got(&self) -> Vec<Got> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }
    /// The upstream models that were called since this was last asked.
    pub(crate) fn called(&self) -> Vec<String> {
        self.got().iter().map(|got| upstream_model(&got.body)).collect()
    }

    fn next(&self, request: &http::Request<proxy::Chain>) -> Option<Reply> {
        let body = String::from_utf8(request.body().to_bytes().to_vec()).unwrap();
        let at = self.at.lock().unwrap().get_mut(&upstream_model(&body)).and_then(VecDeque::pop_front);
        at.or_else(|| self.replies.lock().unwrap().pop_front()).or_else(|| self.always.lock().unwrap().clone())
    }
}

impl Upstream for FakeProvider {
    fn send(&self, outbound: Outbound) -> BoxFuture<'static, Result<Response<UpstreamBody>, SendError>> {
        let request = outbound.into_request();
        self.got.lock().unwrap().push(Got {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            body: String::from_utf8(request.body().to_bytes().to_vec()).unwrap(),
        });
        let reply = self.next(&request).expect("the provider was not told what to answer");
        let (open, given) = (Arc::clone(&self.open), Arc::clone(&self.given));
        Box::pin(async move {
            match reply {
                Reply::Unreachable => Err(SendError::NotSent("refused".into())),
                Reply::BreakBeforeAnswer => Err(SendError::Broken("reset".into())),
                Reply::Silence => std::future::pending().await,
                Reply::Answer { status, headers, pieces } => {
                    let being_read = BeingRead::new(&open);
                    let frames = stream::iter(pieces).then(move |piece| {
                        let _ = &being_read;
                        given.fetch_add(1, Ordering::SeqCst);
                        async move {
                            match piece {
                                Piece::Bytes(bytes) => Ok(Frame::data(bytes)),
                                Piece::Pause => {
                                    tokio::time::sleep(Duration::from_secs(1)).await;
                                    Ok(Frame::data(Bytes::new()))
                                }
                                Piece::Break => Err(BoxError::from("reset")),
                                Piece::Hang => std::future::pending().await,
                            }
                        }
                    });
                    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
                    *response.status_mut() = StatusCode::from_u16(status).unwrap();
                    for (name, value) in headers {
                        response.headers_mut().append(name, value.parse().unwrap());
                    }
                    Ok(response)
                }
            }
        })
    }
}
