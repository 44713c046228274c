//! Ed25519 for the development provider: one key per process, from random bytes given.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};

pub(in crate::auth) struct DevSigningKey {
    key: CoreEdDsaPrivateSigningKey,
    key_id: String,
}

/// RFC 8410: what stands before the 32 bytes of an Ed25519 private key in PKCS #8.
const PKCS8_PREFIX: [u8; 16] = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

impl DevSigningKey {
    pub(in crate::auth) fn from_seed(seed: &[u8; 32]) -> Self {
        let der = [&PKCS8_PREFIX[..], seed].concat();
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
        let key = |id| CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, id).expect("32 bytes are an Ed25519 key");
        // The public key names itself, so that a restarted provider's key is not mistaken for its old one.
        let public = serde_json::to_value(key(None).as_verification_key()).unwrap_or_default();
        let key_id: String = public["x"].as_str().unwrap_or_default().chars().take(16).collect();
        Self { key: key(Some(JsonWebKeyId::new(key_id.clone()))), key_id }
    }

    pub(in crate::auth) fn public_jwk(&self) -> Value {
        let mut jwk = serde_json::to_value(self.key.as_verification_key()).unwrap_or_default();
        jwk["alg"] = "EdDSA".into();
        jwk
    }

    /// A JWS in compact form. `None` cannot happen with this algorithm and costs the caller one branch.
    pub(in crate::auth) fn sign(&self, claims: &Value) -> Option<String> {
        self.sign_with_header(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.key_id }), claims)
    }

    pub(in crate::auth) fn sign_with_header(&self, header: &Value, claims: &Value) -> Option<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
