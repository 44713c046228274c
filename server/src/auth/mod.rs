//! Who is calling: sign-in through identity providers, sessions, and the development provider.
//!
//! A person is (issuer, subject) and nothing else; names and e-mail addresses are shown, never looked up. Authority is
//! read afresh from the store for every request. Fails closed: a store that cannot answer is 503, never "signed out",
//! and an identity provider that cannot answer stops new sign-ins only, not the sessions that exist.

pub mod caller;
pub mod claims;
mod cookie;
pub mod dev_idp;
pub mod invite;
pub mod oidc;
mod opaque_token;
pub mod page;
mod query;
mod return_to;
pub mod routes;
mod ruled;
mod session;
mod session_store;
mod sign_in;
mod test_login;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::time::Clock;
use portal::ports::Randomness;
use store::Store;

use crate::http::origin::Origin;
use cookie::Cookies;
use oidc::{Issuer, IssuerHttp, IssuerSettings};
use page::RenderPage;

#[cfg(test)]
mod tests;

/// Tells the gateway that somebody came into a team or left one.
pub type TeamsChanged = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The parts of an [`Auth`], named.
pub struct AuthParts {
    pub public_origin: Origin,
    pub issuers: Vec<IssuerSettings>,
    pub http: IssuerHttp,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    /// Does a page live at this path? Sign-in returns only to such.
    pub is_page: fn(&str) -> bool,
    pub render: RenderPage,
    pub teams_changed: TeamsChanged,
}

/// Everything that sign-in works with. Built once, shared by all requests.
pub struct Auth {
    /// In the order of the configuration, which is the order in which people choose.
    issuers: Vec<Issuer>,
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    cookies: Cookies,
    home: String,
    is_page: fn(&str) -> bool,
    render: RenderPage,
    teams_changed: TeamsChanged,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthSetupError {
    #[error(transparent)]
    InsecureOrigin(#[from] cookie::InsecureOrigin),
    #[error("the address of a callback is not a URL: {0}")]
    Callback(#[from] url::ParseError),
}

impl Auth {
    pub fn new(parts: AuthParts) -> Result<Self, AuthSetupError> {
        let AuthParts { public_origin, issuers, http, store, clock, random, is_page, render, teams_changed } = parts;
        let issuer = |settings| Issuer::new(settings, &public_origin, http.clone(), clock.clone(), random.clone());
        Ok(Self {
            issuers: issuers.into_iter().map(issuer).collect::<Result<_, _>>()?,
            cookies: Cookies::for_origin(&public_origin)?,
            home: public_origin.join("/"),
            store,
            clock,
            random,
            is_page,
            render,
            teams_changed,
        })
    }

    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// If there is nothing to choose.
    fn only_issuer(&self) -> Option<&Issuer> {
        match self.issuers.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    fn issuer(&self, id: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.settings.id == id)
    }
}
