//! Relays a stream whose provider speaks another format than its client.
//!
//! The meter reads the provider's events; the client is passed what they become. Always true: the end of the answer (why
//! it stopped, what it used) is written as one piece, which waits for the settlement like the last event of any stream.

use super::{Pump, is_all_there};
use crate::dialect::Verdict;
use crate::stream_end::End;
use bytes::{Bytes, BytesMut};
use domain::denial::Denial;

impl Pump {
    /// Cuts a chunk into events, and passes on together what they become.
    pub(super) async fn take_translated(&mut self, data: Bytes) -> Option<End> {
        self.splitter.push(data);
        let mut run = BytesMut::new();
        let end = loop {
            let raw = match self.splitter.next_event() {
                Ok(Some(raw)) => raw,
                Ok(None) => break None,
                Err(_) => break Some(End::Failed(Denial::UpstreamProtocol)),
            };
            let verdict = self.tap.observe(&raw);
            let covered = self.cover();
            match self.translate(&raw) {
                Ok(bytes) => run.extend_from_slice(&bytes),
                Err(denial) => break Some(End::Failed(denial)),
            }
            if verdict == Verdict::Last {
                break Some(self.last_words(Bytes::new()));
            }
            if let Err(denial) = covered {
                break Some(End::Failed(denial));
            }
        };
        let before = self.pass_on(run.freeze()).await;
        before.or(end)
    }

    /// The connection is over, which is the only sign of the end in Gemini's format.
    pub(super) fn closed_translated(&mut self) -> End {
        let rest = self.splitter.rest();
        let mut verdict = Verdict::Relay;
        let mut bytes = Bytes::new();
        if is_all_there(&rest) {
            verdict = self.tap.observe(&rest);
            bytes = match self.translate(&rest) {
                Ok(bytes) => bytes,
                Err(denial) => return End::Failed(denial),
            };
        }
        if verdict == Verdict::Last || self.tap.failed || self.tap.may_just_close() {
            return self.last_words(bytes);
        }
        End::Closed(bytes)
    }

    fn translate(&mut self, raw: &[u8]) -> Result<Bytes, Denial> {
        match &mut self.translator {
            Some(translator) => translator.push(raw),
            None => Ok(Bytes::new()),
        }
    }

    fn last_words(&mut self, before: Bytes) -> End {
        let Some(translator) = &mut self.translator else { return End::Closed(before) };
        match translator.finish() {
            Ok(end) if before.is_empty() => End::Whole(end),
            Ok(end) => End::Whole([before, end].concat().into()),
            Err(denial) => End::Failed(denial),
        }
    }
}
