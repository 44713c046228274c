//! What some calls add to one row of a rollup.

use crate::column::bigint;
use domain::usage::{Outcome, TokenUsage, UsageRecord};

#[derive(Default)]
pub(super) struct Sums {
    pub(super) requests: i64,
    pub(super) failures: i64,
    pub(super) denials: i64,
    pub(super) input: i64,
    pub(super) cache_read: i64,
    /// For five minutes.
    pub(super) cache_write: i64,
    pub(super) cache_write_1h: i64,
    pub(super) output: i64,
    pub(super) reasoning: i64,
    pub(super) cost: i64,
    pub(super) duration_ms: i64,
}

impl Sums {
    /// Of each kind of token, a call counts at most `most_tokens`.
    pub(super) fn add(&mut self, record: &UsageRecord, most_tokens: u64) {
        let tokens = &record.tokens;
        let times = 1 + i64::from(record.repeated);
        self.requests += times;
        self.failures += i64::from(failed(record));
        self.denials += if record.outcome == Outcome::Denied { times } else { 0 };
        for (sum, count) in [
            (&mut self.input, input(tokens)),
            (&mut self.cache_read, tokens.cache_read),
            (&mut self.cache_write, tokens.cache_write),
            (&mut self.cache_write_1h, tokens.cache_write_1h),
            (&mut self.output, tokens.all_output()),
            (&mut self.reasoning, tokens.reasoning),
        ] {
            *sum = sum.saturating_add(bigint(count.min(most_tokens)));
        }
        self.cost = self.cost.saturating_add(record.cost.as_nano());
        self.duration_ms = self.duration_ms.saturating_add(i64::from(record.duration_ms));
    }
}

/// Text and other media, which the column holds together; what of it was which is told beside it.
pub(super) const fn input(tokens: &TokenUsage) -> u64 {
    tokens.input.saturating_add(tokens.beside.audio_input).saturating_add(tokens.beside.image_input)
}

/// Not answered as asked, through no wish of the client's: the provider or Keywright broke off, or answered an error.
/// A denial counts on its own.
fn failed(record: &UsageRecord) -> bool {
    match record.outcome {
        Outcome::ProviderFailed | Outcome::Interrupted => true,
        Outcome::Answered => record.status >= 400,
        Outcome::ClientGone | Outcome::Denied => false,
    }
}
