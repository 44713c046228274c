//! How far ahead a running stream is paid for.
//!
//! Setting the most that an answer can cost aside for every long stream would pin budgets that nobody spends. A stream
//! whose output can all be seen is let in with its prompt and a first slice of output, and takes slice after slice as
//! its text goes by. Always true while it runs: what is set aside covers the text seen and, apart from one burst, half
//! a slice of what the provider may have made since, up to the cap that the provider was sent. When no budget has more,
//! the stream ends there; what is set aside is never exceeded.
//!
//! Seen is counted in bytes of text, the most tokens that a text can have. A call whose output may be hidden (models
//! that reason, since providers that show reasoning show a summary of it; audio, images, predictions) takes its whole
//! cap at once, and so does one for a model of which it is not known.

use domain::model::Model;
use memchr::memchr2;

/// The capability of models that put out tokens which nobody sees.
const REASONING: &str = "reasoning";
/// Names and words in a body that ask for output which is not all text in the answer.
const HIDDEN: [&[u8]; 12] = [
    b"audio",
    b"best_of",
    b"image_generation",
    b"modalities",
    b"output_modalities",
    b"prediction",
    b"reasoning",
    b"reasoning_effort",
    b"responseModalities",
    b"thinking",
    b"thinkingConfig",
    b"thinking_config",
];
/// No name above is longer, should all of its letters be written as escapes.
const LONGEST_HIDDEN: usize = 6 * 18;

/// The output tokens that a reservation pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slices {
    covered: u64,
    /// All that the call can put out.
    most: u64,
    slice: u64,
}

/// How far a reservation should reach next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Below this the stream cannot go on.
    pub least: u64,
    pub wanted: u64,
}

impl Slices {
    /// Everything at once.
    pub(crate) const fn whole(most: u64) -> Self {
        Self { covered: most, most, slice: 0 }
    }

    pub(crate) fn first(most: u64, slice: u64) -> Self {
        if slice == 0 { Self::whole(most) } else { Self { covered: slice.min(most), most, slice } }
    }

    pub(crate) const fn covered(&self) -> u64 {
        self.covered
    }

    pub(crate) const fn most(&self) -> u64 {
        self.most
    }

    /// What a provider may have put out beyond what was seen of it.
    pub(crate) const fn margin(&self) -> u64 {
        self.slice.div_ceil(2)
    }

    /// How far to reach once this much was seen; `None` while that is covered.
    pub(crate) fn due(&self, seen: u64) -> Option<Reach> {
        let least = seen.saturating_add(self.margin()).min(self.most);
        (least > self.covered).then(|| {
            let slices = (least - self.covered).div_ceil(self.slice.max(1));
            let wanted = self.covered.saturating_add(slices.saturating_mul(self.slice)).min(self.most);
            Reach { least, wanted: wanted.max(least) }
        })
    }

    /// The reservation has been extended.
    pub(crate) fn reached(&mut self, tokens: u64) {
        self.covered = self.covered.max(tokens);
    }
}

/// True if all output of this call will be seen as text. Says no where it is not sure.
pub(crate) fn all_is_visible(model: &Model, body: &[u8]) -> bool {
    let known = !model.capabilities.is_empty();
    known && !model.capabilities.iter().any(|capability| capability == REASONING) && !asks_for_hidden_output(body)
}

/// Looks at every name and text of a body, wherever it stands: rather once too often than too seldom.
fn asks_for_hidden_output(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(open) = memchr::memchr(b'"', rest) {
        let Some(text) = rest.get(open + 1..).and_then(text) else { return false };
        rest = &rest[open + 2 + text.len()..];
        if text.len() > LONGEST_HIDDEN {
            continue;
        }
        // Nobody writes letters as escapes without a reason.
        let is_disguised = memchr::memchr(b'\\', text).is_some()
            && memchr::memmem::find_iter(text, b"\\u00")
                .any(|at| text.get(at + 4).is_some_and(|digit| (b'4'..=b'7').contains(digit)));
        if is_disguised || HIDDEN.iter().any(|hidden| hidden.eq_ignore_ascii_case(text)) {
            return true;
        }
    }
    false
}

/// The raw text up to its closing quote.
fn text(rest: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest[at] == b'"' {
            return Some(&rest[..at]);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stream_reaches_on_before_it_has_used_up_what_is_covered() {
        let mut slices = Slices::first(10_000, 2_048);
        assert_eq!((slices.covered(), slices.margin()), (2_048, 1_024));
        assert_eq!(slices.due(1_024), None);
        assert_eq!(slices.due(1_025), Some(Reach { least: 2_049, wanted: 4_096 }));
        slices.reached(4_096);
        assert_eq!(slices.due(3_072), None);
        // A burst takes as many slices as it needs, and the cap is the end.
        assert_eq!(slices.due(7_000), Some(Reach { least: 8_024, wanted: 8_192 }));
        assert_eq!(slices.due(9_500), Some(Reach { least: 10_000, wanted: 10_000 }));
        slices.reached(10_000);
        assert_eq!(slices.due(u64::MAX), None);
    }

    #[test]
    fn without_slices_everything_is_covered_from_the_start() {
        for slices in [Slices::whole(500), Slices::first(500, 0), Slices::first(500, 2_048)] {
            assert_eq!((slices.covered(), slices.due(u64::MAX)), (500, None));
        }
    }

    #[test]
    fn what_may_be_hidden_is_recognised_however_it_is_written() {
        for innocent in
            [r#"{"model":"m","messages":[{"content":"my \u00e9 \"thinking\" about audio"}]}"#, "{}", r#"{"a":"b"#]
        {
            assert!(!asks_for_hidden_output(innocent.as_bytes()), "{innocent}");
        }
        for hidden in [
            r#"{"prediction":{"type":"content"}}"#,
            r#"{"Modalities":["text","audio"]}"#,
            r#"{"tools":[{"type":"image_generation"}]}"#,
            r#"{"\u0070rediction":1}"#,
            r#"{"x":"\\","reasoning":{"effort":"high"}}"#,
        ] {
            assert!(asks_for_hidden_output(hidden.as_bytes()), "{hidden}");
        }
    }

    proptest! {
        #[test]
        fn what_was_seen_is_covered_with_its_margin(
            most in 0..100_000u64,
            slice in 0..5_000u64,
            steps in proptest::collection::vec(0..9_000u64, 0..50),
        ) {
            let mut slices = Slices::first(most, slice);
            let mut seen = 0u64;
            for step in steps {
                seen += step;
                if let Some(reach) = slices.due(seen) {
                    prop_assert!(reach.least <= reach.wanted && reach.wanted <= most && reach.wanted > slices.covered());
                    slices.reached(reach.wanted);
                }
                prop_assert!(slices.covered() >= most.min(seen + slices.margin()));
                prop_assert!(slices.due(seen).is_none());
            }
        }
    }
}
