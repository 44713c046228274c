//! Whom dated changes of guardrails are yet to be told to.

use crate::given::{self, NOW, person_id, profile_id};
use crate::on_both_engines;
use domain::id::NotificationId;
use domain::notification::{ComingChange, Happening};
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{Notification, RolloutNews};

on_both_engines! {
    async fn a_decision_is_told_step_by_step_and_each_step_is_taken_once(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let set = RolloutNews {
            profile: profile_id(1),
            decided_at: NOW,
            change: ComingChange::Set,
            version: 2,
            moves_at: NOW.plus_days(9),
            decided_by: person_id(1),
            told_at: None,
            after: String::new(),
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.stop_telling_what_was_set(set.profile).await.unwrap(), None);
        tx.put_rollout_news(&set).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.rollout_news().await.unwrap(), std::slice::from_ref(&set));

        let mut tx = store.begin().await.unwrap();
        assert!(tx.step_rollout_news(&set, Some("per_5")).await.unwrap());
        assert!(!tx.step_rollout_news(&set, Some("per_5")).await.unwrap(), "it was taken");
        tx.commit().await.unwrap();
        let gone_on = RolloutNews { after: "per_5".into(), ..set.clone() };
        assert_eq!(store.rollout_news().await.unwrap(), std::slice::from_ref(&gone_on));

        let taken_back = RolloutNews {
            decided_at: NOW.plus_ms(5),
            change: ComingChange::Withdrawn,
            told_at: Some(NOW),
            ..set.clone()
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.stop_telling_what_was_set(set.profile).await.unwrap(), Some(NOW));
        tx.put_rollout_news(&taken_back).await.unwrap();
        assert!(!tx.step_rollout_news(&gone_on, None).await.unwrap(), "nobody else is told of it");
        tx.commit().await.unwrap();
        assert_eq!(store.rollout_news().await.unwrap(), std::slice::from_ref(&taken_back));
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.stop_telling_what_was_set(set.profile).await.unwrap(), Some(NOW));
        assert!(tx.step_rollout_news(&taken_back, None).await.unwrap(), "a withdrawal is told to the end");
        tx.commit().await.unwrap();
        assert_eq!(store.rollout_news().await.unwrap(), []);
    }

    async fn owners_of_keys_that_keep_to_an_older_version_are_found_and_so_is_who_was_told(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let (ada, team) = (Owner::Person(person_id(1)), Owner::Team(given::team_id(1)));
        let mut tx = store.begin().await.unwrap();
        let mine = given::minted(&mut tx, 1, "mine", ada).await;
        given::minted(&mut tx, 2, "mine too", ada).await;
        given::minted(&mut tx, 3, "ours", team).await;
        tx.keep_keys_at(mine.profile, 1).await.unwrap();
        tx.commit().await.unwrap();
        let keeping = async |after: &str, limit| store.owners_keeping(mine.profile, NOW, after, limit).await.unwrap();
        assert_eq!(keeping("", 9).await, [ada, team]);
        assert_eq!(keeping("", 1).await, [ada]);
        assert_eq!(keeping(&person_id(1).to_string(), 9).await, [team]);
        assert_eq!(store.owners_keeping(mine.profile, NOW.plus_days(4_000), "", 9).await.unwrap(), []);
        let happening = Happening::GuardrailsComing {
            profile: mine.profile,
            name: "Standard".into(),
            version: 2,
            change: ComingChange::Set,
            from: NOW.plus_days(9),
            decided_at: NOW,
        };
        let note = Notification {
            id: NotificationId::from_random(&[1; 12]),
            person: person_id(1),
            happening: happening.clone(),
            shown: true,
            made_at: NOW,
            read_at: None,
        };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.insert_notification(&note).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.people_told(&happening, "", 9).await.unwrap(), [person_id(1)]);
        assert_eq!(store.people_told(&happening, &person_id(1).to_string(), 9).await.unwrap(), []);
    }
}
