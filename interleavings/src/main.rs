//! What the locks and counters of money in flight promise, tried in every order in which threads can come to them, or in
//! very many.
//!
//! The files under test are those of the server and the proxy, compiled here once more with shuttle's locks in
//! [`sync`]. Shuttle runs one thread at a time and decides at each lock who is next; an order in which a promise does not
//! hold, or in which nobody can go on, ends the run and is printed, to be run again with `shuttle::replay`. What has no
//! lock of ours (the maps of papaya, tokio's semaphore) happens at once here.

#![expect(dead_code, reason = "the files are the server's, and not all of what they offer is tried")]

mod gateway;
mod holding;
mod proofs;
mod world;

/// As `proxy` has it.
mod ports {
    pub(crate) use proxy::ports::KeyRecord;
}

/// What stands in for `std::sync` in the files under test.
mod sync {
    pub(crate) use shuttle::sync::atomic::{AtomicI64, AtomicU64, Ordering};
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;
}

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// Orders of each kind, where there are too many to try all of them.
const ORDERS: usize = 20_000;
/// How often the scheduler that looks for rare orders takes the turn from somebody.
const CHANGES: usize = 3;

fn main() {
    let orders = std::env::args().nth(1).and_then(|typed| typed.parse().ok()).unwrap_or(ORDERS);
    for (promise, proof) in proofs::IN_EVERY_ORDER {
        let tried = Runner::new(DfsScheduler::new(None, false), quietly()).run(proof);
        println!("{promise}: in all {tried} orders");
    }
    for (promise, proof) in proofs::IN_MANY_ORDERS {
        Runner::new(RandomScheduler::new(orders), quietly()).run(proof);
        Runner::new(PctScheduler::new(CHANGES, orders), quietly()).run(proof);
        println!("{promise}: in {} orders", 2 * orders);
    }
}

/// Relaxed counters are tried as if they were the strictest, which shuttle would say each time.
fn quietly() -> Config {
    let mut config = Config::new();
    config.silence_warnings = true;
    config
}
