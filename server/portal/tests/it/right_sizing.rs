//! A key narrowed to what it used, and widened again within a week.

use crate::support::*;
use domain::id::KeyId;
use domain::model::Endpoint;
use domain::person::Caller;
use domain::profile_versions::Reach;
use domain::right_size::{DAYS, FEWEST_CALLS, Part, Undo, Unproposed};
use domain::time::MS_PER_HOUR;
use domain::usage::UsageRecord;
use domain::virtual_key::{KeyTerms, RevocationReason};
use portal::administration::profiles::ProfileDraft;

/// A key of thirty days that called one model at one endpoint, from one address, fewer times in any hour than it may in a
/// minute.
async fn used_key(world: &World, ada: &Caller) -> KeyId {
    let key = world.mint(ada, "laptop").await;
    world.advance_days(DAYS);
    let calls: Vec<UsageRecord> = (0..60_u16)
        .map(|nth| world.call(key, world.now().plus_ms(-i64::from(nth + 1) * 4 * MS_PER_HOUR), nth, 1_000_000))
        .collect();
    world.store.ingest(&calls).await.unwrap();
    key
}

fn fields(parts: &[Part]) -> Vec<String> {
    parts.iter().map(|part| part.field().to_owned()).collect()
}

async fn terms(world: &World, caller: &Caller, key: KeyId) -> KeyTerms {
    world.portal.key(caller, key).await.unwrap().key.terms
}

/// All that is proposed is applied.
async fn narrowed(world: &World, caller: &Caller, key: KeyId) -> (KeyTerms, KeyTerms) {
    let before = terms(world, caller, key).await;
    let size = world.portal.right_size(caller, key).await.unwrap();
    let picked = fields(&size.proposed.unwrap());
    world.portal.narrow_key(caller, key, &size.seen, &picked).await.unwrap();
    (before, terms(world, caller, key).await)
}

#[tokio::test]
async fn what_is_picked_is_applied_as_one_change_and_taken_back_as_one() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = used_key(&world, &ada).await;
    let size = world.portal.right_size(&ada, key).await.unwrap();
    let proposed = size.proposed.unwrap();
    let all = fields(&proposed);
    for field in ["models", "endpoints", "networks", "cap_month", "requests_per_minute"] {
        assert!(all.iter().any(|one| one == field), "{field} of {all:?}");
    }
    assert_eq!((size.observed.calls, size.undo), (60, None));
    assert_eq!(proposed[0], Part::Models(vec!["gpt-5-mini".parse().unwrap()]));
    assert_eq!(proposed[1], Part::Endpoints(vec![Endpoint::ChatCompletions]));

    let (before, entries) = (terms(&world, &ada, key).await, world.audit_length().await);
    world.gateway.take_told();
    let picked = ["models".to_owned(), "requests_per_minute".to_owned()];
    world.portal.narrow_key(&ada, key, &size.seen, &picked).await.unwrap();
    let after = terms(&world, &ada, key).await;
    let expected =
        KeyTerms { models: after.models.clone(), requests_per_minute: after.requests_per_minute, ..before.clone() };
    assert_eq!(after, expected, "what was not picked is as it was");
    assert!(after.requests_per_minute < before.requests_per_minute && after.models != before.models);
    assert_eq!(world.audit_length().await, entries + 1);
    assert_eq!((world.last_action().await.as_str(), world.gateway.take_told()), ("key.narrowed", vec![Told::Key(key)]));

    let offer = world.portal.right_size(&ada, key).await.unwrap().undo.unwrap();
    assert_eq!(offer.undo, Undo::Possible { until: world.now().plus_days(7) });
    let names: Vec<_> = offer.returned.iter().map(|returned| (returned.now.field(), returned.held_back)).collect();
    assert_eq!(names, [("models", false), ("requests_per_minute", false)]);
    world.advance_days(6);
    world.portal.undo_narrowing(&ada, key).await.unwrap();
    assert_eq!(terms(&world, &ada, key).await, before);
    assert_eq!(
        (world.audit_length().await, world.last_action().await),
        (entries + 2, "key.narrowing_undone".to_owned())
    );
    assert_eq!(world.gateway.take_told(), [Told::Key(key)]);
    assert_eq!(refusals(world.portal.undo_narrowing(&ada, key).await), ["undo=undo_over"], "once");
}

#[tokio::test]
async fn a_young_key_and_one_that_is_hardly_used_say_why_nothing_is_proposed() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let why = async || world.portal.right_size(&ada, key).await.unwrap().proposed.unwrap_err();
    assert_eq!(why().await, Unproposed::TooYoung { until: START.plus_days(DAYS) });
    world.advance_days(DAYS);
    assert_eq!(why().await, Unproposed::TooLittleUse { calls: 0 });
    let few: Vec<_> =
        (1..u16::try_from(FEWEST_CALLS).unwrap()).map(|nth| world.call(key, world.now(), nth, 1)).collect();
    world.store.ingest(&few).await.unwrap();
    assert_eq!(why().await, Unproposed::TooLittleUse { calls: FEWEST_CALLS - 1 });
}

