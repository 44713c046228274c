//! Lets a call in: the model, the bound of what it can cost, and the money for it.
//!
//! Checks stand in the order in which their denials are promised: model, price, limits, budget. An [`Admitted`] cannot
//! be made elsewhere and carries its reservation; it is the only thing that can be sent to a provider.

use crate::gateway::Gateway;
use crate::head::Head;
use crate::holding::Held;
use crate::metering::{CallBound, Tariff};
use crate::ports::{KeyRecord, ReserveRequest};
use crate::request::{Chain, Edits, OutputCap, caps, rewrite};
use crate::reservation::Reservation;
use crate::route::path_of;
use crate::routing::{Candidate, candidates};
use crate::slices::{self, Slices};
use bytes::Bytes;
use domain::denial::Denial;
use domain::id::EventId;
use domain::key_secret::SecretText;
use domain::model::{Endpoint, Model, WireFormat};
use domain::money::NanoUsd;
use domain::time::Timestamp;
use domain::usage::{Outcome, TokenUsage, UsageRecord, UsageSource};
use http::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A recognised caller with a request that may proceed so far.
pub(crate) struct Caller {
    pub event: EventId,
    pub record: Arc<KeyRecord>,
    pub secret_version: i64,
    pub peer: IpAddr,
    pub headers: HeaderMap,
    pub skin: WireFormat,
    pub begun_at: Timestamp,
    /// When the whole request was here: what decides about expiry, windows and rates.
    pub arrived_at: Timestamp,
}

impl Caller {
    /// The record of this call as far as it is known; refused, unless something else is written over it.
    pub(crate) fn draft(&self, endpoint: Option<Endpoint>, model: &str) -> UsageRecord {
        UsageRecord {
            id: self.event,
            key: self.record.key.id,
            model: model.chars().take(128).collect(),
            deployment: None,
            endpoint,
            network: self.peer.to_string(),
            agent: agent(&self.headers),
            secret_version: self.secret_version,
            status: 0,
            outcome: Outcome::Denied,
            denial: None,
            streamed: false,
            tokens: TokenUsage::default(),
            cost: NanoUsd::ZERO,
            source: UsageSource::Nothing,
            price_version: 0,
            duration_ms: 0,
            first_byte_ms: None,
            charged: Vec::new(),
            repeated: 0,
        }
    }
}

/// The user agent, shortened to what is harmless to show.
fn agent(headers: &HeaderMap) -> String {
    let Some(value) = headers.get(http::header::USER_AGENT) else { return String::new() };
    let printable = value.as_bytes().iter().filter(|byte| (0x20..0x7f).contains(*byte));
    printable.take(64).map(|&byte| char::from(byte)).collect()
}

/// A call that may go to a provider, with the money for it.
pub(crate) struct Admitted {
    caller: Caller,
    endpoint: Endpoint,
    model: Arc<Model>,
    head: Head,
    body: Bytes,
    output_cap: OutputCap,
    bound: CallBound,
    slices: Slices,
    candidates: Vec<Candidate>,
    reservation: Reservation,
    /// Counts the call among those of its key, until it is settled.
    _held: Held,
}

/// Output tokens that a quarter of the headroom has to allow at least, before a call without a cap is refused.
const LEAST_OUTPUT: u64 = 16;
/// Tokens that a chat template puts around a message or tool.
const TOKENS_PER_ITEM: u64 = 16;
/// What input from outside of the body is taken for, if the model's context window is not known.
const UNKNOWN_WINDOW: u64 = 1_048_576;
/// Tokens of an answer that is rather long.
const TYPICAL_OUTPUT: u64 = 1_024;
/// The longest answer that is believed of a model whose own limit is not known.
const UNKNOWN_OUTPUT: u64 = 131_072;

/// The model that a call names, if this key may use it here.
pub(crate) fn authorised_model(gateway: &Gateway, record: &KeyRecord, name: &str) -> Result<Arc<Model>, Denial> {
    let model = gateway.directory.model(name).filter(|model| model.enabled);
    let model = model.ok_or_else(|| Denial::ModelNotFound { model: shown(name) })?;
    if !record.effective.models.iter().any(|pattern| pattern.matches(name)) {
        return Err(Denial::ModelNotAllowed { model: shown(name) });
    }
    Ok(model)
}

