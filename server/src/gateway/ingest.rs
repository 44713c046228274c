//! Carries usage from the spool into the database, in batches and in order.
//!
//! The spool is the queue: while the database is away records wait on disk, not in memory, and nothing is lost; while it
//! keeps up they are not read back from there. A
//! segment is removed once the database has everything in it. A batch whose answer was lost is sent again; the sink
//! counts each event once.

use super::Unavailable;
use super::spool::{Cursor, Spool};
use domain::usage::UsageRecord;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Where usage goes for good. In one transaction: the event (nothing if it is there already), and only for a new event
/// its counters and rollups. An error must mean that asking again later can help: a record that is refused for what it
/// is would hold up all that follow.
#[async_trait::async_trait]
pub trait UsageSink: Send + Sync {
    async fn ingest(&self, batch: &[Arc<UsageRecord>]) -> Result<(), Unavailable>;
}

pub const BATCH: usize = 512;
const PAUSE: Duration = Duration::from_millis(200);
/// While calls come by the thousand: so that no more of them wait than are held in memory. Not shorter, since a batch that
/// is not full writes as many pages as one that is.
const SHORT_PAUSE: Duration = Duration::from_millis(50);
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
    flushes: mpsc::Sender<oneshot::Sender<Result<(), Behind>>>,
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

async fn run(mut carrier: Carrier, mut wanted: mpsc::Receiver<oneshot::Sender<Result<(), Behind>>>) {
    let mut pause = PAUSE;
    loop {
        let flush = tokio::time::timeout(pause, wanted.recv()).await;
        let result = carrier.carry().await;
        pause = match &result {
            Ok(carried) if *carried >= BATCH / 2 => SHORT_PAUSE,
            Ok(_) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "usage waits in the spool");
                (pause * 2).min(LONGEST_BACKOFF)
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

    /// Carries until nothing is left. Answers how many records that were.
    async fn carry(&mut self) -> Result<usize, Behind> {
        let mut carried = 0;
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
            carried += batch.len();
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
