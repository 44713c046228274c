//! What a key did, summed up by the hour.

use crate::budget::Window;
use crate::model::Endpoint;
use crate::money::NanoUsd;
use std::net::IpAddr;

/// Only calls that were let in: a refused one needed nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    pub calls: u64,
    pub models: Vec<String>,
    /// `None`: not known of every call.
    pub endpoints: Option<Vec<Endpoint>>,
    /// `None` if one of the callers is not known by an address. Those of refused calls count too.
    pub addresses: Option<Vec<IpAddr>>,
    /// Oldest first, each hour once; hours without a call may be absent.
    pub hours: Vec<UsedHour>,
}

/// What one hour used, or several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsedHour {
    /// Hours since 1970; of several the first.
    pub hour: i64,
    pub calls: u64,
    /// Input and output together.
    pub tokens: u64,
    pub cost: NanoUsd,
}

impl UsedHour {
    const fn plus(self, other: &Self) -> Self {
        Self {
            hour: self.hour,
            calls: self.calls.saturating_add(other.calls),
            tokens: self.tokens.saturating_add(other.tokens),
            cost: self.cost.plus(other.cost),
        }
    }
}

impl Observed {
    /// The most of each in any hours that follow each other and are as many as the window has, wherever they begin: never
    /// less than in a day or week of the calendar, though a day have 25 hours or begin at half past one. `None` where
    /// thirty days say nothing.
    pub fn peak(&self, window: Window) -> Option<UsedHour> {
        let hours = match window {
            Window::Hour => 1,
            Window::Day => 25,
            Window::Week => 7 * 24 + 1,
            Window::Month => return Some(self.hours.iter().fold(UsedHour::default(), UsedHour::plus)),
            Window::Quarter | Window::Total => return None,
        };
        let mut peak = UsedHour::default();
        for (nth, first) in self.hours.iter().enumerate() {
            let rest = self.hours.iter().skip(nth).take_while(|one| one.hour < first.hour.saturating_add(hours));
            let sum = rest.fold(UsedHour::default(), UsedHour::plus);
            peak.calls = peak.calls.max(sum.calls);
            peak.tokens = peak.tokens.max(sum.tokens);
            peak.cost = peak.cost.max(sum.cost);
        }
        Some(peak)
    }

    pub fn busiest_hour(&self) -> UsedHour {
        self.peak(Window::Hour).unwrap_or_default()
    }
}
