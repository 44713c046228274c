//! People and teams.

use crate::given::{self, NOW, person_id, team_id};
use crate::on_both_engines;
use domain::order::{Order, PersonColumn, SortColumn};
use domain::person::{Membership, Role};
use store::testing::TestDatabase;
use store::{Constraint, StoreError};

on_both_engines! {
    async fn a_person_is_read_back_whole(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let ada = given::person(1, "Ada Lovelace");
        assert_eq!(store.person(ada.id).await.unwrap(), Some(ada.clone()));
        assert_eq!(store.person_by_subject(&ada.issuer, &ada.subject).await.unwrap(), Some(ada.clone()));
        assert_eq!(store.person_by_subject(&ada.issuer, "subject-9").await.unwrap(), None);
        assert_eq!(store.person_by_subject("https://other.example.com", &ada.subject).await.unwrap(), None);
        assert_eq!(store.person(person_id(9)).await.unwrap(), None);
        assert_eq!(ada.roles(), [Role::Developer, Role::Administrator], "claimed and granted, each once");
        assert_eq!(store.people_count().await.unwrap(), i64::try_from(store.people(None, Order::default(), None, 99).await.unwrap().people.len()).unwrap());
    }

    async fn a_person_changes_all_but_who_they_are(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let changed = store::Person {
            name: "Augusta Ada".into(),
            email: "aa@example.com".into(),
            claimed_roles: vec![],
            granted_roles: vec![Role::Auditor],
            groups: vec![],
            active: false,
            version: 7,
            last_sign_in_at: None,
            ..given::person(1, "Ada Lovelace")
        };
        let mut tx = store.begin().await.unwrap();
        tx.update_person(&changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.person(changed.id).await.unwrap(), Some(changed.clone()));
        assert_eq!(store.inactive_people().await.unwrap(), [changed.id].into());
        assert_eq!(store.people(Some("lovelace"), Order::default(), None, 9).await.unwrap().people, [], "found by the new name only");
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.update_person(&given::person(9, "Nobody")).await, Err(StoreError::NotFound));
    }

    async fn a_person_is_kept_for_a_change_and_seen_as_committed(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let ada = given::person(1, "Ada Lovelace");
        let mut tx = store.begin().await.unwrap();
        let found = tx.person_by_subject_for_update(&ada.issuer, &ada.subject).await.unwrap().unwrap();
        assert_eq!(tx.person_for_update(found.id).await.unwrap(), Some(found.clone()));
        assert_eq!(tx.person_by_subject_for_update("https://other.example.com", &ada.subject).await.unwrap(), None);
        assert_eq!(tx.person_for_update(person_id(9)).await.unwrap(), None);
        tx.update_person(&store::Person { active: false, ..found.clone() }).await.unwrap();
        assert!(!tx.person_for_update(found.id).await.unwrap().unwrap().active, "a transaction sees its own changes");
        drop(tx);
        assert!(store.person(found.id).await.unwrap().unwrap().active);
    }

    async fn one_account_for_one_subject(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let twin = store::Person { id: person_id(3), ..given::person(1, "Twin") };
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.insert_person(&twin).await, Err(StoreError::Conflict(Constraint::Person)));
    }

    async fn people_are_found_and_listed_page_by_page(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        for (number, name) in [(1, "Zoë Ångström"), (2, "ada"), (3, "Ada"), (4, "50%_\\x"), (5, "Bob")] {
            tx.insert_person(&given::person(number, name)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let names = |people: Vec<store::Person>| people.into_iter().map(|person| person.name).collect::<Vec<_>>();

        let first = store.people(None, Order::default(), None, 2).await.unwrap();
        let rest = store.people(None, Order::default(), first.next.as_deref(), 9).await.unwrap();
        assert_eq!(names(first.people), ["50%_\\x", "ada"], "equal names in the order of ids");
        assert_eq!((names(rest.people), rest.next), (vec!["Ada".into(), "Bob".into(), "Zoë Ångström".into()], None));

        for (search, found) in [("ÅNGSTR", "Zoë Ångström"), ("0%_\\", "50%_\\x"), ("bob@example.COM", "Bob")] {
            assert_eq!(names(store.people(Some(search), Order::default(), None, 9).await.unwrap().people), [found], "{search}");
        }
        for nobody in ["%b%", "a_a", "\\"] {
            let found = names(store.people(Some(nobody), Order::default(), None, 9).await.unwrap().people);
            assert!(found.iter().all(|name| name.contains('\\') && nobody == "\\"), "{nobody}: {found:?}");
        }
    }

    async fn people_are_listed_in_any_order(database: &TestDatabase) {
        let store = database.open().await;
        let mut tx = store.begin().await.unwrap();
        for (number, name, signed_in) in
            [(1, "Ada", Some(5)), (2, "bob", None), (3, "Cy", Some(9)), (4, "Di", None), (5, "ada", Some(5))]
        {
            let last_sign_in_at = signed_in.map(|days| NOW.plus_days(days));
            tx.insert_person(&store::Person { last_sign_in_at, ..given::person(number, name) }).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (order, expected) in [("name", [1, 5, 2, 3, 4]), ("signed-in", [2, 4, 1, 5, 3])] {
            let order = Order::<PersonColumn>::from_word(order).unwrap();
            let expected = expected.map(person_id);
            for limit in 1..=5 {
                for order in [order, order.reversed()] {
                    let (mut seen, mut after) = (Vec::new(), None);
                    loop {
                        let page = store.people(None, order, after.as_deref(), limit).await.unwrap();
                        seen.extend(page.people.iter().map(|person| person.id));
                        after = page.next;
                        if after.is_none() { break; }
                    }
                    if order.descending { seen.reverse(); }
                    assert_eq!(seen, expected, "{order:?} by {limit}");
                }
            }
        }
        assert_eq!(PersonColumn::ALL.len(), 2, "each column is in the list above");
        let nonsense = store.people(None, Order::by(PersonColumn::LastSignIn), Some("-signed-in.per_x.y"), 1).await.unwrap();
        assert_eq!(nonsense.people[0].id, person_id(3));
    }

    async fn names_are_looked_up_together(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let names = store.names_of(&[person_id(1), person_id(2), person_id(9)]).await.unwrap();
        assert_eq!(names.len(), 2);
        assert_eq!(names[&person_id(2)], "Grace Hopper");
        assert!(store.names_of(&[]).await.unwrap().is_empty());
        let among = store.people_among(&[person_id(1), person_id(9), person_id(2)]).await.unwrap();
        let among: Vec<_> = among.into_iter().map(|person| (person.id, person.name)).collect();
        assert_eq!(among, [(person_id(1), names[&person_id(1)].clone()), (person_id(2), names[&person_id(2)].clone())]);
        assert!(store.people_among(&[]).await.unwrap().is_empty());
    }

    async fn teams_have_members_and_leads(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_team(&given::team(2, "Apollo")).await.unwrap();
        tx.put_membership(team_id(1), person_id(1), false).await.unwrap();
        tx.put_membership(team_id(1), person_id(1), true).await.unwrap();
        tx.put_membership(team_id(1), person_id(2), false).await.unwrap();
        tx.put_membership(team_id(2), person_id(1), false).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(store.teams().await.unwrap(), [given::team(2, "Apollo"), given::team(1, "Compilers")]);
        let of_ada = [
            Membership { team: team_id(2), team_name: "Apollo".into(), lead: false },
            Membership { team: team_id(1), team_name: "Compilers".into(), lead: true },
        ];
        assert_eq!(store.memberships_of(person_id(1)).await.unwrap(), of_ada);
        let members = [(given::person(1, "Ada Lovelace"), true), (given::person(2, "Grace Hopper"), false)];
        assert_eq!(store.members_of(team_id(1)).await.unwrap(), members);

        let mut tx = store.begin().await.unwrap();
        tx.delete_membership(team_id(1), person_id(1)).await.unwrap();
        assert_eq!(tx.delete_membership(team_id(1), person_id(1)).await, Err(StoreError::NotFound));
        tx.commit().await.unwrap();
        assert_eq!(store.members_of(team_id(1)).await.unwrap().len(), 1);

        let mut tx = store.begin().await.unwrap();
        let same = given::team(3, "COMPILERS");
        assert_eq!(tx.insert_team(&same).await, Err(StoreError::Conflict(Constraint::TeamName)));
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        let stranger = tx.put_membership(team_id(1), person_id(9), false).await;
        assert_eq!(stranger, Err(StoreError::Conflict(Constraint::Other)), "members exist");
        assert_eq!(store.person(person_id(1)).await.unwrap().unwrap().created_at, NOW);
    }
}
