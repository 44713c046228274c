//! What the sample pages show about signing in: sessions, claims and the rules about them.

use super::samples::{ago, calendar};
use domain::session_mark::SessionMark;
use portal::sessions::SessionView;

pub(super) fn sessions() -> Vec<SessionView> {
    let session = |fill: u8, agent: Option<&str>| SessionView {
        mark: SessionMark::of(&[fill; 32]),
        since: ago(i64::from(fill)),
        seen_at: calendar().now,
        agent: agent.map(str::to_owned),
        address: agent.map(|_| "192.0.2.7".to_owned()),
    };
    vec![session(1, Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")), session(2, None)]
}
