//! The command line.

use crate::rung;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// How fast Keywright is, beside nginx and beside doing nothing.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub struct Bench {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures everything and prints the report. Ends with an error if something failed, not if a goal was missed.
    Report(Report),
    /// The section about pages alone.
    Pages(Pages),
    /// Loads Keywright, or one step of the ladder, for as long as a profiler wants to look at it.
    Drive(Drive),
    /// Several builds of Keywright against each other: what a call takes, in short windows by turns.
    Compare(Compare),
    /// One step of the ladder, started by the report.
    #[command(hide = true)]
    Rung(rung::Options),
}

#[derive(Debug, Args)]
pub struct Report {
    /// Also writes the report here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Everything once and briefly: to see that it works. Its times mean nothing.
    #[arg(long)]
    pub quick: bool,
    /// Usage rows of the large database. Ten million take several minutes to write.
    #[arg(long, default_value_t = 1_000_000)]
    pub usage_rows: u64,
    /// The installation whose pages are read; made, with as many calls as there are usage rows, if nothing is there, and
    /// kept. Otherwise a small one.
    #[arg(long, value_name = "FOLDER")]
    pub seeded: Option<PathBuf>,
    /// The keywright to measure; otherwise the one built with the bench.
    #[arg(long, value_name = "FILE")]
    pub keywright: Option<PathBuf>,
    /// Another gateway, asked in the OpenAI format: its base URL up to and with `/v1`, a key, a model, and the id of its
    /// process if its processor time is wanted. It has to send that model's calls to the scripted provider.
    #[arg(long, value_name = "NAME=URL,KEY,MODEL[,PID]")]
    pub other: Vec<Other>,
    /// Where the scripted provider of other gateways listens: http://127.0.0.1:PORT/v1
    #[arg(long, value_name = "PORT", default_value_t = 4010)]
    pub provider_port: u16,
}

#[derive(Debug, Args)]
pub struct Pages {
    /// Made if nothing is there, and kept.
    #[arg(long, value_name = "FOLDER")]
    pub seeded: PathBuf,
    #[arg(long, default_value_t = 10_000_000)]
    pub calls: u64,
    /// The keywright to measure; otherwise the one built with the bench.
    #[arg(long, value_name = "FILE")]
    pub keywright: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Drive {
    /// The whole process, if no step is named.
    #[arg(value_enum)]
    pub rung: Option<rung::Rung>,
    /// nginx instead, as the yardstick.
    #[arg(long, conflicts_with = "rung")]
    pub nginx: bool,
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
    /// Random ones among so many, for the whole process. Making a hundred thousand takes a minute.
    #[arg(long, default_value_t = 10, conflicts_with_all = ["rung", "nginx"])]
    pub keys: usize,
    /// Streams of 22 events instead of plain answers.
    #[arg(long)]
    pub streamed: bool,
    /// The keywright to load; otherwise the one built with the bench.
    #[arg(long, value_name = "FILE")]
    pub keywright: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// What the others are compared to comes first.
    #[arg(required = true, num_args = 2..)]
    pub builds: Vec<PathBuf>,
    #[arg(long, default_value_t = 40)]
    pub rounds: usize,
    #[arg(long, value_enum, default_value_t = Load::Plain)]
    pub load: Load,
    /// Of plain and streamed loads.
    #[arg(long, default_value_t = 32)]
    pub connections: usize,
}

/// How builds are loaded, and what is compared of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Load {
    /// Plain calls, as many as it takes: the processor time of one.
    Plain,
    /// Streams of 22 events, as many as it takes: the processor time of one.
    Streamed,
    /// 200 plain calls a second, with everything gone from the processor's cache in between: the time until the answer.
    Rare,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    pub name: String,
    pub address: SocketAddr,
    pub base_path: String,
    pub key: String,
    pub model: String,
    pub pid: Option<u32>,
}

impl std::str::FromStr for Other {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write NAME=http://ADDRESS:PORT/v1,KEY,MODEL[,PID] with an address in digits";
        let (name, rest) = text.split_once('=').ok_or(FORM)?;
        let fields: Vec<&str> = rest.split(',').collect();
        let (url, key, model, pid) = match fields[..] {
            [url, key, model] => (url, key, model, None),
            [url, key, model, pid] => (url, key, model, Some(pid.parse().map_err(|_| FORM)?)),
            _ => return Err(FORM),
        };
        let place = url.strip_prefix("http://").ok_or(FORM)?;
        let (address, path) = place.split_once('/').unwrap_or((place, ""));
        Ok(Self {
            name: name.to_owned(),
            address: address.parse().map_err(|_| FORM)?,
            base_path: format!("/{}", path.trim_end_matches('/')),
            key: key.to_owned(),
            model: model.to_owned(),
            pid,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_gateway_is_read() {
        let other: Other = "lite=http://127.0.0.1:4000/v1,sk-1,fast,77".parse().unwrap();
        assert_eq!((other.name.as_str(), other.base_path.as_str(), other.pid), ("lite", "/v1", Some(77)));
        for wrong in
            ["lite", "lite=http://127.0.0.1:4000/v1", "lite=https://127.0.0.1:1/v1,k,m", "a=http://host/v1,k,m"]
        {
            assert!(wrong.parse::<Other>().is_err(), "{wrong}");
        }
    }
}
