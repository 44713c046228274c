//! How far eyes reach, and whom.

use crate::given::{self, NOW, person_id, team_id};
use crate::on_both_engines;
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole};
use domain::directory_claims::{DirectoryClaims, GroupsTold};
use domain::permission::Scope;
use std::collections::HashSet;
use store::testing::TestDatabase;
use store::{DirectoryRecord, KeptScope};

fn kept(holder: Holder, version: i64, names: Reach) -> KeptScope {
    let cost_centres = vec!["4711".to_owned()];
    let scope = DataScope { spend: Reach::Own, calls: Reach::Team, names, audit: Reach::All, cost_centres };
    KeptScope { holder, scope, version, updated_at: NOW.plus_ms(version), updated_by: person_id(1) }
}

on_both_engines! {
    async fn a_scope_is_kept_for_a_role_and_for_a_person(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let (role, ada) = (Holder::Role(ScopedRole::Auditor), Holder::Person(person_id(1)));
        let grace = Holder::Person(person_id(2));
        let mut tx = store.begin().await.unwrap();
        for holder in [role, ada, grace] {
            assert!(tx.put_data_scope(&kept(holder, 1, Reach::CostCentre)).await.unwrap());
            assert!(!tx.put_data_scope(&kept(holder, 1, Reach::All)).await.unwrap(), "somebody was faster");
        }
        assert!(tx.put_data_scope(&kept(role, 2, Reach::Own)).await.unwrap());
        assert!(!tx.put_data_scope(&kept(role, 2, Reach::All)).await.unwrap(), "somebody was faster");
        tx.commit().await.unwrap();
        assert_eq!(store.data_scopes().await.unwrap().len(), 3);
        let mut of_ada = store.data_scopes_for(person_id(1)).await.unwrap();
        of_ada.sort_by_key(|kept| kept.holder);
        assert_eq!(of_ada, [kept(role, 2, Reach::Own), kept(ada, 1, Reach::CostCentre)]);
        let mut tx = store.begin().await.unwrap();
        assert!(!tx.delete_data_scope(role, 1).await.unwrap(), "it has changed");
        assert!(tx.delete_data_scope(role, 2).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.data_scopes().await.unwrap().len(), 2);
    }

    async fn a_scope_reaches_members_and_whom_the_directory_books(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_person(&given::person(3, "Katherine Johnson")).await.unwrap();
        tx.put_membership(team_id(1), person_id(2), false).await.unwrap();
        let record = DirectoryRecord {
            claims: DirectoryClaims {
                issuer: "okta".into(),
                told: GroupsTold::NotSent,
                groups: None,
                values: [].into(),
            },
            given_groups: vec![],
            cost_centre: Some("4711".into()),
            seen_at: NOW,
        };
        tx.put_directory_record(person_id(3), &record).await.unwrap();
        tx.commit().await.unwrap();
        let within = async |scope: Scope| store.people_within(&scope).await.unwrap();
        let person = person_id(1);
        assert_eq!(within(Scope::Everyone).await, None);
        assert_eq!(within(Scope::Own { person, teams: vec![] }).await, Some(HashSet::from([person])));
        let team = Scope::Own { person, teams: vec![team_id(1)] };
        assert_eq!(within(team).await, Some(HashSet::from([person, person_id(2)])));
        let centre = Scope::Within { person, teams: vec![], centres: vec!["4711".into()] };
        assert_eq!(within(centre).await, Some(HashSet::from([person, person_id(3)])));
    }
}
