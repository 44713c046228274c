//! Drives a target: a closed loop of N connections, or an open loop whose requests have their times.
//!
//! Every request that is sent is waited for, so that afterwards the provider's count, the ledger's and this one's must be
//! the same. Nothing here retries. Latency of the open loop runs from the time at which a request was due, not from when
//! it was sent: a stalled gateway does not get fewer measurements.

use crate::client::{Answer, Connection, Prepared};
use crate::cpu::CpuTimes;
use crate::target::Target;
use crate::wish::Wish;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Barrier;

/// What one cell of the report is made from.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Whole answers as wished.
    pub answered: u64,
    /// Answers of another kind: refusals, broken ones.
    pub other: u64,
    pub elapsed: Duration,
    /// Of the target's processes, until they were quiet again.
    pub cpu: Option<Duration>,
    /// How long after the last answer the target's processes were still at work.
    pub settled_after: Duration,
    pub latencies: Vec<u64>,
    pub first_bytes: Vec<u64>,
    pub gaps: Vec<u64>,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    /// Microseconds of processor time for each answer.
    pub fn cpu_us(&self) -> Option<f64> {
        Some(self.cpu?.as_secs_f64() * 1e6 / (self.answered.max(1)) as f64)
    }

    /// How much of the time the gateway's core was busy while the load ran.
    pub fn busy(&self) -> Option<f64> {
        Some(self.cpu?.as_secs_f64() / (self.elapsed + self.settled_after).as_secs_f64())
    }

    fn note(&mut self, sent: Instant, answer: io::Result<Answer>, wish: &Wish) {
        let Some(answer) = answer.ok().filter(|answer| answer.fulfils(wish)) else {
            self.other += 1;
            return;
        };
        self.answered += 1;
        self.latencies.push(nanos(sent.elapsed()));
        self.first_bytes.extend(answer.first_byte.map(|at| nanos(at - sent)));
        self.gaps.extend(answer.event_times.windows(2).map(|pair| nanos(pair[1] - pair[0])));
    }

    fn absorb(&mut self, other: Self) {
        self.answered += other.answered;
        self.other += other.other;
        self.latencies.extend(other.latencies);
        self.first_bytes.extend(other.first_bytes);
        self.gaps.extend(other.gaps);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A closed loop.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    pub connections: usize,
    pub wish: Wish,
    pub padding: usize,
    pub window: Duration,
    /// Connection number n begins this much times n later.
    pub stagger: Duration,
    pub note_events: bool,
    /// Keeps the generator's core awake: at concurrency one, waking it up would be most of what is measured.
    pub awake: bool,
    pub keys: Keys,
    /// The target has done all that these calls make it do when it was quiet for so long.
    pub quiet: Duration,
}

/// Which key a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Any, others in each window.
    Random,
    /// One call of each, and no more.
    EachOnce,
}

impl Closed {
    pub const fn new(connections: usize, wish: Wish, window: Duration) -> Self {
        Self {
            connections,
            wish,
            padding: 0,
            window,
            stagger: Duration::ZERO,
            note_events: false,
            awake: false,
            keys: Keys::Random,
            quiet: QUIET,
        }
    }

    pub async fn run(self, target: &Target) -> io::Result<Measured> {
        let gate = Arc::new(Barrier::new(self.connections + 1));
        let mut workers = Vec::with_capacity(self.connections);
        for number in 0..self.connections {
            let connection = Connection::open(target.address_for(&self.wish)).await?;
            let request = target.prepare(self.wish, self.padding);
            let worker = Worker { number, connection, request, keys: Arc::clone(&target.keys), plan: self };
            workers.push(tokio::spawn(worker.run(Arc::clone(&gate))));
        }
        // The first wait is over when all are connected, the second lets them go.
        gate.wait().await;
        let before = target.pid.map(CpuTimes::of_tree);
        let begun = Instant::now();
        gate.wait().await;
        let spinning = self.awake.then(Awake::begin);
        let mut measured = Measured::default();
        for worker in workers {
            measured.absorb(worker.await.map_err(io::Error::other)?);
        }
        drop(spinning);
        measured.elapsed = begun.elapsed();
        measured.settle(target, before, self.quiet).await;
        Ok(measured)
    }
}

impl Measured {
    /// What a gateway does for a call after its answer belongs to the call: waits until its processes are quiet.
    async fn settle(&mut self, target: &Target, before: Option<CpuTimes>, quiet: Duration) {
        let (Some(pid), Some(before)) = (target.pid, before) else { return };
        let ended = Instant::now();
        let mut last = CpuTimes::of_tree(pid);
        let mut busy_until = ended;
        while ended.elapsed() < LONGEST_SETTLING && busy_until.elapsed() < quiet {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = CpuTimes::of_tree(pid);
            if now.since(&last) > LOOK_EVERY / 20 {
                busy_until = Instant::now();
            }
            last = now;
        }
        self.cpu = Some(last.since(&before));
        self.settled_after = busy_until - ended;
    }
}

