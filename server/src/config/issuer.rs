//! The identity providers that people sign in through, one `[[issuer]]` each.

use std::collections::BTreeSet;
use std::path::Path;

use url::{Host, Url};

use super::reader::{Found, Section};
use super::secret::Secret;
use super::{Surroundings, read_secret_file};

const ENTRA_HOST: &str = "login.microsoftonline.com";

#[derive(Debug, Clone)]
pub struct Issuer {
    /// Part of the redirect URI `/auth/cb/{id}`; also what people's identities are stored under.
    pub id: String,
    /// On the button "Sign in with …".
    pub name: String,
    /// Exactly as the provider writes it in its tokens.
    pub url: String,
    pub client_id: String,
    pub credential: ClientCredential,
    pub scopes: Vec<String>,
    /// Entra tenants whose people may sign in, where `url` is not that of one tenant.
    pub allowed_tenants: BTreeSet<String>,
    pub groups_claim: String,
    pub roles_claim: String,
    /// Values of `roles_claim` and the roles they give.
    pub roles: Vec<(String, MappedRole)>,
    /// Subjects (`sub`) who are administrators from their first sign-in.
    pub administrators: BTreeSet<String>,
}

/// How Keywright proves to the provider that it is the registered application.
#[derive(Debug, Clone)]
pub enum ClientCredential {
    Secret(Secret),
    /// PEM, for `private_key_jwt`.
    PrivateKey(Secret),
}

/// A role that a claim can give. Leading a team is a matter of the team, not of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappedRole {
    Developer,
    Auditor,
    Administrator,
}

impl Issuer {
    /// Where the provider sends people back to.
    pub fn redirect_path(&self) -> String {
        format!("/auth/cb/{}", self.id)
    }
}

pub(super) fn read(sections: Vec<Section<'_>>, around: &Surroundings<'_>) -> Vec<Issuer> {
    let mut ids = BTreeSet::new();
    let mut issuers = Vec::new();
    for section in sections {
        let id = section
            .required("id", "write a short name such as \"okta\"; it becomes part of the redirect URI")
            .and_then(|found| section.parsed("id", found, parse_id));
        if let Some(id) = &id
            && !ids.insert(id.clone())
        {
            section.missing("id", &format!("another [[issuer]] is called {id:?}, too; give each its own"));
        }
        let section = match &id {
            Some(id) => section.named(id),
            None => section,
        };
        issuers.extend(read_one(section, id, around));
    }
    issuers
}

fn read_one(section: Section<'_>, id: Option<String>, around: &Surroundings<'_>) -> Option<Issuer> {
    let name = section.required("name", "write what the sign-in button should say, such as \"Okta\"");
    let url = section
        .required("url", "write the issuer exactly as the provider's discovery document does")
        .and_then(|found| section.parsed("url", found, parse_url));
    let client_id = section.required("client_id", "copy it from the application at the provider");
    let credential = read_credential(&section, around);
    let scopes = section.list("scopes");
    let allowed_tenants: BTreeSet<String> = section
        .list("allowed_tenants")
        .into_iter()
        .filter_map(|tenant| section.parsed("allowed_tenants", tenant, parse_tenant))
        .collect();
    let groups_claim = section.text("groups_claim");
    let roles_claim = section.text("roles_claim");
    let roles = section
        .map("roles")
        .into_iter()
        .filter_map(|(claim, role)| Some((claim, section.parsed("roles", role, parse_role)?)))
        .collect();
    let administrators = section.list("administrators");
    if let Some(url) = &url
        && let Some(advice) = tenant_problem(url, &allowed_tenants)
    {
        section.missing("allowed_tenants", advice);
    }
    section.finish();

    Some(Issuer {
        id: id?,
        name: name?.value,
        url: url?,
        client_id: client_id?.value,
        credential: credential?,
        scopes: scopes_or_default(scopes),
        allowed_tenants,
        groups_claim: groups_claim.map_or_else(|| "groups".to_owned(), |found| found.value),
        roles_claim: roles_claim.map_or_else(|| "roles".to_owned(), |found| found.value),
        roles,
        administrators: administrators.into_iter().map(|found| found.value).collect(),
    })
}

fn read_credential(section: &Section<'_>, around: &Surroundings<'_>) -> Option<ClientCredential> {
    let secret = section.secret("client_secret");
    let secret_file = section.text("client_secret_file");
    let key_file = section.text("private_key_file");
    match (secret, secret_file, key_file) {
        (Some(secret), None, None) if secret.value.expose().trim().is_empty() => {
            section.problem(&secret.place, "client_secret", "is empty: copy it from the provider");
            None
        }
        (Some(secret), None, None) => Some(ClientCredential::Secret(secret.value)),
        (None, Some(file), None) => section
            .parsed("client_secret_file", file, |path| read_secret_file(around, Path::new(path)))
            .map(ClientCredential::Secret),
        (None, None, Some(file)) => section
            .parsed("private_key_file", file, |path| read_secret_file(around, Path::new(path)))
            .map(ClientCredential::PrivateKey),
        (None, None, None) => {
            section.missing(
                "client_secret_file",
                "name a file that holds the client secret (or set client_secret, or private_key_file)",
            );
            None
        }
        (_, Some(Found { place, .. }), _) | (_, _, Some(Found { place, .. })) => {
            let advice =
                "stands beside another credential: keep one of client_secret, client_secret_file, private_key_file";
            section.problem(&place, "client_secret_file", advice);
            None
        }
    }
}

/// `openid` is not optional: without it there is no sign-in.
fn scopes_or_default(listed: Vec<Found<'_, String>>) -> Vec<String> {
    let mut scopes = vec!["openid".to_owned()];
    if listed.is_empty() {
        scopes.extend(["profile", "email"].map(str::to_owned));
    }
    for scope in listed {
        if !scopes.contains(&scope.value) {
            scopes.push(scope.value);
        }
    }
    scopes
}

fn parse_id(text: &str) -> Result<String, &'static str> {
    let is_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > 32 || !text.bytes().all(is_slug) {
        return Err("use 1 to 32 of the characters a-z, 0-9 and -");
    }
    Ok(text.to_owned())
}

fn parse_url(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_| "write it like https://example.okta.com")?;
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        return Err("it must begin with https://");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must have no query and no fragment");
    }
    if url.path().contains("/.well-known/") {
        return Err("leave out /.well-known/… and what follows; it is added");
    }
    Ok(text.to_owned())
}

fn parse_tenant(text: &str) -> Result<String, &'static str> {
    let groups: Vec<&str> = text.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_uuid
        .then(|| text.to_ascii_lowercase())
        .ok_or("write the Directory (tenant) ID, like 72f988bf-86f1-41af-91ab-2d7cd011db47")
}

fn parse_role(text: &str) -> Result<MappedRole, &'static str> {
    match text {
        "developer" => Ok(MappedRole::Developer),
        "auditor" => Ok(MappedRole::Auditor),
        "administrator" => Ok(MappedRole::Administrator),
        _ => Err("write developer, auditor or administrator"),
    }
}

/// With these issuers of Entra anybody with any Microsoft account could sign in.
fn tenant_problem(url: &str, allowed: &BTreeSet<String>) -> Option<&'static str> {
    let url = Url::parse(url).ok()?;
    let tenant = url.path_segments()?.next()?;
    let is_shared = url.host_str() == Some(ENTRA_HOST) && matches!(tenant, "common" | "organizations" | "consumers");
    (is_shared && allowed.is_empty()).then_some(
        "this issuer serves every tenant; list the tenants whose people may sign in, \
         or use https://login.microsoftonline.com/TENANT/v2.0",
    )
}
