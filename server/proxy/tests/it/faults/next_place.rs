//! The first of two places fails at every byte of its refusal: what the client sees is one answer, whole, or one error.

use super::{CHAT, MESSAGES, Recording, call};
use crate::wire::{Act, WireProvider, send};
use crate::world::{World, deployment};
use domain::model::WireFormat;
use domain::usage::Outcome;
use proxy::Timeouts;

async fn refuse_everywhere(recording: &Recording, refusal: &str) {
    let provider = WireProvider::start().await;
    let world = World::new();
    world.change(|facts| {
        let format = if recording.model == "claude" { WireFormat::Anthropic } else { WireFormat::OpenAi };
        let model = facts.models.iter_mut().find(|model| model.name.as_str() == recording.model).unwrap();
        model.deployments = vec![deployment(1, format, "first", 0), deployment(2, format, "second", 1)];
    });
    let gateway = provider.gateway(&world, Timeouts::default());
    let whole = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{}",
        recording.stream().len(),
        recording.stream()
    );
    let mut rescued = 0;
    for at in 0..=refusal.len() {
        provider.forget();
        provider.will([send(&refusal[..at]), Act::Close]);
        provider.will([send(whole.clone()), Act::Close]);
        let (seen, record) = call(&world, &gateway, recording, true).await;
        if record.outcome == Outcome::Answered && seen.status == 200 {
            rescued += 1;
            assert_eq!((seen.text().into_owned(), record.cost), (recording.stream(), recording.cost()), "at {at}");
        } else {
            assert!(seen.status >= 400 && !seen.text().contains(recording.last_word), "at {at}: {}", seen.text());
        }
    }
    let head = refusal.find("\r\n\r\n").unwrap() + 4;
    assert!(rescued > refusal.len() - head, "once the refusal can be read the next place is asked: {rescued}");
}

#[tokio::test]
async fn a_refusal_that_breaks_off_costs_no_answer() {
    let body = r#"{"error":{"message":"overloaded"}}"#;
    let refusal = format!(
        "HTTP/1.1 503 Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for recording in [CHAT, MESSAGES] {
        refuse_everywhere(&recording, &refusal).await;
    }
}
