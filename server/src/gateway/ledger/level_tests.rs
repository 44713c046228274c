//! Limits on every level: what is shared, what is named, and that all or nothing is taken.

use super::super::testing::{Database, Desk, below, key, usd};
use super::*;
use domain::budget::{Cap, Window};
use domain::id::{PersonId, TeamId};
use domain::limits::{Counted, Limits, Quota};
use domain::time::{MS_PER_HOUR, MS_PER_MINUTE};
use proxy::ports::{Allowance, Ledger as _};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

fn team() -> BudgetScope {
    BudgetScope::Team(TeamId::from_random(&[7; 12]))
}
fn person() -> BudgetScope {
    BudgetScope::Person(PersonId::from_random(&[8; 12]))
}

fn cap(window: Window, limit: i64) -> Limits {
    Limits { caps: vec![Cap { window, limit: usd(limit) }], ..Limits::default() }
}

fn quota(counted: Counted, window: Window, limit: u64) -> Limits {
    Limits { quotas: vec![Quota { counted, window, limit }], ..Limits::default() }
}

async fn desk() -> (tempfile::TempDir, Desk) {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(folder.path(), &Database::default()).await;
    (folder, desk)
}

fn held(desk: &Desk) -> BTreeMap<BudgetLine, Standing> {
    desk.ledger.accounts().into_iter().filter(|(_, standing)| *standing != Standing::default()).collect()
}

#[tokio::test]
async fn a_budget_above_is_shared_and_named_and_nothing_else_is_touched() {
    let (_folder, desk) = desk().await;
    let above = vec![(BudgetScope::Organisation, cap(Window::Month, 5_000)), (team(), cap(Window::Hour, 1_000))];
    let mine = below(key(1, &[(Window::Day, 900)]), above.clone());
    let other = below(key(2, &[(Window::Day, 900)]), above);
    let reserved = desk.reserve(&mine, 800).unwrap();
    let scopes: Vec<BudgetScope> = reserved.lines.iter().map(|line| line.scope).collect();
    assert_eq!(scopes, [BudgetScope::Organisation, team(), BudgetScope::Key(mine.key.id)]);
    let before = held(&desk);
    let Err(Denial::BudgetReserved { limit, .. }) = desk.reserve(&other, 300) else { panic!("passed") };
    assert_eq!((limit.scope, limit.window, limit.reserved.as_nano()), (team(), Window::Hour, 800));
    assert_eq!(held(&desk), before, "a refused call leaves nothing anywhere");
    desk.settle(&mine, &reserved, 800).unwrap();
    let Err(Denial::BudgetInsufficient { limit, .. }) = desk.reserve(&other, 300) else { panic!("passed") };
    assert_eq!((limit.scope, limit.spent.as_nano()), (team(), 800));
    let next = desk.reserve(&other, 200).unwrap();
    desk.settle(&other, &next, 200).unwrap();
    assert_eq!(desk.reserve(&other, 1).unwrap_err().code(), "budget_exhausted");
    desk.clock.advance(MS_PER_HOUR);
    assert!(desk.reserve(&other, 300).is_ok(), "the hour is over");
}

#[tokio::test]
async fn the_slowest_of_the_levels_that_refuse_says_when_to_try_again() {
    let (_folder, desk) = desk().await;
    let rpm = |limit| Limits { requests_per_minute: Some(limit), ..Limits::default() };
    let key = below(key(1, &[]), vec![(BudgetScope::Organisation, rpm(6)), (team(), rpm(2)), (person(), rpm(4))]);
    for left in [1, 0] {
        let reserved = desk.reserve(&key, 1).unwrap();
        let traffic = reserved.traffic.requests.unwrap();
        assert_eq!((traffic.limit, traffic.remaining), (2, left));
    }
    let Err(Denial::RateLimited(limit)) = desk.reserve(&key, 1) else { panic!("passed") };
    assert_eq!((limit.scope, limit.limit, limit.retry_after_ms), (team(), 2, 30_000));
    desk.clock.advance(29_999);
    assert!(desk.reserve(&key, 1).is_err());
    desk.clock.advance(1);
    assert!(desk.reserve(&key, 1).is_ok());
}

#[tokio::test]
async fn tokens_are_taken_by_estimate_and_corrected_at_the_end() {
    let (_folder, desk) = desk().await;
    let limits = Limits { tokens_per_minute: Some(250), ..Limits::default() };
    let key = below(key(1, &[]), vec![(team(), limits)]);
    let (first, second) = (desk.reserve(&key, 1).unwrap(), desk.reserve(&key, 1).unwrap());
    let remaining = |reserved: &Reserved| reserved.traffic.tokens.map(|allowance| allowance.remaining);
    assert_eq!((remaining(&first), remaining(&second)), (Some(150), Some(50)));
    let Err(Denial::TokensLimited(limit)) = desk.reserve(&key, 1) else { panic!("passed") };
    assert_eq!((limit.scope, limit.limit, limit.retry_after_ms), (team(), 250, 12_000));
    desk.settle(&key, &first, 1).unwrap();
    desk.ledger.release(&second);
    let third = desk.reserve(&key, 1).unwrap();
    assert_eq!(third.traffic.tokens, Some(Allowance { limit: 250, remaining: 142, resets_in_ms: 25_920 }), "8 + 100");
}

