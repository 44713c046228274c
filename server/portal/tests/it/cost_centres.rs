use crate::support::*;
use domain::cost_centre::{CentreDraft, CentreEntry, CentreStanding};
use domain::cost_centre_file::LineProblem;
use domain::dimension::Dimension;
use domain::minting::MintRequest;
use domain::order::Order;
use domain::permission::Scope;
use domain::virtual_key::{ConsumerKind, Owner};
use portal::PortalError;
use portal::spend::{Preset, SpendQuestion};

const COLUMNS: &str = "code,name,contact,valid_from,valid_until\n";

fn draft(code: &str) -> CentreDraft {
    CentreDraft { code: code.into(), name: "Research".into(), ..CentreDraft::default() }
}

#[tokio::test]
async fn a_key_is_minted_for_a_cost_centre_that_is_valid_today_and_for_no_other() {
    let world = World::new().await;
    let ada = world.developer().await;
    for (code, until) in [("4711", ""), ("4712", "2020-12-31")] {
        world.cost_centre(code, until).await;
    }
    let mint = async |code: &str| {
        let request = MintRequest { cost_centre: Some(code.into()), ..world.request(&ada, code).await };
        world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.map(|minted| minted.key.cost_centre)
    };
    assert_eq!(mint("4711").await.unwrap().as_deref(), Some("4711"));
    assert_eq!(refusals(mint("4712").await), ["cost_centre=cost_centre_ended"]);
    assert_eq!(refusals(mint("4713").await), ["cost_centre=cost_centre_unknown"]);
    let options = world.portal.mint_options(&ada).await.unwrap();
    let offered: Vec<_> = options.cost_centres.iter().map(CentreEntry::label).collect();
    assert_eq!(offered, ["4711 Centre 4711"]);
    assert_eq!(options.usual_cost_centre, None);
}

#[tokio::test]
async fn a_teams_keys_are_booked_to_the_teams_cost_centre_and_those_of_members_of_no_other_team_too() {
    let world = World::new().await;
    let (lead, admin) = (world.developer().await, world.administrator().await);
    let (team, lead) = world.team_led_by("Compilers", &lead).await;
    world.cost_centre("4711", "").await;
    let administrator = as_administrator(&admin);
    let unknown = world.portal.set_team_cost_centre(administrator, team, Some("4799")).await;
    assert_eq!(refusals(unknown), ["cost_centre=cost_centre_unknown"]);
    world.portal.set_team_cost_centre(administrator, team, Some("4711")).await.unwrap();
    assert_eq!(world.last_action().await, "team.cost_centre_changed");
    let entries = world.audit_length().await;
    world.portal.set_team_cost_centre(administrator, team, Some("4711")).await.unwrap();
    assert_eq!(world.audit_length().await, entries, "saving again changes nothing");

    let of_team = MintRequest {
        owner: Owner::Team(team),
        consumer: ConsumerKind::Service,
        ..world.request(&lead, "service").await
    };
    for request in [of_team, world.request(&lead, "own").await] {
        let minted = world.portal.mint_key(&lead, &world.portal.new_form(), &request).await.unwrap();
        assert_eq!(minted.key.cost_centre.as_deref(), Some("4711"), "{}", minted.key.name);
    }
}

#[tokio::test]
async fn an_ended_cost_centre_keeps_its_spend_and_its_keys_move_when_they_are_told_to() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let (old, _) = (world.cost_centre("4711", "").await, world.cost_centre("4712", "").await);
    let request = MintRequest { cost_centre: Some("4711".into()), ..world.request(&ada, "laptop").await };
    let key = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap().key.id;
    let loose = world.mint(&ada, "loose").await;
    let calls = [world.call(key, world.now(), 0, 700), world.call(loose, world.now(), 1, 40)];
    world.store.ingest(&calls).await.unwrap();

    let administrator = as_administrator(&admin);
    let end = async |last: &str, to: Option<&str>| world.portal.end_cost_centre(administrator, old, last, to).await;
    assert_eq!(refusals(end("", Some("4711")).await), ["last=missing", "keys_to=unknown_choice"]);
    assert_eq!(refusals(end("soon", Some("9")).await), ["last=malformed", "keys_to=cost_centre_unknown"]);
    assert_eq!(end("2020-12-31", Some("4712")).await.unwrap(), 1);
    assert_eq!(world.last_action().await, "cost_centre.ended");
    let moved = world.store.key(key, &Scope::Everyone).await.unwrap().unwrap().key;
    assert_eq!(moved.cost_centre.as_deref(), Some("4712"));

    world.store.ingest(&[world.call(key, world.now(), 2, 5)]).await.unwrap();
    let list = world.portal.cost_centres(&admin).await.unwrap();
    let rows: Vec<_> = list
        .rows
        .iter()
        .map(|row| (row.centre.entry.code.as_str(), row.booked.keys, row.booked.spend_this_month.as_nano()))
        .collect();
    assert_eq!(rows, [("4712", 1, 5), ("4711", 0, 700)], "ended ones last");
    assert!(matches!(list.rows[1].standing, CentreStanding::Ended { .. }));
    assert_eq!((list.unallocated.keys, list.unallocated.spend_this_month.as_nano()), (1, 40));
}

