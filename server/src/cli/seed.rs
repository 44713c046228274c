//! `keywright seed`: fills an empty database, alone with it. The process is not running meanwhile, and is started on it
//! afterwards.

use super::output::{complain, say};
use super::{DEV_DATA, Seed, dev, serve};
use crate::clock::{SystemClock, SystemRandomness};
use crate::config::Config;
use crate::config::data_dir::DataDir;
use crate::process;
use crate::seed::{Scale, Surroundings, fill};
use crate::telemetry;
use domain::day::Days;
use domain::time::Clock as _;
use jiff::tz::TimeZone;
use portal::sealing::Sealing;
use std::process::ExitCode;
use std::sync::Arc;
use store::{ExclusiveLock, Store};

type Problem = Box<dyn std::error::Error + Send + Sync>;

pub async fn run(options: Seed) -> ExitCode {
    telemetry::start(telemetry::Style::People);
    match seed(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(problem);
            ExitCode::FAILURE
        }
    }
}

/// A database that is opened for filling.
struct Opened {
    store: Store,
    sealing: Arc<Sealing>,
    zone: TimeZone,
    _lock: ExclusiveLock,
    _folder: DataDir,
}

async fn seed(options: Seed) -> Result<(), Problem> {
    let opened = open(&options).await?;
    let store = opened.store.clone().with_days(Days::in_zone(opened.zone.clone()));
    let around = Surroundings {
        store: &store,
        sealing: &opened.sealing,
        random: &SystemRandomness,
        now: SystemClock.now(),
        zone: opened.zone.clone(),
        progress: &|line| say(line),
    };
    let scale = Scale {
        keys: options.keys,
        people: options.people,
        calls: options.calls,
        days: options.days,
        seed: options.seed,
    };
    fill(&around, scale).await?;
    store.close().await;
    say("Done. Start Keywright on it, and sign in as administrator.");
    Ok(())
}

async fn open(options: &Seed) -> Result<Opened, Problem> {
    const SEALED: &str = "the root secret is not the one that this database was made with; put it back first";
    if let Some(config) = &options.installation.config {
        let config = Config::load(config).map_err(|problems| problems.to_string())?;
        let folder = DataDir::lock(&config.data_dir)?;
        let (store, lock) = process::open_store(config.database_url.expose()).await?;
        let sealing = serve::open_sealing(&config, &store).await?.ok_or(SEALED)?;
        return Ok(Opened { store, sealing, zone: config.organisation.time_zone, _lock: lock, _folder: folder });
    }
    let data = options.installation.data.clone().unwrap_or_else(|| DEV_DATA.into());
    let folder = DataDir::lock(&data)?;
    let (store, lock) = process::open_store(&dev::database_url(&data)).await?;
    let sealing = dev::open_sealing(&store, &data).await?.ok_or(SEALED)?;
    Ok(Opened { store, sealing, zone: dev::time_zone(), _lock: lock, _folder: folder })
}
