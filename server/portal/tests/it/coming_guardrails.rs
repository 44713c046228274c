//! Owners are told of guardrails that come to their keys from a day on.

use crate::support::*;
use domain::access_profile::AccessProfile;
use domain::notification::{ComingChange, Happening};
use domain::person::{Caller, Role};
use domain::profile_rollout::MoveOn;
use domain::profile_versions::Reach;
use domain::time::Timestamp;
use portal::notifications::NotificationView;

/// Two people with keys, one of them with two and a team's beside.
struct Story {
    world: World,
    ada: Caller,
    lea: Caller,
    admin: Caller,
    profile: AccessProfile,
}

impl Story {
    async fn begin() -> Self {
        let world = World::new().await;
        let (ada, admin) = (world.developer().await, world.administrator().await);
        let lead = world.person("lea", &[Role::Developer]).await;
        let (team, lea) = world.team_led_by("Search", &lead).await;
        world.mint(&ada, "ada's").await;
        world.mint(&lea, "one").await;
        world.mint(&lea, "two").await;
        world.mint_for_team(&lea, team, "ours").await;
        world.mint(&admin, "my own").await;
        let profile = world.store.profiles().await.unwrap().remove(0);
        Self { world, ada, lea, admin, profile }
    }

    fn day(&self, days: i64) -> Timestamp {
        self.world.now().plus_days(days)
    }

    async fn save(&self, version: i64, per_minute: u32, reach: Reach) {
        self.world.save_guardrails(&self.admin, &self.profile, version, per_minute, reach).await.unwrap();
        self.world.advance_ms(1);
    }

    async fn withdraw(&self, at: Timestamp) {
        let admin = as_administrator(&self.admin);
        assert!(self.world.portal.withdraw_rollout(admin, self.profile.id, MoveOn::At(at)).await.unwrap());
        self.world.advance_ms(1);
    }

    /// What this person was told of, after a look, newest first.
    async fn told(&self, person: &Caller) -> Vec<(ComingChange, Timestamp)> {
        self.world.portal.tell_what_is_due().await.unwrap();
        let page = self.world.portal.notifications(person, NotificationView::All, None).await.unwrap();
        let said = page.rows.into_iter().filter_map(|row| match row.happening {
            Happening::GuardrailsComing { change, from, .. } => Some((change, from)),
            _ => None,
        });
        said.collect()
    }
}

#[tokio::test]
async fn owners_are_told_once_when_a_day_is_set_and_when_it_is_withdrawn() {
    use ComingChange::{Set, Withdrawn};
    let story = Story::begin().await;
    let day = story.day(9);
    story.save(1, 30, Reach::From(day)).await;
    assert_eq!(story.told(&story.ada).await, [(Set, day)]);
    assert_eq!(story.told(&story.ada).await, [(Set, day)], "once");
    assert_eq!(story.told(&story.lea).await, [(Set, day)], "once for all of her keys and her team's");
    assert_eq!(story.told(&story.admin).await, [], "nobody is told what they just did");
    story.withdraw(day).await;
    assert_eq!(story.told(&story.lea).await, [(Withdrawn, day), (Set, day)]);
    story.save(2, 20, Reach::From(day)).await;
    assert_eq!(story.told(&story.ada).await, [(Set, day), (Withdrawn, day), (Set, day)], "each decision is one");
}

#[tokio::test]
async fn a_day_that_was_withdrawn_before_anybody_was_told_is_never_told() {
    let story = Story::begin().await;
    story.save(1, 30, Reach::From(story.day(9))).await;
    story.withdraw(story.day(9).plus_ms(-1)).await;
    assert_eq!(story.told(&story.ada).await, []);
}

#[tokio::test]
async fn what_takes_the_place_of_a_day_is_told_to_those_who_wait_for_it() {
    use ComingChange::{AtOnce, Set, Withdrawn};
    let story = Story::begin().await;
    let (first, second) = (story.day(9), story.day(12));
    story.save(1, 30, Reach::From(first)).await;
    story.told(&story.ada).await;
    story.save(2, 20, Reach::From(second)).await;
    assert_eq!(story.told(&story.ada).await, [(Set, second), (Set, first)]);
    story.save(3, 10, Reach::AllKeys).await;
    assert_eq!(story.told(&story.ada).await[0], (AtOnce, second));
    let third = story.day(20);
    story.save(4, 9, Reach::From(third)).await;
    assert_eq!(story.told(&story.ada).await[0], (Set, third));
    story.save(5, 8, Reach::NextRotation).await;
    assert_eq!(story.told(&story.ada).await[0], (Withdrawn, third));
    story.save(6, 7, Reach::NewKeys).await;
    assert_eq!(story.told(&story.ada).await.len(), 5, "what has no day is not told");
}

#[tokio::test]
async fn more_owners_than_one_batch_has_are_all_told() {
    let story = Story::begin().await;
    let mut many = Vec::new();
    for nth in 0..101 {
        let person = story.world.person(&format!("p{nth}"), &[Role::Developer]).await;
        story.world.mint(&person, "k").await;
        many.push(person);
    }
    let day = story.day(9);
    story.save(1, 30, Reach::From(day)).await;
    for person in &many {
        assert_eq!(story.told(person).await, [(ComingChange::Set, day)], "{}", person.name);
    }
}
