//! Everything that is measured, running: made once, used by every section.

use crate::Problem;
use crate::cpu::resident_bytes;
use crate::installation::{Installation, MODEL, Size};
use crate::load::Measured;
use crate::nginx;
use crate::pin::Cores;
use crate::process::{self, Running, free_port};
use crate::provider::Provider;
use crate::rung::Rung;
use crate::stats::Spread;
use crate::target::Target;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    pub window: Duration,
    pub many_keys: [usize; 3],
    pub usage_rows: u64,
    /// In the small installation whose pages are read.
    pub seeded_calls: u64,
    /// Before memory is looked at again after load.
    pub rest: Duration,
    pub open_streams: usize,
    pub starts: usize,
}

impl Effort {
    pub const fn full(usage_rows: u64) -> Self {
        Self {
            rounds: 5,
            window: Duration::from_millis(1_200),
            many_keys: [10, 1_000, 100_000],
            usage_rows,
            seeded_calls: 100_000,
            rest: Duration::from_secs(60),
            open_streams: 500,
            starts: 5,
        }
    }

    /// To see that everything works; its times mean nothing.
    pub const QUICK: Self = Self {
        rounds: 1,
        window: Duration::from_millis(120),
        many_keys: [10, 20, 50],
        usage_rows: 2_000,
        seeded_calls: 2_000,
        rest: Duration::ZERO,
        open_streams: 20,
        starts: 1,
    };
}

/// Keywright on an installation of its own.
pub struct Keywright {
    pub running: Running,
    pub installation: Installation,
    pub target: Target,
    pub ready_after: Duration,
}

pub struct Setting {
    pub effort: Effort,
    pub cores: Option<Cores>,
    pub binary: PathBuf,
    pub direct: Target,
    pub nginx: Result<(Running, Target), String>,
    pub ladder: Vec<(Rung, Running, Target)>,
    pub keywright: Keywright,
    pub others: Vec<Target>,
    folder: TempDir,
}

impl Setting {
    pub async fn make(
        effort: Effort,
        cores: Option<Cores>,
        binary: PathBuf,
        others: Vec<Target>,
    ) -> Result<Self, Problem> {
        let folder = tempfile::Builder::new().prefix("keywright-bench-").tempdir()?;
        let core = cores.map(|cores| cores.gateway);
        let provider = Provider::start(0).await?;
        let direct = Target::open("direct", provider.address, &provider, None);
        let nginx = match nginx::find() {
            None => Err("nginx is not installed (Debian: apt install nginx)".to_owned()),
            Some((command, _)) => {
                let provider = Provider::start(0).await?;
                let started = nginx::start(command, &folder.path().join("nginx"), &provider, core).await;
                started.map_err(|problem| problem.to_string())
            }
        };
        let mut ladder = Vec::new();
        for rung in Rung::ALL {
            let (running, target) = start_rung(rung, &folder.path().join(format!("{rung:?}")), core).await?;
            ladder.push((rung, running, target));
        }
        let size = Size { keys: 10, usage_rows: 0 };
        let keywright = start_keywright(&binary, &folder.path().join("keywright"), core, size).await?;
        Ok(Self { effort, cores, binary, direct, nginx, ladder, keywright, others, folder })
    }

