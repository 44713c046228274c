//! One act on many keys: each as if alone, and nothing at all where one of them is somebody else's.

use crate::support::*;
use domain::id::KeyId;
use domain::notification::Happening;
use domain::order::{KeyColumn, Order};
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{KeyStanding, Overlap, RevocationReason};
use portal::keys::{Changed, KeyOutcome, KeysAct, KeysQuery, KeysView, MOST_SELECTED, OwnerFilter};
use portal::notifications::NotificationView;

fn done(changed: &[Changed]) -> Vec<(&str, bool)> {
    let mut all: Vec<_> = changed.iter().map(|one| (one.name.as_str(), one.outcome == KeyOutcome::Done)).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn each_key_is_changed_audited_and_told_and_a_refusal_stops_none_of_the_others() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let keys = [world.mint(&ada, "a").await, world.mint(&ada, "b").await, world.mint(&ada, "c").await];
    world.portal.revoke_key(&ada, keys[1], RevocationReason::Replaced).await.unwrap();
    let before = world.audit_length().await;
    world.gateway.take_told();

    let changed = world.portal.change_keys(&admin, &keys, KeysAct::Disable).await.unwrap();
    assert_eq!(done(&changed), [("a", true), ("b", false), ("c", true)]);
    let refused = changed.iter().find(|one| one.name == "b").unwrap();
    assert!(matches!(&refused.outcome, KeyOutcome::Refused(reasons) if reasons[0].code() == "key_ended"));
    assert_eq!(world.audit_length().await, before + 2);
    let mut told = world.gateway.take_told();
    told.sort_by_key(|told| format!("{told:?}"));
    let mut expected = vec![Told::Key(keys[0]), Told::Key(keys[2])];
    expected.sort_by_key(|told| format!("{told:?}"));
    assert_eq!(told, expected);
    for key in [keys[0], keys[2]] {
        assert_eq!(world.portal.key(&ada, key).await.unwrap().standing, KeyStanding::Disabled);
    }
    let revoke = KeysAct::Revoke(RevocationReason::NoLongerNeeded);
    let changed = world.portal.change_keys(&admin, &keys, revoke).await.unwrap();
    assert_eq!(done(&changed), [("a", true), ("b", true), ("c", true)], "revoking twice keeps the first");
    assert_eq!(world.audit_length().await, before + 4);
}

#[tokio::test]
async fn somebody_elses_key_in_the_selection_stops_all_of_it() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    let (own, others) = (world.mint(&ada, "own").await, world.mint(&bob, "others").await);
    let before = world.audit_length().await;
    for act in [KeysAct::Disable, KeysAct::AskToRotate(START.plus_days(9))] {
        assert_eq!(error(world.portal.change_keys(&ada, &[own, others], act).await), "not found");
    }
    assert_eq!(error(world.portal.selected_keys(&ada, &[others]).await), "not found");
    // Who reads everything and manages keys of their own sees it, and may not.
    let auditor = Caller { roles: vec![domain::person::Role::Developer, domain::person::Role::Auditor], ..ada.clone() };
    assert_eq!(error(world.portal.change_keys(&auditor, &[own, others], KeysAct::Disable).await), "forbidden");
    assert_eq!(world.audit_length().await, before);
    assert_eq!(world.portal.key(&ada, own).await.unwrap().standing, KeyStanding::Usable);
    let all = KeysQuery { owner: OwnerFilter::All, ..KeysQuery::default() };
    let matching = world.portal.matching_keys(&auditor, &all).await.unwrap();
    assert_eq!(matching.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [own], "of all, those that may be changed");
}

#[tokio::test]
async fn one_act_takes_two_hundred_keys_and_the_rest_follow() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let (team, lead) = world.team_led_by("Search", &admin).await;
    for nth in 0..MOST_SELECTED + 5 {
        world.mint_for_team(&lead, team, &format!("worker {nth:03}")).await;
    }
    world.advance_days(31);
    let query = KeysQuery { view: KeysView::Unused, owner: OwnerFilter::All, ..KeysQuery::default() };
    let first = world.portal.matching_keys(&lead, &query).await.unwrap();
    let sorted = KeysQuery { order: Some(Order::by(KeyColumn::Name)), ..query.clone() };
    let by_age = world.portal.matching_keys(&lead, &sorted).await.unwrap();
    assert_eq!(by_age.next, first.next, "by age, in which nothing moves between two acts");
    let rest = KeysQuery { after: first.next.clone(), ..sorted };
    let rest = world.portal.matching_keys(&lead, &rest).await.unwrap();
    assert_eq!((first.rows.len(), rest.rows.len(), rest.next), (MOST_SELECTED, 5, None));
    let mut keys: Vec<_> = first.rows.iter().chain(&rest.rows).map(|row| row.id).collect();
    let too_many = world.portal.change_keys(&lead, &keys, KeysAct::Disable).await;
    assert_eq!(refusals(too_many), ["key=too_many"]);
    keys.truncate(MOST_SELECTED);
    let changed = world.portal.change_keys(&lead, &keys, KeysAct::Disable).await.unwrap();
    assert!(changed.iter().all(|one| one.outcome == KeyOutcome::Done) && changed.len() == MOST_SELECTED);
}

