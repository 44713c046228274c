//! What is said of a call once it is over: what it cost and used, how long it took, and where its own page is.

use crate::components::WayOn;
use crate::format::{duration, grouped, usd_fine};
use crate::pages::keys::way_to_more::way_to_more;
use crate::paths;
use domain::usage::{Outcome, UsageRecord};
use serde::Serialize;

/// Why there is no answer, or no whole one, and where to go on.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The gateway's or the provider's.
    pub words: String,
    pub way_on: Option<WayOn>,
}

/// Names and values in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub lines: Vec<(&'static str, String)>,
    pub id: String,
    /// The call's page.
    pub href: String,
}

impl Told {
    /// Nothing for a call that was refused: it cost nothing, and many alike are one line of the books.
    pub fn of(record: &UsageRecord) -> Option<Self> {
        if record.outcome == Outcome::Denied {
            return None;
        }
        let used = record.tokens;
        let cached = used.cache_read + used.cache_write + used.cache_write_1h;
        let noted =
            |count: u64, note: &str| if count == 0 { String::new() } else { format!(", {} {note}", grouped(count)) };
        let input = format!("{} tokens{}", grouped(used.input + cached), noted(used.cache_read, "of them cached"));
        let output = format!("{} tokens{}", grouped(used.output), noted(used.reasoning, "of them reasoning"));
        let mut lines = vec![("Cost", usd_fine(record.cost)), ("Input", input), ("Output", output)];
        lines.extend(record.first_byte_ms.map(|ms| ("First byte after", duration(u64::from(ms)))));
        lines.push(("Took", duration(u64::from(record.duration_ms))));
        Some(Self { lines, id: record.id.to_string(), href: paths::call(record.id) })
    }
}

/// Where a refused call leads: to asking for more, or to what the key may do.
pub fn way_on(record: &UsageRecord) -> Option<WayOn> {
    let to_key = || WayOn { text: "See what this key may do".to_owned(), href: paths::key(record.key) };
    way_to_more(record).or_else(|| (record.outcome == Outcome::Denied).then(to_key))
}
