//! The authorization endpoint: shows the accounts, and sends whoever picked one back with a code.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use url::Url;

use super::{CLIENT_ID, DevIdp, Grant, PEOPLE, picker};
use crate::auth::query::only;

pub(super) async fn authorize(State(idp): State<Arc<DevIdp>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let redirect_uri = only(&query, "redirect_uri");
    // To an address that is not the client's, nothing is ever sent, not even an error.
    let (Some(CLIENT_ID), Some(callback)) =
        (only(&query, "client_id").as_deref(), redirect_uri.filter(|uri| *uri == idp.callback))
    else {
        return (StatusCode::BAD_REQUEST, picker::refusal(&idp.stylesheet)).into_response();
    };
    let request = match Request::read(&query) {
        Ok(request) => request,
        Err(error) => return back(&idp, &callback, &[("error", error)], only(&query, "state")),
    };
    match only(&query, "account") {
        None => picker::page(&idp.stylesheet, &query).into_response(),
        Some(account) => match PEOPLE.iter().position(|person| person.account == account) {
            None => picker::page(&idp.stylesheet, &request.query_without_account(&query)).into_response(),
            Some(person) => {
                let code = idp.grant(Grant { person, nonce: request.nonce, challenge: request.challenge });
                back(&idp, &callback, &[("code", &code.reveal())], request.state)
            }
        },
    }
}

struct Request {
    state: Option<String>,
    nonce: Option<String>,
    challenge: String,
}

impl Request {
    /// The refusals are OAuth's error codes.
    fn read(query: &str) -> Result<Self, &'static str> {
        if only(query, "response_type").as_deref() != Some("code") {
            return Err("unsupported_response_type");
        }
        if !only(query, "scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid")) {
            return Err("invalid_scope");
        }
        if only(query, "response_mode").is_some_and(|mode| mode != "query") {
            return Err("invalid_request");
        }
        let challenge = only(query, "code_challenge").filter(|challenge| challenge.len() == 43);
        match (challenge, only(query, "code_challenge_method").as_deref()) {
            (Some(challenge), Some("S256")) => {
                Ok(Self { state: only(query, "state"), nonce: only(query, "nonce"), challenge })
            }
            _ => Err("invalid_request"),
        }
    }

    fn query_without_account(&self, query: &str) -> String {
        let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != "account");
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }
}

fn back(idp: &DevIdp, callback: &str, answer: &[(&str, &str)], state: Option<String>) -> Response {
    let Ok(mut url) = Url::parse(callback) else {
        return (StatusCode::BAD_REQUEST, picker::refusal(&idp.stylesheet)).into_response();
    };
    url.query_pairs_mut()
        .extend_pairs(answer)
        .extend_pairs(state.map(|state| ("state", state)))
        .append_pair("iss", &idp.issuer);
    Redirect::to(url.as_str()).into_response()
}
