//! Whose the responses are that providers keep: in memory at once, in the database soon after.
//!
//! Writing is never waited for: what is new stands in a queue that one job carries into the database. Memory has
//! everything that is in the queue, deletions included, so that what is looked for in the database is only what memory
//! has dropped or what was issued before this start. Best effort: while the database is away the queue loses its oldest
//! beyond its bound, and a killed process what it has not written; such a response cannot be referred to any more, and
//! its conversation can be sent whole.

use super::Unavailable;
use domain::denial::Denial;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::virtual_key::Owner;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// What becomes of one response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Issued(StoredResponse),
    Forgotten(StoredResponse),
}

/// Where they are kept for good.
#[async_trait::async_trait]
pub trait ResponseShelf: Send + Sync {
    /// In this order, all or none. Writing a change again changes nothing.
    async fn write(&self, changes: &[Change]) -> Result<(), Unavailable>;
    async fn find(&self, id: &ResponseId, owner: Owner) -> Result<Option<StoredResponse>, Unavailable>;
}

/// Responses that memory has, and at most as many that wait to be written. Each takes a few hundred bytes.
const MOST: usize = 8_192;
const BATCH: usize = 256;
/// Looks into the database at the same time: whoever guesses ids must not keep others from it.
const LOOKS_AT_ONCE: usize = 4;
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Memory {
    next: u64,
    /// With the number of the change that said so; `None` once it is forgotten.
    known: HashMap<ResponseId, (u64, Option<StoredResponse>)>,
    /// The same changes, oldest first. Of a response that changed twice the older one stands here too.
    order: VecDeque<(u64, ResponseId)>,
    waiting: VecDeque<(u64, Change)>,
}

pub struct StoredResponses {
    memory: Mutex<Memory>,
    shelf: Arc<dyn ResponseShelf>,
    news: Notify,
    looks: Semaphore,
    most: usize,
}

impl StoredResponses {
    pub fn new(shelf: Arc<dyn ResponseShelf>) -> Self {
        Self::of_size(shelf, MOST)
    }

    fn of_size(shelf: Arc<dyn ResponseShelf>, most: usize) -> Self {
        let (news, looks) = (Notify::new(), Semaphore::new(LOOKS_AT_ONCE));
        Self { memory: Mutex::default(), shelf, news, looks, most }
    }

