//! How many statements some work made, and how long it waited for them: of everything that runs in its own task.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// What was asked of the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Beginnings and ends of transactions are statements too.
    pub statements: u32,
    /// The sum of all waits; statements that ran beside each other count each.
    pub waited: Duration,
}

tokio::task_local! {
    static TALLY: Cell<Tally>;
}

/// Does the work, and answers what it asked of any store. What it spawns is not counted.
pub async fn tallied<T>(work: impl Future<Output = T>) -> (T, Tally) {
    TALLY
        .scope(Cell::default(), async {
            let done = work.await;
            (done, TALLY.with(Cell::get))
        })
        .await
}

/// Notes one statement where somebody counts.
pub(crate) async fn noted<T>(statement: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let answer = statement.await;
    let _ = TALLY.try_with(|tally| {
        let Tally { statements, waited } = tally.get();
        tally.set(Tally { statements: statements + 1, waited: waited + begun.elapsed() });
    });
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn every_statement_of_the_work_is_counted_and_no_other() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let ((), asked) = tallied(async {
            store.people_count().await.unwrap();
            store.teams().await.unwrap();
        })
        .await;
        assert_eq!(asked.statements, 2);
        assert!(asked.waited > Duration::ZERO);
        store.people_count().await.unwrap();
        let (_, alone) = tallied(store.people_count()).await;
        assert_eq!(alone.statements, 1);
    }

    #[tokio::test]
    async fn a_transaction_counts_its_beginning_and_its_end() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let (committed, asked) = tallied(async {
            let mut tx = store.begin().await?;
            tx.put_setting_if_absent("name", b"value").await?;
            tx.commit().await
        })
        .await;
        committed.unwrap();
        assert_eq!(asked.statements, 3);
    }
}
