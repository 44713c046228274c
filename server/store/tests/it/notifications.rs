//! What people were told, on which ways they want it, and what is about to end.

use crate::given::{self, NOW, key_id, person, person_id, seed};
use crate::on_both_engines;
use domain::id::{MailId, NotificationId, RequestId};
use domain::notification::channels::{Channels, Mailing};
use domain::notification::{GivenAnswer, Happening, Kind};
use domain::person::Role;
use domain::time::Timestamp;
use domain::virtual_key::{KeySecret, KeyState, Owner, RevocationReason, VirtualKey};
use std::collections::HashMap;
use store::testing::TestDatabase;
use store::{Notification, Person, Recipient, Store};

fn request(number: u8) -> RequestId {
    RequestId::from_random(&seed(number))
}
fn note_id(number: u8) -> NotificationId {
    NotificationId::from_random(&seed(number))
}
fn waits(number: u8) -> Happening {
    Happening::RequestWaits { request: request(number), name: "søk \"x\"".into(), by: "Grace".into() }
}
fn answered(number: u8) -> Happening {
    Happening::RequestAnswered {
        request: request(number),
        name: "ci".into(),
        answer: GivenAnswer::Declined,
        by: "Ada".into(),
    }
}

/// Told to this person, as many milliseconds after the beginning as its number says.
pub(crate) fn note(number: u8, to: u8, happening: Happening) -> Notification {
    Notification {
        id: note_id(number),
        person: person_id(to),
        happening,
        shown: true,
        made_at: NOW.plus_ms(i64::from(number)),
        read_at: None,
    }
}

async fn put(store: &Store, notes: &[Notification]) -> Vec<bool> {
    let mut tx = store.begin().await.unwrap();
    let mut written = vec![];
    for note in notes {
        written.push(tx.insert_notification(note).await.unwrap());
    }
    tx.commit().await.unwrap();
    written
}

async fn listed(store: &Store, to: u8, only_unread: bool) -> Vec<NotificationId> {
    let all = store.notifications(person_id(to), only_unread, None, 9).await.unwrap();
    all.into_iter().map(|note| note.id).collect()
}

