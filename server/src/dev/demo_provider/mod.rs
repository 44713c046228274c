//! A provider on loopback that speaks the real wire formats, so that the gateway in development does exactly what it
//! does in production: keys are checked, answers stream at a human pace and come with usage.
//!
//! Every model of [`MODELS`] answers on every path. The same prompt gets the same answer. What a prompt can ask for beyond
//! an answer stands in [`script`]. Shapes follow the API references of OpenAI, Anthropic and Google, and for ranking, which
//! they do not have, Cohere's.

mod anthropic;
mod audio;
mod chat;
mod completions;
mod embeddings;
mod gemini;
mod images;
mod moderations;
mod openai;
mod reply;
mod rerank;
mod responses;
mod schema;
mod script;
mod stored;

use axum::Router;
use axum::routing::{get, post};
use domain::key_secret::SecretText;
use domain::time::{Clock, MS_PER_SECOND};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What they are for and what they cost is said where they are seeded.
pub const MODELS: [&str; 6] =
    ["demo-large", "demo-small", "demo-embedding", "demo-per-request", "demo-gemini", "demo-media"];

pub struct Settings {
    /// What callers have to present, as they would at any provider.
    pub key: SecretText,
    /// Between two words of an answer; about thirty milliseconds read well.
    pub word_pause: Duration,
    pub clock: Arc<dyn Clock>,
}

struct Provider {
    settings: Settings,
    answers: AtomicU64,
    kept: stored::Shelf,
}

type Shared = axum::extract::State<Arc<Provider>>;

impl Provider {
    /// `msg_demo00000007`: unique within this process.
    fn next_id(&self, prefix: &str) -> String {
        format!("{prefix}demo{:08}", self.answers.fetch_add(1, Ordering::Relaxed))
    }
    /// One for each call of a plan.
    fn next_ids(&self, prefix: &str, plan: &script::Plan) -> Vec<String> {
        match &plan.content {
            script::Content::Calls(calls) => calls.iter().map(|_| self.next_id(prefix)).collect(),
            script::Content::Words(_) => vec![],
        }
    }
    fn unix_seconds(&self) -> i64 {
        self.settings.clock.now().as_ms() / MS_PER_SECOND
    }
    fn knows(&self, presented: Option<&str>) -> bool {
        presented == Some(self.settings.key.expose())
    }
}

/// The provider's routes. Base URL: where they are served, with `/v1`; for Gemini's format with `/v1beta`.
pub fn router(settings: Settings) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/responses", post(responses::respond))
        .route("/v1/responses/{id}", get(stored::retrieve).delete(stored::delete))
        .route("/v1/responses/{id}/input_items", get(stored::input_items))
        .route("/v1/responses/{id}/cancel", post(stored::cancel))
        .route("/v1/embeddings", post(embeddings::embed))
        .route("/v1/models", get(openai::models))
        .route("/v1/completions", post(completions::complete))
        .route("/v1/images/generations", post(images::generate))
        .route("/v1/audio/speech", post(audio::speak))
        .route("/v1/audio/transcriptions", post(audio::transcribe))
        .route("/v1/moderations", post(moderations::moderate))
        .route("/v1/rerank", post(rerank::rank))
        .route("/v1/messages", post(anthropic::messages))
        .route("/v1/messages/count_tokens", post(anthropic::count))
        .route("/v1/models/{call}", post(gemini::call))
        .route("/v1beta/models", get(gemini::models))
        .route("/v1beta/models/{call}", get(gemini::model).post(gemini::call))
        .fallback(openai::not_found)
        .with_state(Arc::new(Provider { settings, answers: AtomicU64::new(1), kept: stored::Shelf::default() }))
}

/// A running provider.
pub struct Running {
    pub address: SocketAddr,
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// `http://127.0.0.1:PORT/v1`
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
    /// `http://127.0.0.1:PORT/v1beta`
    pub fn gemini_base_url(&self) -> String {
        format!("http://{}/v1beta", self.address)
    }
    /// Stops taking calls and lets the running ones end.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the demo provider ended early");
        }
    }
}

/// Starts on loopback; port 0 picks a free one.
pub async fn start(settings: Settings, port: u16) -> io::Result<Running> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let stopping = CancellationToken::new();
    let stopped = stopping.clone().cancelled_owned();
    let task = tokio::spawn(async move {
        // Without it, every word would wait for the acknowledgement of the one before.
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream: &mut tokio::net::TcpStream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        if let Err(error) = axum::serve(listener, router(settings)).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "the demo provider stopped");
        }
    });
    Ok(Running { address, stopping, task })
}

#[cfg(test)]
mod tests;
