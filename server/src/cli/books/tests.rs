//! Drift on purpose: found, told, repaired and audited.

use super::super::commands::tests::commands;
use super::super::socket::{Answer, Request};
use crate::gateway::testing::{key, request, usage};
use domain::budget::{Consumed, Window};
use domain::money::NanoUsd;
use proxy::ports::Ledger as _;
use store::AuditFilter;

#[tokio::test]
async fn drift_is_found_in_memory_and_in_the_database_and_repaired_with_an_entry() {
    let (commands, _folder) = commands().await;
    let key = key(1, &[(Window::Day, 1_000_000), (Window::Total, 1_000_000)]);
    let verify = |repair| commands.clone().answer(Request::LedgerVerify { repair });
    let reserved = commands.ledger.reserve(&request(&commands.ledger, &key, 500, commands.clock.now())).unwrap();
    let record = usage(reserved.event, key.key.id, 400);
    commands.ledger.settle(&reserved, record).unwrap();
    let Answer::Done(lines) = verify(false).await else { panic!("drift") };
    assert!(lines[0].contains("1 keys, 2 accounts") && lines[0].ends_with("Drift 0."), "{}", lines[0]);

    let (day, total) = (reserved.lines[0], reserved.lines[1]);
    let lost = Consumed { spent: NanoUsd::from_nano(100), requests: 1, tokens: 3 };
    let mut tx = commands.store.begin().await.unwrap();
    tx.correct_counter(day, lost, Consumed::default()).await.unwrap();
    tx.commit().await.unwrap();
    commands.ledger.correct(total, lost, Consumed::default());
    let Answer::Failed(reason) = verify(false).await else { panic!("no drift") };
    assert_eq!((reason.matches("counter  ").count(), reason.matches("memory   ").count()), (1, 1), "{reason}");
    assert!(
        reason.contains("$0.0000003 0 calls 5 tokens; the calls add up to $0.0000004 1 calls 8 tokens"),
        "{reason}"
    );

    let Answer::Done(_) = verify(true).await else { panic!("not repaired") };
    let Answer::Done(_) = verify(false).await else { panic!("still drifting") };
    let entries = commands.store.audit_page(&AuditFilter::default(), None, 10).await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|row| row.entry.action.as_str()).collect();
    assert_eq!(actions, ["ledger.repaired"]);
}
