//! One connection with what drives it.

mod own_waker;

use super::{Payload, Transport};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest};
use own_waker::OwnWaker;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(super) struct Link<T: Transport, B: Payload> {
    sender: SendRequest<B>,
    driven: Driven<T, B>,
}

/// The connection, and who is woken when it can go on.
struct Driven<T: Transport, B: Payload> {
    /// `None` once it has ended. On the heap, since links go from hand to hand.
    connection: Option<Box<Connection<T, B>>>,
    own: Arc<OwnWaker>,
    waker: Waker,
}

impl<T: Transport, B: Payload> Link<T, B> {
    pub(super) fn new(sender: SendRequest<B>, connection: Connection<T, B>) -> Self {
        let own = Arc::<OwnWaker>::default();
        let waker = Waker::from(Arc::clone(&own));
        Self { sender, driven: Driven { connection: Some(Box::new(connection)), own, waker } }
    }

    /// Asks for what the connection brings, and reads and writes as far as that is possible now.
    pub(super) fn poll<R>(&mut self, cx: &mut Context<'_>, ask: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        self.driven.poll(cx, ask)
    }

    /// True if a request can be sent at once: the last one is written, its answer is read, and nobody has hung up.
    pub(super) fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let Self { sender, driven } = self;
        let ready = driven.poll(cx, |cx| sender.poll_ready(cx));
        driven.own.leave();
        driven.connection.is_some() && matches!(ready, Poll::Ready(Ok(())))
    }

    /// No `async fn`, whose future would hold the request although it is handed over at once.
    pub(super) fn send(
        &mut self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Incoming>, TrySendError<Request<B>>>> {
        let Self { sender, driven } = self;
        let response = sender.try_send_request(request);
        async move {
            let mut response = pin!(response);
            poll_fn(|cx| driven.poll(cx, |cx| response.as_mut().poll(cx))).await
        }
    }
}

impl<T: Transport, B: Payload> Driven<T, B> {
    fn poll<R>(&mut self, cx: &mut Context<'_>, mut ask: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        let Self { connection, own, waker } = self;
        let mut inside = Context::from_waker(waker);
        own.attend(cx.waker(), || {
            drive(connection, &mut inside);
            ask(&mut inside)
        })
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
