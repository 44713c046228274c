use crate::support::*;
use domain::id::ProviderId;
use portal::ports::ConnectionTest;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_connection_test_is_audited_and_not_repeated_within_seconds() {
    let world = World::new().await;
    let admin = world.administrator().await;
    let provider = world.openai(&admin).await;
    let before = world.audit_length().await;
    let test = async || world.portal.test_connection(as_administrator(&admin), provider).await;
    assert_eq!(test().await.unwrap(), ConnectionTest::CredentialRefused);
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (before + 1, "provider.tested"));
    assert!(world.audit_text().await.contains("credential_refused"));
    world.advance_ms(4_999);
    assert_eq!(refusals(test().await), ["provider=too_soon"]);
    world.advance_ms(1);
    assert!(test().await.is_ok());
    assert_eq!(world.gateway.asked.load(Ordering::SeqCst), 2);
    let unknown = ProviderId::from_random(&[3; 12]);
    assert_eq!(error(world.portal.test_connection(as_administrator(&admin), unknown).await), "not found");
}
