//! From requests to pages: asks the permission table, reads the caller, calls the page, answers.
//!
//! The router is built from [`app::routes::table`] and from nothing else, so that a page without a row in the permission
//! table cannot be reached. Who is not signed in is sent to sign in and comes back; who may not is told so. An act of
//! another site is refused before anything is read.

use crate::http::entrance::REQUEST_ID;
use crate::http::front_gate::Admitted;
use crate::http::origin::Origin;
use crate::http::{assets, csrf};
use crate::live;
use crate::state::App;
use app::routes::{Method, Route};
use app::visit::{Answer, Frame, Input, PageError, Visit};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::person::Caller;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::compression::CompressionLayer;

/// The largest form: a list of some thousand model names fits.
const FORM_LIMIT: usize = 256 * 1024;
/// A page that takes longer than this has lost its reader. Event streams are exempt: only their beginning is timed.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Everything that is not the gateway: pages and forms, sign-in, static files.
pub fn portal(app: &Arc<App>, public_origin: Origin) -> Router {
    let mut pages = Router::new();
    for route in app::routes::table() {
        let handler = move |State(app): State<Arc<App>>, request: Request| timed(app, route, request);
        let method = match route.method {
            Method::Get => get(handler),
            Method::Post => post(handler),
        };
        pages = pages.route(route.path, method);
    }
    let ours = middleware::from_fn_with_state((app.clone(), public_origin), require_same_origin);
    Router::new()
        .merge(crate::auth::routes::router(app.auth.clone()))
        .merge(pages)
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown)
        .with_state(app.clone())
        .layer(ours)
        .layer(CompressionLayer::new())
        .merge(assets::routes())
}

/// True if a page lives at this path: where people may be sent back to after signing in.
pub fn is_page(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |route: &Route| {
        let pattern: Vec<&str> = route.path.split('/').collect();
        pattern.len() == segments.len()
            && pattern.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment)
    };
    app::routes::table().iter().any(|route| route.method == Method::Get && fits(route))
}

/// Refuses what another site made a signed-in person's browser send, before anything is read.
async fn require_same_origin(
    State((app, public_origin)): State<(Arc<App>, Origin)>,
    request: Request,
    next: middleware::Next,
) -> Response {
    let refused = match csrf::judge(request.method(), request.headers(), &public_origin) {
        Ok(()) => return next.run(request).await,
        Err(csrf::Refused::BodyType) => PageError::UnsupportedForm,
        Err(csrf::Refused::CrossSite | csrf::Refused::NoProof) => {
            PageError::OtherSite { ours: public_origin.as_str().to_owned() }
        }
    };
    problem(&app, None, &refused)
}

async fn timed(app: Arc<App>, route: Route, request: Request) -> Response {
    let begun = Instant::now();
    let answered = tokio::time::timeout(PAGE_TIMEOUT, answer(app.clone(), route, request));
    match store::tallied(answered).await {
        (Ok(Answered::Now(mut response)), tally) => {
            if response.extensions().get::<ForCaller>().is_some() {
                response.headers_mut().insert("server-timing", server_timing(begun.elapsed(), tally));
            }
            response
        }
        // Bounded by whatever it waits for.
        (Ok(Answered::Later(caller, later)), _) => match later.await {
            Ok(answer) => respond(answer),
            Err(error) => problem(&app, Some(&caller), &error),
        },
        (Err(_), tally) => {
            let limit = PAGE_TIMEOUT.as_secs();
            tracing::warn!(path = route.path, statements = tally.statements, "a page took longer than {limit} s");
            problem(&app, None, &PageError::Unavailable)
        }
    }
}

/// On answers to somebody who is signed in: strangers are told nothing about how long something took inside.
#[derive(Clone)]
struct ForCaller;

/// How long the page took and what of it the database did, in milliseconds, as browsers' tools show it
/// (<https://www.w3.org/TR/server-timing/>).
fn server_timing(took: Duration, asked: store::Tally) -> HeaderValue {
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let text =
        format!("page;dur={:.2}, db;dur={:.2};desc=\"{} statements\"", ms(took), ms(asked.waited), asked.statements);
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("page"))
}

enum Answered {
    Now(Response),
    Later(Caller, Pin<Box<dyn Future<Output = Result<Answer, PageError>> + Send>>),
}

