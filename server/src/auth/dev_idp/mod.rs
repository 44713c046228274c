//! The development identity provider: a real OpenID Connect issuer under `{public origin}/dev-idp`, with five people
//! whom anybody may become.
//!
//! It exists so that the first sign-in runs the production code against a real issuer: discovery, key set, code flow
//! with PKCE, signed id tokens, user info, sign-out. It must never run beside a configured provider: constructing it
//! takes a [`DevMode`]. Its keys and codes live in memory, bounded, and are gone with the process.

mod authorize;
mod bounded;
mod people;
mod picker;
mod seed;
mod signing;
mod token;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::time::{Clock, MS_PER_MINUTE, MS_PER_SECOND};
use portal::ports::Randomness;
use serde_json::json;

use super::claims::{ClaimMapping, DefaultRole, RoleRule};
use super::oidc::{ClientAuthentication, IssuerSettings, Trust};
use super::opaque_token::OpaqueToken;
use crate::config::Secret;
use crate::http::origin::Origin;
use bounded::Bounded;
pub use people::{DevPerson, PEOPLE, TEAM};
pub(in crate::auth) use signing::DevSigningKey;

pub const PATH: &str = "/dev-idp";
pub const ISSUER_ID: &str = "dev";
const CLIENT_ID: &str = "keywright-dev";
const CODE_LIFETIME_MS: i64 = 60 * MS_PER_SECOND;
const ACCESS_LIFETIME_MS: i64 = 5 * MS_PER_MINUTE;

/// Proof that this process is `keywright dev`. `serve` has no way to make one from its configuration.
#[derive(Debug, Clone, Copy)]
pub struct DevMode(());

impl DevMode {
    /// For the `dev` command alone: whoever calls this lets anybody sign in as anybody.
    pub(crate) const fn entered_by_the_dev_command() -> Self {
        Self(())
    }
}

pub struct DevIdp {
    issuer: String,
    callback: String,
    home: String,
    secret: Secret,
    stylesheet: String,
    key: DevSigningKey,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    codes: Mutex<Bounded<Grant>>,
    access: Mutex<Bounded<usize>>,
}

/// What a code stands for.
#[derive(Debug, Clone)]
struct Grant {
    /// Index into [`PEOPLE`].
    person: usize,
    nonce: Option<String>,
    challenge: String,
}

impl DevIdp {
    /// `stylesheet` is the address of the shared style sheet.
    pub fn new(
        _proof: DevMode,
        public_origin: &Origin,
        stylesheet: String,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Self {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        Self {
            issuer: public_origin.join(PATH),
            callback: public_origin.join(&super::oidc::callback_path(ISSUER_ID)),
            home: public_origin.join("/"),
            secret: Secret::new(OpaqueToken::generate(&*random).reveal()),
            stylesheet,
            key: DevSigningKey::from_seed(&seed),
            clock,
            random,
            codes: Mutex::new(Bounded::new(CODE_LIFETIME_MS)),
            access: Mutex::new(Bounded::new(ACCESS_LIFETIME_MS)),
        }
    }

    /// How the relying party is to know this issuer.
    pub fn issuer_settings(&self) -> IssuerSettings {
        let rule = |value: &str, role| RoleRule { claim: "groups".into(), value: value.into(), role };
        let roles = people::GROUP_ROLES.iter().map(|(group, role)| rule(group, *role)).collect();
        IssuerSettings {
            id: ISSUER_ID.into(),
            name: "the development identity provider".into(),
            url: self.issuer.clone(),
            client_id: CLIENT_ID.into(),
            authentication: ClientAuthentication::Secret(self.secret.clone()),
            scopes: vec!["profile".into(), "email".into(), "groups".into()],
            trust: Trust::Exact,
            mapping: ClaimMapping { roles, default_role: DefaultRole::None, ..ClaimMapping::default() },
        }
    }

    /// The subject of an account is its word; the issuer is this.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    fn grant(&self, grant: Grant) -> OpaqueToken {
        let code = OpaqueToken::generate(&*self.random);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.put(code.hash(), grant, self.clock.now());
        code
    }

    fn redeem(&self, code: &OpaqueToken) -> Option<Grant> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).take(&code.hash(), self.clock.now())
    }
}

/// To be mounted at [`PATH`], outside the portal's cross-site check: the token endpoint is called by a server, which
/// sends neither `Origin` nor `Sec-Fetch-Site`.
pub fn router(idp: Arc<DevIdp>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize::authorize))
        .route("/token", post(token::token))
        .route("/userinfo", get(token::userinfo))
        .route("/end-session", get(end_session))
        .with_state(idp)
}

async fn configuration(State(idp): State<Arc<DevIdp>>) -> Json<serde_json::Value> {
    let issuer = &idp.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end-session"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "claims_supported": ["sub", "name", "email", "groups", "sid"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(idp): State<Arc<DevIdp>>) -> Json<serde_json::Value> {
    Json(json!({ "keys": [idp.key.public_jwk()] }))
}

/// There is no session here to end: every sign-in picks an account. Home is the one way back, whatever was asked for.
async fn end_session(State(idp): State<Arc<DevIdp>>) -> Response {
    Redirect::to(&idp.home).into_response()
}
