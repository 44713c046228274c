//! Keeping what a test sign-in brought, for the administrator who began it.
//!
//! Claims only: no token, and none of the values that bind a token to its occasion. Ten minutes later nobody is shown
//! them any more, and the clean-up deletes them.

use domain::id::PersonId;
use serde_json::{Map, Value};
use store::{StoreError, TestLogin};

use super::Auth;
use super::oidc::{Issuer, SignedIn};

/// What belongs to one token and says nothing about a person.
const OF_THE_TOKEN: [&str; 8] = ["nonce", "at_hash", "c_hash", "s_hash", "jti", "sid", "uti", "rh"];

impl Auth {
    pub(super) async fn keep_test_login(
        &self,
        tester: PersonId,
        issuer: &Issuer,
        signed_in: &SignedIn,
    ) -> Result<(), StoreError> {
        let identity = &signed_in.identity;
        let is_kept = |(name, _): &(&String, &Value)| !OF_THE_TOKEN.contains(&name.as_str());
        let kept: Map<String, Value> =
            identity.claims.iter().filter(is_kept).map(|(name, value)| (name.clone(), value.clone())).collect();
        let login = TestLogin {
            issuer: issuer.settings.id.clone(),
            subject: identity.subject.clone(),
            claims: Value::Object(kept).to_string(),
            created_at: self.clock.now(),
        };
        let mut tx = self.store.begin().await?;
        tx.put_test_login(tester, &login).await?;
        tx.commit().await?;
        tracing::info!(person.id = %tester, issuer.id = %issuer.settings.id, "a test sign-in came back");
        Ok(())
    }
}
