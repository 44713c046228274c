//! What a running process answers to the command line, through the socket in its data folder.

use super::socket::{Answer, Request};
use crate::auth::invite;
use crate::gateway::ingest::Ingest;
use crate::gateway::ledger::Ledger;
use crate::http::origin::Origin;
use domain::time::Clock;
use portal::administration::audit::verify_chain;
use portal::ports::Randomness;
use std::sync::Arc;
use store::{Store, StoreError};

/// Everything that commands work with.
#[derive(Clone)]
pub struct Commands {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    pub public_origin: Origin,
    pub ledger: Arc<Ledger>,
    pub ingest: Arc<Ingest>,
}

impl Commands {
    pub async fn answer(self, request: Request) -> Answer {
        let answer = match request {
            Request::AdminInvite => self.invite().await,
            Request::AuditVerify => self.verify_audit().await,
            Request::LedgerVerify { repair } => self.verify_ledger(repair).await,
        };
        answer.unwrap_or_else(|_| Answer::Failed("the database does not answer; try again in a moment".into()))
    }

    async fn invite(&self) -> Result<Answer, StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let path = invite::create(&mut tx, &*self.random, now).await?;
        tx.commit().await?;
        Ok(Answer::Done(vec![
            "Open this link and sign in; whoever does becomes administrator. It works once, within 15 minutes:".into(),
            self.public_origin.join(&path),
        ]))
    }

    async fn verify_audit(&self) -> Result<Answer, StoreError> {
        let verdict = verify_chain(&self.store, self.clock.now()).await?;
        if let Some(broken) = verdict.broken {
            return Ok(Answer::Failed(format!("the audit log is not as it was written: {broken}")));
        }
        let hash: String = verdict.last_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let entries = verdict.entries;
        Ok(Answer::Done(vec![
            format!("The chain of {entries} audit entries is unbroken."),
            format!("Its end, to keep elsewhere (a cut-off tail shows only against it): {entries} {hash}"),
        ]))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::{SystemClock, SystemRandomness};
    use crate::gateway::recovery::open_ledger;
    use crate::gateway::spool::Settings;
    use crate::wiring::usage_store::StoredUsage;
    use jiff::tz::TimeZone;
    use store::AuditFilter;

    pub(in crate::cli) async fn commands() -> (Commands, tempfile::TempDir) {
        let (store, folder) = (Store::open("sqlite::memory:").await.unwrap(), tempfile::tempdir().unwrap());
        let usage = Arc::new(StoredUsage(store.clone()));
        let clock = Arc::new(SystemClock);
        let opened = open_ledger(folder.path(), Settings::default(), &*usage, clock.clone(), TimeZone::UTC).await;
        let ledger = Arc::new(opened.unwrap());
        let commands = Commands {
            store,
            clock,
            random: Arc::new(SystemRandomness),
            public_origin: Origin::parse("https://keys.example.com").unwrap(),
            ingest: Arc::new(Ingest::start(ledger.spool(), usage)),
            ledger,
        };
        (commands, folder)
    }

    #[tokio::test]
    async fn an_invitation_is_audited_once() {
        let (commands, _folder) = commands().await;
        let store = commands.store.clone();
        let Answer::Done(lines) = commands.answer(Request::AdminInvite).await else { panic!("refused") };
        assert!(lines[1].starts_with("https://keys.example.com/auth/invite/"));
        let entries = store.audit_page(&AuditFilter::default(), None, 10).await.unwrap();
        let actions: Vec<&str> = entries.iter().map(|row| row.entry.action.as_str()).collect();
        assert_eq!(actions, ["invite.created"]);
    }
}
