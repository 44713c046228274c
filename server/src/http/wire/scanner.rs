//! Follows the framing of an HTTP/1 connection byte by byte: heads, bodies of known length, chunks.
//!
//! Works on whatever pieces arrive, keeps at most the beginning of one line, and stops at the first byte that breaks RFC 9112.

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Long enough for `transfer-encoding: chunked` and any honest `content-length`; other lines need not be kept.
const KEPT_LINE: usize = 96;
const LONGEST_CHUNK_LINE: usize = 1024;

/// The byte that broke the rules, as an index into what was just read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but the first bytes of the HTTP/2 preface so far.
    Preface {
        matched: usize,
    },
    Http2,
    Head,
    Body {
        left: u64,
    },
    ChunkSize,
    ChunkData {
        left: u64,
    },
    ChunkEnd,
    Trailer,
    Refused,
}

/// What the lines of the current head said about the body.
#[derive(Debug, Default, Clone, Copy)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
}

pub(super) struct Scanner {
    state: State,
    framing: Framing,
    lines: u32,
    line: Vec<u8>,
    line_length: usize,
    last: u8,
    /// Counts finished heads, so that two heads in a row have different names.
    heads: u64,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            state: State::Preface { matched: 0 },
            framing: Framing::default(),
            lines: 0,
            line: Vec::with_capacity(KEPT_LINE),
            line_length: 0,
            last: 0,
            heads: 0,
        }
    }
}

/// Why a head or chunk line is not acceptable is of no use to the sender of it: all answers are the same 400.
struct Malformed;

impl Scanner {
    pub(super) fn has_refused(&self) -> bool {
        self.state == State::Refused
    }

    /// The number of the head that has begun and is not complete. The first head counts as begun from the start.
    pub(super) fn open_head(&self) -> Option<u64> {
        match self.state {
            State::Preface { .. } => Some(self.heads),
            State::Head if self.lines > 0 || self.line_length > 0 || self.heads == 0 => Some(self.heads),
            _ => None,
        }
    }

    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        let mut at = 0;
        while at < bytes.len() {
            match self.step(&bytes[at..]) {
                Ok(read) => at += read,
                Err((offset, Malformed)) => {
                    self.state = State::Refused;
                    return Err(Refused { at: at + offset });
                }
            }
        }
        Ok(())
    }

    /// Takes at least one byte of `bytes`, which is not empty.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, (usize, Malformed)> {
        match self.state {
            State::Http2 | State::Refused => Ok(bytes.len()),
            State::Preface { matched } if bytes[0] == HTTP2_PREFACE[matched] => {
                self.state = match matched + 1 {
                    all if all == HTTP2_PREFACE.len() => State::Http2,
                    matched => State::Preface { matched },
                };
                Ok(1)
            }
            State::Preface { matched } => {
                // Not HTTP/2 after all: what was taken for the preface is the beginning of a request line.
                self.state = State::Head;
                self.read(&HTTP2_PREFACE[..matched]).map_err(|_| (0, Malformed))?;
                Ok(0)
            }
            State::Body { left } => {
                let (read, left) = pass(bytes, left);
                self.state = match left {
                    0 => self.next_head(),
                    left => State::Body { left },
                };
                Ok(read)
            }
            State::ChunkData { left } => {
                let (read, left) = pass(bytes, left);
                self.state = match left {
                    0 => State::ChunkEnd,
                    left => State::ChunkData { left },
                };
                Ok(read)
            }
            State::Head | State::ChunkSize | State::ChunkEnd | State::Trailer => self.step_line(bytes),
        }
    }

    fn step_line(&mut self, bytes: &[u8]) -> Result<usize, (usize, Malformed)> {
        let end = memchr::memchr(b'\n', bytes);
        let text = &bytes[..end.unwrap_or(bytes.len())];
        let room = KEPT_LINE - self.line.len();
        self.line.extend_from_slice(&text[..text.len().min(room)]);
        self.line_length += text.len();
        self.last = text.last().copied().unwrap_or(self.last);
        if self.state != State::Head && self.line_length > LONGEST_CHUNK_LINE {
            return Err((0, Malformed));
        }
        let Some(end) = end else {
            return Ok(bytes.len());
        };
        if self.line_length == 0 || self.last != b'\r' {
            return Err((end, Malformed));
        }
        let length = self.line_length - 1;
        self.line.truncate(length);
        let line = std::mem::take(&mut self.line);
        let next = self.end_line(&line, length);
        self.line = line;
        self.line.clear();
        self.line_length = 0;
        self.last = 0;
        self.state = next.map_err(|malformed| (end, malformed))?;
        Ok(end + 1)
    }

    /// `line` is the kept beginning of a line of `length` bytes, without its CR LF.
    fn end_line(&mut self, line: &[u8], length: usize) -> Result<State, Malformed> {
        match self.state {
            State::ChunkSize => match chunk_size(line)? {
                0 => Ok(State::Trailer),
                left => Ok(State::ChunkData { left }),
            },
            State::ChunkEnd if length == 0 => Ok(State::ChunkSize),
            State::ChunkEnd => Err(Malformed),
            State::Trailer if length == 0 => Ok(self.next_head()),
            State::Trailer => Ok(State::Trailer),
            // Empty lines before a request line may be skipped (RFC 9112, 2.2).
            _ if length == 0 && self.lines == 0 => Ok(State::Head),
            _ if length == 0 => self.end_head(),
            _ => {
                self.lines = self.lines.saturating_add(1);
                match self.lines {
                    // What follows a CONNECT is not framed by anything in its head, and there is no use for it here.
                    1 if line.starts_with(b"CONNECT ") => return Err(Malformed),
                    1 => {}
                    _ => self.framing.note(line, length)?,
                }
                Ok(State::Head)
            }
        }
    }

    fn end_head(&mut self) -> Result<State, Malformed> {
        self.heads += 1;
        match self.framing {
            Framing { length: Some(_), chunked: true } => Err(Malformed),
            Framing { chunked: true, .. } => Ok(State::ChunkSize),
            Framing { length: Some(left @ 1..), .. } => Ok(State::Body { left }),
            Framing { .. } => Ok(self.next_head()),
        }
    }

    fn next_head(&mut self) -> State {
        self.lines = 0;
        self.framing = Framing::default();
        State::Head
    }
}

