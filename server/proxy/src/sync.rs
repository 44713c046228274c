//! The lock of what is held, under a name of its own: `interleavings/` compiles the file that uses it once more, with
//! another in its place that tries in which order threads can come to it.

pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};
