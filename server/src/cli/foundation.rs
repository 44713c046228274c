//! What every long-running command needs before and around the application: lock, listener, command socket, order of stopping.
//!
//! A process has its data folder and its listener, or it does not start. The lock is given back to the caller at the
//! end, so that nothing else opens the folder before the last record is on disk.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use domain::id::EventId;
use domain::time::Clock as _;
use http::{Request, Response};
use tokio::net::TcpListener;
use tower::Service;

use super::socket;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::data_dir::{DataDir, DataDirError};
use crate::gateway::event_ids::EventIds;
use crate::http::accept::{self, AcceptSettings, Drained};
use crate::http::connection_limit::ConnectionLimit;
use crate::http::entrance::{Entrance, Gateway};
use crate::http::front_gate::Site;
use crate::http::health::{Readiness, State};
use crate::http::shutdown::Shutdown;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("cannot listen on {0}: {1}; free it, or listen elsewhere")]
    Listen(SocketAddr, io::Error),
    #[error("cannot open the command socket in the data folder: {0}")]
    Socket(io::Error),
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    #[error(
        "this database was made by keywright dev, where anybody can sign in as administrator; \
         make a new one for keywright serve"
    )]
    DevDatabase,
}

/// What a process holds before it can do anything.
pub struct Foundation {
    pub data_dir: DataDir,
    pub listener: TcpListener,
    pub socket: socket::Listener,
    pub readiness: Readiness,
    pub shutdown: Shutdown,
}

impl Foundation {
    /// Locks first, so that a second process touches nothing of the first.
    pub async fn lay(data_dir: &Path, listen: SocketAddr, lb_delay: Duration) -> Result<Self, StartError> {
        let data_dir = DataDir::lock(data_dir)?;
        let listener = TcpListener::bind(listen).await.map_err(|error| StartError::Listen(listen, error))?;
        let socket = socket::Listener::bind(&data_dir).map_err(StartError::Socket)?;
        let readiness = Readiness::default();
        let shutdown = Shutdown::on_signals(readiness.clone(), lb_delay).map_err(StartError::Signals)?;
        Ok(Self { data_dir, listener, socket, readiness, shutdown })
    }

    /// Without the right root secret: health answers, everything else says that the process is sealed.
    pub async fn serve_sealed(self, site: Site, settings: AcceptSettings) {
        self.readiness.set(State::Sealed);
        let commands = async |_| socket::Answer::Failed("this process is sealed: start it with its root secret".into());
        let nobody = Absent { ids: Arc::new(EventIds::above(None)) };
        self.serve(site, settings, nobody, axum::Router::new(), commands).await;
    }

    /// Serves until told to stop and drained. `commands` answers the command line through the socket.
    pub async fn serve<G, P, H, F>(
        self,
        site: Site,
        settings: AcceptSettings,
        gateway: G,
        portal: P,
        commands: H,
    ) -> (DataDir, Drained)
    where
        G: Gateway,
        P: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        H: Fn(socket::Request) -> F,
        F: Future<Output = socket::Answer>,
    {
        let entrance = Entrance { site: Arc::new(site), readiness: self.readiness, gateway, portal };
        let streams = entrance.gateway.clone();
        let answer = move |request, peer| entrance.clone().answer(request, peer);
        let Shutdown { stop, cut } = self.shutdown;
        let (drained, ()) = tokio::join!(
            accept::serve(self.listener, settings, answer, stop.clone(), cut, || streams.cut_streams()),
            self.socket.serve(commands, stop),
        );
        if drained.cut > 0 {
            tracing::warn!(connections = drained.cut, "cut {} connections that did not finish in time", drained.cut);
        }
        (self.data_dir, drained)
    }
}

/// Nobody is at home: what a sealed process puts where the gateway would be. Readiness refuses before it is asked.
#[derive(Clone)]
struct Absent {
    ids: Arc<EventIds>,
}

impl Gateway for Absent {
    type Body = String;

    async fn call(&self, _: Request<hyper::body::Incoming>, _: IpAddr) -> Response<String> {
        let mut response = Response::new(String::new());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        response
    }

    fn next_request(&self) -> EventId {
        self.ids.next(SystemClock.now())
    }

    fn cut_streams(&self) {}
}

/// The bounds that a configuration sets for its listener.
pub fn accept_settings(config: &Config) -> AcceptSettings {
    AcceptSettings {
        connections: ConnectionLimit {
            total: config.limits.connections,
            per_address: config.limits.connections_per_address,
            exempt: config.trusted_proxies.clone(),
        },
        drain: config.limits.drain,
        ..AcceptSettings::default()
    }
}

/// Nothing of dev mode can be carried over to production, where its accounts would be doors.
pub fn refuse_dev_database(is_dev: bool) -> Result<(), StartError> {
    match is_dev {
        true => Err(StartError::DevDatabase),
        false => Ok(()),
    }
}

/// One provider of cryptography for every TLS connection. Call first thing in `main`.
pub fn install_crypto() {
    // Fails only if one is installed already, and then there is one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
