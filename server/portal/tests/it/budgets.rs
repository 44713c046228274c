use crate::support::*;
use domain::budget::{BudgetScope, Cap, Window};
use domain::cost_centre::CentreDraft;
use domain::id::{ApplicationId, CostCentreId, TeamId, UnitId};
use domain::limits::{Counted, Division, Limits, Quota};
use domain::money::NanoUsd;
use domain::person::Caller;
use portal::{Made, PortalError};

fn month(dollars: i64) -> Limits {
    let cap = Cap { window: Window::Month, limit: NanoUsd::from_dollars(dollars) };
    Limits { caps: vec![cap], ..Limits::default() }
}

async fn set(
    world: &World,
    admin: &Caller,
    scope: BudgetScope,
    version: i64,
    limits: Limits,
) -> Result<i64, PortalError> {
    world.portal.set_limits(as_administrator(admin), scope, version, limits).await
}

async fn unit_with(world: &World, admin: &Caller, teams: &[TeamId]) -> UnitId {
    let unit = world.portal.create_unit(as_administrator(admin), &world.portal.new_form(), "Europe").await.unwrap();
    world.portal.change_unit(as_administrator(admin), unit, "Europe", teams).await.unwrap();
    unit
}

async fn team(world: &World, admin: &Caller, name: &str) -> TeamId {
    world.portal.create_team(as_administrator(admin), &world.portal.new_form(), name).await.unwrap()
}

#[tokio::test]
async fn limits_are_set_with_their_history_and_the_gateway_hears_of_them() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let limits = Limits {
        requests_per_minute: Some(600),
        tokens_per_minute: Some(900_000),
        concurrency: Some(40),
        quotas: vec![Quota { counted: Counted::Tokens, window: Window::Day, limit: 7 }],
        ..month(500)
    };
    world.gateway.take_told();
    assert_eq!(set(&world, &admin, BudgetScope::Organisation, 0, limits.clone()).await.unwrap(), 1);
    assert_eq!((world.last_action().await.as_str(), world.gateway.take_told()), ("limits.set", vec![Told::Levels]));
    let detail = world.portal.level(&admin, BudgetScope::Organisation).await.unwrap();
    assert_eq!((detail.version, &detail.row.limits), (1, &limits));
    assert_eq!(detail.row.figures[0].spent, NanoUsd::from_dollars(50), "live, from the ledger");
    assert_eq!((detail.row.quotas[0].used, detail.row.quotas[0].left()), (1, 6));

    let length = world.audit_length().await;
    assert_eq!(set(&world, &admin, BudgetScope::Organisation, 1, limits).await.unwrap(), 1);
    assert_eq!((world.audit_length().await, world.gateway.take_told()), (length, vec![]), "nothing changed");
    let stale = set(&world, &admin, BudgetScope::Organisation, 0, month(1)).await;
    assert!(matches!(stale, Err(PortalError::Stale { current: 1 })));
    assert_eq!(set(&world, &admin, BudgetScope::Organisation, 1, Limits::default()).await.unwrap(), 2);
    assert_eq!(world.last_action().await, "limits.cleared");
    assert!(world.portal.level(&admin, BudgetScope::Organisation).await.unwrap().row.figures.is_empty());
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_with_every_reason() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let limits = Limits { requests_per_minute: Some(0), tokens_per_minute: Some(0), ..Limits::default() };
    let refused = set(&world, &admin, BudgetScope::Organisation, 0, limits).await;
    assert_eq!(refusals(refused), ["requests_per_minute=below_minimum", "tokens_per_minute=below_minimum"]);
    let nobody = BudgetScope::Team(TeamId::from_random(&[9; 12]));
    assert!(matches!(set(&world, &admin, nobody, 0, month(1)).await, Err(PortalError::NotFound)));
}

