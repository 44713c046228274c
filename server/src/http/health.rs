//! Tells probes whether the process lives (`/healthz`) and whether it should be sent requests (`/readyz`).
//!
//! The state is set by whoever starts and stops things and read by everybody else. In any state but `ready` and
//! `draining` nothing is served except these two; a process without its root secret stays `sealed` and says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::id::EventId;
use http::{HeaderValue, Response, StatusCode, header};

use super::front_gate::{Surface, plain_response};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Keys and policies are being loaded.
    Starting,
    /// The root secret is missing or wrong.
    Sealed,
    Ready,
    /// Asked to stop: what is open is finished, new requests should go elsewhere.
    Draining,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Sealed => "sealed",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Starting => "Keywright is starting. Try again in a moment.",
            Self::Sealed => {
                "Keywright is sealed: its root secret is missing or is not the one that its database was made with. \
                 An administrator must put it back and restart; the log says what was tried."
            }
            Self::Ready => "Keywright is ready.",
            Self::Draining => "Keywright is stopping. Try again in a moment.",
        }
    }
}

/// The state of this process, shared.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<AtomicU8>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(State::Starting as u8)))
    }
}

impl Readiness {
    pub fn set(&self, state: State) {
        self.0.store(state as u8, Ordering::Release);
    }

    pub fn get(&self) -> State {
        match self.0.load(Ordering::Acquire) {
            1 => State::Sealed,
            2 => State::Ready,
            3 => State::Draining,
            _ => State::Starting,
        }
    }

    /// The answer to a probe; other paths that look like one do not exist.
    pub fn probe(&self, path: &str) -> Response<String> {
        let state = self.get();
        let (status, word) = match (path, state) {
            ("/healthz", _) => (StatusCode::OK, "alive"),
            ("/readyz", State::Ready) => (StatusCode::OK, state.name()),
            ("/readyz", _) => (StatusCode::SERVICE_UNAVAILABLE, state.name()),
            _ => (StatusCode::NOT_FOUND, "not_found"),
        };
        let body = format!("{{\"state\":\"{word}\"}}\n");
        plain_response(status, "application/json", body)
    }

    pub fn serves(&self) -> bool {
        matches!(self.get(), State::Ready | State::Draining)
    }

    /// Why nothing can be served now, if so: an unknown state of ours is never reported as the client's fault.
    pub fn refusal(&self, surface: Surface, request: EventId) -> Option<Response<String>> {
        if self.serves() {
            return None;
        }
        let state = self.get();
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut response = match surface {
            Surface::Gateway => {
                let error = serde_json::json!({
                    "error": {
                        "message": state.advice(),
                        "type": "server_error",
                        "param": null,
                        "code": state.name(),
                        "request_id": request.to_string(),
                    }
                });
                plain_response(status, "application/json", error.to_string())
            }
            Surface::Portal | Surface::Probe => {
                plain_response(status, "text/plain; charset=utf-8", format!("{}\nRequest {request}\n", state.advice()))
            }
        };
        let soon = HeaderValue::from_static("5");
        response.headers_mut().insert(header::RETRY_AFTER, soon);
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_ready_process_is_ready_and_every_process_is_alive() {
        let readiness = Readiness::default();
        for (state, status, serves) in [
            (State::Starting, 503, false),
            (State::Sealed, 503, false),
            (State::Ready, 200, true),
            (State::Draining, 503, true),
        ] {
            readiness.set(state);
            assert_eq!(readiness.get(), state);
            assert_eq!(readiness.probe("/healthz").status(), 200);
            let answer = readiness.probe("/readyz");
            assert_eq!(answer.status(), status, "{state:?}");
            assert!(answer.body().contains(state.name()));
            assert_eq!(readiness.serves(), serves);
            assert_eq!(readiness.refusal(Surface::Gateway, EventId::from_i64(7)).is_none(), serves);
        }
        assert_eq!(readiness.probe("/metrics").status(), 404);
    }
}
