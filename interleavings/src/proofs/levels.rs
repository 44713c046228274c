//! Budgets of two levels that calls take from together.

use crate::gateway::spool::Refuses;
use crate::world::{assert_nothing_held, assert_within, cap, key, ledger, reserve, settle, usd, used};
use domain::budget::BudgetScope;
use domain::limits::Limits;
use domain::money::NanoUsd;
use proxy::ports::Ledger as _;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;
use std::sync::Arc;

pub fn budgets_hold() {
    let organisation = Arc::new(Limits { caps: cap(100), ..Limits::default() });
    let ledger = ledger(Refuses::default());
    let keys = [key(1, cap(80), 9, &organisation), key(2, cap(70), 9, &organisation)];
    let callers: Vec<_> = [0, 1, 0]
        .into_iter()
        .map(|which| {
            let (ledger, record) = (Arc::clone(&ledger), Arc::clone(&keys[which]));
            let caller = move || {
                let mut paid = 0;
                for _ in 0..2 {
                    let bound = thread_rng().gen_range(10..=60);
                    let Ok(mut reserved) = reserve(&ledger, &record, bound) else { continue };
                    assert_within(&ledger, &record);
                    let more = thread_rng().gen_range(0..=30);
                    let grown = ledger.extend(&mut reserved, &record, usd(more), crate::world::NOW).is_ok();
                    assert_eq!(reserved.amount, usd(if grown { bound + more } else { bound }));
                    if thread_rng().gen_bool(0.3) {
                        ledger.release(&reserved);
                    } else {
                        let cost = thread_rng().gen_range(0..=reserved.amount.as_nano());
                        settle(&ledger, &record, &reserved, cost);
                        paid += cost;
                    }
                    assert_within(&ledger, &record);
                }
                (which, paid)
            };
            thread::spawn(caller)
        })
        .collect();
    let mut paid = [0, 0];
    for caller in callers {
        let (which, sum) = caller.join().unwrap();
        paid[which] += sum;
    }
    assert_nothing_held(&ledger);
    assert_eq!(used(&ledger, BudgetScope::Organisation).spent, usd(paid[0] + paid[1]));
    for (record, paid) in keys.iter().zip(paid) {
        assert_eq!(used(&ledger, BudgetScope::Key(record.key.id)).spent, usd(paid));
    }
}

/// The second key can pay for nothing. However often it tries, the first one has all that the organisation has.
pub fn all_or_none() {
    let organisation = Arc::new(Limits { caps: cap(100), requests_per_minute: Some(2), ..Limits::default() });
    let ledger = ledger(Refuses::default());
    let (rich, poor) = (key(1, cap(100), 9, &organisation), key(2, cap(40), 9, &organisation));
    let mut callers = Vec::new();
    for _ in 0..2 {
        let (ledger, poor) = (Arc::clone(&ledger), Arc::clone(&poor));
        callers.push(thread::spawn(move || assert!(reserve(&ledger, &poor, 50).is_err())));
    }
    for _ in 0..2 {
        let (ledger, rich) = (Arc::clone(&ledger), Arc::clone(&rich));
        callers.push(thread::spawn(move || {
            let reserved = reserve(&ledger, &rich, 50).expect("half of it is mine");
            settle(&ledger, &rich, &reserved, 50);
        }));
    }
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert_nothing_held(&ledger);
    assert_eq!(used(&ledger, BudgetScope::Organisation).spent, usd(100));
    assert_eq!(used(&ledger, BudgetScope::Key(poor.key.id)).spent, NanoUsd::ZERO);
}
