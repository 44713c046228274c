//! Signing out: here first, then at the provider.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{Extensions, HeaderMap, HeaderValue, header};
use store::StoreError;

use super::{SIGNED_OUT, see_other};
use crate::auth::Auth;
use crate::auth::caller::{address_text, client_address};
use crate::auth::cookie::Cookie;
use crate::auth::page::AuthPage;
use crate::auth::session_store::EndedSession;

pub(super) async fn here(State(auth): State<Arc<Auth>>, headers: HeaderMap) -> Response {
    let ended = match auth.cookies.read(&headers, Cookie::Session) {
        Some(token) => auth.end_session(&token).await,
        None => Ok(None),
    };
    farewell(&auth, ended).await
}

pub(super) async fn everywhere(State(auth): State<Arc<Auth>>, headers: HeaderMap, extensions: Extensions) -> Response {
    let address = address_text(client_address(&extensions));
    let ended = match auth.cookies.read(&headers, Cookie::Session) {
        Some(token) => auth.end_sessions_everywhere(&token, address).await,
        None => Ok(None),
    };
    farewell(&auth, ended).await
}

pub(super) async fn signed_out(State(auth): State<Arc<Auth>>) -> Response {
    auth.show(&AuthPage::signed_out())
}

/// The way to the provider is a page and not a redirect: `form-action 'self'` ends a redirect of a post at our border.
async fn farewell(auth: &Auth, ended: Result<Option<EndedSession>, StoreError>) -> Response {
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return auth.store_failed(error),
    };
    let cookies = [auth.cookies.clear(Cookie::Session), auth.cookies.clear(Cookie::Login)];
    let Some((name, url)) = provider_of(auth, ended).await else { return see_other(SIGNED_OUT, cookies) };
    let mut response = auth.show(&AuthPage::signed_out_continue(&name, url));
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    // The address may hold the id token: it is the provider's business alone.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn provider_of(auth: &Auth, ended: Option<EndedSession>) -> Option<(String, String)> {
    let EndedSession { issuer_id, hint } = ended?;
    let issuer = auth.issuer(&issuer_id?)?;
    let url = issuer.end_session_url(hint.as_ref(), &auth.home).await?;
    Some((issuer.settings.name.clone(), url.into()))
}
