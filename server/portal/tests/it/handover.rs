use crate::support::*;
use domain::id::{KeyId, PersonId};
use domain::person::Caller;
use domain::virtual_key::{ConsumerKind, Owner};
use portal::MintRequest;
use portal::handover::Leaving;

async fn service(world: &World, owner: &Caller, name: &str) -> KeyId {
    let request = MintRequest { consumer: ConsumerKind::Service, ..world.request(owner, name).await };
    world.portal.mint_key(owner, &world.portal.new_form(), &request).await.unwrap().key.id
}

fn of(person: PersonId) -> Leaving {
    Leaving { person, within: None }
}

#[tokio::test]
async fn a_leavers_service_keys_move_and_everything_else_stays() {
    let world = World::new().await;
    let (admin, ada, bob) = (world.administrator().await, world.developer().await, world.other_developer().await);
    let (team, ada) = world.team_led_by("Billing", &ada).await;
    let own = world.mint(&ada, "laptop").await;
    let (one, two) = (service(&world, &ada, "invoices").await, world.mint_for_team(&ada, team, "parser").await);
    world.gateway.take_told();
    let entries = world.audit_length().await;

    let shown = world.portal.handover(&admin, of(ada.person)).await.unwrap();
    let moving: Vec<_> = shown.moves.iter().map(|key| (key.key, key.team.as_deref())).collect();
    assert_eq!((moving, shown.staying), (vec![(one, None), (two, Some("Billing"))], 1));
    let (portal, form) = (&world.portal, world.portal.new_form());
    assert_eq!(portal.hand_over(&admin, &form, of(ada.person), bob.person, &[one, two]).await.unwrap(), 2);

    let owner = async |key| {
        let found = world.store.key_with_secrets(key).await.unwrap().unwrap();
        (found.key.owner, found.key.created_by, found.secrets.len())
    };
    assert_eq!(owner(one).await, (Owner::Person(bob.person), ada.person, 1), "same id, same secret, same history");
    assert_eq!(owner(two).await.0, Owner::Team(team));
    assert_eq!(owner(own).await.0, Owner::Person(ada.person));
    let bobs = world.store.keys_answered_for(bob.person, world.now(), 9).await.unwrap();
    assert!(bobs.iter().all(|kept| kept.responsible == bob.person) && bobs.len() == 2);
    assert_eq!(world.audit_length().await, entries + 2, "one entry for each key");
    assert_eq!(world.last_action().await, "key.handed_over");
    assert_eq!(world.gateway.take_told(), [Told::Key(one), Told::Key(two)]);
    let again = portal.hand_over(&admin, &form, of(ada.person), bob.person, &[one, two]).await;
    assert_eq!(error(again), "already done");
    assert!(world.portal.handover(&admin, of(ada.person)).await.unwrap().moves.is_empty());
}

#[tokio::test]
async fn only_what_was_listed_moves_and_only_to_somebody_who_can_take_it() {
    let world = World::new().await;
    let (admin, ada, bob) = (world.administrator().await, world.developer().await, world.other_developer().await);
    let (own, one) = (world.mint(&ada, "laptop").await, service(&world, &ada, "invoices").await);
    let same = service(&world, &bob, "Invoices").await;
    let hand_over = async |to: PersonId, keys: &[KeyId]| {
        refusals(world.portal.hand_over(&admin, &world.portal.new_form(), of(ada.person), to, keys).await)
    };
    assert_eq!(hand_over(bob.person, &[]).await, ["keys=missing"]);
    assert_eq!(hand_over(bob.person, &[own]).await, ["keys=unknown_choice"], "a laptop is not a service");
    assert_eq!(hand_over(bob.person, &[same]).await, ["keys=unknown_choice"], "not the leaver's");
    assert_eq!(hand_over(ada.person, &[one]).await, ["to=unknown_choice"]);
    assert_eq!(hand_over(PersonId::from_random(&[3; 12]), &[one]).await, ["to=unknown_choice"]);
    assert_eq!(hand_over(bob.person, &[one]).await, ["to=key_name_taken"]);
    world.portal.set_person_active(as_administrator(&admin), bob.person, false).await.unwrap();
    assert_eq!(hand_over(bob.person, &[one]).await, ["to=unknown_choice"], "suspended");
    assert_eq!(world.store.key_with_secrets(one).await.unwrap().unwrap().key.owner, Owner::Person(ada.person));
}

