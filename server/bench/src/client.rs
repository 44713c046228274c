//! One connection of the generator: sends a prepared request, reads the answer, notes when what came.

use crate::wire::{self, BodyReader, Framing};
use crate::wish::Wish;
use memchr::memchr_iter;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as its bytes, with the place of the key in them, so that another key costs a copy of 66 bytes.
#[derive(Debug, Clone)]
pub struct Prepared {
    bytes: Vec<u8>,
    key_at: usize,
    key_length: usize,
    pub wish: Wish,
}

impl Prepared {
    pub fn chat(host: SocketAddr, path: &str, key: &str, wish: Wish, body: &[u8]) -> Self {
        let before = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer ");
        let behind = format!(
            "\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: keywright-bench\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut bytes = before.into_bytes();
        let key_at = bytes.len();
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(behind.as_bytes());
        bytes.extend_from_slice(body);
        Self { bytes, key_at, key_length: key.len(), wish }
    }

    /// Another key of the same length.
    pub fn use_key(&mut self, key: &str) {
        if key.len() == self.key_length {
            self.bytes[self.key_at..self.key_at + self.key_length].copy_from_slice(key.as_bytes());
        }
    }
}

/// What an answer was.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub events: u32,
    pub body_bytes: u64,
    /// When the first byte of the body was here.
    pub first_byte: Option<Instant>,
    /// When each event was here, if that is asked for.
    pub event_times: Vec<Instant>,
}

impl Answer {
    /// Whether it is what was asked for.
    pub const fn fulfils(&self, wish: &Wish) -> bool {
        self.status == 200 && self.events == wish.events() && self.body_bytes > 0
    }
}

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends one request and reads its answer to the end.
    pub async fn exchange(&mut self, request: &Prepared, note_events: bool) -> io::Result<Answer> {
        self.begin(&request.bytes).await?;
        let mut answer = Answer::default();
        let mut body = self.read_head(&mut answer).await?;
        let mut splitter = EventCounter::default();
        let counts = request.wish.streamed;
        loop {
            let mut bytes = 0;
            let events = &mut answer.events;
            let before = *events;
            let taken = body.take(&self.buffer, |data| {
                bytes += data.len() as u64;
                if counts {
                    *events += splitter.count(data);
                }
            })?;
            if bytes > 0 && (note_events || (counts && answer.first_byte.is_none())) {
                let now = Instant::now();
                answer.first_byte.get_or_insert(now);
                if note_events {
                    answer.event_times.extend((before..answer.events).map(|_| now));
                }
            }
            answer.body_bytes += bytes;
            if body.is_done() {
                self.buffer.drain(..taken);
                return Ok(answer);
            }
            self.buffer.clear();
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                if body.ends_by_closing() {
                    return Ok(answer);
                }
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn begin(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.stream.write_all(bytes).await
    }

    /// Leaves what stands behind the head in the buffer.
    async fn read_head(&mut self, answer: &mut Answer) -> io::Result<BodyReader> {
        loop {
            if let Some(end) = wire::head_end(&self.buffer) {
                answer.status = wire::status(&self.buffer)?;
                let framing = wire::framing(&self.buffer[..end], Framing::Close)?;
                self.buffer.drain(..end);
                return Ok(BodyReader::new(framing));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Counts events by the blank lines that end them. The scripted provider ends lines with LF alone.
#[derive(Default)]
struct EventCounter {
    after_line_end: bool,
}

impl EventCounter {
    fn count(&mut self, data: &[u8]) -> u32 {
        let mut events = 0;
        let mut blank_at = self.after_line_end.then_some(0);
        for at in memchr_iter(b'\n', data) {
            if blank_at == Some(at) {
                events += 1;
                blank_at = None;
            } else {
                blank_at = Some(at + 1);
            }
        }
        self.after_line_end = blank_at == Some(data.len());
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_wherever_the_stream_is_cut() {
        let stream = b"data: a\n\ndata: b\n\nevent: x\ndata: c\n\n";
        for cut in 0..=stream.len() {
            let mut counter = EventCounter::default();
            assert_eq!(counter.count(&stream[..cut]) + counter.count(&stream[cut..]), 3, "{cut}");
        }
    }

    #[test]
    fn another_key_takes_the_place_of_the_first() {
        let host = SocketAddr::from(([127, 0, 0, 1], 80));
        let mut request = Prepared::chat(host, "/v1", "aaaa", Wish::PLAIN, b"{}");
        request.use_key("bbbb");
        let text = String::from_utf8(request.bytes).unwrap();
        assert!(text.contains("Bearer bbbb\r\n") && text.ends_with("content-length: 2\r\n\r\n{}"), "{text}");
    }
}
