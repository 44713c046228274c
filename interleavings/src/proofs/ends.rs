//! The end of a call, which several may come to at once.

use crate::gateway::ledger::Ledger;
use crate::gateway::spool::Refuses;
use crate::world::{NOW, assert_nothing_held, assert_within, cap, key, ledger, reserve, settle, usd, used};
use domain::budget::{BudgetScope, Consumed};
use domain::denial::Denial;
use domain::limits::Limits;
use proxy::ports::{KeyRecord, Ledger as _};
use shuttle::thread;
use std::sync::Arc;

const BOUND: i64 = 50;
const MORE: i64 = 20;
const COST: i64 = 30;

/// Its holder settles it while it is swept as one that nobody ended, and while it takes another slice.
pub fn charged_once() {
    ended_by_two(Refuses::default());
}

pub fn growth_that_is_refused() {
    ended_by_two(Refuses { extensions: true, ..Refuses::default() });
}

fn ended_by_two(refuses: Refuses) {
    let organisation = Arc::new(Limits { caps: cap(100), ..Limits::default() });
    let (ledger, record) = (ledger(refuses), key(1, cap(90), 1, &organisation));
    let reserved = reserve(&ledger, &record, BOUND).expect("nobody else is here");
    let with = |act: fn(&Ledger, &KeyRecord, &mut proxy::ports::Reserved) -> usize| {
        let (ledger, record, mut reserved) = (Arc::clone(&ledger), Arc::clone(&record), reserved.clone());
        thread::spawn(move || {
            let done = act(&ledger, &record, &mut reserved);
            assert_within(&ledger, &record);
            done
        })
    };
    let grows = with(|ledger, record, reserved| usize::from(ledger.extend(reserved, record, usd(MORE), NOW).is_ok()));
    let settles = with(|ledger, record, reserved| {
        settle(ledger, record, reserved, COST);
        0
    });
    let swept = with(|ledger, _, _| ledger.sweep(NOW.plus_ms(1)));
    let (grown, _, swept) = (grows.join().unwrap(), settles.join().unwrap(), swept.join().unwrap());
    assert!(!refuses.extensions || grown == 0);
    assert_nothing_held(&ledger);
    let [whole, own] = [BudgetScope::Organisation, BudgetScope::Key(record.key.id)].map(|scope| used(&ledger, scope));
    assert_eq!((whole, whole.requests), (own, 1), "once, and on both levels alike");
    let possible = if swept == 1 { vec![usd(BOUND), usd(BOUND + MORE)] } else { vec![usd(COST)] };
    assert!(possible.contains(&whole.spent), "{} after {swept} sweeps", whole.spent);
    reserve(&ledger, &record, 1).expect("it is the only one at once");
}

pub fn admission_that_is_refused() {
    let organisation = Arc::new(Limits { caps: cap(100), ..Limits::default() });
    let refuses = Refuses { admissions: true, ..Refuses::default() };
    let (ledger, record) = (ledger(refuses), key(1, cap(90), 9, &organisation));
    let mut callers = Vec::new();
    for _ in 0..2 {
        let (ledger, record) = (Arc::clone(&ledger), Arc::clone(&record));
        callers.push(thread::spawn(move || {
            let refused = reserve(&ledger, &record, 40).err();
            assert_eq!(refused, Some(Denial::MeteringUnavailable));
            assert_within(&ledger, &record);
        }));
    }
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert_nothing_held(&ledger);
    assert_eq!(used(&ledger, BudgetScope::Organisation), Consumed::default());
}
