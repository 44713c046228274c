//! The list of cost centres, and who carries which.

use crate::given::{self, NOW, key_id, person_id, team_id};
use crate::on_both_engines;
use domain::cost_centre::{CentreEntry, CostCentre};
use domain::day::Day;
use domain::id::CostCentreId;
use domain::permission::Scope;
use domain::virtual_key::Owner;
use store::testing::TestDatabase;
use store::{Constraint, StoreError};

fn centre(number: u8, code: &str) -> CostCentre {
    CostCentre {
        id: CostCentreId::from_random(&[number; 12]),
        entry: CentreEntry {
            code: code.into(),
            name: format!("Centre {code}"),
            contact: Some("finance@example.com".into()),
            valid_from: Some(Day::from_number(-1)),
            valid_until: None,
        },
        version: 1,
    }
}

on_both_engines! {
    async fn a_cost_centre_is_read_back_changed_and_listed_by_code(database: &TestDatabase) {
        let store = database.open().await;
        let (second, first) = (centre(1, "4712"), centre(2, "4711"));
        let mut tx = store.begin().await.unwrap();
        tx.insert_cost_centre(&second, NOW).await.unwrap();
        tx.insert_cost_centre(&first, NOW).await.unwrap();
        assert_eq!(tx.cost_centre_for_update(first.id).await.unwrap(), Some(first.clone()));
        let entry = CentreEntry { contact: None, valid_until: Some(Day::from_number(20_000)), ..first.entry.clone() };
        let ended = CostCentre { entry, version: 2, ..first };
        assert!(tx.update_cost_centre(&ended, 1).await.unwrap());
        assert!(!tx.update_cost_centre(&ended, 1).await.unwrap(), "somebody was faster");
        tx.commit().await.unwrap();
        assert_eq!(store.cost_centres().await.unwrap(), [ended.clone(), second.clone()]);
        assert_eq!(store.cost_centre(second.id).await.unwrap(), Some(second.clone()));
        assert_eq!(store.cost_centre_of_code("4711").await.unwrap(), Some(ended));
        assert_eq!(store.cost_centre_of_code("47").await.unwrap(), None);
        let mut tx = store.begin().await.unwrap();
        let same = tx.insert_cost_centre(&centre(3, "4711"), NOW).await;
        assert_eq!(same, Err(StoreError::Conflict(Constraint::CostCentreCode)));
    }

    async fn keys_and_teams_move_from_one_cost_centre_to_another(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        given::minted(&mut tx, 1, "booked", Owner::Person(person_id(1))).await;
        let mut loose = given::key(2, "loose", Owner::Person(person_id(1)));
        loose.cost_centre = None;
        tx.insert_key(&loose, &given::secret(1)).await.unwrap();
        tx.put_team_cost_centre(team_id(1), Some("4711")).await.unwrap();
        assert_eq!(tx.put_team_cost_centre(team_id(9), None).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        let counted = store.live_keys_by_cost_centre(NOW).await.unwrap();
        assert_eq!((counted[&Some("4711".to_owned())], counted[&None]), (1, 1));
        assert!(store.live_keys_by_cost_centre(NOW.plus_days(31)).await.unwrap().is_empty());
        assert_eq!(store.team_cost_centre(team_id(1)).await.unwrap().as_deref(), Some("4711"));

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.move_cost_centre("4711", "4712").await.unwrap(), [key_id(1)]);
        tx.commit().await.unwrap();
        let moved = store.key(key_id(1), &Scope::Everyone).await.unwrap().unwrap().key;
        assert_eq!(moved.cost_centre.as_deref(), Some("4712"));
        assert_eq!(store.team_cost_centre(team_id(1)).await.unwrap().as_deref(), Some("4712"));
    }
}
