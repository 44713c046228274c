//! `keywright audit verify` and `keywright ledger verify`: the running process reads its own books, and says what it found.

use std::process::ExitCode;

use super::admin::relay;
use super::socket::Request;
use super::{Audit, Ledger};

pub async fn run_audit(command: Audit) -> ExitCode {
    match command {
        Audit::Verify { installation } => relay(&installation, &Request::AuditVerify).await,
    }
}

pub async fn run_ledger(command: Ledger) -> ExitCode {
    match command {
        Ledger::Verify { repair, installation } => relay(&installation, &Request::LedgerVerify { repair }).await,
    }
}
