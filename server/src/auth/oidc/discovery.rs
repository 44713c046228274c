//! What an issuer publishes about itself, found from its URL alone, and its signing keys.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, EndSessionUrl, ProviderMetadata, UserInfoUrl};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::is_acceptable;
use super::{IssuerHttp, IssuerSettings, OidcError, Trust};

/// Beyond OpenID Connect Discovery itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Extensions {
    /// RP-initiated logout.
    pub(super) end_session_endpoint: Option<EndSessionUrl>,
    /// RFC 9207: the answer names its issuer, and an answer that does not is not its.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extensions {}

pub(super) type Metadata = ProviderMetadata<
    Extensions,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What Entra's shared endpoints publish as their issuer: a pattern.
const ENTRA_PATTERN: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";

pub(super) async fn discover(http: &IssuerHttp, settings: &IssuerSettings) -> Result<Metadata, OidcError> {
    let url = format!("{}/.well-known/openid-configuration", settings.url.trim_end_matches('/'));
    let metadata: Metadata = get_json(http, &url).await?;
    check(&metadata, settings)?;
    Ok(metadata)
}

/// A document from elsewhere would let another issuer speak for this one.
fn check(metadata: &Metadata, settings: &IssuerSettings) -> Result<(), OidcError> {
    let expected = match settings.trust {
        Trust::Exact => settings.url.as_str(),
        Trust::EntraTenants(_) => ENTRA_PATTERN,
    };
    if metadata.issuer().as_str() != expected {
        let named = metadata.issuer().as_str();
        return Err(OidcError::Unavailable(format!("it calls itself “{named}”, configured is “{}”", settings.url)));
    }
    let token = metadata.token_endpoint().ok_or_else(|| OidcError::Unavailable("it has no token endpoint".into()))?;
    let end_session = metadata.additional_metadata().end_session_endpoint.as_ref().map(EndSessionUrl::url);
    let userinfo = metadata.userinfo_endpoint().map(UserInfoUrl::url);
    let needed = [metadata.authorization_endpoint().url(), token.url(), metadata.jwks_uri().url()];
    let insecure = needed.into_iter().chain(end_session).chain(userinfo).find(|url| !is_acceptable(url));
    insecure.map_or(Ok(()), |_| Err(OidcError::Unavailable("one of its endpoints is not https".into())))
}

pub(super) async fn fetch_keys(http: &IssuerHttp, metadata: &Metadata) -> Result<CoreJsonWebKeySet, OidcError> {
    get_json(http, metadata.jwks_uri().url().as_str()).await
}

pub(super) async fn get_json<T: DeserializeOwned>(http: &IssuerHttp, url: &str) -> Result<T, OidcError> {
    let what = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    let unavailable = |why: &dyn std::fmt::Display| OidcError::Unavailable(format!("{what}: {why}"));
    let request = http::Request::get(url).header(http::header::ACCEPT, "application/json").body(vec![]);
    let answer = http.send(request.map_err(|error| unavailable(&error))?).await.map_err(|error| unavailable(&error))?;
    if answer.status() != http::StatusCode::OK {
        return Err(unavailable(&answer.status()));
    }
    serde_json::from_slice(answer.body()).map_err(|error| unavailable(&error))
}
