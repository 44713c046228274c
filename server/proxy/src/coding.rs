//! Takes a provider's compression off an answer, for providers that compress although they were asked not to: usage is
//! read from plain bytes only.
//!
//! Works piece by piece, so that streams flow and a small answer cannot unfold into all memory; what unfolds into more
//! than [`MOST_UNFOLDED_BYTES`] breaks off, and so does what is damaged, and gzip that ends early (deflate does not say
//! that it did: its text then ends like one that was never compressed). Other codings are not known here.

use crate::upstream::{BoxError, UpstreamBody};
use bytes::Bytes;
use flate2::write::{GzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// More than any honest answer: the largest lists of embeddings are a third of it.
const MOST_UNFOLDED_BYTES: u64 = 256 * 1024 * 1024;
/// One byte unfolds into about a thousand at most, so that a step makes a megabyte.
const STEP_BYTES: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
}

/// The answer is coded in a way that is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownCoding;

/// How an answer is coded.
pub(crate) fn of(headers: &HeaderMap) -> Result<Coding, UnknownCoding> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let Some(coding) = codings.next() else { return Ok(Coding::Identity) };
    if codings.next().is_some() {
        return Err(UnknownCoding);
    }
    let coding = coding.to_str().map_err(|_| UnknownCoding)?.trim();
    let is = |name| coding.eq_ignore_ascii_case(name);
    match () {
        () if coding.is_empty() || is("identity") => Ok(Coding::Identity),
        () if is("gzip") || is("x-gzip") => Ok(Coding::Gzip),
        () if is("deflate") => Ok(Coding::Deflate),
        () => Err(UnknownCoding),
    }
}

/// The body without its coding.
pub(crate) fn decoded(body: UpstreamBody, coding: Coding) -> UpstreamBody {
    decoded_up_to(MOST_UNFOLDED_BYTES, body, coding)
}

fn decoded_up_to(most: u64, body: UpstreamBody, coding: Coding) -> UpstreamBody {
    let unfolding = match coding {
        Coding::Identity => return body,
        Coding::Gzip => Unfolding::Gzip(GzDecoder::new(Vec::new())),
        Coding::Deflate => Unfolding::Deflate(ZlibDecoder::new(Vec::new())),
    };
    Decoded { body, unfolding: Some(unfolding), folded: Bytes::new(), left: most }.boxed_unsync()
}

enum Unfolding {
    Gzip(GzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
}

impl Unfolding {
    fn step(&mut self, folded: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(decoder) => {
                decoder.write_all(folded)?;
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Self::Deflate(decoder) => {
                decoder.write_all(folded)?;
                decoder.flush()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }

    /// What is left, if the coded answer was whole.
    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(decoder) => decoder.finish(),
            Self::Deflate(decoder) => decoder.finish(),
        }
    }
}

struct Decoded {
    body: UpstreamBody,
    /// `None` after the end.
    unfolding: Option<Unfolding>,
    /// What came and was not unfolded yet.
    folded: Bytes,
    /// How much more may be unfolded.
    left: u64,
}

impl Decoded {
    fn give(&mut self, unfolded: Vec<u8>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(left) = self.left.checked_sub(unfolded.len() as u64) else {
            self.unfolding = None;
            return Poll::Ready(Some(Err("a compressed answer unfolds into too much".into())));
        };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(unfolded.into()))))
    }
}

