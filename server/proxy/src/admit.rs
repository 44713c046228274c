//! Lets a call in: the model, the bound of what it can cost, and the money for it.
//!
//! Checks stand in the order in which their denials are promised: model, price, limits, budget. An [`Admitted`] cannot
//! be made elsewhere and carries its reservation; it is the only thing that can be sent to a provider.

mod ahead;
mod cap;
mod outbound;
mod parameters;
mod priced;
pub(crate) mod watched;

use crate::caller::Caller;
use crate::dialect::translate::Chat;
use crate::gateway::Gateway;
use crate::head::{Head, takes_forms};
use crate::headers::Kind;
use crate::holding::Held;
use crate::metering::{CallBound, Tariff};
use crate::ports::{KeyRecord, ReserveRequest};
use crate::request::OutputCap;
use crate::reservation::Reservation;
use crate::route::Address;
use crate::routing::{Candidate, candidates, is_served};
use crate::size::{self, Measured};
use crate::slices::Slices;
use crate::stored;
use bytes::Bytes;
use cap::{expected_output, fitting_cap, may_shrink, output_cap, takes_a_cap};
use domain::call_terms::may_use_model;
use domain::denial::Denial;
use domain::markup::Markup;
use domain::model::{Endpoint, Model, WireFormat};
use domain::money::NanoUsd;
use domain::pricing::CallSize;
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::Timestamp;
use http::{HeaderMap, HeaderValue};
use priced::everything_has_a_price;
use std::sync::Arc;

/// What a caller asks for, read as far as the gateway acts on it.
pub(crate) struct Called {
    pub endpoint: Endpoint,
    pub address: Address,
    /// On the heap, like what is admitted: a call goes from hand to hand.
    pub head: Box<Head>,
    pub body: Bytes,
    /// The response that the call goes on from, which its provider adds to the input.
    pub continues: Option<Box<StoredResponse>>,
}

/// A call that may go to a provider, with the money for it.
pub(crate) struct Admitted {
    caller: Caller,
    called: Called,
    model: Arc<Model>,
    output_cap: OutputCap,
    /// The cap to which the request was shrunk so that it fits into a budget.
    clamped: Option<u64>,
    size: CallSize,
    bound: CallBound,
    slices: Slices,
    candidates: Vec<Candidate>,
    /// Of the provider that the call is at; until it is at one, the highest.
    markup: Markup,
    /// What the call asks for, if that is needed and known already.
    chat: Option<Box<Chat>>,
    reservation: Reservation,
    /// Counts the call among those of its key, until it is settled.
    _held: Held,
}

/// The longest answer that is believed of a model whose own limit is not known.
const UNKNOWN_OUTPUT: u64 = 131_072;

