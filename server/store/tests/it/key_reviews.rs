//! Quarterly reviews: which keys wait, whose leads review them, and what was decided.

use crate::given::{self, NOW, key_id, minted, person_id, team_id};
use crate::on_both_engines;
use domain::day::Days;
use domain::id::{KeyId, TeamId};
use domain::key_review::{Answering, Decision, Quarter};
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use std::collections::HashMap;
use store::testing::TestDatabase;
use store::{KeyReview, ReviewOwners, Store, StoreError, TeamDecided, TeamWaiting, ToReview};

fn quarter() -> Quarter {
    Quarter::of(Days::utc().of(NOW)).next()
}

fn what(owners: ReviewOwners) -> ToReview {
    let minted_before = Days::utc().start(quarter().first_day());
    ToReview { quarter: quarter(), minted_before, now: NOW.plus_days(20), owners }
}

fn of(owners: &[Owner]) -> ReviewOwners {
    ReviewOwners::Of(owners.to_vec())
}

fn person(number: u8) -> Owner {
    Owner::Person(person_id(number))
}
fn team(number: u8) -> Owner {
    Owner::Team(team_id(number))
}

fn review(key: u8, owner: Owner, decision: Decision, days: i64) -> KeyReview {
    let decided_at = NOW.plus_days(days);
    KeyReview { quarter: quarter(), key: key_id(key), owner, decision, decided_at, decided_by: person_id(2) }
}

async fn waiting(store: &Store, owners: ReviewOwners) -> Vec<u8> {
    let what = what(owners);
    let found = store.keys_to_review(&what, None, 99).await.unwrap();
    assert_eq!(store.count_to_review(&what).await.unwrap(), i64::try_from(found.len()).unwrap());
    numbers(found.into_iter().map(|item| item.key.id))
}

fn numbers(keys: impl Iterator<Item = KeyId>) -> Vec<u8> {
    keys.map(|key| (0..=99).find(|&number| key_id(number) == key).unwrap()).collect()
}

/// Teams: 1 is led by 1 and 3 is a member; 2 is led by 2 alone in it; 3 is led by 4, who is switched off, and 5 is a member
/// here and in 1; 6 and 7 lead 4; 8 is in no team. Each of the people and the teams has a key of their number; those of
/// teams count from 11.
async fn world(store: &Store) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    for number in 3..=8 {
        let active = number != 4;
        let person = given::person(number, &format!("Person {number}"));
        tx.insert_person(&store::Person { active, ..person }).await.unwrap();
    }
    for number in 2..=4 {
        tx.insert_team(&given::team(number, &format!("Team {number}"))).await.unwrap();
    }
    for (team, person, lead) in [
        (1, 1, true),
        (1, 3, false),
        (2, 2, true),
        (3, 4, true),
        (3, 5, false),
        (1, 5, false),
        (4, 6, true),
        (4, 7, true),
    ] {
        tx.put_membership(team_id(team), person_id(person), lead).await.unwrap();
    }
    for number in 1..=8 {
        minted(&mut tx, number, &format!("key {number}"), person(number)).await;
    }
    for number in 1..=4 {
        minted(&mut tx, 10 + number, &format!("key {}", 10 + number), team(number)).await;
    }
    tx.commit().await.unwrap();
}

