//! Relays a stream event by event while its usage is counted.
//!
//! Whole events are passed on as soon as their last byte is here; the event that ends the answer waits until the usage
//! is written. More money is set aside before the text that it pays for is passed on; where no budget has more, the
//! stream ends. A stream that has to end early ends with an error event of its format and is settled with what was seen.
//! A client that reads slowly slows its provider down. After it hung up, or took nothing for too long, a stream whose
//! usage comes last is read on for a bounded time, any other is dropped.
//!
//! Deadlines are looked at once a second, not by a timer for each event.

use crate::body::{Body, Sender};
use crate::dialect::{StreamTap, Verdict};
use crate::error::{error_body, sentence};
use crate::forward::{Answer, Exchange, announce_budget, asked};
use crate::framing::{Framing, Splitter};
use crate::metering::Charge;
use crate::reservation::Ending;
use crate::upstream::{BoxError, UpstreamBody};
use bytes::Bytes;
use domain::denial::{Denial, LimitReached};
use domain::usage::Outcome;
use domain::virtual_key::{KeyState, RevocationReason};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Frame;
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
/// What a client that reads slowly is handed at once: it has to take this much within the time that it may stall.
const PIECE_BYTES: usize = 16 * 1024;
/// How long an error event waits for a client whose window is full, when its stream was cut.
const LAST_WORDS: Duration = Duration::from_secs(1);
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

/// What happened next.
enum Step {
    Frame(Option<Result<Frame<Bytes>, BoxError>>),
    Gone,
    Second,
}

struct Pump {
    exchange: Exchange,
    tap: StreamTap,
    splitter: Splitter,
    client: Sender,
    /// When the provider last said something.
    heard: Instant,
    ticks: Interval,
    tick: u32,
    checkpointed: Option<Charge>,
}

pub(crate) async fn relay(
    exchange: Exchange,
    framing: Framing,
    mut head: Response<()>,
    mut body: UpstreamBody,
    answer: Answer,
) {
    let status = head.status().as_u16();
    if framing == Framing::Events && !is_event_stream(head.headers()) {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    }
    head.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    head.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    announce_budget(head.headers_mut(), exchange.admitted.reservation().left_after(None));
    let (client, client_body) = Body::channel();
    // If nobody takes it, the channel says so at the next step.
    let _ = answer.send(head.map(|()| client_body));
    let tap = StreamTap::new(exchange.admitted.endpoint(), framing, exchange.admitted.client_wants_usage());
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let heard = Instant::now();
    let splitter = Splitter::new(framing);
    let mut pump = Pump { exchange, tap, splitter, client, heard, ticks, tick: 0, checkpointed: None };
    let end = pump.run(&mut body).await;
    let was_whole = matches!(end, End::Whole(_));
    if !was_whole {
        // Nobody reads on: the provider should not have to write on while this call is being settled.
        body = UpstreamBody::default();
    }
    pump.finish(end, status).await;
    if was_whole {
        let _ = timeout(LINGER, async { while let Some(Ok(_)) = body.frame().await {} }).await;
    }
}

/// True if an answer says of itself that it is a stream.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    const EVENT_STREAM: &[u8] = b"text/event-stream";
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().get(..EVENT_STREAM.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM))
}