#[tokio::test]
async fn an_owner_is_asked_to_rotate_until_they_did() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = world.mint(&ada, "laptop").await;
    let due = START.plus_days(14);
    for day in [START, START.plus_ms(-1)] {
        assert_eq!(refusals(world.portal.ask_to_rotate(&admin, key, day).await), ["until=in_the_past"]);
    }
    let before = world.audit_length().await;
    world.portal.ask_to_rotate(&admin, key, due).await.unwrap();
    world.portal.ask_to_rotate(&admin, key, due).await.unwrap();
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "key.rotation_asked"));
    let asked = world.portal.key(&ada, key).await.unwrap().rotation_due.unwrap();
    assert_eq!((asked.due_at, asked.asked_by_name), (due, admin.name.clone()));
    let home = world.portal.home(&ada).await.unwrap();
    assert_eq!(
        home.attention.iter().map(|row| (row.id, row.rotation_due.is_some())).collect::<Vec<_>>(),
        [(key, true)]
    );
    assert_eq!(home.counts.attention, 1);

    let form = world.portal.new_form();
    world.portal.rotate_key(&ada, key, &form, Overlap::None).await.unwrap();
    assert_eq!(world.portal.key(&ada, key).await.unwrap().rotation_due, None);
    assert!(world.portal.home(&ada).await.unwrap().attention.is_empty());
}

#[tokio::test]
async fn owners_are_told_once_of_all_that_one_person_asks_of_them() {
    let world = World::new().await;
    let (ada, bob, admin) = (world.developer().await, world.other_developer().await, world.administrator().await);
    let (team, lead) = world.team_led_by("Search", &bob).await;
    let mut keys = Vec::new();
    for name in ["one", "two", "three"] {
        keys.push(world.mint(&ada, name).await);
    }
    keys.push(world.mint_for_team(&lead, team, "service").await);
    keys.push(world.mint(&admin, "my own").await);
    let due = START.plus_days(14);
    let ask = async |keys: &[KeyId], due: Timestamp| {
        let changed = world.portal.change_keys(&admin, keys, KeysAct::AskToRotate(due)).await.unwrap();
        assert!(changed.iter().all(|one| one.outcome == KeyOutcome::Done), "{changed:?}");
        world.advance_ms(1);
    };
    // What one act takes and what follows it, before anybody looks.
    ask(&keys[..2], due).await;
    ask(&keys[2..], due).await;
    let told = async |person: &Caller| {
        world.portal.tell_what_is_due().await.unwrap();
        let page = world.portal.notifications(person, NotificationView::Unread, None).await.unwrap();
        let said = page.rows.into_iter().filter_map(|row| match row.happening {
            Happening::RotationAsked { name, keys, team, by, due_at, .. } => {
                Some((name, keys, team.map(|(_, name)| name), by, due_at))
            }
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    let of_ada = ("one".to_owned(), 3, None, "dora".to_owned(), due);
    assert_eq!(told(&ada).await, std::slice::from_ref(&of_ada));
    assert_eq!(told(&ada).await, std::slice::from_ref(&of_ada), "once");
    let of_team = ("service".to_owned(), 1, Some("Search".to_owned()), "dora".to_owned(), due);
    assert_eq!(told(&bob).await, [of_team], "whoever leads the team");
    assert_eq!(told(&admin).await, [], "nobody is told what they just did");

    ask(&keys[..2], due).await;
    assert_eq!(told(&ada).await.len(), 1, "what was asked already is not asked again");
    let sooner = START.plus_days(3);
    ask(&keys[1..2], sooner).await;
    assert_eq!(told(&ada).await[0], ("two".to_owned(), 1, None, "dora".to_owned(), sooner), "another day is");
    world.portal.rotate_key(&ada, keys[1], &world.portal.new_form(), Overlap::None).await.unwrap();
    assert_eq!(told(&ada).await, [of_ada], "it is rotated, and the others are not");
    world.portal.rotate_key(&lead, keys[3], &world.portal.new_form(), Overlap::None).await.unwrap();
    assert_eq!(told(&bob).await, []);
    ask(&keys[..1], sooner).await;
    world.portal.rotate_key(&ada, keys[0], &world.portal.new_form(), Overlap::None).await.unwrap();
    assert_eq!(told(&ada).await.len(), 1, "nothing is asked of whoever was faster");
}

#[tokio::test]
async fn a_file_of_keys_tells_spend_and_teams() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    let (team, lead) = world.team_led_by("Search", &ada).await;
    let used = world.mint(&lead, "used").await;
    world.mint_for_team(&lead, team, "service").await;
    world.mint(&bob, "bob's").await;
    world.store.ingest(&[world.call(used, world.now(), 1, 700)]).await.unwrap();
    world.advance_days(31);
    let query = KeysQuery { owner: OwnerFilter::All, view: KeysView::Unused, ..KeysQuery::default() };
    let file = world.portal.keys_file(&lead, &query).await.unwrap();
    let mut rows: Vec<_> =
        file.rows.iter().map(|row| (&*row.name, row.spent.unwrap().as_nano(), row.teams.join(","))).collect();
    rows.sort();
    assert_eq!(rows, [("service", 0, "Search".to_owned()), ("used", 700, "Search".to_owned())]);
    assert!(!file.more);
}
