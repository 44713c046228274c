//! The token and user info endpoints.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::time::MS_PER_SECOND;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{ACCESS_LIFETIME_MS, CLIENT_ID, DevIdp, Grant, PEOPLE};
use crate::auth::opaque_token::OpaqueToken;
use crate::auth::query::only;

const ID_TOKEN_LIFETIME_S: i64 = 300;

pub(super) async fn token(State(idp): State<Arc<DevIdp>>, headers: HeaderMap, body: String) -> Response {
    if !is_our_client(&idp, &headers, &body) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    if only(&body, "grant_type").as_deref() != Some("authorization_code") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    match redeem(&idp, &body) {
        Some(grant) => answer(&idp, &grant),
        None => refuse(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}

/// The code is gone after this, whatever the answer.
fn redeem(idp: &DevIdp, body: &str) -> Option<Grant> {
    let code = OpaqueToken::parse(&only(body, "code")?)?;
    let grant = idp.redeem(&code)?;
    let verifier = only(body, "code_verifier")?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let is_same_request = only(body, "redirect_uri")? == idp.callback;
    (is_same_request && challenge == grant.challenge).then_some(grant)
}

fn is_our_client(idp: &DevIdp, headers: &HeaderMap, body: &str) -> bool {
    let in_body = || Some((only(body, "client_id")?, only(body, "client_secret")?));
    let Some((id, secret)) = basic(headers).or_else(in_body) else { return false };
    id == CLIENT_ID && bool::from(secret.as_bytes().ct_eq(idp.secret.expose().as_bytes()))
}

/// RFC 6749: both halves are form-encoded before they are joined.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |half: &str| url::form_urlencoded::parse(half.as_bytes()).next().map(|(half, _)| half.into_owned());
    Some((decode(id)?, decode(secret)?))
}

fn answer(idp: &DevIdp, grant: &Grant) -> Response {
    let now = idp.clock.now();
    let access = OpaqueToken::generate(&*idp.random);
    idp.access.lock().unwrap_or_else(PoisonError::into_inner).put(access.hash(), grant.person, now);
    let iat = now.as_ms() / MS_PER_SECOND;
    let mut claims = person_claims(grant.person);
    claims["iss"] = idp.issuer.as_str().into();
    claims["aud"] = CLIENT_ID.into();
    claims["iat"] = iat.into();
    claims["auth_time"] = iat.into();
    claims["exp"] = (iat + ID_TOKEN_LIFETIME_S).into();
    claims["sid"] = OpaqueToken::generate(&*idp.random).reveal().into();
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    let Some(id_token) = idp.key.sign(&claims) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
    };
    let answer = json!({
        "access_token": access.reveal(),
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFETIME_MS / MS_PER_SECOND,
        "id_token": id_token,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn person_claims(index: usize) -> Value {
    let person = &PEOPLE[index];
    json!({
        "sub": person.account,
        "name": person.name,
        "email": person.email,
        "email_verified": true,
        "preferred_username": person.account,
        "groups": person.groups,
    })
}

pub(super) async fn userinfo(State(idp): State<Arc<DevIdp>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).and_then(OpaqueToken::parse);
    let person = token.and_then(|token| {
        idp.access.lock().unwrap_or_else(PoisonError::into_inner).get(&token.hash(), idp.clock.now())
    });
    match person {
        Some(person) => Json(person_claims(person)).into_response(),
        None => refuse(StatusCode::UNAUTHORIZED, "invalid_token"),
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "error": error }))).into_response()
}
