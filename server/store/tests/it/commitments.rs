//! Commitments are kept as they were entered, and edited by one at a time.

use crate::given::{self, NOW};
use crate::on_both_engines;
use domain::commitment::{Commitment, CommitmentEntry, Month};
use domain::id::CommitmentId;
use domain::money::NanoUsd;
use store::testing::TestDatabase;
use store::{Constraint, StoreError};

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn commitment(number: u8, name: &str) -> Commitment {
    Commitment {
        id: CommitmentId::from_random(&[number; 12]),
        entry: CommitmentEntry {
            name: name.into(),
            provider: None,
            monthly: NanoUsd::from_nano(12_000_000_000_001),
            from: month("2026-11"),
            until: None,
        },
        version: 1,
    }
}

on_both_engines! {
    async fn a_commitment_is_kept_whole_and_edited_from_the_version_that_was_seen(database: &TestDatabase) {
        let store = database.open().await;
        let provider = given::provider(1, "Messages EU");
        let (first, second) = (commitment(1, "Throughput"), commitment(2, "Discount"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_provider(&provider).await.unwrap();
        tx.insert_commitment(&first, NOW).await.unwrap();
        tx.insert_commitment(&second, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.commitments().await.unwrap(), [second.clone(), first.clone()]);

        let entry = CommitmentEntry {
            name: "Units".into(),
            provider: Some(provider.id),
            monthly: NanoUsd::from_dollars(7),
            from: month("2026-10"),
            until: Some(month("2026-12")),
        };
        let changed = Commitment { entry, version: 2, ..first.clone() };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.commitment_for_update(first.id).await.unwrap(), Some(first.clone()));
        assert!(tx.update_commitment(&changed, 1).await.unwrap());
        assert!(!tx.update_commitment(&changed, 1).await.unwrap(), "somebody saved since");
        tx.commit().await.unwrap();
        assert_eq!(store.commitment(first.id).await.unwrap(), Some(changed));
        assert_eq!(store.commitment(commitment(9, "").id).await.unwrap(), None);

        let mut tx = store.begin().await.unwrap();
        let again = tx.insert_commitment(&commitment(3, "Units"), NOW).await;
        assert_eq!(again, Err(StoreError::Conflict(Constraint::CommitmentName)));
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        let same = tx.update_commitment(&Commitment { version: 2, ..commitment(2, "Units") }, 1).await;
        assert_eq!(same, Err(StoreError::Conflict(Constraint::CommitmentName)));
    }
}
