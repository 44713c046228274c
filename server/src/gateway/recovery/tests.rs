//! Crashes at every point, and a database that is away.

use super::super::ingest::Ingest;
use super::super::spool::{Charge, Checkpoint, Intent};
use super::super::testing::{Database, Desk, key, usd};
use super::*;
use proptest::prelude::*;
use proxy::ports::{Ledger as _, Reserved};
use std::sync::atomic::Ordering;

fn open_call(amount: i64, prompt_bound: i64, seen: Option<i64>) -> OpenCall {
    let key = key(1, &[]).key.id;
    let (amount, prompt_bound) = (usd(amount), usd(prompt_bound));
    let intent = Intent { key, model: "demo-large".into(), amount, prompt_bound, lines: vec![] };
    let checkpoint = seen.map(|cost| Checkpoint { tokens: TokenUsage::default(), cost: usd(cost) });
    OpenCall { event: EventId::from_i64(1), intent, checkpoint }
}

#[test]
fn a_call_cut_off_costs_what_was_seen_and_never_nothing() {
    for (amount, prompt, seen, cost, source) in [
        (100, 20, None, 100, UsageSource::Reservation),
        (100, 20, Some(30), 30, UsageSource::Estimated),
        (100, 20, Some(5), 20, UsageSource::Estimated),
        (100, 20, Some(120), 100, UsageSource::Estimated),
        (100, 0, Some(0), 100, UsageSource::Reservation),
        (0, 0, None, 0, UsageSource::Reservation),
    ] {
        let record = interrupted(open_call(amount, prompt, seen));
        assert_eq!((record.cost, record.source), (usd(cost), source), "{amount} {prompt} {seen:?}");
        assert_eq!(record.outcome, Outcome::Interrupted);
    }
}

#[test]
fn what_the_database_has_is_not_added_again() {
    let line = BudgetLine {
        scope: domain::budget::BudgetScope::Organisation,
        window: Window::Total,
        window_start: Timestamp::from_ms(0),
    };
    let used = |cost| Consumed { spent: usd(cost), requests: 1, tokens: 9 };
    let charge = |cost| Charge { lines: vec![line], used: used(cost) };
    let (known, new) = (EventId::from_i64(1), EventId::from_i64(2));
    let found = Found {
        highest: Some(new),
        settled: [(known, charge(5)), (new, charge(7))].into_iter().collect(),
        interrupted: vec![open_call(100, 0, None)],
        quarantined: vec![],
    };
    let recovered = merge(vec![(line, used(5))], found, &HashSet::from([known]), Some(known));
    assert_eq!(recovered.used, [(line, used(5)), (line, used(7))]);
    assert_eq!((recovered.void, recovered.interrupted, recovered.highest), (vec![known], vec![], Some(new)));
}

#[derive(Debug, Clone)]
enum Step {
    Reserve(i64),
    Checkpoint(prop::sample::Index, i64),
    Settle(prop::sample::Index, i64),
    Release(prop::sample::Index),
    Denied,
    Ingest,
    IngestWithAnswerLost,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        6 => (1i64..100).prop_map(Step::Reserve),
        1 => (which(), 0i64..100).prop_map(|(which, cost)| Step::Checkpoint(which, cost)),
        4 => (which(), 0i64..=100).prop_map(|(which, percent)| Step::Settle(which, percent)),
        1 => which().prop_map(Step::Release),
        1 => Just(Step::Denied),
        1 => Just(Step::Ingest),
        1 => Just(Step::IngestWithAnswerLost),
        1 => Just(Step::Crash),
    ]
}

/// Carries what there is into the database; the segments it was in are removed.
async fn ingest(desk: &Desk, database: &Arc<Database>) {
    let ingest = Ingest::start(desk.ledger.spool(), database.clone());
    ingest.flush().await.unwrap();
    ingest.stop().await;
}

/// The database takes everything, and the process does not live to remove a segment.
async fn ingest_with_answer_lost(desk: &Desk, database: &Database) {
    use super::super::ingest::UsageSink as _;
    let (spool, mut cursor) = (desk.ledger.spool(), spool::Cursor::default());
    loop {
        let read = || spool.read(cursor, usize::MAX).unwrap();
        let (batch, next) = spool.fresh(cursor, usize::MAX).unwrap_or_else(read);
        if next == cursor {
            return;
        }
        database.ingest(&batch).await.unwrap();
        cursor = next;
    }
}

