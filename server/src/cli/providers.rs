//! What to enter at the identity provider, in the words of its own administration pages.

use std::fmt::Write as _;

use url::Url;

use crate::config::{Config, Issuer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Okta,
    Entra,
    Ping,
    Other,
}

impl Vendor {
    fn of(issuer: &Issuer) -> Self {
        let url = Url::parse(&issuer.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let is_below = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
        if ["okta.com", "oktapreview.com", "okta-emea.com"].into_iter().any(is_below) {
            Self::Okta
        } else if is_below("microsoftonline.com") || is_below("microsoftonline.us") {
            Self::Entra
        } else if host.starts_with("auth.pingone.") || is_below("pingidentity.com") || is_below("pingone.com") {
            Self::Ping
        } else {
            Self::Other
        }
    }
}

/// One paragraph for each issuer; for one whose vendor is not recognised, the values and all three vendors' words for them.
pub fn instructions(config: &Config) -> String {
    let mut text = String::new();
    for issuer in &config.issuers {
        let redirect = config.public_origin.join(&issuer.redirect_path());
        let home = config.public_origin.join("/");
        let _ = writeln!(text, "Enter at {} (issuer {:?}, {}):", issuer.name, issuer.id, issuer.url);
        let _ = writeln!(text, "  redirect URI: {redirect}");
        let known = match Vendor::of(issuer) {
            Vendor::Okta => vec![okta(&redirect, &home)],
            Vendor::Entra => vec![entra(&redirect, &home)],
            Vendor::Ping => vec![ping(&redirect, &home)],
            Vendor::Other => vec![okta(&redirect, &home), entra(&redirect, &home), ping(&redirect, &home)],
        };
        for paragraph in known {
            text.push('\n');
            for line in paragraph.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        text.push('\n');
    }
    text
}

fn okta(redirect: &str, home: &str) -> String {
    format!(
        "Okta (Admin Console, Applications > Applications > Create App Integration)
  Sign-in method            OIDC - OpenID Connect
  Application type          Web Application
  Grant type                Authorization Code
  Sign-in redirect URIs     {redirect}
  Sign-out redirect URIs    {home}
  Assignments               the groups whose people may use Keywright
Then, on the new application:
  General > Client Credentials > Client ID      goes to client_id
  General > CLIENT SECRETS                      goes to client_secret_file
  General > Proof Key for Code Exchange (PKCE)  Require PKCE as additional verification: on
  Sign On > OpenID Connect ID Token > Issuer    Okta URL; goes to url
  Sign On > Groups claim filter                 groups, Starts with, the prefix of the groups that matter
                                                (Okta sends at most 100; add \"groups\" to scopes)"
    )
}

fn entra(redirect: &str, home: &str) -> String {
    format!(
        "Entra ID (Microsoft Entra admin center, App registrations > New registration)
  Supported account types   Accounts in this organizational directory only (Single tenant)
  Redirect URI              Web, {redirect}
Then, on the new registration:
  Overview > Application (client) ID            goes to client_id
  Overview > Directory (tenant) ID              makes url: https://login.microsoftonline.com/TENANT/v2.0
  Certificates & secrets > New client secret    its Value (not its Secret ID) goes to client_secret_file
  Authentication > Front-channel logout URL     leave empty
  Authentication > Implicit grant               leave both boxes empty
  Branding & properties > Home page URL         {home}
  App roles > Create app role                   the Values that [issuer] roles maps, for Users/Groups
In Enterprise applications, the same application:
  Properties > Assignment required?             Yes
  Users and groups                              who may use Keywright, with their app roles"
    )
}

fn ping(redirect: &str, home: &str) -> String {
    format!(
        "Ping (PingOne admin console, Applications > Applications > +)
  Application Type               OIDC Web App
On the Configuration tab:
  Response Type                  Code
  Grant Type                     Authorization Code
  PKCE Enforcement               S256_REQUIRED
  Redirect URIs                  {redirect}
  Signoff URLs                   {home}
  Token Endpoint Authentication Method    Client Secret Basic
  Client ID                      goes to client_id
  Client Secret                  goes to client_secret_file
  URLs > Issuer                  goes to url, like https://auth.pingone.eu/ENVIRONMENT/as
On the Resources tab               allow the scopes profile and email
On the Attribute Mappings tab      map groups to Group Names or Group IDs
Turn the application on with the switch beside its name."
    )
}
