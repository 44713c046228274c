//! A call from the playground, as a client of the gateway in this process: writes the question in a chat format, reads the
//! stream that comes back, and tells what it heard.
//!
//! Always true: the call is over when nobody listens any more, and is settled as that of any client that hangs up. What
//! a provider says is text to pass on and nothing to act on.

mod chat;

use crate::gateway::ledger::Ledger;
use crate::http::entrance::REQUEST_ID;
use bytes::Bytes;
use chat::{Piece, in_event, in_whole};
use domain::id::EventId;
use domain::model::Endpoint;
use domain::usage::PLAYGROUND;
use http::{Response, header};
use http_body_util::BodyExt;
use portal::ports::{Heard, Trial};
use proxy::ports::Ledger as _;
use proxy::{Body, Gateway, OwnCall};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces of text that wait for a slow reader; the gateway waits behind them.
const WAITING: usize = 64;
/// No event of the gateway is longer.
const LONGEST_LINE: usize = 2 * 1024 * 1024;
const BROKEN_OFF: &str = "The answer broke off before its end. Send it again.";

/// What is left of the channel once the reader is gone.
struct Gone;

pub fn call(gateway: Arc<Gateway>, ledger: Arc<Ledger>, trial: Trial) -> Receiver<Heard> {
    let (sender, receiver) = channel(WAITING);
    tokio::spawn(async move {
        tokio::select! {
            _ = talk(&gateway, &ledger, trial, &sender) => {}
            // Dropping the talk hangs up.
            () = sender.closed() => {}
        }
    });
    receiver
}

async fn talk(gateway: &Arc<Gateway>, ledger: &Ledger, trial: Trial, to: &Sender<Heard>) -> Result<(), Gone> {
    let (key, endpoint) = (trial.key, trial.endpoint);
    let body = Bytes::from(chat::question(&trial).to_string());
    let call = OwnCall { key, endpoint, body, agent: PLAYGROUND, peer: trial.from };
    let answer = gateway.call_without_secret(call).await;
    let id = answer.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()?.parse::<EventId>().ok());
    if let Some(id) = id {
        tell(to, Heard::Begun(id)).await?;
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec()).unwrap_or_default();
    if answer.status().is_success() && kind.starts_with(b"text/event-stream") {
        events(answer, endpoint, to).await?;
    } else {
        whole(answer, endpoint, to).await?;
    }
    // Settled before its last byte was let go.
    match id.and_then(|id| ledger.finished(id, key)) {
        Some(record) => tell(to, Heard::Ended(Box::new((*record).clone()))).await,
        None => Ok(()),
    }
}

async fn tell(to: &Sender<Heard>, heard: Heard) -> Result<(), Gone> {
    to.send(heard).await.map_err(|_| Gone)
}

fn failed(words: &str) -> Heard {
    Heard::Failed { code: None, words: words.to_owned() }
}

/// A refusal, or an answer that its provider gave in one piece.
async fn whole(answer: Response<Body>, endpoint: Endpoint, to: &Sender<Heard>) -> Result<(), Gone> {
    let status = answer.status();
    let Ok(body) = answer.into_body().collect().await else { return tell(to, failed(BROKEN_OFF)).await };
    let value: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let heard = match in_whole(endpoint, &value) {
        Piece::Text(text) if status.is_success() => Heard::Text(text),
        Piece::Failed(heard) => heard,
        _ if status.is_success() => return Ok(()),
        _ => failed(&format!("The provider answered {}. Check the model, or try again later.", status.as_u16())),
    };
    tell(to, heard).await
}

async fn events(answer: Response<Body>, endpoint: Endpoint, to: &Sender<Heard>) -> Result<(), Gone> {
    let mut body = answer.into_body();
    let mut lines = Lines::default();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return tell(to, failed(BROKEN_OFF)).await };
        lines.take_in(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(data) = lines.next_data() {
            match serde_json::from_slice(&data).map(|value| in_event(endpoint, &value)) {
                Ok(Piece::Text(text)) => tell(to, Heard::Text(text)).await?,
                Ok(Piece::Failed(heard)) => tell(to, heard).await?,
                // `[DONE]`, and events that carry no text.
                Ok(Piece::Other) | Err(_) => {}
            }
        }
        if lines.0.len() > LONGEST_LINE {
            return tell(to, failed(BROKEN_OFF)).await;
        }
    }
    Ok(())
}

/// Cuts a stream into the data of its events. Those of chats have one line of data each.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take_in(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn next_data(&mut self) -> Option<Vec<u8>> {
        loop {
            let end = self.0.iter().position(|&byte| byte == b'\n')?;
            let line: Vec<u8> = self.0.drain(..=end).collect();
            if let Some(data) = line.strip_prefix(b"data:") {
                return Some(data.trim_ascii().to_vec());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_wherever_the_stream_was_cut() {
        let stream = "event: x\r\ndata: {\"a\":1}\r\n\r\n: still here\n\ndata:{\"b\":2}\n\ndata: [DONE]\n\n";
        let expected: [&[u8]; 3] = [b"{\"a\":1}", b"{\"b\":2}", b"[DONE]"];
        for size in 1..stream.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                lines.take_in(piece);
                found.extend(std::iter::from_fn(|| lines.next_data()));
            }
            assert_eq!(found, expected, "pieces of {size}");
        }
    }
}
