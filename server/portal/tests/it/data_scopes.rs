use crate::support::*;
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole, pseudonym};
use domain::dimension::Dimension;
use domain::minting::MintRequest;
use domain::order::Order;
use domain::person::Caller;
use portal::PortalError;
use portal::administration::audit::AuditQuery;
use portal::keys::{KeysQuery, OwnerFilter};
use portal::spend::{Preset, SpendQuestion};
use store::CallFilter;

const EVERYTHING: DataScope = ScopedRole::Auditor.usual();

fn all_keys() -> KeysQuery {
    KeysQuery { owner: OwnerFilter::All, ..KeysQuery::default() }
}

async fn set(world: &World, admin: &Caller, holder: Holder, scope: &DataScope) {
    let kept = world.portal.data_scope(admin, holder).await.unwrap();
    world.portal.set_data_scope(as_administrator(admin), holder, kept.version, scope).await.unwrap();
}

/// Spend, names of keys, and names of keys with calls, as this person sees them.
async fn seen(world: &World, caller: &Caller) -> (i64, usize, usize) {
    let question = SpendQuestion {
        preset: Preset::Last(7),
        compare: false,
        by: Dimension::Key,
        filters: vec![],
        order: Order::default(),
    };
    let spend = world.portal.spend(caller, &question).await.unwrap();
    let file = world.portal.spend_groups(caller, &question).await.unwrap().groups;
    let in_file: i64 = file.iter().map(|group| group.sums.cost.as_nano()).sum();
    assert_eq!(spend.total.cost.as_nano(), in_file, "the file says what the page says");
    let keys = world.portal.keys(caller, &all_keys()).await.unwrap().rows.len();
    let record = world.portal.access_record(caller, &CallFilter::default(), None, 50).await;
    (in_file, keys, record.map_or(0, |page| page.lines.len()))
}

#[tokio::test]
async fn each_reach_shows_what_it_says_in_every_query() {
    let world = World::new().await;
    let (ada, bob, auditor) = (world.developer().await, world.other_developer().await, world.auditor().await);
    world.cost_centre("4711", "").await;
    let (team, _) = world.team_led_by("Compilers", &bob).await;
    let admin = world.administrator().await;
    world.portal.put_member(as_administrator(&admin), team, auditor.person, false).await.unwrap();
    let auditor = world.caller(auditor.person).await;
    let lead = world.caller(bob.person).await;
    let request = MintRequest { cost_centre: Some("4711".into()), ..world.request(&ada, "booked").await };
    let booked = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap().key.id;
    let (loose, service) = (world.mint(&ada, "loose").await, world.mint_for_team(&lead, team, "service").await);
    let calls = [(booked, 1, 7), (loose, 2, 20), (service, 3, 300)];
    let calls = calls.map(|(key, nth, cost)| world.call(key, world.now(), nth, cost));
    world.store.ingest(&calls).await.unwrap();

    assert_eq!(seen(&world, &auditor).await, (327, 3, 3), "as always");
    for holder in [Holder::Role(ScopedRole::Auditor), Holder::Person(auditor.person)] {
        for (reach, expected) in [
            (Reach::Own, (0, 0, 0)),
            (Reach::Team, (300, 1, 1)),
            (Reach::CostCentre, (7, 1, 1)),
            (Reach::All, (327, 3, 3)),
        ] {
            // A role has no codes of its own; nobody's directory names a cost centre here.
            let codes = if matches!(holder, Holder::Person(_)) { vec!["4711".to_owned()] } else { vec![] };
            let none = matches!(holder, Holder::Role(_)) && reach == Reach::CostCentre;
            let scope = DataScope { spend: reach, calls: reach, cost_centres: codes, ..EVERYTHING };
            set(&world, &admin, holder, &scope).await;
            let expected = if none { (0, 0, 0) } else { expected };
            assert_eq!(seen(&world, &auditor).await, expected, "{holder} {reach:?}");
            let opens = world.portal.key(&auditor, loose).await.is_ok();
            assert_eq!(opens, reach == Reach::All, "{holder} {reach:?}");
            let whole = world.portal.levels(&auditor).await.is_ok();
            assert_eq!(whole, reach == Reach::All, "{holder} {reach:?}");
        }
    }
    assert_eq!(seen(&world, &ada).await.0, 27, "others see what they saw");
}

