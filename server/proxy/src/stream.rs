//! Relays a stream event by event while its usage is counted.
//!
//! Whole events are passed on as soon as their last byte is here; the event that ends the answer waits until the usage
//! is written. More money is set aside before the text that it pays for is passed on; where no budget has more, the
//! stream ends. A stream that has to end early ends with an error event of its format and is settled with what was seen.
//! A client that reads slowly slows its provider down. After it hung up, or took nothing for too long, a stream whose
//! usage comes last is read on for a bounded time, any other is dropped.
//!
//! Deadlines are looked at once a second, not by a timer for each event.

mod translated;

use crate::answer_headers::announce_budget;
use crate::body::{Body, Sender};
use crate::dialect::translate::StreamTranslator;
use crate::dialect::{StreamTap, Verdict};
use crate::forward::{Answer, Exchange};
use crate::framing::{Framing, Splitter};
use crate::metering::Charge;
use crate::sse::Event;
use crate::stream_end::{self, Cut, End, Ended};
use crate::upstream::{BoxError, UpstreamBody};
use bytes::Bytes;
use domain::denial::Denial;
use domain::virtual_key::{KeyState, RevocationReason};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use serde::de::IgnoredAny;
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
/// How long the end of a finished stream is waited for, so that its connection can be used again.
const LINGER: Duration = Duration::from_secs(1);

/// What happened next.
enum Step {
    Frame(Option<Result<Frame<Bytes>, BoxError>>),
    Gone,
    Second,
}

struct Pump {
    exchange: Box<Exchange>,
    tap: StreamTap,
    splitter: Splitter,
    /// What the client sees is made by this, if its format is another.
    translator: Option<Box<StreamTranslator>>,
    client: Sender,
    /// When the provider last said something.
    heard: Instant,
    ticks: Interval,
    tick: u32,
    checkpointed: Option<Charge>,
}

pub(crate) async fn relay(
    exchange: Box<Exchange>,
    framing: Framing,
    mut head: Response<()>,
    mut body: UpstreamBody,
    answer: Answer,
) {
    let status = head.status().as_u16();
    if let Some(crossing) = &exchange.crossing {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(crossing.stream_type()));
    } else if framing == Framing::Events && !is_event_stream(head.headers()) {
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    }
    head.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    head.headers_mut().insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    announce_budget(head.headers_mut(), exchange.admitted.reservation().left_after(None));
    let (client, client_body) = Body::channel();
    // If nobody takes it, the channel says so at the next step.
    let _ = answer.send(head.map(|()| client_body));
    // What is translated needs all that the provider says.
    let wants_usage = exchange.crossing.is_some() || exchange.admitted.client_wants_usage();
    let mut tap = StreamTap::new(exchange.provider_endpoint(), framing, wants_usage);
    tap.wants_id = exchange.is_kept();
    let translator = exchange.crossing.as_ref().map(|crossing| Box::new(crossing.stream()));
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let heard = Instant::now();
    let splitter = Splitter::new(framing);
    let mut pump = Pump { exchange, tap, splitter, translator, client, heard, ticks, tick: 0, checkpointed: None };
    let end = pump.run(&mut body).await;
    let was_whole = matches!(end, End::Whole(_));
    if !was_whole {
        // Nobody reads on: the provider should not have to write on while this call is being settled.
        body = UpstreamBody::default();
    }
    let Pump { exchange, tap, client, translator, .. } = pump;
    Ended { exchange, tap, client, translator, status }.finish(end).await;
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
                        let end = match self.translator {
                            // Boxed, so that a task which has no use for it has no room for it either.
                            Some(_) => Box::pin(self.take_translated(data)).await,
                            None => self.take(data).await,
                        };
                        self.heard = Instant::now();
                        end
                    }
                    Err(_) => None,
                },
                Step::Frame(None) if self.translator.is_some() => Some(self.closed_translated()),
                Step::Frame(None) => Some(self.closed()),
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

    /// The connection is over. What came behind the last blank line counts if it is an event but for that.
    fn closed(&mut self) -> End {
        let rest = self.splitter.rest();
        if !is_all_there(&rest) {
            return End::Closed(Bytes::new());
        }
        match self.tap.observe(&rest) {
            Verdict::Last => End::Whole(rest),
            Verdict::Relay => End::Closed(rest),
            Verdict::Withhold => End::Closed(Bytes::new()),
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
            let charge = stream_end::charge(&self.exchange, &self.tap);
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
}

/// True if the data of an event, whose end did not come, is nevertheless whole.
fn is_all_there(event: &[u8]) -> bool {
    let data = Event::read(event).data;
    data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<IgnoredAny>(&data).is_ok()
}

/// Where an event stands in the chunk that it came with; `None` if it began in an earlier one.
fn place_in(chunk: &Bytes, event: &Bytes) -> Option<Range<usize>> {
    let start = (event.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    let end = start + event.len();
    (end <= chunk.len()).then_some(start..end)
}
