//! Views of spend under a name: kept for oneself in silence, shared on the record, refused where the name is taken.

use crate::support::*;
use domain::refusal::{Reason, Refusal};
use domain::usage_view::{MOST, SharedWith};
use portal::{FormId, Made, PortalError};

const QUERY: &str = "range=30&by=model";

#[tokio::test]
async fn what_one_keeps_is_ones_own_and_what_one_shares_is_on_the_record() {
    let world = World::new().await;
    let (ada, bob, dora) = (world.developer().await, world.other_developer().await, world.administrator().await);
    let (team, bob) = world.team_led_by("Billing", &bob).await;
    world.portal.seed_team("Billing", ada.person, false).await.unwrap();
    let ada = world.caller(ada.person).await;
    let before = world.audit_length().await;
    let keep = async |caller, name: &str, shared| {
        world.portal.keep_usage_view(caller, &world.portal.new_form(), name, QUERY, shared).await
    };
    let mine = keep(&ada, "Mine", SharedWith::Nobody).await.unwrap();
    assert_eq!(world.audit_length().await, before, "what one keeps for oneself is nobody's business");
    let teams = keep(&bob, "Ours", SharedWith::Team(team)).await.unwrap();
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "usage_view.shared"));
    keep(&dora, "All", SharedWith::Everyone).await.unwrap();

    let names = async |caller| -> Vec<(String, Option<String>, bool)> {
        let found = world.portal.usage_views(caller).await.unwrap().into_iter();
        found.map(|kept| (kept.view.name, kept.made_by, kept.may_remove)).collect()
    };
    let seen = |name: &str, by: Option<&str>, removes| (name.to_owned(), by.map(str::to_owned), removes);
    let all = || seen("All", Some("dora"), false);
    assert_eq!(names(&ada).await, [all(), seen("Mine", None, true), seen("Ours", Some("bob"), false)]);
    assert_eq!(names(&bob).await, [all(), seen("Ours", None, true)]);
    assert_eq!(names(&dora).await, [seen("All", None, true)]);

    for (caller, id) in [(&bob, mine.id), (&dora, mine.id), (&ada, teams.id), (&dora, teams.id)] {
        assert!(matches!(world.portal.remove_usage_view(caller, id).await, Err(PortalError::NotFound)));
    }
    world.portal.remove_usage_view(&ada, mine.id).await.unwrap();
    assert_eq!(world.last_action().await, "usage_view.shared");
    world.portal.remove_usage_view(&bob, teams.id).await.unwrap();
    assert_eq!(world.last_action().await, "usage_view.removed");
    assert_eq!(names(&ada).await, [all()]);
}

#[tokio::test]
async fn a_view_has_a_name_of_its_own_and_whom_it_is_shared_with_is_ones_to_say() {
    let world = World::new().await;
    let ada = world.developer().await;
    let keep =
        async |form: FormId, name: &str, shared| world.portal.keep_usage_view(&ada, &form, name, QUERY, shared).await;
    let form = world.portal.new_form();
    let Err(PortalError::Refused(refusals)) = keep(form.clone(), " ", SharedWith::Everyone).await else { panic!() };
    assert_eq!(refusals, [Refusal::new("name", Reason::Missing), Refusal::new("shared", Reason::UnknownChoice)]);
    let kept = keep(form.clone(), "Month", SharedWith::Nobody).await.unwrap();
    let again = keep(form, "Other", SharedWith::Nobody).await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::UsageView(id) }) if id == kept.id));
    let Err(PortalError::Refused(refusals)) = keep(world.portal.new_form(), "month ", SharedWith::Nobody).await else {
        panic!()
    };
    assert_eq!(refusals, [Refusal::new("name", Reason::NameTaken)]);
    for nth in 1..MOST {
        keep(world.portal.new_form(), &format!("view {nth}"), SharedWith::Nobody).await.unwrap();
    }
    assert!(keep(world.portal.new_form(), "one more", SharedWith::Nobody).await.is_err());
}
