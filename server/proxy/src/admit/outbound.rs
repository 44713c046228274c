//! Builds the request that a candidate is sent: the received bytes with little replaced, or the call written anew in the
//! format of the candidate's provider.

use super::{Admitted, Called};
use crate::crossing::surface;
use crate::dialect::translate::{self, Chat, Target};
use crate::request::{Chain, Edits, OutputCap, rewrite};
use crate::routing::Candidate;
use crate::upstream::Outbound;
use domain::denial::Denial;
use domain::key_secret::SecretText;
use domain::model::Endpoint;

/// Where all candidates speak other formats, what the call asks for is read before money is set aside, and those go that
/// cannot be asked for it. A call that others could serve too is not read for the sake of a fallback.
pub(super) fn translatable(candidates: &mut Vec<Candidate>, called: &Called) -> Result<Option<Box<Chat>>, Denial> {
    if candidates.iter().any(|candidate| candidate.endpoint == called.endpoint) {
        return Ok(None);
    }
    let chat = read(called)?;
    let mut why = None;
    candidates.retain(|candidate| match translate::write_request(&chat, &target(candidate, None)) {
        Ok(_) => true,
        Err(denial) => {
            why.get_or_insert(denial);
            false
        }
    });
    match why {
        Some(denial) if candidates.is_empty() => Err(denial),
        _ => Ok(Some(Box::new(chat))),
    }
}

fn read(called: &Called) -> Result<Chat, Denial> {
    let surface = surface(called.endpoint).ok_or(Denial::ProviderError)?;
    translate::read_request(surface, &called.body, called.head.stream)
}

fn target(candidate: &Candidate, output_cap: Option<u64>) -> Target<'_> {
    Target {
        dialect: candidate.endpoint.format(),
        model: &candidate.deployment.upstream_model,
        output_cap,
        cap_field: cap_field(candidate),
    }
}

impl Admitted {
    /// The request for one of the candidates.
    pub(crate) fn outbound(&self, candidate: &Candidate, credential: &SecretText) -> Result<Outbound, Denial> {
        let body = if candidate.endpoint == self.endpoint() {
            self.as_received(candidate)
        } else {
            self.translated(candidate)?
        };
        Outbound::new(self, candidate, credential, body)
    }

    fn as_received(&self, candidate: &Candidate) -> Chain {
        let edits = Edits {
            endpoint: candidate.endpoint,
            upstream_model: &candidate.deployment.upstream_model,
            output_cap: self.output_cap,
            cap_field: cap_field(candidate),
        };
        rewrite(&self.called.body, &self.called.head, &edits)
    }

    fn translated(&self, candidate: &Candidate) -> Result<Chain, Denial> {
        let cap = match self.output_cap {
            OutputCap::AtMost(cap) => Some(cap),
            OutputCap::AsSent => None,
        };
        let target = target(candidate, cap);
        let body = match &self.chat {
            Some(chat) => translate::write_request(chat, &target)?,
            None => translate::write_request(&read(&self.called)?, &target)?,
        };
        Ok(Chain::from(body))
    }
}

/// Where a provider looks for the output cap. OpenAI's reasoning models take only the new name; many compatible servers
/// know only the old one, and some ignore what they do not know.
fn cap_field(candidate: &Candidate) -> &'static str {
    let host = candidate.provider.base_url.host().unwrap_or_default();
    match candidate.endpoint {
        Endpoint::Responses => "max_output_tokens",
        Endpoint::GenerateContent => "maxOutputTokens",
        Endpoint::ChatCompletions if host.ends_with(".openai.com") || host.ends_with(".openai.azure.com") => {
            "max_completion_tokens"
        }
        _ => "max_tokens",
    }
}
