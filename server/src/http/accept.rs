//! Accepts connections and serves HTTP/1 and HTTP/2 (prior knowledge) on them, within bounds.
//!
//! Always true: a connection that sends nothing, or half a head, is closed after `head_timeout`; an idle one after
//! `idle_timeout`; heads are bounded in headers and bytes; one address cannot take all places.
//!
//! How it fails: when the system is out of file descriptors, accepting pauses and goes on, it neither spins nor ends.
//! Over the connection limit, a new connection gets 503 and is closed. When told to stop, nothing new is accepted,
//! open connections finish what they serve (`Connection: close`, GOAWAY), and what remains after `drain` is cut.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::connection_limit::{ConnectionLimit, OpenConnections};
use super::wire::StrictHeads;

/// After a failed accept for want of resources: long enough not to spin, short enough not to be noticed.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);
/// For the last event of a stream that took longer than the drain.
const LAST_WORDS: Duration = Duration::from_secs(2);
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n";

#[derive(Debug, Clone)]
pub struct AcceptSettings {
    pub head_timeout: Duration,
    /// Longer than the idle time of common load balancers (60 s), so that they never reuse a connection just closed.
    pub idle_timeout: Duration,
    pub max_headers: usize,
    pub max_head_bytes: usize,
    pub http2_streams: u32,
    pub http2_keep_alive: Duration,
    pub connections: ConnectionLimit,
    pub drain: Duration,
}

impl Default for AcceptSettings {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(120),
            max_headers: 100,
            max_head_bytes: 32 * 1024,
            http2_streams: 128,
            http2_keep_alive: Duration::from_secs(20),
            connections: ConnectionLimit { total: 10_000, per_address: 200, exempt: Vec::new() },
            drain: Duration::from_secs(60),
        }
    }
}

/// How serving ended: `cut` connections had not finished when the time for draining was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    pub cut: usize,
}

/// Serves `listener` until `stop` is cancelled and the open connections are drained, or `cut` is cancelled. If some are
/// left then, `overdue` is called, so that streams can say why they end, and what is left soon afterwards is cut.
pub async fn serve<S, F, B>(
    listener: TcpListener,
    settings: AcceptSettings,
    service: S,
    stop: CancellationToken,
    cut: CancellationToken,
    overdue: impl FnOnce(),
) -> Drained
where
    S: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let open = OpenConnections::new(settings.connections.clone());
    let builder = connection_builder(&settings);
    let graceful = GracefulShutdown::new();
    // Ends the connections that outlive the drain and their last words.
    let end = CancellationToken::new();

    while let Some((stream, peer)) = next_connection(&listener, &stop).await {
        let seat = match open.admit(peer.ip()) {
            Ok(seat) => seat,
            Err(full) => {
                tracing::debug!(client.address = %peer.ip(), reason = ?full, "refused a connection over the limit");
                // Best effort: the answer fits any empty send buffer, and the connection closes either way.
                let _ = stream.try_write(FULL);
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(StrictHeads::new(stream, settings.head_timeout));
        let service = service.clone();
        // Not an `async` block: it would hold the answer's future twice, and copy it for each request.
        let answer = service_fn(move |request| service(request, peer).map(Ok::<_, Infallible>));
        let connection = builder.serve_connection(io, answer).into_owned();
        let connection = graceful.watch(connection);
        let end = end.clone();
        tokio::spawn(async move {
            let _seat = seat;
            // An error here is a client that broke the protocol or hung up: its own business.
            let _ = end.run_until_cancelled(connection).await;
        });
    }

    drop(listener);
    let mut closed = std::pin::pin!(graceful.shutdown());
    let drained = tokio::time::timeout(settings.drain, &mut closed);
    let cut = match cut.run_until_cancelled(drained).await {
        Some(Ok(())) => 0,
        _ => {
            let left = open.count();
            overdue();
            // Whether they made it or not: the rest is cut now.
            let _ = tokio::time::timeout(LAST_WORDS, closed).await;
            left
        }
    };
    end.cancel();
    Drained { cut }
}

fn connection_builder(settings: &AcceptSettings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Runs from the end of one answer to the end of the next head; a head that has begun has less time (`wire`).
        .header_read_timeout(settings.idle_timeout)
        .max_headers(settings.max_headers)
        .max_buf_size(settings.max_head_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.http2_streams)
        .max_header_list_size(u32::try_from(settings.max_head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(settings.http2_keep_alive)
        .keep_alive_timeout(settings.http2_keep_alive);
    builder
}

async fn next_connection(listener: &TcpListener, stop: &CancellationToken) -> Option<(TcpStream, SocketAddr)> {
    loop {
        match stop.run_until_cancelled(listener.accept()).await? {
            Ok(accepted) => return Some(accepted),
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections, trying again: {error}");
                let pause = tokio::time::sleep(PAUSE_WHEN_EXHAUSTED);
                stop.run_until_cancelled(pause).await?;
            }
        }
    }
}

/// The connection was gone before it was accepted; the next one is not affected.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_descriptors_pauses_and_a_lost_client_does_not() {
        let emfile = io::Error::from_raw_os_error(24);
        let aborted = io::Error::from_raw_os_error(103);
        assert!(!is_the_clients(&emfile));
        assert!(is_the_clients(&aborted));
    }
}
