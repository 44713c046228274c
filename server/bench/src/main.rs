//! The bench: how fast Keywright is, beside a plain reverse proxy and beside doing nothing, and whether it counts right
//! while it is fast.
//!
//! One thread is generator and provider, on one core; what is measured has the other. Absolute figures are this
//! machine's; what counts are the ratios, taken round by round. Nothing here is part of what is shipped.

mod client;
mod compare;
mod cpu;
mod installation;
mod load;
mod nginx;
mod options;
mod pin;
mod process;
mod provider;
mod report;
mod run;
mod rung;
mod section;
mod seeded;
mod setting;
mod stats;
mod target;
mod wire;
mod wish;

use clap::Parser as _;
use options::{Bench, Command};
use std::io::Write as _;
use std::process::ExitCode;

/// What went wrong, in words for whoever started the bench.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    server::cli::foundation::install_crypto();
    let outcome = match Bench::parse().command {
        Command::Report(options) => run::report(&options),
        Command::Pages(options) => run::pages(&options),
        Command::Drive(options) => run::drive(&options),
        Command::Compare(options) => compare::compare(&options),
        Command::Rung(options) => run::rung(options),
    };
    match outcome {
        Ok(code) => code,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "bench: {problem}");
            ExitCode::FAILURE
        }
    }
}
