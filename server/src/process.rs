//! The process, put together: store, sealing, ledger, directory, gateway, portal, sign-in, and the order of stopping.
//!
//! `dev` and `serve` differ in a [`Plan`] of values and in nothing else. Always true: the ledger is recovered before the
//! first call is admitted, policy is loaded before readiness, and at the end every settled call is on disk before the
//! lock of the data folder is given back.

use crate::auth::oidc::{IssuerHttp, IssuerSettings};
use crate::auth::page::AuthPage;
use crate::auth::{Auth, AuthParts, AuthSetupError, TeamsChanged};
use crate::cli::commands::Commands;
use crate::clock::{SystemClock, SystemRandomness, spread};
use crate::config::data_dir::DataDir;
use crate::config::{MailServer, Organisation};
use crate::gateway::directory::Directory;
use crate::gateway::ingest::Ingest;
use crate::gateway::ledger::Ledger;
use crate::gateway::recovery::{NotRecovered, open_ledger};
use crate::gateway::stored_responses::StoredResponses;
use crate::gateway::{Unavailable, spool};
use crate::http::egress::{EgressPolicy, upstream_connector};
use crate::http::entrance;
use crate::http::origin::Origin;
use crate::http::shutdown::Shutdown;
use crate::jobs;
use crate::mail::{self, Correspondent, Relay, RelayError};
use crate::router;
use crate::state::{App, Look};
use crate::wiring::gateway_port::LiveGateway;
use crate::wiring::policy_source::StoredPolicy;
use crate::wiring::response_shelf::StoredShelf;
use crate::wiring::sign_in_port::LiveSignIn;
use crate::wiring::usage_store::StoredUsage;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use domain::day::Days;
use domain::id::EventId;
use domain::retention::Retention;
use domain::time::Clock;
use hyper::body::Incoming;
use portal::ports::{GatewayPort, Randomness};
use portal::sealing::Sealing;
use portal::{Portal, PortalParts, PortalSettings};
use proxy::ports::Ledger as _;
use proxy::{Gateway, HyperUpstream, Parts, Settings};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{ExclusiveLock, Store};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// What `dev` and `serve` decide.
pub struct Plan {
    pub public_origin: Origin,
    pub gateway_origin: Origin,
    pub organisation: Organisation,
    pub issuers: Vec<IssuerSettings>,
    pub issuer_http: IssuerHttp,
    pub egress: EgressPolicy,
    /// `None`: no letters are sent.
    pub mail: Option<MailServer>,
    /// How long single calls are kept.
    pub retention: Retention,
    /// One sentence above every page.
    pub banner: Option<String>,
    pub spool: spool::Settings,
    pub gateway: Settings,
    pub shutdown: Shutdown,
    /// How long open connections may take to end.
    pub drain: Duration,
}

