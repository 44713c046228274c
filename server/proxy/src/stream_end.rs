//! How a stream ended: what it is charged, what its record says, and what its client reads last.
//!
//! Always true: it is settled before the client can see its end. A client that was given up is cut off, so that it
//! takes no part for the whole; every other one reads the provider's last word, or an error event of its format.

use crate::body::Sender;
use crate::dialect::StreamTap;
use crate::dialect::translate::StreamTranslator;
use crate::error::{error_body, sentence};
use crate::forward::{Exchange, asked};
use crate::metering::Charge;
use crate::reservation::Ending;
use bytes::Bytes;
use domain::denial::{Denial, LimitReached};
use domain::usage::Outcome;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// How long an error event waits for a client whose window is full, when its stream was cut.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a stream ended.
pub(crate) enum End {
    /// With the event that says so.
    Whole(Bytes),
    /// The provider closed without that event. Some leave the blank line behind their last one out.
    Closed(Bytes),
    Failed(Denial),
    ClientGone,
    Cut(Cut),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Compromised,
    Shutdown,
}

/// A stream that nothing more is read of.
pub(crate) struct Ended {
    pub exchange: Box<Exchange>,
    pub tap: StreamTap,
    pub client: Sender,
    pub translator: Option<Box<StreamTranslator>>,
    /// Of the answer's head.
    pub status: u16,
}

/// What a stream has cost as far as it was seen.
pub(crate) fn charge(exchange: &Exchange, tap: &StreamTap) -> Charge {
    let tariff = exchange.admitted.tariff();
    match tap.whole() {
        Some(tokens) => tariff.reported(tokens),
        None => tariff.estimated(tap.last(), tap.estimated_output()),
    }
}

impl Ended {
    fn charge(&self, end: &End) -> Charge {
        match end {
            End::Failed(Denial::BudgetExhausted(_)) => {
                let (seen, margin) = (self.tap.estimated_output(), self.exchange.admitted.margin());
                self.exchange.admitted.tariff().cut_off(self.tap.last(), seen, margin)
            }
            _ => charge(&self.exchange, &self.tap),
        }
    }

    /// Settles, and only then lets the client see the end.
    pub(crate) async fn finish(mut self, end: End) {
        let charge = self.charge(&end);
        self.exchange.remember(self.tap.id.take(), &charge);
        let gone = self.exchange.drain.client_is_gone();
        let (outcome, denial) = match &end {
            End::ClientGone => (Outcome::ClientGone, None),
            End::Cut(Cut::Shutdown) => (Outcome::Interrupted, Some(Denial::Starting)),
            End::Cut(Cut::Compromised) => (Outcome::Interrupted, Some(Denial::KeyRevoked)),
            End::Failed(denial @ (Denial::BudgetExhausted(_) | Denial::MeteringUnavailable)) => {
                (Outcome::Interrupted, Some(denial.clone()))
            }
            _ if gone => (Outcome::ClientGone, None),
            End::Whole(_) if !self.tap.failed => (Outcome::Answered, None),
            End::Closed(_) if self.tap.may_just_close() && !self.tap.failed => (Outcome::Answered, None),
            End::Failed(denial) => (Outcome::ProviderFailed, Some(denial.clone())),
            End::Whole(_) | End::Closed(_) => (Outcome::ProviderFailed, Some(Denial::ProviderError)),
        };
        let last = match (&end, outcome) {
            (End::Whole(last), _) | (End::Closed(last), Outcome::Answered) => last.clone(),
            _ => Bytes::new(),
        };
        // The provider's own last word stands; ours would be a second one.
        let silent = matches!(end, End::Whole(_)) || (matches!(end, End::Closed(_)) && self.tap.failed);
        let shutdown = matches!(end, End::Cut(Cut::Shutdown));
        self.exchange.conclude(outcome, denial.as_ref());
        let gateway = self.exchange.gateway;
        let (caller, reservation) = self.exchange.admitted.into_reservation();
        let error = match &denial {
            _ if shutdown => Some("server_shutdown"),
            Some(denial) => Some(denial.code()),
            None => None,
        };
        let settled = reservation.settle(Ending { status: self.status, outcome, error, charge });
        let mut event = |denial: &Denial| {
            let asked = asked(&caller, &gateway);
            let words = match denial {
                _ if shutdown => SHUTDOWN.to_owned(),
                Denial::BudgetExhausted(limit) => out_of_money(limit),
                denial => sentence(denial, &asked),
            };
            let mut body = error_body(denial, &words, &asked);
            if shutdown && let Some(error) = body.get_mut("error") {
                // Where Google's errors have the word that others call a code, which is a number there.
                let place =
                    if error["code"].is_number() { &mut error["details"][0]["reason"] } else { &mut error["code"] };
                *place = Value::from("server_shutdown");
            }
            match &mut self.translator {
                Some(translator) => translator.broken(&body),
                None => Bytes::from(self.tap.error_event(&body)),
            }
        };
        let bytes = match (settled, denial) {
            (Err(denial), _) => event(&denial),
            (Ok(()), Some(denial)) if !silent => event(&denial),
            (Ok(()), _) => last,
        };
        // A client that was given up must not take what it has for the whole: its connection is cut.
        if gone || outcome == Outcome::ClientGone {
            return;
        }
        let patience = match end {
            End::Cut(_) => LAST_WORDS,
            _ => gateway.settings.timeouts.client_stalled,
        };
        if matches!(timeout(patience, self.client.send(bytes)).await, Ok(Ok(()))) {
            self.client.finish();
        }
    }
}

const SHUTDOWN: &str = "Keywright is restarting and had to end this answer. Send the request again.";

/// Why an answer ends in its middle.
fn out_of_money(limit: &LimitReached) -> String {
    let (scope, window) = (limit.scope.word(), limit.window.word());
    format!(
        "This answer ends here: what is left of the {scope}'s {window} budget of {} does not pay for more of it ({} \
         spent, {} held by calls in flight). Its owner can ask for more on the key's page.",
        limit.limit, limit.spent, limit.reserved
    )
}
