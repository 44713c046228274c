//! The command line: what it understands, and nothing of what it does.
//!
//! Commands that look at or change a running installation talk to the running process through [`socket`]; the others work alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::MailServer;
use crate::http::origin::Origin;

pub mod admin;
pub mod audit;
mod books;
pub mod check;
pub mod commands;
pub mod dev;
pub mod foundation;
pub mod output;
pub mod providers;
pub mod seed;
pub mod serve;
pub mod socket;
pub mod unlocked;

/// Where `keywright dev` keeps everything, and where commands look when they are not told otherwise.
pub const DEV_DATA: &str = "./keywright-data";

/// Self-service keys for language models, with the gateway built in.
#[derive(Debug, Parser)]
#[command(name = "keywright", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in the life of a process")]
pub enum Command {
    /// Try everything on this machine: a ready-made identity provider, a demo model, no configuration
    Dev(Dev),
    /// Run for others: real identity providers, a root secret, a public address
    Serve(Serve),
    /// Things that only the operator of the machine may do
    #[command(subcommand)]
    Admin(Admin),
    /// The log of who changed what
    #[command(subcommand)]
    Audit(Audit),
    /// The book of what was spent
    #[command(subcommand)]
    Ledger(Ledger),
    /// Fill an empty database with people, keys and months of calls, to try pages out or to measure them
    Seed(Seed),
}

#[derive(Debug, Args)]
pub struct Seed {
    #[command(flatten)]
    pub installation: Installation,
    /// How many keys there are; one in twenty is used on a day
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(20..=10_000_000))]
    pub keys: u32,
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(5..=1_000_000))]
    pub people: u32,
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    pub calls: u64,
    /// Over how many days the calls are spread; today is the last
    #[arg(long, default_value_t = 90, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(2..=1_000))]
    pub days: u16,
    /// The same number makes the same installation
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct Dev {
    /// Where to listen. Beyond this machine (a container's published port) it needs --public-origin, and warns
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The folder for the database and everything else; made if missing, kept between starts
    #[arg(long, default_value = DEV_DATA, value_name = "DIR")]
    pub data: PathBuf,
    /// The address to open in the browser, if it is not that of --listen
    #[arg(long, value_name = "URL", value_parser = local_origin)]
    pub public_origin: Option<Origin>,
    /// Send e-mail to a mail catcher on this machine, such as smtp://127.0.0.1:1025
    #[arg(long, env = "KEYWRIGHT_DEV_MAIL", value_name = "URL", value_parser = MailServer::on_this_machine)]
    pub mail: Option<MailServer>,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration; config.example.toml explains every key
    #[arg(long, env = "KEYWRIGHT_CONFIG", value_name = "FILE")]
    pub config: PathBuf,
    /// Try everything that the configuration names, print what to enter at the identity provider, and end
    #[arg(long)]
    pub check: bool,
}

/// Which installation a command means.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Installation {
    /// The configuration that `keywright serve` runs with
    #[arg(long, env = "KEYWRIGHT_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder of `keywright dev` [default: ./keywright-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Print a link that makes whoever signs in through it administrator: once, within 15 minutes
    Invite {
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check that no entry was changed, removed, inserted or moved
    Verify {
        #[command(flatten)]
        installation: Installation,
    },
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Add up all usage again and compare it with what budgets and quotas say was used
    Verify {
        /// Set accounts that are wrong to what their calls add up to; the audit log keeps what was changed
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        installation: Installation,
    },
}

fn local_origin(text: &str) -> Result<Origin, &'static str> {
    let origin = Origin::parse(text)?;
    match origin.is_loopback() {
        true => Ok(origin),
        false => Err("it must be an address of this machine, like http://localhost:8080"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let words = line.split_whitespace();
        Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn dev_needs_nothing_and_is_opened_on_this_machine() {
        let Ok(Command::Dev(dev)) = parse("keywright dev") else {
            panic!("dev needs no arguments");
        };
        assert_eq!(dev.listen.to_string(), "127.0.0.1:8080");
        assert!(parse("keywright dev --public-origin https://keys.example.com").is_err());
        assert!(parse("keywright dev --public-origin http://localhost:9000").is_ok());
    }

    #[test]
    fn a_command_means_one_installation() {
        assert!(parse("keywright admin invite").is_ok());
        assert!(parse("keywright admin invite --data d --config c").is_err());
        assert!(parse("keywright audit verify --data d").is_ok());
        assert!(parse("keywright ledger verify --config c").is_ok());
        assert!(parse("keywright ledger verify --repair").is_ok());
        assert!(parse("keywright serve --check").is_err());
        assert!(parse("keywright seed --data d --keys 100000 --calls 10000000").is_ok());
        assert!(parse("keywright seed --keys 3").is_err());
    }
}
