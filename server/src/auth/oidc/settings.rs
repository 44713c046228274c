//! What is known about one identity provider before it is asked.

use url::{Host, Url};

use super::client_assertion::{InvalidSigningKey, SigningKey};
use crate::auth::claims::{ClaimMapping, DefaultRole, RoleRule};
use crate::config::{self, ClientCredential, MappedRole, Secret};
use domain::person::Role;

#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Part of the callback's path: `/auth/cb/{id}`.
    pub id: String,
    /// On buttons and in sentences.
    pub name: String,
    /// The issuer, exactly as the provider spells it.
    pub url: String,
    pub client_id: String,
    pub authentication: ClientAuthentication,
    /// `openid` is asked for whether it is listed or not.
    pub scopes: Vec<String>,
    pub trust: Trust,
    pub mapping: ClaimMapping,
}

#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// As basic authentication, or in the body for a provider that offers only that.
    Secret(Secret),
    /// `private_key_jwt`: the provider holds our public key, and nothing secret is sent.
    PrivateKey(SigningKey),
}

/// Whose tokens count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Exactly the configured issuer.
    Exact,
    /// Entra's multi-tenant endpoint, for these tenant ids: `tid` must be one of them and the issuer must be its.
    EntraTenants(Vec<String>),
}

impl IssuerSettings {
    /// The configuration has checked everything but whether the private key is one.
    pub fn from_config(issuer: &config::Issuer) -> Result<Self, InvalidSigningKey> {
        let authentication = match &issuer.credential {
            ClientCredential::Secret(secret) => ClientAuthentication::Secret(secret.clone()),
            ClientCredential::PrivateKey(pem) => {
                ClientAuthentication::PrivateKey(SigningKey::from_pem(pem.expose().as_bytes(), None)?)
            }
        };
        let trust = if issuer.allowed_tenants.is_empty() {
            Trust::Exact
        } else {
            Trust::EntraTenants(issuer.allowed_tenants.iter().cloned().collect())
        };
        let rules = issuer.roles.iter().map(|(value, role)| RoleRule {
            claim: issuer.roles_claim.clone(),
            value: value.clone(),
            role: match role {
                MappedRole::Developer => Role::Developer,
                MappedRole::Auditor => Role::Auditor,
                MappedRole::Administrator => Role::Administrator,
            },
        });
        Ok(Self {
            id: issuer.id.clone(),
            name: issuer.name.clone(),
            url: issuer.url.clone(),
            client_id: issuer.client_id.clone(),
            authentication,
            scopes: issuer.scopes.clone(),
            trust,
            mapping: ClaimMapping {
                groups_claim: issuer.groups_claim.clone(),
                roles: rules.collect(),
                default_role: DefaultRole::Developer,
                administrators: issuer.administrators.iter().cloned().collect(),
            },
        })
    }
}

/// https, or plain http on this machine.
pub(super) fn is_acceptable(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
