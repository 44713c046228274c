//! Takes an admitted call to a provider and brings the answer back. Does not end with its client ([`crate::attended`]):
//! one that hangs up takes neither the meter nor the reservation with it.
//!
//! Always true: the reservation ends exactly once; the last bytes of an answer are let go only after its usage is
//! written; how the answer ended is told to the health of the place that it came from. Provider errors of the client's
//! own format pass through; anything else becomes an error of ours, without a word of the provider's.

use crate::admit::Admitted;
use crate::answer_headers::{announce_attempts, announce_budget, announce_cost};
use crate::attempts::{Reply, is_refusal};
use crate::body::Body;
use crate::caller::Caller;
use crate::coding;
use crate::crossing::Crossing;
use crate::dialect;
use crate::drain::{Drain, Stop};
use crate::error::{self, Asked};
use crate::framing::Framing;
use crate::gateway::Gateway;
use crate::health::{Attempt, Failure};
use crate::kind_of_answer::{answers_in_json, says_nothing_of_itself, without_an_answer};
use crate::metering::Charge;
use crate::reservation::Ending;
use crate::routing::Candidate;
use crate::size;
use crate::stream;
use crate::turn;
use crate::upstream::UpstreamBody;
use bytes::{Bytes, BytesMut};
use domain::denial::Denial;
use domain::key_secret::SecretText;
use domain::model::WireFormat;
use domain::usage::Outcome;
use http::Response;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A plain answer up to this size is kept until its cost is known; a larger one is passed on as it comes.
const KEPT_WHOLE_BYTES: usize = 1024 * 1024;
/// A plain answer that is translated has to be here as a whole; no honest one is longer.
const TRANSLATED_BYTES: usize = 16 * 1024 * 1024;
/// How much of the end of a large answer is searched for its usage.
const TAIL_BYTES: usize = 64 * 1024;

pub(crate) type Answer = oneshot::Sender<Response<Body>>;

/// One call on its way.
pub(crate) struct Exchange {
    pub gateway: Arc<Gateway>,
    pub admitted: Box<Admitted>,
    pub drain: Drain,
    /// When the whole call has to be over.
    pub due: Instant,
    /// How many were made.
    pub attempts: u32,
    /// The one whose answer is being relayed, until it is known how that ends.
    pub attempt: Option<Attempt>,
    /// How long the provider that answers may pause.
    pub between_events: Duration,
    /// How the answer becomes one of the client's format, where it is not.
    pub crossing: Option<Box<Crossing>>,
}

/// The call from here to its end.
pub(crate) fn run(gateway: Arc<Gateway>, admitted: Box<Admitted>, answer: Answer) -> impl Future<Output = ()> {
    let timeouts = gateway.settings.timeouts;
    // A stream that reports as it goes has nothing to tell that has not been seen; a plain answer always has.
    let comes_last = |candidate: &Candidate| dialect::usage_comes_last(candidate.endpoint);
    let worthwhile = !admitted.streamed() || admitted.candidates().iter().any(comes_last);
    // A provider goes on with a plain answer whether anybody waits or not, and tells what it cost at the end.
    let time = if admitted.streamed() { timeouts.drain } else { timeouts.first_byte_plain };
    let drain = Drain::new(Arc::clone(&gateway.drains), worthwhile, time);
    let due = Instant::now() + timeouts.total;
    let between_events = timeouts.between_events;
    let exchange =
        Exchange { gateway, admitted, drain, due, attempts: 0, attempt: None, between_events, crossing: None };
    // On the heap, since it goes from hand to hand: each future that takes a value holds it twice, and that of every
    // call had twelve kilobytes, which were allocated, copied and kept for as long as its stream ran.
    bring_back(Box::new(exchange), answer)
}

