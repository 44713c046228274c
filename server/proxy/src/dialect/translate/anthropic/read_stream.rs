//! Reads the events of a streamed message.

use super::super::Dialect;
use super::super::answer::{Piece, Usage};
use super::super::failure::Failure;
use super::super::signature::Signature;
use super::answer::{Block, ReportedUsage, read_block, read_stop};
use domain::denial::Denial;
use serde::Deserialize;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Start>,
    content_block: Option<Block>,
    delta: Option<Delta>,
    usage: Option<ReportedUsage>,
}
#[derive(Deserialize)]
struct Start {
    usage: Option<ReportedUsage>,
}
#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
}

#[derive(Default)]
pub(in super::super) struct Reader {
    usage: Usage,
}

impl Reader {
    pub(in super::super) fn read(&mut self, data: &[u8], pieces: &mut Vec<Piece>) -> Result<(), Denial> {
        if data.is_empty() {
            return Ok(());
        }
        let event: Event = serde_json::from_slice(data).map_err(|_| Denial::UpstreamProtocol)?;
        let usage = event.usage.or(event.message.and_then(|start| start.usage));
        if let Some(usage) = usage {
            self.usage = usage.over(self.usage);
            pieces.push(Piece::Usage(self.usage));
        }
        match &*event.kind {
            "content_block_start" => read_block(event.content_block.ok_or(Denial::UpstreamProtocol)?, pieces)?,
            "content_block_delta" => {
                let delta = event.delta.ok_or(Denial::UpstreamProtocol)?;
                let some = |text: Option<String>| text.filter(|text| !text.is_empty());
                let signed = |text| Signature { from: Dialect::Anthropic, text };
                pieces.extend(some(delta.text).map(Piece::Text));
                pieces.extend(some(delta.thinking).map(Piece::Thought));
                pieces.extend(some(delta.signature).map(signed).map(Piece::Signed));
                pieces.extend(some(delta.partial_json).map(Piece::Arguments));
            }
            "message_delta" => {
                if let Some(Delta { stop_reason: Some(reason), stop_sequence, .. }) = event.delta {
                    pieces.push(Piece::Stop(read_stop(Some(&reason), stop_sequence)));
                }
            }
            "error" => pieces.push(Piece::Failed(Failure::read(None, data).ok_or(Denial::UpstreamProtocol)?)),
            // Others (`ping`, the ends of blocks, what is yet to come) say nothing of the answer.
            _ => {}
        }
        Ok(())
    }
}
