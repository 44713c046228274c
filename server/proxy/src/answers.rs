//! What the gateway answers by itself: the models of a key, the key's own terms and budgets, a finished call.

use crate::admit::authorised_model;
use crate::body::Body;
use crate::caller::Caller;
use crate::error::{self, Asked, dollars, identify, iso, scope_name};
use crate::forward::asked;
use crate::gateway::Gateway;
use crate::ports::Level;
use crate::routing::is_served;
use domain::budget::BudgetScope;
use domain::denial::Denial;
use domain::id::EventId;
use domain::limits::QuotaUse;
use domain::model::{Endpoint, Model, WireFormat};
use domain::usage::UsageRecord;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::{Value, json};

/// `GET /v1/models`: what this key may call now, in the client's list shape.
pub(crate) fn models(gateway: &Gateway, caller: &Caller) -> Value {
    let all = gateway.directory.models();
    let listed: Vec<Value> = all
        .iter()
        .filter(|model| is_callable(gateway, caller, model))
        .map(|model| describe(gateway, caller.skin, model))
        .collect();
    match caller.skin {
        WireFormat::OpenAi => json!({ "object": "list", "data": listed }),
        WireFormat::Gemini => json!({ "models": listed }),
        WireFormat::Anthropic => json!({
            "first_id": listed.first().map(|model| &model["id"]),
            "last_id": listed.last().map(|model| &model["id"]),
            "has_more": false,
            "data": listed,
        }),
    }
}

/// True if a call would get past the checks of model, endpoint and price. Clients of a format other than OpenAI's, which
/// everything else lists by, are shown what they can use.
fn is_callable(gateway: &Gateway, caller: &Caller, model: &Model) -> bool {
    let terms = &caller.record.effective;
    let usable = |endpoint: &Endpoint| {
        (caller.skin == WireFormat::OpenAi || endpoint.format() == caller.skin)
            && is_served(model, *endpoint, &*gateway.directory)
    };
    model.enabled
        && model.price.is_some()
        && terms.models.iter().any(|pattern| pattern.matches(model.name.as_str()))
        && terms.endpoints.iter().any(usable)
}

fn describe(gateway: &Gateway, skin: WireFormat, model: &Model) -> Value {
    match skin {
        WireFormat::OpenAi => {
            let provider = model.deployments.first().and_then(|first| gateway.directory.provider(first.provider));
            let owner = provider.map_or_else(|| "keywright".to_owned(), |provider| provider.name.clone());
            json!({ "id": model.name, "object": "model", "created": 0, "owned_by": owner })
        }
        // The format allows the epoch for a date that is not known.
        WireFormat::Anthropic => json!({
            "type": "model",
            "id": model.name,
            "display_name": model.name,
            "created_at": "1970-01-01T00:00:00Z",
        }),
        WireFormat::Gemini => json!({
            "name": format!("models/{}", model.name),
            "baseModelId": model.name,
            "displayName": model.name,
            "inputTokenLimit": model.max_input_tokens,
            "outputTokenLimit": model.max_output_tokens,
            "supportedGenerationMethods": methods(gateway, model),
        }),
    }
}

fn methods(gateway: &Gateway, model: &Model) -> Vec<&'static str> {
    let verbs: [(Endpoint, &[&str]); 3] = [
        (Endpoint::GenerateContent, &["generateContent", "streamGenerateContent"]),
        (Endpoint::GeminiCountTokens, &["countTokens"]),
        (Endpoint::EmbedContent, &["embedContent", "batchEmbedContents"]),
    ];
    let served = verbs.into_iter().filter(|(endpoint, _)| is_served(model, *endpoint, &*gateway.directory));
    served.flat_map(|(_, verbs)| verbs.iter().copied()).collect()
}

/// `GET /v1/models/{id}`.
pub(crate) fn model(gateway: &Gateway, caller: &Caller, encoded: &str) -> Result<Value, Denial> {
    let name = crate::route::percent_decoded(encoded)
        .ok_or_else(|| Denial::ModelNotFound { model: encoded.chars().take(128).collect() })?;
    let model = authorised_model(gateway, &caller.record, &name)?;
    Ok(describe(gateway, caller.skin, &model))
}