async fn bring_back(mut exchange: Box<Exchange>, mut answer: Answer) {
    turn::others_first().await;
    let Reply { response, provider, credential, endpoint } = match exchange.reply(&mut answer).await {
        Ok(reply) => reply,
        Err((denial, charge)) => return exchange.fail(&denial, charge, answer),
    };
    exchange.crossing = Crossing::of(&exchange.admitted, endpoint).map(Box::new);
    exchange.admitted.forget_body();
    let (parts, body) = response.into_parts();
    if let Some(between_events) = provider.timeouts.between_events() {
        exchange.between_events = between_events;
    }
    if is_refusal(parts.status) {
        tracing::warn!(provider.name = %provider.name, status = parts.status.as_u16(), "a provider refused its credential");
        return exchange.fail(&Denial::ProviderAuth, Charge::NOTHING, answer);
    }
    if parts.status.is_informational() || parts.status.is_redirection() {
        return exchange.fail(&Denial::UpstreamProtocol, Charge::NOTHING, answer);
    }
    let coding = coding::of(&parts.headers);
    let (Ok(coding), false) = (coding, without_an_answer(parts.status)) else {
        let charge = if parts.status.is_success() { exchange.estimated(0) } else { Charge::NOTHING };
        return exchange.fail(&Denial::UpstreamProtocol, charge, answer);
    };
    let body = coding::decoded(body, coding);
    let mut head = Response::new(());
    *head.status_mut() = parts.status;
    *head.headers_mut() = exchange.answer_headers(&parts.headers, &provider);
    if !parts.status.is_success() {
        return Box::pin(exchange.relay_error(head, body, credential, answer)).await;
    }
    let framing = Framing::of_answer(&parts.headers, &exchange.provider_address());
    let unsaid = exchange.admitted.streamed() && says_nothing_of_itself(&parts.headers);
    if let Some(framing) = framing.or(unsaid.then_some(Framing::Events)) {
        return Box::pin(stream::relay(exchange, framing, head, body, answer)).await;
    }
    // The answer to a call for a stream is here in one piece: all of it has to be paid at once.
    if let Err(denial) = exchange.admitted.cover_all() {
        let charge = exchange.admitted.tariff().reservation();
        return exchange.fail(&denial, charge, answer);
    }
    exchange.relay_plain(head, body, answer).await;
}

impl Exchange {
    /// What a call without figures is charged after this much output.
    pub(crate) fn estimated(&self, output: u64) -> Charge {
        if self.admitted.endpoint().counts_for().is_some() {
            return Charge::NOTHING;
        }
        self.admitted.tariff().estimated(None, output)
    }

    /// Ends a call of which the client has seen nothing yet.
    fn fail(mut self: Box<Self>, denial: &Denial, charge: Charge, answer: Answer) {
        let attempts = self.attempts;
        let outcome = match denial {
            _ if self.drain.client_is_gone() => Outcome::ClientGone,
            // Nothing that the provider could have done better.
            Denial::BudgetExhausted(_) | Denial::MeteringUnavailable => Outcome::Interrupted,
            _ => Outcome::ProviderFailed,
        };
        self.conclude(outcome, Some(denial));
        let (caller, reservation) = self.admitted.into_reservation();
        let mut response = error::refuse(denial, &asked(&caller, &self.gateway));
        let is_ours = matches!(denial, Denial::Starting | Denial::Sealed | Denial::PolicyStale);
        if is_ours && charge == Charge::NOTHING {
            reservation.release(denial);
        } else {
            let error = (outcome != Outcome::ClientGone).then(|| denial.code());
            let ending = Ending { status: denial.status(), outcome, error, charge };
            if let Err(denial) = reservation.settle(ending) {
                response = error::refuse(&denial, &asked(&caller, &self.gateway));
            }
        }
        announce_attempts(response.headers_mut(), attempts);
        // A client that is gone misses nothing.
        let _ = answer.send(response);
    }

    /// Tells the health of the place that the answer came from how it ended. A client that hung up says nothing of it.
    pub(crate) fn conclude(&mut self, outcome: Outcome, why: Option<&Denial>) {
        let Some(attempt) = self.attempt.take() else { return };
        let failure = match why {
            Some(Denial::ProviderTimeout) => Failure::TimedOut,
            Some(Denial::UpstreamProtocol) => Failure::Protocol,
            _ => Failure::BrokenOff,
        };
        match outcome {
            Outcome::Answered => attempt.succeeded(),
            Outcome::ProviderFailed => attempt.failed(failure, (self.gateway.random)()),
            Outcome::ClientGone | Outcome::Interrupted | Outcome::Denied => {}
        }
    }

