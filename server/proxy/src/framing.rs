//! How a stream is cut into events: server-sent events, or Gemini's one JSON array that grows by an element at a time.
//!
//! Either way the pieces given out, put together, are the bytes taken in, and a piece is whole: an event that can be
//! looked at and passed on. Fails on a piece larger than the largest honest one.

use crate::route::Address;
use crate::sse::{self, EventTooLarge, MAX_EVENT_BYTES};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Events,
    Array,
}

impl Framing {
    /// How this answer is to be cut; `None` if it is no stream.
    pub(crate) fn of_answer(headers: &HeaderMap, address: &Address) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.as_bytes();
        let is = |wanted: &[u8]| kind.get(..wanted.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
        if is(b"text/event-stream") {
            return Some(Self::Events);
        }
        (address.as_array && is(b"application/json")).then_some(Self::Array)
    }
}

pub(crate) enum Splitter {
    Events(sse::Splitter),
    Array(ArraySplitter),
}

impl Splitter {
    pub(crate) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Events => Self::Events(sse::Splitter::default()),
            Framing::Array => Self::Array(ArraySplitter::default()),
        }
    }

    /// Takes the next chunk. All events of the one before have to be taken out first.
    pub(crate) fn push(&mut self, chunk: Bytes) {
        match self {
            Self::Events(splitter) => splitter.push(chunk),
            Self::Array(splitter) => splitter.push(chunk),
        }
    }

    /// The next whole event, or `None` until more has come.
    pub(crate) fn next_event(&mut self) -> Result<Option<Bytes>, EventTooLarge> {
        match self {
            Self::Events(splitter) => splitter.next_event(),
            Self::Array(splitter) => splitter.next_element(),
        }
    }

    /// What came behind the last whole event.
    pub(crate) fn rest(&mut self) -> Bytes {
        match self {
            Self::Events(splitter) => splitter.rest(),
            Self::Array(splitter) => splitter.carry.split().freeze(),
        }
    }
}

/// Cuts behind each element and behind the bracket that ends the array. The comma goes with the element that follows.
#[derive(Default)]
pub(crate) struct ArraySplitter {
    /// The beginning of an element whose end has not come yet.
    carry: BytesMut,
    chunk: Bytes,
    /// How much of `chunk` has been looked at.
    at: usize,
    depth: usize,
    in_text: bool,
    /// The last byte was a backslash inside a text.
    escaped: bool,
}

impl ArraySplitter {
    fn push(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the chunk before was not used up");
        self.chunk = chunk;
        self.at = 0;
    }

    fn next_element(&mut self) -> Result<Option<Bytes>, EventTooLarge> {
        while let Some(&byte) = self.chunk.get(self.at) {
            self.at += 1;
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            if self.in_text {
                match byte {
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 1 || (self.depth == 0 && byte == b']') {
                        return self.take().map(Some);
                    }
                }
                _ => {}
            }
        }
        self.carry.extend_from_slice(&self.chunk);
        self.chunk = Bytes::new();
        if self.carry.len() > MAX_EVENT_BYTES { Err(EventTooLarge) } else { Ok(None) }
    }

    fn take(&mut self) -> Result<Bytes, EventTooLarge> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> (Vec<Bytes>, Bytes) {
        let mut splitter = Splitter::new(Framing::Array);
        let mut pieces = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk));
            while let Some(piece) = splitter.next_event().unwrap() {
                pieces.push(piece);
            }
        }
        (pieces, splitter.rest())
    }

    #[test]
    fn an_array_is_cut_behind_its_elements() {
        let text = br#"[{"a":"]}\"","b":[1]}
,
{"c":{}}
]"#;
        let (pieces, rest) = split(&[text]);
        assert_eq!(pieces, [&br#"[{"a":"]}\"","b":[1]}"#[..], b"\n,\n{\"c\":{}}", b"\n]"]);
        assert!(rest.is_empty());
    }

    proptest! {
        #[test]
        fn where_chunks_are_cut_makes_no_difference(cuts in proptest::collection::vec(0usize..60, 0..6)) {
            let text = br#"[{"t":"a\\\"{[","n":[{"x":1}]},{"t":"}"} , {"u":{}}]"#;
            let (whole, _) = split(&[text]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&text[from..cut]);
                from = cut;
            }
            chunks.push(&text[from..]);
            let (pieces, rest) = split(&chunks);
            prop_assert_eq!(&pieces, &whole);
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn nothing_is_lost_of_any_bytes(chunks in proptest::collection::vec(r#"[\[\]{}",\\a]{0,9}"#, 0..5)) {
            let parts: Vec<&[u8]> = chunks.iter().map(String::as_bytes).collect();
            let (pieces, rest) = split(&parts);
            let mut all: Vec<u8> = pieces.concat();
            all.extend_from_slice(&rest);
            prop_assert_eq!(all, parts.concat());
        }
    }
}
