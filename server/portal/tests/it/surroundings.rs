//! What the frame of a page says of whoever looks at it.

use crate::support::*;
use domain::data_scope::{DataScope, Holder, OfEveryone, Reach, ScopedRole};
use portal::surroundings::Surroundings;

#[tokio::test]
async fn a_frame_knows_whether_reviews_are_on_and_what_is_unread() {
    let world = World::new().await;
    let (ada, dora) = (world.developer().await, world.administrator().await);
    let (_, lead) = world.team_led_by("Compilers", &ada).await;
    let around = async || world.portal.surroundings(&lead).await.unwrap();
    let nothing = Surroundings { unread: 0, reviews: false, of_everyone: OfEveryone::ALL };
    assert_eq!(around().await, nothing);
    world.portal.switch_reviews(as_administrator(&dora), true).await.unwrap();
    assert_eq!(around().await, Surroundings { reviews: true, ..nothing });
    world.portal.switch_reviews(as_administrator(&dora), false).await.unwrap();
    let key = world.mint(&lead, "laptop").await;
    world.portal.disable_key(&dora, key).await.unwrap();
    assert_eq!(around().await, Surroundings { unread: 1, ..nothing });
}

#[tokio::test]
async fn a_frame_knows_what_of_everybody_an_auditor_sees() {
    let world = World::new().await;
    let (carol, dora) = (world.auditor().await, world.administrator().await);
    let seen = async || world.portal.surroundings(&carol).await.unwrap().of_everyone;
    assert_eq!(seen().await, OfEveryone::ALL);
    let usual = ScopedRole::Auditor.usual();
    for (version, scope, expected) in [
        (0, DataScope { names: Reach::Own, ..usual.clone() }, OfEveryone { names: false, ..OfEveryone::ALL }),
        (1, DataScope { spend: Reach::Team, ..usual.clone() }, OfEveryone { spend: false, ..OfEveryone::ALL }),
        (2, DataScope { calls: Reach::CostCentre, ..usual }, OfEveryone { calls: false, ..OfEveryone::ALL }),
    ] {
        let holder = Holder::Role(ScopedRole::Auditor);
        world.portal.set_data_scope(as_administrator(&dora), holder, version, &scope).await.unwrap();
        assert_eq!(seen().await, expected);
        // A page about the whole organisation is there where the frame says so.
        let standing = world.portal.standing(&carol).await;
        assert_eq!(standing.is_ok(), expected.spend && expected.calls);
        assert_eq!(world.portal.undelivered(&carol).await.is_ok(), expected.names, "letters name people");
        assert_eq!(world.portal.surroundings(&dora).await.unwrap().of_everyone, OfEveryone::ALL);
    }
}
