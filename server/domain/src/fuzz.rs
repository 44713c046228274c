//! What the fuzzers ask of the parts that read bytes of strangers. Each function takes any bytes and panics where a
//! promise is broken; what it does with most of them is nothing.
//!
//! Compiled only with the feature `fuzzing`: for `fuzz/` at the root, and for the test of `proxy` that replays the seeds.

use crate::catalogue::Catalogue;
use crate::key_secret::{Malformed, PresentedToken, TOKEN_LENGTH};
use crate::markup::Markup;
use crate::money::NanoUsd;
use crate::pricing::CallSize;
use crate::usage::TokenUsage;

/// A presented key: what is taken is exactly what was minted, and one wrong letter is found without a look-up.
pub fn key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(token) = PresentedToken::parse(text) else { return };
    assert_eq!(text.len(), TOKEN_LENGTH);
    assert_eq!(text[4..16], token.key.to_string()[4..], "the public id stands in the text");
    for at in 17..TOKEN_LENGTH {
        let mut other = text.to_owned();
        let letter = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        other.replace_range(at..=at, letter);
        assert!(matches!(PresentedToken::parse(&other), Err(Malformed::Checksum)), "a typing error at {at}");
    }
}

/// A catalogue of prices: whatever is taken bills no call higher than the bound that was reserved for it.
pub fn prices(bytes: &[u8]) {
    let Some((counts, json)) = bytes.split_at_checked(8) else { return };
    let Ok(catalogue) = Catalogue::read(json) else { return };
    // From a few tokens up to more than fit into the sum.
    let count = |at: usize| u64::from(counts[at]) << (counts[at + 1] % 57);
    let usage = TokenUsage {
        input: count(0),
        output: count(2),
        cache_read: count(4),
        cache_write: count(6),
        ..TokenUsage::default()
    };
    for entry in catalogue.entries() {
        let Some(price) = &entry.price else { continue };
        let size = CallSize { input_tokens: usage.all_input(), output_tokens: usage.output, ..CallSize::default() };
        let Some(bound) = price.bound(&size, Markup::NONE) else { continue };
        let cost = price.cost(&usage, Markup::NONE).expect("what has a bound has a cost");
        assert!(NanoUsd::default() <= cost && cost <= bound.total, "{}: {cost:?} of {bound:?}", entry.name);
        assert!(bound.prompt <= bound.total);
    }
}
