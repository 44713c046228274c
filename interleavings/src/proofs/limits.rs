//! Limits on the traffic of a level that several keys share.

use crate::gateway::ledger::Ledger;
use crate::gateway::spool::Refuses;
use crate::world::{EXPECTED, USED, assert_nothing_held, key, ledger, reserve, settle};
use domain::budget::Window;
use domain::limits::{Counted, Limits, Quota};
use proxy::ports::KeyRecord;
use shuttle::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CALLERS: usize = 4;

/// Callers with two keys at once; answers what each of them came to.
fn callers(
    ledger: &Arc<Ledger>,
    keys: &[Arc<KeyRecord>],
    call: impl Fn(&Ledger, &KeyRecord) -> bool + Send + Sync + 'static,
) -> usize {
    let call = Arc::new(call);
    let threads: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (ledger, record, call) =
                (Arc::clone(ledger), Arc::clone(&keys[number % keys.len()]), Arc::clone(&call));
            thread::spawn(move || call(&ledger, &record))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).filter(|&let_in| let_in).count()
}

fn two_keys(organisation: Limits) -> [Arc<KeyRecord>; 2] {
    let organisation = Arc::new(organisation);
    [1, 2].map(|number| key(number, vec![], 9, &organisation))
}

pub fn requests_a_minute() {
    let keys = two_keys(Limits { requests_per_minute: Some(3), ..Limits::default() });
    let ledger = ledger(Refuses::default());
    let let_in = callers(&ledger, &keys, |ledger, record| {
        let Ok(reserved) = reserve(ledger, record, 1) else { return false };
        settle(ledger, record, &reserved, 1);
        true
    });
    assert_eq!(let_in, 3);
    assert_nothing_held(&ledger);
}

pub fn calls_at_once() {
    let keys = two_keys(Limits { concurrency: Some(2), ..Limits::default() });
    let (ledger, inside) = (ledger(Refuses::default()), Arc::new(AtomicU64::new(0)));
    callers(&ledger, &keys, move |ledger, record| {
        let Ok(reserved) = reserve(ledger, record, 1) else { return false };
        assert!(inside.fetch_add(1, Ordering::SeqCst) < 2, "one too many");
        thread::yield_now();
        inside.fetch_sub(1, Ordering::SeqCst);
        settle(ledger, record, &reserved, 1);
        true
    });
    assert_nothing_held(&ledger);
    let [one, two] = [0, 1].map(|number: usize| reserve(&ledger, &keys[number], 1));
    assert!(one.is_ok() && two.is_ok() && reserve(&ledger, &keys[0], 1).is_err(), "exactly two are free");
}

/// Two estimates fit into the minute and three calls into the day: while nothing has ended, two are let in, and once
/// the estimates have given way, one more.
pub fn tokens_and_quotas() {
    let calls_a_day = Quota { counted: Counted::Requests, window: Window::Day, limit: 3 };
    let limits =
        Limits { tokens_per_minute: Some(2 * EXPECTED + USED), quotas: vec![calls_a_day], ..Limits::default() };
    let keys = two_keys(limits);
    let (ledger, minute) = (ledger(Refuses::default()), 2 * EXPECTED + USED);
    let let_in = callers(&ledger, &keys, |ledger, record| {
        let Ok(reserved) = reserve(ledger, record, 1) else { return false };
        thread::yield_now();
        settle(ledger, record, &reserved, 1);
        true
    });
    assert!((2..=3).contains(&let_in), "{let_in} of two or three");
    assert_nothing_held(&ledger);
    let last = reserve(&ledger, &keys[0], 1);
    assert_eq!(last.is_ok(), let_in == 2, "the day has room for three");
    if let Ok(last) = last {
        let left = last.traffic.tokens.map(|allowance| allowance.remaining);
        assert_eq!(left, Some(minute - 2 * USED - EXPECTED), "what was not used is there again");
    }
}
