//! The rest of the claims, for providers that keep them out of the id token.
//!
//! The id token wins where both speak, and an answer about another subject is not believed. An answer that does not
//! come costs a name or groups, never the sign-in.

use serde_json::{Map, Value};

use super::discovery::Metadata;
use super::{IssuerHttp, OidcError, VerifiedIdentity};

/// Asks only if something is missing.
pub(super) async fn complete(
    http: &IssuerHttp,
    metadata: &Metadata,
    groups_claim: &str,
    access_token: &str,
    identity: &mut VerifiedIdentity,
) -> Result<(), OidcError> {
    let is_complete = ["name", "email", groups_claim].iter().all(|claim| identity.claims.contains_key(*claim));
    let Some(endpoint) = metadata.userinfo_endpoint().filter(|_| !is_complete) else { return Ok(()) };
    match ask(http, endpoint.url().as_str(), access_token).await {
        Ok(more) => merge(identity, more),
        Err(error) => {
            tracing::warn!(%error, "the user info endpoint did not complete the claims");
            Ok(())
        }
    }
}

fn merge(identity: &mut VerifiedIdentity, more: Map<String, Value>) -> Result<(), OidcError> {
    if more.get("sub").and_then(Value::as_str) != Some(identity.subject.as_str()) {
        return Err(OidcError::Untrusted("the user info is about another subject".into()));
    }
    for (claim, value) in more {
        identity.claims.entry(claim).or_insert(value);
    }
    Ok(())
}

async fn ask(http: &IssuerHttp, url: &str, access_token: &str) -> Result<Map<String, Value>, OidcError> {
    let unavailable = |why: String| OidcError::Unavailable(format!("user info: {why}"));
    let mut bearer = http::HeaderValue::try_from(format!("Bearer {access_token}"))
        .map_err(|_| unavailable("the access token is not header text".into()))?;
    bearer.set_sensitive(true);
    let request = http::Request::get(url)
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::AUTHORIZATION, bearer)
        .body(vec![])
        .map_err(|error| unavailable(error.to_string()))?;
    let answer = http.send(request).await.map_err(|error| unavailable(error.to_string()))?;
    if answer.status() != http::StatusCode::OK {
        return Err(unavailable(answer.status().to_string()));
    }
    serde_json::from_slice(answer.body()).map_err(|_| unavailable("not a JSON object".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_id_token_wins_and_another_subject_is_not_believed() {
        let claims = json!({ "sub": "a", "email": "signed@example.com" });
        let mut identity =
            VerifiedIdentity { issuer: "i".into(), subject: "a".into(), claims: claims.as_object().unwrap().clone() };
        let more = json!({ "sub": "a", "email": "other@example.com", "name": "Ada" });
        merge(&mut identity, more.as_object().unwrap().clone()).unwrap();
        assert_eq!(identity.claims["email"], "signed@example.com");
        assert_eq!(identity.claims["name"], "Ada");
        for foreign in [json!({ "sub": "b", "groups": ["admins"] }), json!({ "groups": ["admins"] })] {
            assert!(merge(&mut identity, foreign.as_object().unwrap().clone()).is_err());
        }
        assert!(!identity.claims.contains_key("groups"));
    }
}
