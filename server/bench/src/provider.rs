//! The scripted provider: answers chat completions as [`Wish`] asks, plain or as a stream, and counts what it served.
//!
//! Each gateway has one of its own, so that its answers and tokens can be compared with that gateway's ledger. An answer
//! counts when its last byte is written. Lives on the generator's thread and core.

use crate::wire::{self, BodyReader, Framing};
use crate::wish::Wish;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What was served so far.
#[derive(Debug, Default)]
pub struct Served {
    pub answers: AtomicU64,
    pub input_tokens: AtomicU64,
    pub output_tokens: AtomicU64,
}

/// A running provider. It ends with the runtime.
#[derive(Debug, Clone)]
pub struct Provider {
    pub address: SocketAddr,
    pub served: Arc<Served>,
}

impl Provider {
    /// Listens at this address of the machine itself; port 0 takes any.
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let provider = Self { address: listener.local_addr()?, served: Arc::default() };
        let served = Arc::clone(&provider.served);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = Arc::clone(&served);
                // A connection that breaks is the gateway's business.
                tokio::spawn(async move { drop(serve(stream, &served).await) });
            }
        });
        Ok(provider)
    }
}

/// Answers are told apart by their output tokens, so that a sum that fits is no accident.
const VARIANTS: u64 = 7;
const INPUT_TOKENS: u64 = 97;

/// As much of a body as is looked at.
const LOOKED_AT: usize = 8 * 1024;

async fn serve(mut stream: TcpStream, served: &Served) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut seen = Vec::with_capacity(LOOKED_AT);
    let mut answer = Vec::with_capacity(8 * 1024);
    loop {
        let head = loop {
            if let Some(end) = wire::head_end(&buffer) {
                break end;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let mut body = BodyReader::new(wire::framing(&buffer[..head], Framing::Length(0))?);
        seen.clear();
        let mut keep = |data: &[u8]| {
            let room = LOOKED_AT - seen.len();
            seen.extend_from_slice(&data[..data.len().min(room)]);
        };
        let mut taken = head + body.take(&buffer[head..], &mut keep)?;
        while !body.is_done() {
            buffer.clear();
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            taken = body.take(&buffer, &mut keep)?;
        }
        buffer.drain(..taken);
        let wish = Wish::read(&seen);
        let output = 11 + served.answers.load(Ordering::Relaxed) % VARIANTS;
        answer.clear();
        if wish.streamed {
            send_stream(&mut stream, wish, output, &mut answer).await?;
        } else {
            write_plain(&mut answer, output);
            stream.write_all(&answer).await?;
        }
        served.answers.fetch_add(1, Ordering::Relaxed);
        served.input_tokens.fetch_add(INPUT_TOKENS, Ordering::Relaxed);
        served.output_tokens.fetch_add(output, Ordering::Relaxed);
    }
}

fn write_plain(out: &mut Vec<u8>, output: u64) {
    let total = INPUT_TOKENS + output;
    let body = format!(
        r#"{{"id":"chatcmpl-bench","object":"chat.completion","created":1750000000,"model":"bench","choices":[{{"index":0,"message":{{"role":"assistant","content":"{ANSWER}","refusal":null}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{INPUT_TOKENS},"completion_tokens":{output},"total_tokens":{total},"prompt_tokens_details":{{"cached_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0}}}}}}"#
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: bench\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body.as_bytes());
}

const ANSWER: &str = "Look at the manifest first: if it is written before the last region's file has reached the \
replica, the job lists one file too few, and its log would show the manifest's time before that file's.";

const STREAM_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const STREAM_END: &[u8] = b"0\r\n\r\n";

/// One `write` for each event, as providers do that flush as they go.
async fn send_stream(stream: &mut TcpStream, wish: Wish, output: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let begun = Instant::now();
    let last = wish.events() - 1;
    out.extend_from_slice(STREAM_HEAD);
    for number in 0..=last {
        if number > 0 && !wish.pace.is_zero() {
            tokio::time::sleep_until(begun + wish.pace * number).await;
        }
        write_event(out, &event(number, wish, output));
        if number == last {
            out.extend_from_slice(STREAM_END);
        }
        stream.write_all(out).await?;
        out.clear();
    }
    Ok(())
}

fn event(number: u32, wish: Wish, output: u64) -> String {
    const START: &str = r#"data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1750000000,"model":"bench","choices":"#;
    let text = |delta: &str, finish: &str| {
        format!(r#"{START}[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#)
    };
    let behind_texts = number.saturating_sub(wish.texts);
    let mut event = match (number, behind_texts) {
        (0, _) => text(r#"{"role":"assistant","content":""}"#, "null"),
        (_, 0) => text(r#"{"content":" manifest"}"#, "null"),
        (_, 1) => text("{}", "\"stop\""),
        (_, 2) => {
            let total = INPUT_TOKENS + output;
            format!(
                r#"{START}[],"usage":{{"prompt_tokens":{INPUT_TOKENS},"completion_tokens":{output},"total_tokens":{total}}}}}"#
            )
        }
        _ => "data: [DONE]".to_owned(),
    };
    event.push_str("\n\n");
    event
}

fn write_event(out: &mut Vec<u8>, event: &str) {
    out.extend_from_slice(format!("{:x}\r\n", event.len()).as_bytes());
    out.extend_from_slice(event.as_bytes());
    out.extend_from_slice(b"\r\n");
}
