//! The attempts of one call, until a provider's answer begins: which deployment is next, after what wait, and when to
//! give up.
//!
//! Always true: all attempts share one reservation, and none is made once the client has seen a byte. What a provider
//! may have worked on is not repeated unless the settings say so, and is charged then. A deployment that is to be left
//! alone is tried last, not never.

use crate::drain::Stop;
use crate::forward::{Answer, Exchange};
use crate::health::{Attempt, Failure};
use crate::metering::Charge;
use crate::ports::ProviderRecord;
use crate::retry::{Ended, Then, backoff, then};
use crate::upstream::{SendError, UpstreamBody};
use domain::denial::Denial;
use domain::key_secret::SecretText;
use domain::model::Endpoint;
use http::{Response, StatusCode};
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

/// A provider's answer, as it begins.
pub(crate) struct Reply {
    pub response: Response<UpstreamBody>,
    pub provider: Arc<ProviderRecord>,
    pub credential: Arc<SecretText>,
    /// What was called there.
    pub endpoint: Endpoint,
}

/// What this call may still do with one of its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Fresh,
    /// Tried already; may be tried again from then on.
    From(Instant),
    Done,
}

/// What the client gets if no other attempt follows.
#[expect(clippy::large_enum_variant, reason = "one for each call, and never in a list")]
enum Last {
    Answer(Box<Reply>),
    Failure(Denial, Charge),
}

impl Exchange {
    /// Tries until an answer begins that the client is to see. Every attempt but the one that brings a good answer is
    /// judged here: that one stays open until it is whole.
    pub(crate) async fn reply(&mut self, answer: &mut Answer) -> Result<Reply, (Denial, Charge)> {
        let policy = self.gateway.settings.retry;
        let timeouts = self.gateway.settings.timeouts;
        let patience = if self.admitted.streamed() { timeouts.first_byte_streamed } else { timeouts.first_byte_plain };
        let due = self.due.min(Instant::now() + patience);
        let mut places = vec![Place::Fresh; self.admitted.candidates().len()];
        let mut last = Last::Failure(Denial::ProviderError, Charge::NOTHING);
        while self.attempts < policy.attempts.max(1) && Instant::now() < due {
            let Some((at, mut attempt)) = self.next(&places, answer, due).await else { break };
            let candidate = &self.admitted.candidates()[at];
            let provider = Arc::clone(&candidate.provider);
            let endpoint = candidate.endpoint;
            let prepared = self.gateway.directory.credential(candidate.deployment.credential).and_then(|credential| {
                let outbound = self.admitted.outbound(candidate, &credential)?;
                Ok((credential, outbound))
            });
            let (credential, outbound) = match prepared {
                Ok(prepared) => prepared,
                Err(denial) => {
                    places[at] = Place::Done;
                    if let Last::Failure(why, Charge::NOTHING) = &mut last {
                        *why = denial;
                    }
                    continue;
                }
            };
            // What an earlier attempt may have cost is paid beside what this one will. Where no budget pays for both, it
            // was the last.
            if let Last::Failure(_, charge) = &last
                && self.admitted.also(*charge).is_err()
            {
                break;
            }
            last = Last::Failure(Denial::ProviderError, Charge::NOTHING);
            self.attempts += 1;
            self.admitted.sent_to(at);
            let shared =
                policy.after_sending && places.iter().enumerate().any(|(i, place)| i != at && *place != Place::Done);
            let until = self.patience(&provider, due, shared);
            let sending = self.gateway.upstream.send(outbound);
            let (ended, failure) = match self.drain.wait(sending, answer.closed(), until).await {
                Ok(Ok(response)) => {
                    let (status, ended) = (response.status(), Ended::of_status(response.status(), response.headers()));
                    let reply = Reply { response, provider, credential, endpoint };
                    let Some(ended) = ended else {
                        attempt.answered();
                        self.attempt = Some(attempt);
                        return Ok(reply);
                    };
                    // What a provider refuses, it has not worked on.
                    self.admitted.reservation_mut().not_sent_after_all();
                    last = Last::Answer(Box::new(reply));
                    (ended, Failure::Status(status.as_u16()))
                }
                Ok(Err(SendError::NotSent(error))) => {
                    tracing::warn!(provider.name = %provider.name, %error, "a provider could not be reached");
                    self.admitted.reservation_mut().not_sent_after_all();
                    (Ended::NotSent, Failure::Unreachable)
                }
                Ok(Err(SendError::Broken(error))) => {
                    tracing::warn!(provider.name = %provider.name, %error, "a provider broke off before its answer");
                    last = Last::Failure(Denial::ProviderError, self.estimated(0));
                    (Ended::BrokenOff, Failure::BrokenOff)
                }
                Err(Stop::Timeout) => {
                    last = Last::Failure(Denial::ProviderTimeout, self.estimated(0));
                    (Ended::TimedOut, Failure::TimedOut)
                }
                Err(Stop::ClientGone) => return Err((Denial::ProviderError, self.unseen())),
            };
            self.judge(attempt, at, ended, failure);
            places[at] = match then(ended, &policy) {
                Then::Stop => break,
                Then::Elsewhere => Place::Done,
                Then::Again(told) => {
                    let random = (self.gateway.random)();
                    Place::From(Instant::now() + told.unwrap_or_else(|| backoff(&policy, self.attempts, random)))
                }
            };
            if matches!(ended, Ended::Status(status, _) if is_refusal(status)) {
                self.leave_credential(at, &mut places);
            }
        }
        match last {
            Last::Answer(reply) => Ok(*reply),
            Last::Failure(denial, charge) => Err((denial, charge)),
        }
    }

