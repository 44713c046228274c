//! A call about a stored response: its owner reads, deletes or cancels it where it is kept.
//!
//! Costs nothing, and counts as a request like any other. One attempt: there is no other place that has it, and SDKs
//! repeat by themselves what is worth repeating. Its answer is passed on as it comes and read for nothing; a provider's
//! error that is no JSON, or has the credential in it, is replaced by one of ours.

use super::{Wanted, own};
use crate::admit::watched;
use crate::attended::Attended;
use crate::body::Body;
use crate::caller::Caller;
use crate::coding;
use crate::error::{self, Asked};
use crate::forward::asked;
use crate::gateway::Gateway;
use crate::headers::for_client;
use crate::holding::Held;
use crate::kind_of_answer::without_an_answer;
use crate::limit_headers;
use crate::metering::Charge;
use crate::ports::{Directory, ProviderRecord, ReserveRequest};
use crate::reservation::{Ending, Reservation};
use crate::upstream::{Outbound, UpstreamBody};
use bytes::{Bytes, BytesMut};
use domain::denial::Denial;
use domain::id::{CredentialId, DeploymentId};
use domain::key_secret::SecretText;
use domain::model::Endpoint;
use domain::money::NanoUsd;
use domain::stored_response::StoredResponse;
use domain::usage::Outcome;
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use serde::de::IgnoredAny;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};

/// The longest error of a provider that is passed on.
const ERROR_BYTES: usize = 64 * 1024;
const NOT_YOURS: &str =
    "There is no stored response by that id that this key's owner was given here and that is still kept.";
const OUT_OF_REACH: &str =
    "The provider that keeps this response is not in use here any more. An administrator can set it up again.";

/// Where a response is kept, and by which credential it is reached.
struct Place {
    /// The model that is served there.
    model: String,
    provider: Arc<ProviderRecord>,
    deployment: DeploymentId,
    credential: CredentialId,
}

/// The deployment that made a response, or another one at the same provider.
fn place(directory: &dyn Directory, response: &StoredResponse) -> Option<Place> {
    let provider = directory.provider(response.provider).filter(|provider| provider.enabled)?;
    let models = directory.models();
    let own = models.iter().filter(|model| model.alias_of.is_none());
    let here = own.flat_map(|model| model.deployments.iter().map(move |deployment| (model, deployment)));
    let here = here.filter(|(_, deployment)| deployment.provider == response.provider);
    let (model, deployment) = here.min_by_key(|(_, deployment)| deployment.id != response.deployment)?;
    let (model, credential) = (model.name.to_string(), deployment.credential);
    Some(Place { model, provider, deployment: deployment.id, credential })
}

