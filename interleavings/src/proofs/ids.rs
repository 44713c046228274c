//! The ids of calls: what a call is charged once by.

use crate::gateway::event_ids::EventIds;
use crate::world::NOW;
use shuttle::thread;
use std::collections::HashSet;
use std::sync::Arc;

pub fn are_drawn_once() {
    let ids = Arc::new(EventIds::above(None));
    let drawing: Vec<_> = (0..3)
        .map(|_| {
            let ids = Arc::clone(&ids);
            thread::spawn(move || ids.next(NOW))
        })
        .collect();
    let drawn: HashSet<_> = drawing.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(drawn.len(), 3);
}
