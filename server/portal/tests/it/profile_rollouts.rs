use crate::support::*;
use domain::access_profile::AccessProfile;
use domain::id::KeyId;
use domain::person::Caller;
use domain::profile_rollout::MoveOn;
use domain::profile_versions::Reach;
use domain::time::Timestamp;
use domain::virtual_key::Overlap;
use portal::PortalError;
use portal::administration::profile_rollouts::{Coming, Follows};

/// One key of before, and administrators who narrow its guardrails.
struct Story {
    world: World,
    ada: Caller,
    admin: Caller,
    old: KeyId,
    profile: AccessProfile,
}

impl Story {
    async fn begin() -> Self {
        let world = World::new().await;
        let (ada, admin) = (world.developer().await, world.administrator().await);
        let old = world.mint(&ada, "old").await;
        let profile = world.store.profiles().await.unwrap().remove(0);
        Self { world, ada, admin, old, profile }
    }

    async fn save(&self, version: i64, per_minute: u32, reach: Reach) -> Result<i64, PortalError> {
        self.world.save_guardrails(&self.admin, &self.profile, version, per_minute, reach).await
    }

    async fn withdraw(&self, moves: MoveOn) -> bool {
        let admin = as_administrator(&self.admin);
        self.world.portal.withdraw_rollout(admin, self.profile.id, moves).await.unwrap()
    }

    /// What the key's page says: requests a minute now and then, and the version.
    async fn page(&self, key: KeyId) -> (u32, Option<u32>, i64) {
        let detail = self.world.portal.key(&self.ada, key).await.unwrap();
        let then = detail.effective_then.map(|then| then.terms.requests_per_minute.value);
        assert_eq!(then.is_some(), matches!(detail.follows, Follows::Until { .. }));
        (detail.effective.terms.requests_per_minute.value, then, detail.profile.version)
    }

    /// What the guardrails' page says is coming, and how many live keys each version has.
    async fn versions(&self) -> (Option<Coming>, Vec<(i64, i64)>) {
        let page = self.world.portal.profile_versions(&self.admin, self.profile.id, None).await.unwrap();
        let detail = self.world.portal.profile(&self.admin, self.profile.id).await.unwrap();
        assert_eq!(detail.coming, page.coming);
        (page.coming, page.lines.iter().map(|line| (line.profile.version, line.live_keys)).collect())
    }

    fn tomorrow(&self) -> Timestamp {
        self.world.now().plus_days(1)
    }
}

#[tokio::test]
async fn a_change_from_a_day_on_reaches_new_keys_at_once_and_the_others_on_that_day() {
    let story = Story::begin().await;
    let (day, before) = (story.tomorrow(), story.page(story.old).await.0);
    assert_eq!(story.save(1, 10, Reach::From(day)).await.unwrap(), 2);
    let new = story.world.mint(&story.ada, "new").await;
    assert_eq!(story.page(new).await, (10, None, 2));
    assert_eq!(story.page(story.old).await, (before, Some(10), 1));
    let coming = Coming { moves: MoveOn::At(day), live_keys: 1 };
    assert_eq!(story.versions().await, (Some(coming), vec![(2, 1), (1, 1)]));

    story.world.advance_ms(day.since(story.world.now()) - 1);
    assert_eq!(story.page(story.old).await, (before, Some(10), 1));
    story.world.advance_ms(1);
    assert_eq!(story.page(story.old).await, (10, None, 2), "nobody wrote anything");
    assert_eq!(story.versions().await, (None, vec![(2, 2), (1, 0)]));
    assert!(!story.withdraw(MoveOn::At(day)).await, "too late");

    // A change that comes later for new keys alone leaves it at the version that it came to.
    assert_eq!(story.save(2, 5, Reach::NewKeys).await.unwrap(), 3);
    assert_eq!(story.page(story.old).await, (10, None, 2));
}

