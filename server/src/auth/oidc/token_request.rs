//! A code for an id token.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, IdTokenFields, OAuth2TokenResponse as _, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};

use super::discovery::Metadata;
use super::id_token::{OidcIdToken, OtherClaims};
use super::settings::{ClientAuthentication, IssuerSettings};
use super::{IssuerHttp, OidcError};
use crate::http::egress::OutboundError;

type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type TokenError = StandardErrorResponse<CoreErrorResponseType>;

pub(super) type OidcClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    TokenError,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What is sent besides the code when there is no secret.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn client(metadata: &Metadata, settings: &IssuerSettings, callback: &RedirectUrl) -> OidcClient {
    let secret = match &settings.authentication {
        ClientAuthentication::Secret(secret) => Some(ClientSecret::new(secret.expose().to_owned())),
        ClientAuthentication::PrivateKey(_) => None,
    };
    OidcClient::from_provider_metadata(metadata.clone(), ClientId::new(settings.client_id.clone()), secret)
        .set_redirect_uri(callback.clone())
        .set_auth_type(auth_type(metadata))
}

/// Basic, which every provider must offer unless it says otherwise.
fn auth_type(metadata: &Metadata) -> AuthType {
    match metadata.token_endpoint_auth_methods_supported() {
        Some(methods)
            if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost) =>
        {
            AuthType::RequestBody
        }
        _ => AuthType::BasicAuth,
    }
}

pub(super) struct Tokens {
    pub(super) id_token: OidcIdToken,
    pub(super) access_token: String,
}

pub(super) async fn exchange(
    http: &IssuerHttp,
    client: &OidcClient,
    code: String,
    pkce_verifier: String,
    assertion: Option<String>,
) -> Result<Tokens, OidcError> {
    let mut request = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| OidcError::Unavailable(error.to_string()))?
        .set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier));
    if let Some(assertion) = assertion {
        request = request
            .add_extra_param("client_assertion_type", ASSERTION_TYPE)
            .add_extra_param("client_assertion", assertion);
    }
    // A clone per request: for a future that borrows, the compiler cannot prove that it may move between threads.
    let send = |request: HttpRequest| {
        let http = http.clone();
        async move { http.send(request).await }
    };
    let answer = request.request_async(&send).await.map_err(failure)?;
    let id_token = answer.id_token().cloned().ok_or_else(|| OidcError::Untrusted("no id token".into()))?;
    Ok(Tokens { id_token, access_token: answer.access_token().secret().clone() })
}

/// Bodies stay out of the text: they may hold tokens.
fn failure(error: RequestTokenError<OutboundError, TokenError>) -> OidcError {
    match error {
        RequestTokenError::ServerResponse(answer) => OidcError::Refused(answer.error().to_string()),
        RequestTokenError::Request(error) => OidcError::Unavailable(error.to_string()),
        RequestTokenError::Parse(error, _) => OidcError::Untrusted(format!("token answer: {}", error.path())),
        RequestTokenError::Other(why) => OidcError::Unavailable(why),
    }
}
