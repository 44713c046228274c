//! Sends what a plan says: plain JSON or events at a human pace, whole or broken off.

use super::script::Plan;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use std::io;
use std::time::Duration;

const BEFORE_THE_BREAK: Duration = Duration::from_millis(20);

/// A piece of an answer and the pause before it.
pub(super) type Piece = (Duration, String);

/// `event: NAME`, as Anthropic and the Responses API send it.
pub(super) fn named(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// An event without name, as chat completions send it.
pub(super) fn unnamed(data: &Value) -> String {
    format!("data: {data}\n\n")
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    respond(status, "application/json", Body::from(body.to_string()))
}

/// A plain answer; a cut one promises more than it sends.
pub(super) async fn plain(plan: &Plan, body: &Value) -> Response {
    tokio::time::sleep(plan.wait).await;
    if !plan.cut {
        return json(StatusCode::OK, body);
    }
    let mut text = body.to_string();
    text.truncate(text.floor_char_boundary(text.len() / 2));
    respond(StatusCode::OK, "application/json", Body::from_stream(pieces(vec![(Duration::ZERO, text)], true)))
}

/// A streamed answer; a cut one ends half-way, without its last events.
pub(super) async fn streamed(plan: &Plan, events: Vec<Piece>) -> Response {
    streamed_as("text/event-stream; charset=utf-8", plan, events).await
}

/// One JSON document in pieces.
pub(super) async fn streamed_array(plan: &Plan, elements: Vec<Piece>) -> Response {
    streamed_as("application/json; charset=UTF-8", plan, elements).await
}

async fn streamed_as(content_type: &'static str, plan: &Plan, mut all: Vec<Piece>) -> Response {
    tokio::time::sleep(plan.wait).await;
    if plan.cut {
        all.truncate(all.len() / 2);
    }
    respond(StatusCode::OK, content_type, Body::from_stream(pieces(all, plan.cut)))
}

pub(super) fn binary(content_type: &'static str, body: Vec<u8>) -> Response {
    respond(StatusCode::OK, content_type, Body::from(body))
}

pub(super) fn text(body: String) -> Response {
    respond(StatusCode::OK, "text/plain; charset=utf-8", Body::from(body))
}

fn respond(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// An error at the end makes the server drop the connection without the closing chunk.
fn pieces(pieces: Vec<Piece>, cut: bool) -> impl stream::Stream<Item = io::Result<Bytes>> {
    let broken = cut.then(|| Err(io::Error::from(io::ErrorKind::ConnectionAborted)));
    let items = pieces.into_iter().map(Ok).chain(broken);
    stream::unfold(items, |mut items| async move {
        let item = match items.next()? {
            Ok((pause, text)) => {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                Ok(Bytes::from(text))
            }
            Err(error) => {
                // The first half has to leave before the connection is dropped.
                tokio::time::sleep(BEFORE_THE_BREAK).await;
                Err(error)
            }
        };
        Some((item, items))
    })
}