#[tokio::test]
async fn caps_below_that_exceed_the_level_are_pointed_out_and_not_forbidden() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let (search, billing) = (team(&world, &admin, "Search").await, team(&world, &admin, "Billing").await);
    for team in [search, billing] {
        set(&world, &admin, BudgetScope::Team(team), 0, month(60)).await.unwrap();
    }
    set(&world, &admin, BudgetScope::Organisation, 0, month(100)).await.unwrap();
    let over = async |scope| {
        let row = world.portal.level(&admin, scope).await.unwrap().row;
        row.over_committed.iter().map(|over| (over.window, over.handed_out)).collect::<Vec<_>>()
    };
    let expected = vec![(Window::Month, NanoUsd::from_dollars(120))];
    assert_eq!(over(BudgetScope::Organisation).await, expected);
    let unit = unit_with(&world, &admin, &[search, billing]).await;
    assert_eq!(over(BudgetScope::Organisation).await, expected, "a unit hands out what its teams have");
    set(&world, &admin, BudgetScope::Unit(unit), 0, month(80)).await.unwrap();
    assert_eq!(over(BudgetScope::Organisation).await, []);
    assert_eq!(over(BudgetScope::Unit(unit)).await, expected);
    let rows = world.portal.levels(&admin).await.unwrap();
    let within = rows.iter().find(|row| row.scope == BudgetScope::Team(search)).unwrap().within.clone();
    assert_eq!(within.as_deref(), Some("Europe"));
}

#[tokio::test]
async fn a_cost_centre_has_a_budget_of_its_own_across_teams() {
    let world = World::new().await;
    let (ada, admin, auditor) = (world.developer().await, world.administrator().await, world.auditor().await);
    let (research, other) = (world.cost_centre("4711", "").await, world.cost_centre("4712", "").await);
    let scope = BudgetScope::CostCentre(research);
    world.gateway.take_told();
    assert_eq!(set(&world, &admin, scope, 0, month(60)).await.unwrap(), 1);
    assert_eq!((world.last_action().await.as_str(), world.gateway.take_told()), ("limits.set", vec![Told::Levels]));
    assert!(world.audit_text().await.contains(&research.to_string()));
    let row = world.portal.level(&auditor, scope).await.unwrap().row;
    assert_eq!((row.name.as_str(), &row.limits, row.figures.len()), ("4711 Centre 4711", &month(60), 1));
    assert!(matches!(world.portal.level(&ada, scope).await, Err(PortalError::NotFound)));
    let nowhere = BudgetScope::CostCentre(CostCentreId::from_random(&[9; 12]));
    assert!(matches!(set(&world, &admin, nowhere, 0, month(1)).await, Err(PortalError::NotFound)));

    let listed = async || {
        let rows = world.portal.levels(&admin).await.unwrap().into_iter();
        rows.map(|row| row.scope).filter(|scope| matches!(scope, BudgetScope::CostCentre(_))).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [scope], "of many, those with limits");

    let search = team(&world, &admin, "Search").await;
    set(&world, &admin, BudgetScope::Team(search), 0, month(90)).await.unwrap();
    set(&world, &admin, BudgetScope::Organisation, 0, month(100)).await.unwrap();
    let over = async || {
        let row = world.portal.level(&admin, BudgetScope::Organisation).await.unwrap().row;
        row.over_committed.iter().map(|over| (over.among, over.handed_out)).collect::<Vec<_>>()
    };
    assert_eq!(over().await, [], "the same money by team and by cost centre is not counted twice");
    set(&world, &admin, BudgetScope::CostCentre(other), 0, month(50)).await.unwrap();
    assert_eq!(over().await, [(Division::CostCentres, NanoUsd::from_dollars(110))]);

    world.gateway.take_told();
    let draft = CentreDraft { code: "4711".into(), name: "Research".into(), ..CentreDraft::default() };
    world.portal.change_cost_centre(as_administrator(&admin), research, 1, &draft).await.unwrap();
    assert_eq!(world.gateway.take_told(), [Told::Levels], "refusals name it as it is called");
    let draft = CentreDraft { contact: "ada@example.com".into(), ..draft };
    world.portal.change_cost_centre(as_administrator(&admin), research, 2, &draft).await.unwrap();
    assert_eq!(world.gateway.take_told(), []);
    set(&world, &admin, scope, 1, Limits::default()).await.unwrap();
    assert_eq!(listed().await, [BudgetScope::CostCentre(other)]);
}

