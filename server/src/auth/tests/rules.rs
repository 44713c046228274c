//! Rules of the portal at the door: what they give, what they take back, and trying a provider out.

use std::sync::atomic::Ordering;

use domain::claim_rules::{Asks, ClaimRule, Gives, HeldMembership, Test};
use domain::id::{RuleId, TeamId};
use domain::person::Role;
use domain::time::{MS_PER_DAY, MS_PER_MINUTE};
use serde_json::{Value, json};
use store::{KeptRule, Person, Team};

use super::lying_issuer::Lie;
use super::world::World;

fn by_group(group: &str, gives: Gives) -> ClaimRule {
    ClaimRule { issuer: Some("lying".into()), asks: Asks::Groups, test: Test::Equals(group.into()), gives }
}

async fn put_rules(world: &World, rules: &[ClaimRule]) {
    let now = domain::time::Timestamp::from_ms(1);
    let mut tx = world.store.begin().await.unwrap();
    for (number, rule) in (1_u8..).zip(rules) {
        let id = RuleId::from_random(&[number; 12]);
        tx.delete_claim_rule(id).await.unwrap();
        let kept = KeptRule { id, rule: rule.clone(), version: 1, created_at: now, updated_at: now };
        tx.insert_claim_rule(&kept).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn team(world: &World, number: u8, name: &str) -> TeamId {
    let id = TeamId::from_random(&[number; 12]);
    let mut tx = world.store.begin().await.unwrap();
    let at = domain::time::Timestamp::from_ms(1);
    tx.insert_team(&Team { id, name: name.into(), unit: None, created_at: at }).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Signs in with these claims in place of the usual ones.
async fn arrives(world: &World, claims: Value) -> Person {
    world.lying.tell(Lie::Claims(claims));
    assert_eq!(world.browser().sign_in("x").await.status, 303);
    let issuer = world.lying.settings().url;
    world.store.person_by_subject(&issuer, "subject-1").await.unwrap().unwrap()
}

#[tokio::test]
async fn a_rule_gives_at_sign_in_and_takes_back_at_the_next() {
    let world = World::lying().await;
    let (billing, search) = (team(&world, 1, "Billing").await, team(&world, 2, "Search").await);
    let unknown = TeamId::from_random(&[9; 12]);
    put_rules(
        &world,
        &[
            by_group("finance", Gives::Role(Role::Auditor)),
            by_group("finance", Gives::Team { team: billing, lead: true }),
            by_group("finance", Gives::Team { team: unknown, lead: true }),
            by_group("finance", Gives::CostCentre("4711".into())),
            by_group("finance", Gives::Group("frontier".into())),
        ],
    )
    .await;
    let ada = arrives(&world, json!({ "groups": "finance" })).await;
    assert_eq!((ada.roles(), ada.groups.as_slice()), (vec![Role::Auditor], &["finance".into(), "frontier".into()][..]));
    let by_rule = HeldMembership { team: billing, lead: true, by_rule: true };
    assert_eq!(world.store.held_memberships(ada.id).await.unwrap(), [by_rule]);
    let record = world.store.directory_record(ada.id).await.unwrap().unwrap();
    assert_eq!((record.cost_centre.as_deref(), record.given_groups.len()), (Some("4711"), 1));
    assert_eq!(world.told.load(Ordering::Relaxed), 1, "the gateway hears of changed teams");
    assert_eq!(world.audited().await[..3], ["session.started", "team.member_changed", "person.created"]);

    let mut tx = world.store.begin().await.unwrap();
    tx.put_membership(search, ada.id, false).await.unwrap();
    tx.commit().await.unwrap();
    arrives(&world, json!({ "groups": ["finance"] })).await;
    assert_eq!(world.told.load(Ordering::Relaxed), 1, "nothing changed");

    let ada = arrives(&world, json!({ "groups": [] })).await;
    assert_eq!((ada.roles(), ada.groups.len()), (vec![Role::Developer], 0));
    let by_hand = HeldMembership { team: search, lead: false, by_rule: false };
    assert_eq!(world.store.held_memberships(ada.id).await.unwrap(), [by_hand], "what was given by hand stays");
    assert_eq!(world.store.directory_record(ada.id).await.unwrap().unwrap().cost_centre, None);
    assert_eq!(world.told.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn missing_groups_are_not_no_groups() {
    let world = World::lying().await;
    let billing = team(&world, 1, "Billing").await;
    put_rules(
        &world,
        &[
            by_group("finance", Gives::Role(Role::Auditor)),
            by_group("finance", Gives::Team { team: billing, lead: false }),
            by_group("finance", Gives::CostCentre("4711".into())),
        ],
    )
    .await;
    arrives(&world, json!({ "groups": ["finance"] })).await;
    let ada = arrives(&world, json!({ "groups": null })).await;
    assert_eq!(ada.roles(), [Role::Auditor], "for a day the last answer holds");
    world.clock.advance(MS_PER_DAY);
    let ada = arrives(&world, json!({ "groups": null })).await;
    assert_eq!(ada.roles(), [Role::Developer], "then no role is assumed from it");
    assert_eq!(world.store.held_memberships(ada.id).await.unwrap().len(), 1, "but no team is taken away");
    let record = world.store.directory_record(ada.id).await.unwrap().unwrap();
    assert_eq!(record.cost_centre.as_deref(), Some("4711"));

    world.lying.tell(Lie::Claims(json!({ "groups": null, "_claim_names": { "groups": "src1" } })));
    let page = world.browser().sign_in("x").await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("did not fit"), "{page:?}");
}

#[tokio::test]
async fn a_test_sign_in_signs_nobody_in_and_keeps_the_tester_who_they_are() {
    let world = World::both().await;
    let browser = world.browser();
    browser.sign_in_at("/auth/login/dev", "administrator").await;
    let (session, before) = (browser.session(), world.audited().await);
    world.lying.tell(Lie::Claims(json!({ "groups": ["finance"], "sid": "s" })));
    let back = browser.sign_in_at("/auth/test/lying", "x").await;
    assert_eq!((back.status, back.location.as_str()), (303, "/admin/sign-in/test"));
    assert_eq!(browser.session(), session);
    assert_eq!(browser.me().await.as_deref(), Some("Ada Administrator administrator"));
    assert_eq!(world.audited().await, before, "nobody was made and nobody signed in");
    let ada = world.person("administrator").await;
    let kept = world.store.test_login(ada.id).await.unwrap().unwrap();
    assert_eq!((kept.issuer.as_str(), kept.subject.as_str()), ("lying", "subject-1"));
    assert!(kept.claims.contains("finance") && !kept.claims.contains("nonce") && !kept.claims.contains("\"sid\""));

    world.lying.tell(Lie::Claims(json!({ "aud": "another-client" })));
    let failed = browser.sign_in_at("/auth/test/lying", "x").await;
    assert_eq!(failed.status, 502);
    assert!(
        failed.body.contains("id token") && failed.body.contains("-> /admin/sign-in"),
        "says which check: {failed:?}"
    );
    assert_eq!(browser.session(), session);
}

#[tokio::test]
async fn only_the_administrator_who_began_a_test_sees_its_end() {
    let world = World::dev().await;
    let nobody = world.browser().get("/auth/test/dev").await;
    assert_eq!((nobody.status, nobody.location.as_str()), (303, "/auth/login?return_to=%2Fadmin%2Fsign-in"));
    let developer = world.browser();
    developer.sign_in("developer").await;
    assert_eq!(developer.get("/auth/test/dev").await.status, 403);

    let browser = world.browser();
    browser.sign_in("administrator").await;
    assert_eq!(browser.get("/auth/test/unheard-of").await.status, 404);
    assert!(browser.get("/auth/test/dev?as=another").await.location.contains("prompt=login"));
    let callback = browser.answer_of("/auth/test/dev", "developer").await;
    browser.sign_in("developer").await;
    assert_eq!(browser.get(&callback).await.status, 400, "somebody else sits there now");
    browser.sign_in("administrator").await;
    let late = browser.answer_of("/auth/test/dev", "developer").await;
    world.clock.advance(10 * MS_PER_MINUTE);
    assert_eq!(browser.get(&late).await.status, 400);
    assert!(world.store.test_login(world.person("administrator").await.id).await.unwrap().is_none());
}
