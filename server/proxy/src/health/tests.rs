use super::*;
use crate::ports::ProviderRecord;
use domain::id::ProviderId;
use domain::model::{Deployment, Endpoint, ProviderKind};
use domain::provider_timeouts::ProviderTimeouts;

fn candidate(number: u8, credential: u8) -> Candidate {
    let provider = ProviderId::from_random(&[1; 12]);
    let record = ProviderRecord {
        id: provider,
        name: "p".into(),
        kind: ProviderKind::OpenAi,
        base_url: http::Uri::from_static("http://127.0.0.1/v1"),
        enabled: true,
        timeouts: ProviderTimeouts::default(),
        markup: domain::markup::Markup::NONE,
    };
    let deployment = Deployment {
        id: DeploymentId::from_random(&[number; 12]),
        provider,
        credential: CredentialId::from_random(&[credential; 12]),
        upstream_model: String::new(),
        weight: 1,
        priority: 0,
    };
    Candidate { deployment, provider: Arc::new(record), endpoint: Endpoint::ChatCompletions }
}

fn begin(healths: &Arc<Healths>, candidates: &[Candidate]) -> (usize, Attempt) {
    healths.begin(candidates.iter().enumerate()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_a_verdict_gives_the_probe_back() {
    let healths = Healths::new();
    let places = [candidate(1, 9), candidate(2, 9)];
    begin(&healths, &places).1.told_to_wait(Failure::Status(429), Duration::from_secs(1));
    tokio::time::advance(Duration::from_secs(1)).await;
    let (first, probe) = begin(&healths, &places);
    assert_eq!((first, begin(&healths, &places).0), (0, 1), "one at a time");
    drop(probe);
    assert_eq!(begin(&healths, &places).0, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_stands_back_with_all_its_deployments() {
    let healths = Healths::new();
    let places = [candidate(1, 9), candidate(2, 9), candidate(3, 8)];
    begin(&healths, &places).1.credential_refused(0);
    assert_eq!(begin(&healths, &places).0, 2);
    assert_eq!(begin(&healths, &places[..2]).0, 1, "the one that did not fail itself");
    // After the cool-down one call tries the credential, whichever deployment it is for.
    tokio::time::advance(Duration::from_secs(5)).await;
    let (at, mut probe) = begin(&healths, &places);
    assert_eq!((at, begin(&healths, &places).0), (0, 2));
    probe.answered();
    probe.succeeded();
    assert_eq!(begin(&healths, &places).0, 0);
    assert!(!healths.any_refused.load(Ordering::Acquire));
}

#[tokio::test(start_paused = true)]
async fn what_people_see_follows_what_happens() {
    let healths = Healths::new();
    let places = [candidate(1, 9)];
    let Deployment { id, credential, .. } = places[0].deployment;
    let standing = || healths.of(id, credential).standing;
    assert_eq!(standing(), Standing::Unknown);
    begin(&healths, &places).1.failed(Failure::Unreachable, 0);
    assert_eq!(standing(), Standing::Failing);
    let (_, mut attempt) = begin(&healths, &places);
    tokio::time::advance(Duration::from_millis(40)).await;
    attempt.answered();
    attempt.succeeded();
    let health = healths.of(id, credential);
    assert_eq!((health.standing, health.succeeded, health.failed), (Standing::Working, 1, 1));
    assert_eq!(health.median_first_byte_ms, Some(40));
    assert_eq!(health.last_failure, Some((Duration::from_millis(40), Failure::Unreachable)));
    begin(&healths, &places).1.told_to_wait(Failure::Status(429), Duration::from_secs(9));
    assert_eq!(standing(), Standing::Cooling(Duration::from_secs(9)));
    tokio::time::advance(Duration::from_secs(9)).await;
    assert_eq!(standing(), Standing::Probing);
}