on_both_engines! {
    async fn a_key_waits_until_it_is_decided_about_or_ends(database: &TestDatabase) {
        let store = database.open().await;
        world(&store).await;
        let some = || of(&[person(1), person(3), team(1)]);
        assert_eq!(waiting(&store, some()).await, [1, 3, 11], "the oldest first");
        let page = store.keys_to_review(&what(some()), None, 2).await.unwrap();
        let last = page.last().map(|item| (item.key.created_at, item.key.id));
        let rest = store.keys_to_review(&what(some()), last, 2).await.unwrap();
        assert_eq!(numbers(rest.into_iter().map(|item| item.key.id)), [11]);

        let early = ToReview { minted_before: NOW.plus_ms(3), ..what(some()) };
        assert_eq!(store.count_to_review(&early).await.unwrap(), 1, "minted in the quarter itself");
        let late = ToReview { now: NOW.plus_days(30), ..what(some()) };
        assert_eq!(store.count_to_review(&late).await.unwrap(), 0, "expired");

        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.key_review(quarter(), key_id(3)).await.unwrap(), None);
        let kept = review(3, person(3), Decision::Keep, 1);
        tx.insert_key_review(&kept).await.unwrap();
        assert_eq!(tx.key_review(quarter(), key_id(3)).await.unwrap(), Some(kept.clone()));
        assert_eq!(tx.key_review(quarter().next(), key_id(3)).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(waiting(&store, some()).await, [1, 11]);
        let next = ToReview { quarter: quarter().next(), ..what(some()) };
        assert_eq!(store.count_to_review(&next).await.unwrap(), 3, "it comes again in the next quarter");

        let mut tx = store.begin().await.unwrap();
        let twice = tx.insert_key_review(&kept).await;
        assert!(matches!(twice, Err(StoreError::Conflict(_))), "{twice:?}");
        drop(tx);
        let disabled = KeyState::Disabled { at: NOW, by: person_id(1) };
        let revoked = KeyState::Revoked { at: NOW, by: person_id(1), reason: RevocationReason::Replaced };
        let mut tx = store.begin().await.unwrap();
        tx.update_key(&VirtualKey { state: disabled, ..given::key(1, "key 1", person(1)) }).await.unwrap();
        tx.update_key(&VirtualKey { state: revoked, ..given::key(11, "key 11", team(1)) }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(waiting(&store, some()).await, [1], "a disabled key can be enabled again");
    }

    async fn administrators_review_what_no_lead_does(database: &TestDatabase) {
        let store = database.open().await;
        world(&store).await;
        let unled = |besides: &[Owner], never: &[Owner]| {
            ReviewOwners::Unled { besides: besides.to_vec(), never: never.to_vec() }
        };
        assert_eq!(waiting(&store, unled(&[], &[])).await, [1, 2, 4, 5, 8, 12, 13]);
        assert_eq!(waiting(&store, unled(&[team(4)], &[person(8), team(2)])).await, [1, 2, 4, 5, 13, 14]);

        // The statement says of every owner what the rule says.
        let teams: Vec<TeamId> = (1..=4).map(team_id).collect();
        let members = store.review_members(&teams).await.unwrap();
        assert_eq!(store.review_members(&[]).await.unwrap(), HashMap::new());
        let people: Vec<_> = [1, 3, 5, 8].map(person_id).to_vec();
        let only_teams = HashMap::from([(person_id(1), team_id(1)), (person_id(3), team_id(1))]);
        assert_eq!(store.only_teams_of(&people).await.unwrap(), only_teams);
        let leads = [1, 2, 6, 7].map(person_id);
        assert!(store.leads().await.unwrap().iter().all(|lead| leads.contains(lead)));
        assert_eq!(store.leads().await.unwrap().len(), leads.len(), "each once, and only those whose account is on");
        assert_eq!(store.only_teams_of(&[]).await.unwrap(), HashMap::new());
        let of_team = |team: u8| (team_id(team), members[&team_id(team)].as_slice());
        let only = |person| (1..=4).find(|&team| {
            members[&team_id(team)].iter().any(|member| member.person == person_id(person) && member.only_here)
        });
        let unled_by_rule = (1..=8).filter(|&number| Answering::of(person(number), only(number).map(of_team)).leads.is_empty());
        let teams_by_rule = (1..=4).filter(|&number| Answering::of(team(number), Some(of_team(number))).leads.is_empty());
        let expected: Vec<u8> = unled_by_rule.chain(teams_by_rule.map(|number| 10 + number)).collect();
        assert_eq!(waiting(&store, unled(&[], &[])).await, expected);

        let before = Days::utc().start(quarter().first_day());
        let counted = store.reviews_waiting(quarter(), before, NOW).await.unwrap();
        let row = |number: u8, led, keys| TeamWaiting { team: Some(team_id(number)), led, keys };
        let mut rows = vec![
            TeamWaiting { team: None, led: false, keys: 2 },
            row(1, false, 1), row(1, true, 2), row(2, false, 2), row(3, false, 2), row(4, true, 3),
        ];
        rows.sort_by_key(|row| (row.team.map(|team| team.to_string()), row.led));
        assert_eq!(counted, rows);
    }

    async fn decisions_are_listed_and_counted(database: &TestDatabase) {
        let store = database.open().await;
        world(&store).await;
        assert_eq!(store.reviewed_quarters().await.unwrap(), []);
        let all = [
            review(3, person(3), Decision::Keep, 1),
            review(11, team(1), Decision::Revoke, 2),
            review(8, person(8), Decision::Keep, 2),
        ];
        let mut tx = store.begin().await.unwrap();
        for review in &all {
            tx.insert_key_review(review).await.unwrap();
        }
        let reason = RevocationReason::NoLongerNeeded;
        let revoked = KeyState::Revoked { at: NOW.plus_days(2), by: person_id(2), reason };
        tx.update_key(&VirtualKey { state: revoked, ..given::key(11, "key 11", team(1)) }).await.unwrap();
        tx.commit().await.unwrap();

        let found = store.key_reviews(quarter(), None, None, 9).await.unwrap();
        assert_eq!(found.iter().map(|row| row.review.clone()).collect::<Vec<_>>(), [all[1].clone(), all[2].clone(), all[0].clone()]);
        assert_eq!((found[0].name.as_str(), found[0].owner_name.as_str(), found[0].reason), ("key 11", "Compilers", Some(reason)));
        assert_eq!((found[2].owner_name.as_str(), found[2].reason), ("Person 3", None));
        let last = Some((found[0].review.decided_at, found[0].review.key));
        let rest = store.key_reviews(quarter(), None, last, 1).await.unwrap();
        assert_eq!(rest.into_iter().map(|row| row.review).collect::<Vec<_>>(), [all[2].clone()]);
        let owned = store.key_reviews(quarter(), Some(&[team(1), person(3)]), None, 9).await.unwrap();
        assert_eq!(numbers(owned.into_iter().map(|row| row.review.key)), [11, 3]);
        assert_eq!(store.count_key_reviews(quarter(), None).await.unwrap(), 3);
        assert_eq!(store.count_key_reviews(quarter(), Some(&[person(8)])).await.unwrap(), 1);
        assert_eq!(store.count_key_reviews(quarter().previous(), None).await.unwrap(), 0);

        let row = |team, decision| TeamDecided { team, decision, keys: 1 };
        let one = Some(team_id(1));
        let counted = store.reviews_decided(quarter()).await.unwrap();
        assert_eq!(counted, [row(None, Decision::Keep), row(one, Decision::Keep), row(one, Decision::Revoke)]);

        // What was left over when the quarter ended: not what was decided, also about the quarter after it.
        let (before, ended) = (Days::utc().start(quarter().first_day()), NOW.plus_days(25));
        let mut tx = store.begin().await.unwrap();
        let later = quarter().next();
        tx.insert_key_review(&KeyReview { quarter: later, ..review(3, person(3), Decision::Keep, 26) }).await.unwrap();
        tx.insert_key_review(&KeyReview { quarter: later, ..review(1, person(1), Decision::Keep, 26) }).await.unwrap();
        let late = KeyState::Revoked { at: NOW.plus_days(26), by: person_id(2), reason };
        tx.update_key(&VirtualKey { state: late, ..given::key(1, "key 1", person(1)) }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.reviewed_quarters().await.unwrap(), [quarter(), later]);
        let left = store.reviews_left_over(quarter(), before, ended).await.unwrap();
        let sum = |team: Option<TeamId>| left.iter().filter(|row| row.team == team).map(|row| row.keys).sum::<i64>();
        assert_eq!((sum(one), sum(Some(team_id(3))), sum(None)), (1, 2, 1));
    }
}