#[tokio::test]
async fn who_may_not_know_a_name_finds_it_nowhere() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    let key = world.mint(&ada, "laptop").await;
    world.store.ingest(&[world.call(key, world.now(), 1, 7)]).await.unwrap();
    set(
        &world,
        &world.administrator().await,
        Holder::Role(ScopedRole::Auditor),
        &DataScope { names: Reach::Own, ..EVERYTHING },
    )
    .await;
    let called = pseudonym(ada.person);

    let question = SpendQuestion {
        preset: Preset::Last(7),
        compare: false,
        by: Dimension::Person,
        filters: vec![],
        order: Order::default(),
    };
    let of = &world.portal.spend(&auditor, &question).await.unwrap().main.groups[0].of;
    assert_eq!((of.name.as_deref(), of.may_open), (Some(called.as_str()), false));
    let row = &world.portal.keys(&auditor, &all_keys()).await.unwrap().rows[0];
    assert_eq!(row.owner_name, called);
    let detail = world.portal.key(&auditor, key).await.unwrap();
    assert_eq!((&detail.owner_name, &detail.created_by_name), (&called, &called));
    let record = world.portal.access_record(&auditor, &CallFilter::default(), None, 9).await.unwrap();
    assert_eq!(record.lines[0].owner_name, called);

    let log = world.portal.audit_file(&auditor, &AuditQuery::default()).await.unwrap();
    let text = format!("{:?}", log.lines);
    assert!(text.contains(&called) && !text.contains(&ada.name) && !text.contains(&ada.email), "{text}");
    let by_name = AuditQuery { who: Some(ada.name.clone()), ..AuditQuery::default() };
    assert!(world.portal.audit(&auditor, &by_name).await.unwrap().lines.is_empty(), "guessing finds nobody");
    for closed in [
        world.portal.people(&auditor, None, Order::default(), None).await.err(),
        world.portal.person(&auditor, ada.person).await.err(),
        world.portal.sessions_of(&auditor, ada.person).await.err(),
        world.portal.teams(&auditor).await.err(),
    ] {
        assert!(matches!(closed, Some(PortalError::Forbidden)), "{closed:?}");
    }
    assert_eq!(world.portal.key(&ada, key).await.unwrap().owner_name, ada.name, "people know themselves");
}

#[tokio::test]
async fn the_log_shows_what_those_did_whom_the_reader_reaches() {
    let world = World::new().await;
    let (ada, auditor) = (world.developer().await, world.auditor().await);
    world.mint(&ada, "laptop").await;
    let all = world.portal.audit(&auditor, &AuditQuery::default()).await.unwrap().lines.len();
    set(
        &world,
        &world.administrator().await,
        Holder::Person(auditor.person),
        &DataScope { audit: Reach::Own, ..EVERYTHING },
    )
    .await;
    let own = world.portal.audit(&auditor, &AuditQuery::default()).await.unwrap().lines;
    assert!(all > 0 && own.is_empty(), "the auditor changed nothing");
    let of_ada = AuditQuery { actor: Some(ada.person), ..AuditQuery::default() };
    assert!(world.portal.audit(&auditor, &of_ada).await.unwrap().lines.is_empty(), "nor by naming somebody");
}

#[tokio::test]
async fn setting_and_clearing_are_written_down_and_administrators_see_everything_whatever_is_set() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.mint(&ada, "laptop").await;
    let administrator = as_administrator(&admin);
    let nothing =
        DataScope { spend: Reach::Own, calls: Reach::Own, names: Reach::Own, audit: Reach::Own, ..EVERYTHING };
    let holder = Holder::Person(admin.person);
    let before = world.audit_length().await;
    for _ in 0..2 {
        world.portal.set_data_scope(administrator, holder, 0, &nothing).await.unwrap();
    }
    assert_eq!(world.audit_length().await, before + 1, "a form that is sent twice acts once");
    assert_eq!(world.last_action().await, "data_scope.set");
    let late = world.portal.set_data_scope(administrator, holder, 0, &EVERYTHING).await;
    assert!(matches!(late, Err(PortalError::Stale { current: 1 })), "{late:?}");
    assert_eq!(world.portal.keys(&admin, &all_keys()).await.unwrap().rows[0].owner_name, ada.name);
    assert!(world.portal.people(&admin, None, Order::default(), None).await.is_ok());
    assert!(world.portal.data_scopes(&admin).await.unwrap().iter().any(|row| row.sees_everything));

    world.portal.clear_data_scope(administrator, holder).await.unwrap();
    assert_eq!(world.last_action().await, "data_scope.cleared");
    assert_eq!(world.portal.data_scope(&admin, holder).await.unwrap().version, 0);
    let unknown = DataScope { spend: Reach::CostCentre, cost_centres: vec!["4799".into()], ..EVERYTHING };
    let refused = world.portal.set_data_scope(administrator, Holder::Person(ada.person), 0, &unknown).await;
    assert_eq!(refusals(refused), ["cost_centres=cost_centre_unknown"]);
}
