//! Who is calling: sign-in through identity providers, sessions, and the development provider.
//!
//! A person is (issuer, subject) and nothing else; names and e-mail addresses are shown, never looked up. Authority is
//! read afresh from the store for every request. Fails closed: a store that cannot answer is 503, never "signed out",
//! and an identity provider that cannot answer stops new sign-ins only, not the sessions that exist.

//pub mod caller;
pub mod claims;
pub mod cookie;
//pub mod dev_idp;
//pub mod invite;
pub mod oidc;
pub mod opaque_token;
pub mod page;
pub mod return_to;
//pub mod routes;
//pub mod session;
//pub mod session_store;
//pub mod sign_in;



