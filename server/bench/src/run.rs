//! The run from beginning to end: what is built and started, in which order the sections are measured.

use crate::installation::Size;
use crate::load::Closed;
use crate::options::{Drive, Other, Pages, Report as Options};
use crate::pin::{Cores, pin_here, stay_awake};
use crate::provider::Provider;
use crate::report::Report;
use crate::section::{correctness, footprint, growth, latency, pages, streams, throughput};
use crate::setting::{Effort, Setting, start_keywright, start_rung};
use crate::target::Target;
use crate::wish::Wish;
use crate::{Problem, nginx, rung};
use server::seed::Scale;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// A step of the ladder, with the runtime that `keywright` has.
pub fn rung(options: rung::Options) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(rung::run(options))?;
    Ok(ExitCode::SUCCESS)
}

/// Load without a report: what a profiler is attached to.
pub fn drive(options: &Drive) -> Result<ExitCode, Problem> {
    let cores = Cores::choose().filter(|cores| pin_here(cores.load).is_ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::Builder::new().prefix("keywright-bench-").tempdir()?;
        let core = cores.map(|cores| cores.gateway);
        if cores.is_some() {
            stay_awake();
        }
        let (running, target) = match options.rung {
            _ if options.nginx => {
                let (command, _) = nginx::find().ok_or("nginx is not installed")?;
                nginx::start(command, folder.path(), &Provider::start(0).await?, core).await?
            }
            Some(rung) => start_rung(rung, folder.path(), core).await?,
            None => {
                let size = Size { keys: options.keys, usage_rows: 0 };
                let binary = binary(options.keywright.as_deref())?;
                let keywright = start_keywright(&binary, folder.path(), core, size).await?;
                (keywright.running, keywright.target)
            }
        };
        let wish = if options.streamed { Wish::UNPACED } else { Wish::PLAIN };
        writeln!(std::io::stdout(), "loading process {}", running.pid())?;
        let window = Duration::from_secs(options.seconds);
        let measured = Closed::new(options.connections, wish, window).run(&target).await?;
        let cpu = measured.cpu_us().unwrap_or_default();
        writeln!(std::io::stdout(), "{:.0}/s, {cpu:.1} µs of processor time each", measured.per_second())?;
        if options.rung.is_none() {
            // Of a build that counts what it executes, only one that ends in order says what it counted.
            running.stop().await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// As many people and keys as there are calls for: ten thousand and a hundred thousand to ten million.
fn scale(calls: u64) -> Scale {
    let part = |of: u64, least: u32| u32::try_from(calls / of).unwrap_or(u32::MAX).max(least);
    // Each day is summed up by itself; a few calls are worth no quarter of a year of that.
    let days = if calls < 10_000 { 7 } else { 90 };
    Scale { keys: part(100, 200), people: part(1_000, 50), calls, days, seed: 1 }
}

/// Only the pages, on an installation that is kept.
pub fn pages(options: &Pages) -> Result<ExitCode, Problem> {
    let binary = binary(options.keywright.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    let Effort { rounds, .. } = Effort::full(0);
    let scale = scale(options.calls);
    runtime.block_on(pages::measure(&binary, &options.seeded, None, scale, rounds, &mut report))?;
    write!(std::io::stdout(), "{}", report.text())?;
    Ok(ExitCode::SUCCESS)
}

pub fn report(options: &Options) -> Result<ExitCode, Problem> {
    let binary = binary(options.keywright.as_deref())?;
    let cores = Cores::choose();
    let pinned = cores.filter(|cores| pin_here(cores.load).is_ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    let outcome = runtime.block_on(async {
        if pinned.is_some() {
            stay_awake();
        }
        tokio::select! {
            outcome = measure(options, pinned, binary, &mut report) => outcome,
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    });
    // What was found until something went wrong is worth reading.
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{}", report.text());
    outcome?;
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(if report.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn measure(options: &Options, cores: Option<Cores>, binary: PathBuf, report: &mut Report) -> Result<(), Problem> {
    let begun = Instant::now();
    let effort = if options.quick { Effort::QUICK } else { Effort::full(options.usage_rows) };
    say("starting everything");
    let others = others(options).await?;
    let mut setting = Setting::make(effort, cores, binary, others).await?;
    describe(&setting, options, report);

    footprint::idle(&setting, report);
    say("requests per second, processor time, ladder");
    let capacity = throughput::measure(&setting, report).await?;
    say("latency");
    latency::measure(&setting, capacity, report).await?;
    say("streams");
    streams::measure(&setting, report).await?;
    say("memory");
    footprint::loaded(&setting, report).await?;
    let squeezed = correctness::squeeze(&setting).await?;
    let rests_since = Instant::now();
    // What was compared with is not needed any more; their memory and timers should not disturb what follows.
    setting.ladder.clear();
    setting.nginx = Err("stopped".to_owned());
    say("growth: keys");
    growth::keys(&setting, report).await?;
    say("growth: usage rows");
    growth::rows(&setting, report).await?;
    say("pages");
    let (core, rounds) = (setting.core(), effort.rounds);
    match &options.seeded {
        Some(folder) => {
            let scale = scale(effort.usage_rows);
            pages::measure(&setting.binary, folder, core, scale, rounds, report).await?;
        }
        None => {
            let folder = setting.folder().join("seeded");
            pages::measure(&setting.binary, &folder, core, scale(effort.seeded_calls), rounds, report).await?;
        }
    }
    say("starting empty");
    footprint::starts(&setting, report).await?;
    tokio::time::sleep(effort.rest.saturating_sub(rests_since.elapsed())).await;
    footprint::rested(&setting, rests_since.elapsed(), report);
    say("correctness");
    let books = correctness::Books::of(&setting);
    correctness::compare(setting.keywright.running, &books, &squeezed, report).await?;
    report.circumstance(format!("measured in {:.0} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

/// Progress goes where the report does not.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {what} …");
}

fn describe(setting: &Setting, options: &Options, report: &mut Report) {
    let profile = match profile() {
        Some("dist") => "as shipped (profile dist)".to_owned(),
        other => format!("NOT as shipped (profile {}): absolute figures mean little", other.unwrap_or("unknown")),
    };
    report.circumstance(format!("built {profile}"));
    report.circumstance(match setting.cores {
        Some(cores) => {
            format!("generator and provider on core {}, what is measured on core {}", cores.load, cores.gateway)
        }
        None => "nothing is pinned: one core, or the system does not allow it".to_owned(),
    });
    report.circumstance(format!(
        "{} rounds of {} ms, interleaved; median [least .. most] of the rounds",
        setting.effort.rounds,
        setting.effort.window.as_millis()
    ));
    match (&setting.nginx, nginx::find()) {
        (Ok(_), Some((_, version))) => report.circumstance(format!("compared with {version}, one process")),
        (Err(why), _) => report.skip("Comparison", "nginx", why.clone()),
        (Ok(_), None) => {}
    }
    if setting.others.is_empty() {
        report.skip("Comparison", "other gateways", "none given (--other)");
    }
    if options.quick {
        report.circumstance("a quick run: its times mean nothing");
    } else if options.usage_rows < 10_000_000 {
        report.skip("Comparison", "10 million usage rows", "takes longer to write: --usage-rows 10000000");
    }
}

async fn others(options: &Options) -> Result<Vec<Target>, Problem> {
    if options.other.is_empty() {
        return Ok(Vec::new());
    }
    let provider = Provider::start(options.provider_port).await?;
    let target = |other: &Other| Target {
        path: format!("{}/chat/completions", other.base_path.trim_end_matches('/')),
        model: other.model.clone(),
        keys: [other.key.clone()].into(),
        ..Target::open(&other.name, other.address, &provider, other.pid)
    };
    Ok(options.other.iter().map(target).collect())
}

/// The folder of this program says how it was built.
fn profile() -> Option<&'static str> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?.file_name()?.to_str()?;
    ["dist", "release", "debug"].into_iter().find(|&profile| profile == folder)
}

/// The `keywright` beside this program. Run through Cargo, it is brought up to date first, so that one command measures
/// what the tree says.
fn binary(given: Option<&Path>) -> Result<PathBuf, Problem> {
    if let Some(given) = given {
        return Ok(given.canonicalize().map_err(|error| format!("{}: {error}", given.display()))?);
    }
    let beside = std::env::current_exe()?.with_file_name("keywright");
    if let (Some(cargo), Some(profile)) = (std::env::var_os("CARGO"), profile()) {
        let profile = if profile == "debug" { "dev" } else { profile };
        let mut build = Command::new(cargo);
        build.args(["build", "--locked", "--package", "server", "--bin", "keywright", "--profile", profile]);
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
        if !build.arg("--manifest-path").arg(manifest).status()?.success() {
            return Err("keywright could not be built".into());
        }
    }
    if beside.exists() {
        return Ok(beside);
    }
    Err(format!("{} is not there: build it, or name it with --keywright", beside.display()).into())
}
