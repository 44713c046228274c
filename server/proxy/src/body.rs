//! The body of an answer: one piece, or a channel that the call's own task feeds.
//!
//! The channel holds at most [`WINDOW_BYTES`]: a client that reads slowly slows the provider down instead of filling
//! memory. An answer that ends without [`Sender::finish`] is an error to the server below, which cuts the connection,
//! so that no client takes half an answer for a whole one.

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{Semaphore, mpsc};

/// How much of an answer waits for its client at most.
pub(crate) const WINDOW_BYTES: usize = 256 * 1024;

pub struct Body(Inner);

enum Inner {
    Whole(Option<Bytes>),
    Channel { receiver: mpsc::UnboundedReceiver<Message>, window: Arc<Semaphore>, taken: usize, ended: bool },
}

enum Message {
    Data(Bytes),
    End,
}

/// The answer broke off.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the answer broke off before its end")]
pub struct BrokenOff;

impl Body {
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(Inner::Whole((!bytes.is_empty()).then_some(bytes)))
    }

    pub(crate) fn channel() -> (Sender, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let window = Arc::new(Semaphore::new(WINDOW_BYTES));
        let body = Self(Inner::Channel { receiver, window: Arc::clone(&window), taken: 0, ended: false });
        (Sender { sender, window }, body)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut self.get_mut().0 {
            Inner::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Inner::Channel { receiver, window, taken, ended } => {
                // Asking for more says that the server has dealt with what it took before.
                window.add_permits(std::mem::take(taken));
                if *ended {
                    return Poll::Ready(None);
                }
                match std::task::ready!(receiver.poll_recv(context)) {
                    Some(Message::Data(bytes)) => {
                        *taken = bytes.len();
                        Poll::Ready(Some(Ok(Frame::data(bytes))))
                    }
                    Some(Message::End) => {
                        *ended = true;
                        Poll::Ready(None)
                    }
                    None => {
                        *ended = true;
                        Poll::Ready(Some(Err(BrokenOff)))
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_none(),
            Inner::Channel { ended, .. } => *ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Inner::Channel { .. } => SizeHint::default(),
        }
    }
}

/// The client hung up, or the server below dropped its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientGone;

/// The writing end, held by the call's task.
pub(crate) struct Sender {
    sender: mpsc::UnboundedSender<Message>,
    window: Arc<Semaphore>,
}

impl Sender {
    /// Hands bytes to the client; waits while the window is full.
    pub(crate) async fn send(&self, mut bytes: Bytes) -> Result<(), ClientGone> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(WINDOW_BYTES));
            let permits = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            tokio::select! {
                biased;
                permit = self.window.acquire_many(permits) => match permit {
                    Ok(permit) => permit.forget(),
                    Err(_) => return Err(ClientGone),
                },
                () = self.sender.closed() => return Err(ClientGone),
            }
            self.sender.send(Message::Data(piece)).map_err(|_| ClientGone)?;
        }
        Ok(())
    }

    /// The answer is whole.
    pub(crate) fn finish(self) {
        // A client that hung up in the meantime misses nothing.
        let _ = self.sender.send(Message::End);
    }

    pub(crate) async fn closed(&self) {
        self.sender.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_client_that_does_not_read_stops_the_sender() {
        let (sender, mut body) = Body::channel();
        sender.send(Bytes::from(vec![0; WINDOW_BYTES])).await.unwrap();
        let mut more = Box::pin(sender.send(Bytes::from_static(b"x")));
        assert!(futures_util::poll!(&mut more).is_pending());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), WINDOW_BYTES);
        assert!(futures_util::poll!(Box::pin(body.frame())).is_pending());
        assert_eq!(more.await, Ok(()));
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_an_error() {
        let (sender, mut body) = Body::channel();
        sender.send(Bytes::from_static(b"half")).await.unwrap();
        drop(sender);
        assert!(body.frame().await.unwrap().is_ok());
        assert!(body.frame().await.unwrap().is_err());
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_hung_up_client_is_noticed_by_a_waiting_sender() {
        let (sender, body) = Body::channel();
        sender.send(Bytes::from(vec![0; WINDOW_BYTES])).await.unwrap();
        let mut more = Box::pin(sender.send(Bytes::from_static(b"x")));
        assert!(futures_util::poll!(&mut more).is_pending());
        drop(body);
        assert_eq!(more.await, Err(ClientGone));
    }
}