/// `GET /v1/key`: the key's terms, and spent, reserved and left of every budget that it draws on.
pub(crate) fn key(gateway: &Gateway, caller: &Caller) -> Value {
    let record = &*caller.record;
    let asked = asked(caller, gateway);
    let figures = gateway.ledger.figures(record, caller.begun_at);
    let quotas_used = gateway.ledger.quotas(record, caller.begun_at);
    let tightest = figures.iter().min_by_key(|figures| figures.left());
    let budgets: Vec<Value> = figures
        .iter()
        .map(|figures| {
            json!({
                "scope": figures.scope.word(),
                "name": scope_name(figures.scope, &asked),
                "window": figures.window.word(),
                "currency": "USD",
                "limit": dollars(figures.limit),
                "spent": dollars(figures.spent),
                "reserved": dollars(figures.reserved),
                "guaranteed_to_others": dollars(figures.kept_for_others),
                "left": dollars(figures.left()),
                "resets_at": figures.resets_at.map(iso),
            })
        })
        .collect();
    json!({
        "object": "key",
        "id": record.key.id.to_string(),
        "name": record.key.name,
        "profile": record.profile.name,
        "environment": record.key.environment,
        "expires_at": iso(record.key.expires_at),
        "secret_version": caller.secret_version,
        "models": record.effective.models,
        "endpoints": record.effective.endpoints,
        "limits": {
            "requests_per_minute": record.effective.requests_per_minute,
            "tokens_per_minute": record.effective.tokens_per_minute,
            "concurrency": record.effective.concurrency,
            "quotas": quotas(&quotas_used, BudgetScope::Key(record.key.id)),
            "max_output_tokens": record.effective.max_output_tokens,
        },
        "shared_limits": record.above.iter().map(|level| shared(level, &quotas_used, &asked)).collect::<Vec<_>>(),
        "budgets": budgets,
        "binding": tightest.map(|tightest| json!({
            "scope": tightest.scope.word(),
            "window": tightest.window.word(),
            "left": dollars(tightest.left()),
        })),
        "portal_url": format!("{}/keys/{}", gateway.settings.portal_origin, record.key.id),
    })
}

/// Those of one level.
fn quotas(all: &[QuotaUse], scope: BudgetScope) -> Vec<Value> {
    let line = |one: &QuotaUse| {
        json!({
            "counted": one.quota.counted.word(),
            "window": one.quota.window.word(),
            "limit": one.quota.limit,
            "used": one.used,
            "left": one.left(),
            "resets_at": one.resets_at.map(iso),
        })
    };
    all.iter().filter(|one| one.scope == scope).map(line).collect()
}

/// What a level above the key sets for everything below it; its budgets stand among the key's.
fn shared(level: &Level, used: &[QuotaUse], asked: &Asked<'_>) -> Value {
    json!({
        "scope": level.scope.word(),
        "name": scope_name(level.scope, asked),
        "requests_per_minute": level.limits.requests_per_minute,
        "tokens_per_minute": level.limits.tokens_per_minute,
        "concurrency": level.limits.concurrency,
        "quotas": quotas(used, level.scope),
    })
}

/// `GET /v1/requests/{id}`: a finished call of this key. Another key's call is as unknown as none.
pub(crate) async fn request(gateway: &Gateway, caller: &Caller, id: &str) -> Result<Value, Denial> {
    let (event, key) = (id.parse::<EventId>().map_err(|_| Denial::NotFound)?, caller.record.key.id);
    if let Some(recent) = gateway.ledger.finished(event, key) {
        return Ok(describe_call(&recent));
    }
    let older = gateway.history.finished(event, key).await?;
    older.map(|record| describe_call(&record)).ok_or(Denial::NotFound)
}

fn describe_call(record: &UsageRecord) -> Value {
    json!({
        "object": "request",
        "id": record.id.to_string(),
        "at": iso(record.id.made_at()),
        "model": record.model,
        "endpoint": record.endpoint.map(Endpoint::word),
        "status": record.status,
        "outcome": record.outcome.word(),
        "denial": record.denial,
        "streamed": record.streamed,
        "tokens": record.tokens,
        "cost": dollars(record.cost),
        "currency": "USD",
        "usage_source": record.source.word(),
        "duration_ms": record.duration_ms,
        "first_byte_ms": record.first_byte_ms,
        "attempts": record.attempts,
    })
}

/// An answer of the gateway's own.
pub(crate) fn respond(gateway: &Gateway, caller: &Caller, answer: Result<Value, Denial>) -> Response<Body> {
    let value = match answer {
        Ok(value) => value,
        Err(Denial::NotFound) => {
            let words =
                "There is no finished call of this key by that id. One that still runs is found when it has ended.";
            return error::refuse_with(&Denial::NotFound, words, &asked(caller, gateway));
        }
        Err(denial) => return error::refuse(&denial, &asked(caller, gateway)),
    };
    let mut response = Response::new(Body::whole(value.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    identify(response.headers_mut(), caller.event);
    response
}
