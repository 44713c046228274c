use crate::support::*;
use domain::access_profile::AccessProfile;
use domain::call_rule::{CallRule, RuleSet};
use domain::id::{KeyId, ProfileId};
use domain::person::Caller;
use domain::profile_versions::Reach;
use domain::replay::Rule;
use domain::time::MS_PER_MINUTE;
use domain::usage::UsageRecord;
use portal::administration::preview_jobs::PreviewState;
use portal::administration::profile_preview::{PreviewReport, PreviewSaved, Proposed};
use portal::administration::profiles::ProfileDraft;
use portal::{FormId, PortalError};
use std::sync::Arc;
use std::time::Duration;

/// Longer than any of these previews takes; what is waited for is its end and not this.
const PATIENCE: Duration = Duration::from_secs(60);

fn draft(profile: &AccessProfile) -> ProfileDraft {
    profile.clone().into()
}

/// One key with three calls of today and one of long ago, and the profile it was minted under.
struct Story {
    world: World,
    ada: Caller,
    admin: Caller,
    key: KeyId,
    profile: AccessProfile,
}

impl Story {
    async fn begin() -> Self {
        let world = World::new().await;
        let (ada, admin) = (world.developer().await, world.administrator().await);
        let key = world.mint(&ada, "laptop").await;
        let profile = world.store.profiles().await.unwrap().remove(0);
        let hour_ago = |ms| world.now().plus_ms(ms - 60 * MS_PER_MINUTE);
        let calls = [
            world.call(key, world.now().plus_days(-31), 1, 7),
            world.call(key, hour_ago(0), 2, 7),
            world.call(key, hour_ago(1), 3, 7),
            world.call(key, hour_ago(2), 4, 7),
        ];
        world.store.ingest(&calls).await.unwrap();
        Self { world, ada, admin, key, profile }
    }

    fn without_models(&self) -> ProfileDraft {
        let mut change = draft(&self.profile);
        change.terms.models = vec!["claude-*".parse().unwrap()];
        change
    }

    async fn propose(&self, change: ProfileDraft) -> FormId {
        let admin = as_administrator(&self.admin);
        let portal = &self.world.portal;
        let preview = match portal.propose_profile(admin, self.profile.id, self.profile.version, change).await.unwrap()
        {
            Proposed::Preview(id) => Some(id),
            Proposed::Saved(_) => None,
        };
        preview.unwrap()
    }

    async fn report(&self, id: &FormId) -> Arc<PreviewReport> {
        let admin = as_administrator(&self.admin);
        let report = match self.world.portal.preview(admin, self.profile.id, id, PATIENCE).await.unwrap().state {
            PreviewState::Done(report) => Some(report),
            _ => None,
        };
        report.unwrap()
    }

    async fn save(&self, id: &FormId, reach: Reach, accepted: Option<u64>) -> Result<PreviewSaved, PortalError> {
        self.world.portal.save_preview(as_administrator(&self.admin), self.profile.id, id, reach, accepted).await
    }

    async fn version(&self) -> i64 {
        self.world.store.profile(self.profile.id).await.unwrap().unwrap().version
    }
}

#[tokio::test]
async fn a_preview_says_what_would_have_been_refused_and_whose_it_was() {
    let story = Story::begin().await;
    let mut change = story.without_models();
    change.terms.caps[0].amount.maximum = domain::money::NanoUsd::from_dollars(1);
    change.terms.caps[0].amount.default = domain::money::NanoUsd::from_dollars(1);
    let report = story.report(&story.propose(change).await).await;
    assert_eq!((report.keys, report.keys_changed, report.keys_above), (1, 1, 1));
    assert_eq!((report.calls, report.refused, report.keys_refused, report.owners_refused), (3, 3, 1, 1));
    assert_eq!(report.by_rule.iter().map(|(&rule, &count)| (rule, count)).collect::<Vec<_>>(), [(Rule::Model, 3)]);
    let [named] = report.named.as_slice() else { panic!("{:?}", report.named) };
    assert_eq!((named.id, named.name.as_str(), named.owner_name.as_str()), (story.key, "laptop", "ada"));
    assert_eq!(report.worst_after, domain::money::NanoUsd::from_dollars(1));
    assert!(report.worst_before > report.worst_after);
    assert_eq!(story.version().await, 1, "a preview saves nothing");
}

