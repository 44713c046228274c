//! From a request to the person who sent it, read afresh each time: a changed role counts at once.

use std::net::IpAddr;

use domain::person::{Caller, display_name};
use domain::session_mark::SessionMark;
use http::{Extensions, HeaderMap};
use store::StoreError;

use super::Auth;
use super::cookie::Cookie;
use crate::http::front_gate::Admitted;

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

    /// Which of a person's sessions this browser has, whether it still lasts or not.
    pub fn session_mark(&self, headers: &HeaderMap) -> Option<SessionMark> {
        self.cookies.read(headers, Cookie::Session).map(|token| SessionMark::of(&token.hash()))
    }
}

/// The browser as it names itself, short enough to keep.
pub(super) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let named = headers.get(http::header::USER_AGENT)?.to_str().ok()?;
    Some(display_name(named, "")).filter(|name| !name.is_empty())
}

/// As the front gate saw it, trusted proxies seen through.
pub(super) fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Admitted>().map(|admitted| admitted.client)
}

pub(super) fn address_text(address: Option<IpAddr>) -> String {
    address.map_or_else(String::new, |address| address.to_string())
}