pub(crate) async fn answer(gateway: &Arc<Gateway>, caller: Caller, wanted: Result<Wanted, Denial>) -> Response<Body> {
    const ENDPOINT: Option<Endpoint> = Some(Endpoint::Responses);
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(denial) => return gateway.deny(&caller, ENDPOINT, "", &denial),
    };
    // Bounds how much one key looks up at once, whatever the ledger would say later.
    let held = match gateway.holding.enter(&caller.record) {
        Ok(held) => held,
        Err(denial) => return gateway.deny(&caller, ENDPOINT, "", &denial),
    };
    let response = match own(gateway, &caller, &wanted.id).await {
        Ok(Some(response)) => response,
        Ok(None) => return gateway.deny_with(&caller, ENDPOINT, "", &Denial::NotFound, NOT_YOURS),
        Err(denial) => return gateway.deny(&caller, ENDPOINT, "", &denial),
    };
    let Some(place) = place(&*gateway.directory, &response) else {
        return gateway.deny_with(&caller, ENDPOINT, "", &Denial::NotFound, OUT_OF_REACH);
    };
    let prepared = prepare(gateway, &caller, &wanted, &response, &place);
    let (credential, outbound) = match prepared {
        Ok(prepared) => prepared,
        Err(denial) => return gateway.deny(&caller, ENDPOINT, &place.model, &denial),
    };
    let reserved = gateway.ledger.reserve(&ReserveRequest {
        event: caller.event,
        record: &caller.record,
        model: &place.model,
        bound: NanoUsd::ZERO,
        prompt_bound: NanoUsd::ZERO,
        output_token_nano: NanoUsd::ZERO,
        expected_tokens: 0,
        now: caller.arrived_at,
    });
    let reserved = match reserved {
        Ok(reserved) => reserved,
        Err(denial) => return gateway.deny(&caller, ENDPOINT, &place.model, &denial),
    };
    let (ledger, clock) = (Arc::clone(&gateway.ledger), Arc::clone(&gateway.clock));
    let mut draft = caller.draft(ENDPOINT, &place.model);
    draft.watched = watched::broken(&caller, Endpoint::Responses, None, None);
    let mut reservation = Reservation::new(ledger, clock, Some(reserved), draft, caller.begun_at);
    reservation.sent_to(place.deployment);
    let (event, skin) = (caller.event, caller.skin);
    let (answer, answered) = oneshot::channel();
    let deletes = wanted.method == Method::DELETE;
    let gateway = Arc::clone(gateway);
    let visit = Visit { caller, response, provider: place.provider, credential, deletes, reservation, _held: held };
    // A client that hangs up leaves nothing half done.
    let call = gateway.calls.track_future(visit.run(Arc::clone(&gateway), outbound, answer));
    Attended::new(call, answered).await.unwrap_or_else(|| {
        let nobody = Asked { event, skin, record: None, settings: &gateway.settings };
        error::refuse(&Denial::ProviderError, &nobody)
    })
}

fn prepare(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
    response: &StoredResponse,
    place: &Place,
) -> Result<(Arc<SecretText>, Outbound), Denial> {
    let rest = format!("{}{}", response.id.as_str(), wanted.rest);
    let path = place.provider.stored_path(&rest, &wanted.query).ok_or(Denial::ProviderError)?;
    let credential = gateway.directory.credential(place.credential)?;
    let outbound = Outbound::free(wanted.method.clone(), &place.provider, path, &caller.headers, &credential)?;
    Ok((credential, outbound))
}

/// What a provider says of why it does not serve; what is longer than any honest error is cut, and is no JSON then.
async fn error_text(mut body: UpstreamBody, due: Instant) -> Bytes {
    let mut kept = BytesMut::new();
    while let Ok(Some(Ok(frame))) = timeout_at(due, body.frame()).await {
        kept.extend_from_slice(frame.data_ref().map_or(&b""[..], |data| data));
        if kept.len() > ERROR_BYTES {
            break;
        }
    }
    kept.freeze()
}

/// One call on its way.
struct Visit {
    caller: Caller,
    response: StoredResponse,
    provider: Arc<ProviderRecord>,
    credential: Arc<SecretText>,
    deletes: bool,
    reservation: Reservation,
    _held: Held,
}

type Answer = oneshot::Sender<Response<Body>>;

impl Visit {
    async fn run(mut self, gateway: Arc<Gateway>, outbound: Outbound, answer: Answer) {
        let due = Instant::now() + gateway.settings.timeouts.total;
        let answered = self.begin(&gateway, outbound).await;
        // A client that is gone misses nothing, here and below.
        let (mut head, body) = match answered {
            Ok(answered) => answered,
            Err(denial) => return drop(answer.send(self.fail(&gateway, &denial))),
        };
        self.reservation.first_byte();
        let now = self.caller.arrived_at;
        limit_headers::announce(head.headers_mut(), self.caller.skin, self.reservation.traffic(), now);
        let status = head.status();
        if (self.deletes && status.is_success()) || status == StatusCode::NOT_FOUND {
            gateway.stored.forget(&self.response);
        }
        if status.is_success() {
            self.pass_on(&gateway, head, body, answer, due).await;
            return;
        }
        let kept = error_text(body, due).await;
        let response = if self.may_be_shown(&kept) {
            self.end(&gateway, Outcome::Answered, None, head.map(|()| Body::whole(kept)))
        } else {
            self.fail(&gateway, &Denial::ProviderError)
        };
        let _ = answer.send(response);
    }

