use crate::support::*;
use domain::claim_rules::{ClaimRule, GivenKind, Gives, RuleDraft};
use domain::directory_claims::{DirectoryClaims, GroupsTold};
use domain::id::RuleId;
use domain::permission::Scope;
use domain::person::{Caller, Role};
use portal::administration::sign_in::{RuleEdit, TestVerdict};
use portal::{Made, PortalError};
use std::collections::BTreeMap;
use store::{DirectoryRecord, TestLogin};

/// What the directory said of this person at the last sign-in.
async fn said(world: &World, caller: &Caller, groups: Option<&[&str]>) {
    let claims = DirectoryClaims {
        issuer: "okta".into(),
        told: if groups.is_some() { GroupsTold::Listed } else { GroupsTold::NotSent },
        groups: groups.map(|groups| groups.iter().map(|&group| group.to_owned()).collect()),
        values: BTreeMap::new(),
    };
    let record = DirectoryRecord { claims, given_groups: vec![], cost_centre: None, seen_at: world.now() };
    let mut tx = world.store.begin().await.unwrap();
    tx.put_directory_record(caller.person, &record).await.unwrap();
    tx.commit().await.unwrap();
}

async fn save(world: &World, admin: &Caller, edit: &RuleEdit, accepts: bool) -> Result<(), PortalError> {
    let (portal, administrator) = (&world.portal, as_administrator(admin));
    let stamp = portal.preview_rule(administrator, edit).await?.stamp;
    let saved = portal.edit_rules(administrator, &portal.new_form(), edit, &stamp, accepts).await?;
    assert_eq!(saved, Ok(()), "nothing happened in between");
    Ok(())
}

async fn only_rule(world: &World) -> store::KeptRule {
    let mut rules = world.store.claim_rules().await.unwrap();
    assert_eq!(rules.len(), 1);
    rules.remove(0)
}

fn auditors() -> ClaimRule {
    by_group("finance", Gives::Role(Role::Auditor))
}

#[tokio::test]
async fn a_rule_is_added_changed_and_removed_with_an_entry_each() {
    let world = World::new().await;
    let admin = world.administrator().await;
    said(&world, &admin, Some(&["admins"])).await;
    let entries = world.audit_length().await;
    save(&world, &admin, &RuleEdit::Add(auditors()), false).await.unwrap();
    let kept = only_rule(&world).await;
    assert_eq!((kept.rule.clone(), world.last_action().await.as_str()), (auditors(), "rule.added"));

    let to = by_group("finance", Gives::CostCentre("4711".into()));
    let change = RuleEdit::Change { id: kept.id, from_version: 1, to: to.clone() };
    save(&world, &admin, &change, false).await.unwrap();
    let kept = only_rule(&world).await;
    assert_eq!((kept.rule, kept.version, world.last_action().await.as_str()), (to, 2, "rule.changed"));
    let late = save(&world, &admin, &change, false).await;
    assert!(matches!(late, Err(PortalError::Stale { current: 2 })), "{late:?}");

    save(&world, &admin, &RuleEdit::Remove(kept.id), false).await.unwrap();
    assert_eq!(world.last_action().await, "rule.removed");
    assert!(world.store.claim_rules().await.unwrap().is_empty());
    assert_eq!(world.audit_length().await, entries + 3);
    let gone = RuleEdit::Remove(RuleId::from_random(&[9; 12]));
    assert_eq!(error(save(&world, &admin, &gone, false).await), "not found");
}

