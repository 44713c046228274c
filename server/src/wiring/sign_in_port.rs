//! The identity providers as the portal sees them: what the configuration says, and whether they answer.

use crate::auth::Auth;
use crate::auth::claims::{self, DefaultRole, Groups, Policy};
use crate::auth::oidc::Issuer;
use async_trait::async_trait;
use domain::directory_claims::DirectoryClaims;
use domain::person::Role;
use futures_util::future::join_all;
use portal::ports::{IssuerFacts, IssuerState, SignInPort};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// A page waits for this.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct LiveSignIn(pub Arc<Auth>);

#[async_trait]
impl SignInPort for LiveSignIn {
    fn issuers(&self) -> Vec<IssuerFacts> {
        let facts = |issuer: &Issuer| {
            let settings = &issuer.settings;
            IssuerFacts {
                id: settings.id.clone(),
                name: settings.name.clone(),
                url: settings.url.clone(),
                client_id: settings.client_id.clone(),
                redirect_uri: issuer.callback_url().to_string(),
                groups_claim: settings.mapping.groups_claim.clone(),
                default_role: match settings.mapping.default_role {
                    DefaultRole::Developer => Some(Role::Developer),
                    DefaultRole::None => None,
                },
                fixed: settings.mapping.fixed_rules(&settings.id),
            }
        };
        self.0.issuers().iter().map(facts).collect()
    }

    async fn states(&self) -> Vec<IssuerState> {
        let state = |issuer| async move {
            match tokio::time::timeout(PATIENCE, Issuer::probe(issuer)).await {
                Ok(Ok(())) => IssuerState::Answers,
                Ok(Err(error)) => IssuerState::DoesNotAnswer(error.to_string()),
                Err(_) => IssuerState::DoesNotAnswer(format!("no answer within {} seconds", PATIENCE.as_secs())),
            }
        };
        join_all(self.0.issuers().iter().map(state)).await
    }

    fn directory(&self, issuer: &str, subject: &str, claims: &Map<String, Value>) -> Option<DirectoryClaims> {
        let known = self.0.issuers().iter().find(|known| known.settings.id == issuer)?;
        let mapping = &known.settings.mapping;
        let claimed = claims::read(mapping, subject, claims);
        let groups = match &claimed.groups {
            Groups::Listed(groups) => Some(groups.clone()),
            Groups::NotSent | Groups::TooMany => None,
        };
        let policy = Policy { issuer, mapping, rules: &[] };
        Some(policy.directory(subject, claims, &claimed, groups))
    }
}
