//! Compares what accounts say was used with what the database says, while calls go on.
//!
//! Calls that end between two looks are no drift: an account only grows, and everything that stood in it before the
//! spool was emptied is in the database after. So the database's figure has to lie between the account before and the
//! account after. What holds stand without a call is told only when the process is at rest.

use super::Unavailable;
use super::ingest::{Behind, Ingest};
use super::ledger::{Ledger, Standing};
use super::recovery::{UsageHistory, windows_that_matter};
use domain::budget::{BudgetLine, Consumed};
use domain::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub type Accounts = BTreeMap<BudgetLine, Standing>;

const A_MOMENT: Duration = Duration::from_millis(200);

/// Two figures that should be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    pub line: BudgetLine,
    pub says: Consumed,
    pub should: Consumed,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, says, should } = self;
        let (scope, window, start) = (line.scope, line.window.word(), line.window_start.to_jiff());
        let [says, should] =
            [says, should].map(|it| format!("{} {} calls {} tokens", it.spent, it.requests, it.tokens));
        write!(f, "{scope} {window} from {start}: {says}; the calls add up to {should}")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotCompared {
    #[error(transparent)]
    Behind(#[from] Behind),
    #[error(transparent)]
    Database(#[from] Unavailable),
}

/// Compares the accounts in memory with the counters in the database, for the windows that matter. Reads counters only.
pub async fn reconcile(
    ledger: &Ledger,
    ingest: &Ingest,
    history: &dyn UsageHistory,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Vec<Drift>, NotCompared> {
    let before = ledger.accounts();
    ingest.flush().await?;
    let counters = history.used(&windows_that_matter(now, zone)).await?.into_iter().collect();
    Ok(drifting(ledger, &before, &counters).await)
}

/// As [`outside`], asked again after a moment: a call is in the spool shortly before it is in its accounts.
pub async fn drifting(ledger: &Ledger, before: &Accounts, truth: &BTreeMap<BudgetLine, Consumed>) -> Vec<Drift> {
    let drifts = outside(before, &ledger.accounts(), truth);
    if drifts.is_empty() {
        return drifts;
    }
    tokio::time::sleep(A_MOMENT).await;
    outside(before, &ledger.accounts(), truth)
}

/// The accounts that were kept in memory all along and whose true figure lies outside of what they said before and after.
fn outside(before: &Accounts, after: &Accounts, truth: &BTreeMap<BudgetLine, Consumed>) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for (&line, was) in before {
        let Some(is) = after.get(&line) else { continue };
        let should = truth.get(&line).copied().unwrap_or_default();
        let (low, high) = (was.used, is.used);
        let between = low.spent <= should.spent
            && should.spent <= high.spent
            && (low.requests..=high.requests).contains(&should.requests)
            && (low.tokens..=high.tokens).contains(&should.tokens);
        if !between {
            drifts.push(Drift { line, says: high, should });
        }
    }
    drifts
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Database, Desk, NOW, key};
    use super::*;
    use domain::budget::Window;
    use domain::money::NanoUsd;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_wrong_account_is_found_and_calls_in_between_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let database = Arc::new(Database::default());
        let desk = Desk::open(folder.path(), &database).await;
        let ingest = Ingest::start(desk.ledger.spool(), database.clone());
        let key = key(1, &[(Window::Day, 1_000), (Window::Total, 1_000)]);
        let call = || {
            let reserved = desk.reserve(&key, 10).unwrap();
            desk.settle(&key, &reserved, 7).unwrap();
            reserved.lines
        };
        let lines = call();
        let zone = TimeZone::UTC;
        let compare = || reconcile(&desk.ledger, &ingest, &*database, NOW, &zone);
        assert_eq!(compare().await.unwrap(), []);

        let before = desk.ledger.accounts();
        call();
        ingest.flush().await.unwrap();
        let truth = database.used(&windows_that_matter(NOW, &TimeZone::UTC)).await.unwrap().into_iter().collect();
        call();
        assert_eq!(outside(&before, &desk.ledger.accounts(), &truth), []);

        let lost = Consumed { spent: NanoUsd::from_nano(2), requests: 0, tokens: 0 };
        desk.ledger.correct(lines[0], lost, Consumed::default());
        let drifts = compare().await.unwrap();
        assert_eq!((drifts.len(), drifts[0].line), (1, lines[0]));
        assert_eq!((drifts[0].says.spent.as_nano(), drifts[0].should.spent.as_nano()), (19, 21));
        desk.ledger.correct(lines[0], drifts[0].says, drifts[0].should);
        assert_eq!(compare().await.unwrap(), []);
    }
}