impl Framing {
    fn note(&mut self, line: &[u8], length: usize) -> Result<(), Malformed> {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(Malformed);
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            // A name longer than what is kept is none of ours; a short line without a colon is no header.
            return if length > line.len() { Ok(()) } else { Err(Malformed) };
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let is_length = name.eq_ignore_ascii_case(b"content-length");
        let is_encoding = name.eq_ignore_ascii_case(b"transfer-encoding");
        if !is_length && !is_encoding {
            return Ok(());
        }
        let seen_before = match is_length {
            true => self.length.is_some(),
            false => self.chunked,
        };
        if length > line.len() || seen_before {
            return Err(Malformed);
        }
        let value = value.trim_ascii();
        if is_length {
            self.length = Some(decimal(value)?);
        } else if value.eq_ignore_ascii_case(b"chunked") {
            self.chunked = true;
        } else {
            return Err(Malformed);
        }
        Ok(())
    }
}

fn pass(bytes: &[u8], left: u64) -> (usize, u64) {
    let read = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
    (read, left - read as u64)
}

fn decimal(digits: &[u8]) -> Result<u64, Malformed> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    Ok(digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

fn chunk_size(line: &[u8]) -> Result<u64, Malformed> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let digits = digits.trim_ascii_end();
    if digits.is_empty() || digits.len() > 15 {
        return Err(Malformed);
    }
    digits.iter().try_fold(0, |sum: u64, digit| {
        let value = char::from(*digit).to_digit(16).ok_or(Malformed)?;
        Ok(sum * 16 + u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text` in pieces of `size` and tells how many heads were complete, or where reading was refused.
    fn heads(text: &str, size: usize) -> Result<u64, usize> {
        let mut scanner = Scanner::default();
        for (number, piece) in text.as_bytes().chunks(size).enumerate() {
            scanner.read(piece).map_err(|refused| number * size + refused.at)?;
        }
        Ok(scanner.heads)
    }

    fn heads_at_any_split(text: &str) -> Result<u64, usize> {
        let whole = heads(text, usize::MAX);
        for size in 1..text.len() {
            assert_eq!(heads(text, size), whole, "split into {size}: {text:?}");
        }
        whole
    }

    #[test]
    fn honest_requests_pass_however_they_are_split() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\na\nb\n";
        let chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\na\nb\r\n00\r\nT: 1\r\n\r\n";
        assert_eq!(heads_at_any_split(get), Ok(1));
        assert_eq!(heads_at_any_split(&format!("{post}\r\n{chunked}{get}")), Ok(3));
        assert_eq!(heads_at_any_split("PRI"), Ok(0));
    }

    #[test]
    fn http2_passes_untouched_after_its_preface() {
        let text = format!("{}\n\n\0garbage\n", String::from_utf8_lossy(HTTP2_PREFACE));
        assert_eq!(heads_at_any_split(&text), Ok(0));
    }

    #[test]
    fn what_breaks_the_framing_is_refused_at_the_byte_that_breaks_it() {
        let head = "POST / HTTP/1.1\r\n";
        for rest in [
            "Host: a\n",
            "\n",
            "Host: a\r\n folded\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 9999999999999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "no colon\r\n",
        ] {
            let text = format!("{head}{rest}");
            assert_eq!(heads_at_any_split(&text), Err(text.len() - 1), "{rest:?}");
        }
        let padded = format!("{head}Content-Length:{}1\r\n", " ".repeat(KEPT_LINE));
        assert!(heads_at_any_split(&padded).is_err());
        assert!(heads_at_any_split("\nGET / HTTP/1.1\r\n").is_err());
        assert!(heads_at_any_split("CONNECT a:1 HTTP/1.1\r\n").is_err());
    }

    #[test]
    fn chunks_are_framed_exactly() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for body in ["1\na", "g\r\n", "\r\n", "1\r\nab\r\n", "1\r\na\n", "0\r\n\n"] {
            assert!(heads(&format!("{head}{body}"), 999).is_err(), "{body:?}");
        }
    }

    #[test]
    fn the_clock_runs_only_while_a_head_is_open() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.open_head(), Some(0));
        let _ = scanner.read(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n");
        assert_eq!(scanner.open_head(), Some(0));
        let _ = scanner.read(b"\r\na");
        assert_eq!(scanner.open_head(), None);
        let _ = scanner.read(b"b");
        assert_eq!(scanner.open_head(), None);
        let _ = scanner.read(b"G");
        assert_eq!(scanner.open_head(), Some(1));
    }
}
