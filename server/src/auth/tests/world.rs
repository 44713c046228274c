//! One installation on a loopback port, and browsers that visit it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::time::Clock as _;
use http::{HeaderMap, StatusCode};
use store::Store;
use tokio::net::TcpListener;

use super::lying_issuer::{self, LyingIssuer};
use super::{Counting, ManualClock};
use crate::auth::dev_idp::{self, DevIdp, DevMode};
use crate::auth::oidc::{IssuerHttp, IssuerSettings};
use crate::auth::page::AuthPage;
use crate::auth::{Auth, AuthParts, invite, routes};
use crate::http::egress::{EgressPolicy, Outbound};
use crate::http::origin::Origin;

pub(super) struct World {
    pub(super) origin: String,
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Store,
    pub(super) random: Arc<Counting>,
    pub(super) lying: Arc<LyingIssuer>,
    pub(super) auth: Arc<Auth>,
    pub(super) dev_settings: IssuerSettings,
    /// How often the gateway was told of changed teams.
    pub(super) told: Arc<AtomicU64>,
}

impl World {
    /// With the development provider.
    pub(super) async fn dev() -> Self {
        Self::start(|dev, _| vec![dev]).await
    }

    /// With a provider that lies on demand.
    pub(super) async fn lying() -> Self {
        Self::start(|_, lying| vec![lying]).await
    }

    pub(super) async fn both() -> Self {
        Self::start(|dev, lying| vec![dev, lying]).await
    }

    async fn start(issuers: impl FnOnce(IssuerSettings, IssuerSettings) -> Vec<IssuerSettings>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let public_origin = Origin::parse(&origin).unwrap();
        let (clock, random) = (Arc::new(ManualClock::new()), Arc::new(Counting::default()));
        let store = Store::open("sqlite::memory:").await.unwrap();
        let proof = DevMode::entered_by_the_dev_command();
        let dev = Arc::new(DevIdp::new(proof, &public_origin, "/a.css".into(), clock.clone(), random.clone()));
        let lying = Arc::new(LyingIssuer::new(&origin, clock.clone()));
        let told = Arc::new(AtomicU64::new(0));
        let policy = EgressPolicy::new(["127.0.0.0/8".parse().unwrap()]);
        let auth = Arc::new(
            Auth::new(AuthParts {
                public_origin,
                issuers: issuers(dev.issuer_settings(), lying.settings()),
                http: IssuerHttp::new(Outbound::new(policy).unwrap(), None),
                store: store.clone(),
                clock: clock.clone(),
                random: random.clone(),
                is_page: |path| path == "/" || path == "/keys",
                render: Arc::new(render),
                teams_changed: {
                    let told = told.clone();
                    Arc::new(move || {
                        told.fetch_add(1, Ordering::Relaxed);
                        Box::pin(async {})
                    })
                },
            })
            .unwrap(),
        );
        let dev_settings = dev.issuer_settings();
        let pages =
            Router::new().route("/me", get(me)).route("/admin/sign-in/test", get(|| async {})).with_state(auth.clone());
        let app = routes::router(auth.clone())
            .merge(pages)
            .nest(dev_idp::PATH, dev_idp::router(dev))
            .nest("/lying", lying_issuer::router(lying.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { origin, clock, store, random, lying, auth, dev_settings, told }
    }

    pub(super) fn browser(&self) -> Browser {
        #[expect(clippy::disallowed_methods, reason = "a browser of the test, which calls only this machine")]
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Browser { origin: self.origin.clone(), http, jar: Mutex::default() }
    }

    pub(super) async fn invite(&self) -> String {
        let mut tx = self.store.begin().await.unwrap();
        let path = invite::create(&mut tx, &*self.random, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        path
    }

    pub(super) async fn person(&self, account: &str) -> store::Person {
        let issuer = format!("{}{}", self.origin, dev_idp::PATH);
        self.store.person_by_subject(&issuer, account).await.unwrap().unwrap()
    }

    /// Newest first.
    pub(super) async fn audited(&self) -> Vec<String> {
        let filter = store::AuditFilter::default();
        let rows = self.store.audit_page(&filter, None, 100).await.unwrap();
        rows.into_iter().map(|row| row.entry.action).collect()
    }
}

async fn me(State(auth): State<Arc<Auth>>, headers: HeaderMap) -> Response {
    match auth.caller(&headers, None).await {
        Ok(Some(caller)) => {
            let roles: Vec<_> = caller.roles.iter().map(|role| role.word()).collect();
            format!("{} {}", caller.name, roles.join(" ")).into_response()
        }
        Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn render(page: &AuthPage) -> Response {
    let links: Vec<_> = page.links.iter().map(|link| format!("{} -> {}", link.text, link.href)).collect();
    let text = format!("{}\n{}\n{}\n{:?}", page.title, page.text, links.join("\n"), page.refresh_to);
    (page.status, text).into_response()
}

pub(super) struct Browser {
    origin: String,
    http: reqwest::Client,
    pub(super) jar: Mutex<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) body: String,
}

impl Browser {
    pub(super) async fn get(&self, address: &str) -> Page {
        self.send(self.http.get(self.absolute(address))).await
    }

    pub(super) async fn post(&self, address: &str) -> Page {
        self.send(self.http.post(self.absolute(address))).await
    }

    pub(super) async fn post_form(&self, address: &str, form: &[(&str, &str)]) -> Page {
        self.send(self.http.post(self.absolute(address)).form(form)).await
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with('/') { format!("{}{address}", self.origin) } else { address.to_owned() }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<_> = self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut jar = self.jar.lock().unwrap();
            if rest.contains("Max-Age=0") {
                jar.remove(name)
            } else {
                jar.insert(name.into(), value.into())
            };
        }
        let location = answer.headers().get("location").map_or(String::new(), |to| to.to_str().unwrap().to_owned());
        Page { status: answer.status().as_u16(), location, body: answer.text().await.unwrap() }
    }

    /// As far as the provider's answer, which is the address of our callback.
    pub(super) async fn answer_of(&self, begin: &str, account: &str) -> String {
        let leave = self.get(begin).await;
        assert_eq!(leave.status, 303, "{leave:?}");
        let back = self.get(&format!("{}&account={account}", leave.location)).await;
        assert_eq!(back.status, 303, "{back:?}");
        back.location
    }

    pub(super) async fn sign_in_at(&self, begin: &str, account: &str) -> Page {
        let callback = self.answer_of(begin, account).await;
        self.get(&callback).await
    }

    pub(super) async fn sign_in(&self, account: &str) -> Page {
        self.sign_in_at("/auth/login", account).await
    }

    /// Name and roles, or `None` for somebody who is not signed in.
    pub(super) async fn me(&self) -> Option<String> {
        let page = self.get("/me").await;
        (page.status == 200).then_some(page.body)
    }

    pub(super) fn session(&self) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.iter().find(|(name, _)| name.starts_with("kw_sid_")).map(|(_, value)| value.clone())
    }

    pub(super) fn plant_session(&self, value: &str) {
        let port = self.origin.rsplit(':').next().unwrap();
        self.jar.lock().unwrap().insert(format!("kw_sid_{port}"), value.into());
    }
}
