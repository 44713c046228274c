//! Whether an id token is believed.
//!
//! `openidconnect` checks signature, issuer, audience, expiry and nonce. Added: the algorithms (asymmetric ones only,
//! so that no client secret can sign), `iat` at most ten minutes old, `nbf`, `azp`, a usable subject, a minute of clock
//! skew, and Entra's tenants.

use std::time::{Duration, UNIX_EPOCH};

use domain::time::{MS_PER_MINUTE, MS_PER_SECOND, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier, IssuerUrl, Nonce,
    SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{IssuerSettings, Trust};

const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];
const SKEW_MS: i64 = MS_PER_MINUTE;
const OLDEST_MS: i64 = 10 * MS_PER_MINUTE;
/// OpenID Connect allows 255 ASCII characters.
const LONGEST_SUBJECT: usize = 255;

/// Claims that `openidconnect` has no field for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OtherClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

pub(super) type OidcIdToken =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// Somebody whom an issuer vouches for, with everything it claims about them.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedIdentity {
    pub issuer: String,
    pub subject: String,
    pub claims: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IdTokenRefusal {
    /// Perhaps the keys are newer than ours.
    UnknownKey,
    Other(String),
}

pub(super) fn verify(
    token: &OidcIdToken,
    keys: &CoreJsonWebKeySet,
    settings: &IssuerSettings,
    nonce: &str,
    now: Timestamp,
) -> Result<VerifiedIdentity, IdTokenRefusal> {
    let other = |why: &str| IdTokenRefusal::Other(why.to_owned());
    let issuer = IssuerUrl::new(settings.url.clone()).map_err(|_| other("the configured issuer is not a URL"))?;
    let skewed = Duration::from_millis(u64::try_from(now.as_ms() - SKEW_MS).unwrap_or_default());
    let verifier = IdTokenVerifier::new_public_client(ClientId::new(settings.client_id.clone()), issuer, keys.clone())
        .set_allowed_algs(ALGORITHMS)
        .require_issuer_match(settings.trust == Trust::Exact)
        .set_time_fn(move || (UNIX_EPOCH + skewed).into())
        .set_issue_time_verifier_fn(move |iat| check_issue_time(iat.timestamp_millis(), now));
    let claims = token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(refusal)?;

    if claims.authorized_party().is_some_and(|party| party.as_str() != settings.client_id) {
        return Err(other("azp names another client"));
    }
    let not_before = claims.additional_claims().all.get("nbf").and_then(Value::as_f64);
    if not_before.is_some_and(|nbf| nbf * 1000.0 > (now.as_ms() + SKEW_MS) as f64) {
        return Err(other("nbf is in the future"));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT || subject.chars().any(char::is_control) {
        return Err(other("sub is empty, too long or not printable"));
    }
    check_tenant(&settings.trust, claims.issuer().as_str(), &claims.additional_claims().all)?;
    let Ok(Value::Object(all)) = serde_json::to_value(claims) else {
        return Err(other("the claims are not an object"));
    };
    Ok(VerifiedIdentity { issuer: claims.issuer().as_str().to_owned(), subject: subject.to_owned(), claims: all })
}

fn refusal(error: ClaimsVerificationError) -> IdTokenRefusal {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            IdTokenRefusal::UnknownKey
        }
        ClaimsVerificationError::SignatureVerification(cause) => IdTokenRefusal::Other(format!("signature: {cause}")),
        other => IdTokenRefusal::Other(other.to_string()),
    }
}

fn check_issue_time(iat_ms: i64, now: Timestamp) -> Result<(), String> {
    let age = now.as_ms().saturating_sub(iat_ms);
    if age < -SKEW_MS {
        return Err("iat is in the future".into());
    }
    if age > OLDEST_MS + SKEW_MS {
        return Err(format!("issued {} seconds ago", age / MS_PER_SECOND));
    }
    Ok(())
}

/// In multi-tenant mode the issuer is the tenant's own, and only for tenants that the operator listed.
fn check_tenant(trust: &Trust, issuer: &str, claims: &Map<String, Value>) -> Result<(), IdTokenRefusal> {
    let Trust::EntraTenants(tenants) = trust else { return Ok(()) };
    let tenant = claims.get("tid").and_then(Value::as_str).unwrap_or_default();
    let is_listed = !tenant.is_empty() && tenants.iter().any(|listed| listed == tenant);
    if is_listed && issuer == format!("https://login.microsoftonline.com/{tenant}/v2.0") {
        return Ok(());
    }
    Err(IdTokenRefusal::Other(format!("tenant “{tenant}” of issuer “{issuer}” is not allowed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issue_times_have_a_window() {
        let now = Timestamp::from_ms(1_800_000_000_000);
        for (age_s, fine) in [(0, true), (-60, true), (-61, false), (600, true), (660, true), (661, false)] {
            assert_eq!(check_issue_time(now.as_ms() - age_s * 1000, now).is_ok(), fine, "{age_s}");
        }
        assert!(check_issue_time(i64::MAX, now).is_err() && check_issue_time(i64::MIN, now).is_err());
    }

    #[test]
    fn only_listed_tenants_speak_with_their_own_issuer() {
        let trust = Trust::EntraTenants(vec!["6f1b".into()]);
        let check = |tid: &str, issuer: &str| {
            let claims = serde_json::json!({ "tid": tid });
            check_tenant(&trust, issuer, claims.as_object().unwrap()).is_ok()
        };
        let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert!(check("6f1b", &of("6f1b")));
        for (tid, issuer) in [("beef", of("beef")), ("6f1b", of("beef")), ("beef", of("6f1b")), ("", of(""))] {
            assert!(!check(tid, &issuer), "{tid} {issuer}");
        }
        assert!(!check("6f1b", "https://evil.example/6f1b/v2.0"));
        assert!(check_tenant(&trust, &of("6f1b"), &Map::new()).is_err());
    }
}
