//! Relays a stream event by event while its usage is counted.
//!
//! Whole events are passed on as soon as their last byte is here; the event that ends the answer waits until the usage
//! is written. A stream that has to end early ends with an error event of its format and is settled with what was
//! seen. After the client hung up, a stream whose usage comes last is read on for a bounded time, any other is dropped.

use crate::body::{Body, Sender};
use crate::dialect::{StreamTap, Verdict, error_event};
use crate::drain::Stop;
use crate::error::{error_body, sentence};
use crate::forward::{Answer, Exchange, announce_budget, asked};
use crate::metering::Charge;
use crate::reservation::Ending;
use crate::sse::Splitter;
use crate::upstream::UpstreamBody;
use bytes::Bytes;
use domain::denial::Denial;
use domain::usage::Outcome;
use domain::virtual_key::{KeyState, RevocationReason};
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};

/// nginx in front of us would otherwise hold events back.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Ticks of a second between two checkpoints.
const CHECKPOINT_TICKS: u32 = 2;
/// How long the end of a finished stream is waited for, so that its connection can be used again.
const LINGER: Duration = Duration::from_secs(1);

/// How a stream ended.
enum End {
    /// With the event that says so.
    Whole(Bytes),
    /// The provider closed without that event.
    Closed,
    Failed(Denial),
    ClientGone,
    Cut(Cut),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Compromised,
    Shutdown,
}

struct Pump {
    exchange: Exchange,
    tap: StreamTap,
    splitter: Splitter,
    client: Sender,
    ticks: Interval,
    tick: u32,
    checkpointed: Option<Charge>,
}

pub(crate) async fn relay(exchange: Exchange, mut head: Response<()>, mut body: UpstreamBody, answer: Answer) {
    let status = head.status().as_u16();
    head.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    head.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    announce_budget(head.headers_mut(), exchange.admitted.reservation().left_after(None));
    let (client, client_body) = Body::channel();
    // If nobody takes it, the channel says so at the next step.
    let _ = answer.send(head.map(|()| client_body));
    let tap = StreamTap::new(exchange.admitted.endpoint(), exchange.admitted.client_wants_usage());
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pump = Pump { exchange, tap, splitter: Splitter::default(), client, ticks, tick: 0, checkpointed: None };
    let end = pump.run(&mut body).await;
    let was_whole = matches!(end, End::Whole(_));
    pump.finish(end, status).await;
    if was_whole {
        let _ = timeout(LINGER, async { while let Some(Ok(_)) = body.frame().await {} }).await;
    }
}

impl Pump {
    async fn run(&mut self, body: &mut UpstreamBody) -> End {
        let mut heard = Instant::now();
        loop {
            let due = self.exchange.due.min(heard + self.exchange.between_events);
            // Not biased: a provider that always has something ready must not keep the second hand from moving.
            let step = tokio::select! {
                step = self.exchange.drain.wait(body.frame(), self.client.closed(), due) => step,
                _ = self.ticks.tick() => {
                    match self.each_second() {
                        Some(cut) => return End::Cut(cut),
                        None => continue,
                    }
                }
            };
            let data = match step {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
                Ok(None) => return End::Closed,
                Ok(Some(Err(error))) => {
                    tracing::warn!(%error, "a provider broke off a stream");
                    return End::Failed(Denial::ProviderError);
                }
                Err(Stop::Timeout) => return End::Failed(Denial::ProviderTimeout),
                Err(Stop::ClientGone) => return End::ClientGone,
            };
            if let Some(end) = self.take(data).await {
                return end;
            }
            heard = Instant::now();
            if heard >= self.exchange.due {
                return End::Failed(Denial::ProviderTimeout);
            }
        }
    }

    /// Cuts a chunk into events, and passes neighbours on together.
    async fn take(&mut self, data: Bytes) -> Option<End> {
        self.splitter.push(data.clone());
        let mut run: Range<usize> = 0..0;
        loop {
            let raw = match self.splitter.next_event() {
                Ok(Some(raw)) => raw,
                Ok(None) => return self.pass_on(data.slice(run)).await,
                Err(_) => return Some(End::Failed(Denial::UpstreamProtocol)),
            };
            let verdict = self.tap.observe(&raw);
            let place = place_in(&data, &raw);
            match (verdict, place) {
                (Verdict::Relay, Some(place)) if place.start == run.end => run.end = place.end,
                (verdict, place) => {
                    let before = data.slice(std::mem::take(&mut run));
                    if let Some(end) = self.pass_on(before).await {
                        return Some(end);
                    }
                    match (verdict, place) {
                        (Verdict::Last, _) => return Some(End::Whole(raw)),
                        (Verdict::Withhold, Some(place)) => run = place.end..place.end,
                        (Verdict::Withhold, None) => {}
                        (Verdict::Relay, Some(place)) => run = place,
                        (Verdict::Relay, None) => {
                            if let Some(end) = self.pass_on(raw).await {
                                return Some(end);
                            }
                        }
                    }
                }
            }
        }
    }