on_both_engines! {
    async fn an_occasion_is_told_once_to_each_person(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let notes = [note(1, 1, waits(1)), note(2, 1, waits(1)), note(3, 2, waits(1)), note(4, 1, waits(2))];
        assert_eq!(put(&store, &notes).await, [true, false, true, true]);
        assert_eq!(put(&store, &notes[2..]).await, [false, false], "not in a later transaction either");
        let told = store.told(&[waits(1).dedupe(), waits(2).dedupe(), waits(3).dedupe()]).await.unwrap();
        assert_eq!(told, [waits(1).dedupe(), waits(2).dedupe()].into());
        assert!(store.told(&[]).await.unwrap().is_empty());
        let kept = store.notifications(person_id(1), false, None, 9).await.unwrap();
        assert_eq!(kept, [notes[3].clone(), notes[0].clone()], "read back whole, newest first");
    }

    async fn people_read_their_own_and_page_by_page(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let hidden = Notification { shown: false, ..note(5, 1, waits(5)) };
        // Two of one moment: the id parts them.
        let twin = Notification { made_at: note(3, 1, waits(3)).made_at, ..note(4, 1, waits(4)) };
        put(&store, &[note(1, 1, waits(1)), note(2, 2, waits(1)), note(3, 1, waits(3)), twin.clone(), hidden]).await;
        assert_eq!(store.unread_notifications(person_id(1)).await.unwrap(), 3);
        assert_eq!(store.unread_and_setting(person_id(1), "a setting").await.unwrap(), (3, None));
        let mut tx = store.begin().await.unwrap();
        tx.put_setting("a setting", b"on").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.unread_and_setting(person_id(9), "a setting").await.unwrap(), (0, Some(b"on".to_vec())));
        assert_eq!(listed(&store, 1, false).await, [note_id(4), note_id(3), note_id(1)]);
        let first = store.notifications(person_id(1), false, None, 1).await.unwrap();
        let cursor = Some((first[0].made_at, first[0].id));
        let rest = store.notifications(person_id(1), false, cursor, 9).await.unwrap();
        assert_eq!(rest.iter().map(|note| note.id).collect::<Vec<_>>(), [note_id(3), note_id(1)]);

        let later = NOW.plus_days(1);
        let mut tx = store.begin().await.unwrap();
        assert!(tx.read_notification(person_id(1), note_id(3), later).await.unwrap());
        assert!(tx.read_notification(person_id(1), note_id(3), later.plus_days(1)).await.unwrap(), "again is no error");
        assert!(!tx.read_notification(person_id(1), note_id(2), later).await.unwrap(), "somebody else's is not there");
        assert!(!tx.read_notification(person_id(1), note_id(5), later).await.unwrap(), "nor is what is not shown");
        tx.commit().await.unwrap();
        assert_eq!(listed(&store, 1, true).await, [note_id(4), note_id(1)]);
        let read = store.notifications(person_id(1), false, None, 9).await.unwrap();
        assert_eq!(read[1].read_at, Some(later), "since the first time");

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.read_notifications(person_id(1), NOW.plus_ms(1), later).await.unwrap(), 1, "not what came later");
        tx.commit().await.unwrap();
        assert_eq!(listed(&store, 1, true).await, [note_id(4)]);
        assert_eq!(store.unread_notifications(person_id(2)).await.unwrap(), 1);
        assert_eq!(store.count_notifications(person_id(1)).await.unwrap(), 3, "read ones too, but not hidden ones");
    }

    async fn what_somebody_dealt_with_is_settled_for_all(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        put(&store, &[note(1, 1, waits(1)), note(2, 2, waits(1)), note(3, 2, waits(2)), note(4, 2, answered(1))]).await;
        let mut tx = store.begin().await.unwrap();
        let settled = tx.settle_notifications(Kind::RequestWaits, &request(1).to_string(), NOW).await.unwrap();
        assert_eq!(settled, 2);
        tx.commit().await.unwrap();
        assert_eq!(store.unread_notifications(person_id(1)).await.unwrap(), 0);
        assert_eq!(listed(&store, 2, true).await, [note_id(4), note_id(3)]);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_notifications_before(NOW.plus_ms(3)).await.unwrap(), 2);
        tx.commit().await.unwrap();
        assert_eq!(listed(&store, 2, false).await, [note_id(4), note_id(3)]);
    }

    async fn a_letter_tells_what_is_still_unread(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        put(&store, &[note(1, 1, waits(1)), note(2, 1, waits(2)), note(3, 1, waits(3))]).await;
        let mail = MailId::from_random(&seed(1));
        let mut tx = store.begin().await.unwrap();
        for number in [3, 1, 2] {
            tx.put_mail_of_notification(note_id(number), mail).await.unwrap();
        }
        tx.read_notification(person_id(1), note_id(2), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let ids = |notes: Vec<Notification>| notes.into_iter().map(|note| note.id).collect::<Vec<_>>();
        assert_eq!(ids(store.notifications_of_mail(mail, 9).await.unwrap()), [note_id(1), note_id(3)]);
        assert_eq!(ids(store.notifications_of_mail(mail, 1).await.unwrap()), [note_id(1)]);
        assert!(store.notifications_of_mail(MailId::from_random(&seed(2)), 9).await.unwrap().is_empty());
    }

    async fn recipients_are_active_and_say_what_they_chose(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let daily = Channels { in_app: false, mail: Mailing::Daily };
        let mut tx = store.begin().await.unwrap();
        tx.insert_person(&Person { active: false, ..person(3, "Gone") }).await.unwrap();
        tx.insert_person(&Person { email: String::new(), ..person(4, "Unreachable") }).await.unwrap();
        tx.put_channels(person_id(2), Kind::KeyEnds, Channels { mail: Mailing::Never, ..daily }).await.unwrap();
        tx.put_channels(person_id(2), Kind::KeyEnds, daily).await.unwrap();
        let people: Vec<_> = [4, 3, 2, 1, 9].map(person_id).to_vec();
        let mut found = tx.recipients(&people, Kind::KeyEnds).await.unwrap();
        assert!(found.is_sorted_by_key(|one| one.person));
        found.sort_by_key(|one| people.iter().position(|&person| person == one.person));
        let one = |number, has_address, chosen| Recipient { person: person_id(number), has_address, chosen };
        assert_eq!(found, [one(4, false, None), one(2, true, Some(daily)), one(1, true, None)]);
        assert!(tx.recipients(&people, Kind::OldSecret).await.unwrap().iter().all(|one| one.chosen.is_none()));
        tx.commit().await.unwrap();
        assert_eq!(store.chosen_channels(person_id(2)).await.unwrap(), HashMap::from([(Kind::KeyEnds, daily)]));
        assert!(store.chosen_channels(person_id(1)).await.unwrap().is_empty());
    }

    async fn roles_are_found_whoever_gave_them(database: &TestDatabase) {
        let store = database.open().await;
        let with = |number, name: &str, claimed: &[Role], granted: &[Role]| Person {
            claimed_roles: claimed.to_vec(),
            granted_roles: granted.to_vec(),
            ..person(number, name)
        };
        let mut tx = store.begin().await.unwrap();
        tx.insert_person(&with(1, "Claimed", &[Role::Developer, Role::Administrator], &[])).await.unwrap();
        tx.insert_person(&with(2, "Granted", &[], &[Role::Administrator])).await.unwrap();
        tx.insert_person(&with(3, "Auditor", &[Role::Auditor], &[])).await.unwrap();
        let gone = with(4, "Gone", &[Role::Administrator], &[]);
        tx.insert_person(&Person { active: false, ..gone }).await.unwrap();
        tx.commit().await.unwrap();
        let holding = async |roles: &[Role]| {
            let mut found = store.people_with(roles).await.unwrap();
            found.sort_unstable();
            found
        };
        let mut administrators = vec![person_id(1), person_id(2)];
        administrators.sort_unstable();
        assert_eq!(holding(&[Role::Administrator]).await, administrators);
        assert_eq!(holding(&[Role::Auditor]).await, [person_id(3)]);
        assert_eq!(holding(&[Role::Administrator, Role::Auditor]).await.len(), 3);
        assert!(holding(&[]).await.is_empty());
    }

    async fn what_ends_between_two_moments_is_found(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let ends = |days: i64| NOW.plus_days(days);
        let mut tx = store.begin().await.unwrap();
        for (number, days) in [(1, 9), (2, 10), (3, 12), (4, 11)] {
            let key = given::minted(&mut tx, number, &format!("key {number}"), Owner::Person(person_id(1))).await;
            let state = match number {
                4 => KeyState::Revoked { at: NOW, by: person_id(1), reason: RevocationReason::Replaced },
                _ => key.state.clone(),
            };
            tx.update_key(&VirtualKey { expires_at: ends(days), state, ..key }).await.unwrap();
            let version = given::secret(2).version;
            tx.insert_secret(key_id(number), &KeySecret { valid_until: None, ..given::secret(version) }).await.unwrap();
            tx.end_secret(key_id(number), 1, ends(days)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let keys = async |after: Timestamp, until: Timestamp, limit| -> Vec<_> {
            let found = store.keys_ending(after, until, limit).await.unwrap();
            found.into_iter().map(|one| (one.key, one.ends_at)).collect()
        };
        let secrets = async |after: Timestamp, until: Timestamp, limit| -> Vec<_> {
            let found = store.old_secrets_ending(after, until, limit).await.unwrap();
            found.into_iter().map(|one| (one.key, one.ends_at)).collect()
        };
        let expected = [(key_id(2), ends(10)), (key_id(3), ends(12))];
        assert_eq!(keys(ends(9), ends(12), 9).await, expected, "after the first moment, up to the second, none revoked");
        assert_eq!(secrets(ends(9), ends(12), 9).await, expected);
        assert_eq!(keys(ends(8), ends(12), 1).await, [(key_id(1), ends(9))]);
        assert_eq!(secrets(ends(8), ends(12), 1).await, [(key_id(1), ends(9))]);
        let one = store.keys_ending(ends(8), ends(9), 9).await.unwrap().remove(0);
        assert_eq!((one.name.as_str(), one.owner), ("key 1", Owner::Person(person_id(1))));
    }
}
