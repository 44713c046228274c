//! The addresses under `/auth`: leave for the provider, come back, sign out.
//!
//! The GETs here are begun by links and by other sites, so they are exempt from the cross-site check and protected by
//! the sign-in transaction instead: a random state, bound to a cookie of this browser, good once and for ten minutes.

mod callback;
mod sign_out;
mod start;

use std::sync::Arc;

use axum::Router;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use domain::permission::Permission;
use domain::time::MS_PER_MINUTE;
use http::{HeaderValue, StatusCode, header};
use store::StoreError;

use super::Auth;
use super::page::AuthPage;

pub const SIGNED_OUT: &str = "/auth/signed-out";
/// The page of the portal that shows what a test sign-in brought.
const TESTED: &str = "/admin/sign-in/test";

/// Every route here with what it demands, for the table that a test walks: sign-in is how one gets in, and signing out
/// twice is no error.
pub const TABLE: [(&str, &str, Permission); 9] = [
    ("GET", "/auth/login", Permission::Open),
    ("GET", "/auth/login/{issuer}", Permission::Open),
    ("GET", "/auth/cb/{issuer}", Permission::Open),
    ("GET", "/auth/invite/{token}", Permission::Open),
    ("GET", SIGNED_OUT, Permission::Open),
    ("POST", "/auth/sign-out", Permission::Open),
    ("POST", "/auth/sign-out-everywhere", Permission::Open),
    ("GET", "/auth/invite/{token}/{issuer}", Permission::Open),
    ("GET", "/auth/test/{issuer}", Permission::Administer),
];

const LOGIN_LIFETIME_MS: i64 = 10 * MS_PER_MINUTE;
/// Tabs in which one browser may be signing in at once; the oldest make room.
const MOST_LOGINS: u32 = 5;

pub fn router<S: Clone + Send + Sync + 'static>(auth: Arc<Auth>) -> Router<S> {
    Router::new()
        .route("/auth/login", get(start::choose))
        .route("/auth/login/{issuer}", get(start::leave))
        .route("/auth/invite/{token}", get(start::choose_invited))
        .route("/auth/invite/{token}/{issuer}", get(start::leave_invited))
        .route("/auth/test/{issuer}", get(start::leave_to_test))
        .route("/auth/cb/{issuer}", get(callback::come_back))
        .route(SIGNED_OUT, get(sign_out::signed_out))
        .route("/auth/sign-out", post(sign_out::here))
        .route("/auth/sign-out-everywhere", post(sign_out::everywhere))
        .with_state(auth)
}

impl Auth {
    fn show(&self, page: &AuthPage) -> Response {
        let mut response = (self.render)(page);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn store_failed(&self, error: StoreError) -> Response {
        tracing::warn!(%error, "sign-in could not reach the store");
        self.show(&AuthPage::store_unavailable())
    }
}

/// Never cached: the address may hold a state, and the answer sets a cookie.
fn see_other(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::try_from(to) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let cookies: Vec<_> = cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect();
    let fixed = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, fixed, AppendHeaders(cookies)).into_response()
}