    /// A provider's error: passed through if it is one of the format, and replaced otherwise. It costs nothing.
    async fn relay_error(
        mut self: Box<Self>,
        mut head: Response<()>,
        mut body: UpstreamBody,
        credential: Arc<SecretText>,
        mut answer: Answer,
    ) {
        let due = self.due.min(Instant::now() + self.between_events);
        let mut kept = BytesMut::new();
        while let Ok(Some(Ok(frame))) = self.drain.wait(body.frame(), answer.closed(), due).await {
            kept.extend_from_slice(frame.data_ref().map_or(&b""[..], |data| data));
            if kept.len() > KEPT_WHOLE_BYTES {
                break;
            }
        }
        let kept = kept.freeze();
        let secret = credential.expose().as_bytes();
        let leaks = !secret.is_empty() && memchr::memmem::find(&kept, secret).is_some();
        // Google's own way to say that the credential is wrong: a 400.
        if memchr::memmem::find(&kept, b"API_KEY_INVALID").is_some() {
            return self.fail(&Denial::ProviderAuth, Charge::NOTHING, answer);
        }
        match self.error_for_client(head.status(), &kept).filter(|_| !leaks) {
            Some((status, body)) => {
                *head.status_mut() = status;
                self.admitted.reservation_mut().first_byte();
                self.finish_whole(head, body, Charge::NOTHING, answer);
            }
            None => self.fail(&Denial::ProviderError, Charge::NOTHING, answer),
        }
    }

    async fn relay_plain(mut self: Box<Self>, head: Response<()>, mut body: UpstreamBody, mut answer: Answer) {
        let most = if self.crossing.is_some() { TRANSLATED_BYTES } else { KEPT_WHOLE_BYTES };
        let mut kept = BytesMut::new();
        let failure = loop {
            let due = self.due.min(Instant::now() + self.between_events);
            match self.drain.wait(body.frame(), answer.closed(), due).await {
                Ok(None) => {
                    let usage = dialect::plain_usage(self.provider_endpoint(), &kept);
                    let charge = self.plain_charge(usage, kept.len());
                    self.remember(self.id_of_answer(&kept), &charge);
                    // A connection that just ends tells nobody that the answer was longer.
                    let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(&kept).is_ok();
                    if usage.is_none() && answers_in_json(self.admitted.endpoint()) && !is_json() {
                        return self.fail(&Denial::UpstreamProtocol, charge, answer);
                    }
                    return match self.for_client(&kept.freeze()) {
                        Ok(bytes) => self.finish_whole(head, bytes, charge, answer),
                        Err(denial) => self.fail(&denial, charge, answer),
                    };
                }
                Ok(Some(Ok(frame))) => {
                    self.admitted.reservation_mut().first_byte();
                    kept.extend_from_slice(frame.data_ref().map_or(&b""[..], |data| data));
                    if kept.len() > most && self.crossing.is_some() {
                        break Denial::UpstreamProtocol;
                    }
                    if kept.len() > most {
                        return Box::pin(self.relay_large(head, kept.freeze(), body, answer)).await;
                    }
                }
                Ok(Some(Err(_))) => break Denial::ProviderError,
                Err(Stop::Timeout) => break Denial::ProviderTimeout,
                Err(Stop::ClientGone) if kept.is_empty() => {
                    let charge = self.unseen();
                    return self.fail(&Denial::ProviderError, charge, answer);
                }
                Err(Stop::ClientGone) => break Denial::ProviderError,
            }
        };
        let charge = self.plain_charge(None, kept.len());
        self.fail(&failure, charge, answer);
    }

    fn plain_charge(&self, usage: Option<domain::usage::TokenUsage>, seen_bytes: usize) -> Charge {
        match usage {
            _ if self.admitted.endpoint().counts_for().is_some() => Charge::NOTHING,
            Some(tokens) => self.admitted.tariff().reported(tokens),
            // The bytes of images and sound say nothing of their tokens, which the estimate has.
            None if !size::answers_in_text(self.admitted.endpoint()) => self.estimated(0),
            None => self.estimated((seen_bytes as u64).div_ceil(3)),
        }
    }