impl Body for Decoded {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            let Some(unfolding) = &mut this.unfolding else { return Poll::Ready(None) };
            if !this.folded.is_empty() {
                let step = this.folded.split_to(this.folded.len().min(STEP_BYTES));
                match unfolding.step(&step) {
                    Ok(unfolded) if unfolded.is_empty() => continue,
                    Ok(unfolded) => return this.give(unfolded),
                    Err(error) => {
                        this.unfolding = None;
                        return Poll::Ready(Some(Err(error.into())));
                    }
                }
            }
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => this.folded = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    this.unfolding = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => match this.unfolding.take().map(Unfolding::finish) {
                    Some(Ok(rest)) if !rest.is_empty() => return this.give(rest),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                    _ => return Poll::Ready(None),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use futures_util::{StreamExt, stream};
    use http_body_util::StreamBody;

    const TEXT: &[u8] = b"data: {\"choices\":[]}\n\ndata: [DONE]\n\n";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn body(bytes: &[u8], piece: usize) -> UpstreamBody {
        let pieces: Vec<_> =
            bytes.chunks(piece).map(Bytes::copy_from_slice).map(|piece| Ok(Frame::data(piece))).collect();
        StreamBody::new(stream::iter(pieces)).boxed_unsync()
    }

    async fn read(bytes: &[u8], piece: usize, coding: Coding) -> Option<Vec<u8>> {
        let collected = decoded(body(bytes, piece), coding).collect().await;
        collected.ok().map(|collected| collected.to_bytes().to_vec())
    }

    #[tokio::test]
    async fn what_was_compressed_is_what_is_read_however_it_is_cut() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(TEXT).unwrap();
        let zlib = zlib.finish().unwrap();
        for piece in 1..80 {
            assert_eq!(read(&gzip(TEXT), piece, Coding::Gzip).await.as_deref(), Some(TEXT));
            assert_eq!(read(&zlib, piece, Coding::Deflate).await.as_deref(), Some(TEXT));
            assert_eq!(read(TEXT, piece, Coding::Identity).await.as_deref(), Some(TEXT));
        }
    }

    #[tokio::test]
    async fn what_ends_early_is_broken() {
        let folded = gzip(TEXT);
        for at in 0..folded.len() {
            assert_eq!(read(&folded[..at], 7, Coding::Gzip).await, None, "{at}");
        }
        assert_eq!(read(b"this was never compressed", 7, Coding::Gzip).await, None);
    }

    #[tokio::test]
    async fn what_was_flushed_is_given_out_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"data: 1\n\n").unwrap();
        encoder.flush().unwrap();
        let begun = std::mem::take(encoder.get_mut());
        let frames = stream::iter([Ok(Frame::data(Bytes::from(begun)))]).chain(stream::pending());
        let mut body = decoded(StreamBody::new(frames).boxed_unsync(), Coding::Gzip);
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(&frame.into_data().unwrap()[..], b"data: 1\n\n");
    }

    #[tokio::test]
    async fn a_bomb_goes_off_in_small_pieces_and_is_stopped() {
        const MEGABYTE: usize = 1024 * 1024;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 8 * MEGABYTE]).unwrap();
        let bomb = encoder.finish().unwrap();
        let mut body = decoded_up_to(4 * MEGABYTE as u64, body(&bomb, 100_000), Coding::Gzip);
        let mut given = 0;
        let failed = loop {
            match body.frame().await {
                Some(Ok(frame)) => {
                    let piece = frame.into_data().unwrap().len();
                    assert!(piece <= 2 * MEGABYTE);
                    given += piece;
                }
                Some(Err(_)) => break true,
                None => break false,
            }
        };
        assert!(failed && given <= 4 * MEGABYTE);
    }

    #[test]
    fn codings_are_recognised_and_others_are_not_guessed() {
        let headers = |codings: &[&'static str]| {
            codings
                .iter()
                .map(|&coding| (CONTENT_ENCODING, http::HeaderValue::from_static(coding)))
                .collect::<HeaderMap>()
        };
        for (codings, expected) in [
            (&[][..], Ok(Coding::Identity)),
            (&["identity"], Ok(Coding::Identity)),
            (&["GZIP"], Ok(Coding::Gzip)),
            (&["deflate"], Ok(Coding::Deflate)),
            (&["br"], Err(UnknownCoding)),
            (&["zstd"], Err(UnknownCoding)),
            (&["gzip, gzip"], Err(UnknownCoding)),
            (&["gzip", "gzip"], Err(UnknownCoding)),
        ] {
            assert_eq!(of(&headers(codings)), expected, "{codings:?}");
        }
    }
}