/// A client's text, short enough to be shown to it again.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(128).collect()
}

/// Lets the call in, or gives its caller back with the reason why not.
pub(crate) fn admit(
    gateway: &Gateway,
    caller: Caller,
    endpoint: Endpoint,
    head: Head,
    body: Bytes,
    held: Held,
) -> Result<Admitted, Box<(Caller, Denial)>> {
    match plan(gateway, &caller, endpoint, &head, &body) {
        Ok(Plan { model, candidates, output_cap, bound, slices, reservation }) => Ok(Admitted {
            caller,
            endpoint,
            model,
            head,
            body,
            output_cap,
            bound,
            slices,
            candidates,
            reservation,
            _held: held,
        }),
        Err(denial) => Err(Box::new((caller, denial))),
    }
}

struct Plan {
    model: Arc<Model>,
    candidates: Vec<Candidate>,
    output_cap: OutputCap,
    bound: CallBound,
    slices: Slices,
    reservation: Reservation,
}

fn plan(gateway: &Gateway, caller: &Caller, endpoint: Endpoint, head: &Head, body: &Bytes) -> Result<Plan, Denial> {
    let record = &*caller.record;
    let model = authorised_model(gateway, record, &head.model.value)?;
    let candidates = serving(gateway, &model, endpoint)?;
    let free = endpoint == Endpoint::CountTokens;
    if model.price.is_none() && !free {
        return Err(Denial::ModelUnpriced { model: model.name.to_string() });
    }
    let mut draft = caller.draft(Some(endpoint), model.name.as_str());
    draft.streamed = head.stream;
    draft.price_version = model.price_version;
    let input_tokens = input_bound(head, body.len() as u64, &model, endpoint.format());
    let prompt_estimate = (body.len() as u64).div_ceil(3).min(input_tokens);
    let guard = |reserved| {
        let (ledger, clock) = (Arc::clone(&gateway.ledger), Arc::clone(&gateway.clock));
        Reservation::new(ledger, clock, reserved, draft, caller.begun_at)
    };
    let Some(price) = model.price.as_ref().filter(|_| !free) else {
        let bound = CallBound { input_tokens, ..CallBound::default() };
        let (slices, reservation) = (Slices::whole(0), guard(None));
        return Ok(Plan { candidates, output_cap: OutputCap::AsSent, bound, slices, reservation, model });
    };
    // A bound that is no amount of money fits into no budget.
    let too_much =
        || Denial::InvalidRequest { reason: "What this call could cost cannot be expressed. Send less.".to_owned() };
    let silent = price.bound(input_tokens, 0).ok_or_else(too_much)?;
    let cap = output_cap(gateway, caller, endpoint, head, &model, silent);
    let output_tokens = cap.saturating_mul(head.choices);
    price.bound(input_tokens, output_tokens).ok_or_else(too_much)?;
    let slices = in_slices(gateway, head, body, &model, output_tokens);
    let bound = price.bound(input_tokens, slices.covered()).ok_or_else(too_much)?;
    let reserved = gateway.ledger.reserve(&ReserveRequest {
        event: caller.event,
        record,
        model: model.name.as_str(),
        bound: bound.total,
        prompt_bound: bound.prompt,
        // All choices grow with the cap.
        output_token_nano: NanoUsd::from_nano(bound.output_token.as_nano().saturating_mul(head.choices.cast_signed())),
        expected_tokens: prompt_estimate.saturating_add(expected_output(output_tokens)),
        now: caller.arrived_at,
    })?;
    let reservation = guard(Some(reserved));
    let output_cap = if endpoint == Endpoint::Embeddings { OutputCap::AsSent } else { OutputCap::AtMost(cap) };
    let most_output = model.max_output_tokens.unwrap_or(UNKNOWN_OUTPUT).saturating_mul(head.choices);
    let bound = CallBound { input_tokens, output_tokens, most_output, prompt_estimate, ..CallBound::default() };
    Ok(Plan { candidates, output_cap, bound, slices, reservation, model })
}

