use crate::support::*;
use domain::virtual_key::{Owner, RevocationReason};
use portal::keys::{KeyStatus, KeysQuery, KeysView, OwnerFilter, ViewCounts};

fn query(view: KeysView, owner: OwnerFilter) -> KeysQuery {
    KeysQuery { view, owner, ..KeysQuery::default() }
}

async fn names(world: &World, caller: &domain::person::Caller, query: &KeysQuery) -> Vec<String> {
    let page = world.portal.keys(caller, query).await.unwrap();
    let mut names: Vec<String> = page.rows.into_iter().map(|row| row.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_view_holds_its_keys_and_counts_them() {
    let world = World::new().await;
    let ada = world.developer().await;
    let expiring = world.mint(&ada, "expiring").await;
    let hot = world.mint(&ada, "hot").await;
    let ended = world.mint(&ada, "ended").await;
    world.portal.set_key_expiry(&ada, expiring, START.plus_days(50)).await.unwrap();
    world.portal.revoke_key(&ada, ended, RevocationReason::NoLongerNeeded).await.unwrap();
    world.gateway.set_spent(hot, 85);
    world.gateway.set_spent(expiring, 10);
    world.advance_days(40);
    world.mint(&ada, "fresh").await;
    let used = world.call(expiring, world.now(), 1, 5);
    world.store.ingest(&[used]).await.unwrap();

    let of = async |view| names(&world, &ada, &query(view, OwnerFilter::Mine)).await;
    assert_eq!(of(KeysView::Live).await, ["expiring", "fresh", "hot"]);
    assert_eq!(of(KeysView::OverEighty).await, ["hot"]);
    assert_eq!(of(KeysView::ExpiringSoon).await, ["expiring"]);
    assert_eq!(of(KeysView::Unused).await, ["hot"]);
    assert_eq!(of(KeysView::NeverUsed).await, ["fresh", "hot"]);
    assert!(of(KeysView::Unused60).await.is_empty() && of(KeysView::LongLived).await.is_empty());
    assert_eq!(of(KeysView::Ended).await, ["ended"]);
    assert_eq!(of(KeysView::Attention).await, ["expiring", "hot"]);
    let page = world.portal.keys(&ada, &KeysQuery::default()).await.unwrap();
    let expected = ViewCounts {
        live: 3,
        attention: 2,
        over_eighty: 1,
        expiring_soon: 1,
        unused: 1,
        never_used: 2,
        ended: 1,
        ..ViewCounts::default()
    };
    assert_eq!((page.counts, page.total, page.sees_others), (expected, 3, false));
    let status = |name: &str| page.rows.iter().find(|row| row.name == name).unwrap().status;
    assert_eq!(
        (status("hot"), status("expiring"), status("fresh")),
        (KeyStatus::OverEighty, KeyStatus::ExpiresSoon, KeyStatus::Active)
    );
    let row = page.rows.iter().find(|row| row.id == expiring).unwrap();
    assert_eq!(row.last_use.as_ref().map(|last| last.agent.as_str()), Some("curl"));
    assert_eq!(row.budget.map(|budget| budget.percent_spent()), Some(10));
}

#[tokio::test]
async fn the_owner_filter_never_shows_more_than_the_caller_may_see() {
    let world = World::new().await;
    let (ada, bob, admin) = (world.developer().await, world.other_developer().await, world.administrator().await);
    let (team, ada) = world.team_led_by("Search", &ada).await;
    world.mint(&ada, "ada's").await;
    world.mint(&bob, "bob's").await;
    world.mint_for_team(&ada, team, "team's").await;
    let live = |owner| query(KeysView::Live, owner);
    assert_eq!(names(&world, &ada, &live(OwnerFilter::All)).await, ["ada's", "team's"]);
    assert_eq!(names(&world, &ada, &live(OwnerFilter::Mine)).await, ["ada's"]);
    assert_eq!(names(&world, &ada, &live(OwnerFilter::Team(team))).await, ["team's"]);
    assert_eq!(names(&world, &bob, &live(OwnerFilter::All)).await, ["bob's"]);
    assert!(names(&world, &bob, &live(OwnerFilter::Team(team))).await.is_empty());
    assert_eq!(names(&world, &admin, &live(OwnerFilter::All)).await, ["ada's", "bob's", "team's"]);
    assert!(names(&world, &admin, &live(OwnerFilter::Mine)).await.is_empty());
    let page = world.portal.keys(&ada, &live(OwnerFilter::Team(team))).await.unwrap();
    assert!(page.sees_others && page.rows[0].owner == Owner::Team(team) && !page.rows[0].mine);
}

#[tokio::test]
async fn the_search_finds_by_name_and_id_and_pages_follow_each_other() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let (team, lead) = world.team_led_by("Search", &admin).await;
    for nth in 0..60 {
        world.mint_for_team(&lead, team, &format!("worker {nth:02}")).await;
    }
    let all = query(KeysView::Live, OwnerFilter::All);
    let first = world.portal.keys(&lead, &all).await.unwrap();
    let after = KeysQuery { after: first.next.clone(), ..all.clone() };
    let second = world.portal.keys(&lead, &after).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next, first.total), (50, 10, None, 60));
    let search = KeysQuery { search: Some("WORKER 07".into()), ..all.clone() };
    assert_eq!(names(&world, &lead, &search).await, ["worker 07"]);
    let elsewhere = KeysQuery { environment: Some("prod".into()), ..all };
    assert!(names(&world, &lead, &elsewhere).await.is_empty());
}

#[tokio::test]
async fn an_administrator_finds_everyones_nearly_spent_keys_through_the_accounts() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let hot = world.mint(&ada, "hot").await;
    let cool = world.mint(&ada, "cool").await;
    world.gateway.set_spent(hot, 100);
    world.gateway.set_spent(cool, 5);
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let month = domain::budget::Window::Month;
    let charge = |key, sequence| {
        let scope = domain::budget::BudgetScope::Key(key);
        let window_start = month.start(world.now(), &zone);
        let line = domain::budget::BudgetLine { scope, window: month, window_start };
        domain::usage::UsageRecord { charged: vec![line], ..world.call(key, world.now(), sequence, 5) }
    };
    world.store.ingest(&[charge(hot, 1), charge(cool, 2)]).await.unwrap();
    let page = world.portal.keys(&admin, &query(KeysView::OverEighty, OwnerFilter::All)).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| (row.id, row.status)).collect();
    assert_eq!(rows, [(hot, KeyStatus::StoppedBudget)]);
    let searched = KeysQuery { search: Some("cool".into()), ..query(KeysView::OverEighty, OwnerFilter::All) };
    assert!(world.portal.keys(&admin, &searched).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn home_says_what_is_next() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let steps = world.portal.home(&ada).await.unwrap().first_steps;
    assert!(steps.may_mint && !steps.models_served && !steps.has_key && !steps.has_called);
    world.openai(&admin).await;
    let key = world.mint(&ada, "laptop").await;
    world.store.ingest(&[world.call(key, world.now(), 1, 5)]).await.unwrap();
    world.gateway.set_spent(key, 90);
    world.mint(&ada, "unused").await;
    let home = world.portal.home(&ada).await.unwrap();
    assert!(home.first_steps.models_served && home.first_steps.has_key && home.first_steps.has_called);
    assert_eq!(home.keys.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["laptop", "unused"]);
    assert_eq!(home.attention.iter().map(|row| row.id).collect::<Vec<_>>(), [key]);
    assert!(world.portal.home(&admin).await.unwrap().attention.is_empty(), "home is about one's own keys");
}
