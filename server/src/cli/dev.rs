//! `keywright dev`: everything on one machine with nothing configured. The production code with an embedded database, an
//! identity provider of its own and a demo provider; data is kept between starts.
//!
//! This is the only place that enters development mode, and its database is marked, so that `serve` refuses it.

use super::foundation::Foundation;
use super::output::{complain, say};
use super::serve::is_dev;
use super::{Dev, unlocked};
use crate::auth::dev_idp::{self, DevIdp, DevMode};
use crate::auth::oidc::{IssuerHttp, LocalListener};
use crate::clock::{SystemClock, SystemRandomness};
use crate::config::Organisation;
use crate::config::root_secret::RootSource;
use crate::dev::demo_provider;
use crate::gateway::spool;
use crate::http::accept::AcceptSettings;
use crate::http::connection_limit::ConnectionLimit;
use crate::http::egress::{EgressPolicy, Outbound};
use crate::http::front_gate::Site;
use crate::http::health::State;
use crate::http::origin::Origin;
use crate::process::{self, Plan, Process};
use crate::telemetry;
use domain::key_secret::SecretText;
use domain::money::NanoUsd;
use domain::retention::Retention;
use jiff::tz::TimeZone;
use portal::bootstrap::{self, BootstrapError};
use portal::dev_seed::DemoAddresses;
use portal::ports::Randomness;
use portal::sealing::{RootKey, Sealing};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use zeroize::Zeroizing;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Between two words of the demo provider: about as fast as people read.
const WORD_PAUSE: Duration = Duration::from_millis(30);
/// A developer's Ctrl-C should not take long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Opens the demo provider, which answers on loopback and has nothing to protect. The same at each start, so that
/// starting again changes nothing.
/// Of the organisation, a month: more than anybody spends on the demo models.
const DEMO_BUDGET: NanoUsd = NanoUsd::from_dollars(1_000);
const DEMO_KEY: &str = "demo-provider-credential";
/// Load tests come from one address here.
const CONNECTIONS: usize = 2_000;

pub async fn run(options: Dev) -> ExitCode {
    telemetry::start(telemetry::Style::People);
    match dev(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(problem);
            ExitCode::FAILURE
        }
    }
}