/// The model that a call names, if this key may use it here.
pub(crate) fn authorised_model(gateway: &Gateway, record: &KeyRecord, name: &str) -> Result<Arc<Model>, Denial> {
    let model = gateway.directory.model(name).filter(|model| model.enabled);
    let model = model.ok_or_else(|| Denial::ModelNotFound { model: shown(name) })?;
    if !may_use_model(&record.effective.models, name) {
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
    called: Called,
    held: Held,
) -> Result<Box<Admitted>, Box<(Caller, Denial)>> {
    match plan(gateway, &caller, &called) {
        Ok(Plan { model, candidates, chat, output_cap, clamped, size, bound, slices, reservation }) => {
            Ok(Box::new(Admitted {
                caller,
                called,
                model,
                output_cap,
                clamped,
                size,
                bound,
                slices,
                candidates,
                markup: bound.markup,
                chat,
                reservation,
                _held: held,
            }))
        }
        Err(denial) => Err(Box::new((caller, denial))),
    }
}

struct Plan {
    model: Arc<Model>,
    candidates: Vec<Candidate>,
    chat: Option<Box<Chat>>,
    output_cap: OutputCap,
    /// The cap to which the request was shrunk so that it fits into a budget.
    clamped: Option<u64>,
    size: CallSize,
    bound: CallBound,
    slices: Slices,
    reservation: Reservation,
}

fn plan(gateway: &Gateway, caller: &Caller, called: &Called) -> Result<Plan, Denial> {
    let Called { endpoint, head, body, .. } = called;
    let (endpoint, record) = (*endpoint, &*caller.record);
    let model = authorised_model(gateway, record, &head.model)?;
    let longest = record.effective.max_output_tokens;
    let watched = parameters::allowed(caller, endpoint, head)?;
    let mut candidates = serving(gateway, &model, endpoint)?;
    if let Some(previous) = &called.continues {
        stored::only_where_it_is(&mut candidates, previous, &model)?;
    }
    let chat = outbound::translatable(&mut candidates, called)?;
    let free = endpoint.counts_for().is_some();
    if model.price.is_none() && !free {
        return Err(Denial::ModelUnpriced { model: model.name.to_string() });
    }
    let mut draft = caller.draft(Some(endpoint), model.name.as_str());
    draft.streamed = head.stream;
    draft.watched = watched;
    draft.price_version = model.price_version;
    let Measured { mut size, prompt_estimate, usual } =
        size::measure(called, &candidates, &model, record.profile.terms.prompt_bound);
    let input_tokens = size.input_tokens;
    let guard = |reserved| {
        let (ledger, clock) = (Arc::clone(&gateway.ledger), Arc::clone(&gateway.clock));
        Reservation::new(ledger, clock, reserved, draft, caller.begun_at)
    };
    let Some(price) = model.price.as_ref().filter(|_| !free) else {
        // Free, and counted by the limits on requests like any other.
        let reserved = gateway.ledger.reserve(&ReserveRequest {
            event: caller.event,
            record,
            model: model.name.as_str(),
            bound: NanoUsd::ZERO,
            prompt_bound: NanoUsd::ZERO,
            output_token_nano: NanoUsd::ZERO,
            expected_tokens: 0,
            now: caller.arrived_at,
        })?;
        let bound = CallBound { input_tokens, ..CallBound::default() };
        let (slices, reservation) = (Slices::whole(0), guard(Some(reserved)));
        let output_cap = OutputCap::AsSent;
        return Ok(Plan { candidates, chat, output_cap, clamped: None, size, bound, slices, reservation, model });
    };
    everything_has_a_price(price, head)?;
    // A bound that is no amount of money fits into no budget.
    let too_much =
        || Denial::InvalidRequest { reason: "What this call could cost cannot be expressed. Send less.".to_owned() };
    // At whichever of its providers the call ends, it is paid for.
    let markup = candidates.iter().map(|candidate| candidate.provider.markup).max().unwrap_or_default();
    let silent = price.bound(&CallSize { output_tokens: 0, ..size }, markup).ok_or_else(too_much)?;
    let mut cap = None;
    if takes_a_cap(endpoint) {
        let most = output_cap(gateway, caller, head, &model, silent);
        size.output_tokens = most.saturating_mul(head.choices);
        cap = Some(most);
    }
    price.bound(&size, markup).ok_or_else(too_much)?;
    let mut slices = ahead::in_slices(gateway, endpoint, head, body, &model, size.output_tokens);
    let reserve = |covered: u64, most: u64| {
        let bound = price.bound(&CallSize { output_tokens: covered, ..size }, markup).ok_or_else(too_much)?;
        gateway.ledger.reserve(&ReserveRequest {
            event: caller.event,
            record,
            model: model.name.as_str(),
            bound: bound.total,
            prompt_bound: bound.prompt,
            // All choices grow with the cap.
            output_token_nano: NanoUsd::from_nano(
                bound.output_token.as_nano().saturating_mul(head.choices.cast_signed()),
            ),
            expected_tokens: prompt_estimate.saturating_add(expected_output(most)),
            now: caller.arrived_at,
        })
    };
    let mut clamped = cap.filter(|_| parameters::is_longer(longest, head));
    let reserved = match reserve(slices.covered(), size.output_tokens) {
        Err(denial) => {
            let fitting = cap.filter(|_| may_shrink(caller)).and_then(|cap| fitting_cap(&denial, &silent, head, cap));
            let Some(fitting) = fitting else { return Err(denial) };
            let all = fitting.saturating_mul(head.choices);
            // What fits may be gone in the meantime: then the first reason stands.
            let reserved = reserve(all, all).map_err(|_| denial)?;
            (size.output_tokens, slices) = (all, Slices::whole(all));
            (cap, clamped) = (Some(fitting), Some(fitting));
            reserved
        }
        Ok(reserved) => reserved,
    };
    let reservation = guard(Some(reserved));
    let output_cap = cap.map_or(OutputCap::AsSent, OutputCap::AtMost);
    let most_output = model.max_output_tokens.unwrap_or(UNKNOWN_OUTPUT).saturating_mul(head.choices);
    let bound = CallBound {
        input_tokens,
        output_tokens: size.output_tokens,
        most_output,
        prompt_estimate,
        units: size.units,
        usual,
        fixed: head.fixed,
        tier_is_silent: endpoint.format() == WireFormat::Gemini,
        markup,
        ..CallBound::default()
    };
    Ok(Plan { candidates, chat, output_cap, clamped, size, bound, slices, reservation, model })
}

/// Where the call can go, or where it should have been made.
fn serving(gateway: &Gateway, model: &Model, endpoint: Endpoint) -> Result<Vec<Candidate>, Denial> {
    let directory = &*gateway.directory;
    let here = candidates(model, endpoint, directory, (gateway.random)());
    if !here.is_empty() {
        return Ok(here);
    }
    let elsewhere = model.endpoints.iter().find(|&&other| other != endpoint && is_served(model, other, directory));
    match elsewhere {
        Some(_) if endpoint.counts_for().is_some() => Err(Denial::InvalidRequest {
            reason: format!(
                "'model': the tokens of {} cannot be counted here, since its provider speaks another format and counts \
                 otherwise. Send the call itself: its answer says what it used.",
                model.name
            ),
        }),
        Some(other) => Err(Denial::ModelUnsupported { model: model.name.to_string(), endpoint: other.gateway_path() }),
        // Listed here, and nobody in service anywhere.
        None => Err(Denial::ProviderError),
    }
}

impl Admitted {
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }
    pub(crate) const fn endpoint(&self) -> Endpoint {
        self.called.endpoint
    }
    pub(crate) const fn address(&self) -> &Address {
        &self.called.address
    }
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }
    pub(crate) const fn streamed(&self) -> bool {
        self.called.head.stream
    }
    pub(crate) const fn clamped(&self) -> Option<u64> {
        self.clamped
    }
    /// What is sent and asked for. A form keeps its boundary.
    pub(crate) fn kind(&self) -> Kind {
        let json = HeaderValue::from_static("application/json");
        let form = self.caller.headers.get(http::header::CONTENT_TYPE).filter(|_| takes_forms(self.endpoint()));
        let accept = match self.endpoint() {
            _ if self.streamed() => "text/event-stream",
            Endpoint::Speech | Endpoint::Transcriptions | Endpoint::Translations => "*/*",
            _ => "application/json",
        };
        Kind { content: form.cloned().unwrap_or(json), accept }
    }
    pub(crate) const fn client_headers(&self) -> &HeaderMap {
        &self.caller.headers
    }
    pub(crate) fn tariff(&self) -> Tariff<'_> {
        let price = self.model.price.as_ref().filter(|_| self.endpoint().counts_for().is_none());
        let (covered_tokens, amount) = (self.slices.covered(), self.set_aside());
        Tariff { price, markup: self.markup, bound: CallBound { covered_tokens, amount, ..self.bound } }
    }
    /// Another attempt: from now on this provider may be working for us, at its own prices.
    pub(crate) fn sent_to(&mut self, at: usize) {
        let Candidate { deployment, provider, .. } = &self.candidates[at];
        self.markup = provider.markup;
        self.reservation.sent_to(deployment.id);
    }
    /// True if the provider is to keep its answer.
    pub(crate) const fn keeps_answer(&self) -> bool {
        self.called.head.keeps
    }
    /// The answer to this call as its provider keeps it; `None` before it was sent.
    pub(crate) fn kept(&self, id: ResponseId, tokens: u64, made_at: Timestamp) -> Option<StoredResponse> {
        let deployment = self.reservation.deployment()?;
        let place = self.candidates.iter().find(|candidate| candidate.deployment.id == deployment)?;
        let owner = self.caller.record.key.owner;
        Some(StoredResponse { id, owner, provider: place.provider.id, deployment, tokens, made_at })
    }
    /// True if the client itself asked for the usage of its stream.
    pub(crate) fn client_wants_usage(&self) -> bool {
        self.called.head.stream_options.as_ref().is_some_and(|options| options.value.include_usage)
    }
    pub(crate) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
    /// Nothing will be sent any more: what is left of the request is not held while the answer takes its time.
    pub(crate) fn forget_body(&mut self) {
        self.chat = None;
        self.called.body = Bytes::new();
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
}
