//! The job that sends: takes letters that are due, a few at a time, and writes down what came of each.

use super::message::{Letterhead, message};
use super::relay::{NotDelivered, Relay};
use domain::time::Clock;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use portal::notifications::Letter;
use portal::{Portal, PortalError};
use std::sync::Arc;
use std::time::Duration;

/// Between two looks for letters. Looking costs one read of an index that is empty most of the time.
const EVERY: Duration = Duration::from_secs(2);
/// Few enough that even a server that lets each run into its time is done before they are due again.
const AT_ONCE: u32 = 5;

/// What the sender writes with.
pub struct Correspondent {
    pub portal: Arc<Portal>,
    pub clock: Arc<dyn Clock>,
    pub relay: Relay,
    pub from: Mailbox,
    /// `keys.example.com`
    pub host: String,
    pub zone: TimeZone,
}

/// Sends what is due. Runs until it is dropped; a letter that was taken then is due again in minutes.
pub async fn send(correspondent: Correspondent) {
    let Correspondent { portal, clock, relay, from, host, zone } = correspondent;
    let origin = portal.settings().public_origin.clone();
    let head = Letterhead { from, origin, host, zone };
    loop {
        match some(&portal, &*clock, &relay, &head).await {
            // There may be more.
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(EVERY).await,
            Err(error) => {
                tracing::warn!(%error, "letters could not be taken or written off, and are tried again later");
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// True if there was anything to send.
async fn some(portal: &Portal, clock: &dyn Clock, relay: &Relay, head: &Letterhead) -> Result<bool, PortalError> {
    if !portal.letters_are_due().await? {
        return Ok(false);
    }
    let mut away: Option<NotDelivered> = None;
    for letter in portal.take_letters(AT_ONCE).await? {
        let outcome = match (&away, message(head, &letter, clock.now())) {
            (_, Err(none)) => Err(NotDelivered { problem: none.to_string(), may_help_again: false, is_servers: false }),
            // One that does not answer costs the wait for one letter, not for each.
            (Some(away), Ok(_)) => Err(away.clone()),
            (None, Ok(message)) => relay.deliver(message).await,
        };
        write_off(portal, &letter, outcome.as_ref().err()).await?;
        away = outcome.err().filter(|failure| failure.is_servers).or(away);
    }
    Ok(true)
}

async fn write_off(portal: &Portal, letter: &Letter, failure: Option<&NotDelivered>) -> Result<(), PortalError> {
    let Some(NotDelivered { problem, may_help_again, .. }) = failure else {
        return portal.letter_sent(letter.id).await;
    };
    match portal.letter_failed(letter, problem, *may_help_again).await? {
        Some(_) => {
            tracing::warn!(mail.id = %letter.id, attempt = letter.attempt, "a letter is tried again later: {problem}");
        }
        None => tracing::error!(mail.id = %letter.id, attempts = letter.attempt, "a letter is given up: {problem}"),
    }
    Ok(())
}