#[tokio::test]
async fn a_lead_hands_over_within_the_team_and_nowhere_else() {
    let world = World::new().await;
    let (admin, ada, bob) = (world.administrator().await, world.developer().await, world.other_developer().await);
    let (team, lead) =
        world.team_led_by("Billing", &world.person("lena", &[domain::person::Role::Developer]).await).await;
    world.portal.put_member(as_administrator(&admin), team, ada.person, false).await.unwrap();
    let key = world.mint_for_team(&lead, team, "parser").await;
    let own = service(&world, &lead, "mine").await;
    let leaving = Leaving { person: lead.person, within: Some(team) };
    let shown = world.portal.handover(&lead, leaving).await.unwrap();
    assert_eq!(shown.moves.iter().map(|moving| moving.key).collect::<Vec<_>>(), [key]);
    assert_eq!(shown.successors, [(ada.person, "ada".to_owned())]);

    let hand_over = async |caller: &Caller, leaving, to: &Caller, key| {
        world.portal.hand_over(caller, &world.portal.new_form(), leaving, to.person, &[key]).await
    };
    assert_eq!(refusals(hand_over(&lead, leaving, &bob, key).await), ["to=unknown_choice"], "no member");
    assert_eq!(refusals(hand_over(&lead, leaving, &ada, own).await), ["keys=unknown_choice"], "not the team's");
    assert_eq!(error(hand_over(&lead, of(lead.person), &ada, own).await), "not found", "that is administrators'");
    assert_eq!(error(hand_over(&bob, leaving, &ada, key).await), "not found");
    let stranger = Leaving { person: bob.person, within: Some(team) };
    assert_eq!(error(world.portal.handover(&lead, stranger).await), "not found");
    hand_over(&lead, leaving, &ada, key).await.unwrap();

    let page = world.portal.team_page(&lead, team).await.unwrap();
    let parts: Vec<_> = page.members.iter().map(|part| (part.name.as_str(), part.lead, part.keys)).collect();
    assert_eq!(parts, [("ada", Some(false), 1), ("lena", Some(true), 0)]);
}

#[tokio::test]
async fn a_teams_page_adds_up_the_month_by_person_application_and_model() {
    let world = World::new().await;
    let (admin, ada, bob) = (world.administrator().await, world.developer().await, world.other_developer().await);
    let (team, ada) = world.team_led_by("Billing", &ada).await;
    let (one, two) =
        (world.mint_for_team(&ada, team, "parser").await, world.mint_for_team(&ada, team, "indexer").await);
    let before = world.now().plus_days(-40);
    let calls = [
        world.call(one, world.now(), 1, 1_000),
        world.call(two, world.now(), 2, 2_000),
        world.call(two, before, 3, 9_000),
    ];
    world.store.ingest(&calls).await.unwrap();
    world.portal.remove_member(as_administrator(&admin), team, ada.person).await.unwrap();
    let page = world.portal.team_page(&world.auditor().await, team).await.unwrap();
    assert_eq!((page.live_keys, page.spend.total.as_nano(), page.may_hand_over), (2, 3_000, false));
    let by_person: Vec<_> =
        page.spend.by_person.iter().map(|share| (share.name.as_str(), share.cost.as_nano())).collect();
    assert_eq!((by_person, page.spend.by_model.len(), page.spend.partial), (vec![("ada", 3_000)], 1, false));
    let gone: Vec<_> = page.members.iter().map(|part| (part.name.as_str(), part.lead, part.keys)).collect();
    assert_eq!(gone, [("ada", None, 2)], "who left the team and still answers for its keys is not forgotten");
    assert_eq!(error(world.portal.team_page(&bob, team).await), "not found");
}
