//! Approval by rule: what is written down of it.

use crate::asking::Asking;
use crate::support::*;
use domain::access_rule::Conditions;
use domain::audit::Actor;
use domain::money::NanoUsd;
use portal::requests::NewRule;

#[tokio::test]
async fn a_key_that_a_rule_approved_is_not_written_down_as_approved_by_whoever_asked() {
    let asking = Asking::new().await;
    let (world, most) = (&asking.world, asking.maximum().await);
    let conditions = Conditions {
        profiles: vec![],
        teams: vec![],
        consumers: vec![],
        environments: vec![],
        most_a_month: NanoUsd::from_dollars(most + 50),
        most_requests_per_minute: 10_000,
        models: vec![],
        most_days: 30,
    };
    let new = NewRule { name: "Small ones".into(), conditions };
    world.portal.add_approval_rule(as_administrator(&asking.dora), &world.portal.new_form(), new).await.unwrap();
    asking.ask_for_key("search", most + 50).await;
    let rows = world.store.audit_scan(0, 10_000).await.unwrap();
    let actors = |action: &str| -> Vec<_> {
        rows.iter().filter(|row| row.entry.action == action).map(|row| row.entry.actor.clone()).collect()
    };
    let rule = || Actor::System("approval rule".into());
    assert_eq!(actors("request.made"), [Actor::Person(asking.ada.person)]);
    assert_eq!((actors("key.approved"), actors("request.approved")), (vec![rule()], vec![rule()]));
}
