//! The order of stopping: not ready, then no new connections, then drained or cut.
//!
//! The first SIGTERM or Ctrl-C says `draining` to load balancers, gives them `lb_delay` to notice, and then stops
//! accepting. A second one skips what is left of the wait and cuts open connections; what must reach the disk is
//! written afterwards in both cases by whoever awaits [`crate::http::accept::serve`].

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::health::{Readiness, State};

/// What the parts of the process watch. Cancelled in this order.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Accept no more connections, begin to drain.
    pub stop: CancellationToken,
    /// Give up on what is still open.
    pub cut: CancellationToken,
}

impl Shutdown {
    /// Listens to SIGTERM and SIGINT for the rest of the process.
    pub fn on_signals(readiness: Readiness, lb_delay: Duration) -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (sender, requests) = mpsc::channel(2);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    Some(()) = terminate.recv() => {}
                    Some(()) = interrupt.recv() => {}
                    else => return,
                }
                // A full queue means that more than two signals came: there is nothing beyond "cut".
                let _ = sender.try_send(());
            }
        });
        let shutdown = Self::default();
        tokio::spawn(shutdown.clone().run(requests, readiness, lb_delay));
        Ok(shutdown)
    }

    async fn run(self, mut requests: mpsc::Receiver<()>, readiness: Readiness, lb_delay: Duration) {
        if requests.recv().await.is_none() {
            return;
        }
        tracing::info!("stopping: open requests are finished, a second signal cuts them");
        readiness.set(State::Draining);
        let second = tokio::time::timeout(lb_delay, requests.recv()).await;
        self.stop.cancel();
        if second.is_err() && requests.recv().await.is_none() {
            return;
        }
        tracing::warn!("stopping now: open requests are cut");
        self.cut.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopping(lb_delay: Duration) -> (mpsc::Sender<()>, Shutdown, Readiness) {
        let (sender, requests) = mpsc::channel(2);
        let (shutdown, readiness) = (Shutdown::default(), Readiness::default());
        tokio::spawn(shutdown.clone().run(requests, readiness.clone(), lb_delay));
        (sender, shutdown, readiness)
    }

    #[tokio::test]
    async fn the_first_request_drains_and_the_second_cuts() {
        let (sender, shutdown, readiness) = stopping(Duration::ZERO);
        sender.send(()).await.unwrap();
        shutdown.stop.cancelled().await;
        assert_eq!(readiness.get(), State::Draining);
        assert!(!shutdown.cut.is_cancelled());
        sender.send(()).await.unwrap();
        shutdown.cut.cancelled().await;
    }

    #[tokio::test]
    async fn the_second_request_does_not_wait_for_load_balancers() {
        let (sender, shutdown, readiness) = stopping(Duration::from_secs(3600));
        sender.send(()).await.unwrap();
        sender.send(()).await.unwrap();
        shutdown.cut.cancelled().await;
        assert!(shutdown.stop.is_cancelled());
        assert_eq!(readiness.get(), State::Draining);
    }
}
