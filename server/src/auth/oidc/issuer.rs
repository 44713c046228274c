//! One identity provider: send somebody there, judge the answer, end the session there.

use std::fmt;
use std::sync::Arc;

use domain::time::Clock;
use openidconnect::core::{CoreJsonWebKeySet, CoreResponseType};
use openidconnect::{AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use url::Url;

use super::discovery::{self, Metadata};
use super::id_token::{self, IdTokenRefusal, OidcIdToken};
use super::refreshed::Refreshed;
use super::settings::{ClientAuthentication, IssuerSettings, Trust};
use super::{IssuerHttp, OidcError, VerifiedIdentity, token_request, user_info};
use crate::auth::opaque_token::OpaqueToken;
use crate::http::origin::Origin;
use portal::ports::Randomness;

pub struct Issuer {
    pub settings: IssuerSettings,
    callback: RedirectUrl,
    http: IssuerHttp,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Randomness>,
    metadata: Refreshed<Metadata>,
    keys: Refreshed<CoreJsonWebKeySet>,
}

/// The three random values of one sign-in; no `Debug`, since each is a secret until it is used.
pub struct LoginSecrets {
    pub state: OpaqueToken,
    pub nonce: String,
    pub pkce_verifier: String,
}

impl LoginSecrets {
    pub fn generate(random: &dyn Randomness) -> Self {
        let fresh = || OpaqueToken::generate(random);
        Self { state: fresh(), nonce: fresh().reveal(), pkce_verifier: fresh().reveal() }
    }
}

/// A completed exchange. The id token is kept as the hint that some providers demand at sign-out.
#[derive(Debug)]
pub struct SignedIn {
    pub identity: VerifiedIdentity,
    pub id_token: IdTokenHint,
}

/// Prints nothing of the token.
#[derive(Clone)]
pub struct IdTokenHint(pub String);

impl fmt::Debug for IdTokenHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Issuer {
    /// Fetches nothing yet.
    pub fn new(
        settings: IssuerSettings,
        public_origin: &Origin,
        http: IssuerHttp,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Randomness>,
    ) -> Result<Self, url::ParseError> {
        let callback = RedirectUrl::new(public_origin.join(&callback_path(&settings.id)))?;
        Ok(Self { settings, callback, http, clock, random, metadata: Refreshed::empty(), keys: Refreshed::empty() })
    }

    /// To be registered at the provider. One per issuer, so that an answer cannot be passed off as another's.
    pub fn callback_url(&self) -> &Url {
        self.callback.url()
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, OidcError> {
        self.metadata.get(self.clock.now(), discovery::discover(&self.http, &self.settings)).await
    }

    /// Tries discovery and the key set, for `serve --check`.
    pub async fn probe(&self) -> Result<(), OidcError> {
        let metadata = self.metadata().await?;
        self.keys.get(self.clock.now(), discovery::fetch_keys(&self.http, &metadata)).await.map(drop)
    }

    /// Where to send the browser. `prompt` asks the provider for more than it would do by itself: `login` lets somebody
    /// else sign in there.
    pub async fn authorization_url(&self, secrets: &LoginSecrets, prompt: Option<&str>) -> Result<Url, OidcError> {
        let metadata = self.metadata().await?;
        let client = token_request::client(&metadata, &self.settings, &self.callback);
        let verifier = PkceCodeVerifier::new(secrets.pkce_verifier.clone());
        let (state, nonce) = (CsrfToken::new(secrets.state.reveal()), Nonce::new(secrets.nonce.clone()));
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let request = client
            .authorize_url(flow, move || state, move || nonce)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scopes(self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            // A form post from another site would arrive without our `Lax` cookie.
            .add_extra_param("response_mode", "query");
        let request = match prompt {
            Some(prompt) => request.add_extra_param("prompt", prompt.to_owned()),
            None => request,
        };
        let (url, ..) = request.url();
        Ok(url)
    }

    /// RFC 9207: an answer that names another issuer, or does not name one although this issuer always does, came from
    /// elsewhere.
    pub async fn check_answering_issuer(&self, named: Option<&str>) -> Result<(), OidcError> {
        let metadata = self.metadata().await?;
        let is_named_always = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        let is_ours = match (named, &self.settings.trust) {
            (None, _) => !is_named_always,
            (Some(named), Trust::Exact) => named == metadata.issuer().as_str(),
            (Some(named), Trust::EntraTenants(tenants)) => {
                tenants.iter().any(|tenant| named == metadata.issuer().as_str().replace("{tenantid}", tenant))
            }
        };
        if is_ours { Ok(()) } else { Err(OidcError::Untrusted("the answer came from another issuer".into())) }
    }

    pub async fn redeem(&self, code: String, pkce_verifier: String, nonce: &str) -> Result<SignedIn, OidcError> {
        let metadata = self.metadata().await?;
        let client = token_request::client(&metadata, &self.settings, &self.callback);
        let assertion = self.assertion(&metadata)?;
        let tokens = token_request::exchange(&self.http, &client, code, pkce_verifier, assertion).await?;
        let mut identity = self.verify(&metadata, &tokens.id_token, nonce).await?;
        let groups_claim = &self.settings.mapping.groups_claim;
        user_info::complete(&self.http, &metadata, groups_claim, &tokens.access_token, &mut identity).await?;
        Ok(SignedIn { identity, id_token: IdTokenHint(tokens.id_token.to_string()) })
    }

    fn assertion(&self, metadata: &Metadata) -> Result<Option<String>, OidcError> {
        let (ClientAuthentication::PrivateKey(key), Some(endpoint)) =
            (&self.settings.authentication, metadata.token_endpoint())
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        key.assertion(&self.settings.client_id, endpoint.url().as_str(), now, &*self.random).map(Some)
    }

    async fn verify(
        &self,
        metadata: &Metadata,
        token: &OidcIdToken,
        nonce: &str,
    ) -> Result<VerifiedIdentity, OidcError> {
        let now = self.clock.now();
        let keys = self.keys.get(now, discovery::fetch_keys(&self.http, metadata)).await?;
        let verdict = match id_token::verify(token, &keys, &self.settings, nonce, now) {
            Err(IdTokenRefusal::UnknownKey) => {
                match self.keys.demand(now, discovery::fetch_keys(&self.http, metadata)).await {
                    Some(newer) => id_token::verify(token, &newer, &self.settings, nonce, now),
                    None => Err(IdTokenRefusal::UnknownKey),
                }
            }
            verdict => verdict,
        };
        verdict.map_err(|refusal| match refusal {
            IdTokenRefusal::UnknownKey => OidcError::Untrusted("id token: signed with an unknown key".into()),
            IdTokenRefusal::Other(why) => OidcError::Untrusted(format!("id token: {why}")),
        })
    }

    /// Where the browser ends the provider's own session, if the provider offers that. `back` is registered there.
    pub async fn end_session_url(&self, hint: Option<&IdTokenHint>, back: &str) -> Option<Url> {
        let metadata = self.metadata().await.ok()?;
        let mut url = metadata.additional_metadata().end_session_endpoint.as_ref()?.url().clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.settings.client_id);
        query.append_pair("post_logout_redirect_uri", back);
        if let Some(hint) = hint {
            query.append_pair("id_token_hint", &hint.0);
        }
        drop(query);
        Some(url)
    }
}

pub(in crate::auth) fn callback_path(issuer_id: &str) -> String {
    format!("/auth/cb/{issuer_id}")
}
