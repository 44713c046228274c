//! From requests to pages: asks the permission table, reads the caller, calls the page, answers.
//!
//! The router is built from [`app::routes::table`] and from nothing else, so that a page without a row in the permission
//! table cannot be reached. Who is not signed in is sent to sign in and comes back; who may not gets a page that says so.

use crate::state::App;
use app::chrome::Place;
use app::routes::{Method, Route};
use app::visit::{Answer, Input, PageError, Visit};
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{RequestExt, Router};
use domain::permission::Permission;
use domain::person::Caller;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The largest form: a model list of some thousand names fits.
const FORM_LIMIT: usize = 256 * 1024;
/// A page that takes longer than this has lost its reader.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// All pages and forms of the portal.
pub fn pages(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for route in app::routes::table() {
        let methods: MethodRouter<Arc<App>> = match route.method {
            Method::Get => get(move |state: State<Arc<App>>, request: Request| answer(state.0, route, request)),
            Method::Post => post(move |state: State<Arc<App>>, request: Request| answer(state.0, route, request)),
        };
        router = router.route(route.path, methods);
    }
    router
        .method_not_allowed_fallback(|State(app): State<Arc<App>>, request: Request| async move {
            problem_for(&app, request, PageError::BadRequest("This page does not take that kind of request.".into())).await
        })
        .fallback(|State(app): State<Arc<App>>, request: Request| async move {
            problem_for(&app, request, PageError::NotFound).await
        })
        .with_state(app.clone())
}

async fn answer(app: Arc<App>, route: Route, request: Request) -> Response {
    let work = answer_untimed(app.clone(), route, request);
    match tokio::time::timeout(PAGE_TIMEOUT, work).await {
        Ok(response) => response,
        Err(_) => problem(&app, None, &PageError::Unavailable),
    }
}

async fn answer_untimed(app: Arc<App>, route: Route, request: Request) -> Response {
    let caller = match app.auth.caller(request.headers(), &request.extensions().into()).await {
        Ok(caller) => caller,
        Err(error) => return problem(&app, None, &error.into()),
    };
    if !route.permission.allows(caller.as_ref()) {
        return turned_away(&app, &route, caller.as_ref(), &request);
    }
    let input = match input(request).await {
        Ok(input) => input,
        Err(error) => return problem(&app, caller.as_ref(), &error),
    };
    let Some(caller) = caller else { return problem(&app, None, &PageError::Internal) };
    let visit = Visit {
        portal: app.portal.clone(),
        caller: caller.clone(),
        frame: app.frame.clone(),
        now: app.clock.now(),
    };
    match (route.handler)(visit, input).await {
        Ok(answer) => respond(answer),
        Err(error) => problem(&app, Some(&caller), &error),
    }
}
