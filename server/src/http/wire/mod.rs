//! Reads HTTP/1 heads as strictly as RFC 9112 writes them, before the lenient parser behind it sees a byte.
//!
//! A parser that forgives a bare line feed, a folded header or two lengths disagrees with some proxy in front of it about
//! where a request ends, and that disagreement is request smuggling. So the bytes of every connection pass through
//! [`StrictHeads`]: what breaks the framing rules is replaced by a NUL, which the parser behind answers with 400 before
//! it closes the connection. HTTP/2 has its own framing and passes untouched after its preface.
//!
//! A head that has begun must be complete within the time given, also the first one of a connection that stays silent;
//! otherwise reading fails with `TimedOut` and the connection closes without an answer.

mod scanner;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use scanner::{Refused, Scanner};

/// The parser behind looks at a head that came in pieces only when it seems complete.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A connection whose incoming bytes are checked while they are read.
pub(super) struct StrictHeads<S> {
    inner: S,
    scanner: Scanner,
    head_timeout: Duration,
    deadline: Option<(u64, Pin<Box<Sleep>>)>,
    /// What is still to be read after the NUL; then the connection is at its end.
    ending: &'static [u8],
}

impl<S> StrictHeads<S> {
    pub(super) fn new(inner: S, head_timeout: Duration) -> Self {
        let deadline = Box::pin(sleep_until(Instant::now() + head_timeout));
        Self { inner, scanner: Scanner::default(), head_timeout, deadline: Some((0, deadline)), ending: HEAD_END }
    }

    /// The clock runs while a head is open, and starts anew for each head.
    fn keep_deadline(&mut self) {
        match (self.scanner.open_head(), &self.deadline) {
            (None, _) => self.deadline = None,
            (Some(head), Some((timed, _))) if head == *timed => {}
            (Some(head), _) => {
                let sleep = Box::pin(sleep_until(Instant::now() + self.head_timeout));
                self.deadline = Some((head, sleep));
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictHeads<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.scanner.has_refused() {
            let (piece, rest) = this.ending.split_at(this.ending.len().min(buf.remaining()));
            buf.put_slice(piece);
            this.ending = rest;
            return Poll::Ready(Ok(()));
        }
        if let Some((_, deadline)) = &mut this.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let fresh = &mut buf.filled_mut()[before..];
        if let Err(Refused { at }) = this.scanner.read(fresh) {
            fresh[at] = 0;
            buf.set_filled(before + at + 1);
        }
        this.keep_deadline();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictHeads<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