    pub fn core(&self) -> Option<usize> {
        self.cores.map(|cores| cores.gateway)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn nginx(&self) -> Option<&Target> {
        self.nginx.as_ref().ok().map(|(_, target)| target)
    }

    pub fn pass_through(&self) -> Option<&Target> {
        self.ladder.iter().find(|(rung, ..)| *rung == Rung::PassThrough).map(|(_, _, target)| target)
    }

    /// What is compared in every section: direct, nginx, pass-through, Keywright, and the others.
    pub fn targets(&self) -> Vec<&Target> {
        let ours = [Some(&self.direct), self.nginx(), self.pass_through(), Some(&self.keywright.target)];
        ours.into_iter().flatten().chain(&self.others).collect()
    }

    pub async fn another_keywright(&self, name: &str, size: Size) -> Result<Keywright, Problem> {
        start_keywright(&self.binary, &self.folder().join(name), self.core(), size).await
    }
}

pub async fn start_keywright(
    binary: &Path,
    folder: &Path,
    core: Option<usize>,
    size: Size,
) -> Result<Keywright, Problem> {
    let (port, provider) = (free_port()?, Provider::start(0).await?);
    let installation = Installation::write(folder, port, provider.address, size).await?;
    let (running, ready_after) = process::keywright(binary, folder, port, core).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let target = Target {
        model: MODEL.to_owned(),
        keys: Arc::clone(&installation.keys),
        ..Target::open("keywright", address, &provider, Some(running.pid()))
    };
    Ok(Keywright { running, installation, target, ready_after })
}

pub async fn start_rung(rung: Rung, folder: &Path, core: Option<usize>) -> Result<(Running, Target), Problem> {
    use clap::ValueEnum as _;
    let provider = Provider::start(0).await?;
    let size = Size { keys: 10, usage_rows: 0 };
    let installation = Installation::write(folder, free_port()?, provider.address, size).await?;
    let word = rung.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("rung").arg(word).arg("--provider").arg(provider.address.to_string()).arg("--folder").arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut running = Running::start(rung.title(), core, &mut command)?;
    let address: SocketAddr = running.first_line()?.trim().parse()?;
    let target = Target {
        model: MODEL.to_owned(),
        keys: Arc::clone(&installation.keys),
        ..Target::open(rung.title(), address, &provider, Some(running.pid()))
    };
    Ok((running, target))
}

/// The measurements of one cell, round by round, in the order of the targets.
#[derive(Default)]
pub struct Rounds(Vec<(String, Vec<Measured>)>);

impl Rounds {
    pub fn add(&mut self, target: &Target, measured: Measured) {
        match self.0.iter_mut().find(|(name, _)| *name == target.name) {
            Some((_, rounds)) => rounds.push(measured),
            None => self.0.push((target.name.clone(), vec![measured])),
        }
    }

    pub fn of(&self, name: &str) -> &[Measured] {
        self.0.iter().find(|(of, _)| of == name).map_or(&[], |(_, rounds)| rounds)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// A figure of one target.
    pub fn spread(&self, name: &str, figure: impl Fn(&Measured) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.of(name).iter().filter_map(figure))
    }

    /// Two targets' figures combined round by round, so that what disturbs a round disturbs both.
    pub fn paired(
        &self,
        name: &str,
        other: &str,
        figure: impl Fn(&Measured) -> Option<f64>,
        combine: impl Fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        let pairs = self.of(name).iter().zip(self.of(other));
        Spread::of(pairs.filter_map(|(one, two)| Some(combine(figure(one)?, figure(two)?))))
    }

    pub fn ratio(&self, name: &str, other: &str, figure: impl Fn(&Measured) -> Option<f64>) -> Option<Spread> {
        self.paired(name, other, figure, |one, two| one / two)
    }

    /// Requests that were not answered as wished, of all targets.
    pub fn not_answered(&self) -> u64 {
        self.0.iter().flat_map(|(_, rounds)| rounds).map(|measured| measured.other).sum()
    }
}

/// The targets in the order of this round: each is first once, so that none always follows the same one.
pub fn in_turn<T>(mut targets: Vec<T>, round: usize) -> Vec<T> {
    let shift = round % targets.len().max(1);
    targets.rotate_left(shift);
    targets
}

/// The most memory that a process held while something ran.
pub async fn peak_memory<T>(pid: u32, run: impl Future<Output = T>) -> (T, u64) {
    let mut run = std::pin::pin!(run);
    let mut most = resident_bytes(pid);
    let mut clock = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            result = &mut run => return (result, most.max(resident_bytes(pid))),
            _ = clock.tick() => most = most.max(resident_bytes(pid)),
        }
    }
}