#[tokio::test]
async fn calls_at_once_are_counted_on_every_level() {
    let (_folder, desk) = desk().await;
    let limits = Limits { concurrency: Some(2), ..Limits::default() };
    let (one, two) = (below(key(1, &[]), vec![(team(), limits.clone())]), below(key(2, &[]), vec![(team(), limits)]));
    let (first, _second) = (desk.reserve(&one, 1).unwrap(), desk.reserve(&two, 1).unwrap());
    let Err(Denial::ConcurrencyLimited(limit)) = desk.reserve(&two, 1) else { panic!("passed") };
    assert_eq!((limit.scope, limit.limit), (team(), 2));
    // The level has lost its limit meanwhile: the end of a call finds its way all the same.
    desk.settle(&key(1, &[]), &first, 1).unwrap();
    assert!(desk.reserve(&two, 1).is_ok());
}

#[tokio::test]
async fn quotas_count_calls_and_tokens_in_their_windows_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let database = Arc::new(Database::default());
    let desk = Desk::open(folder.path(), &database).await;
    let calls = below(key(1, &[]), vec![(person(), quota(Counted::Requests, Window::Hour, 2))]);
    let tokens = below(key(2, &[]), vec![(team(), quota(Counted::Tokens, Window::Day, 115))]);
    let first = desk.reserve(&calls, 1).unwrap();
    assert_eq!(first.lines.len(), 1, "a window that only a quota names is charged too");
    let second = desk.reserve(&calls, 1).unwrap();
    let Err(Denial::QuotaExhausted(reached)) = desk.reserve(&calls, 1) else { panic!("passed") };
    assert_eq!((reached.scope, reached.used, reached.limit), (person(), 2, 2));
    desk.ledger.release(&second);
    let again = desk.reserve(&calls, 1).unwrap();
    for reserved in [&first, &again] {
        desk.settle(&calls, reserved, 1).unwrap();
    }
    for used in [8, 16] {
        let reserved = desk.reserve(&tokens, 1).unwrap();
        desk.settle(&tokens, &reserved, 1).unwrap();
        assert_eq!(desk.ledger.accounts()[&reserved.lines[0]].used.tokens, used);
    }
    let ingest = super::super::ingest::Ingest::start(desk.ledger.spool(), database.clone());
    ingest.flush().await.unwrap();
    ingest.stop().await;
    drop(desk);
    let desk = Desk::open(folder.path(), &database).await;
    let Err(Denial::QuotaExhausted(reached)) = desk.reserve(&calls, 1) else { panic!("passed") };
    let until = reached.resets_at.unwrap().since(desk.clock.now());
    assert_eq!((reached.used, i64::try_from(reached.retry_after_ms).unwrap()), (2, until));
    let Err(Denial::QuotaExhausted(reached)) = desk.reserve(&tokens, 1) else { panic!("passed") };
    assert_eq!((reached.counted, reached.used), (Counted::Tokens, 16));
    desk.clock.advance(MS_PER_HOUR);
    assert!(desk.reserve(&calls, 1).is_ok());
}

#[tokio::test]
async fn what_the_checks_promise_comes_in_their_order() {
    let (_folder, desk) = desk().await;
    let mut limits = Limits {
        requests_per_minute: Some(0),
        tokens_per_minute: Some(0),
        concurrency: Some(0),
        quotas: vec![Quota { counted: Counted::Requests, window: Window::Day, limit: 0 }],
        caps: vec![Cap { window: Window::Day, limit: usd(0) }],
        guarantees: vec![],
    };
    let mut next = |change: fn(&mut Limits)| {
        let denial = desk.reserve(&below(key(1, &[]), vec![(team(), limits.clone())]), 1).unwrap_err();
        change(&mut limits);
        denial.code()
    };
    assert_eq!(next(|limits| limits.requests_per_minute = None), "rate_limited");
    assert_eq!(next(|limits| limits.tokens_per_minute = None), "tokens_limited");
    assert_eq!(next(|limits| limits.concurrency = None), "concurrency_limited");
    assert_eq!(next(|limits| limits.quotas.clear()), "quota_exhausted");
    assert_eq!(next(|limits| limits.caps.clear()), "budget_exhausted");
    assert_eq!(held(&desk), BTreeMap::new());
}

