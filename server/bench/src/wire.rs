//! The bench's own HTTP/1.1, both ends: as little as measuring needs, because what the generator and the provider cost
//! per request bounds the rate at which a gateway can be loaded from one core.
//!
//! Not for the network: it believes what it reads, and gives up on anything unexpected.

use memchr::memmem;
use std::io;

/// How the length of a message is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Length(u64),
    Chunked,
    /// Until the connection closes.
    Close,
}

/// The end of the head, if it is here.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// The value of a header, without blanks around it.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|&byte| byte == b'\n').find_map(|line| {
        let (found, rest) = line.split_at_checked(name.len())?;
        (found.eq_ignore_ascii_case(name.as_bytes())).then(|| rest.strip_prefix(b":")).flatten().map(<[u8]>::trim_ascii)
    })
}

/// How the body behind this head is framed; `otherwise` if the head says nothing.
pub fn framing(head: &[u8], otherwise: Framing) -> io::Result<Framing> {
    if let Some(length) = header(head, "content-length") {
        let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
        return length.map(Framing::Length).ok_or_else(|| unexpected("a length that is no number"));
    }
    let chunked = header(head, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    Ok(if chunked { Framing::Chunked } else { otherwise })
}

/// The status of an answer.
pub fn status(head: &[u8]) -> io::Result<u16> {
    let digits = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| unexpected("an answer without a status"))
}

pub fn unexpected(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Follows a body through the pieces in which it arrives.
#[derive(Debug)]
pub struct BodyReader(State);

#[derive(Debug)]
enum State {
    Remaining(u64),
    UntilClose,
    /// The digits of a chunk's size so far, and whether its line has other text.
    Size {
        size: u64,
        digits_over: bool,
    },
    Chunk(u64),
    /// The line end behind a chunk.
    AfterChunk,
    /// Lines behind the last chunk; true at the beginning of one.
    Trailer {
        line_is_empty: bool,
    },
    Done,
}

const NEW_SIZE: State = State::Size { size: 0, digits_over: false };

impl BodyReader {
    pub const fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Remaining(length),
            Framing::Chunked => NEW_SIZE,
            Framing::Close => State::UntilClose,
        })
    }

    pub const fn is_done(&self) -> bool {
        matches!(self.0, State::Done)
    }

    /// True if the closing of the connection ends this body.
    pub const fn ends_by_closing(&self) -> bool {
        matches!(self.0, State::UntilClose)
    }

    /// Takes what belongs to the body from the front, gives its data out, and says how many bytes that were.
    pub fn take(&mut self, bytes: &[u8], mut data: impl FnMut(&[u8])) -> io::Result<usize> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match &mut self.0 {
                State::Done => break,
                State::UntilClose => {
                    data(rest);
                    at = bytes.len();
                }
                State::Remaining(left) | State::Chunk(left) => {
                    let here = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    data(&rest[..here]);
                    at += here;
                    *left -= here as u64;
                    if *left == 0 {
                        self.0 = if matches!(self.0, State::Chunk(_)) { State::AfterChunk } else { State::Done };
                    }
                }
                State::AfterChunk => {
                    if rest[0] == b'\n' {
                        self.0 = NEW_SIZE;
                    }
                    at += 1;
                }
                State::Size { size, digits_over } => {
                    match (rest[0], char::from(rest[0]).to_digit(16)) {
                        (b'\n', _) if *size == 0 => self.0 = State::Trailer { line_is_empty: true },
                        (b'\n', _) => self.0 = State::Chunk(*size),
                        (_, Some(digit)) if !*digits_over => {
                            *size = size.checked_mul(16).ok_or_else(|| unexpected("a chunk without measure"))?;
                            *size += u64::from(digit);
                        }
                        _ => *digits_over = true,
                    }
                    at += 1;
                }
                State::Trailer { line_is_empty } => {
                    match rest[0] {
                        b'\n' if *line_is_empty => self.0 = State::Done,
                        b'\n' => *line_is_empty = true,
                        b'\r' => {}
                        _ => *line_is_empty = false,
                    }
                    at += 1;
                }
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_reads_the_same_wherever_it_is_cut() {
        let wire = b"4\r\nwiki\r\n1a;x=ad\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nx: y\r\n\r\nHTTP/1.1";
        for cut in 0..wire.len() {
            let (mut reader, mut seen, mut taken) = (BodyReader::new(Framing::Chunked), vec![], 0);
            for piece in [&wire[..cut], &wire[cut..]] {
                taken += reader.take(piece, |data| seen.extend_from_slice(data)).unwrap();
            }
            assert!(reader.is_done() && seen == b"wikiabcdefghijklmnopqrstuvwxyz", "cut at {cut}");
            assert_eq!(&wire[taken..], b"HTTP/1.1", "cut at {cut}");
        }
    }

    #[test]
    fn heads_are_read_in_any_case() {
        let head = b"HTTP/1.1 402 Payment\r\nContent-LENGTH:  12\r\nTransfer: x\r\n\r\nrest";
        let end = head_end(head).unwrap();
        assert_eq!((status(head).unwrap(), &head[end..]), (402, &b"rest"[..]));
        assert_eq!(framing(&head[..end], Framing::Close).unwrap(), Framing::Length(12));
        assert_eq!(header(&head[..end], "transfer-encoding"), None);
        assert_eq!(framing(b"HTTP/1.1 200 OK\r\n\r\n", Framing::Close).unwrap(), Framing::Close);
    }
}
