//! `keywright admin …`: asks the running process, because it alone holds the database.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{complain, say};
use super::socket::{Answer, Request, ask};
use super::{Admin, DEV_DATA, Installation};
use crate::config::Config;

pub async fn run(command: Admin) -> ExitCode {
    match command {
        Admin::Invite { installation } => relay(&installation, &Request::AdminInvite).await,
    }
}

/// Sends one request to the process of an installation and prints what it answers.
pub async fn relay(installation: &Installation, request: &Request) -> ExitCode {
    let data_dir = match data_dir(installation) {
        Ok(data_dir) => data_dir,
        Err(problem) => {
            complain(problem);
            return ExitCode::FAILURE;
        }
    };
    match ask(&data_dir, request).await {
        Ok(Answer::Done(lines)) => {
            for line in lines {
                say(line);
            }
            ExitCode::SUCCESS
        }
        Ok(Answer::Failed(reason)) => {
            complain(reason);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

fn data_dir(installation: &Installation) -> Result<PathBuf, String> {
    match (&installation.data, &installation.config) {
        (Some(data), _) => Ok(data.clone()),
        (None, Some(config)) => {
            Config::load(config).map(|config| config.data_dir).map_err(|problems| problems.to_string())
        }
        (None, None) => Ok(DEV_DATA.into()),
    }
}