const LONGEST_SETTLING: Duration = Duration::from_secs(10);
/// Longer than the pause between two batches into the database while few keys call.
const QUIET: Duration = Duration::from_millis(300);
/// Longer than that pause while many keys call.
pub const QUIET_OF_MANY_KEYS: Duration = Duration::from_millis(2_500);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A cheap generator of numbers, to spread calls over keys.
struct Dice(u64);

impl Dice {
    /// Other numbers than any before: windows with the same ones would call the same few of many keys again and again.
    fn fresh() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed) + 1;
        Self(0x9e37_79b9_7f4a_7c15 ^ number.wrapping_mul(0xbf58_476d_1ce4_e5b9))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap_or(0)
    }
}

struct Worker {
    number: usize,
    connection: Connection,
    request: Prepared,
    keys: Arc<[String]>,
    plan: Closed,
}

impl Worker {
    async fn run(mut self, gate: Arc<Barrier>) -> Measured {
        let mut dice = Dice::fresh();
        let mut measured = Measured::default();
        gate.wait().await;
        gate.wait().await;
        let begun = Instant::now();
        if !self.plan.stagger.is_zero() {
            tokio::time::sleep(self.plan.stagger * u32::try_from(self.number).unwrap_or(u32::MAX)).await;
        }
        let mut in_turn = (self.number..self.keys.len()).step_by(self.plan.connections);
        while begun.elapsed() < self.plan.window {
            let key = match self.plan.keys {
                Keys::Random => Some(dice.below(self.keys.len())),
                Keys::EachOnce => in_turn.next(),
            };
            let Some(key) = key else { break };
            if self.keys.len() > 1 {
                self.request.use_key(&self.keys[key]);
            }
            let sent = Instant::now();
            let answer = self.connection.exchange(&self.request, self.plan.note_events).await;
            let broken = answer.is_err();
            measured.note(sent, answer, &self.request.wish);
            if broken {
                break;
            }
        }
        measured
    }
}

/// An open loop.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub per_second: f64,
    pub window: Duration,
}

/// Connections that an open loop may use at once.
const CONNECTIONS: usize = 64;

/// Connections with nothing to do, and requests that found none.
struct Desk {
    idle: Vec<(Connection, Prepared)>,
    measured: Measured,
    failed: Option<io::Error>,
}

impl Open {
    pub async fn run(self, target: &Target) -> io::Result<Measured> {
        let mut idle = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            idle.push((Connection::open(target.address).await?, target.prepare(Wish::PLAIN, 0)));
        }
        let desk = Arc::new(Mutex::new(Desk { idle, measured: Measured::default(), failed: None }));
        let running = Arc::new(AtomicU64::new(0));
        let mut dice = Dice::fresh();
        let before = target.pid.map(CpuTimes::of_tree);
        let begun = Instant::now();
        let count = (self.per_second * self.window.as_secs_f64()) as u64;
        for number in 0..count {
            let due = begun + Duration::from_secs_f64(number as f64 / self.per_second);
            // Sleeping is a millisecond too coarse; while nothing is due, the others on this core have their turn.
            while Instant::now() < due {
                tokio::task::yield_now().await;
            }
            let (mut connection, mut request) = loop {
                let (free, failed) = {
                    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
                    (desk.idle.pop(), desk.failed.take())
                };
                match (free, failed) {
                    (_, Some(error)) => return Err(error),
                    (Some(free), None) => break free,
                    (None, None) => tokio::task::yield_now().await,
                }
            };
            if target.keys.len() > 1 {
                request.use_key(&target.keys[dice.below(target.keys.len())]);
            }
            let (desk, running) = (Arc::clone(&desk), Arc::clone(&running));
            running.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let answer = connection.exchange(&request, false).await;
                let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
                match answer {
                    Ok(answer) => {
                        desk.measured.note(due, Ok(answer), &request.wish);
                        desk.idle.push((connection, request));
                    }
                    Err(error) => desk.failed = Some(error),
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        while running.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
        let (mut measured, failed) = {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            (std::mem::take(&mut desk.measured), desk.failed.take())
        };
        if let Some(error) = failed {
            return Err(error);
        }
        measured.elapsed = begun.elapsed();
        measured.settle(target, before, QUIET).await;
        Ok(measured)
    }
}

/// Keeps this core from going to sleep until it is dropped.
struct Awake(Arc<AtomicBool>);

impl Awake {
    fn begin() -> Self {
        let on = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&on);
        tokio::spawn(async move {
            while seen.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
        });
        Self(on)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
