//! The locks and counters of money in flight, under a name of their own: `interleavings/` compiles the files that use them
//! once more, with others in their place that try in which order threads can come to them.

pub(super) use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