#[tokio::test]
async fn an_application_becomes_a_level_by_the_name_that_keys_carry() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let (administrator, form) = (as_administrator(&admin), world.portal.new_form());
    let search = world.portal.create_application(administrator, &form, " search ").await.unwrap();
    assert_eq!(world.last_action().await, "application.created");
    let again = world.portal.create_application(administrator, &form, "search").await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Application(id) }) if id == search));
    for (name, refusal) in [("search", "name=name_taken"), (" ", "name=missing")] {
        let refused = world.portal.create_application(administrator, &world.portal.new_form(), name).await;
        assert_eq!(refusals(refused), [refusal]);
    }
    let scope = BudgetScope::Application(search);
    let row = world.portal.level(&admin, scope).await.unwrap().row;
    assert_eq!((row.name.as_str(), row.limits.is_empty()), ("search", true));
    world.gateway.take_told();
    set(&world, &admin, scope, 0, month(60)).await.unwrap();
    assert_eq!(world.gateway.take_told(), [Told::Levels]);
    assert!(world.portal.levels(&admin).await.unwrap().iter().any(|row| row.scope == scope));
    set(&world, &admin, BudgetScope::Organisation, 0, month(50)).await.unwrap();
    let over = world.portal.level(&admin, BudgetScope::Organisation).await.unwrap().row.over_committed;
    assert_eq!(over.iter().map(|over| over.among).collect::<Vec<_>>(), [Division::Applications]);
    let unknown = BudgetScope::Application(ApplicationId::from_random(&[9; 12]));
    assert!(matches!(world.portal.level(&admin, unknown).await, Err(PortalError::NotFound)));
}

#[tokio::test]
async fn a_team_moves_between_units_and_the_gateway_hears_of_it() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let search = team(&world, &admin, "Search").await;
    let form = world.portal.new_form();
    let europe = world.portal.create_unit(as_administrator(&admin), &form, "Europe").await.unwrap();
    let again = world.portal.create_unit(as_administrator(&admin), &form, "Europe").await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Unit(unit) }) if unit == europe));
    let twin = world.portal.create_unit(as_administrator(&admin), &world.portal.new_form(), "EUROPE").await;
    assert_eq!(refusals(twin), ["name=name_taken"]);

    world.gateway.take_told();
    world.portal.change_unit(as_administrator(&admin), europe, "Emea", &[search]).await.unwrap();
    assert_eq!((world.last_action().await.as_str(), world.gateway.take_told()), ("unit.changed", vec![Told::Levels]));
    let detail = world.portal.unit(&admin, europe).await.unwrap();
    assert_eq!(detail.name, "Emea");
    assert_eq!(detail.teams[0].unit, Some((europe, "Emea".to_owned())));
    let asia = world.portal.create_unit(as_administrator(&admin), &world.portal.new_form(), "Asia").await.unwrap();
    world.portal.change_unit(as_administrator(&admin), asia, "Asia", &[search]).await.unwrap();
    assert_eq!(world.portal.unit(&admin, europe).await.unwrap().teams[0].unit, Some((asia, "Asia".to_owned())));
    world.portal.change_unit(as_administrator(&admin), asia, "Asia", &[]).await.unwrap();
    assert_eq!(world.portal.unit(&admin, asia).await.unwrap().teams[0].unit, None);
    let stranger = [TeamId::from_random(&[9; 12])];
    let unknown = world.portal.change_unit(as_administrator(&admin), asia, "Asia", &stranger).await;
    assert_eq!(refusals(unknown), ["teams=unknown_choice"]);
}

#[tokio::test]
async fn a_membership_decides_whose_money_is_spent_so_that_the_gateway_hears_of_it() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let search = team(&world, &admin, "Search").await;
    world.gateway.take_told();
    world.portal.put_member(as_administrator(&admin), search, ada.person, false).await.unwrap();
    assert_eq!(world.gateway.take_told(), [Told::Levels]);
    world.portal.remove_member(as_administrator(&admin), search, ada.person).await.unwrap();
    assert_eq!(world.gateway.take_told(), [Told::Levels]);
}

#[tokio::test]
async fn a_lead_reads_the_level_of_the_led_team_and_no_other() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let (led, other) = (team(&world, &admin, "Search").await, team(&world, &admin, "Billing").await);
    set(&world, &admin, BudgetScope::Team(led), 0, month(60)).await.unwrap();
    world.portal.put_member(as_administrator(&admin), led, ada.person, true).await.unwrap();
    world.portal.put_member(as_administrator(&admin), other, ada.person, false).await.unwrap();
    let ada = world.caller(ada.person).await;
    assert_eq!(world.portal.level(&ada, BudgetScope::Team(led)).await.unwrap().row.limits, month(60));
    for scope in [BudgetScope::Team(other), BudgetScope::Organisation, BudgetScope::Person(ada.person)] {
        assert!(matches!(world.portal.level(&ada, scope).await, Err(PortalError::NotFound)), "{scope}");
    }
    assert!(matches!(world.portal.levels(&ada).await, Err(PortalError::Forbidden)));
}