#[tokio::test]
async fn only_what_was_seen_is_applied_and_only_by_who_may_change_the_key() {
    let world = World::new().await;
    let (ada, bob, auditor) = (world.developer().await, world.other_developer().await, world.auditor().await);
    let key = used_key(&world, &ada).await;
    let size = world.portal.right_size(&ada, key).await.unwrap();
    let all = fields(&size.proposed.unwrap());
    assert_eq!(refusals(world.portal.narrow_key(&ada, key, &size.seen, &[]).await), ["parts=missing"]);
    let unknown = ["expires_at".to_owned()];
    assert_eq!(refusals(world.portal.narrow_key(&ada, key, &size.seen, &unknown).await), ["parts=missing"]);
    let other = UsageRecord { model: "gpt-5".into(), ..world.call(key, world.now(), 99, 1) };
    world.store.ingest(&[other]).await.unwrap();
    assert_eq!(refusals(world.portal.narrow_key(&ada, key, &size.seen, &all).await), ["parts=proposal_changed"]);

    let entries = world.audit_length().await;
    assert_eq!(error(world.portal.right_size(&bob, key).await), "not found");
    assert_eq!(error(world.portal.narrow_key(&bob, key, &size.seen, &all).await), "not found");
    assert_eq!(error(world.portal.right_size(&auditor, key).await), "forbidden");
    assert_eq!(error(world.portal.narrow_key(&auditor, key, &size.seen, &all).await), "forbidden");
    assert_eq!(error(world.portal.undo_narrowing(&auditor, key).await), "forbidden");
    assert_eq!(refusals(world.portal.undo_narrowing(&ada, key).await), ["undo=undo_over"]);
    world.portal.revoke_key(&ada, key, RevocationReason::Replaced).await.unwrap();
    assert_eq!(refusals(world.portal.narrow_key(&ada, key, &size.seen, &all).await), ["key=key_ended"]);
    assert_eq!(world.audit_length().await, entries + 1);
}

#[tokio::test]
async fn nothing_is_taken_back_after_a_week_or_another_change_of_the_terms() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = used_key(&world, &ada).await;
    let (_, after) = narrowed(&world, &ada, key).await;
    let kept = world.portal.key(&ada, key).await.unwrap().key;
    let put = async |terms: KeyTerms| {
        let mut tx = world.store.begin().await.unwrap();
        tx.update_key(&domain::virtual_key::VirtualKey { terms, ..kept.clone() }).await.unwrap();
        tx.commit().await.unwrap();
    };
    put(KeyTerms { concurrency: 1, ..after.clone() }).await;
    assert_eq!(world.portal.right_size(&ada, key).await.unwrap().undo.unwrap().undo, Undo::ChangedSince);
    assert_eq!(refusals(world.portal.undo_narrowing(&ada, key).await), ["undo=terms_changed_since"]);
    put(after).await;
    world.advance_days(7);
    assert_eq!(world.portal.right_size(&ada, key).await.unwrap().undo, None);
    assert_eq!(refusals(world.portal.undo_narrowing(&ada, key).await), ["undo=undo_over"]);
}

#[tokio::test]
async fn guardrails_that_became_tighter_hold_what_is_taken_back_and_the_offer_says_so() {
    let world = World::new().await;
    let (ada, admin) = (world.developer().await, world.administrator().await);
    let key = used_key(&world, &ada).await;
    let (before, after) = narrowed(&world, &ada, key).await;
    let profile = world.store.profiles().await.unwrap().remove(0);
    let most = after.requests_per_minute + 1;
    assert!(most < before.requests_per_minute);
    let (id, version) = (profile.id, profile.version);
    let mut draft = ProfileDraft::from(profile);
    draft.terms.requests_per_minute.default = most;
    draft.terms.requests_per_minute.maximum = most;
    world.portal.change_profile(as_administrator(&admin), id, version, draft, Reach::AllKeys).await.unwrap();
    let offer = world.portal.right_size(&ada, key).await.unwrap().undo.unwrap();
    let requests = offer.returned.iter().find(|returned| returned.now.field() == "requests_per_minute").unwrap();
    assert_eq!((requests.then.clone(), requests.held_back), (Some(Part::RequestsPerMinute(most)), true));
    assert!(offer.returned.iter().any(|returned| !returned.held_back));
    world.portal.undo_narrowing(&ada, key).await.unwrap();
    let detail = world.portal.key(&ada, key).await.unwrap();
    assert_eq!(detail.key.terms, before);
    assert_eq!(detail.effective.terms.requests_per_minute.value, most);
}