#[tokio::test]
async fn a_rotation_brings_the_key_to_the_newest_version_where_that_was_chosen() {
    let story = Story::begin().await;
    let other = story.world.mint(&story.ada, "other").await;
    let before = story.page(story.old).await.0;
    let rotate = async |key| {
        let form = story.world.portal.new_form();
        story.world.portal.rotate_key(&story.ada, key, &form, Overlap::Day).await.unwrap().key.profile_version
    };
    assert_eq!(story.save(1, 10, Reach::NewKeys).await.unwrap(), 2);
    assert_eq!(rotate(story.old).await, Some(1), "meant for new keys only");
    assert_eq!(story.save(2, 5, Reach::NextRotation).await.unwrap(), 3);
    story.world.advance_ms(domain::time::MS_PER_DAY);
    assert_eq!(story.page(story.old).await, (before, Some(5), 1));
    assert_eq!(rotate(story.old).await, None);
    assert_eq!((story.page(story.old).await, story.page(other).await), ((5, None, 3), (before, Some(5), 1)));
    let coming = Coming { moves: MoveOn::NextRotation, live_keys: 1 };
    assert_eq!(story.versions().await, (Some(coming), vec![(3, 1), (2, 0), (1, 1)]));
    rotate(other).await;
    assert_eq!(story.versions().await, (None, vec![(3, 2), (2, 0), (1, 0)]));
    let rows = story.world.store.audit_page(&store::AuditFilter::default(), None, 1).await.unwrap();
    assert_eq!(
        (rows[0].entry.action.as_str(), &rows[0].entry.before.as_ref().unwrap()["guardrails_version"]),
        ("key.rotated", &1.into())
    );
}

#[tokio::test]
async fn what_is_to_come_can_be_taken_back_until_then_and_is_in_the_audit_log() {
    let story = Story::begin().await;
    let (day, before) = (story.tomorrow(), story.page(story.old).await.0);
    story.save(1, 10, Reach::From(day)).await.unwrap();
    assert!(!story.withdraw(MoveOn::NextRotation).await, "not what the page said");
    assert!(story.withdraw(MoveOn::At(day)).await);
    assert!(!story.withdraw(MoveOn::At(day)).await, "pressed twice");
    story.world.advance_ms(2 * domain::time::MS_PER_DAY);
    assert_eq!(story.page(story.old).await, (before, None, 1));
    assert_eq!(story.versions().await, (None, vec![(2, 0), (1, 1)]));
    let history = story.world.store.audit_page(&store::AuditFilter::default(), None, 9).await.unwrap();
    let withdrawn = history.iter().find(|row| row.entry.action == "profile.change_withdrawn").unwrap();
    assert_eq!(withdrawn.entry.before.as_ref().unwrap()["applies_from"], day.as_ms());
    assert_eq!(withdrawn.entry.after.as_ref().unwrap()["applies_to"], "new_keys");
}

#[tokio::test]
async fn the_latest_decision_takes_the_place_of_what_was_to_come() {
    let story = Story::begin().await;
    let (day, before) = (story.tomorrow(), story.page(story.old).await.0);
    story.save(1, 10, Reach::From(day)).await.unwrap();
    let middle = story.world.mint(&story.ada, "middle").await;
    story.save(2, 5, Reach::NewKeys).await.unwrap();
    story.world.advance_ms(2 * domain::time::MS_PER_DAY);
    assert_eq!((story.page(story.old).await, story.page(middle).await), ((before, None, 1), (10, None, 2)));

    // The same terms once more, for keys that exist: no version is saved for it.
    assert_eq!(story.save(3, 5, Reach::NextRotation).await.unwrap(), 3);
    assert_eq!(story.page(story.old).await, (before, Some(5), 1));
    assert_eq!(story.save(3, 5, Reach::From(story.tomorrow())).await.unwrap(), 3);
    assert_eq!(story.save(3, 5, Reach::AllKeys).await.unwrap(), 3);
    assert_eq!((story.page(story.old).await, story.page(middle).await), ((5, None, 3), (5, None, 3)));
    assert_eq!(story.versions().await.0, None);
}

#[tokio::test]
async fn a_day_that_has_begun_is_refused() {
    let story = Story::begin().await;
    let today = Reach::From(story.world.now());
    assert_eq!(refusals(story.save(1, 10, today).await), ["from=in_the_past"]);
    assert_eq!(story.versions().await, (None, vec![(1, 1)]));
}

#[tokio::test]
async fn what_keys_spent_this_month_is_for_those_who_see_all_spend() {
    let story = Story::begin().await;
    let world = &story.world;
    let calls = [world.call(story.old, world.now(), 1, 7), world.call(story.old, world.now().plus_days(-40), 2, 500)];
    world.store.ingest(&calls).await.unwrap();
    let spent = world.portal.spend_by_profile(&story.admin).await.unwrap().unwrap();
    assert_eq!(spent.into_iter().map(|(id, cost)| (id, cost.as_nano())).collect::<Vec<_>>(), [(story.profile.id, 7)]);
    assert_eq!(error(world.portal.spend_by_profile(&story.ada).await), "forbidden");
}