/// How much of the output is paid for before the call is sent.
fn in_slices(gateway: &Gateway, head: &Head, body: &[u8], model: &Model, output_tokens: u64) -> Slices {
    let slice = gateway.settings.slice_tokens;
    if head.stream && output_tokens > slice && slices::all_is_visible(model, body) {
        Slices::first(output_tokens, slice)
    } else {
        Slices::whole(output_tokens)
    }
}

/// What is assumed of an answer for limits on tokens until it is known: callers name caps far above what they use.
fn expected_output(most: u64) -> u64 {
    most.min(TYPICAL_OUTPUT)
}

/// Where the call can go, or where it should have been made.
fn serving(gateway: &Gateway, model: &Model, endpoint: Endpoint) -> Result<Vec<Candidate>, Denial> {
    let listed = |wanted: Endpoint| {
        model.endpoints.contains(&wanted)
            || (wanted == Endpoint::CountTokens && model.endpoints.contains(&Endpoint::Messages))
    };
    let random = (gateway.random)();
    let here = candidates(model, endpoint.format(), &*gateway.directory, random);
    if listed(endpoint) && !here.is_empty() {
        return Ok(here);
    }
    let speaks = |format| !candidates(model, format, &*gateway.directory, random).is_empty();
    let elsewhere =
        Endpoint::ALL.into_iter().find(|&other| other != endpoint && listed(other) && speaks(other.format()));
    match elsewhere {
        Some(other) => Err(Denial::ModelUnsupported { model: model.name.to_string(), endpoint: path_of(other) }),
        // Listed here, and nobody in service anywhere.
        None => Err(Denial::ProviderError),
    }
}

/// An upper bound of the prompt's tokens. A byte-level tokenizer never makes more tokens than there are bytes.
fn input_bound(head: &Head, body_bytes: u64, model: &Model, format: WireFormat) -> u64 {
    let per_image = match format {
        // Tiles of the small models, times what an image has at most.
        WireFormat::OpenAi => 50_000,
        WireFormat::Anthropic => 8_000,
    };
    let window = model.max_input_tokens;
    let images = head.scan.images.saturating_mul(per_image).min(window.unwrap_or(u64::MAX));
    let outside = if head.scan.outside { window.unwrap_or(UNKNOWN_WINDOW) } else { 0 };
    body_bytes
        .saturating_add(head.scan.items.saturating_mul(TOKENS_PER_ITEM))
        .saturating_add(images)
        .saturating_add(outside)
}

/// The cap that the call is sent with: the least of the client's, the key's and the model's. Where the client and the
/// model name none, what the profile assumes; where the client names none, also what a quarter of the headroom buys,
/// so that one unbounded call does not hold a whole budget.
fn output_cap(
    gateway: &Gateway,
    caller: &Caller,
    endpoint: Endpoint,
    head: &Head,
    model: &Model,
    silent: domain::pricing::Bound,
) -> u64 {
    if endpoint == Endpoint::Embeddings {
        return 0;
    }
    let terms = &caller.record.effective;
    let policy = terms.max_output_tokens.unwrap_or(u64::MAX).min(model.max_output_tokens.unwrap_or(u64::MAX));
    // A chat may carry a cap in either of two fields; which one its provider reads is not known here.
    let named = caps(head, endpoint).into_iter().flatten().filter_map(|(_, cap)| cap.value).max();
    if let Some(named) = named {
        return named.min(policy);
    }
    let assumed = policy.min(caller.record.profile.terms.assumed_output_tokens);
    let token = silent.output_token.as_nano();
    if token <= 0 {
        return assumed;
    }
    let left =
        gateway.ledger.figures(&caller.record, caller.arrived_at).iter().map(domain::budget::BudgetFigures::left).min();
    let Some(left) = left else { return assumed };
    let quarter = left.minus(silent.prompt).as_nano().max(0) / 4 / token;
    let affordable = quarter.unsigned_abs() / head.choices;
    assumed.min(affordable.max(LEAST_OUTPUT))
}

