//! One key's terms with what has been used under them so far.
//!
//! Coarser than the gateway's own meters, and in the same direction for both sides of a replay: a call is checked with
//! what it used in the end and not with what it set aside.

use super::{PastCall, Rule};
use crate::budget::Window;
use crate::limits::Counted;
use crate::money::NanoUsd;
use crate::time::{MS_PER_MINUTE, Timestamp};
use crate::virtual_key::KeyTerms;
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Where the windows of the moment began. Worked out once for each window and not for each call.
pub(super) struct Calendar {
    zone: TimeZone,
    /// In the order of [`Window::ALL`]: beginning, and end if there is one.
    windows: [(Timestamp, Option<Timestamp>); Window::ALL.len()],
}

impl Calendar {
    pub(super) fn new(zone: TimeZone) -> Self {
        let nowhere = (Timestamp::from_ms(i64::MAX), Some(Timestamp::from_ms(i64::MIN)));
        Self { zone, windows: [nowhere; Window::ALL.len()] }
    }

    pub(super) fn turn_to(&mut self, now: Timestamp) {
        for (window, (start, end)) in Window::ALL.into_iter().zip(&mut self.windows) {
            if now < *start || end.is_some_and(|end| now >= end) {
                (*start, *end) = (window.start(now, &self.zone), window.resets_at(now, &self.zone));
            }
        }
    }

    fn start(&self, window: Window) -> Timestamp {
        let of = |at: usize| self.windows.get(at).map(|(start, _)| *start);
        Window::ALL.iter().position(|&one| one == window).and_then(of).unwrap_or(Timestamp::from_ms(0))
    }
}

/// What was used in one window.
#[derive(Default)]
struct Used {
    since: Option<Timestamp>,
    spent: NanoUsd,
    requests: u64,
    tokens: u64,
}

/// Fills with use and drains evenly, a minute's worth a minute, in thousandths of sixtieths: whole numbers throughout.
#[derive(Default)]
struct Drain {
    filled: u128,
    at: i64,
}

impl Drain {
    fn filled(&self, now: Timestamp, per_minute: u64) -> u128 {
        let passed = u128::from(now.as_ms().saturating_sub(self.at).max(0).unsigned_abs());
        self.filled.saturating_sub(passed * u128::from(per_minute))
    }

    /// More than a whole minute's worth passes where nothing else is, as at the gateway.
    fn has_room(&self, now: Timestamp, count: u64, per_minute: u64) -> bool {
        let minute = u128::from(per_minute) * UNIT;
        self.filled(now, per_minute) + u128::from(count.min(per_minute)) * UNIT <= minute && per_minute > 0
    }

    fn fill(&mut self, now: Timestamp, count: u64, per_minute: u64) {
        *self = Self { filled: self.filled(now, per_minute) + u128::from(count) * UNIT, at: now.as_ms() };
    }
}

const UNIT: u128 = MS_PER_MINUTE as u128;

pub(super) struct Gate {
    terms: KeyTerms,
    requests: Drain,
    tokens: Drain,
    /// When the calls in flight end.
    in_flight: BinaryHeap<Reverse<Timestamp>>,
    used: HashMap<Window, Used>,
}

impl Gate {
    pub(super) fn new(terms: KeyTerms) -> Self {
        Self {
            terms,
            requests: Drain::default(),
            tokens: Drain::default(),
            in_flight: BinaryHeap::new(),
            used: HashMap::new(),
        }
    }

    /// In the order in which the gateway asks.
    pub(super) fn check(&self, call: &PastCall, calendar: &Calendar) -> Result<(), Rule> {
        let (terms, at) = (&self.terms, call.at);
        let from_here = |ip| terms.networks.is_empty() || terms.networks.iter().any(|network| network.contains(&ip));
        if !call.network.is_none_or(from_here) {
            return Err(Rule::Network);
        }
        if !call.endpoint.is_none_or(|endpoint| terms.endpoints.contains(&endpoint)) {
            return Err(Rule::Endpoint);
        }
        if !terms.models.iter().any(|pattern| pattern.matches(&call.model)) {
            return Err(Rule::Model);
        }
        if !self.requests.has_room(at, 1, u64::from(terms.requests_per_minute)) {
            return Err(Rule::RequestsPerMinute);
        }
        if terms.tokens_per_minute.is_some_and(|limit| !self.tokens.has_room(at, call.tokens, limit)) {
            return Err(Rule::TokensPerMinute);
        }
        let running = self.in_flight.iter().filter(|Reverse(end)| *end > at).count();
        if running >= usize::try_from(terms.concurrency).unwrap_or(usize::MAX) {
            return Err(Rule::Concurrency);
        }
        for quota in &terms.quotas {
            let (used, more) = match quota.counted {
                Counted::Requests => (self.used(quota.window, calendar).map_or(0, |used| used.requests), 1),
                Counted::Tokens => (self.used(quota.window, calendar).map_or(0, |used| used.tokens), call.tokens),
            };
            if used.saturating_add(more) > quota.limit {
                return Err(Rule::Quota(quota.counted, quota.window));
            }
        }
        for cap in &terms.caps {
            let spent = self.used(cap.window, calendar).map_or(NanoUsd::ZERO, |used| used.spent);
            if spent.plus(call.cost) > cap.limit {
                return Err(Rule::Cap(cap.window));
            }
        }
        Ok(())
    }

    pub(super) fn count(&mut self, call: &PastCall, calendar: &Calendar) {
        self.requests.fill(call.at, 1, u64::from(self.terms.requests_per_minute));
        if let Some(limit) = self.terms.tokens_per_minute {
            self.tokens.fill(call.at, call.tokens, limit);
        }
        while self.in_flight.peek().is_some_and(|Reverse(end)| *end <= call.at) {
            self.in_flight.pop();
        }
        self.in_flight.push(Reverse(call.at.plus_ms(i64::from(call.duration_ms))));
        let windows = self.terms.caps.iter().map(|cap| cap.window);
        let mut windows: Vec<Window> = windows.chain(self.terms.quotas.iter().map(|quota| quota.window)).collect();
        windows.sort_unstable();
        windows.dedup();
        for window in windows {
            let since = Some(calendar.start(window));
            let used = self.used.entry(window).or_default();
            if used.since != since {
                *used = Used { since, ..Used::default() };
            }
            used.spent = used.spent.plus(call.cost);
            used.requests += 1;
            used.tokens = used.tokens.saturating_add(call.tokens);
        }
    }

    /// True if the answer was longer than these terms allow.
    pub(super) fn cuts(&self, call: &PastCall) -> bool {
        self.terms.max_output_tokens.is_some_and(|most| call.output_tokens > most)
    }

    /// Nothing in a window that has just begun.
    fn used(&self, window: Window, calendar: &Calendar) -> Option<&Used> {
        self.used.get(&window).filter(|used| used.since == Some(calendar.start(window)))
    }
}