    /// The provider's answer as it begins.
    async fn begin(&self, gateway: &Gateway, outbound: Outbound) -> Result<(Response<()>, UpstreamBody), Denial> {
        let patience = self.provider.timeouts.first_byte().unwrap_or(gateway.settings.timeouts.first_byte_plain);
        let response = match timeout(patience, gateway.upstream.send(outbound)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::warn!(provider.name = %self.provider.name, ?error, "a provider did not answer");
                return Err(Denial::ProviderError);
            }
            Err(_) => return Err(Denial::ProviderTimeout),
        };
        let (parts, body) = response.into_parts();
        if matches!(parts.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::warn!(provider.name = %self.provider.name, status = parts.status.as_u16(), "a provider refused its credential");
            return Err(Denial::ProviderAuth);
        }
        let coding = coding::of(&parts.headers).map_err(|_| Denial::UpstreamProtocol)?;
        if parts.status.is_informational() || parts.status.is_redirection() || without_an_answer(parts.status) {
            return Err(Denial::UpstreamProtocol);
        }
        let mut head = Response::new(());
        *head.status_mut() = parts.status;
        *head.headers_mut() = for_client(&parts.headers, self.caller.event);
        Ok((head, coding::decoded(body, coding)))
    }

    async fn pass_on(
        self,
        gateway: &Gateway,
        head: Response<()>,
        mut body: UpstreamBody,
        answer: Answer,
        due: Instant,
    ) {
        let status = head.status();
        let timeouts = &gateway.settings.timeouts;
        let between = self.provider.timeouts.between_events().unwrap_or(timeouts.between_events);
        let (sender, client_body) = Body::channel();
        // If nobody takes it, the channel says so at the next step.
        let _ = answer.send(head.map(|()| client_body));
        let outcome = loop {
            let data = match timeout_at(due.min(Instant::now() + between), body.frame()).await {
                Ok(None) => break Outcome::Answered,
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(Some(Err(_))) | Err(_) => break Outcome::ProviderFailed,
            };
            if !matches!(timeout(timeouts.client_stalled, sender.send(data)).await, Ok(Ok(()))) {
                break Outcome::ClientGone;
            }
        };
        let error = (outcome == Outcome::ProviderFailed).then(|| Denial::ProviderError.code());
        let ending = Ending { status: status.as_u16(), outcome, error, charge: Charge::NOTHING };
        let settled = self.reservation.settle(ending);
        // Without an end the connection is cut: the client must not take a part for the whole.
        if settled.is_ok() && outcome == Outcome::Answered {
            sender.finish();
        }
    }

    fn may_be_shown(&self, error: &Bytes) -> bool {
        let secret = self.credential.expose().as_bytes();
        let leaks = !secret.is_empty() && memchr::memmem::find(error, secret).is_some();
        !leaks && error.trim_ascii_start().first() == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(error).is_ok()
    }

    /// Ends a call with an error of ours.
    fn fail(self, gateway: &Gateway, denial: &Denial) -> Response<Body> {
        let response = error::refuse(denial, &asked(&self.caller, gateway));
        self.end(gateway, Outcome::ProviderFailed, Some(denial.code()), response)
    }

    /// Writes the record; a refusal instead of the answer where that cannot be done.
    fn end(
        self,
        gateway: &Gateway,
        outcome: Outcome,
        error: Option<&'static str>,
        response: Response<Body>,
    ) -> Response<Body> {
        let ending = Ending { status: response.status().as_u16(), outcome, error, charge: Charge::NOTHING };
        match self.reservation.settle(ending) {
            Ok(()) => response,
            Err(denial) => error::refuse(&denial, &asked(&self.caller, gateway)),
        }
    }
}
