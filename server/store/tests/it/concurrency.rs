//! What must hold when two do the same thing at the same time.

use crate::given::{self, NOW, call, key_id, person_id, profile_id, secret, total_of};
use crate::notifications::note;
use crate::on_both_engines;
use domain::audit::{Actor, AuditEntry, ChainCheck};
use domain::id::MailId;
use domain::money::NanoUsd;
use domain::notification::Happening;
use domain::permission::Scope;
use domain::virtual_key::Owner;
use std::collections::HashSet;
use std::sync::Arc;
use store::testing::TestDatabase;
use store::{KeyCost, LoginRow, Store, StoreError, Submission};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Runs `story` eight times at once, each with its number, and answers what they answered.
pub(crate) async fn at_once<T, F>(store: &Store, story: impl Fn(Store, u8) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let together = Arc::new(Barrier::new(8));
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let story = story(store.clone(), number);
        let together = Arc::clone(&together);
        tasks.spawn(async move {
            together.wait().await;
            story.await
        });
    }
    tasks.join_all().await
}

fn count<T>(answers: &[T], of: impl Fn(&T) -> bool) -> usize {
    answers.iter().filter(|answer| of(answer)).count()
}

on_both_engines! {
    async fn mints_at_the_same_time_stay_within_the_cap(database: &TestDatabase) {
        const CAP: i64 = 3;
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let minted = at_once(&store, |store, number| async move {
            let mut tx = store.begin().await.unwrap();
            if tx.live_keys_of(person_id(1), profile_id(1), NOW).await.unwrap() >= CAP {
                return false;
            }
            given::minted(&mut tx, number + 1, &format!("key {number}"), Owner::Person(person_id(1))).await;
            tx.commit().await.unwrap();
            true
        })
        .await;
        assert_eq!(count(&minted, |&minted| minted), 3);
        assert_eq!(store.all_keys(None, 50).await.unwrap().len(), 3);
    }

    async fn changes_of_one_key_wait_for_each_other(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "ci", Owner::Person(person_id(1))).await;
        tx.commit().await.unwrap();
        at_once(&store, |store, _| async move {
            let mut tx = store.begin().await.unwrap();
            let mut found = tx.key_for_update(key_id(1), &Scope::Everyone).await.unwrap().unwrap();
            tx.insert_secret(key_id(1), &secret(found.secrets[0].version + 1)).await.unwrap();
            found.key.terms.concurrency += 1;
            tx.update_key(&found.key).await.unwrap();
            tx.commit().await.unwrap();
        })
        .await;
        let found = store.key_with_secrets(key_id(1)).await.unwrap().unwrap();
        assert_eq!((found.key.terms.concurrency, found.secrets[0].version), (4 + 8, 1 + 8), "no change was lost");
    }

    async fn an_edit_from_an_old_version_loses(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let won = at_once(&store, |store, _| async move {
            let edited = domain::access_profile::AccessProfile { version: 2, ..given::profile(1, "Standard") };
            let mut tx = store.begin().await.unwrap();
            let won = tx.update_profile(&edited, 1, NOW).await.unwrap();
            tx.commit().await.unwrap();
            won
        })
        .await;
        assert_eq!(count(&won, |&won| won), 1);
    }

    async fn a_batch_brought_in_parallel_counts_once(database: &TestDatabase) {
        let store = database.open().await;
        let inserted = at_once(&store, |store, number| async move {
            // Each brings the same calls in another order, and one of its own.
            let mut batch: Vec<_> = (1..=100).map(|sequence| call(key_id(1), NOW, sequence)).collect();
            batch.rotate_left(usize::from(number) * 12);
            batch.push(call(key_id(2), NOW, 1_000 + u16::from(number)));
            store.ingest(&batch).await.unwrap().inserted
        })
        .await;
        assert_eq!(inserted.iter().sum::<usize>(), 108);
        let (mine, others) = (NanoUsd::from_nano(100_000), NanoUsd::from_nano(8_000));
        let sums = store.ledger_sums().await.unwrap();
        let of_key = |number: u8| sums.keys[&key_id(number)];
        assert_eq!(of_key(1), KeyCost { by_events: mine, by_hours: mine, by_days: mine });
        assert_eq!(of_key(2), KeyCost { by_events: others, by_hours: others, by_days: others });
        assert!(sums.accounts.values().all(|account| account.kept == account.by_events), "{sums:?}");
        let everybody = sums.accounts[&total_of(person_id(1))].kept;
        assert_eq!((everybody.spent.as_nano(), everybody.requests, everybody.tokens), (108_000, 108, 108 * 31));
    }

    async fn a_sign_in_is_given_to_one(database: &TestDatabase) {
        let store = database.open().await;
        let login = LoginRow {
            state_hash: [1; 32],
            browser_hash: [2; 32],
            issuer_id: "main".into(),
            nonce: String::new(),
            pkce_verifier: String::new(),
            return_to: "/".into(),
            invite: None,
            tester: None,
            created_at: NOW,
        };
        let mut tx = store.begin().await.unwrap();
        tx.insert_login(&login, 4).await.unwrap();
        tx.insert_invite(&[3; 32], NOW.plus_ms(1), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let taken = at_once(&store, |store, _| async move {
            let mut tx = store.begin().await.unwrap();
            let login = tx.take_login(&[1; 32]).await.unwrap().is_some();
            let invite = tx.take_invite(&[3; 32], NOW).await.unwrap();
            tx.commit().await.unwrap();
            (login, invite)
        })
        .await;
        assert_eq!(count(&taken, |taken| taken.0), 1);
        assert_eq!(count(&taken, |taken| taken.1), 1);
    }

    async fn a_form_sent_at_the_same_time_acts_once(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let answers = at_once(&store, |store, _| async move {
            let mut tx = store.begin().await.unwrap();
            let answer = tx.record_submission("form-1", person_id(1), NOW, "").await.unwrap();
            if answer == Submission::First {
                tx.set_submission_outcome("form-1", person_id(1), "/keys/made").await.unwrap();
            }
            tx.commit().await.unwrap();
            answer
        })
        .await;
        let made = Submission::Repeated { outcome: "/keys/made".into() };
        assert_eq!(count(&answers, |answer| *answer == Submission::First), 1);
        assert_eq!(count(&answers, |answer| *answer == made), 7, "all the others are led to what the first one made");
    }

    async fn a_setting_is_first_put_by_one(database: &TestDatabase) {
        let store = database.open().await;
        let put = at_once(&store, |store, number| async move {
            let mut tx = store.begin().await.unwrap();
            let put = tx.put_setting_if_absent("pepper", &[number]).await.unwrap();
            tx.commit().await.unwrap();
            put.then_some(number)
        })
        .await;
        let winner: Vec<u8> = put.into_iter().flatten().collect();
        assert_eq!(store.setting("pepper").await.unwrap(), Some(winner));
    }

    async fn the_audit_chain_has_no_forks_and_no_gaps(database: &TestDatabase) {
        let store = database.open().await;
        at_once(&store, |store, number| async move {
            for _ in 0..4 {
                let entry = AuditEntry {
                    at: NOW,
                    actor: Actor::System(format!("task {number}")),
                    address: None,
                    action: "key.minted".into(),
                    object_kind: "key".into(),
                    object: "kwr_x".into(),
                    object_name: "x".into(),
                    before: None,
                    after: None,
                };
                let mut tx = store.begin().await.unwrap();
                tx.append_audit(&entry).await.unwrap();
                if number == 3 {
                    continue;
                }
                tx.commit().await.unwrap();
            }
        })
        .await;
        let rows = store.audit_scan(0, 100).await.unwrap();
        assert_eq!(rows.len(), 7 * 4);
        let mut check = ChainCheck::default();
        rows.iter().try_for_each(|row| check.accept(row)).unwrap();
    }

    async fn names_taken_at_the_same_time_are_given_to_one(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let answers = at_once(&store, |store, number| async move {
            let key = given::key(number + 1, "ci", Owner::Person(person_id(1)));
            let mut tx = store.begin().await.unwrap();
            tx.insert_key(&key, &secret(1)).await?;
            tx.commit().await
        })
        .await;
        let taken = Err(StoreError::Conflict(store::Constraint::KeyName));
        assert_eq!(count(&answers, Result::is_ok), 1);
        assert_eq!(count(&answers, |answer| *answer == taken), 7);
    }

    async fn an_occasion_that_eight_find_at_once_is_told_once(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let happening = Happening::AuditBroken { entry: 7 };
        let told = at_once(&store, |store, number| {
            let happening = happening.clone();
            async move {
                let mut tx = store.begin().await.unwrap();
                let first = tx.insert_notification(&note(number, 1, happening)).await.unwrap();
                tx.commit().await.unwrap();
                first
            }
        })
        .await;
        assert_eq!(count(&told, |&first| first), 1);
        assert_eq!(store.unread_notifications(person_id(1)).await.unwrap(), 1);
    }

    async fn senders_at_the_same_time_take_different_letters(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        for number in 0..20 {
            tx.insert_mail(MailId::from_random(&given::seed(number)), person_id(1), NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        let taken = at_once(&store, |store, _| async move {
            let mut tx = store.begin().await.unwrap();
            let taken = tx.claim_mail(NOW, NOW.plus_days(1), 3).await.unwrap();
            tx.commit().await.unwrap();
            taken.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
        })
        .await;
        let all: Vec<MailId> = taken.concat();
        let different: HashSet<MailId> = all.iter().copied().collect();
        assert_eq!(all.len(), different.len());
        assert!(all.len() <= 20 && all.len() >= 3, "{}", all.len());
    }
}
