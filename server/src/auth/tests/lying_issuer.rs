//! An issuer that tells the truth until told to lie, in exactly one way at a time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::Clock as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;

use super::ManualClock;
use crate::auth::claims::ClaimMapping;
use crate::auth::dev_idp::DevSigningKey;
use crate::auth::oidc::{ClientAuthentication, IssuerSettings, Trust};
use crate::auth::query::only;
use crate::config::Secret;

pub(super) struct LyingIssuer {
    pub(super) issuer: String,
    clock: Arc<ManualClock>,
    nonce: Mutex<String>,
    pub(super) lie: Mutex<Lie>,
    /// Seeds of the published and of the signing key.
    pub(super) keys: Mutex<(u8, u8)>,
    pub(super) key_fetches: AtomicU64,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Lie {
    #[default]
    None,
    /// Sets claims; null removes.
    Claims(Value),
    Unsigned,
    /// With the client secret, as HS256 wants it.
    SecretSigned,
    /// By another key under the published key's name.
    Forged,
    /// In the redirect: `iss`, `state`.
    Redirect(&'static str, &'static str),
    Metadata(Value),
    Down,
    TokenEndpointFails,
}

pub(super) const SECRET: &str = "lying-secret";

impl LyingIssuer {
    pub(super) fn new(origin: &str, clock: Arc<ManualClock>) -> Self {
        Self {
            issuer: format!("{origin}/lying"),
            clock,
            nonce: Mutex::default(),
            lie: Mutex::default(),
            keys: Mutex::new((1, 1)),
            key_fetches: AtomicU64::new(0),
        }
    }

    pub(super) fn settings(&self) -> IssuerSettings {
        IssuerSettings {
            id: "lying".into(),
            name: "Lying".into(),
            url: self.issuer.clone(),
            client_id: "keywright".into(),
            authentication: ClientAuthentication::Secret(Secret::new(SECRET)),
            scopes: vec!["profile".into()],
            trust: Trust::Exact,
            mapping: ClaimMapping::default(),
        }
    }

    pub(super) fn tell(&self, lie: Lie) {
        *self.lie.lock().unwrap() = lie;
    }

    fn lie(&self) -> Lie {
        self.lie.lock().unwrap().clone()
    }

    fn id_token(&self) -> String {
        let (_, seed) = *self.keys.lock().unwrap();
        let key = DevSigningKey::from_seed(&[seed; 32]);
        let now = self.clock.now().as_ms() / 1000;
        let mut claims = json!({
            "iss": self.issuer, "sub": "subject-1", "aud": "keywright", "iat": now, "exp": now + 300,
            "nonce": *self.nonce.lock().unwrap(), "name": "Ada", "email": "ada@example.com", "groups": [],
        });
        match self.lie() {
            Lie::Claims(patch) => {
                merge(&mut claims, &patch, now);
                key.sign(&claims).unwrap()
            }
            Lie::Unsigned => format!("{}.", unsigned(&json!({ "alg": "none" }), &claims)),
            Lie::SecretSigned => {
                let text = unsigned(&json!({ "alg": "HS256" }), &claims);
                let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
                mac.update(text.as_bytes());
                format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
            }
            Lie::Forged => {
                let header = json!({ "alg": "EdDSA", "kid": key.public_jwk()["kid"] });
                DevSigningKey::from_seed(&[99; 32]).sign_with_header(&header, &claims).unwrap()
            }
            _ => key.sign(&claims).unwrap(),
        }
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Numbers in a patch are seconds from now.
fn merge(claims: &mut Value, patch: &Value, now: i64) {
    for (name, value) in patch.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            Value::Number(offset) => claims[name] = (now + offset.as_i64().unwrap()).into(),
            value => claims[name] = value.clone(),
        }
    }
}

pub(super) fn router(issuer: Arc<LyingIssuer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .with_state(issuer)
}

async fn configuration(State(idp): State<Arc<LyingIssuer>>) -> Response {
    let issuer = &idp.issuer;
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none", "X-UNHEARD-OF"],
        "authorization_response_iss_parameter_supported": true,
    });
    match idp.lie() {
        Lie::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Lie::Metadata(patch) => merge(&mut metadata, &patch, 0),
        _ => {}
    }
    Json(metadata).into_response()
}

async fn jwks(State(idp): State<Arc<LyingIssuer>>) -> Json<Value> {
    idp.key_fetches.fetch_add(1, Ordering::Relaxed);
    let (seed, _) = *idp.keys.lock().unwrap();
    Json(json!({ "keys": [{ "kty": "XYZ" }, DevSigningKey::from_seed(&[seed; 32]).public_jwk()] }))
}

async fn authorize(State(idp): State<Arc<LyingIssuer>>, RawQuery(query): RawQuery) -> Redirect {
    let query = query.unwrap();
    *idp.nonce.lock().unwrap() = only(&query, "nonce").unwrap();
    let mut answer =
        vec![("code", "code-1".to_owned()), ("state", only(&query, "state").unwrap()), ("iss", idp.issuer.clone())];
    if let Lie::Redirect(name, value) = idp.lie() {
        answer.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            answer.push((name, value.into()));
        }
    }
    let answer = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
    Redirect::to(&format!("{}?{answer}", only(&query, "redirect_uri").unwrap()))
}

async fn token(State(idp): State<Arc<LyingIssuer>>) -> Response {
    if matches!(idp.lie(), Lie::TokenEndpointFails) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "internal detail of the provider").into_response();
    }
    Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": idp.id_token() })).into_response()
}
