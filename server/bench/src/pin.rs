//! Puts the load on one core and what is measured on the other, so that neither takes time from the other.
//!
//! A child inherits the cores of the thread that starts it, so that every thread it makes later is pinned as well. On a
//! machine with one core, or where the system does not allow it, nothing is pinned, and the report says so.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::io;
use std::process::{Child, Command};

/// Which core does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    pub load: usize,
    pub gateway: usize,
}

impl Cores {
    /// The first two cores that this process may use.
    pub fn choose() -> Option<Self> {
        let allowed = sched_getaffinity(None).ok()?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        Some(Self { load: usable.next()?, gateway: usable.next()? })
    }
}

/// Keeps the calling thread, and the threads that it starts, on this core.
pub fn pin_here(core: usize) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Keeps the load's core from sleeping, in the runtime of the caller, for as long as that runs. Otherwise the kernel charges
/// a gateway that is slower than the load for waking it, with each write: ten microseconds of a request here, which a
/// gateway that is as fast as the load would not have.
pub fn stay_awake() {
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

/// Starts a program that may use this core only.
pub fn spawn_on(core: Option<usize>, command: &mut Command) -> io::Result<Child> {
    let Some(core) = core else { return command.spawn() };
    let starter = || {
        pin_here(core)?;
        command.spawn()
    };
    std::thread::scope(|scope| scope.spawn(starter).join())
        .unwrap_or_else(|_| Err(io::Error::other("the thread that starts a program ended early")))
}