    /// Nothing in here can panic half-way.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: Change) {
        let lost = self.memory().take(change, self.most);
        if lost {
            tracing::warn!("the database is too far behind: a stored response can no longer be referred to");
        }
        self.news.notify_one();
    }

    /// Writes what waits, as it comes. Runs until it is dropped.
    pub async fn keep_writing(&self) {
        loop {
            self.news.notified().await;
            // What comes at the same time is written together.
            tokio::time::sleep(PAUSE).await;
            while let Err(error) = self.flush().await {
                tracing::warn!(%error, "stored responses wait to be written");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }

    /// Writes everything that waits.
    pub async fn flush(&self) -> Result<(), Unavailable> {
        loop {
            let batch: Vec<(u64, Change)> = self.memory().waiting.iter().take(BATCH).cloned().collect();
            let Some((last, _)) = batch.last() else { return Ok(()) };
            let last = *last;
            let changes: Vec<Change> = batch.into_iter().map(|(_, change)| change).collect();
            self.shelf.write(&changes).await?;
            self.memory().written(last);
        }
    }
}

impl Memory {
    /// True if something was lost that was not written yet.
    fn take(&mut self, change: Change, most: usize) -> bool {
        self.next += 1;
        let number = self.next;
        let (id, now) = match &change {
            Change::Issued(response) => (response.id.clone(), Some(response.clone())),
            Change::Forgotten(response) => (response.id.clone(), None),
        };
        self.known.insert(id.clone(), (number, now));
        self.order.push_back((number, id));
        self.waiting.push_back((number, change));
        if self.order.len() > most
            && let Some((number, id)) = self.order.pop_front()
            && self.known.get(&id).is_some_and(|(latest, _)| *latest == number)
        {
            self.known.remove(&id);
        }
        self.waiting.len() > most && self.waiting.pop_front().is_some()
    }

    fn written(&mut self, last: u64) {
        while self.waiting.front().is_some_and(|(number, _)| *number <= last) {
            self.waiting.pop_front();
        }
    }
}

impl proxy::ports::StoredResponses for StoredResponses {
    fn issued(&self, response: StoredResponse) {
        self.change(Change::Issued(response));
    }

    fn find(&self, id: ResponseId, owner: Owner) -> BoxFuture<'_, Result<Option<StoredResponse>, Denial>> {
        let known = self.memory().known.get(&id).map(|(_, response)| response.clone());
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known.filter(|response| response.owner == owner));
            }
            let _look = self.looks.acquire().await.map_err(|_| Denial::Starting)?;
            // What cannot be read now is there again when the database is.
            self.shelf.find(&id, owner).await.map_err(|Unavailable| Denial::Starting)
        })
    }

    fn forget(&self, response: &StoredResponse) {
        self.change(Change::Forgotten(response.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::NOW;
    use super::*;
    use domain::id::{DeploymentId, PersonId, ProviderId};
    use proxy::ports::StoredResponses as _;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// A database that can be away.
    #[derive(Default)]
    struct Shelf {
        rows: Mutex<HashMap<ResponseId, StoredResponse>>,
        away: AtomicBool,
        looks: AtomicUsize,
        batches: AtomicUsize,
        written: Notify,
    }

    #[async_trait::async_trait]
    impl ResponseShelf for Shelf {
        async fn write(&self, changes: &[Change]) -> Result<(), Unavailable> {
            if self.away.load(Ordering::SeqCst) {
                return Err(Unavailable);
            }
            self.batches.fetch_add(1, Ordering::SeqCst);
            let mut rows = self.rows.lock().unwrap();
            for change in changes {
                match change {
                    Change::Issued(response) => rows.insert(response.id.clone(), response.clone()),
                    Change::Forgotten(response) => rows.remove(&response.id),
                };
            }
            drop(rows);
            self.written.notify_one();
            Ok(())
        }
        async fn find(&self, id: &ResponseId, owner: Owner) -> Result<Option<StoredResponse>, Unavailable> {
            self.looks.fetch_add(1, Ordering::SeqCst);
            if self.away.load(Ordering::SeqCst) {
                return Err(Unavailable);
            }
            Ok(self.rows.lock().unwrap().get(id).filter(|response| response.owner == owner).cloned())
        }
    }

    fn owner(number: u8) -> Owner {
        Owner::Person(PersonId::from_random(&[number; 12]))
    }
    fn response(number: usize) -> StoredResponse {
        StoredResponse {
            id: format!("resp_{number}").parse().unwrap(),
            owner: owner(1),
            provider: ProviderId::from_random(&[1; 12]),
            deployment: DeploymentId::from_random(&[1; 12]),
            tokens: 1,
            made_at: NOW,
        }
    }
    fn fixture(most: usize) -> (Arc<Shelf>, StoredResponses) {
        let shelf = Arc::new(Shelf::default());
        (shelf.clone(), StoredResponses::of_size(shelf, most))
    }

    #[tokio::test]
    async fn memory_answers_and_the_database_only_for_what_memory_does_not_have() {
        let (shelf, responses) = fixture(4);
        for number in 0..10 {
            responses.issued(response(number));
            responses.flush().await.unwrap();
        }
        assert_eq!(responses.find(response(9).id, owner(1)).await, Ok(Some(response(9))));
        assert_eq!(responses.find(response(9).id, owner(2)).await, Ok(None));
        assert_eq!(shelf.looks.load(Ordering::SeqCst), 0);
        assert_eq!(responses.find(response(0).id, owner(1)).await, Ok(Some(response(0))));
        assert_eq!(responses.find(response(0).id, owner(2)).await, Ok(None));
        assert_eq!(shelf.looks.load(Ordering::SeqCst), 2);
        assert_eq!(responses.memory().known.len(), 4);
        shelf.away.store(true, Ordering::SeqCst);
        assert_eq!(responses.find(response(0).id, owner(1)).await, Err(Denial::Starting));
    }

    #[tokio::test]
    async fn what_was_forgotten_is_not_found_again_before_its_row_is_gone() {
        let (shelf, responses) = fixture(4);
        responses.issued(response(1));
        responses.flush().await.unwrap();
        shelf.away.store(true, Ordering::SeqCst);
        responses.forget(&response(1));
        assert!(responses.flush().await.is_err());
        assert_eq!(responses.find(response(1).id, owner(1)).await, Ok(None));
        // The change that is dropped from memory first is the older one, and not what it was followed by.
        for number in 2..5 {
            responses.issued(response(number));
        }
        assert_eq!(responses.find(response(1).id, owner(1)).await, Ok(None));
        assert_eq!(shelf.looks.load(Ordering::SeqCst), 0);
        shelf.away.store(false, Ordering::SeqCst);
        responses.flush().await.unwrap();
        assert_eq!(shelf.rows.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_id_that_is_issued_again_belongs_to_the_newer_owner() {
        let (_, responses) = fixture(4);
        responses.issued(response(1));
        responses.issued(StoredResponse { owner: owner(2), ..response(1) });
        assert_eq!(responses.find(response(1).id, owner(1)).await, Ok(None));
        assert!(responses.find(response(1).id, owner(2)).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_database_that_is_away_costs_a_bounded_amount_of_memory_and_the_oldest() {
        let (shelf, responses) = fixture(4);
        shelf.away.store(true, Ordering::SeqCst);
        for number in 0..10 {
            responses.issued(response(number));
        }
        assert!(responses.flush().await.is_err());
        assert_eq!(responses.memory().waiting.len(), 4);
        assert_eq!(responses.memory().order.len(), 4);
        shelf.away.store(false, Ordering::SeqCst);
        responses.flush().await.unwrap();
        assert_eq!(shelf.rows.lock().unwrap().len(), 4);
        assert!(responses.memory().waiting.is_empty());
    }

    #[tokio::test]
    async fn the_job_writes_what_comes_and_what_comes_together_at_once() {
        let (shelf, responses) = fixture(MOST);
        let responses = Arc::new(responses);
        for number in 0..300 {
            responses.issued(response(number));
        }
        let writer = responses.clone();
        let job = tokio::spawn(async move { writer.keep_writing().await });
        while shelf.rows.lock().unwrap().len() < 300 {
            shelf.written.notified().await;
        }
        assert_eq!(shelf.batches.load(Ordering::SeqCst), 2);
        job.abort();
    }
}