    /// Ends a call whose whole answer is here.
    fn finish_whole(mut self: Box<Self>, mut head: Response<()>, bytes: Bytes, charge: Charge, answer: Answer) {
        let gone = self.drain.client_is_gone();
        self.conclude(Outcome::Answered, None);
        let cost = charge.cost.plus(self.admitted.reservation().lost());
        let left = self.admitted.reservation().left_after(Some(cost));
        announce_budget(head.headers_mut(), left);
        announce_cost(head.headers_mut(), cost);
        let (caller, reservation) = self.admitted.into_reservation();
        let outcome = if gone { Outcome::ClientGone } else { Outcome::Answered };
        let ending = Ending { status: head.status().as_u16(), outcome, error: None, charge };
        let response = match reservation.settle(ending) {
            Ok(()) => head.map(|()| Body::whole(bytes)),
            Err(denial) => error::refuse(&denial, &asked(&caller, &self.gateway)),
        };
        // A client that is gone misses nothing; its call is settled.
        let _ = answer.send(response);
    }

    /// Passes a large answer on as it comes, one piece behind, so that its last piece waits for the settlement.
    async fn relay_large(
        mut self: Box<Self>,
        mut head: Response<()>,
        begun: Bytes,
        mut body: UpstreamBody,
        answer: Answer,
    ) {
        announce_budget(head.headers_mut(), self.admitted.reservation().left_after(None));
        let status = head.status().as_u16();
        let (sender, client_body) = Body::channel();
        // If nobody takes it, the channel says so at the next step.
        let _ = answer.send(head.map(|()| client_body));
        let id = self.id_of_answer(&begun);
        let mut tail = BytesMut::from(&begun[begun.len().saturating_sub(TAIL_BYTES)..]);
        let mut seen = begun.len();
        let mut held = begun;
        let stalled = self.gateway.settings.timeouts.client_stalled;
        let failure = loop {
            let due = self.due.min(Instant::now() + self.between_events);
            match self.drain.wait(body.frame(), sender.closed(), due).await {
                Ok(None) => break None,
                Ok(Some(Err(_))) => break Some(Denial::ProviderError),
                Err(Stop::Timeout) => break Some(Denial::ProviderTimeout),
                Err(Stop::ClientGone) => break Some(Denial::ProviderError),
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if Instant::now() >= self.due {
                        break Some(Denial::ProviderTimeout);
                    }
                    seen += data.len();
                    tail.extend_from_slice(&data);
                    if tail.len() > 2 * TAIL_BYTES {
                        tail = tail.split_off(tail.len() - TAIL_BYTES);
                    }
                    let piece = std::mem::replace(&mut held, data);
                    if !self.drain.client_is_gone() {
                        let taken = tokio::time::timeout(stalled, sender.send(piece)).await;
                        if !matches!(taken, Ok(Ok(()))) && !self.drain.begin() {
                            break Some(Denial::ProviderError);
                        }
                    }
                }
            }
        };
        let usage = failure.is_none().then(|| dialect::usage_in_tail(self.provider_endpoint(), &tail)).flatten();
        let must_close = usage.is_none() && answers_in_json(self.admitted.endpoint());
        let cut_short = must_close && !tail.trim_ascii_end().ends_with(b"}");
        let failure = failure.or(cut_short.then_some(Denial::UpstreamProtocol));
        let charge = self.plain_charge(usage, seen);
        self.remember(id, &charge);
        let outcome = match failure {
            _ if self.drain.client_is_gone() => Outcome::ClientGone,
            None => Outcome::Answered,
            Some(_) => Outcome::ProviderFailed,
        };
        let error = failure.as_ref().filter(|_| outcome == Outcome::ProviderFailed).map(Denial::code);
        self.conclude(outcome, failure.as_ref());
        let (_, reservation) = self.admitted.into_reservation();
        let settled = reservation.settle(Ending { status, outcome, error, charge });
        // Without an end the connection is cut: the client must not take a part for the whole. Neither must one that was
        // given up, which has not been sent what came since.
        let whole = settled.is_ok() && outcome == Outcome::Answered;
        if whole && matches!(tokio::time::timeout(stalled, sender.send(held)).await, Ok(Ok(()))) {
            sender.finish();
        }
    }
}

pub(crate) fn asked<'a>(caller: &'a Caller, gateway: &'a Gateway) -> Asked<'a> {
    let skin: WireFormat = caller.skin;
    Asked { event: caller.event, skin, record: Some(&caller.record), settings: &gateway.settings }
}