#[tokio::test]
async fn nothing_unallocated_is_a_row_of_its_own_where_spend_is_by_cost_centre() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    world.cost_centre("4711", "").await;
    let request = MintRequest { cost_centre: Some("4711".into()), ..world.request(&ada, "laptop").await };
    let key = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap().key.id;
    world.store.ingest(&[world.call(key, world.now(), 0, 700)]).await.unwrap();
    let question = SpendQuestion {
        preset: Preset::ThisMonth,
        compare: false,
        by: Dimension::CostCentre,
        filters: vec![],
        order: Order::default(),
    };
    let page = world.portal.spend(&admin, &question).await.unwrap().main.groups;
    let file = world.portal.spend_groups(&admin, &question).await.unwrap().groups;
    for groups in [page, file] {
        let told: Vec<_> = groups.iter().map(|group| (group.of.name.as_deref(), group.sums.cost.as_nano())).collect();
        assert_eq!(told, [(Some("4711 Centre 4711"), 700), (None, 0)]);
    }
}

#[tokio::test]
async fn a_cost_centre_is_added_and_changed_with_an_entry_each() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let administrator = as_administrator(&admin);
    let before = world.audit_length().await;
    let id = world.portal.create_cost_centre(administrator, &draft("4711")).await.unwrap();
    assert_eq!(world.portal.create_cost_centre(administrator, &draft("4711")).await.unwrap(), id, "sent twice");
    assert_eq!(world.audit_length().await, before + 1);
    let taken = CentreDraft { name: "Sales".into(), ..draft("4711") };
    assert_eq!(refusals(world.portal.create_cost_centre(administrator, &taken).await), ["code=name_taken"]);

    let changed = CentreDraft { contact: "ada@example.com".into(), ..draft("another code") };
    let change = async |from| world.portal.change_cost_centre(administrator, id, from, &changed).await;
    change(1).await.unwrap();
    change(1).await.unwrap();
    assert_eq!(world.audit_length().await, before + 2, "a form that is sent twice acts once");
    let detail = world.portal.cost_centre(&admin, id).await.unwrap();
    assert_eq!(detail.row.centre.entry.code, "4711", "the code stays");
    let late = world.portal.change_cost_centre(administrator, id, 1, &draft("4711")).await;
    assert!(matches!(late, Err(PortalError::Stale { current: 2 })));
}

#[tokio::test]
async fn a_file_is_taken_in_whole_or_not_at_all() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let administrator = as_administrator(&admin);
    world.cost_centre("4711", "").await;
    world.cost_centre("4712", "").await;
    let before = world.audit_length().await;
    let bad = format!("{COLUMNS}4713,Sales,,,\n,Nameless,,,\n4714,Legal,,1 May,\n");
    let wrong = world.portal.import_cost_centres(administrator, &bad).await.unwrap().unwrap_err();
    assert_eq!(wrong.iter().map(|wrong| wrong.line).collect::<Vec<_>>(), [3, 4]);
    assert!(matches!(wrong[0].problem, LineProblem::Cell(_)));
    assert_eq!((world.store.cost_centres().await.unwrap().len(), world.audit_length().await), (2, before));

    let good = format!("{COLUMNS}4711,Centre 4711,,,\n4712,Sales,,,2030-12-31\n4713,Legal,legal@example.com,,\n");
    let plan = world.portal.plan_cost_centres(administrator, &good).await.unwrap().unwrap();
    assert_eq!((plan.added.len(), plan.changed.len(), plan.same), (1, 1, 1));
    assert_eq!(world.audit_length().await, before, "a look changes nothing");
    world.portal.import_cost_centres(administrator, &good).await.unwrap().unwrap();
    assert_eq!(world.audit_length().await, before + 2);
    let again = world.portal.import_cost_centres(administrator, &good).await.unwrap().unwrap();
    assert_eq!((again.added.len(), again.changed.len(), again.same), (0, 0, 3));
}
