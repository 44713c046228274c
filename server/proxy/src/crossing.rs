//! Where a chat crosses from its client's wire format into its provider's, and the answer back.
//!
//! A provider that speaks the call's own format is sent the received bytes; for any other the call is written anew. The
//! meter reads what the provider said, in the provider's format; what is translated is what the client sees of it.

use crate::admit::Admitted;
use crate::dialect::translate::{self, Dialect, Envelope, StreamTranslator, Surface, Wishes};
use crate::forward::Exchange;
use crate::framing::Framing;
use crate::route::{Address, Verb};
use bytes::Bytes;
use domain::denial::Denial;
use domain::model::{Endpoint, WireFormat};
use http::StatusCode;
use std::borrow::Cow;

/// What clients of this endpoint speak, if it is one for chats.
pub(crate) const fn surface(endpoint: Endpoint) -> Option<Surface> {
    match endpoint {
        Endpoint::ChatCompletions => Some(Surface::ChatCompletions),
        Endpoint::Responses => Some(Surface::Responses),
        Endpoint::Messages => Some(Surface::Messages),
        Endpoint::GenerateContent => Some(Surface::GenerateContent),
        _ => None,
    }
}

/// Where a chat of the client's endpoint can be had from a provider of this format, other than at that endpoint.
pub(crate) fn chat_endpoint(endpoint: Endpoint, format: WireFormat) -> Option<Endpoint> {
    surface(endpoint)?;
    let chat = match format {
        WireFormat::OpenAi => Endpoint::ChatCompletions,
        WireFormat::Anthropic => Endpoint::Messages,
        WireFormat::Gemini => Endpoint::GenerateContent,
    };
    (chat != endpoint).then_some(chat)
}

/// What the path of a translated call says beside its endpoint.
pub(crate) fn address(endpoint: Endpoint, streamed: bool) -> Address {
    let verb = if streamed { Verb::StreamGenerateContent } else { Verb::GenerateContent };
    Address { verb: (endpoint == Endpoint::GenerateContent).then_some(verb), ..Address::default() }
}

/// The crossing of one call, once it is known which provider answers.
pub(crate) struct Crossing {
    /// What was called at the provider.
    pub endpoint: Endpoint,
    to: Surface,
    envelope: Envelope,
    wishes: Wishes,
}

impl Crossing {
    /// `None` if the answer is in the client's own format.
    pub(crate) fn of(admitted: &Admitted, endpoint: Endpoint) -> Option<Self> {
        let to = surface(admitted.endpoint()).filter(|_| endpoint != admitted.endpoint())?;
        let caller = admitted.caller();
        let envelope = Envelope {
            id: caller.event.to_string(),
            model: admitted.model().name.to_string(),
            created: caller.arrived_at.as_ms().div_euclid(1_000),
        };
        let framing = if admitted.address().as_array { Framing::Array } else { Framing::Events };
        let wishes = Wishes { include_usage: admitted.client_wants_usage(), framing };
        Some(Self { endpoint, to, envelope, wishes })
    }

    const fn from(&self) -> Dialect {
        self.endpoint.format()
    }

    /// A plain answer as the client understands it.
    fn answer(&self, body: &[u8]) -> Result<Bytes, Denial> {
        translate::answer(self.from(), self.to, body, &self.envelope)
    }

    /// An error of the provider's, with the status that goes with it; `None` if it is none of any format.
    fn error(&self, status: StatusCode, body: &[u8]) -> Option<(StatusCode, Bytes)> {
        let (status, body) = translate::error(self.to, status.as_u16(), body, &self.envelope.id)?;
        Some((StatusCode::from_u16(status).ok()?, body))
    }

    pub(crate) fn stream(&self) -> StreamTranslator {
        StreamTranslator::new(self.from(), self.to, self.wishes, self.envelope.clone())
    }

    /// What a stream is called on the client's side.
    pub(crate) const fn stream_type(&self) -> &'static str {
        match self.wishes.framing {
            Framing::Events => "text/event-stream",
            Framing::Array => "application/json",
        }
    }
}

impl Exchange {
    /// In whose words the provider's figures are.
    pub(crate) fn provider_endpoint(&self) -> Endpoint {
        self.crossing.as_ref().map_or(self.admitted.endpoint(), |crossing| crossing.endpoint)
    }

    /// What the provider's path said.
    pub(crate) fn provider_address(&self) -> Cow<'_, Address> {
        match &self.crossing {
            Some(crossing) => Cow::Owned(address(crossing.endpoint, self.admitted.streamed())),
            None => Cow::Borrowed(self.admitted.address()),
        }
    }

    /// A plain answer in the client's format.
    pub(crate) fn for_client(&self, body: &Bytes) -> Result<Bytes, Denial> {
        self.crossing.as_ref().map_or_else(|| Ok(body.clone()), |crossing| crossing.answer(body))
    }

    /// A provider's error in the client's format: as it came, or translated. `None` if it is none that its format has:
    /// what broke off is no JSON any more.
    pub(crate) fn error_for_client(&self, status: StatusCode, body: &Bytes) -> Option<(StatusCode, Bytes)> {
        if let Some(crossing) = &self.crossing {
            return crossing.error(status, body);
        }
        let begins = body.trim_ascii_start().first();
        let is_json = (begins == Some(&b'{') || (self.admitted.address().as_array && begins == Some(&b'[')))
            && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
        is_json.then(|| (status, body.clone()))
    }
}
