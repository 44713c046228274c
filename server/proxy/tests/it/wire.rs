//! A provider that writes what it is told on a real connection, byte by byte: every way in which HTTP can go wrong.

use crate::world::World;
use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use proxy::{BoxError, Gateway, HyperUpstream, Parts, Settings, Timeouts, Upstream};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a provider does with a connection once it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Send(Vec<u8>),
    Close,
    /// Cuts the connection so that the other side sees an error.
    Reset,
    /// Says nothing more until the other side hangs up.
    Hang,
    /// Says the same over and over until the other side hangs up.
    Repeat(Vec<u8>, Duration),
}

pub(crate) fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}

/// Listens on loopback until it is dropped.
pub(crate) struct WireProvider {
    pub(crate) port: u16,
    scripts: Arc<Mutex<VecDeque<Vec<Act>>>>,
    server: JoinHandle<()>,
}

impl Drop for WireProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl WireProvider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scripts = Arc::<Mutex<VecDeque<Vec<Act>>>>::default();
        let server = tokio::spawn({
            let scripts = Arc::clone(&scripts);
            async move {
                loop {
                    let (socket, _) = listener.accept().await.unwrap();
                    // What the other side does to the connection is its business.
                    tokio::spawn(serve(socket, Arc::clone(&scripts)));
                }
            }
        });
        Self { port, scripts, server }
    }

    /// What to do about the next request; connections are kept unless told otherwise.
    pub(crate) fn will(&self, script: impl Into<Vec<Act>>) {
        self.scripts.lock().unwrap().push_back(script.into());
    }

    /// Takes back what it was told and nobody asked for.
    pub(crate) fn forget(&self) {
        self.scripts.lock().unwrap().clear();
    }

    pub(crate) fn gateway(&self, world: &World, timeouts: Timeouts) -> Arc<Gateway> {
        let settings = Settings { timeouts, ..Settings::default() };
        gateway_over(world, HyperUpstream::new(ToPort(self.port)), settings)
    }
}

async fn serve(mut socket: TcpStream, scripts: Arc<Mutex<VecDeque<Vec<Act>>>>) -> std::io::Result<()> {
    let _ = socket.set_nodelay(true);
    loop {
        read_request(&mut socket).await?;
        let Some(script) = scripts.lock().unwrap().pop_front() else { return Ok(()) };
        for act in script {
            match act {
                Act::Send(bytes) => socket.write_all(&bytes).await?,
                Act::Close => return Ok(()),
                Act::Reset => return socket.set_zero_linger(),
                Act::Hang => {
                    socket.read_u8().await?;
                    return Ok(());
                }
                Act::Repeat(bytes, every) => loop {
                    socket.write_all(&bytes).await?;
                    tokio::time::sleep(every).await;
                },
            }
        }
    }
}

async fn read_request(socket: &mut TcpStream) -> std::io::Result<()> {
    let mut got = Vec::new();
    let ended = || Err(std::io::ErrorKind::UnexpectedEof.into());
    let head = loop {
        if socket.read_buf(&mut got).await? == 0 {
            return ended();
        }
        if let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&got[..head]).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    while got.len() < head + length {
        if socket.read_buf(&mut got).await? == 0 {
            return ended();
        }
    }
    Ok(())
}

/// Sends every name to one loopback port.
#[derive(Clone)]
pub(crate) struct ToPort(pub(crate) u16);

impl tower::Service<Uri> for ToPort {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;
    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: Uri) -> Self::Future {
        let port = self.0;
        Box::pin(async move { Ok(TokioIo::new(TcpStream::connect(("127.0.0.1", port)).await?)) })
    }
}

pub(crate) fn gateway_over(world: &World, upstream: impl Upstream + 'static, settings: Settings) -> Arc<Gateway> {
    Gateway::new(Parts {
        directory: Arc::clone(&world.directory) as _,
        ledger: Arc::clone(&world.ledger) as _,
        history: Arc::clone(&world.ledger) as _,
        stored: Arc::clone(&world.stored) as _,
        clock: Arc::new(crate::world::ManualClock::new()),
        upstream: Arc::new(upstream),
        random: Box::new(|| 1),
        settings,
    })
}