    /// The next place to try. One that was tried already comes after all others, and after its wait. `None` if there is
    /// none in time, or nobody waits for an answer any more.
    async fn next(&mut self, places: &[Place], answer: &mut Answer, due: Instant) -> Option<(usize, Attempt)> {
        if self.drain.client_is_gone() {
            return None;
        }
        let candidates = self.admitted.candidates().iter().enumerate();
        let fresh = candidates.filter(|(at, _)| places[*at] == Place::Fresh);
        if let Some(begun) = self.gateway.healths.begin(fresh) {
            return Some(begun);
        }
        let again = places.iter().enumerate().filter_map(|(at, place)| match place {
            Place::From(from) => Some((*from, at)),
            _ => None,
        });
        let (from, at) = again.min().filter(|(from, _)| *from < due)?;
        let waited = self.drain.wait(sleep_until(from), answer.closed(), due).await;
        if waited.is_err() || self.drain.client_is_gone() {
            return None;
        }
        self.gateway.healths.begin(std::iter::once((at, &self.admitted.candidates()[at])))
    }

    /// By when this attempt has to bring an answer; half of what is left if another one may follow its silence.
    fn patience(&self, provider: &ProviderRecord, due: Instant, shared: bool) -> Instant {
        let now = Instant::now();
        let own = provider.timeouts.first_byte().map_or(due, |own| now + own);
        let half = now + due.saturating_duration_since(now) / 2;
        if shared { own.min(half) } else { own }.min(self.due)
    }

    /// Remembers and tells how an attempt ended that brought no answer.
    fn judge(&self, attempt: Attempt, at: usize, ended: Ended, failure: Failure) {
        let random = (self.gateway.random)();
        match ended {
            // Wrong altogether, while 403 may be about this one model.
            Ended::Status(StatusCode::UNAUTHORIZED, _) => attempt.credential_refused(random),
            Ended::Status(StatusCode::FORBIDDEN, _) => attempt.refused(random),
            Ended::Status(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
                attempt.told_to_wait(failure, wait);
            }
            _ => attempt.failed(failure, random),
        }
        let candidate = &self.admitted.candidates()[at];
        tracing::info!(
            request.id = %self.admitted.caller().event,
            deployment.id = %candidate.deployment.id,
            provider.name = %candidate.provider.name,
            attempt = self.attempts,
            failure = failure.word(),
            status = failure.status(),
            "attempt {} of a call failed",
            self.attempts
        );
    }

    /// What refused a credential here would refuse it elsewhere.
    fn leave_credential(&self, at: usize, places: &mut [Place]) {
        let candidates = self.admitted.candidates();
        for (place, candidate) in places.iter_mut().zip(candidates) {
            if candidate.deployment.credential == candidates[at].deployment.credential {
                *place = Place::Done;
            }
        }
    }

    /// What a call is charged of which nobody saw an answer: a provider finishes what it was not asked to stream.
    pub(crate) fn unseen(&self) -> Charge {
        if self.admitted.streamed() || self.admitted.endpoint().counts_for().is_some() {
            return self.estimated(0);
        }
        self.admitted.tariff().reservation()
    }
}

pub(crate) fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}
