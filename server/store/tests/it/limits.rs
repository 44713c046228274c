//! Limits of the levels above keys, and the business units that are one of these levels.

use crate::given::{self, NOW, person_id, team_id, unit_id};
use crate::on_both_engines;
use domain::budget::{BudgetScope, Cap, Window};
use domain::id::ApplicationId;
use domain::limits::{Counted, Limits, Quota};
use domain::money::NanoUsd;
use store::testing::TestDatabase;
use store::{Application, Constraint, ScopeLimits, StoreError, Team, Unit};

fn limits() -> Limits {
    Limits {
        caps: vec![
            Cap { window: Window::Hour, limit: NanoUsd::from_dollars(2) },
            Cap { window: Window::Month, limit: NanoUsd::from_dollars(500) },
        ],
        requests_per_minute: Some(600),
        tokens_per_minute: Some(1_000_000),
        concurrency: Some(40),
        quotas: vec![Quota { counted: Counted::Tokens, window: Window::Day, limit: 9_000_000 }],
        guarantees: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(200) }],
    }
}

fn of(scope: BudgetScope, version: i64) -> ScopeLimits {
    ScopeLimits { scope, limits: limits(), version, updated_at: NOW.plus_ms(version), updated_by: Some(person_id(1)) }
}

on_both_engines! {
    async fn the_limits_of_a_level_are_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let (whole, team) = (of(BudgetScope::Organisation, 1), of(BudgetScope::Team(team_id(1)), 1));
        let mut tx = store.begin().await.unwrap();
        assert!(tx.put_limits(&team).await.unwrap());
        assert!(tx.put_limits(&whole).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.limits_of(BudgetScope::Organisation).await.unwrap(), Some(whole.clone()));
        assert_eq!(store.limits_of(BudgetScope::Person(person_id(1))).await.unwrap(), None);
        assert_eq!(store.all_limits().await.unwrap(), [whole, team], "in the order of their texts");
    }

    async fn an_edit_of_limits_names_the_version_it_started_from(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let level = BudgetScope::Person(person_id(2));
        let mut tx = store.begin().await.unwrap();
        assert!(!tx.put_limits(&of(level, 2)).await.unwrap(), "there is no first version yet");
        assert!(tx.put_limits(&of(level, 1)).await.unwrap());
        assert!(!tx.put_limits(&of(level, 1)).await.unwrap(), "somebody was faster");
        let none = ScopeLimits { limits: Limits::default(), updated_by: None, ..of(level, 2) };
        assert!(tx.put_limits(&none).await.unwrap());
        assert!(!tx.put_limits(&none).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(store.limits_of(level).await.unwrap(), Some(none), "taken back, and the version is kept");
    }

    async fn a_business_unit_has_a_name_of_its_own_and_teams(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let unit = |number, name: &str| Unit { id: unit_id(number), name: name.into(), created_at: NOW };
        let mut tx = store.begin().await.unwrap();
        tx.insert_unit(&unit(1, "Europe")).await.unwrap();
        tx.insert_unit(&unit(2, "asia")).await.unwrap();
        tx.rename_unit(unit_id(1), "Emea").await.unwrap();
        assert_eq!(tx.rename_unit(unit_id(9), "x").await, Err(StoreError::NotFound));
        tx.put_team_unit(team_id(1), Some(unit_id(1))).await.unwrap();
        assert_eq!(tx.put_team_unit(team_id(9), None).await, Err(StoreError::NotFound));
        tx.insert_team(&Team { unit: Some(unit_id(2)), ..given::team(2, "Apollo") }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.units().await.unwrap(), [unit(2, "asia"), unit(1, "Emea")]);
        let units: Vec<_> = store.teams().await.unwrap().into_iter().map(|team| team.unit).collect();
        assert_eq!(units, [Some(unit_id(2)), Some(unit_id(1))]);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.insert_unit(&unit(3, "EMEA")).await, Err(StoreError::Conflict(Constraint::UnitName)));
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        let nowhere = tx.put_team_unit(team_id(1), Some(unit_id(9))).await;
        assert_eq!(nowhere, Err(StoreError::Conflict(Constraint::Other)), "units exist");
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        tx.put_team_unit(team_id(1), None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.teams().await.unwrap()[1].unit, None);
    }

    async fn an_application_has_a_name_of_its_own_to_the_letter(database: &TestDatabase) {
        let store = database.open().await;
        let application = |number, name: &str| Application {
            id: ApplicationId::from_random(&[number; 12]),
            name: name.into(),
            created_at: NOW,
        };
        let (lower, upper) = (application(1, "search"), application(2, "Search"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_application(&lower).await.unwrap();
        tx.insert_application(&upper).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.applications().await.unwrap(), [upper, lower]);
        let mut tx = store.begin().await.unwrap();
        let again = tx.insert_application(&application(3, "search")).await;
        assert_eq!(again, Err(StoreError::Conflict(Constraint::ApplicationName)));
    }

    async fn the_only_team_of_a_person_is_told_from_one_of_several(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_team(&given::team(2, "Apollo")).await.unwrap();
        tx.put_membership(team_id(1), person_id(1), true).await.unwrap();
        tx.put_membership(team_id(1), person_id(2), false).await.unwrap();
        tx.put_membership(team_id(2), person_id(2), false).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.only_teams().await.unwrap(), [(person_id(1), team_id(1))].into());
    }
}
