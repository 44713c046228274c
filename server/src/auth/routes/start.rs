//! Leaving for the identity provider.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::id::PersonId;
use domain::permission::Permission;
use http::HeaderMap;
use store::LoginRow;
use url::form_urlencoded;

use super::{LOGIN_LIFETIME_MS, MOST_LOGINS, TESTED, see_other};
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
    /// Signs nobody in: shows this administrator what comes back.
    tester: Option<PersonId>,
    prompt: Option<&'static str>,
}

impl Wish {
    fn to_sign_in(return_to: String) -> Self {
        Self { return_to, invite: None, tester: None, prompt: None }
    }
}

pub(super) async fn choose(State(auth): State<Arc<Auth>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let wish = Wish::to_sign_in(wanted(&auth, query.as_deref()));
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
    let wish = Wish::to_sign_in(wanted(&auth, query.as_deref()));
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

/// A test sign-in: the whole way to the provider and back, for an administrator who stays who they are. `?as=another`
/// has the provider ask who it is.
pub(super) async fn leave_to_test(
    State(auth): State<Arc<Auth>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let caller = match auth.caller(&headers, None).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return see_other("/auth/login?return_to=%2Fadmin%2Fsign-in", []),
        Err(error) => return auth.store_failed(error),
    };
    if !Permission::Administer.allows(Some(&caller)) {
        return auth.show(&AuthPage::test_not_allowed());
    }
    let as_another = query.and_then(|query| only(&query, "as")).is_some_and(|who| who == "another");
    let wish =
        Wish { tester: Some(caller.person), prompt: as_another.then_some("login"), ..Wish::to_sign_in(TESTED.into()) };
    match auth.issuer(&id) {
        Some(issuer) => leave_for(&auth, issuer, &wish, &headers).await,
        None => auth.show(&AuthPage::unknown_issuer()),
    }
}

fn chooser(auth: &Auth, href: impl Fn(&str) -> String) -> Response {
    let choice = |issuer: &Issuer| (issuer.settings.name.clone(), href(&issuer.settings.id));
    auth.show(&AuthPage::chooser(auth.issuers().iter().map(choice)))
}

fn invited(invite: OpaqueToken) -> Wish {
    Wish { invite: Some(invite), ..Wish::to_sign_in("/".into()) }
}

fn wanted(auth: &Auth, query: Option<&str>) -> String {
    let wish = query.and_then(|query| only(query, "return_to")).unwrap_or_default();
    return_to(&wish, auth.is_page)
}

async fn leave_for(auth: &Auth, issuer: &Issuer, wish: &Wish, headers: &HeaderMap) -> Response {
    let secrets = LoginSecrets::generate(&*auth.random);
    let url = match issuer.authorization_url(&secrets, wish.prompt).await {
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
        tester: wish.tester,
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