#[tokio::test]
async fn what_is_saved_is_what_was_looked_at_and_once() {
    let world = World::new().await;
    let admin = world.administrator().await;
    said(&world, &admin, Some(&["admins"])).await;
    let (portal, administrator, form) = (&world.portal, as_administrator(&admin), world.portal.new_form());
    let (one, other) = (RuleEdit::Add(auditors()), RuleEdit::Add(by_group("x", Gives::Role(Role::Administrator))));
    let stamp = portal.preview_rule(administrator, &one).await.unwrap().stamp;
    let another = portal.edit_rules(administrator, &form, &other, &stamp, false).await.unwrap();
    assert!(another.is_err(), "another rule than the one looked at");

    save(&world, &admin, &other, false).await.unwrap();
    let fresh = portal.edit_rules(administrator, &form, &one, &stamp, false).await.unwrap().unwrap_err();
    assert_ne!(fresh.stamp, stamp, "somebody saved in between");
    portal.edit_rules(administrator, &form, &one, &fresh.stamp, false).await.unwrap().unwrap();
    match portal.edit_rules(administrator, &form, &one, &fresh.stamp, false).await {
        Err(PortalError::AlreadyDone { made: Made::Rule(_) }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.store.claim_rules().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_preview_names_who_gains_and_who_loses() {
    let world = World::new().await;
    let (admin, ada, bob) = (world.administrator().await, world.developer().await, world.other_developer().await);
    let (team, _) = world.team_led_by("Billing", &bob).await;
    let carol = world.auditor().await;
    said(&world, &admin, Some(&["admins"])).await;
    said(&world, &ada, Some(&["finance"])).await;
    said(&world, &bob, Some(&["finance"])).await;
    let administrator = as_administrator(&admin);

    let preview = world.portal.preview_rule(administrator, &RuleEdit::Add(auditors())).await.unwrap();
    assert_eq!((preview.changed, preview.unknown, preview.loses_own_role), (2, 1, false), "carol has not been back");
    let of_ada = preview.people.iter().find(|person| person.person == ada.person).unwrap();
    assert_eq!(of_ada.outlook.gains, [Gives::Role(Role::Auditor)]);
    assert_eq!(of_ada.outlook.loses, [Gives::Role(Role::Developer)], "the default is for people without a rule");
    assert!(preview.people.iter().all(|person| person.person != carol.person));

    let lead = by_group("finance", Gives::Team { team, lead: true });
    let preview = world.portal.preview_rule(administrator, &RuleEdit::Add(lead)).await.unwrap();
    assert_eq!(preview.changed, 1, "bob leads it by hand already");
    assert_eq!(preview.people[0].person, ada.person);

    said(&world, &ada, None).await;
    let preview = world.portal.preview_rule(administrator, &RuleEdit::Add(auditors())).await.unwrap();
    assert_eq!(preview.changed, 1, "of ada's groups nothing is known");
}

#[tokio::test]
async fn nobody_locks_everybody_out() {
    let world = World::new().await;
    let admin = world.administrator().await;
    said(&world, &admin, Some(&["sre"])).await;
    let sre = by_group("sre", Gives::Role(Role::Administrator));
    save(&world, &admin, &RuleEdit::Add(sre.clone()), false).await.unwrap();
    let rule = only_rule(&world).await;
    let remove = RuleEdit::Remove(rule.id);
    assert_eq!(refusals(save(&world, &admin, &remove, true).await), ["rule=last_administrator"]);
    let narrower = RuleEdit::Change { id: rule.id, from_version: 1, to: auditors() };
    assert_eq!(refusals(save(&world, &admin, &narrower, true).await), ["rule=last_administrator"]);

    let other = world.person("eve", &[Role::Administrator]).await;
    said(&world, &other, Some(&["admins"])).await;
    assert!(world.portal.preview_rule(as_administrator(&admin), &remove).await.unwrap().loses_own_role);
    assert_eq!(refusals(save(&world, &admin, &remove, false).await), ["accept=loses_own_role"]);
    assert_eq!(world.store.claim_rules().await.unwrap().len(), 1);
    save(&world, &admin, &remove, true).await.unwrap();
    assert!(world.store.claim_rules().await.unwrap().is_empty());
}

#[tokio::test]
async fn who_is_no_administrator_any_more_edits_nothing() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let mut kept = world.store.person(admin.person).await.unwrap().unwrap();
    kept.claimed_roles = vec![];
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&kept).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(error(save(&world, &admin, &RuleEdit::Add(auditors()), true).await), "forbidden");
}

#[tokio::test]
async fn a_draft_is_read_against_what_exists() {
    let world = World::new().await;
    let bob = world.other_developer().await;
    let (team, _) = world.team_led_by("Billing", &bob).await;
    let draft = |issuer: &str, team| RuleDraft {
        issuer: issuer.into(),
        value: "x".into(),
        gives: GivenKind::Member,
        team,
        ..RuleDraft::empty()
    };
    assert!(world.portal.read_rule(&draft("okta", Some(team))).await.is_ok());
    let wrong = world.portal.read_rule(&draft("entra", None)).await;
    assert_eq!(refusals(wrong), ["issuer=unknown_choice", "team=missing"]);
}

#[tokio::test]
async fn a_test_sign_in_is_shown_to_its_tester_for_ten_minutes() {
    let world = World::new().await;
    let (admin, other) = (world.administrator().await, world.person("eve", &[Role::Administrator]).await);
    let login = TestLogin {
        issuer: "okta".into(),
        subject: "s".into(),
        claims: r#"{"groups":["finance","sre"],"name":"Ada","address":{"country":"x"}}"#.into(),
        created_at: world.now(),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.put_test_login(admin.person, &login).await.unwrap();
    tx.commit().await.unwrap();
    said(&world, &admin, Some(&["admins"])).await;
    save(&world, &admin, &RuleEdit::Add(auditors()), false).await.unwrap();

    let tested = world.portal.tested_login(as_administrator(&admin)).await.unwrap().unwrap();
    let verdicts: Vec<_> =
        tested.rules.iter().map(|(id, _, verdict, value)| (id.is_some(), *verdict, value.as_deref())).collect();
    assert_eq!(verdicts, [(false, TestVerdict::DoesNot, None), (true, TestVerdict::Fits, Some("finance"))]);
    assert_eq!(tested.unmapped_groups(), ["sre"]);
    let names: Vec<_> = tested.claims.iter().map(|claim| (claim.name.as_str(), claim.values.join(" "))).collect();
    assert_eq!(names[1], ("groups", "finance sre".to_owned()));
    assert_eq!(names[0].1, r#"{"country":"x"}"#);

    assert!(world.portal.tested_login(as_administrator(&other)).await.unwrap().is_none(), "somebody else's");
    world.advance_ms(10 * 60 * 1000 - 1);
    assert!(world.portal.tested_login(as_administrator(&admin)).await.unwrap().is_some());
    world.advance_ms(1);
    assert!(world.portal.tested_login(as_administrator(&admin)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_key_of_ones_own_gets_the_cost_centre_that_a_rule_gave() {
    let world = World::new().await;
    let (ada, bob) = (world.developer().await, world.other_developer().await);
    for code in ["4711", "4712"] {
        world.cost_centre(code, "").await;
    }
    said(&world, &ada, Some(&["finance"])).await;
    let mut record = world.store.directory_record(ada.person).await.unwrap().unwrap();
    record.cost_centre = Some("4711".into());
    let mut tx = world.store.begin().await.unwrap();
    tx.put_directory_record(ada.person, &record).await.unwrap();
    tx.commit().await.unwrap();
    let centre = async |key| world.store.key(key, &Scope::Everyone).await.unwrap().unwrap().key.cost_centre;
    assert_eq!(centre(world.mint(&ada, "mine").await).await.as_deref(), Some("4711"));
    assert_eq!(centre(world.mint(&bob, "his").await).await, None);
    let request = portal::MintRequest { cost_centre: Some("4712".into()), ..world.request(&ada, "named").await };
    let named = world.portal.mint_key(&ada, &world.portal.new_form(), &request).await.unwrap();
    assert_eq!(named.key.cost_centre.as_deref(), Some("4712"), "what is named counts");
}