impl Pump {
    async fn run(&mut self, body: &mut UpstreamBody) -> End {
        loop {
            let step = {
                let Self { exchange, client, ticks, .. } = self;
                // Not biased: a provider that always has something ready must not keep the second hand from moving.
                tokio::select! {
                    frame = body.frame() => Step::Frame(frame),
                    () = client.closed(), if !exchange.drain.client_is_gone() => Step::Gone,
                    _ = ticks.tick() => Step::Second,
                }
            };
            let end = match step {
                Step::Frame(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        let end = self.take(data).await;
                        self.heard = Instant::now();
                        end
                    }
                    Err(_) => None,
                },
                Step::Frame(None) => Some(End::Closed),
                Step::Frame(Some(Err(error))) => {
                    tracing::warn!(%error, "a provider broke off a stream");
                    Some(End::Failed(Denial::ProviderError))
                }
                Step::Gone => (!self.exchange.drain.begin()).then_some(End::ClientGone),
                Step::Second => self.each_second().or_else(|| self.silence()),
            };
            if let Some(end) = end {
                return end;
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
                Err(_) => {
                    let before = self.pass_on(data.slice(run)).await;
                    return before.or(Some(End::Failed(Denial::UpstreamProtocol)));
                }
            };
            let verdict = self.tap.observe(&raw);
            let covered = self.cover();
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
            if let Err(denial) = covered {
                let before = self.pass_on(data.slice(run)).await;
                return before.or(Some(End::Failed(denial)));
            }
        }
    }

    /// Has more set aside where what was seen makes it necessary.
    fn cover(&mut self) -> Result<(), Denial> {
        // Once the provider has told everything, what the answer costs is known.
        if self.tap.whole().is_some() {
            return Ok(());
        }
        self.exchange.admitted.cover(self.tap.most_output())
    }

    async fn pass_on(&mut self, mut bytes: Bytes) -> Option<End> {
        if bytes.is_empty() {
            return None;
        }
        if self.exchange.drain.client_is_gone() {
            // No more than was let in: what lies beyond is not this call's any more.
            let most = self.exchange.admitted.tariff().bound.output_tokens;
            return (self.tap.estimated_output() > most).then_some(End::ClientGone);
        }
        self.exchange.admitted.reservation_mut().first_byte();
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
            match self.hand_over(piece).await {
                Ok(true) => {}
                Ok(false) => return (!self.exchange.drain.begin()).then_some(End::ClientGone),
                Err(end) => return Some(end),
            }
        }
        None
    }

    /// False if the client is gone or takes nothing.
    async fn hand_over(&mut self, piece: Bytes) -> Result<bool, End> {
        let mut waiting = None;
        loop {
            let sent = {
                let Self { client, ticks, .. } = self;
                tokio::select! {
                    biased;
                    sent = client.send(piece.clone()) => Some(sent),
                    _ = ticks.tick() => None,
                }
            };
            if let Some(sent) = sent {
                return Ok(sent.is_ok());
            }
            if let Some(end) = self.each_second() {
                return Err(end);
            }
            let now = Instant::now();
            let since = *waiting.get_or_insert(now);
            if now >= since + self.exchange.gateway.settings.timeouts.client_stalled {
                return Ok(false);
            }
        }
    }

    /// Whether the stream may go on; and what was seen of it, for a crash.
    fn each_second(&mut self) -> Option<End> {
        let gateway = &self.exchange.gateway;
        if gateway.cutting.load(Ordering::Relaxed) {
            return Some(End::Cut(Cut::Shutdown));
        }
        let key = self.exchange.admitted.caller().record.key.id;
        let compromised = gateway.directory.key(key).is_some_and(|record| {
            matches!(record.key.state, KeyState::Revoked { reason: RevocationReason::Compromised, .. })
        });
        if compromised {
            return Some(End::Cut(Cut::Compromised));
        }
        let now = Instant::now();
        if self.exchange.drain.is_over(now) {
            return Some(End::ClientGone);
        }
        if now >= self.exchange.due {
            return Some(End::Failed(Denial::ProviderTimeout));
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

    /// The end of a stream whose provider says nothing more.
    fn silence(&self) -> Option<End> {
        let patience = self.exchange.between_events;
        (Instant::now() >= self.heard + patience).then_some(End::Failed(Denial::ProviderTimeout))
    }

    fn charge(&self) -> Charge {
        let tariff = self.exchange.admitted.tariff();
        match self.tap.whole() {
            Some(tokens) => tariff.reported(tokens),
            None => tariff.estimated(self.tap.last(), self.tap.estimated_output()),
        }
    }

    fn charge_for(&self, end: &End) -> Charge {
        match end {
            End::Failed(Denial::BudgetExhausted(_)) => {
                let (seen, margin) = (self.tap.estimated_output(), self.exchange.admitted.margin());
                self.exchange.admitted.tariff().cut_off(self.tap.last(), seen, margin)
            }
            _ => self.charge(),
        }
    }

    /// Settles, and only then lets the client see the end.
    async fn finish(mut self, end: End, status: u16) {
        let charge = self.charge_for(&end);
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
            End::Closed if self.tap.whole().is_some() && !self.tap.failed => (Outcome::Answered, None),
            End::Failed(denial) => (Outcome::ProviderFailed, Some(denial.clone())),
            End::Whole(_) | End::Closed => (Outcome::ProviderFailed, Some(Denial::ProviderError)),
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
        let event = |denial: &Denial| {
            let words = match denial {
                _ if shutdown => SHUTDOWN.to_owned(),
                Denial::BudgetExhausted(limit) => out_of_money(limit),
                denial => sentence(denial),
            };
            let mut body = error_body(denial, &words, &asked(&caller, &gateway));
            if shutdown && let Some(error) = body.get_mut("error") {
                error["code"] = Value::from("server_shutdown");
            }
            Bytes::from(self.tap.error_event(&body))
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

/// Where an event stands in the chunk that it came with; `None` if it began in an earlier one.
fn place_in(chunk: &Bytes, event: &Bytes) -> Option<Range<usize>> {
    let start = (event.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    let end = start + event.len();
    (end <= chunk.len()).then_some(start..end)
}