async fn answer(app: Arc<App>, route: Route, request: Request) -> Answered {
    let caller = match who(&request).ask(&app).await {
        Ok(caller) => caller,
        Err(error) => return Answered::Now(problem(&app, None, &error)),
    };
    if !route.permission.allows(caller.as_ref()) {
        return Answered::Now(turned_away(&app, caller.as_ref(), &request));
    }
    let Some(caller) = caller else { return Answered::Now(sign_in(&app)) };
    let session = app.auth.session_mark(request.headers());
    let input = match input(request).await {
        Ok(input) => Input { session, ..input },
        Err(error) => return Answered::Now(problem(&app, Some(&caller), &error)),
    };
    let frame = match app.portal.surroundings(&caller).await {
        Ok(around) => Frame { around, ..app.look.frame() },
        Err(error) => return Answered::Now(problem(&app, Some(&caller), &error.into())),
    };
    let visit = Visit { portal: app.portal.clone(), caller: caller.clone(), frame };
    match (route.handler)(visit, input).await {
        Ok(Answer::Later(later)) => Answered::Later(caller, later),
        Ok(answer) => {
            let mut response = respond(answer);
            response.extensions_mut().insert(ForCaller);
            Answered::Now(response)
        }
        Err(error) => Answered::Now(problem(&app, Some(&caller), &error)),
    }
}

/// What tells who is calling, taken out of the request so that nothing else of it is held while the store is asked.
struct Who {
    headers: HeaderMap,
    address: Option<IpAddr>,
}

fn who(request: &Request) -> Who {
    let address = request.extensions().get::<Admitted>().map(|admitted| admitted.client);
    Who { headers: request.headers().clone(), address }
}

impl Who {
    async fn ask(self, app: &App) -> Result<Option<Caller>, PageError> {
        app.auth.caller(&self.headers, self.address).await.map_err(|error| match error {
            store::StoreError::Unavailable => PageError::Unavailable,
            _ => PageError::Internal,
        })
    }

    /// For a problem page, whose frame shows who is signed in if that can be told.
    async fn guess(self, app: &App) -> Option<Caller> {
        self.ask(app).await.ok().flatten()
    }
}

/// Who is not signed in: a GET leads to the sign-in page and back again; a form is answered with that page, since a
/// redirect would lose what was typed without a word.
fn turned_away(app: &App, caller: Option<&Caller>, request: &Request) -> Response {
    if caller.is_some() {
        return problem(app, caller, &PageError::Forbidden);
    }
    match request.uri().path() {
        "/" => sign_in(app),
        _ if request.method() == http::Method::GET => {
            let wish = request.uri().path_and_query().map_or("/", |wish| wish.as_str());
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", wish).finish();
            Redirect::to(&format!("/auth/login?{query}")).into_response()
        }
        _ => problem(app, None, &PageError::SignedOut),
    }
}

fn sign_in(app: &App) -> Response {
    let issuers: Vec<(String, String)> = app
        .auth
        .issuers()
        .iter()
        .map(|issuer| (issuer.settings.name.clone(), format!("/auth/login/{}", issuer.settings.id)))
        .collect();
    no_store(Html(app::pages::sign_in::page(&app.look.frame(), &issuers, None)).into_response())
}

async fn input(request: Request) -> Result<Input, PageError> {
    let (mut parts, body) = request.into_parts();
    let path = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        Err(_) => return Err(PageError::NotFound),
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let form = match parts.method {
        http::Method::POST => {
            let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            if !kind.trim().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
                return Err(PageError::UnsupportedForm);
            }
            to_bytes(body, FORM_LIMIT).await.map_err(|_| PageError::TooLarge)?.to_vec()
        }
        _ => Vec::new(),
    };
    Ok(Input { path, query, form, session: None })
}

fn respond(answer: Answer) -> Response {
    no_store(match answer {
        Answer::Page { status, html } => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Html(html)).into_response()
        }
        Answer::SeeOther(path) => Redirect::to(&path).into_response(),
        Answer::Download { name, content_type, body } => {
            // Names are ours, made of letters, digits, dots and dashes.
            let disposition = format!("attachment; filename=\"{name}\"");
            ([(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body)
                .into_response()
        }
        Answer::Live(watch) => live::stream(watch),
        Answer::Events(events) => live::events(events),
        // Only the way in waits.
        Answer::Later(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    })
}

/// A page that says what went wrong and what to do next, with an id to ask about.
fn problem(app: &App, caller: Option<&Caller>, error: &PageError) -> Response {
    let request_id = app.ledger.next_event().to_string();
    if matches!(error, PageError::Internal) {
        tracing::error!(request.id = request_id, "a page failed; its source is logged where it happened");
    }
    let (status, html) = app::pages::problem::page(&app.look.frame(), caller, error, &request_id);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = no_store((status, Html(html)).into_response());
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn unknown(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = who(&request).guess(&app).await;
    problem(&app, caller.as_ref(), &PageError::NotFound)
}

async fn wrong_method(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = who(&request).guess(&app).await;
    problem(&app, caller.as_ref(), &PageError::WrongMethod)
}

/// Pages are somebody's: no shared cache and no "back" after signing out shows them.
fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
