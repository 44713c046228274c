//! More at once than there is room for: bytes of bodies in the process, and calls of one key before their bodies are
//! here.

use crate::provider::{Reply, answer};
use crate::world::{PEER, World, code, secret};
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use proxy::Settings;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

type Trickle = mpsc::UnboundedSender<Bytes>;

const PLAIN: &str = r#"{"model":"gpt","max_tokens":5}"#;
const GOOD: &str = r#"{"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;

/// A call whose body comes as the test has it.
fn begin(world: &Arc<World>, tasks: &TaskTracker) -> (Trickle, tokio::task::JoinHandle<http::Response<proxy::Body>>) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Bytes>();
    let pieces = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|piece| piece.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes))))
    });
    let request = Request::post("/v1/chat/completions")
        .header("authorization", format!("Bearer {}", secret()))
        .header("content-type", "application/json")
        .body(StreamBody::new(pieces))
        .unwrap();
    let world = Arc::clone(world);
    (sender, tasks.spawn(async move { world.gateway.handle(request, PEER).await }))
}

#[tokio::test(start_paused = true)]
async fn bodies_beyond_what_fits_are_refused_until_there_is_room() {
    let world = Arc::new(World::with(Settings { held_bytes: 100, ..Settings::default() }));
    world.provider.will_always(answer(200, GOOD));
    let tasks = TaskTracker::new();
    let (first, served) = begin(&world, &tasks);
    first.send(Bytes::from(format!("{PLAIN}{}", " ".repeat(50)))).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let full = world.post("/v1/chat/completions", PLAIN).await;
    assert_eq!((full.status().as_u16(), &full.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(code(full).await, "overloaded");
    drop(first);
    assert_eq!(served.await.unwrap().status(), 200);
    assert_eq!(world.post("/v1/chat/completions", PLAIN).await.status(), 200);
    world.assert_settled(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_is_not_held_while_its_answer_takes_its_time() {
    let world = World::with(Settings { held_bytes: PLAIN.len() + 20, ..Settings::default() });
    let event = crate::provider::bytes("data: {\"choices\":[{\"delta\":{}}]}\n\n");
    world.provider.will_stream(vec![event, crate::provider::Piece::Hang]);
    let streamed = r#"{"model":"gpt","max_tokens":5,"stream":true}"#;
    let long = world.post("/v1/chat/completions", streamed).await;
    assert_eq!(long.status(), 200);
    world.provider.will(answer(200, GOOD));
    assert_eq!(world.post("/v1/chat/completions", PLAIN).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_keys_calls_count_while_their_bodies_are_on_their_way() {
    let world = Arc::new(World::new());
    world.change(|facts| facts.effective.concurrency = 2);
    let tasks = TaskTracker::new();
    let open: Vec<_> = (0..6).map(|_| begin(&world, &tasks)).collect();
    tokio::task::yield_now().await;
    let refused = world.post("/v1/chat/completions", PLAIN).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(code(refused).await, "concurrency_limited");
    // A client that gives up leaves its place.
    for (body, call) in open {
        call.abort();
        drop(body);
    }
    tasks.close();
    tasks.wait().await;
    world.provider.will(answer(200, GOOD));
    assert_eq!(world.post("/v1/chat/completions", PLAIN).await.status(), 200);
    // Calls that are at a provider count too, and no longer than until they are settled.
    world.provider.will_always(Reply::Silence);
    let mut waiting: Vec<_> = (0..6).map(|_| Box::pin(world.post("/v1/chat/completions", PLAIN))).collect();
    for step in ["let in", "sent"] {
        for call in &mut waiting {
            assert!(futures_util::poll!(call).is_pending(), "{step}");
        }
    }
    assert_eq!(code(world.post("/v1/chat/completions", PLAIN).await).await, "concurrency_limited");
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    world.provider.will_always(answer(200, GOOD));
    for call in waiting {
        assert_eq!(call.await.status(), 504);
    }
    assert_eq!(world.post("/v1/chat/completions", PLAIN).await.status(), 200);
    world.assert_settled(8).await;
}