fn run(steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let database = Arc::new(Database::default());
        let key = key(1, &[(Window::Total, i64::MAX), (Window::Day, i64::MAX)]);
        let mut desk = Desk::open(folder.path(), &database).await;
        let mut open: Vec<(Reserved, Option<i64>)> = vec![];
        let (mut spent, mut seen_ids) = (0, HashSet::new());
        for step in steps {
            match step {
                Step::Reserve(bound) => {
                    let reserved = desk.reserve_with(&key, bound, bound / 3).unwrap();
                    assert!(seen_ids.insert(reserved.event), "an event id came back");
                    open.push((reserved, None));
                }
                Step::Checkpoint(which, cost) if !open.is_empty() => {
                    let call = which.get(&open).0.clone();
                    desk.ledger.checkpoint(call.event, TokenUsage::default(), usd(cost));
                    let place = which.index(open.len());
                    open[place].1 = Some(cost);
                }
                Step::Settle(which, percent) if !open.is_empty() => {
                    let (reserved, _) = open.swap_remove(which.index(open.len()));
                    let cost = reserved.amount.as_nano() * percent / 100;
                    desk.settle(&key, &reserved, cost).unwrap();
                    spent += cost;
                }
                Step::Release(which) if !open.is_empty() => {
                    desk.ledger.release(&open.swap_remove(which.index(open.len())).0);
                }
                Step::Denied => {
                    let event = desk.ledger.next_event();
                    seen_ids.insert(event);
                    desk.ledger.record_denied(super::super::testing::usage(event, key.key.id, 0));
                }
                Step::Ingest => ingest(&desk, &database).await,
                Step::IngestWithAnswerLost => ingest_with_answer_lost(&desk, &database).await,
                Step::Crash => {
                    drop(desk);
                    for (reserved, seen) in open.drain(..) {
                        let amount = reserved.amount.as_nano();
                        let cost = seen.map_or(amount, |seen| seen.max(amount / 3).min(amount));
                        spent += if cost == 0 { amount } else { cost };
                    }
                    desk = Desk::open(folder.path(), &database).await;
                }
                Step::Checkpoint(..) | Step::Settle(..) | Step::Release(_) => {}
            }
            let reserved: i64 = open.iter().map(|(reserved, _)| reserved.amount.as_nano()).sum();
            assert_eq!(desk.sums(&key), (spent, reserved));
        }
        for (reserved, _) in open.drain(..) {
            desk.ledger.release(&reserved);
        }
        ingest(&desk, &database).await;
        assert_eq!(database.total(), spent, "the database and the accounts agree");
        drop(desk);
        let desk = Desk::open(folder.path(), &database).await;
        assert_eq!(desk.sums(&key), (spent, 0), "and again after a restart");
        assert!(std::fs::read_dir(folder.path()).unwrap().count() <= 1, "at most the last segment is left");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_before_a_crash_each_call_counts_once(steps in prop::collection::vec(step(), 0..60)) {
        run(steps);
    }
}

#[tokio::test]
async fn a_database_that_is_away_delays_usage_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::default());
    let desk = Desk::open(folder.path(), &database).await;
    let key = key(1, &[(Window::Total, 1_000_000)]);
    database.away.store(true, Ordering::SeqCst);
    let ingest = Ingest::start(desk.ledger.spool(), database.clone());
    for _ in 0..1_500 {
        let reserved = desk.reserve(&key, 3).unwrap();
        desk.settle(&key, &reserved, 2).unwrap();
    }
    assert!(ingest.flush().await.is_err());
    assert_eq!(database.records().len(), 0);
    assert!(desk.ledger.spool().total_bytes() > 250_000, "it waits on disk");
    database.away.store(false, Ordering::SeqCst);
    ingest.flush().await.unwrap();
    assert_eq!((database.records().len(), database.total()), (1_500, 3_000));
    assert!(desk.ledger.spool().total_bytes() < 5_000, "segments go once their records are safe");
}

#[tokio::test]
async fn without_a_database_there_is_no_guess_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::default();
    database.away.store(true, Ordering::SeqCst);
    let (spool, found) = Spool::open(folder.path(), spool::Settings::default()).unwrap();
    let clock = super::super::testing::ManualClock::new();
    let resumed = resume(spool, found, &database, clock, TimeZone::UTC).await;
    assert!(matches!(resumed, Err(NotRecovered::Database(Unavailable))));
}
