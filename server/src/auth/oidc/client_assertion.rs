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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::Counting;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
    use serde_json::Value;

    /// Made for this test; opens nothing.
    const P256: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCRhkRc0du+VWqTOM\n\
        ah3g1yvPH0ps+FhfT3VfK1THpRmhRANCAARdV2oV4bl2gqeX1DouPTvm6Wzr4S0s\n\
        pq+lBuk6+rfyw/4j9mz7If1afIs0GTCeVYrRdFLg4Ahpkp7V20of1tvv\n\
        -----END PRIVATE KEY-----\n";
    const P256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXVdqFeG5doKnl9Q6Lj075uls6+Et\n\
        LKavpQbpOvq38sP+I/Zs+yH9WnyLNBkwnlWK0XRS4OAIaZKe1dtKH9bb7w==\n\
        -----END PUBLIC KEY-----\n";
    const P384: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDR+yA4IX+NHGUiAjWN\n\
        xHqqk89yYQ8azYCp+3QbHd+CZR29ABnqsjTSBFOPBWNM1c+hZANiAAQo5zAEwIEh\n\
        VceDK5ftzTrjqB930itAyM6dOw0cZNTgl7hHnJ5+J/fr1NIoGvI6tCg8cl4TCYH4\n\
        w1gcw/MN2Mx1zWSbbKr4Zd4gfNeLvFYzW6t/nP2XutFVjNGxnJMDswc=\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn an_assertion_is_ours_for_one_endpoint_and_one_minute() {
        let key = SigningKey::from_pem(P256.as_bytes(), Some("kw-1".into())).unwrap();
        let (now, random) = (Timestamp::from_ms(1_800_000_000_999), Counting::default());
        let assertion = || key.assertion("client", "https://idp.example/token", now, &random).unwrap();
        let text = assertion();
        let header = decode_header(&text).unwrap();
        assert_eq!((header.alg, header.kid.as_deref()), (Algorithm::ES256, Some("kw-1")));
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_audience(&["https://idp.example/token"]);
        rules.validate_exp = false;
        let public = DecodingKey::from_ec_pem(P256_PUBLIC.as_bytes()).unwrap();
        let claims = decode::<Value>(&text, &public, &rules).unwrap().claims;
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("client"), Some("client")));
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(1_800_000_000), Some(1_800_000_060)));
        let again = decode::<Value>(&assertion(), &public, &rules).unwrap().claims;
        assert_ne!(claims["jti"], again["jti"], "each may be used once");
        assert!(!format!("{key:?}").contains("MIG"));
    }

    #[test]
    fn a_key_that_could_not_sign_is_refused_when_it_is_read() {
        for wrong in [P384, P256_PUBLIC, "", "not a key"] {
            assert_eq!(SigningKey::from_pem(wrong.as_bytes(), None).err(), Some(InvalidSigningKey));
        }
    }
}
