//! Rules about claims, what they gave, and what directories said.

use crate::given::{self, NOW, person_id, team_id};
use crate::on_both_engines;
use domain::claim_rules::{Asks, ClaimRule, Gives, HeldMembership, Test};
use domain::directory_claims::{DirectoryClaims, GroupsTold};
use domain::id::RuleId;
use domain::person::Role;
use store::testing::TestDatabase;
use store::{DirectoryRecord, KeptRule, TestLogin};

fn rule(number: u8, gives: Gives) -> KeptRule {
    KeptRule {
        id: RuleId::from_random(&[number; 12]),
        rule: ClaimRule {
            issuer: Some("okta".into()),
            asks: Asks::Claim("roles".into()),
            test: Test::OneOf(vec!["ü".into(), "\"b\"".into()]),
            gives,
        },
        version: 1,
        created_at: NOW.plus_ms(i64::from(number)),
        updated_at: NOW,
    }
}

fn claims(groups: Option<&str>) -> DirectoryClaims {
    DirectoryClaims {
        issuer: "okta".into(),
        told: if groups.is_some() { GroupsTold::Listed } else { GroupsTold::TooMany },
        groups: groups.map(|group| vec![group.to_owned()]),
        values: [("roles".to_owned(), vec!["a".to_owned()])].into(),
    }
}

on_both_engines! {
    async fn rules_are_kept_in_order_and_changed_by_version(database: &TestDatabase) {
        let store = database.open().await;
        let (first, second) = (rule(1, Gives::Role(Role::Auditor)), rule(2, Gives::CostCentre("4711".into())));
        let mut tx = store.begin().await.unwrap();
        tx.insert_claim_rule(&second).await.unwrap();
        tx.insert_claim_rule(&first).await.unwrap();
        assert_eq!(tx.claim_rules_for_update().await.unwrap(), [first.clone(), second.clone()]);
        tx.commit().await.unwrap();
        assert_eq!(store.claim_rules().await.unwrap(), [first.clone(), second.clone()]);

        let changed = ClaimRule { gives: Gives::Group("frontier".into()), ..first.rule.clone() };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.update_claim_rule(first.id, &changed, 1, NOW.plus_ms(9)).await.unwrap());
        assert!(!tx.update_claim_rule(first.id, &changed, 1, NOW).await.unwrap(), "somebody was first");
        assert!(tx.delete_claim_rule(second.id).await.unwrap());
        assert!(!tx.delete_claim_rule(second.id).await.unwrap());
        tx.commit().await.unwrap();
        let kept = KeptRule { rule: changed, version: 2, updated_at: NOW.plus_ms(9), ..first };
        assert_eq!(store.claim_rules().await.unwrap(), [kept]);
    }

    async fn a_rule_touches_only_memberships_that_rules_gave(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        tx.insert_team(&given::team(2, "Apollo")).await.unwrap();
        tx.put_membership(team_id(1), person_id(1), false).await.unwrap();
        tx.put_membership_by_rule(team_id(1), person_id(1), true).await.unwrap();
        tx.put_membership_by_rule(team_id(2), person_id(1), false).await.unwrap();
        tx.put_membership_by_rule(team_id(2), person_id(1), true).await.unwrap();
        tx.put_membership_by_rule(team_id(2), person_id(2), false).await.unwrap();
        let mut held = [
            HeldMembership { team: team_id(1), lead: false, by_rule: false },
            HeldMembership { team: team_id(2), lead: true, by_rule: true },
        ];
        assert_eq!(tx.memberships_held(person_id(1)).await.unwrap(), held);
        tx.commit().await.unwrap();
        assert_eq!(store.held_memberships(person_id(1)).await.unwrap(), held);
        assert_eq!(store.members_by_rule(team_id(2)).await.unwrap(), [person_id(1), person_id(2)].into());
        assert!(store.members_by_rule(team_id(1)).await.unwrap().is_empty());

        let mut tx = store.begin().await.unwrap();
        tx.put_membership(team_id(2), person_id(1), true).await.unwrap();
        assert!(!tx.delete_membership_by_rule(team_id(2), person_id(1)).await.unwrap(), "by hand from now on");
        assert!(!tx.delete_membership_by_rule(team_id(1), person_id(1)).await.unwrap());
        assert!(tx.delete_membership_by_rule(team_id(2), person_id(2)).await.unwrap());
        tx.commit().await.unwrap();
        held[1].by_rule = false;
        assert_eq!(store.held_memberships(person_id(1)).await.unwrap(), held);
        assert!(store.held_memberships(person_id(2)).await.unwrap().is_empty());
    }

    async fn what_the_directory_said_last_is_kept(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut record = DirectoryRecord {
            claims: claims(Some("platform")),
            given_groups: vec!["frontier".into()],
            cost_centre: Some("4711".into()),
            seen_at: NOW,
        };
        let mut tx = store.begin().await.unwrap();
        tx.put_directory_record(person_id(1), &record).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.directory_record(person_id(1)).await.unwrap(), Some(record.clone()));
        assert_eq!(store.directory_record(person_id(2)).await.unwrap(), None);
        record.claims = claims(None);
        record.given_groups.clear();
        record.cost_centre = None;
        record.seen_at = NOW.plus_ms(1);
        let mut tx = store.begin().await.unwrap();
        tx.put_directory_record(person_id(1), &record).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.directory_record(person_id(1)).await.unwrap(), Some(record));
    }

    async fn everybody_who_may_sign_in_is_read_with_their_claims(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let mut tx = store.begin().await.unwrap();
        let gone = store::Person { active: false, ..given::person(3, "Gone") };
        tx.insert_person(&gone).await.unwrap();
        let record =
            DirectoryRecord { claims: claims(None), given_groups: vec![], cost_centre: None, seen_at: NOW };
        tx.put_directory_record(person_id(2), &record).await.unwrap();
        tx.put_directory_record(gone.id, &record).await.unwrap();
        tx.commit().await.unwrap();
        let ada = (given::person(1, "Ada Lovelace"), None);
        let grace = (given::person(2, "Grace Hopper"), Some(claims(None)));
        assert_eq!(store.active_people_and_claims(None, 9).await.unwrap(), [ada.clone(), grace.clone()]);
        assert_eq!(store.active_people_and_claims(None, 1).await.unwrap(), [ada]);
        assert_eq!(store.active_people_and_claims(Some(person_id(1)), 9).await.unwrap(), [grace]);
    }

    async fn a_test_sign_in_is_its_testers_and_soon_gone(database: &TestDatabase) {
        let store = database.open().await;
        given::people_and_profile(&store).await;
        let login = |at| TestLogin {
            issuer: "okta".into(),
            subject: "s".into(),
            claims: "{\"a\":1}".into(),
            created_at: NOW.plus_ms(at),
        };
        let mut tx = store.begin().await.unwrap();
        tx.put_test_login(person_id(1), &login(0)).await.unwrap();
        tx.put_test_login(person_id(1), &login(5)).await.unwrap();
        tx.put_test_login(person_id(2), &login(4)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.test_login(person_id(1)).await.unwrap(), Some(login(5)));
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.delete_test_logins_before(NOW.plus_ms(5)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(store.test_login(person_id(2)).await.unwrap(), None);
    }
}