    async fn pass_on(&mut self, bytes: Bytes) -> Option<End> {
        if bytes.is_empty() {
            return None;
        }
        if self.exchange.drain.client_is_gone() {
            // No more than was let in: what lies beyond is not this call's any more.
            let most = self.exchange.admitted.tariff().bound.output_tokens;
            return (self.tap.estimated_output() > most).then_some(End::ClientGone);
        }
        self.exchange.admitted.reservation_mut().first_byte();
        let stalled = self.exchange.gateway.settings.timeouts.client_stalled;
        let taken = timeout(stalled, self.client.send(bytes)).await;
        let lost = !matches!(taken, Ok(Ok(())));
        (lost && !self.exchange.drain.begin()).then_some(End::ClientGone)
    }

    /// Whether the stream may go on; and what was seen of it, for a crash.
    fn each_second(&mut self) -> Option<Cut> {
        let gateway = &self.exchange.gateway;
        if gateway.cutting.load(Ordering::Relaxed) {
            return Some(Cut::Shutdown);
        }
        let key = self.exchange.admitted.caller().record.key.id;
        let compromised = gateway.directory.key(key).is_some_and(|record| {
            matches!(record.key.state, KeyState::Revoked { reason: RevocationReason::Compromised, .. })
        });
        if compromised {
            return Some(Cut::Compromised);
        }
        self.tick = self.tick.wrapping_add(1);
        if self.tick.is_multiple_of(CHECKPOINT_TICKS) {
            let charge = self.charge();
            if self.checkpointed != Some(charge) {
                let event = self.exchange.admitted.caller().event;
                self.exchange.admitted.reservation().checkpoint(event, &charge);
                self.checkpointed = Some(charge);
            }
        }
        None
    }

    fn charge(&self) -> Charge {
        let tariff = self.exchange.admitted.tariff();
        match self.tap.whole() {
            Some(tokens) => tariff.reported(tokens),
            None => tariff.estimated(self.tap.last(), self.tap.estimated_output()),
        }
    }

    /// Settles, and only then lets the client see the end.
    async fn finish(mut self, end: End, status: u16) {
        let charge = self.charge();
        let endpoint = self.exchange.admitted.endpoint();
        let gone = self.exchange.drain.client_is_gone();
        let (outcome, denial, words) = match &end {
            End::ClientGone => (Outcome::ClientGone, None, None),
            End::Cut(Cut::Shutdown) => (Outcome::Interrupted, Some(Denial::Starting), Some(SHUTDOWN)),
            End::Cut(Cut::Compromised) => (Outcome::Interrupted, Some(Denial::KeyRevoked), None),
            _ if gone => (Outcome::ClientGone, None, None),
            End::Whole(_) if !self.tap.failed => (Outcome::Answered, None, None),
            End::Closed if self.tap.whole().is_some() && !self.tap.failed => (Outcome::Answered, None, None),
            End::Failed(denial) => (Outcome::ProviderFailed, Some(denial.clone()), None),
            End::Whole(_) | End::Closed => (Outcome::ProviderFailed, Some(Denial::ProviderError), None),
        };
        let last = match (&end, outcome) {
            (End::Whole(last), _) => last.clone(),
            (End::Closed, Outcome::Answered) => self.splitter.rest(),
            _ => Bytes::new(),
        };
        // The provider's own last word stands; ours would be a second one.
        let silent = matches!(end, End::Whole(_)) || (matches!(end, End::Closed) && self.tap.failed);
        let shutdown = matches!(end, End::Cut(Cut::Shutdown));
        self.exchange.conclude(outcome, denial.as_ref());
        let gateway = self.exchange.gateway;
        let (caller, reservation) = self.exchange.admitted.into_reservation();
        let error = match &denial {
            _ if shutdown => Some("server_shutdown"),
            Some(denial) => Some(denial.code()),
            None => None,
        };
        let settled = reservation.settle(Ending { status, outcome, error, charge });
        let event = |denial: &Denial, words: &str| {
            let mut body = error_body(denial, words, &asked(&caller, &gateway));
            if shutdown && let Some(error) = body.get_mut("error") {
                error["code"] = Value::from("server_shutdown");
            }
            Bytes::from(error_event(endpoint, &body))
        };
        let bytes = match (settled, denial) {
            (Err(denial), _) => event(&denial, &sentence(&denial)),
            (Ok(()), Some(denial)) if !silent => event(&denial, words.unwrap_or(&sentence(&denial))),
            (Ok(()), _) => last,
        };
        // A client that was given up must not take what it has for the whole: its connection is cut.
        if outcome == Outcome::ClientGone {
            return;
        }
        let stalled = gateway.settings.timeouts.client_stalled;
        if matches!(timeout(stalled, self.client.send(bytes)).await, Ok(Ok(()))) {
            self.client.finish();
        }
    }
}

const SHUTDOWN: &str = "Keywright is restarting and had to end this answer. Send the request again.";

/// Where an event stands in the chunk that it came with; `None` if it began in an earlier one.
fn place_in(chunk: &Bytes, event: &Bytes) -> Option<Range<usize>> {
    let start = (event.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    let end = start + event.len();
    (end <= chunk.len()).then_some(start..end)
}
