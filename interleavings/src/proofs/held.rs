//! What is held before the ledger has heard of a call.

use crate::holding::Holding;
use crate::world::key;
use bytes::Bytes;
use domain::limits::Limits;
use shuttle::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of a key that may have no call at once, four are let in nevertheless: the ledger has the last word.
const AT_ONCE: usize = 4;

pub fn calls_of_a_key() {
    let record = key(1, vec![], 0, &Arc::new(Limits::default()));
    let (holding, inside) = (Holding::new(0), Arc::new(AtomicUsize::new(AT_ONCE - 1)));
    let earlier: Vec<_> = (1..AT_ONCE).map(|_| holding.enter(&record).ok().expect("there is room")).collect();
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (holding, inside, record) = (Arc::clone(&holding), Arc::clone(&inside), Arc::clone(&record));
            thread::spawn(move || {
                let Ok(held) = holding.enter(&record) else { return };
                assert!(inside.fetch_add(1, Ordering::SeqCst) < AT_ONCE, "one too many");
                thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(held);
            })
        })
        .collect();
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    drop(earlier);
    let again: Vec<_> = (0..AT_ONCE).map(|_| holding.enter(&record).ok().expect("nobody is inside")).collect();
    assert!(holding.enter(&record).is_err());
    drop(again);
}

const MOST: usize = 10;

pub fn bytes_of_bodies() {
    let (holding, held) = (Holding::new(MOST), Arc::new(AtomicUsize::new(0)));
    let bodies: Vec<_> = [(4, 3), (5, 5), (6, 1)]
        .into_iter()
        .map(|(first, second)| {
            let (holding, held) = (Arc::clone(&holding), Arc::clone(&held));
            thread::spawn(move || {
                let (mut room, mut mine) = (holding.room(), 0);
                for more in [first, second] {
                    if room.take(more).is_ok() {
                        mine += more;
                        assert!(held.fetch_add(more, Ordering::SeqCst) + more <= MOST, "more than there is");
                    }
                    thread::yield_now();
                }
                let body = room.keep(Bytes::from_static(b"body"));
                let slice = body.slice(1..);
                drop(body);
                thread::yield_now();
                held.fetch_sub(mine, Ordering::SeqCst);
                drop(slice);
            })
        })
        .collect();
    bodies.into_iter().for_each(|body| body.join().unwrap());
    holding.room().take(MOST).expect("all of it is free again");
}