fn with_share(dollars: i64) -> Limits {
    Limits { guarantees: month(dollars).caps, ..Limits::default() }
}

#[tokio::test]
async fn a_share_is_guaranteed_of_a_budget_that_is_there_and_no_more_of_it_than_it_has() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let (search, billing) = (team(&world, &admin, "Search").await, team(&world, &admin, "Billing").await);
    let [search, billing] = [search, billing].map(BudgetScope::Team);
    let refused = set(&world, &admin, search, 0, with_share(60)).await;
    assert_eq!(refusals(refused), ["guarantee_month=no_budget_above"]);
    set(&world, &admin, BudgetScope::Organisation, 0, month(100)).await.unwrap();
    world.gateway.take_told();
    set(&world, &admin, search, 0, with_share(60)).await.unwrap();
    assert_eq!((world.last_action().await.as_str(), world.gateway.take_told()), ("limits.set", vec![Told::Levels]));
    assert!(world.audit_text().await.contains("guaranteed"));
    assert_eq!(refusals(set(&world, &admin, billing, 0, with_share(41)).await), ["guarantee_month=above_share"]);
    let more_than_it_may = Limits { guarantees: month(40).caps, ..month(39) };
    assert_eq!(refusals(set(&world, &admin, billing, 0, more_than_it_may).await), ["guarantee_month=above_maximum"]);
    set(&world, &admin, billing, 0, with_share(40)).await.unwrap();
    let refused = set(&world, &admin, BudgetScope::Organisation, 1, with_share(1)).await;
    assert_eq!(refusals(refused), ["guarantee_month=no_budget_above"], "there is nothing above it");

    let detail = world.portal.level(&admin, BudgetScope::Organisation).await.unwrap();
    let below: Vec<_> =
        detail.shares_below.iter().map(|share| (share.name.as_str(), share.figures.limit, share.holds)).collect();
    let usd = NanoUsd::from_dollars;
    assert_eq!(below, [("Billing", usd(40), true), ("Search", usd(60), true)]);
    assert!(detail.own_shares.is_empty() && detail.above.is_none() && detail.row.over_committed.is_empty());
    let detail = world.portal.level(&admin, search).await.unwrap();
    assert_eq!(detail.above.unwrap().0, BudgetScope::Organisation);
    assert_eq!((detail.own_shares.len(), detail.own_shares[0].figures.spent), (1, usd(6)), "live, from the ledger");

    set(&world, &admin, BudgetScope::Organisation, 1, month(99)).await.unwrap();
    let over = world.portal.level(&admin, BudgetScope::Organisation).await.unwrap().row.over_committed;
    let over: Vec<_> = over.iter().map(|over| (over.among, over.handed_out)).collect();
    assert_eq!(over, [(Division::Guarantees, usd(100))], "a budget may be lowered, and what came of it is shown");
    set(&world, &admin, search, 1, Limits { requests_per_minute: Some(9), ..with_share(60) }).await.unwrap();
}

#[tokio::test]
async fn a_team_that_moves_has_its_share_of_the_budget_of_its_new_unit() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let search = team(&world, &admin, "Search").await;
    set(&world, &admin, BudgetScope::Organisation, 0, month(100)).await.unwrap();
    set(&world, &admin, BudgetScope::Team(search), 0, with_share(60)).await.unwrap();
    let unit = unit_with(&world, &admin, &[search]).await;
    let shares = async || {
        let detail = world.portal.level(&admin, BudgetScope::Team(search)).await.unwrap();
        (detail.above.unwrap().0, detail.own_shares[0].holds)
    };
    assert_eq!(shares().await, (BudgetScope::Unit(unit), false), "the unit has no budget to share");
    set(&world, &admin, BudgetScope::Unit(unit), 0, month(70)).await.unwrap();
    assert_eq!(shares().await, (BudgetScope::Unit(unit), true));
    let below = world.portal.level(&admin, BudgetScope::Unit(unit)).await.unwrap().shares_below;
    assert_eq!(below[0].scope, BudgetScope::Team(search));
    assert!(world.portal.level(&admin, BudgetScope::Organisation).await.unwrap().shares_below.is_empty());
}
