//! A denial in one or two sentences for people: what happened, with its figures, and what to do next.

use crate::error::{Asked, iso, scope_name};
use domain::budget::BudgetScope;
use domain::denial::{Denial, LimitReached, TrafficLimit};
use domain::money::NanoUsd;

/// What happened and what to do next, for people.
pub(crate) fn sentence(denial: &Denial, asked: &Asked<'_>) -> String {
    let whose = |scope| whose(scope, asked);
    let budget = |reached: &LimitReached| {
        let reset = reached.resets_at.map_or_else(|| "never resets".to_owned(), |at| format!("resets at {}", iso(at)));
        let (whose, window) = (whose(reached.scope), reached.window.word());
        let kept = match reached.kept_for_others {
            NanoUsd::ZERO => String::new(),
            kept => format!("; {kept} guaranteed to others"),
        };
        format!("{whose}'s {window} budget of {} ({} spent{kept}; it {reset})", reached.limit, reached.spent)
    };
    match denial {
        Denial::InvalidKey => "This key is not known here. Send a Keywright key (it starts with kwr_) as \
            'Authorization: Bearer …' or 'x-api-key', copied whole, or mint one in the portal."
            .to_owned(),
        Denial::ProviderKey => "This looks like a provider's own key. Keywright takes virtual keys only (they start \
            with kwr_): mint one in the portal, and replace the provider key at its provider, since it has left the \
            place where it was safe."
            .to_owned(),
        Denial::AmbiguousCredentials => {
            "This request carries two different keys. Send one, in one header, and unset the other variable.".to_owned()
        }
        Denial::KeyRevoked => "This key was revoked. Mint a new one in the portal.".to_owned(),
        Denial::KeyDisabled => "This key is disabled. Its owner can enable it on its page.".to_owned(),
        Denial::KeyExpired => "This key has expired. Rotate it or mint a new one in the portal.".to_owned(),
        Denial::OwnerSuspended => {
            "The owner of this key is suspended. Ask an administrator, or use a key of someone active.".to_owned()
        }
        Denial::NetworkNotAllowed => {
            "This key may not be used from this network. Its page lists the networks it may be used from.".to_owned()
        }
        Denial::EndpointNotAllowed { endpoint } => {
            format!("This key may not call {endpoint}. Its page lists the endpoints it may call.")
        }
        Denial::ModelNotAllowed { model } => {
            format!("This key may not use the model '{model}'. GET /v1/models lists those it may use.")
        }
        Denial::ToolNotAllowed { tool } => {
            format!("This key may not use {tool} by the provider. Leave the tool out.")
        }
        Denial::ParameterNotAllowed { reason } => reason.clone(),
        Denial::ModelNotFound { model } => {
            format!("There is no model '{model}' here. GET /v1/models lists those this key may use.")
        }
        Denial::ModelUnpriced { model } => format!(
            "The model '{model}' has no price yet, so that no budget could be kept. An administrator can set one."
        ),
        Denial::ModelUnsupported { model, endpoint } => {
            format!("The model '{model}' is not served at this path. Call it at {endpoint}.")
        }
        Denial::RateLimited(TrafficLimit { scope, limit, retry_after_ms }) => format!(
            "More than {} in a minute for {}. Try again in {} s.",
            counted(*limit, "request"),
            whose(*scope),
            retry_after_ms.div_ceil(1_000)
        ),
        Denial::TokensLimited(TrafficLimit { scope, limit, retry_after_ms }) => format!(
            "More than {} in a minute for {}, counting what this call will probably use. Try again in {} s.",
            counted(*limit, "token"),
            whose(*scope),
            retry_after_ms.div_ceil(1_000)
        ),
        Denial::ConcurrencyLimited(TrafficLimit { scope, limit, .. }) => format!(
            "As many calls as are allowed at once for {} are in flight: {limit}. Try again when one has ended.",
            whose(*scope)
        ),
        Denial::QuotaExhausted(reached) => {
            let reset =
                reached.resets_at.map_or_else(|| "never resets".to_owned(), |at| format!("resets at {}", iso(at)));
            format!(
                "Used up: {}'s quota of {} {} a {} ({} used; it {reset}). Its owner can ask for more on the key's page.",
                whose(reached.scope),
                reached.limit,
                reached.counted.word(),
                reached.window.word(),
                reached.used
            )
        }
        Denial::BudgetExhausted(reached)
            if reached.spent < reached.limit && reached.kept_for_others > NanoUsd::ZERO =>
        {
            format!(
                "What is left of {} is guaranteed to others. Its owner can ask an administrator for a larger budget, or \
                 for a share that is guaranteed to them.",
                budget(reached)
            )
        }
        Denial::BudgetExhausted(reached) => {
            format!("Used up: {}. Its owner can ask for more on the key's page.", budget(reached))
        }
        Denial::BudgetInsufficient { limit, largest_max_tokens: 0 } => format!(
            "What this call can cost does not fit into {}, not even with the shortest answer. Send less, use a \
             cheaper model, or ask for more on the key's page.",
            budget(limit)
        ),
        Denial::BudgetInsufficient { limit, largest_max_tokens } => format!(
            "What this call can cost does not fit into {}. The largest max_tokens that fits is {largest_max_tokens}.",
            budget(limit)
        ),
        Denial::BudgetReserved { limit, .. } => {
            format!("What is left of {} is held by calls in flight. Try again when one has ended.", budget(limit))
        }
        Denial::TooManyBadKeys { retry_after_ms } => format!(
            "Too many calls without a valid key came from this address. Look which key is sent, and try again in {} s.",
            retry_after_ms.div_ceil(1_000)
        ),
        Denial::Overloaded { .. } => {
            "As much is being worked on here as there is room for. Try again in a moment.".to_owned()
        }
        Denial::InvalidRequest { reason } => reason.clone(),
        Denial::NotFound => "There is nothing at this path. The gateway serves /v1/chat/completions, /v1/responses, \
            /v1/embeddings, /v1/completions, /v1/images/…, /v1/audio/…, /v1/moderations, /v1/rerank, /v1/messages, \
            /v1/messages/count_tokens, /v1beta/models/{model}:generateContent, /openai/deployments/{model}/…, \
            /v1/models, /v1/key and /v1/requests/{id}."
            .to_owned(),
        Denial::MethodNotAllowed => "This path does not answer this method.".to_owned(),
        Denial::BodyTooLarge { limit_bytes } => {
            format!("The body is larger than the {limit_bytes} bytes that are taken here. Send less at once.")
        }
        Denial::UnsupportedMediaType { reason } => (*reason).to_owned(),
        Denial::ProviderAuth => "The provider refused the gateway's own credential. Nothing is wrong with your key: \
            tell an administrator this request id."
            .to_owned(),
        Denial::ProviderTimeout => "The provider did not answer in time. Try again.".to_owned(),
        Denial::ProviderError => {
            "The provider could not be reached or broke off. Try again; if it stays, tell an administrator.".to_owned()
        }
        Denial::UpstreamProtocol => "The provider's answer could not be understood. Try again; if it stays, tell an \
            administrator this request id."
            .to_owned(),
        Denial::Starting => "Keywright is starting. Try again in a moment.".to_owned(),
        Denial::Sealed => {
            "Keywright is sealed: its root secret is missing. An administrator has to unseal it.".to_owned()
        }
        Denial::PolicyStale => {
            "Keywright has lost touch with its database and will not decide on old facts. Try again later.".to_owned()
        }
        Denial::MeteringUnavailable => {
            "Usage cannot be recorded at the moment, so that nothing is forwarded. Tell an administrator.".to_owned()
        }
    }
}

/// Whose limit it is. People and keys are told apart by what they see of each other; the others have names.
fn whose(scope: BudgetScope, asked: &Asked<'_>) -> String {
    let name = || scope_name(scope, asked);
    match scope {
        BudgetScope::Organisation => "the organisation".to_owned(),
        BudgetScope::Key(_) => "this key".to_owned(),
        BudgetScope::Person(_) => "the owner of this key".to_owned(),
        BudgetScope::Unit(_) => format!("the business unit {}", name()),
        BudgetScope::CostCentre(_) => format!("the cost centre {}", name()),
        BudgetScope::Application(_) => format!("the application {}", name()),
        BudgetScope::Team(_) => format!("the team {}", name()),
        BudgetScope::Profile(_) => format!("all keys under the guardrails {}", name()),
    }
}

fn counted(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
