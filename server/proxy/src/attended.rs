//! Runs a call inside the connection that waits for its answer, for as long as somebody waits.
//!
//! What is left of the call once its answer has begun, or its client has hung up, goes on in a task of its own. So most
//! calls need no task, and still nothing about their money depends on their client.

use crate::body::Body;
use futures_util::FutureExt as _;
use futures_util::future::CatchUnwind;
use http::Response;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::oneshot::{self, error::TryRecvError};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Resolves to the answer; to `None` if the call ended without one, which only a panic in it can do.
pub(crate) struct Attended {
    /// `None` once it is done.
    work: Option<CatchUnwind<AssertUnwindSafe<Work>>>,
    answer: oneshot::Receiver<Response<Body>>,
}

impl Attended {
    pub(crate) fn new(
        work: impl Future<Output = ()> + Send + 'static,
        answer: oneshot::Receiver<Response<Body>>,
    ) -> Self {
        Self { work: Some(AssertUnwindSafe(Box::pin(work) as Work).catch_unwind()), answer }
    }
}

impl Future for Attended {
    type Output = Option<Response<Body>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.work.as_mut().is_some_and(|work| work.poll_unpin(cx).is_ready()) {
            self.work = None;
        }
        // Only the work sends it, which has just been here: it needs to wake nobody.
        match self.answer.try_recv() {
            Err(TryRecvError::Empty) => Poll::Pending,
            answer => Poll::Ready(answer.ok()),
        }
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        // Without a runtime the process is at its end; then the guard in the call settles it.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::sync::Notify;

    fn answer() -> Response<Body> {
        Response::new(Body::whole("done"))
    }

    #[tokio::test]
    async fn what_is_left_goes_on_when_the_answer_is_there_and_when_nobody_waits() {
        for hangs_up in [false, true] {
            let (told, answered) = oneshot::channel();
            let (go_on, finished) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
            let (waits, finishes) = (go_on.clone(), finished.clone());
            let mut attended = Attended::new(
                async move {
                    if !hangs_up {
                        assert!(told.send(answer()).is_ok());
                    } else {
                        let mut told = told;
                        told.closed().await;
                    }
                    waits.notified().await;
                    finishes.store(true, Ordering::SeqCst);
                    waits.notify_one();
                },
                answered,
            );
            match hangs_up {
                false => assert!((&mut attended).await.is_some()),
                true => assert!(futures_util::poll!(&mut attended).is_pending()),
            }
            drop(attended);
            assert!(!finished.load(Ordering::SeqCst));
            go_on.notify_one();
            while !finished.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_panic_ends_the_call_and_not_the_connection() {
        let (told, answered) = oneshot::channel();
        let work = async move {
            let _told = told;
            panic!("a defect");
        };
        assert!(Attended::new(work, answered).await.is_none());
    }
}