async fn dev(options: Dev) -> Result<(), Problem> {
    say(format_args!("Keywright {} for trying out; data in {}", env!("CARGO_PKG_VERSION"), options.data.display()));
    refuse_strangers(&options)?;
    let foundation = Foundation::lay(&options.data, options.listen, Duration::ZERO).await?;
    // Port 0 is any free one; from here on it is known which.
    let listen = foundation.listener.local_addr()?;
    let public_origin = match &options.public_origin {
        Some(origin) => origin.clone(),
        None => Origin::parse(&format!("http://{listen}"))?,
    };
    let site = Site {
        public_origin: public_origin.clone(),
        gateway_origin: public_origin.clone(),
        trusted_proxies: vec![],
        accepts_loopback_names: true,
    };
    let settings = AcceptSettings {
        connections: ConnectionLimit { total: CONNECTIONS, per_address: CONNECTIONS, exempt: vec![] },
        drain: PATIENCE,
        ..AcceptSettings::default()
    };

    say("Opening the database …");
    let (store, lock) = process::open_store(&database_url(&options.data)).await?;
    let Some(sealing) = open_sealing(&store, &options.data).await? else {
        complain(format_args!(
            "the root key {} is missing or is not the one that this database was made with. Put it back, or move the \
             folder {} away to begin anew. Until then everything but {} and /readyz is sealed.",
            options.data.join(ROOT_KEY).display(),
            options.data.display(),
            public_origin.join("/healthz")
        ));
        foundation.serve_sealed(site, settings).await;
        return Ok(());
    };

    say("Starting the identity provider and the demo provider …");
    let idp = Arc::new(DevIdp::new(
        DevMode::entered_by_the_dev_command(),
        &public_origin,
        crate::http::assets::links().css,
        Arc::new(SystemClock),
        Arc::new(SystemRandomness),
    ));
    let demo = demo_provider(listen).await?;

    let egress = EgressPolicy::with_loopback();
    // The issuer lives at the public origin, which may be a port published by somebody else: it is asked here instead.
    let near = LocalListener { origin: public_origin.clone(), address: reachable(listen) };
    let plan = Plan {
        public_origin: public_origin.clone(),
        gateway_origin: public_origin.clone(),
        organisation: Organisation { name: "Example company".into(), time_zone: time_zone() },
        issuers: vec![idp.issuer_settings()],
        issuer_http: IssuerHttp::new(Outbound::new(egress.clone())?, Some(near)),
        egress,
        mail: options.mail.clone(),
        retention: Retention::default(),
        banner: Some(banner(listen)),
        spool: spool::Settings::default(),
        gateway: proxy::Settings {
            portal_origin: public_origin.as_str().to_owned(),
            organisation: "Example company".into(),
            ..proxy::Settings::default()
        },
        shutdown: foundation.shutdown.clone(),
        drain: PATIENCE,
    };
    let process = Process::start(plan, &foundation.data_dir, (store, lock), sealing).await?;
    seed(&process, &idp, &demo).await?;
    let portal = process.portal_router(&public_origin).nest(dev_idp::PATH, dev_idp::router(idp));
    foundation.readiness.set(State::Ready);
    greet(&public_origin, listen);

    let commands = process.commands(&public_origin);
    let answer = move |request| commands.clone().answer(request);
    let (held, _) = foundation.serve(site, settings, process.gateway.clone(), portal, answer).await;
    process.stop(PATIENCE).await;
    demo.stop().await;
    drop(held);
    Ok(())
}

/// Beyond loopback somebody else decides who can connect: then the address that people open has to be said, and it has
/// to be one of their own machine.
fn refuse_strangers(options: &Dev) -> Result<(), Problem> {
    if options.listen.ip().is_loopback() || options.public_origin.is_some() {
        return Ok(());
    }
    Err(format!(
        "anybody who can reach {} could sign in as administrator. Listen on 127.0.0.1, or, where only this machine can \
         reach it (a container's published port), say so with --public-origin http://localhost:{}",
        options.listen,
        options.listen.port()
    )
    .into())
}

pub(super) fn database_url(data: &Path) -> String {
    format!("sqlite:{}", data.join("keywright.db").display())
}

/// The machine's, if it has a name that people know.
pub(super) fn time_zone() -> TimeZone {
    let zone = TimeZone::system();
    if zone.iana_name().is_some_and(|name| name != "Etc/Unknown") { zone } else { TimeZone::UTC }
}

fn banner(listen: SocketAddr) -> String {
    if listen.ip().is_loopback() {
        "Development mode: anyone at this machine can sign in as anyone.".into()
    } else {
        format!(
            "Development mode, listening on {listen}: anyone who can reach this address can sign in as anyone, also as \
             administrator."
        )
    }
}

fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

const ROOT_KEY: &str = "root.key";

