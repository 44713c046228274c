//! The promises of the ledger, each under its own name.

use super::super::spool::{QuotaDisk, Settings, Sync};
use super::super::testing::{Database, Desk, key, small_segments, usage};
use super::*;
use domain::budget::Window;
use domain::denial::TrafficLimit;
use domain::time::{MS_PER_DAY, MS_PER_MINUTE};
use proxy::ports::Ledger as _;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;

async fn desk() -> (tempfile::TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path(), &Database::default()).await;
    (folder, desk)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_budget_for_fifty_serves_fifty_of_two_hundred_at_once() {
    let (_folder, desk) = desk().await;
    let (desk, key) = (Arc::new(desk), Arc::new(key(1, &[(Window::Day, 50_000), (Window::Total, 60_000)])));
    let together = Arc::new(tokio::sync::Barrier::new(64));
    let left = Arc::new(AtomicI64::new(200));
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (desk, key, together, left) = (desk.clone(), key.clone(), together.clone(), left.clone());
            tokio::spawn(async move {
                together.wait().await;
                let mut answers = vec![];
                while left.fetch_sub(1, Ordering::SeqCst) > 0 {
                    answers.push(desk.reserve(&key, 1_000));
                    tokio::task::yield_now().await;
                }
                answers
            })
        })
        .collect();
    let (mut admitted, mut denied) = (vec![], BTreeMap::new());
    for task in tasks {
        for answer in task.await.unwrap() {
            match answer {
                Ok(reserved) => admitted.push(reserved),
                Err(denial) => *denied.entry(denial.code()).or_insert(0) += 1,
            }
        }
    }
    assert_eq!((admitted.len(), denied), (50, BTreeMap::from([("budget_reserved", 150)])));
    assert_eq!(desk.sums(&key), (0, 50_000));

    for reserved in &admitted {
        desk.settle(&key, reserved, 1_000).unwrap();
    }
    assert_eq!(desk.sums(&key), (50_000, 0));
    assert_eq!(desk.reserve(&key, 1_000).unwrap_err().code(), "budget_exhausted");
    assert_eq!(desk.ledger.spool().calls_in_flight(), 0);
}

#[tokio::test]
async fn settling_or_releasing_twice_moves_money_once() {
    let (_folder, desk) = desk().await;
    let key = key(1, &[(Window::Month, 1_000)]);
    let reserved = desk.reserve(&key, 400).unwrap();
    assert_eq!(reserved.tightest.as_ref().unwrap().left().as_nano(), 600);
    desk.settle(&key, &reserved, 250).unwrap();
    desk.settle(&key, &reserved, 250).unwrap();
    desk.ledger.release(&reserved);
    assert_eq!(desk.sums(&key), (250, 0));

    let unsent = desk.reserve(&key, 400).unwrap();
    desk.ledger.release(&unsent);
    desk.ledger.release(&unsent);
    desk.settle(&key, &unsent, 400).unwrap();
    assert_eq!(desk.sums(&key), (250, 0));
}

#[tokio::test]
async fn a_call_belongs_to_the_window_of_its_admission() {
    let (_folder, desk) = desk().await;
    let key = key(1, &[(Window::Day, 1_000), (Window::Total, 10_000)]);
    let reserved = desk.reserve(&key, 1_000).unwrap();
    desk.clock.advance(MS_PER_DAY);
    assert_eq!(desk.sums(&key), (0, 0), "a new day needs no job");
    desk.settle(&key, &reserved, 900).unwrap();
    let [day, total] = desk.ledger.figures(&key, desk.clock.now())[..] else { panic!("two budgets") };
    assert_eq!((day.spent.as_nano(), total.spent.as_nano(), total.reserved.as_nano()), (0, 900, 0));
}

