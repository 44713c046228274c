//! Coming back from the identity provider.
//!
//! The transaction is taken before anything else is believed or asked, so that an answer counts once, whatever it says.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::id::PersonId;
use domain::permission::Permission;
use http::{Extensions, HeaderMap};
use store::{LoginRow, StoreError};
use subtle::ConstantTimeEq as _;

use super::{LOGIN_LIFETIME_MS, see_other};
use crate::auth::Auth;
use crate::auth::caller::{address_text, client_address, user_agent};
use crate::auth::cookie::Cookie;
use crate::auth::oidc::{Issuer, OidcError, SignedIn};
use crate::auth::opaque_token::OpaqueToken;
use crate::auth::page::AuthPage;
use crate::auth::query::only;
use crate::auth::session::LONGEST_MS;
use crate::auth::sign_in::{Arrival, SignInRefusal};

pub(super) async fn come_back(
    State(auth): State<Arc<Auth>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let query = query.unwrap_or_default();
    let login = match take_login(&auth, &id, &query, &headers).await {
        Ok(Some(login)) => login,
        Ok(None) => return auth.show(&AuthPage::expired_login()),
        Err(error) => return auth.store_failed(error),
    };
    let Some(issuer) = auth.issuer(&id) else { return auth.show(&AuthPage::unknown_issuer()) };
    if let Some(tester) = login.tester {
        return tested(&auth, issuer, &login, tester, &query, &headers).await;
    }
    let signed_in = match answer(issuer, &login, &query).await {
        Ok(Answer::SignedIn(signed_in)) => signed_in,
        Ok(Answer::Declined(code)) => return auth.show(&AuthPage::refused_by_issuer(&issuer.settings.name, &code)),
        Err(error) => return failed(&auth, issuer, &error),
    };
    let address = address_text(client_address(&extensions));
    let arrival = Arrival {
        issuer: &issuer.settings,
        signed_in: &signed_in,
        invite: login.invite,
        replaces: auth.cookies.read(&headers, Cookie::Session),
        address: &address,
        agent: user_agent(&headers),
    };
    match auth.sign_in(&arrival).await {
        Ok(token) => see_other(&login.return_to, [auth.cookies.set(Cookie::Session, &token, LONGEST_MS / 1000)]),
        Err(SignInRefusal::Store(error)) => auth.store_failed(error),
        Err(refusal) => {
            tracing::info!(issuer.id = %id, reason = %refusal, "refused a sign-in");
            auth.show(&page_of(refusal))
        }
    }
}

/// The end of a test sign-in. The administrator's own session is asked for again, and nothing about it changes.
async fn tested(
    auth: &Auth,
    issuer: &Issuer,
    login: &LoginRow,
    tester: PersonId,
    query: &str,
    headers: &HeaderMap,
) -> Response {
    let name = &issuer.settings.name;
    match auth.caller(headers, None).await {
        Ok(Some(caller)) if caller.person == tester && Permission::Administer.allows(Some(&caller)) => {}
        Ok(_) => return auth.show(&AuthPage::expired_login()),
        Err(error) => return auth.store_failed(error),
    }
    let signed_in = match answer(issuer, login, query).await {
        Ok(Answer::SignedIn(signed_in)) => signed_in,
        Ok(Answer::Declined(code)) => {
            let why = format!("{name} ended it with “{code}”.");
            return auth.show(&AuthPage::test_failed(&why));
        }
        // The texts of these errors name checks, never tokens.
        Err(error) => return auth.show(&AuthPage::test_failed(&format!("{error}."))),
    };
    match auth.keep_test_login(tester, issuer, &signed_in).await {
        Ok(()) => see_other(&login.return_to, []),
        Err(error) => auth.store_failed(error),
    }
}

/// The transaction that this answer belongs to, if it is this browser's, this issuer's, and in time.
async fn take_login(auth: &Auth, id: &str, query: &str, headers: &HeaderMap) -> Result<Option<LoginRow>, StoreError> {
    let state = only(query, "state").and_then(|state| OpaqueToken::parse(&state));
    let browser = auth.cookies.read(headers, Cookie::Login);
    let (Some(state), Some(browser)) = (state, browser) else { return Ok(None) };
    let mut tx = auth.store.begin().await?;
    let login = tx.take_login(&state.hash()).await?;
    tx.commit().await?;
    Ok(login.filter(|login| {
        login.issuer_id == id
            && bool::from(login.browser_hash.ct_eq(&browser.hash()))
            && auth.clock.now().since(login.created_at) < LOGIN_LIFETIME_MS
    }))
}

enum Answer {
    SignedIn(SignedIn),
    /// OAuth's error code.
    Declined(String),
}

async fn answer(issuer: &Issuer, login: &LoginRow, query: &str) -> Result<Answer, OidcError> {
    issuer.check_answering_issuer(only(query, "iss").as_deref()).await?;
    if let Some(error) = only(query, "error") {
        return Ok(Answer::Declined(error_code(&error)));
    }
    let code = only(query, "code").ok_or_else(|| OidcError::Untrusted("neither a code nor an error".into()))?;
    issuer.redeem(code, login.pkce_verifier.clone(), &login.nonce).await.map(Answer::SignedIn)
}

/// Codes are words; anything else is not repeated on a page of ours.
fn error_code(text: &str) -> String {
    let is_word = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word && !text.is_empty() { text.to_owned() } else { "error".to_owned() }
}

fn failed(auth: &Auth, issuer: &Issuer, error: &OidcError) -> Response {
    tracing::warn!(issuer.id = %issuer.settings.id, %error, "a sign-in failed");
    let name = &issuer.settings.name;
    auth.show(&match error {
        OidcError::Unavailable(_) => AuthPage::issuer_unavailable(name, "/auth/login"),
        OidcError::Refused(code) => AuthPage::refused_by_issuer(name, &error_code(code)),
        OidcError::Untrusted(_) => AuthPage::untrusted_answer(name),
    })
}

fn page_of(refusal: SignInRefusal) -> AuthPage {
    match refusal {
        SignInRefusal::Disabled => AuthPage::disabled(),
        SignInRefusal::NoRole => AuthPage::no_role(),
        SignInRefusal::GroupsUnknown(_) => AuthPage::too_many_groups(),
        SignInRefusal::InviteSpent => AuthPage::invite_spent(),
        SignInRefusal::Store(_) => AuthPage::store_unavailable(),
    }
}
