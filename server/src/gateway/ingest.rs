//! Carries usage from the spool into the database, in batches and in order.
//!
//! The spool is the queue: while the database is away records wait on disk, not in memory, and nothing is lost; while it
//! keeps up they are not read back from there. A
//! segment is removed once the database has everything in it. A batch whose answer was lost is sent again; the sink
//! counts each event once.

use super::Unavailable;
use super::spool::{Cursor, Spool};
use domain::usage::UsageRecord;
use foldhash::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// Where usage goes for good. In one transaction: the event (nothing if it is there already), and only for a new event
/// its counters and rollups. An error must mean that asking again later can help: a record that is refused for what it
/// is would hold up all that follow.
#[async_trait::async_trait]
pub trait UsageSink: Send + Sync {
    async fn ingest(&self, batch: &[Arc<UsageRecord>]) -> Result<(), Unavailable>;
}

/// As many as go in one transaction, and no more are waited for. Of 100,000 keys half as many already change nearly every page
/// of each table that counts by key, so that a call costs half as much again in the database (46 µs, 30 with so many, 25 with
/// twice as many). Other writers wait for the transaction, which takes a third of a second then, and give up after two.
const BATCH: usize = 8_192;
const PAUSE: Duration = Duration::from_millis(200);
/// So many calls in a pause are calls by the thousand in a second.
const MANY: usize = 256;
const FEW_KEYS: usize = 100;
/// While calls of few keys come by the thousand: a batch of hundreds adds up to few rows, and holds little memory.
const SHORT_PAUSE: Duration = Duration::from_millis(50);
/// While calls of many keys do: nearly every call of a small batch is its key's only one, and changes a page in each table
/// that counts by key. The more calls come together, the more of them share such a page.
const LONG_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// Why not everything that was written is in the database.
#[derive(Debug, thiserror::Error)]
pub enum Behind {
    #[error(transparent)]
    Database(#[from] Unavailable),
    #[error("the spool cannot be read: {0}")]
    Spool(#[from] io::Error),
    #[error("ingesting has ended")]
    Ended,
}

/// The running task. Dropping it lets the task try once more and end.
pub struct Ingest {
    flushes: mpsc::Sender<Flush>,
    task: JoinHandle<()>,
}

impl Ingest {
    pub fn start(spool: Arc<Spool>, sink: Arc<dyn UsageSink>) -> Self {
        let (flushes, wanted) = mpsc::channel(8);
        let task = tokio::spawn(run(Carrier { spool, sink, cursor: Cursor::default(), given_up_before: 0 }, wanted));
        Self { flushes, task }
    }

    /// Brings everything that was written before this call into the database, or says why that did not work now.
    pub async fn flush(&self) -> Result<(), Behind> {
        let (answer, answered) = oneshot::channel();
        self.flushes.send(answer).await.map_err(|_| Behind::Ended)?;
        answered.await.map_err(|_| Behind::Ended)?
    }

    /// One last attempt, then the end. What stays in the spool is ingested at the next start.
    pub async fn stop(self) {
        drop(self.flushes);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that brings usage into the database ended early");
        }
    }
}

/// What was carried at once.
#[derive(Debug, Clone, Copy, Default)]
struct Carried {
    records: usize,
    /// Added up over its batches.
    keys: usize,
}

/// How long the next calls are gathered after these, which came within this time.
fn pause_after(carried: Carried, within: Duration) -> Duration {
    // So many in a pause, or in proportion where they were gathered for longer.
    let are_many = carried.records as u128 * PAUSE.as_millis() >= MANY as u128 * within.max(PAUSE).as_millis();
    match carried {
        _ if !are_many => PAUSE,
        Carried { keys, .. } if keys < FEW_KEYS => SHORT_PAUSE,
        _ => LONG_PAUSE,
    }
}

type Flush = oneshot::Sender<Result<(), Behind>>;

async fn run(mut carrier: Carrier, mut wanted: mpsc::Receiver<Flush>) {
    let (mut pause, mut enough, mut backoff) = (PAUSE, BATCH, PAUSE);
    let mut since = Instant::now();
    loop {
        let flush = carrier.gather(pause, enough, &mut wanted).await;
        let within = since.elapsed();
        since = Instant::now();
        let result = carrier.carry().await;
        (pause, enough, backoff) = match &result {
            Ok(carried) => (pause_after(*carried, within), BATCH, PAUSE),
            Err(error) => {
                tracing::warn!(%error, "usage waits in the spool");
                let longer = (backoff * 2).min(LONGEST_BACKOFF);
                // However much waits, a database that is away is asked no more often for that.
                (longer, usize::MAX, longer)
            }
        };
        match flush {
            Err(_) => {}
            Ok(Some(answer)) => {
                // Whoever asked may have gone.
                let _ = answer.send(result.map(|_| ()));
            }
            Ok(None) => return,
        }
    }
}

struct Carrier {
    spool: Arc<Spool>,
    sink: Arc<dyn UsageSink>,
    cursor: Cursor,
    /// Segments before this one are gone.
    given_up_before: u64,
}

impl Carrier {
    async fn blocking<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Spool) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = self.spool.clone();
        tokio::task::spawn_blocking(move || act(&spool)).await.map_err(io::Error::other)?
    }

    /// Waits for the pause to pass, for so many records, or for somebody who asks, who is answered with `Ok`.
    async fn gather(
        &self,
        pause: Duration,
        enough: usize,
        wanted: &mut mpsc::Receiver<Flush>,
    ) -> Result<Option<Flush>, Elapsed> {
        let until = Instant::now() + pause;
        loop {
            let look = Instant::now() + PAUSE;
            let flush = timeout_at(look.min(until), wanted.recv()).await;
            if flush.is_ok() || until <= look || self.spool.fresh_records() >= enough {
                return flush;
            }
        }
    }

    /// Carries until nothing is left.
    async fn carry(&mut self) -> Result<Carried, Behind> {
        let mut carried = Carried::default();
        loop {
            let before = self.cursor;
            let fresh = self.spool.fresh(before, BATCH);
            let is_last = fresh.as_ref().is_some_and(|(batch, _)| batch.len() < BATCH);
            let (batch, next) = match fresh {
                Some(fresh) => fresh,
                None => self.blocking(move |spool| spool.read(before, BATCH)).await?,
            };
            if !batch.is_empty() {
                self.sink.ingest(&batch).await?;
            }
            carried.records += batch.len();
            carried.keys += batch.iter().map(|record| record.key).collect::<HashSet<_>>().len();
            self.cursor = next;
            if next.segment() > self.given_up_before {
                self.blocking(move |spool| spool.ingested(next)).await?;
                self.given_up_before = next.segment();
            }
            if is_last || next == before {
                return Ok(carried);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spool::Settings;
    use super::super::testing::{Database, key, usage};
    use super::*;
    use domain::id::EventId;

    #[tokio::test(start_paused = true)]
    async fn gathering_ends_with_its_pause_for_whoever_asks_and_when_enough_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(folder.path(), Settings::default()).unwrap();
        let (spool, sink) = (Arc::new(spool), Arc::<Database>::default());
        let mut carrier =
            Carrier { spool: Arc::clone(&spool), sink: sink.clone(), cursor: Cursor::default(), given_up_before: 0 };
        let (flushes, mut wanted) = mpsc::channel(1);
        carrier.carry().await.unwrap();
        let began = Instant::now();
        assert!(carrier.gather(LONG_PAUSE, BATCH, &mut wanted).await.is_err());
        assert!(began.elapsed() >= LONG_PAUSE && began.elapsed() < LONG_PAUSE + SHORT_PAUSE);

        let began = Instant::now();
        flushes.send(oneshot::channel().0).await.unwrap();
        assert!(matches!(carrier.gather(LONG_PAUSE, BATCH, &mut wanted).await, Ok(Some(_))));
        assert!(began.elapsed() < SHORT_PAUSE);

        let key = key(1, &[]).key.id;
        for number in 0..BATCH {
            let record = Arc::new(usage(EventId::from_i64(number as i64), key, 1));
            spool.note_denied(&record).unwrap();
        }
        assert!(carrier.gather(LONG_PAUSE, BATCH, &mut wanted).await.is_err());
        assert!(began.elapsed() <= PAUSE + SHORT_PAUSE);
        let carried = carrier.carry().await.unwrap();
        assert_eq!((carried.records, carried.keys, sink.records().len()), (BATCH, 1, BATCH));
    }

    #[test]
    fn calls_of_many_keys_are_gathered_for_longest() {
        let after = |records, keys, within| pause_after(Carried { records, keys }, within);
        assert_eq!(after(0, 0, PAUSE), PAUSE);
        assert_eq!(after(MANY - 1, MANY - 1, PAUSE), PAUSE);
        assert_eq!(after(MANY - 1, 10, SHORT_PAUSE), PAUSE);
        assert_eq!(after(600, 10, SHORT_PAUSE), SHORT_PAUSE);
        for (records, keys, within) in
            [(600, 590, PAUSE), (600, 100, SHORT_PAUSE), (BATCH, 1_000, LONG_PAUSE), (2 * BATCH, 1_000, LONG_PAUSE)]
        {
            assert_eq!(after(records, keys, within), LONG_PAUSE, "{records} of {keys} keys in {within:?}");
        }
        // What was many in a short time is few in a long one: who gathered for long does not go on with that for ever.
        assert_eq!(after(600, 590, LONG_PAUSE), PAUSE);
    }
}
