//! Leaving for the identity provider.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use store::LoginRow;
use url::form_urlencoded;

use super::{LOGIN_LIFETIME_MS, MOST_LOGINS, see_other};
use crate::auth::Auth;
use crate::auth::cookie::Cookie;
use crate::auth::oidc::{Issuer, LoginSecrets, OidcError};
use crate::auth::opaque_token::OpaqueToken;
use crate::auth::page::AuthPage;
use crate::auth::query::only;
use crate::auth::return_to::return_to;

/// What the person wants besides signing in.
struct Wish {
    return_to: String,
    invite: Option<OpaqueToken>,
}

pub(super) async fn choose(State(auth): State<Arc<Auth>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let wish = Wish { return_to: wanted(&auth, query.as_deref()), invite: None };
    match auth.only_issuer() {
        Some(issuer) => leave_for(&auth, issuer, &wish, &headers).await,
        None => {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &wish.return_to).finish();
            chooser(&auth, |id| format!("/auth/login/{id}?{query}"))
        }
    }
}

pub(super) async fn leave(
    State(auth): State<Arc<Auth>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let wish = Wish { return_to: wanted(&auth, query.as_deref()), invite: None };
    match auth.issuer(&id) {
        Some(issuer) => leave_for(&auth, issuer, &wish, &headers).await,
        None => auth.show(&AuthPage::unknown_issuer()),
    }
}

pub(super) async fn choose_invited(
    State(auth): State<Arc<Auth>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(invite) = OpaqueToken::parse(&token) else { return auth.show(&AuthPage::invite_spent()) };
    match auth.only_issuer() {
        Some(issuer) => leave_for(&auth, issuer, &invited(invite), &headers).await,
        None => chooser(&auth, |id| format!("/auth/invite/{}/{id}", invite.reveal())),
    }
}

pub(super) async fn leave_invited(
    State(auth): State<Arc<Auth>>,
    Path((token, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match (OpaqueToken::parse(&token), auth.issuer(&id)) {
        (Some(invite), Some(issuer)) => leave_for(&auth, issuer, &invited(invite), &headers).await,
        (None, _) => auth.show(&AuthPage::invite_spent()),
        (_, None) => auth.show(&AuthPage::unknown_issuer()),
    }
}

fn chooser(auth: &Auth, href: impl Fn(&str) -> String) -> Response {
    let choice = |issuer: &Issuer| (issuer.settings.name.clone(), href(&issuer.settings.id));
    auth.show(&AuthPage::chooser(auth.issuers().iter().map(choice)))
}

fn invited(invite: OpaqueToken) -> Wish {
    Wish { return_to: "/".into(), invite: Some(invite) }
}

fn wanted(auth: &Auth, query: Option<&str>) -> String {
    let wish = query.and_then(|query| only(query, "return_to")).unwrap_or_default();
    return_to(&wish, auth.is_page)
}

async fn leave_for(auth: &Auth, issuer: &Issuer, wish: &Wish, headers: &HeaderMap) -> Response {
    let secrets = LoginSecrets::generate(&*auth.random);
    let url = match issuer.authorization_url(&secrets).await {
        Ok(url) => url,
        Err(error) => return unavailable(auth, issuer, &error),
    };
    // Parallel sign-ins of one browser share its cookie.
    let browser = auth.cookies.read(headers, Cookie::Login).unwrap_or_else(|| OpaqueToken::generate(&*auth.random));
    let now = auth.clock.now();
    let row = LoginRow {
        state_hash: secrets.state.hash(),
        browser_hash: browser.hash(),
        issuer_id: issuer.settings.id.clone(),
        nonce: secrets.nonce,
        pkce_verifier: secrets.pkce_verifier,
        return_to: wish.return_to.clone(),
        invite: wish.invite.map(|invite| invite.hash()),
        created_at: now,
    };
    let remember = async {
        let mut tx = auth.store.begin().await?;
        tx.delete_logins_before(now.plus_ms(-LOGIN_LIFETIME_MS)).await?;
        tx.insert_login(&row, MOST_LOGINS).await?;
        tx.commit().await
    };
    match remember.await {
        Ok(()) => see_other(url.as_str(), [auth.cookies.set(Cookie::Login, &browser, LOGIN_LIFETIME_MS / 1000)]),
        Err(error) => auth.store_failed(error),
    }
}

fn unavailable(auth: &Auth, issuer: &Issuer, error: &OidcError) -> Response {
    tracing::warn!(issuer.id = %issuer.settings.id, %error, "sign-in cannot begin");
    let again = format!("/auth/login/{}", issuer.settings.id);
    auth.show(&AuthPage::issuer_unavailable(&issuer.settings.name, &again))
}
