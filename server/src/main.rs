//! The binary `keywright`: reads the command line and hands over.

use clap::Parser;
use server::cli::{Cli, Command, admin, audit, dev, foundation, seed, serve};
use std::process::ExitCode;

fn main() -> ExitCode {
    foundation::install_crypto();
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            server::cli::output::complain(format_args!("cannot start threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match command {
            Command::Dev(options) => dev::run(options).await,
            Command::Serve(options) => serve::run(options).await,
            Command::Admin(command) => admin::run(command).await,
            Command::Audit(command) => audit::run_audit(command).await,
            Command::Ledger(command) => audit::run_ledger(command).await,
            Command::Seed(options) => seed::run(options).await,
        }
    })
}