#[tokio::test]
async fn a_stream_grows_on_all_levels_or_none_in_the_windows_of_its_admission() {
    let (_folder, desk) = desk().await;
    let key = below(key(1, &[(Window::Hour, 1_000)]), vec![(team(), cap(Window::Day, 1_500))]);
    let extend = |reserved: &mut Reserved, by| desk.ledger.extend(reserved, &key, usd(by), desk.clock.now());
    let mut stream = desk.reserve(&key, 400).unwrap();
    desk.clock.advance(MS_PER_HOUR);
    let other = desk.reserve(&key, 500).unwrap();
    extend(&mut stream, 500).unwrap();
    assert_eq!((stream.amount.as_nano(), stream.tightest.unwrap().left().as_nano()), (900, 100));
    let before = held(&desk);
    let Err(Denial::BudgetExhausted(limit)) = extend(&mut stream, 200) else { panic!("passed") };
    assert_eq!((limit.scope, limit.reserved.as_nano()), (BudgetScope::Key(key.key.id), 900));
    let Err(Denial::BudgetReserved { limit, .. }) = desk.ledger.extend(
        &mut stream,
        &below(super::super::testing::key(1, &[]), vec![(team(), cap(Window::Day, 1_500))]),
        usd(200),
        desk.clock.now(),
    ) else {
        panic!("passed")
    };
    assert_eq!((limit.scope, limit.reserved.as_nano()), (team(), 1_400));
    assert_eq!((stream.amount.as_nano(), held(&desk)), (900, before));
    desk.settle(&key, &stream, 850).unwrap();
    desk.settle(&key, &other, 100).unwrap();
    let spent =
        desk.ledger.accounts().into_values().map(|standing| (standing.used.spent.as_nano(), standing.held.spent));
    let mut spent: Vec<_> = spent.collect();
    spent.sort_unstable();
    assert_eq!(spent, [(100, usd(0)), (850, usd(0)), (950, usd(0))]);
    assert!(extend(&mut stream, 1).is_err(), "an ended call gets nothing more");
    assert!(desk.ledger.stray_holds().is_empty());
}

#[tokio::test]
async fn a_crash_settles_a_grown_stream_within_all_that_it_held() {
    for (seen, cost) in [(None, 900), (Some(700), 700), (Some(5_000), 900)] {
        let folder = tempfile::tempdir().unwrap();
        let key = key(1, &[(Window::Total, 1_000)]);
        let desk = Desk::open(folder.path(), &Database::default()).await;
        let mut stream = desk.reserve(&key, 400).unwrap();
        desk.ledger.extend(&mut stream, &key, usd(300), desk.clock.now()).unwrap();
        if let Some(cost) = seen {
            desk.ledger.checkpoint(stream.event, TokenUsage { output: 11, ..TokenUsage::default() }, usd(cost));
        }
        desk.ledger.extend(&mut stream, &key, usd(200), desk.clock.now()).unwrap();
        drop(desk);
        let again = Desk::open(folder.path(), &Database::default()).await;
        assert_eq!(again.sums(&key), (cost, 0), "{seen:?}");
        let tokens = again.ledger.accounts().into_values().map(|standing| standing.used.tokens).sum::<u64>();
        assert_eq!(tokens, if seen.is_some() { 11 } else { 0 });
    }
}

#[tokio::test]
async fn a_call_that_nobody_ends_is_settled_once_its_time_is_over() {
    let (_folder, desk) = desk().await;
    let key = below(key(1, &[(Window::Day, 1_000)]), vec![(team(), cap(Window::Day, 5_000))]);
    let (lost, seen) = (desk.reserve(&key, 300).unwrap(), desk.reserve(&key, 300).unwrap());
    desk.ledger.checkpoint(seen.event, TokenUsage::default(), usd(120));
    desk.clock.advance(MS_PER_MINUTE);
    let young = desk.reserve(&key, 10).unwrap();
    assert_eq!(desk.ledger.sweep(lost.event.made_at()), 0, "not yet");
    assert_eq!(desk.ledger.sweep(desk.clock.now()), 2);
    assert_eq!(desk.sums(&key), (420, 10));
    let finished = desk.ledger.finished(seen.event, key.key.id).unwrap();
    assert_eq!((finished.cost.as_nano(), finished.outcome), (120, Outcome::Interrupted));
    desk.settle(&key, &lost, 1).unwrap();
    desk.settle(&key, &young, 10).unwrap();
    assert_eq!(desk.sums(&key), (430, 0), "who comes late changes nothing");
    assert!(desk.ledger.stray_holds().is_empty());
}

