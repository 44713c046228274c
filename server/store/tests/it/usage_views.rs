//! Views of spend under a name: who finds which, and that they go when they are told to.

use crate::given::{self, NOW, person_id, team_id};
use crate::on_both_engines;
use domain::id::UsageViewId;
use domain::usage_view::{SharedWith, UsageView};
use store::testing::TestDatabase;

fn view(number: u8, owner: u8, shared: SharedWith) -> UsageView {
    UsageView {
        id: UsageViewId::from_random(&[number; 12]),
        name: format!("view {number}"),
        query: "range=30&by=model".into(),
        owner: person_id(owner),
        shared,
        created_at: NOW.plus_ms(number.into()),
    }
}

on_both_engines! {
    async fn views_are_found_by_whom_they_are_shared_with(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let views = [
            view(1, 1, SharedWith::Nobody),
            view(2, 2, SharedWith::Nobody),
            view(3, 2, SharedWith::Team(team_id(1))),
            view(4, 2, SharedWith::Everyone),
        ];
        let mut tx = store.begin().await.unwrap();
        for view in &views {
            tx.insert_usage_view(view).await.unwrap();
        }
        tx.commit().await.unwrap();
        for view in &views {
            assert_eq!(store.usage_view(view.id).await.unwrap().as_ref(), Some(view));
        }
        let found = async |person, teams: &[_], limit| {
            let found = store.usage_views(person_id(person), teams, limit).await.unwrap();
            found.iter().map(|found| views.iter().position(|view| view == found).unwrap() + 1).collect::<Vec<_>>()
        };
        assert_eq!(found(1, &[], 9).await, [1, 4]);
        assert_eq!(found(1, &[team_id(1), team_id(2)], 9).await, [1, 3, 4]);
        assert_eq!(found(2, &[], 9).await, [2, 4]);
        assert_eq!(found(2, &[team_id(1)], 2).await, [2, 3]);

        let mut tx = store.begin().await.unwrap();
        tx.delete_usage_view(views[3].id).await.unwrap();
        assert!(tx.delete_usage_view(views[3].id).await.is_err(), "gone already");
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        tx.delete_usage_view(views[3].id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(1, &[], 9).await, [1]);
        assert_eq!(store.usage_view(views[3].id).await.unwrap(), None);
    }
}