#[tokio::test]
async fn refusals_have_to_be_agreed_to_with_their_number() {
    let story = Story::begin().await;
    let id = story.propose(story.without_models()).await;
    story.report(&id).await;
    assert_eq!(story.save(&id, Reach::AllKeys, None).await.unwrap(), PreviewSaved::NotAccepted);
    assert_eq!(story.save(&id, Reach::AllKeys, Some(2)).await.unwrap(), PreviewSaved::NotAccepted);
    assert_eq!(story.version().await, 1);
    assert_eq!(story.save(&id, Reach::AllKeys, Some(3)).await.unwrap(), PreviewSaved::Saved(2));
    assert_eq!(story.save(&id, Reach::AllKeys, Some(3)).await.unwrap(), PreviewSaved::Saved(2), "sent twice");
    let terms = story.world.portal.key(&story.ada, story.key).await.unwrap().effective.terms;
    assert_eq!(terms.models[0].value.as_str(), "claude-*");
}

#[tokio::test]
async fn a_change_for_new_keys_refuses_nobody_and_needs_no_agreement() {
    let story = Story::begin().await;
    let id = story.propose(story.without_models()).await;
    story.report(&id).await;
    assert_eq!(story.save(&id, Reach::NewKeys, None).await.unwrap(), PreviewSaved::Saved(2));
    let detail = story.world.portal.key(&story.ada, story.key).await.unwrap();
    assert_eq!(detail.key.profile_version, Some(1));

    // The keys that stayed behind can follow later, without another version.
    let newest = story.world.store.profile(story.profile.id).await.unwrap().unwrap();
    let admin = as_administrator(&story.admin);
    let proposed = story.world.portal.propose_profile(admin, newest.id, 2, draft(&newest)).await.unwrap();
    let Proposed::Preview(id) = proposed else { panic!("{proposed:?}") };
    assert_eq!(story.report(&id).await.refused, 3);
    assert_eq!(story.save(&id, Reach::AllKeys, Some(3)).await.unwrap(), PreviewSaved::Saved(2));
    let detail = story.world.portal.key(&story.ada, story.key).await.unwrap();
    assert_eq!((detail.key.profile_version, story.version().await), (None, 2));
}

#[tokio::test]
async fn figures_older_than_a_minute_are_computed_again_before_anything_is_saved() {
    let story = Story::begin().await;
    let id = story.propose(story.without_models()).await;
    let first = story.report(&id).await;
    story.world.advance_ms(MS_PER_MINUTE + 1);
    assert_eq!(story.save(&id, Reach::AllKeys, Some(3)).await.unwrap(), PreviewSaved::ComputedAgain);
    let second = story.report(&id).await;
    assert!(second.computed_at > first.computed_at);
    assert_eq!(story.save(&id, Reach::AllKeys, Some(3)).await.unwrap(), PreviewSaved::Saved(2));
}

#[tokio::test]
async fn a_draft_waits_for_ten_minutes_and_for_nobody_else() {
    let story = Story::begin().await;
    let id = story.propose(story.without_models()).await;
    story.report(&id).await;
    let other = story.world.person("eve", &[domain::person::Role::Administrator]).await;
    let look = async |who: &Caller, profile: ProfileId| {
        error(story.world.portal.preview(as_administrator(who), profile, &id, PATIENCE).await)
    };
    assert_eq!(look(&other, story.profile.id).await, "not found");
    assert_eq!(look(&story.admin, ProfileId::from_random(&[7; 12])).await, "not found");
    assert_eq!(look(&story.admin, story.profile.id).await, "done");
    story.world.advance_ms(10 * MS_PER_MINUTE);
    assert_eq!(look(&story.admin, story.profile.id).await, "not found");
    assert_eq!(error(story.save(&id, Reach::AllKeys, Some(3)).await), "not found");
}