/// The root key is made together with a new database and never again: without it nothing in the database opens, and a
/// new one would only hide that. `None`: sealed.
pub(super) async fn open_sealing(store: &Store, data: &Path) -> Result<Option<Arc<Sealing>>, Problem> {
    let path = data.join(ROOT_KEY);
    let is_new = bootstrap::is_new(store).await?;
    if !is_new && !is_dev(store).await? {
        return Err(format!(
            "the database in {} was made by keywright serve; here anybody could sign in to it as administrator. Choose \
             another folder with --data",
            data.display()
        )
        .into());
    }
    if is_new && !path.exists() {
        let mut key = Zeroizing::new([0; 32]);
        SystemRandomness.fill(&mut key[..]);
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&key[..])?;
        file.sync_all()?;
    }
    let Ok(root) = RootSource::File(path).unlock(&[]) else { return Ok(None) };
    let mut tx = store.begin().await?;
    tx.put_setting_if_absent(unlocked::DEV_MARK, b"yes").await?;
    tx.commit().await?;
    let root = RootKey::new(Zeroizing::new(*root.expose()));
    match bootstrap::bootstrap(store, root, &SystemClock, &SystemRandomness).await {
        Ok(sealing) => Ok(Some(Arc::new(sealing))),
        Err(BootstrapError::Sealed) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// On the port after our own, so that its address stays the same between starts; on any other if that one is taken.
async fn demo_provider(listen: SocketAddr) -> Result<demo_provider::Running, Problem> {
    let settings = || demo_provider::Settings {
        key: SecretText::new(DEMO_KEY.into()),
        word_pause: WORD_PAUSE,
        clock: Arc::new(SystemClock),
    };
    let preferred = listen.port().checked_add(1).unwrap_or_default();
    match demo_provider::start(settings(), preferred).await {
        Ok(running) => Ok(running),
        Err(_) => Ok(demo_provider::start(settings(), 0).await?),
    }
}

async fn seed(process: &Process, idp: &DevIdp, demo: &demo_provider::Running) -> Result<(), Problem> {
    let (v1, v1beta) = (demo.base_url(), demo.gemini_base_url());
    let addresses = DemoAddresses { v1: &v1, v1beta: &v1beta };
    process.app.portal.seed_demo_provider(addresses, &SecretText::new(DEMO_KEY.into())).await?;
    for (person, leads) in idp.members(&process.store).await? {
        process.app.portal.seed_team(dev_idp::TEAM, person, leads).await?;
    }
    process.app.portal.seed_budget(DEMO_BUDGET).await?;
    Ok(())
}

/// The three lines that a newcomer needs, and an offer.
fn greet(public_origin: &Origin, listen: SocketAddr) {
    if !listen.ip().is_loopback() {
        complain(banner(listen));
    }
    let names: Vec<&str> = dev_idp::PEOPLE.iter().map(|person| person.account).collect();
    say(format_args!("Open      {public_origin}"));
    say(format_args!("Sign in   as {}; no password", names.join(", ")));
    say(format_args!(
        "Try       curl {} -H \"Authorization: Bearer $KEYWRIGHT_KEY\" -H 'Content-Type: application/json' -d \
         '{{\"model\":\"demo-small\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'",
        public_origin.join("/v1/chat/completions")
    ));
    for (variable, name, preset) in
        [("OPENAI_API_KEY", "OpenAI", "openai"), ("ANTHROPIC_API_KEY", "Anthropic", "anthropic")]
    {
        if std::env::var_os(variable).is_some_and(|value| !value.is_empty()) {
            say(format_args!(
                "{variable} is set. To call {name} through Keywright, sign in as administrator and add it: {}",
                public_origin.join(&format!("/admin/providers/new?preset={preset}"))
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_of_serve_is_neither_opened_nor_marked() {
        let (store, data) = (Store::open("sqlite::memory:").await.unwrap(), tempfile::tempdir().unwrap());
        let key = [7; 32];
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(data.path().join(ROOT_KEY))
            .unwrap();
        file.write_all(&key).unwrap();
        let root = RootKey::new(Zeroizing::new(key));
        bootstrap::bootstrap(&store, root, &SystemClock, &SystemRandomness).await.unwrap();
        let refusal = open_sealing(&store, data.path()).await.err().unwrap();
        assert!(refusal.to_string().contains("keywright serve"), "{refusal}");
        assert!(!is_dev(&store).await.unwrap());
    }

    #[tokio::test]
    async fn its_own_database_is_opened_again() {
        let (store, data) = (Store::open("sqlite::memory:").await.unwrap(), tempfile::tempdir().unwrap());
        for _ in 0..2 {
            assert!(open_sealing(&store, data.path()).await.unwrap().is_some());
        }
        assert!(is_dev(&store).await.unwrap());
    }
}
