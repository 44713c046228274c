//! The list of keys in each of its orders: read page by page, it is what sorting all keys in memory gives.

use crate::given::{self, NOW, key_id, person_id, secret, team_id};
use crate::on_both_engines;
use domain::id::KeyId;
use domain::order::{KeyColumn, Order, SortColumn};
use domain::permission::Scope;
use domain::virtual_key::{KeyState, Owner, RevocationReason, VirtualKey};
use store::testing::TestDatabase;
use store::{KeyFilter, KeyListItem, KeyView, Store};

fn ada() -> Owner {
    Owner::Person(person_id(1))
}

fn seen_as(view: KeyView) -> KeyFilter {
    KeyFilter { search: None, owner: None, environment: None, view, now: NOW }
}

/// Eight keys. Some names, ends and moments of last use are the same, some keys were never used, one is revoked and one
/// has expired.
async fn some_keys(store: &Store) {
    given::people_and_profile(store).await;
    let mut tx = store.begin().await.unwrap();
    let names = ["zeta", "Alpha", "alpha b", "Ärger", "mid", "50.5%", "Mid", "beta"];
    for (number, name) in (1..).zip(names) {
        let owner = if number % 3 == 0 { Owner::Team(team_id(1)) } else { ada() };
        let owner = if number == 7 { Owner::Person(person_id(2)) } else { owner };
        let days = [90, 30, 30, 400, 7, 60, -1, 30][usize::from(number) - 1];
        let key = VirtualKey { expires_at: NOW.plus_days(days), ..given::key(number, name, owner) };
        tx.insert_key(&key, &secret(1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let revoked = KeyState::Revoked { at: NOW, by: person_id(1), reason: RevocationReason::Compromised };
    let days = given::key(8, "beta", ada());
    let mut tx = store.begin().await.unwrap();
    tx.update_key(&VirtualKey { state: revoked, expires_at: NOW.plus_days(30), ..days }).await.unwrap();
    tx.commit().await.unwrap();
    let used = [(1, 3), (2, 1), (4, 3), (5, 2), (7, 9)];
    let calls = used.map(|(key, days)| given::call(key_id(key), NOW.plus_days(days), u16::from(key)));
    store.ingest(&calls).await.unwrap();
}

/// What sorts a key, with its id where that says nothing.
fn sorted(mut items: Vec<KeyListItem>, order: Order<KeyColumn>) -> Vec<KeyListItem> {
    items.sort_by_key(|item| {
        let used = item.last_use.as_ref().map(|last| last.at);
        let moment = match order.by {
            KeyColumn::Name => None,
            KeyColumn::Expiry => Some(item.key.expires_at),
            KeyColumn::LastUse => used.or(Some(item.key.created_at)),
            KeyColumn::Created => Some(item.key.created_at),
        };
        let name = (order.by == KeyColumn::Name).then(|| item.key.name.to_lowercase());
        (order.by == KeyColumn::LastUse && used.is_some(), moment, name, item.key.id.to_string())
    });
    if order.descending {
        items.reverse();
    }
    items
}

on_both_engines! {
    async fn pages_in_any_order_are_the_list_in_that_order(database: &TestDatabase) {
        let store = database.open().await;
        some_keys(&store).await;
        let scopes = [
            (Scope::Everyone, 8),
            (Scope::Own { person: person_id(1), teams: vec![team_id(1)] }, 7),
            (Scope::Within { person: person_id(2), teams: vec![team_id(1)], centres: vec![] }, 3),
        ];
        let views = [
            KeyView::All,
            KeyView::Live,
            KeyView::Ended,
            KeyView::NeverUsed,
            KeyView::ExpiringBefore(NOW.plus_days(60)),
            KeyView::EndingAfter(NOW.plus_days(30)),
            KeyView::UnusedSince(NOW.plus_days(3)),
        ];
        for (scope, all) in scopes {
            for view in views {
                let filter = seen_as(view);
                let whole = store.keys_page(&scope, &filter, Order::default(), None, 50).await.unwrap().items;
                assert!(view != KeyView::All || whole.len() == all, "{scope:?}");
                for order in KeyColumn::ALL.iter().flat_map(|&by| [Order::by(by), Order::by(by).reversed()]) {
                    let expected = sorted(whole.clone(), order);
                    for limit in [1, 3, 50] {
                        let (mut items, mut after) = (Vec::new(), None);
                        loop {
                            let page = store.keys_page(&scope, &filter, order, after.as_deref(), limit).await.unwrap();
                            assert_eq!(page.total, i64::try_from(page.items.len()).unwrap());
                            assert!(page.items.len() == limit as usize || page.next.is_none());
                            items.extend(page.items);
                            after = page.next;
                            if after.is_none() { break; }
                        }
                        let names = |items: &[KeyListItem]| {
                            items.iter().map(|item| item.key.name.clone()).collect::<Vec<_>>()
                        };
                        assert_eq!(names(&items), names(&expected), "{order:?} {view:?} by {limit} {scope:?}");
                    }
                }
            }
        }
    }

    async fn what_is_renamed_or_used_meanwhile_shifts_nothing_else(database: &TestDatabase) {
        let store = database.open().await;
        some_keys(&store).await;
        let all = seen_as(KeyView::All);
        let names = |items: &[KeyListItem]| items.iter().map(|item| item.key.name.clone()).collect::<Vec<_>>();

        let by_name = Order::by(KeyColumn::Name);
        let first = store.keys_page(&Scope::Everyone, &all, by_name, None, 2).await.unwrap();
        assert_eq!(names(&first.items), ["50.5%", "Alpha"]);
        let mut tx = store.begin().await.unwrap();
        let renamed = VirtualKey { expires_at: NOW.plus_days(30), ..given::key(2, "zulu", ada()) };
        tx.update_key(&renamed).await.unwrap();
        tx.commit().await.unwrap();
        let second = store.keys_page(&Scope::Everyone, &all, by_name, first.next.as_deref(), 2).await.unwrap();
        assert_eq!(names(&second.items), ["alpha b", "beta"]);

        let by_use = Order::by(KeyColumn::LastUse);
        let first = store.keys_page(&Scope::Everyone, &all, by_use, None, 2).await.unwrap();
        assert_eq!(names(&first.items), ["Mid", "Ärger"]);
        store.ingest(&[given::call(key_id(4), NOW.plus_days(10), 77)]).await.unwrap();
        let second = store.keys_page(&Scope::Everyone, &all, by_use, first.next.as_deref(), 2).await.unwrap();
        assert_eq!(names(&second.items), ["zeta", "mid"]);

        for nonsense in ["", "nonsense", "-used.0.x.y", "-used.7.0.0", "-used.0.1", "0.1.2"] {
            let page = store.keys_page(&Scope::Everyone, &all, by_use, Some(nonsense), 1).await.unwrap();
            assert_eq!(names(&page.items), ["Ärger"], "{nonsense}: no cursor starts at the beginning");
        }
        let rest = store.keys_page(&Scope::Everyone, &all, by_use, first.next.as_deref(), 9).await.unwrap();
        assert_eq!(rest.next, None);
        for other in [by_name, by_use.reversed(), Order::by(KeyColumn::Expiry)] {
            let of_another = store.keys_page(&Scope::Everyone, &all, other, None, 2).await.unwrap().next.unwrap();
            assert!(!of_another.contains('\n'), "a form would make two characters of it");
            let page = store.keys_page(&Scope::Everyone, &all, by_use, Some(&of_another), 1).await.unwrap();
            assert_eq!(names(&page.items), ["Ärger"], "{of_another:?}: the cursor of another order");
        }
    }

    /// With few matches they are sorted, with many the order is walked through.
    async fn many_keys_come_in_the_same_order_as_few(database: &TestDatabase) {
        let store = database.open().await;
        some_keys(&store).await;
        let mut tx = store.begin().await.unwrap();
        for number in 0..5_000_u16 {
            let digits = [number / 3_844, number / 62 % 62, number % 62].map(|digit| u8::try_from(digit).unwrap());
            let bytes = <[u8; 12]>::try_from([[61; 3], [61; 3], [61; 3], digits].concat()).unwrap();
            let id = KeyId::from_random(&bytes);
            let key = VirtualKey { id, name: format!("filler {number}"), ..given::key(1, "", ada()) };
            tx.insert_key(&key, &secret(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let searched = |search: &str| KeyFilter { search: Some(search.to_owned()), ..seen_as(KeyView::All) };
        for order in [Order::by(KeyColumn::LastUse), Order::by(KeyColumn::LastUse).reversed()] {
            for (filter, used) in [(seen_as(KeyView::All), 5), (searched("mid"), 2), (searched("filler"), 0)] {
                let page = store.keys_page(&Scope::Everyone, &filter, order, None, 5_008).await.unwrap();
                assert_eq!(page.next, None);
                assert_eq!(page.items.iter().filter(|item| item.last_use.is_some()).count(), used);
                assert_eq!(page.items, sorted(page.items.clone(), order), "{order:?} {filter:?}");
            }
        }
    }
}
