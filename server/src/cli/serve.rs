//! `keywright serve`: for others. Everything comes from the configuration; `--check` tries it all and serves nothing.

use super::check::{self, DatabaseFacts};
use super::foundation::{Foundation, accept_settings, refuse_dev_database};
use super::output::complain;
use super::{Serve, unlocked};
use crate::auth::oidc::{IssuerHttp, IssuerSettings};
use crate::clock::{SystemClock, SystemRandomness};
use crate::config::{Config, UpstreamRetry};
use crate::gateway::spool;
use crate::http::egress::Outbound;
use crate::http::health::State;
use crate::process::{self, Plan, Process};
use crate::telemetry;
use portal::bootstrap::{BootstrapError, bootstrap};
use portal::sealing::{RootKey, Sealing};
use std::process::ExitCode;
use std::sync::Arc;
use store::Store;
use zeroize::Zeroizing;

type Problem = Box<dyn std::error::Error + Send + Sync>;

pub async fn run(options: Serve) -> ExitCode {
    let config = match Config::load(&options.config) {
        Ok(config) => config,
        Err(problems) => {
            complain(problems);
            return ExitCode::FAILURE;
        }
    };
    if options.check {
        let findings = check::gather(&config, database_facts(&config)).await;
        return check::Report::new(&config, findings).print();
    }
    telemetry::start(telemetry::Style::Machines);
    if let Err(error) = telemetry::protect_memory() {
        tracing::warn!(%error, "the memory of this process could not be protected from debuggers and dumps");
    }
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    match serve(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(problem);
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), Problem> {
    let foundation = Foundation::lay(&config.data_dir, config.listen, config.limits.lb_delay).await?;
    let (store, lock) = process::open_store(config.database_url.expose()).await?;
    refuse_dev_database(is_dev(&store).await?)?;

    let Some(sealing) = open_sealing(&config, &store).await? else {
        foundation.serve_sealed(config.site(), accept_settings(&config)).await;
        return Ok(());
    };

    let issuers = config.issuers.iter().map(IssuerSettings::from_config).collect::<Result<_, _>>()?;
    let plan = Plan {
        public_origin: config.public_origin.clone(),
        gateway_origin: config.gateway_origin.clone(),
        organisation: config.organisation.clone(),
        issuers,
        issuer_http: IssuerHttp::new(Outbound::new(config.egress.clone())?, None),
        egress: config.egress.clone(),
        mail: config.mail.clone(),
        retention: config.retention,
        banner: None,
        spool: spool::Settings::default(),
        gateway: gateway_settings(&config),
        shutdown: foundation.shutdown.clone(),
        drain: config.limits.drain,
    };
    let process = Process::start(plan, &foundation.data_dir, (store, lock), sealing).await?;
    foundation.readiness.set(State::Ready);
    tracing::info!(listen = %foundation.listener.local_addr()?, "serving {}", config.public_origin);

    let portal = process.portal_router(&config.public_origin);
    let commands = process.commands(&config.public_origin);
    let answer = move |request| commands.clone().answer(request);
    let (held, _) =
        foundation.serve(config.site(), accept_settings(&config), process.gateway.clone(), portal, answer).await;
    process.stop(config.limits.drain).await;
    drop(held);
    Ok(())
}

fn gateway_settings(config: &Config) -> proxy::Settings {
    let defaults = proxy::Settings::default();
    proxy::Settings {
        portal_origin: config.public_origin.as_str().to_owned(),
        organisation: config.organisation.name.clone(),
        body_limit_bytes: u64::try_from(config.limits.body_bytes).unwrap_or(u64::MAX),
        timeouts: proxy::Timeouts {
            first_byte_streamed: config.limits.upstream_first_byte_streamed,
            first_byte_plain: config.limits.upstream_first_byte_plain,
            between_events: config.limits.upstream_between_events,
            total: config.limits.upstream_total,
            ..defaults.timeouts
        },
        held_bytes: config.limits.held_bytes,
        retry: proxy::Retry {
            attempts: config.limits.upstream_attempts,
            server_errors: config.limits.upstream_retry != UpstreamRetry::Refusals,
            after_sending: config.limits.upstream_retry == UpstreamRetry::AfterSending,
            ..defaults.retry
        },
        slice_tokens: config.limits.stream_slice_tokens,
        ..defaults
    }
}

/// `None`: sealed, because the root secret is missing, unreadable, or not the one that this database was made with.
pub(super) async fn open_sealing(config: &Config, store: &Store) -> Result<Option<Arc<Sealing>>, Problem> {
    let root = match root_key(config, store).await {
        Ok(root) => root,
        Err(problem) => {
            tracing::error!("starting sealed: {problem}");
            return Ok(None);
        }
    };
    match bootstrap(store, root, &SystemClock, &SystemRandomness).await {
        Ok(sealing) => Ok(Some(Arc::new(sealing))),
        Err(BootstrapError::Store(error)) => Err(error.into()),
        Err(why) => {
            tracing::error!("starting sealed: {why}");
            Ok(None)
        }
    }
}

/// Deriving from a passphrase takes a while, so that it stays off the threads that serve.
async fn root_key(config: &Config, store: &Store) -> Result<RootKey, Problem> {
    let salt = unlocked::salt(store, &SystemRandomness).await?;
    let source = config.root.clone();
    let root = tokio::task::spawn_blocking(move || source.unlock(&salt)).await??;
    Ok(RootKey::new(Zeroizing::new(*root.expose())))
}

pub(super) async fn is_dev(store: &Store) -> Result<bool, store::StoreError> {
    Ok(store.setting(unlocked::DEV_MARK).await?.is_some())
}

/// For `--check`: the database is opened as the process would, but another process may be using it.
async fn database_facts(config: &Config) -> Result<DatabaseFacts, String> {
    let store = Store::open(config.database_url.expose()).await.map_err(|error| error.to_string())?;
    let facts = async {
        store.ping().await?;
        is_dev(&store).await
    };
    let is_dev = facts.await.map_err(|error| error.to_string())?;
    store.close().await;
    Ok(DatabaseFacts { summary: format!("{} answers, and its schema is this version's", config.database_url), is_dev })
}
