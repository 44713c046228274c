//! From a request to the person who sent it, read afresh each time: a changed role counts at once.

use std::net::IpAddr;

use domain::person::Caller;
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
}

/// As the front gate saw it, trusted proxies seen through.
pub(super) fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Admitted>().map(|admitted| admitted.client)
}

pub(super) fn address_text(address: Option<IpAddr>) -> String {
    address.map_or_else(String::new, |address| address.to_string())
}
