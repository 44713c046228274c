//! Invitations that make whoever signs in through them an administrator: single use, 15 minutes.
//!
//! Made on the machine only (`keywright admin invite`); there is no "first user wins". Opening the link consumes
//! nothing, so that a mail scanner cannot burn it: it is taken in the transaction that signs the person in.

use domain::audit::{Actor, AuditEntry};
use domain::time::{MS_PER_MINUTE, Timestamp};
use portal::ports::Randomness;
use store::{StoreError, Tx};

use super::opaque_token::OpaqueToken;

pub const INVITE_LIFETIME_MS: i64 = 15 * MS_PER_MINUTE;

/// Records an invitation and returns its path, to be put behind the public origin and shown once.
pub async fn create(tx: &mut Tx, random: &dyn Randomness, now: Timestamp) -> Result<String, StoreError> {
    let token = OpaqueToken::generate(random);
    tx.insert_invite(&token.hash(), now.plus_ms(INVITE_LIFETIME_MS), now).await?;
    tx.append_audit(&AuditEntry {
        at: now,
        actor: Actor::System("command line".into()),
        address: None,
        action: "invite.created".into(),
        object_kind: "invite".into(),
        object: "administrator".into(),
        object_name: "administrator invitation".into(),
        before: None,
        after: None,
    })
    .await?;
    Ok(format!("/auth/invite/{}", token.reveal()))
}