#[tokio::test]
async fn what_changes_no_term_is_saved_at_once_and_what_cannot_be_saved_is_not_previewed() {
    let story = Story::begin().await;
    let admin = as_administrator(&story.admin);
    let propose =
        async |version, change| story.world.portal.propose_profile(admin, story.profile.id, version, change).await;
    let renamed = ProfileDraft { name: "Renamed".into(), ..draft(&story.profile) };
    assert_eq!(propose(1, renamed).await.unwrap(), Proposed::Saved(2));
    assert!(matches!(propose(1, story.without_models()).await, Err(PortalError::Stale { current: 2 })));
    let mut broken = story.without_models();
    broken.terms.caps.clear();
    assert_eq!(refusals(propose(2, broken).await), ["caps=missing"]);
}

#[tokio::test]
async fn a_version_saved_meanwhile_is_not_written_over() {
    let story = Story::begin().await;
    let id = story.propose(story.without_models()).await;
    story.report(&id).await;
    let other = ProfileDraft { keys_per_person: 9, ..draft(&story.profile) };
    let admin = as_administrator(&story.admin);
    story.world.portal.change_profile(admin, story.profile.id, 1, other, Reach::AllKeys).await.unwrap();
    assert!(matches!(story.save(&id, Reach::NewKeys, None).await, Err(PortalError::Stale { current: 2 })));
}

#[tokio::test]
async fn enforcing_a_watched_rule_refuses_the_calls_that_broke_it_while_it_was_watched() {
    let mut story = Story::begin().await;
    let (models, choices) = (CallRule::Models, CallRule::Choices);
    let mut watching = draft(&story.profile);
    watching.terms.parameters.most_choices = Some(1);
    watching.terms.models = vec!["claude-*".parse().unwrap()];
    watching.terms.watched = RuleSet::NONE.with(models).with(choices);
    let report = story.report(&story.propose(watching.clone()).await).await;
    assert_eq!(report.refused, 0, "watching refuses nothing");
    let id = story.propose(watching).await;
    story.report(&id).await;
    assert_eq!(story.save(&id, Reach::AllKeys, None).await.unwrap(), PreviewSaved::Saved(2));
    story.profile = story.world.store.profile(story.profile.id).await.unwrap().unwrap();

    let call = |sequence, rules: &[CallRule]| UsageRecord {
        watched: rules.iter().copied().collect(),
        ..story.world.call(story.key, story.world.now().plus_ms(-MS_PER_MINUTE), sequence, 7)
    };
    story.world.store.ingest(&[call(10, &[models, choices]), call(11, &[choices])]).await.unwrap();
    let mut enforcing = draft(&story.profile);
    enforcing.terms.watched = RuleSet::NONE.with(models);
    let report = story.report(&story.propose(enforcing.clone()).await).await;
    assert_eq!(report.by_rule.clone().into_iter().collect::<Vec<_>>(), [(Rule::Parameter(choices), 2)]);
    enforcing.terms.parameters.most_choices = Some(2);
    let report = story.report(&story.propose(enforcing.clone()).await).await;
    assert_eq!(report.refused, 0, "whether a looser rule would refuse them is not known");
    enforcing.terms.watched = RuleSet::NONE;
    let report = story.report(&story.propose(enforcing).await).await;
    assert_eq!(report.by_rule.clone().into_iter().collect::<Vec<_>>(), [(Rule::Model, 5)]);

    let detail = story.world.portal.watched_rule(&story.admin, story.profile.id, choices).await.unwrap();
    assert_eq!((detail.found.calls, detail.found.keys), (2, 1));
    let (keys, calls) = detail.named.unwrap();
    assert_eq!((keys[0].key, keys[0].owner_name.as_deref(), calls.len()), (story.key, Some("ada"), 2));
    let forbidden = story.world.portal.watched_rule(&story.ada, story.profile.id, choices).await;
    assert!(matches!(forbidden, Err(PortalError::Forbidden)));
}
