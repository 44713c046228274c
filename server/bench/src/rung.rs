//! The steps of the ladder: gateways of this process's own code, each doing one thing more than the one before.
//!
//! Every step is the project's accept loop and upstream connector; what is between them grows. Compiled into the bench
//! only and started by it as a process of its own: nothing that is shipped can pass calls through unchecked. A step ends
//! when its standard input is closed, so that none outlives the bench.

mod floor;
mod in_memory;

use crate::Problem;
use crate::installation::{database_url, unseal};
use clap::ValueEnum;
use domain::time::Clock;
use floor::PassThrough;
use in_memory::{KeepsNothing, LimitsOnly, NoHistory};
use portal::sealing::Sealing;
use proxy::ports::Ledger;
use proxy::{Gateway, HyperUpstream, Parts};
use server::clock::{SystemClock, spread};
use server::gateway::directory::Directory;
use server::gateway::ingest::Ingest;
use server::gateway::recovery::{open_ledger, resume};
use server::gateway::spool::{self, Spool};
use server::http::accept::{self, AcceptSettings};
use server::http::connection_limit::ConnectionLimit;
use server::http::egress::{EgressPolicy, upstream_connector};
use server::wiring::policy_source::StoredPolicy;
use server::wiring::usage_store::StoredUsage;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Rung {
    /// Accepts, sends on, sends back.
    PassThrough,
    /// And knows whose key it is.
    Key,
    /// And reads the body, asks policy and price, meters the answer, and counts requests and concurrency.
    Policy,
    /// And reserves and settles in the ledger, whose journal is made and thrown away.
    Budgets,
    /// And writes the journal and the database.
    Metering,
}

impl Rung {
    pub const ALL: [Self; 5] = [Self::PassThrough, Self::Key, Self::Policy, Self::Budgets, Self::Metering];

    pub const fn title(self) -> &'static str {
        match self {
            Self::PassThrough => "pass-through",
            Self::Key => "+ key",
            Self::Policy => "+ policy and limits",
            Self::Budgets => "+ budgets",
            Self::Metering => "+ metering and spool",
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Options {
    #[arg(value_enum)]
    rung: Rung,
    /// Where the scripted provider listens.
    #[arg(long)]
    provider: SocketAddr,
    /// An installation's folder.
    #[arg(long)]
    folder: PathBuf,
}

/// Serves until the standard input is closed.
pub async fn run(options: Options) -> Result<(), Problem> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let connector = upstream_connector(&EgressPolicy::with_loopback())?;
    let installed = Installed::open(&options.folder).await?;
    match options.rung {
        Rung::PassThrough => {
            let floor = PassThrough::new(connector, options.provider, None);
            serve(listener, address, move |request, _| floor.clone().answer(request)).await
        }
        Rung::Key => {
            let floor = PassThrough::new(connector, options.provider, Some(installed.directory));
            serve(listener, address, move |request, _| floor.clone().answer(request)).await
        }
        Rung::Policy | Rung::Budgets | Rung::Metering => {
            let (ledger, ingest) = installed.ledger(options.rung, &options.folder).await?;
            let gateway = Gateway::new(Parts {
                directory: installed.directory.clone(),
                ledger,
                history: Arc::new(NoHistory),
                stored: Arc::new(NoHistory),
                clock: Arc::new(SystemClock),
                upstream: Arc::new(HyperUpstream::new(connector)),
                random: Box::new(spread),
                settings: proxy::Settings::default(),
            });
            let answer = move |request, peer: SocketAddr| {
                let gateway = gateway.clone();
                async move { gateway.handle(request, peer.ip()).await }
            };
            serve(listener, address, answer).await?;
            drop(ingest);
            Ok(())
        }
    }
}

async fn serve<S, F, B>(listener: TcpListener, address: SocketAddr, service: S) -> Result<(), Problem>
where
    S: Fn(http::Request<hyper::body::Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = http::Response<B>> + Send + 'static,
    B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
    let parent = (stop.clone(), cut.clone());
    std::thread::spawn(move || {
        // Ends with the bench: nothing is ever written to this pipe.
        let _ = std::io::stdin().read(&mut [0; 1]);
        parent.0.cancel();
        parent.1.cancel();
    });
    let limits = ConnectionLimit { total: 100_000, per_address: 100_000, exempt: Vec::new() };
    let settings = AcceptSettings { connections: limits, ..AcceptSettings::default() };
    writeln!(std::io::stdout(), "{address}")?;
    accept::serve(listener, settings, service, stop, cut, || ()).await;
    Ok(())
}

struct Installed {
    store: Store,
    directory: Arc<Directory>,
}

impl Installed {
    async fn open(folder: &Path) -> Result<Self, Problem> {
        let store = Store::open(&database_url(folder)).await?;
        let sealing: Arc<Sealing> = Arc::new(unseal(&store).await?);
        let policy = Arc::new(StoredPolicy {
            store: store.clone(),
            sealing,
            organisation: String::new(),
            clock: Arc::new(SystemClock),
        });
        let directory = Arc::new(Directory::new(policy.clone(), policy, Arc::new(SystemClock)));
        directory.load().await?;
        Ok(Self { store, directory })
    }

    async fn ledger(&self, rung: Rung, folder: &Path) -> Result<(Arc<dyn Ledger>, Option<Ingest>), Problem> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let usage = Arc::new(StoredUsage(self.store.clone()));
        let (folder, zone) = (folder.join("spool"), jiff::tz::TimeZone::UTC);
        match rung {
            Rung::Metering => {
                let ledger = open_ledger(&folder, spool::Settings::default(), &*usage, clock, zone).await?;
                let ingest = Ingest::start(ledger.spool(), usage);
                Ok((Arc::new(ledger), Some(ingest)))
            }
            Rung::Budgets => {
                // Nothing is carried away from here, so that it must never be full.
                let settings = spool::Settings { max_bytes: u64::MAX / 4, ..spool::Settings::default() };
                let (spool, found) = Spool::open_on(Arc::new(KeepsNothing), &folder, settings)?;
                Ok((Arc::new(resume(spool, found, &*usage, clock, zone).await?), None))
            }
            _ => Ok((Arc::new(LimitsOnly::new(clock)), None)),
        }
    }
}
