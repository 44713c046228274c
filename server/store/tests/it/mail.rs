//! Letters: claimed, tried again, ended, revived.

use crate::given::{self, NOW, person_id, seed};
use crate::on_both_engines;
use domain::id::MailId;
use store::testing::TestDatabase;
use store::{DueMail, MailCounts, MailOutcome, Store};

fn mail_id(number: u8) -> MailId {
    MailId::from_random(&seed(number))
}

async fn claimed(store: &Store, at_ms: i64, limit: u32) -> Vec<DueMail> {
    let mut tx = store.begin().await.unwrap();
    let found = tx.claim_mail(NOW.plus_ms(at_ms), NOW.plus_ms(at_ms + 1_000), limit).await.unwrap();
    tx.commit().await.unwrap();
    found
}

/// One letter of Ada's, due now.
async fn one_letter(database: &TestDatabase) -> Store {
    let store = database.open().await;
    given::people_and_profile(&store).await;
    let mut tx = store.begin().await.unwrap();
    tx.insert_mail(mail_id(1), person_id(1), NOW).await.unwrap();
    tx.commit().await.unwrap();
    store
}

on_both_engines! {
    async fn a_claimed_letter_is_due_again_when_its_sender_has_died(database: &TestDatabase) {
        let store = one_letter(database).await;
        assert!(claimed(&store, -1, 9).await.is_empty(), "not before it is due");
        assert!(!store.has_due_mail(NOW.plus_ms(-1)).await.unwrap() && store.has_due_mail(NOW).await.unwrap());
        let first = DueMail { id: mail_id(1), person: person_id(1), summary_at: None, made_at: NOW, attempt: 1 };
        assert_eq!(claimed(&store, 0, 9).await, std::slice::from_ref(&first));
        assert!(claimed(&store, 999, 9).await.is_empty(), "somebody else has it");
        assert_eq!(claimed(&store, 1_000, 9).await, [DueMail { attempt: 2, ..first }]);
    }

    async fn a_letter_is_tried_again_and_given_up(database: &TestDatabase) {
        let store = one_letter(database).await;
        claimed(&store, 0, 9).await;
        let mut tx = store.begin().await.unwrap();
        tx.retry_mail(mail_id(1), NOW.plus_ms(50), "no route to the relay").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.mail_counts().await.unwrap(), MailCounts { tried: 1, failed: 0 });
        assert_eq!(claimed(&store, 50, 9).await[0].attempt, 2);

        let mut tx = store.begin().await.unwrap();
        tx.end_mail(mail_id(1), MailOutcome::Failed, Some("unknown \"user\""), NOW.plus_ms(60)).await.unwrap();
        tx.end_mail(mail_id(1), MailOutcome::Sent, None, NOW.plus_ms(70)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.mail_counts().await.unwrap(), MailCounts { tried: 0, failed: 1 });
        assert!(claimed(&store, 1_000_000, 9).await.is_empty());
        let failed = store.failed_mail(9).await.unwrap();
        let one = &failed[0];
        assert_eq!((failed.len(), one.id, one.person, one.person_name.as_str()), (1, mail_id(1), person_id(1), "Ada Lovelace"));
        assert_eq!((one.attempts, one.failed_at, one.problem.as_str()), (2, NOW.plus_ms(60), "unknown \"user\""));

        let mut tx = store.begin().await.unwrap();
        assert!(tx.revive_mail(mail_id(1), NOW.plus_ms(80)).await.unwrap());
        assert!(!tx.revive_mail(mail_id(1), NOW.plus_ms(80)).await.unwrap(), "it is due already");
        tx.commit().await.unwrap();
        assert!(store.failed_mail(9).await.unwrap().is_empty());
        assert_eq!(claimed(&store, 80, 9).await[0].attempt, 1, "from its first attempt");
    }

    async fn what_has_ended_is_forgotten_in_time(database: &TestDatabase) {
        let store = one_letter(database).await;
        let mut tx = store.begin().await.unwrap();
        for (number, outcome) in [(2, MailOutcome::Dropped), (3, MailOutcome::Failed), (4, MailOutcome::Sent)] {
            tx.insert_mail(mail_id(number), person_id(2), NOW).await.unwrap();
            tx.end_mail(mail_id(number), outcome, None, NOW.plus_ms(i64::from(number))).await.unwrap();
        }
        assert_eq!(tx.delete_mail_ended_before(NOW.plus_ms(3)).await.unwrap(), 1);
        assert_eq!(tx.revive_all_mail(NOW).await.unwrap(), 1);
        assert_eq!(tx.delete_mail_ended_before(NOW.plus_days(9)).await.unwrap(), 1, "what waits is kept");
        tx.commit().await.unwrap();
        assert_eq!(claimed(&store, 0, 9).await.len(), 2);
    }

    async fn a_days_summary_is_one_letter(database: &TestDatabase) {
        let store = one_letter(database).await;
        let (today, tomorrow) = (NOW.plus_ms(500), NOW.plus_days(1));
        let mut tx = store.begin().await.unwrap();
        let first = tx.summary_mail(mail_id(2), person_id(1), today, NOW).await.unwrap();
        let again = tx.summary_mail(mail_id(3), person_id(1), today, NOW).await.unwrap();
        let next = tx.summary_mail(mail_id(4), person_id(1), tomorrow, NOW).await.unwrap();
        let other = tx.summary_mail(mail_id(5), person_id(2), today, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!([first, again, next, other], [2, 2, 4, 5].map(mail_id));
        let mut due: Vec<_> = claimed(&store, 500, 9).await.into_iter().map(|mail| (mail.summary_at, mail.id)).collect();
        due.sort_unstable();
        let mut expected = [(None, mail_id(1)), (Some(today), mail_id(2)), (Some(today), mail_id(5))];
        expected.sort_unstable();
        assert_eq!(due, expected);
    }
}
