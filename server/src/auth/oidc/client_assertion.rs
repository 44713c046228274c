//! `private_key_jwt` (RFC 7523): we prove who we are with a signature instead of a secret that the provider knows too.

use std::fmt;
use std::sync::Arc;

use domain::time::{MS_PER_SECOND, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;

use super::OidcError;
use crate::auth::opaque_token::OpaqueToken;
use portal::ports::Randomness;

/// Long enough for clocks that differ, short enough to be useless later.
const LIFETIME_S: i64 = 60;

#[derive(Clone)]
pub struct SigningKey {
    key: Arc<EncodingKey>,
    algorithm: Algorithm,
    key_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA (2048 bits or more) or P-256 private key in PEM")]
pub struct InvalidSigningKey;

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
}

impl SigningKey {
    /// `key_id` is the `kid` under which the provider knows the public key, if it asks for one.
    pub fn from_pem(pem: &[u8], key_id: Option<String>) -> Result<Self, InvalidSigningKey> {
        let p256 = EncodingKey::from_ec_pem(pem).map(|key| (key, Algorithm::ES256));
        let rsa = || EncodingKey::from_rsa_pem(pem).map(|key| (key, Algorithm::RS256));
        let (key, algorithm) = p256.or_else(|_| rsa()).map_err(|_| InvalidSigningKey)?;
        let signing_key = Self { key: Arc::new(key), algorithm, key_id };
        // Other curves and short keys show only when they sign: find out now and not at the first sign-in.
        signing_key.sign(&serde_json::json!({})).map_err(|_| InvalidSigningKey)?;
        Ok(signing_key)
    }

    fn sign<T: Serialize>(&self, claims: &T) -> jsonwebtoken::errors::Result<String> {
        encode(&Header { kid: self.key_id.clone(), ..Header::new(self.algorithm) }, claims, &self.key)
    }

    pub(super) fn assertion(
        &self,
        client_id: &str,
        token_endpoint: &str,
        now: Timestamp,
        random: &dyn Randomness,
    ) -> Result<String, OidcError> {
        let iat = now.as_ms() / MS_PER_SECOND;
        let jti = OpaqueToken::generate(random).reveal();
        let claims = Assertion { iss: client_id, sub: client_id, aud: token_endpoint, jti, iat, exp: iat + LIFETIME_S };
        self.sign(&claims).map_err(|error| OidcError::Unavailable(format!("cannot sign with our own key: {error}")))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, [redacted])", self.algorithm)
    }
}