#[test]
fn two_hundred_threads_overspend_nothing_on_any_level() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (folder, database) = (tempfile::tempdir().unwrap(), Arc::new(Database::default()));
    let desk = runtime.block_on(Desk::open(folder.path(), &database));
    let keys: Vec<KeyRecord> = (0..8)
        .map(|number| {
            let above = vec![
                (BudgetScope::Organisation, cap(Window::Month, 400_000)),
                (BudgetScope::Team(TeamId::from_random(&[number % 2; 12])), cap(Window::Day, 250_000)),
                (BudgetScope::Person(PersonId::from_random(&[number % 4; 12])), cap(Window::Hour, 120_000)),
            ];
            below(key(number, &[(Window::Day, 90_000), (Window::Total, 80_000)]), above)
        })
        .collect();
    let (desk, keys, over) = (&desk, &keys, AtomicBool::new(false));
    let overspent = |key: &KeyRecord| {
        let all = desk.ledger.figures(key, desk.clock.now());
        all.into_iter().any(|figures| figures.spent.plus(figures.reserved) > figures.limit)
    };
    let (served, refused) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..200_i64)
            .map(|number| {
                scope.spawn(move || {
                    let (mut served, mut refused) = (0, 0);
                    for round in 0..20_i64 {
                        let key = &keys[(number * 7 + round) as usize % keys.len()];
                        let bound = 1 + (number * 31 + round * 17) % 997;
                        let Ok(mut reserved) = desk.reserve(key, bound) else {
                            refused += 1;
                            continue;
                        };
                        let _ = desk.ledger.extend(&mut reserved, key, usd(bound / 2), desk.clock.now());
                        if round % 5 == 4 {
                            desk.ledger.release(&reserved);
                        } else {
                            desk.settle(key, &reserved, reserved.amount.as_nano() * (round % 4) / 3).unwrap();
                            served += 1;
                        }
                        assert!(!overspent(key));
                    }
                    (served, refused)
                })
            })
            .collect();
        let watcher = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert!(!keys.iter().any(overspent));
            }
        });
        let counts: Vec<(usize, usize)> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        over.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
        counts.into_iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    });
    assert!(served > 500 && refused > 500, "{served} {refused}");
    runtime.block_on(async {
        let ingest = super::super::ingest::Ingest::start(desk.ledger.spool(), database.clone());
        ingest.flush().await.unwrap();
    });
    let used: BTreeMap<_, _> = desk.ledger.accounts().into_iter().map(|(line, it)| (line, it.used)).collect();
    assert_eq!(used, database.add_up(), "drift 0");
    assert!(desk.ledger.accounts().values().all(|standing| standing.held == Consumed::default()));
    assert_eq!(database.records().len(), served);
}

#[tokio::test]
async fn keys_with_the_same_limits_share_them_and_each_follows_its_own_changes() {
    let (_folder, desk) = desk().await;
    let above = vec![(BudgetScope::Organisation, cap(Window::Month, 5_000)), (team(), cap(Window::Hour, 1_000))];
    let mut mine = below(key(1, &[(Window::Day, 900)]), above);
    let mut other = key(2, &[(Window::Day, 900)]);
    (other.effective, other.above) = (mine.effective.clone(), mine.above.clone());
    let limits = |record| desk.ledger.plan(record).levels().map(|level| level.limits.clone()).collect::<Vec<_>>();
    let of_other = desk.ledger.plan(&other);
    let pairs: Vec<_> = limits(&mine).into_iter().zip(limits(&other)).collect();
    assert!(pairs.len() == 3 && pairs.iter().all(|(a, b)| Arc::ptr_eq(a, b)));
    let accounts = |record| desk.ledger.plan(record).levels().map(|level| level.account.clone()).collect::<Vec<_>>();
    let same: Vec<bool> = accounts(&mine).iter().zip(&accounts(&other)).map(|(a, b)| Arc::ptr_eq(a, b)).collect();
    assert_eq!(same, [true, true, false], "the account at the end is the key's own");

    let before = desk.ledger.plan(&mine);
    assert!(Arc::ptr_eq(&before, &desk.ledger.plan(&mine)), "worked out once");
    Arc::make_mut(&mut mine.effective).caps[0].limit = usd(100);
    assert_eq!(desk.reserve(&mine, 101).unwrap_err().code(), "budget_insufficient", "its own limit alone");
    Arc::make_mut(&mut mine.effective).caps[0].limit = usd(900);
    desk.ledger.plan(&mine);
    Arc::make_mut(&mut mine.above)[1].limits = Arc::new(cap(Window::Hour, 50));
    assert_eq!(desk.reserve(&mine, 101).unwrap_err().code(), "budget_insufficient", "one above alone");
    assert!(desk.reserve(&other, 101).is_ok());
    assert!(Arc::ptr_eq(&of_other, &desk.ledger.plan(&other)));
}
