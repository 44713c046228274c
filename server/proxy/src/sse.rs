//! Cuts a stream of server-sent events into events, on bytes.
//!
//! Always true: the pieces given out, put together, are the bytes taken in; where chunks were cut makes no difference
//! to what an event says; lines may end in LF, CRLF or CR. An event inside one chunk is a slice of it, not a copy.
//! Fails on an event larger than [`MAX_EVENT_BYTES`].

use bytes::{Bytes, BytesMut};
use memchr::memchr2;
use std::borrow::Cow;

pub(crate) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// An event is longer than any honest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventTooLarge;

#[derive(Default)]
pub(crate) struct Splitter {
    /// The beginning of an event whose end has not come yet.
    carry: BytesMut,
    chunk: Bytes,
    /// How much of `chunk` has been looked at.
    at: usize,
    /// The current line has no bytes yet.
    line_is_empty: bool,
    /// The last byte was a CR: an LF now belongs to it.
    after_cr: bool,
    /// Something other than line ends was seen since the last event.
    started: bool,
}

impl Splitter {
    /// Takes the next chunk. All events of the one before have to be taken out first.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the chunk before was not used up");
        self.chunk = chunk;
        self.at = 0;
    }

    /// The next whole event with its closing blank line, or `None` until more has come.
    pub(crate) fn next_event(&mut self) -> Result<Option<Bytes>, EventTooLarge> {
        while let Some(found) = memchr2(b'\n', b'\r', &self.chunk[self.at..]) {
            if found > 0 {
                self.line_is_empty = false;
                self.after_cr = false;
                self.started = true;
            }
            self.at += found + 1;
            let is_lf = self.chunk[self.at - 1] == b'\n';
            if is_lf && std::mem::take(&mut self.after_cr) {
                continue;
            }
            self.after_cr = !is_lf;
            if std::mem::replace(&mut self.line_is_empty, true) && self.started {
                self.started = false;
                // The LF of a CRLF belongs to this event, if it is here already.
                if self.after_cr && self.chunk.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                    self.after_cr = false;
                }
                return self.take_event().map(Some);
            }
        }
        if self.at < self.chunk.len() {
            self.line_is_empty = false;
            self.after_cr = false;
            self.started = true;
        }
        self.carry.extend_from_slice(&self.chunk);
        self.chunk = Bytes::new();
        self.at = 0;
        if self.carry.len() > MAX_EVENT_BYTES { Err(EventTooLarge) } else { Ok(None) }
    }

    fn take_event(&mut self) -> Result<Bytes, EventTooLarge> {
        let piece = self.chunk.split_to(self.at);
        self.at = 0;
        if self.carry.len() + piece.len() > MAX_EVENT_BYTES {
            return Err(EventTooLarge);
        }
        if self.carry.is_empty() {
            return Ok(piece);
        }
        self.carry.extend_from_slice(&piece);
        Ok(self.carry.split().freeze())
    }

    /// What came behind the last whole event.
    pub(crate) fn rest(&mut self) -> Bytes {
        self.carry.split().freeze()
    }
}

/// What an event says: its name, if it has one, and its data.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    pub name: &'a [u8],
    pub data: Cow<'a, [u8]>,
}

impl<'a> Event<'a> {
    pub(crate) fn read(raw: &'a [u8]) -> Self {
        let mut event = Self { name: b"", data: Cow::Borrowed(b"") };
        let mut has_data = false;
        let mut rest = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if let Some(value) = field(line, b"data") {
                if has_data {
                    let data = event.data.to_mut();
                    data.push(b'\n');
                    data.extend_from_slice(value);
                } else {
                    event.data = Cow::Borrowed(value);
                    has_data = true;
                }
            } else if let Some(value) = field(line, b"event") {
                event.name = value;
            }
        }
        event
    }
}

fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = line.strip_prefix(name)?;
    match value.strip_prefix(b":") {
        Some(value) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        None => value.is_empty().then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> (Vec<Bytes>, Bytes) {
        let mut splitter = Splitter::default();
        let mut events = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk));
            while let Some(event) = splitter.next_event().unwrap() {
                events.push(event);
            }
        }
        (events, splitter.rest())
    }

    fn said(events: &[Bytes]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let said = events.iter().map(|raw| {
            let event = Event::read(raw);
            (event.name.to_vec(), event.data.into_owned())
        });
        said.collect()
    }

    #[test]
    fn the_three_line_ends_say_the_same() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!(": hello{end}event: a{end}data: 1{end}data: 2{end}{end}data:3{end}{end}data: half");
            let (events, rest) = split(&[text.as_bytes()]);
            assert_eq!(said(&events), [(b"a".to_vec(), b"1\n2".to_vec()), (b"".to_vec(), b"3".to_vec())], "{end:?}");
            assert_eq!(&rest[..], b"data: half");
        }
    }

    #[test]
    fn an_event_is_given_out_with_its_last_byte() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("data: 1{end}{end}");
            assert_eq!(split(&[text.as_bytes()]).0.len(), 1, "{end:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_stopped_at_the_cap() {
        let mut splitter = Splitter::default();
        let chunk = Bytes::from(vec![b'x'; MAX_EVENT_BYTES / 2]);
        splitter.push(chunk.clone());
        assert_eq!(splitter.next_event(), Ok(None));
        splitter.push(chunk.clone());
        assert_eq!(splitter.next_event(), Ok(None));
        splitter.push(chunk);
        assert_eq!(splitter.next_event(), Err(EventTooLarge));
    }

    proptest! {
        #[test]
        fn where_chunks_are_cut_makes_no_difference(
            text in r"((data|event|:|id): ?[a-c\u{e9}]{0,3}|[\r\n]{1,3}|\r\n){0,24}",
            cuts in proptest::collection::vec(0..200usize, 0..12),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut < bytes.len()).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            chunks.push(&bytes[from..]);
            let (whole, _) = split(&[bytes]);
            let (events, rest) = split(&chunks);
            prop_assert_eq!(said(&events), said(&whole));
            let mut together = events.concat();
            together.extend_from_slice(&rest);
            prop_assert_eq!(together, bytes);
        }
    }
}