#[tokio::test]
async fn changing_a_limit_keeps_what_was_spent() {
    let (_folder, desk) = desk().await;
    let reserved = desk.reserve(&key(1, &[(Window::Day, 1_000)]), 800).unwrap();
    desk.settle(&key(1, &[]), &reserved, 800).unwrap();
    let lowered = key(1, &[(Window::Day, 500)]);
    assert_eq!(desk.sums(&lowered), (800, 0));
    assert_eq!(desk.reserve(&lowered, 1).unwrap_err().code(), "budget_exhausted");
    assert!(desk.reserve(&key(1, &[(Window::Day, 2_000)]), 1_200).is_ok());
    // Named twice, the lower cap counts, and the account is charged once.
    let twice = key(2, &[(Window::Day, 900), (Window::Day, 500)]);
    assert!(desk.reserve(&twice, 501).is_err());
    assert_eq!(desk.reserve(&twice, 500).unwrap().lines.len(), 1);
}

#[tokio::test]
async fn rate_and_concurrency_belong_to_the_key_and_cost_no_budget() {
    let (_folder, desk) = desk().await;
    let mut key = key(1, &[(Window::Day, 1_000)]);
    let terms = Arc::make_mut(&mut key.effective);
    (terms.requests_per_minute, terms.concurrency) = (3, 2);
    let first = desk.reserve(&key, 10).unwrap();
    let _second = desk.reserve(&key, 10).unwrap();
    assert_eq!(desk.reserve(&key, 10).unwrap_err().code(), "concurrency_limited");
    desk.settle(&key, &first, 10).unwrap();
    let _third = desk.reserve(&key, 10).unwrap();
    let Err(Denial::RateLimited(TrafficLimit { limit: 3, retry_after_ms, .. })) = desk.reserve(&key, 10) else {
        panic!("passed")
    };
    assert_eq!(retry_after_ms, 20_000);
    assert_eq!(desk.sums(&key), (10, 20), "what was refused holds nothing");
    desk.clock.advance(MS_PER_MINUTE);
    assert_eq!(desk.reserve(&key, 10).unwrap_err().code(), "concurrency_limited");
}

#[tokio::test]
async fn a_finished_call_is_shown_to_its_own_key_alone() {
    let (_folder, desk) = desk().await;
    let (mine, other) = (key(1, &[(Window::Day, 1_000)]), key(2, &[]).key.id);
    let reserved = desk.reserve(&mine, 10).unwrap();
    assert_eq!(desk.ledger.finished(reserved.event, mine.key.id), None);
    desk.settle(&mine, &reserved, 7).unwrap();
    let finished = desk.ledger.finished(reserved.event, mine.key.id).unwrap();
    assert_eq!((finished.cost.as_nano(), &finished.charged), (7, &reserved.lines));
    assert_eq!(desk.ledger.finished(reserved.event, other), None);
    let ended = reserved.event.made_at().plus_ms(12);
    assert!(desk.ledger.finished_since(mine.key.id, ended).is_some());
    assert!(desk.ledger.finished_since(mine.key.id, ended.plus_ms(1)).is_none());

    for number in 0..10_000 {
        desk.ledger.record_denied(UsageRecord {
            outcome: Outcome::Denied,
            ..usage(EventId::from_i64(number), mine.key.id, 0)
        });
    }
    assert!(desk.ledger.finished(reserved.event, mine.key.id).is_some(), "refusals push out no served call");
    assert_eq!(desk.ledger.finished(EventId::from_i64(1), mine.key.id), None, "only so many are kept");
    for number in 0..recent::SERVED as i64 {
        desk.ledger.record_denied(usage(EventId::from_i64(number), mine.key.id, 0));
    }
    assert_eq!(desk.ledger.finished(reserved.event, mine.key.id), None, "only so many are kept");
}