/// Why the process did not come up. Every sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    #[error("the database cannot be used: {0}")]
    Store(#[from] store::StoreError),
    #[error(
        "another Keywright process uses this database; stop it first (several processes on one database are not supported yet)"
    )]
    DatabaseInUse,
    #[error("what was written before cannot be read back: {0}")]
    NotRecovered(#[from] NotRecovered),
    #[error("the policy cannot be read from the database")]
    Policy(#[from] Unavailable),
    #[error(transparent)]
    Auth(#[from] AuthSetupError),
    #[error(transparent)]
    Mail(#[from] RelayError),
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Opens the database and makes sure that no other process does.
pub async fn open_store(url: &str) -> Result<(Store, ExclusiveLock), NotStarted> {
    let store = Store::open(url).await?;
    let lock = store.lock_exclusive().await?.ok_or(NotStarted::DatabaseInUse)?;
    Ok((store, lock))
}

/// A process that can serve.
pub struct Process {
    pub app: Arc<App>,
    pub gateway: LlmRoute,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    pub sealing: Arc<Sealing>,
    ingest: Arc<Ingest>,
    ledger: Arc<Ledger>,
    responses: Arc<StoredResponses>,
    jobs: Vec<JoinHandle<()>>,
    _lock: Arc<Mutex<ExclusiveLock>>,
}

impl Process {
    /// Puts everything together; when this returns, the policy is loaded and the money is counted.
    pub async fn start(
        plan: Plan,
        data_dir: &DataDir,
        (store, lock): (Store, ExclusiveLock),
        sealing: Arc<Sealing>,
    ) -> Result<Self, NotStarted> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Randomness> = Arc::new(SystemRandomness);
        let zone = plan.organisation.time_zone.clone();
        let days = Days::in_zone(zone.clone());
        let store = store.with_days(days.clone());
        let usage = Arc::new(StoredUsage(store.clone()));

        let folder = data_dir.path().join("spool");
        let ledger = Arc::new(open_ledger(&folder, plan.spool, &*usage, clock.clone(), zone.clone()).await?);
        let ingest = Arc::new(Ingest::start(ledger.spool(), usage.clone()));

        let organisation = plan.organisation.name.clone();
        let policy = Arc::new(StoredPolicy {
            store: store.clone(),
            sealing: sealing.clone(),
            organisation,
            clock: clock.clone(),
        });
        let directory = Arc::new(Directory::new(policy.clone(), policy, clock.clone()));
        directory.load().await?;

        let responses = Arc::new(StoredResponses::new(Arc::new(StoredShelf(store.clone()))));

        let connector = upstream_connector(&plan.egress)?;
        let longest_call = plan.gateway.timeouts.total;
        let gateway = Gateway::new(Parts {
            directory: directory.clone(),
            ledger: ledger.clone(),
            history: usage.clone(),
            stored: responses.clone(),
            clock: clock.clone(),
            upstream: Arc::new(HyperUpstream::new(connector.clone())),
            random: Box::new(spread),
            settings: plan.gateway,
        });
        let live: Arc<dyn GatewayPort> = Arc::new(LiveGateway {
            directory: directory.clone(),
            ledger: ledger.clone(),
            connector,
            clock: clock.clone(),
            ingest: ingest.clone(),
            gateway: gateway.clone(),
        });
        let public_origin = plan.public_origin;
        let look = Look {
            assets: Arc::new(crate::http::assets::links()),
            banner: plan.banner,
            zone: zone.clone(),
            clock: clock.clone(),
        };
        let auth = Arc::new(Auth::new(AuthParts {
            public_origin: public_origin.clone(),
            issuers: plan.issuers,
            http: plan.issuer_http,
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            is_page: router::is_page,
            render: render(look.clone(), ledger.clone()),
            teams_changed: teams_changed(live.clone()),
        })?);
        let portal = Arc::new(Portal::new(PortalParts {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            sealing: sealing.clone(),
            gateway: live,
            sign_in: Arc::new(LiveSignIn(auth.clone())),
            settings: PortalSettings {
                organisation: plan.organisation.name,
                zone: zone.clone(),
                public_origin: public_origin.as_str().to_owned(),
                gateway_origin: plan.gateway_origin.as_str().to_owned(),
                mail: plan.mail.is_some(),
                retention: plan.retention,
            },
        }));

        let unused = jobs::disable_unused(portal.clone());
        let app = Arc::new(App { portal: portal.clone(), auth, clock: clock.clone(), ledger: ledger.clone(), look });
        let host = public_origin.host().to_owned();
        let relay = plan.mail.map(|server| Ok((Relay::new(&server, &host, plan.egress.authorities())?, server.from)));
        let sender = relay.transpose().map_err(NotStarted::Mail)?.map(|(relay, from)| Correspondent {
            portal: portal.clone(),
            clock: clock.clone(),
            relay,
            from,
            host,
            zone: zone.clone(),
        });
        let lock = Arc::new(Mutex::new(lock));
        let streams = gateway.clone();
        let cut_streams = move || streams.cut_streams();
        let books =
            jobs::Books { ledger: ledger.clone(), ingest: ingest.clone(), history: usage, clock: clock.clone(), zone };
        let writer = responses.clone();
        let mut jobs = vec![
            tokio::spawn(books.keep(longest_call)),
            tokio::spawn(async move { directory.keep_current().await }),
            tokio::spawn(async move { writer.keep_writing().await }),
            tokio::spawn(jobs::tell(portal.clone())),
            tokio::spawn(unused),
            tokio::spawn(jobs::clean_up(store.clone(), clock.clone())),
            tokio::spawn(jobs::drop_old_calls(store.clone(), ingest.clone(), clock.clone(), plan.retention)),
            tokio::spawn(jobs::sum_up_days(store.clone(), clock.clone(), days)),
            tokio::spawn(jobs::stay_alone(store.clone(), lock.clone(), plan.shutdown.clone())),
            tokio::spawn(jobs::cut_streams_in_time(cut_streams, plan.shutdown, plan.drain)),
        ];
        jobs.extend(sender.map(|sender| tokio::spawn(mail::send(sender))));
        Ok(Self {
            app,
            gateway: LlmRoute(gateway),
            store,
            clock,
            random,
            sealing,
            ingest,
            ledger,
            responses,
            jobs,
            _lock: lock,
        })
    }

    /// Everything that is not the gateway.
    pub fn portal_router(&self, public_origin: &Origin) -> Router {
        router::portal(&self.app, public_origin.clone())
    }

    pub fn commands(&self, public_origin: &Origin) -> Commands {
        Commands {
            store: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            public_origin: public_origin.clone(),
            ledger: self.ledger.clone(),
            ingest: self.ingest.clone(),
        }
    }

    /// After the last connection is closed: running calls are settled, then everything is written where it belongs.
    pub async fn stop(self, patience: Duration) {
        let gateway = self.gateway.0;
        if tokio::time::timeout(patience, gateway.drained()).await.is_err() {
            gateway.cut_streams();
            let _ = tokio::time::timeout(Duration::from_secs(2), gateway.drained()).await;
        }
        for job in self.jobs {
            job.abort();
        }
        self.ledger.flush_refusals(true);
        if let Err(error) = self.responses.flush().await {
            tracing::warn!(%error, "the newest stored responses can no longer be referred to");
        }
        if let Err(error) = self.ingest.flush().await {
            tracing::warn!(%error, "the last records stay in the spool and are ingested at the next start");
        }
        if let Err(error) = self.ledger.spool().flush() {
            tracing::error!(?error, "the spool's last records could not be forced to the disk");
        }
        self.store.close().await;
    }
}

/// The gateway as the entrance calls it.
#[derive(Clone)]
pub struct LlmRoute(pub Arc<Gateway>);

impl entrance::Gateway for LlmRoute {
    type Body = proxy::Body;

    async fn call(&self, request: http::Request<Incoming>, client: IpAddr) -> http::Response<proxy::Body> {
        self.0.handle(request, client).await
    }

    fn next_request(&self) -> EventId {
        self.0.next_event()
    }

    fn cut_streams(&self) {
        self.0.cut_streams();
    }
}

/// A sign-in that came with other teams changes which budgets stand above somebody's keys.
fn teams_changed(gateway: Arc<dyn GatewayPort>) -> TeamsChanged {
    Arc::new(move || {
        let gateway = gateway.clone();
        Box::pin(async move { gateway.levels_changed().await })
    })
}

/// What sign-in says, in the look of every other page; a refusal with the id to ask about.
fn render(look: Look, ledger: Arc<Ledger>) -> Arc<dyn Fn(&AuthPage) -> Response + Send + Sync> {
    Arc::new(move |page| {
        let request_id = ledger.next_event().to_string();
        let refused = page.status.is_client_error() || page.status.is_server_error();
        let html = app::pages::message::page(
            &look.frame(),
            &app::pages::message::Message {
                title: page.title.clone(),
                paragraphs: vec![page.text.clone()],
                links: page.links.iter().map(|link| (link.text.clone(), link.href.clone())).collect(),
                refresh: page.refresh_to.clone(),
                request_id: refused.then(|| request_id.clone()),
            },
        );
        (page.status, [(entrance::REQUEST_ID, request_id)], Html(html)).into_response()
    })
}
