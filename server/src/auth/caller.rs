//! From a request to the person who sent it, read afresh each time: a changed role counts at once.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::person::Caller;
use http::{Extensions, HeaderMap};
use store::StoreError;

use super::Auth;
use super::cookie::Cookie;
use super::page::AuthPage;
use crate::http::front_gate::Admitted;

/// A request's extension after [`attach`]: who is calling, if anybody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentCaller(pub Option<Arc<Caller>>);

impl Auth {
    /// `None` is somebody who is not signed in; a store that cannot tell is an error and not `None`.
    pub async fn caller(&self, headers: &HeaderMap, address: Option<IpAddr>) -> Result<Option<Caller>, StoreError> {
        let Some(token) = self.cookies.read(headers, Cookie::Session) else { return Ok(None) };
        let Some((_, person)) = self.session(&token).await? else { return Ok(None) };
        let memberships = self.store.memberships_of(person.id).await?;
        Ok(Some(Caller {
            person: person.id,
            roles: person.roles(),
            name: person.name,
            email: person.email,
            memberships,
            groups: person.groups,
            address: address_text(address),
        }))
    }
}

/// A router layer (`axum::middleware::from_fn_with_state`) that adds [`CurrentCaller`] to every request.
pub async fn attach(State(auth): State<Arc<Auth>>, mut request: Request, next: Next) -> Response {
    let address = client_address(request.extensions());
    match auth.caller(request.headers(), address).await {
        Ok(caller) => {
            request.extensions_mut().insert(CurrentCaller(caller.map(Arc::new)));
            next.run(request).await
        }
        Err(error) => {
            tracing::warn!(%error, "cannot tell who is calling");
            (auth.render)(&AuthPage::store_unavailable())
        }
    }
}

/// As the front gate saw it, trusted proxies seen through.
pub(super) fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Admitted>().map(|admitted| admitted.client)
}

pub(super) fn address_text(address: Option<IpAddr>) -> String {
    address.map_or_else(String::new, |address| address.to_string())
}