#[tokio::test]
async fn a_full_disk_refuses_new_calls_and_keeps_the_end_of_admitted_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (database, disk) = (Arc::new(Database::default()), QuotaDisk::new(100_000));
    let room = disk.room.clone();
    let desk = Desk::open_on(Arc::new(disk), folder.path(), &database, small_segments()).await;
    let key = key(1, &[(Window::Day, 1_000_000)]);
    let (first, second) = (desk.reserve(&key, 100).unwrap(), desk.reserve(&key, 100).unwrap());
    room.store(150, Ordering::SeqCst);
    assert_eq!(desk.settle(&key, &first, 60), Err(Denial::MeteringUnavailable));
    assert_eq!(desk.settle(&key, &second, 70), Err(Denial::MeteringUnavailable));
    assert_eq!(desk.sums(&key), (130, 0), "charged at once");
    assert_eq!(desk.reserve(&key, 1).unwrap_err(), Denial::MeteringUnavailable);
    assert_eq!(desk.sums(&key), (130, 0), "a refused call holds nothing");

    room.store(1_000_000, Ordering::SeqCst);
    let third = desk.reserve(&key, 1).unwrap();
    desk.settle(&key, &third, 1).unwrap();
    assert_eq!(desk.ledger.spool().unwritten(), []);
    drop(desk);
    let again = Desk::open(folder.path(), &database).await;
    assert_eq!(again.sums(&key), (131, 0), "every settlement reached the disk in the end");
}

#[tokio::test]
async fn a_spool_at_its_bound_refuses_calls_until_the_database_took_some() {
    let folder = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::default());
    let settings = Settings { max_bytes: 30_000, ..small_segments() };
    let disk = Arc::new(super::super::spool::RealDisk);
    let desk = Desk::open_on(disk, folder.path(), &database, settings).await;
    let key = key(1, &[(Window::Total, 1_000_000)]);
    let mut spent = 0;
    while let Ok(reserved) = desk.reserve(&key, 1) {
        desk.settle(&key, &reserved, 1).unwrap();
        spent += 1;
    }
    assert_eq!(desk.reserve(&key, 1).unwrap_err(), Denial::MeteringUnavailable);
    assert!(desk.ledger.spool().total_bytes() <= 30_000 && spent > 10);
    let ingest = super::super::ingest::Ingest::start(desk.ledger.spool(), database.clone());
    ingest.flush().await.unwrap();
    assert_eq!(database.total(), spent);
    assert!(desk.reserve(&key, 1).is_ok());
}

#[tokio::test]
async fn with_sync_always_a_failed_sync_is_never_called_done() {
    let folder = tempfile::tempdir().unwrap();
    let disk = QuotaDisk::new(1_000_000);
    let fails = disk.sync_fails.clone();
    let settings = Settings { sync: Sync::Always, ..small_segments() };
    let desk = Desk::open_on(Arc::new(disk), folder.path(), &Database::default(), settings).await;
    let key = key(1, &[(Window::Day, 1_000)]);
    let reserved = desk.reserve(&key, 10).unwrap();
    fails.store(true, Ordering::SeqCst);
    assert_eq!(desk.settle(&key, &reserved, 10), Err(Denial::MeteringUnavailable));
    assert_eq!(desk.reserve(&key, 10).unwrap_err(), Denial::MeteringUnavailable);
    assert_eq!(desk.sums(&key), (10, 0));
}

#[tokio::test]
async fn a_call_refused_for_a_failed_sync_is_not_charged_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let disk = QuotaDisk::new(1_000_000);
    let fails = disk.sync_fails.clone();
    let settings = Settings { sync: Sync::Always, ..small_segments() };
    let desk = Desk::open_on(Arc::new(disk), folder.path(), &Database::default(), settings).await;
    let key = key(1, &[(Window::Day, 1_000)]);
    fails.store(true, Ordering::SeqCst);
    assert_eq!(desk.reserve(&key, 10).unwrap_err(), Denial::MeteringUnavailable);
    assert_eq!((desk.sums(&key), desk.ledger.spool().calls_in_flight()), ((0, 0), 0));
    fails.store(false, Ordering::SeqCst);
    drop(desk);
    let again = Desk::open(folder.path(), &Database::default()).await;
    assert_eq!(again.sums(&key), (0, 0));
}
