//! Responses that a provider keeps: whose they are, where a call goes that refers to one, and the calls about one.
//!
//! Always true: an id of a response leaves for a provider only if it was issued through this gateway to the owner of the
//! key that presents it, and only for the account that it was issued by. Fails closed: an id that is not remembered
//! (issued elsewhere, too old, lost with the process before it was written down) is as unknown as one that was never
//! issued, and the conversation can be sent whole.

mod call;
mod id;
mod wanted;

pub(crate) use call::answer;
pub(crate) use id::in_event as id_in_event;
pub(crate) use wanted::Wanted;

use crate::caller::Caller;
use crate::forward::Exchange;
use crate::gateway::Gateway;
use crate::head::invalid;
use crate::metering::Charge;
use crate::routing::Candidate;
use domain::denial::Denial;
use domain::model::{Endpoint, Model};
use domain::stored_response::{ResponseId, StoredResponse};

/// The same whoever else has it.
const NOT_YOURS: &str = "'previous_response_id' names no response that this key's owner was given here and that is \
                         still kept. Send the conversation whole.";

/// The response by this id, if the caller's owner may refer to it.
async fn own(gateway: &Gateway, caller: &Caller, id: &str) -> Result<Option<StoredResponse>, Denial> {
    let Ok(id) = id.parse::<ResponseId>() else { return Ok(None) };
    let owner = caller.record.key.owner;
    let found = gateway.stored.find(id, owner).await?;
    Ok(found.filter(|response| response.may_be_used_by(owner, caller.arrived_at)))
}

/// The response that a call goes on from.
pub(crate) async fn previous(gateway: &Gateway, caller: &Caller, id: &str) -> Result<StoredResponse, Denial> {
    own(gateway, caller, id).await?.ok_or_else(|| invalid(NOT_YOURS))
}

/// Leaves the places that have the response which a call goes on from, the one that made it first.
pub(crate) fn only_where_it_is(
    candidates: &mut Vec<Candidate>,
    previous: &StoredResponse,
    model: &Model,
) -> Result<(), Denial> {
    let name = &model.name;
    if candidates.iter().all(|candidate| candidate.endpoint != Endpoint::Responses) {
        return Err(invalid(format!(
            "'previous_response_id' cannot be used with {name}, whose provider speaks another format and keeps no \
             responses. Send the conversation whole."
        )));
    }
    candidates
        .retain(|candidate| candidate.endpoint == Endpoint::Responses && candidate.provider.id == previous.provider);
    candidates.sort_by_key(|candidate| candidate.deployment.id != previous.deployment);
    if candidates.is_empty() {
        return Err(invalid(format!(
            "'previous_response_id' names a response that is kept where {name} is not served now. Send the conversation \
             whole, or name the model that made the response."
        )));
    }
    // What the provider adds to the input is not in the body, so that only the context window bounds it.
    let is_paid = model.price.as_ref().is_some_and(|price| !price.is_free());
    if is_paid && model.max_input_tokens.is_none() {
        return Err(invalid(format!(
            "'previous_response_id' cannot be used with {name}: its context window is not known here, so that no budget \
             could be kept. Send the conversation whole, or ask an administrator to set the model's input tokens."
        )));
    }
    Ok(())
}

impl Exchange {
    /// True if the provider keeps the answer under an id that the client sees.
    pub(crate) fn is_kept(&self) -> bool {
        self.crossing.is_none() && self.admitted.keeps_answer()
    }

    /// The id that the provider keeps this answer under.
    pub(crate) fn id_of_answer(&self, answer: &[u8]) -> Option<ResponseId> {
        self.is_kept().then(|| id::of_answer(answer)).flatten()
    }

    /// Has it remembered that this answer belongs to the caller. Comes before the client sees the end of the answer.
    pub(crate) fn remember(&self, id: Option<ResponseId>, charge: &Charge) {
        let Some(id) = id else { return };
        let tokens = charge.tokens.all_input().saturating_add(charge.tokens.all_output());
        if let Some(response) = self.admitted.kept(id, tokens, self.gateway.clock.now()) {
            self.gateway.stored.issued(response);
        }
    }
}

#[cfg(test)]
mod tests;
