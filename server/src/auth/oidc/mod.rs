//! The relying party: one [`Issuer`] per configured identity provider, known by its issuer URL alone.
//!
//! `openidconnect` reads the wire formats, exchanges codes and checks signatures; what it leaves to its user is done
//! here: exact issuers, `nbf`, `iat` and `azp`, refreshed signing keys, RFC 9207, `private_key_jwt`, and a bounded
//! client. Discovery happens at the first sign-in and again later: a provider that is down never stops the process,
//! and its sign-ins answer 503 until it is back.

mod client_assertion;
mod discovery;
mod http_client;
mod id_token;
mod issuer;
mod refreshed;
mod settings;
mod token_request;
mod user_info;

pub use client_assertion::{InvalidSigningKey, SigningKey};
pub use http_client::{IssuerHttp, LocalListener};
pub use id_token::VerifiedIdentity;
pub(in crate::auth) use issuer::callback_path;
pub use issuer::{IdTokenHint, Issuer, LoginSecrets, SignedIn};
pub use settings::{ClientAuthentication, IssuerSettings, Trust};

/// Why a sign-in did not succeed. The texts are for the log: they name checks, never tokens.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider cannot be reached, or what it published is unusable. Worth trying again.
    #[error("the issuer is unavailable: {0}")]
    Unavailable(String),
    /// The token endpoint refused the code.
    #[error("the token endpoint refused: {0}")]
    Refused(String),
    /// An answer that must not be believed.
    #[error("the answer was not believed: {0}")]
    Untrusted(String),
}
