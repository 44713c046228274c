//! A page's waiting line as server-sent events: asked every half second, sent when it changed, ended with its last word
//! or after ten minutes, when the browser asks anew by itself. And what happens by itself, as it happens.

use app::visit::{Events, LiveState, Watching};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const EVERY: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(600);

type Watch = Box<dyn Fn() -> Watching + Send + Sync>;

struct Follow {
    watch: Watch,
    said: Option<LiveState>,
    until: Instant,
}

pub fn stream(watch: Watch) -> Response {
    let follow = Follow { watch, said: None, until: Instant::now() + LONGEST };
    Sse::new(stream::unfold(follow, next))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}

/// Whoever made them bounds how long they last.
pub fn events(events: Box<dyn Events>) -> Response {
    let one_after_the_other = stream::unfold(events, |mut events| async {
        let event = events.next().await?;
        let event = Event::default().event(event.name).data(event.data);
        Some((Ok::<_, Infallible>(event), events))
    });
    Sse::new(one_after_the_other).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

async fn next(mut follow: Follow) -> Option<(Result<Event, Infallible>, Follow)> {
    if follow.said.as_ref().is_some_and(|said| said.last) {
        return None;
    }
    while Instant::now() < follow.until {
        let now = (follow.watch)().await;
        if now.is_some() && now != follow.said {
            let data = serde_json::to_string(&now).unwrap_or_default();
            follow.said = now;
            return Some((Ok(Event::default().event("state").data(data)), follow));
        }
        sleep(EVERY).await;
    }
    None
}
