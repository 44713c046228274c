//! One connection with what drives it.

use super::{Payload, Transport};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

pub(super) struct Link<T: Transport, B: Payload> {
    sender: SendRequest<B>,
    /// `None` once it has ended. On the heap, since links go from hand to hand.
    connection: Option<Box<Connection<T, B>>>,
}

impl<T: Transport, B: Payload> Link<T, B> {
    pub(super) fn new(sender: SendRequest<B>, connection: Connection<T, B>) -> Self {
        Self { sender, connection: Some(Box::new(connection)) }
    }

    /// Reads and writes as far as that is possible now.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.connection, cx);
    }

    /// True if a request can be sent at once: the last one is written, its answer is read, and nobody has hung up.
    pub(super) fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.connection.is_some() && matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())))
    }

    pub(super) async fn send(&mut self, request: Request<B>) -> Result<Response<Incoming>, TrySendError<Request<B>>> {
        let Self { sender, connection } = self;
        let mut response = pin!(sender.try_send_request(request));
        poll_fn(|cx| {
            drive(connection, cx);
            response.as_mut().poll(cx)
        })
        .await
    }
}

fn drive<T: Transport, B: Payload>(driven: &mut Option<Box<Connection<T, B>>>, cx: &mut Context<'_>) {
    if let Some(connection) = driven
        && let Poll::Ready(ended) = pin!(connection).poll(cx)
    {
        *driven = None;
        // Whoever sends or reads on it is told; an idle one that ends is nobody's business.
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to a provider ended");
        }
    }
}