impl Admitted {
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }
    pub(crate) const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }
    pub(crate) const fn streamed(&self) -> bool {
        self.head.stream
    }
    pub(crate) const fn client_headers(&self) -> &HeaderMap {
        &self.caller.headers
    }
    pub(crate) fn tariff(&self) -> Tariff<'_> {
        let price = self.model.price.as_ref().filter(|_| self.endpoint != Endpoint::CountTokens);
        let (covered_tokens, amount) = (self.slices.covered(), self.reservation.amount());
        Tariff { price, bound: CallBound { covered_tokens, amount, ..self.bound } }
    }
    /// What a provider may have put out beyond what was seen.
    pub(crate) const fn margin(&self) -> u64 {
        self.slices.margin()
    }

    /// Sets aside what this answer needs to go on once this much output was seen. A refusal is the answer's end.
    pub(crate) fn cover(&mut self, seen: u64) -> Result<(), Denial> {
        let Some(reach) = self.slices.due(seen) else { return Ok(()) };
        let Err(denial) = self.reach(reach.wanted) else { return Ok(()) };
        let limit = match denial {
            Denial::BudgetExhausted(limit)
            | Denial::BudgetInsufficient { limit, .. }
            | Denial::BudgetReserved { limit, .. } => limit,
            other => return Err(other),
        };
        // The last of a budget may pay for less than a slice.
        let left = limit.limit.minus(limit.spent).minus(limit.reserved).as_nano().max(0);
        let token = self.model.price.as_ref().and_then(|price| price.bound(self.bound.input_tokens, 0));
        let token = token.map_or(1, |bound| bound.output_token.as_nano().max(1));
        let affordable = self.slices.covered().saturating_add((left / token).unsigned_abs());
        if (reach.least..reach.wanted).contains(&affordable) && self.reach(affordable).is_ok() {
            return Ok(());
        }
        Err(Denial::BudgetExhausted(limit))
    }

    /// Sets the whole cap aside.
    pub(crate) fn cover_all(&mut self) -> Result<(), Denial> {
        self.cover(self.slices.most())
    }

    fn reach(&mut self, tokens: u64) -> Result<(), Denial> {
        let price = self.model.price.as_ref();
        let bound = price.and_then(|price| price.bound(self.bound.input_tokens, tokens));
        // Less than the whole cap's, which was an amount of money.
        let amount = bound.map_or(NanoUsd::ZERO, |bound| bound.total);
        self.reservation.extend_to(&self.caller.record, amount)?;
        self.slices.reached(tokens);
        Ok(())
    }
    /// True if the client itself asked for the usage of its stream.
    pub(crate) fn client_wants_usage(&self) -> bool {
        self.head.stream_options.as_ref().is_some_and(|options| options.value.include_usage)
    }
    pub(crate) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
    /// Nothing will be sent any more: what is left of the request is not held while the answer takes its time.
    pub(crate) fn forget_body(&mut self) {
        self.body = Bytes::new();
    }
    pub(crate) const fn reservation(&self) -> &Reservation {
        &self.reservation
    }
    pub(crate) const fn reservation_mut(&mut self) -> &mut Reservation {
        &mut self.reservation
    }
    pub(crate) fn into_reservation(self) -> (Caller, Reservation) {
        (self.caller, self.reservation)
    }

    /// The request for one of the candidates.
    pub(crate) fn outbound(
        &self,
        candidate: &Candidate,
        credential: &SecretText,
    ) -> Result<crate::upstream::Outbound, Denial> {
        let body: Chain = rewrite(
            &self.body,
            &self.head,
            &Edits {
                endpoint: self.endpoint,
                upstream_model: &candidate.deployment.upstream_model,
                output_cap: self.output_cap,
                cap_field: cap_field(self.endpoint, candidate),
            },
        );
        crate::upstream::Outbound::new(self, &candidate.provider, credential, body)
    }
}

/// Where a provider looks for the output cap. OpenAI's reasoning models take only the new name; many compatible servers
/// know only the old one, and some ignore what they do not know.
fn cap_field(endpoint: Endpoint, candidate: &Candidate) -> &'static str {
    let host = candidate.provider.base_url.host().unwrap_or_default();
    match endpoint {
        Endpoint::Responses => "max_output_tokens",
        Endpoint::ChatCompletions if host.ends_with(".openai.com") || host.ends_with(".openai.azure.com") => {
            "max_completion_tokens"
        }
        _ => "max_tokens",
    }
}
