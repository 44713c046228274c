//! Access profiles, providers, credentials, models and prices.

use crate::given::{self, NOW, credential_id, model_id, person_id, profile_id, provider_id};
use crate::on_both_engines;
use domain::access_profile::{AccessProfile, Audience};
use domain::environment::Environment;
use domain::key_policy::KeyPolicy;
use domain::markup::Markup;
use domain::model::{Model, ProviderKind};
use domain::person::Role;
use domain::provider_timeouts::ProviderTimeouts;
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{Acknowledgement, Constraint, PriceVersion, Provider, SavedPolicy, SealedCredential, StoreError};

on_both_engines! {
    async fn a_profile_is_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        let (standard, agents) = (given::profile(1, "standard"), given::profile(2, "Agents"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_profile(&standard, NOW).await.unwrap();
        tx.insert_profile(&agents, NOW).await.unwrap();
        assert_eq!(tx.profile_for_update(standard.id).await.unwrap(), Some(standard.clone()));
        assert_eq!(tx.profile_for_update(profile_id(9)).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(store.profile(standard.id).await.unwrap(), Some(standard.clone()));
        assert_eq!(store.profile(profile_id(9)).await.unwrap(), None);
        assert_eq!(store.profiles().await.unwrap(), [agents, standard], "by name, in any case");

        let mut tx = store.begin().await.unwrap();
        let same = given::profile(3, "Standard");
        assert_eq!(tx.insert_profile(&same, NOW).await, Err(StoreError::Conflict(Constraint::ProfileName)));
    }

    async fn an_edit_names_the_version_it_started_from(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let edited = AccessProfile {
            name: "Narrow".into(),
            description: String::new(),
            version: 2,
            audience: Audience::default(),
            consumers: vec![],
            keys_per_person: 1,
            enabled: false,
            ..given::profile(1, "Standard")
        };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.update_profile(&edited, 1, NOW.plus_ms(1)).await.unwrap());
        assert!(!tx.update_profile(&edited, 1, NOW.plus_ms(2)).await.unwrap(), "somebody was faster");
        tx.commit().await.unwrap();
        assert_eq!(store.profile(edited.id).await.unwrap(), Some(edited));
        let kept = "update access_profile_version set description = description where version in (1, 2)";
        assert_eq!(database.tamper(kept).await, 2, "both versions are kept");
    }

    async fn versions_are_kept_and_keys_keep_to_them(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let first = given::profile(1, "Standard");
        let (second, third) = (AccessProfile { version: 2, ..first.clone() }, AccessProfile { version: 3, ..first.clone() });
        let mut tx = store.begin().await.unwrap();
        let old = given::minted(&mut tx, 1, "old", Owner::Person(person_id(1))).await;
        assert!(tx.update_profile(&second, 1, NOW.plus_ms(1)).await.unwrap());
        tx.sign_profile_version(first.id, 2, person_id(2)).await.unwrap();
        assert_eq!(tx.keep_keys_at(first.id, 1).await.unwrap(), 1);
        given::minted(&mut tx, 2, "new", Owner::Person(person_id(1))).await;
        assert!(tx.update_profile(&third, 2, NOW.plus_ms(2)).await.unwrap());
        assert_eq!(tx.sign_profile_version(first.id, 4, person_id(2)).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();

        let all = store.profile_versions(first.id, None, 9).await.unwrap();
        let said: Vec<_> = all.iter().map(|one| (one.profile.version, one.saved_at, one.saved_by)).collect();
        assert_eq!(said, [(3, NOW.plus_ms(2), None), (2, NOW.plus_ms(1), Some(person_id(2))), (1, NOW, None)]);
        assert_eq!(all[2].profile, first);
        let older = store.profile_versions(first.id, Some(3), 1).await.unwrap();
        assert_eq!(older.iter().map(|one| one.profile.version).collect::<Vec<_>>(), [2]);
        assert_eq!(store.profile_version(first.id, 2).await.unwrap(), Some(all[1].clone()));
        assert_eq!(store.profile_version(profile_id(9), 2).await.unwrap(), None);

        assert_eq!(store.key_with_secrets(old.id).await.unwrap().unwrap().key.profile_version, Some(1));
        assert_eq!(store.kept_versions().await.unwrap(), [all[2].clone()]);
        let counts = store.live_keys_by_version(first.id, NOW).await.unwrap();
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(None, 1), (Some(1), 1)]);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.release_keys(first.id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.kept_versions().await.unwrap(), []);
    }

    async fn environments_are_there_from_the_start_and_are_kept(database: &TestDatabase) {
        let store = database.open().await;
        let names: Vec<_> = store.environments().await.unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["dev", "prod", "staging"]);
        let narrow = Environment {
            profiles: vec![profile_id(1)],
            roles: vec![Role::Developer],
            teams: vec![given::team_id(1)],
            archived: true,
            ..Environment::open("eu")
        };
        let mut tx = store.begin().await.unwrap();
        tx.insert_environment(&narrow, NOW).await.unwrap();
        let changed = Environment { version: 2, archived: false, teams: vec![], ..narrow.clone() };
        assert_eq!(tx.environment_for_update("eu").await.unwrap(), Some(narrow));
        assert!(tx.update_environment(&changed, 1).await.unwrap());
        assert!(!tx.update_environment(&changed, 1).await.unwrap(), "somebody was faster");
        tx.commit().await.unwrap();
        assert_eq!(store.environment("eu").await.unwrap(), Some(changed));
        assert_eq!(store.environment("moon").await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        let taken = tx.insert_environment(&Environment::open("dev"), NOW).await;
        assert_eq!(taken, Err(StoreError::Conflict(Constraint::EnvironmentName)));
    }

    async fn the_key_policy_is_kept_in_versions_with_who_read_which(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let saved = |version, text: &str| SavedPolicy {
            policy: KeyPolicy { version, text: text.into() },
            saved_at: NOW.plus_ms(version),
            saved_by: person_id(1),
        };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.key_policy().await.unwrap(), None);
        tx.insert_key_policy(&saved(1, "Do not share.")).await.unwrap();
        tx.insert_key_policy(&saved(2, "")).await.unwrap();
        assert_eq!(tx.key_policy().await.unwrap(), Some(saved(2, "").policy));
        let mut said = Vec::new();
        for number in [1, 2] {
            let key = given::minted(&mut tx, number, &format!("key {number}"), Owner::Person(person_id(1))).await.id;
            let one = Acknowledgement { key, version: 1, person: person_id(1), at: NOW };
            tx.insert_acknowledgement(&one).await.unwrap();
            said.push(one);
        }
        tx.commit().await.unwrap();
        assert_eq!(store.key_policies(9).await.unwrap(), [saved(2, ""), saved(1, "Do not share.")]);
        said.sort_by_key(|one| std::cmp::Reverse(one.key.to_string()));
        assert_eq!(store.acknowledgements(None, 9).await.unwrap(), said);
        assert_eq!(store.acknowledgements(Some((NOW, said[0].key)), 9).await.unwrap(), said[1..]);
        let mut tx = store.begin().await.unwrap();
        assert!(matches!(tx.insert_key_policy(&saved(2, "Faster")).await, Err(StoreError::Conflict(_))));
    }

    async fn a_provider_is_read_back_and_changed(database: &TestDatabase) {
        let store = database.open().await;
        let (one, two) = (given::provider(1, "Openly"), given::provider(2, "anthro"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_provider(&one).await.unwrap();
        tx.insert_provider(&two).await.unwrap();
        let changed = Provider {
            name: "Renamed".into(),
            preset: "custom".into(),
            kind: ProviderKind::Anthropic,
            base_url: "http://127.0.0.1:9/v1".into(),
            enabled: false,
            timeouts: ProviderTimeouts {
                connect_ms: Some(1_000),
                first_byte_ms: Some(u32::MAX),
                between_events_ms: Some(0),
            },
            markup: Markup::from_basis_points(-1_250).unwrap(),
            ..one
        };
        tx.update_provider(&changed).await.unwrap();
        assert_eq!(tx.update_provider(&given::provider(9, "x")).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        assert_eq!(store.providers().await.unwrap(), [two, changed.clone()]);
        assert_eq!(store.provider(changed.id).await.unwrap(), Some(changed));
        assert_eq!(store.provider(provider_id(9)).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        let same = given::provider(3, "ANTHRO");
        assert_eq!(tx.insert_provider(&same).await, Err(StoreError::Conflict(Constraint::ProviderName)));
    }

    async fn a_credential_is_replaced_by_the_version_after_it(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let first = given::credential(1, 1);
        let second = SealedCredential {
            version: 2,
            blob: vec![7],
            last_four: "2222".into(),
            created_at: NOW.plus_days(1),
            created_by: None,
            ..first.clone()
        };
        let mut tx = store.begin().await.unwrap();
        tx.insert_provider(&given::provider(1, "Openly")).await.unwrap();
        tx.insert_credential(&first).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.credentials().await.unwrap(), std::slice::from_ref(&first));

        let mut tx = store.begin().await.unwrap();
        tx.replace_credential(&second).await.unwrap();
        assert_eq!(tx.replace_credential(&second).await, Err(StoreError::NotFound), "only the one in force");
        tx.commit().await.unwrap();
        assert_eq!(store.credentials().await.unwrap(), [second]);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_credentials_replaced_before(NOW.plus_days(1)).await.unwrap(), 0);
        assert_eq!(tx.delete_credentials_replaced_before(NOW.plus_days(2)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.credentials().await.unwrap()[0].id, credential_id(1));
        assert_eq!(format!("{first:?}"), format!("SealedCredential({} version 1)", first.id));
    }

    async fn a_model_is_read_back_and_changed(database: &TestDatabase) {
        let store = database.open().await;
        let (large, small) = (given::model(1, "gpt-5"), given::model(2, "claude/small"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_model(&large, NOW).await.unwrap();
        tx.insert_model(&small, NOW).await.unwrap();
        let changed = Model { price: None, price_version: 2, enabled: false, name: "gpt-5.1".parse().unwrap(), ..large };
        tx.update_model(&changed, NOW).await.unwrap();
        assert_eq!(tx.update_model(&given::model(9, "x"), NOW).await, Err(StoreError::NotFound));
        assert_eq!(tx.model_for_update(changed.id).await.unwrap(), Some(changed.clone()));
        assert_eq!(tx.model_for_update(model_id(9)).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(store.models().await.unwrap(), [small, changed.clone()]);
        assert_eq!(store.model(changed.id).await.unwrap(), Some(changed));
        assert_eq!(store.model(model_id(9)).await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        let same = given::model(3, "gpt-5.1");
        assert_eq!(tx.insert_model(&same, NOW).await, Err(StoreError::Conflict(Constraint::ModelName)));
    }

    async fn every_price_is_kept(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_model(&given::model(1, "gpt-5"), NOW).await.unwrap();
        tx.insert_price(model_id(1), 1, Some(&given::prices()), NOW, None).await.unwrap();
        tx.insert_price(model_id(1), 2, None, NOW.plus_days(1), Some(person_id(1))).await.unwrap();
        tx.commit().await.unwrap();
        let expected = [
            PriceVersion { version: 2, prices: None, effective_from: NOW.plus_days(1), by: Some(person_id(1)) },
            PriceVersion { version: 1, prices: Some(given::prices()), effective_from: NOW, by: None },
        ];
        assert_eq!(store.prices(model_id(1)).await.unwrap(), expected);
        assert_eq!(store.prices(model_id(9)).await.unwrap(), []);
        let mut tx = store.begin().await.unwrap();
        let twice = tx.insert_price(model_id(1), 2, None, NOW, None).await;
        assert_eq!(twice, Err(StoreError::Conflict(Constraint::Other)));
    }
}
