//! When a place that fails is left alone, and when it is asked again: a state machine of values.
//!
//! Always true: a place in cool-down is asked again at most [`LONGEST`] later (or when it said itself), by one call at
//! a time, and one success ends the cool-down. What ends a cool-down was begun after it: an answer that was already on
//! its way proves nothing. Time is what has passed since some origin, and grows; chance is an argument.

use std::time::Duration;

/// Failures in a row that start a cool-down.
const IN_A_ROW: u32 = 3;
/// Half of at least this many outcomes within [`JUDGED_OVER`] start one too.
const JUDGED_FROM: u32 = 10;
const JUDGED_OVER: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_secs(5);
pub(crate) const LONGEST: Duration = Duration::from_secs(300);
/// Longer than this nobody is left alone, whatever they say.
const LONGEST_TOLD: Duration = Duration::from_secs(3_600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CoolDown {
    pub(crate) since: Duration,
    pub(crate) until: Duration,
    probing: bool,
}

/// Permission for one call, to be given back with what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    begun: Duration,
    probe: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Circuit {
    in_a_row: u32,
    /// Cool-downs since the last success: each lasts twice as long.
    trips: u32,
    cooling: Option<CoolDown>,
    judged_since: Duration,
    judged_good: u32,
    judged_bad: u32,
}

impl Circuit {
    pub(crate) const fn cooling(&self) -> Option<CoolDown> {
        self.cooling
    }

    /// True if nothing has to be remembered: as good as new.
    pub(crate) const fn is_well(&self) -> bool {
        self.in_a_row == 0 && self.cooling.is_none()
    }

    /// Lets a call through, unless the place is to be left alone: during a cool-down, and after it while the one call
    /// that tries it has not come back.
    pub(crate) fn begin(&mut self, now: Duration) -> Option<Ticket> {
        match &mut self.cooling {
            None => Some(Ticket { begun: now, probe: false }),
            Some(cooling) if now < cooling.until || cooling.probing => None,
            Some(cooling) => {
                cooling.probing = true;
                Some(Ticket { begun: now, probe: true })
            }
        }
    }

    /// Lets a call through that has nowhere else to go.
    pub(crate) fn begin_anyway(&mut self, now: Duration) -> Ticket {
        self.begin(now).unwrap_or(Ticket { begun: now, probe: false })
    }

    /// An answer has begun: the place works, whatever becomes of the rest.
    pub(crate) fn answered(&mut self, ticket: Ticket) {
        if self.cooling.is_some_and(|cooling| ticket.begun >= cooling.since) {
            self.cooling = None;
            (self.judged_good, self.judged_bad) = (0, 0);
        }
    }

    pub(crate) fn succeeded(&mut self, ticket: Ticket, now: Duration) {
        self.answered(ticket);
        self.judge(now, true);
        if self.cooling.is_none() {
            self.in_a_row = 0;
            self.trips = 0;
        }
    }

    pub(crate) fn failed(&mut self, ticket: Ticket, now: Duration, random: u64) {
        self.judge(now, false);
        self.in_a_row = self.in_a_row.saturating_add(1);
        let all = self.judged_good + self.judged_bad;
        let mostly = all >= JUDGED_FROM && self.judged_bad * 2 >= all;
        if self.is_probe(ticket) || self.in_a_row >= IN_A_ROW || mostly {
            self.trip(ticket, now, random);
        }
    }

    /// The place is not to be asked again for now: one failure is enough.
    pub(crate) fn refused(&mut self, ticket: Ticket, now: Duration, random: u64) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.trip(ticket, now, random);
    }

    /// The place said when it can be asked again.
    pub(crate) fn told_to_wait(&mut self, now: Duration, wait: Duration) {
        let until = now + wait.min(LONGEST_TOLD);
        let until = self.cooling.map_or(until, |cooling| cooling.until.max(until));
        self.cooling = Some(CoolDown { since: now, until, probing: false });
    }

    /// Nothing was learnt.
    pub(crate) fn abandoned(&mut self, ticket: Ticket) {
        if self.is_probe(ticket)
            && let Some(cooling) = &mut self.cooling
        {
            cooling.probing = false;
        }
    }

    /// True if this call tries what is cooling now, and not what was cooling once.
    fn is_probe(&self, ticket: Ticket) -> bool {
        ticket.probe && self.cooling.is_some_and(|cooling| ticket.begun >= cooling.since)
    }

    fn trip(&mut self, ticket: Ticket, now: Duration, random: u64) {
        // Calls that were under way when it began, or had nowhere else to go, do not make it longer.
        if self.cooling.is_some() && !self.is_probe(ticket) {
            return;
        }
        let until = now + lasting(self.trips, random);
        self.trips = self.trips.saturating_add(1);
        self.cooling = Some(CoolDown { since: now, until, probing: false });
    }

    fn judge(&mut self, now: Duration, good: bool) {
        if now.saturating_sub(self.judged_since) > JUDGED_OVER {
            self.judged_since = now;
            (self.judged_good, self.judged_bad) = (0, 0);
        }
        let count = if good { &mut self.judged_good } else { &mut self.judged_bad };
        *count = count.saturating_add(1);
    }
}

/// Doubles from [`FIRST`] to [`LONGEST`]; a fifth of it is chance, so that not everybody comes back at once.
fn lasting(trips: u32, random: u64) -> Duration {
    let whole = FIRST.saturating_mul(1 << trips.min(16)).min(LONGEST);
    let fifth = u64::try_from(whole.as_millis() / 5).unwrap_or(u64::MAX);
    whole - Duration::from_millis(random % (fifth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn tripped(now: Duration) -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..IN_A_ROW {
            let ticket = circuit.begin(now).unwrap();
            circuit.failed(ticket, now, 0);
        }
        circuit
    }

    #[test]
    fn three_failures_in_a_row_cool_a_place_and_one_probe_at_a_time_tries_it() {
        let mut circuit = tripped(at(100));
        assert_eq!(circuit.cooling().unwrap().until, at(105));
        assert_eq!(circuit.begin(at(104)), None);
        let probe = circuit.begin(at(105)).unwrap();
        assert_eq!(circuit.begin(at(106)), None, "one is enough");
        circuit.failed(probe, at(107), 0);
        assert_eq!(circuit.cooling().unwrap().until, at(117), "twice as long");
        let probe = circuit.begin(at(117)).unwrap();
        circuit.abandoned(probe);
        let probe = circuit.begin(at(117)).unwrap();
        circuit.succeeded(probe, at(118));
        assert!(circuit.is_well());
        assert_eq!(tripped(at(200)).cooling().unwrap().until, at(205), "it begins anew after a success");
    }

    #[test]
    fn a_success_between_failures_keeps_a_place_in_service() {
        let mut circuit = Circuit::default();
        for second in 0..9 {
            let ticket = circuit.begin(at(second)).unwrap();
            if second % 3 == 2 { circuit.succeeded(ticket, at(second)) } else { circuit.failed(ticket, at(second), 0) }
        }
        assert_eq!(circuit.cooling(), None);
        // The tenth outcome lets the share speak: six of ten failed.
        let ticket = circuit.begin(at(9)).unwrap();
        circuit.failed(ticket, at(9), 0);
        assert!(circuit.cooling().is_some());
    }

    #[test]
    fn who_says_how_long_is_left_alone_for_exactly_that_long() {
        let mut circuit = Circuit::default();
        circuit.told_to_wait(at(10), at(7));
        assert_eq!((circuit.begin(Duration::from_millis(16_999)), circuit.begin(at(17)).is_some()), (None, true));
        circuit.told_to_wait(at(20), at(1_000_000));
        assert_eq!(circuit.cooling().unwrap().until, at(20) + LONGEST_TOLD);
    }

    #[test]
    fn an_answer_that_was_under_way_does_not_end_a_cool_down() {
        let mut circuit = Circuit::default();
        let early = circuit.begin(at(1)).unwrap();
        for _ in 0..IN_A_ROW {
            let ticket = circuit.begin(at(2)).unwrap();
            circuit.failed(ticket, at(2), 0);
        }
        circuit.succeeded(early, at(3));
        assert!(circuit.cooling().is_some());
        let forced = circuit.begin_anyway(at(4));
        circuit.succeeded(forced, at(4));
        assert!(circuit.is_well());
    }

    #[derive(Debug, Clone)]
    enum Event {
        Pass(u64),
        Begin,
        BeginAnyway,
        /// What becomes of the call begun longest ago.
        End(u8),
    }

    fn events() -> impl Strategy<Value = Vec<(Event, u64)>> {
        let event = prop_oneof![
            (0u64..400_000).prop_map(Event::Pass),
            Just(Event::Begin),
            Just(Event::Begin),
            Just(Event::BeginAnyway),
            (0u8..5).prop_map(Event::End),
            (0u8..5).prop_map(Event::End),
        ];
        prop::collection::vec((event, any::<u64>()), 0..200)
    }

    proptest! {
        /// Whatever happens in whatever order: nobody waits longer than promised, at most one probe is out, and a place
        /// that nobody is trying can be tried once its time has come.
        #[test]
        fn no_place_is_lost_for_good(events in events()) {
            let mut circuit = Circuit::default();
            let mut now = Duration::ZERO;
            let mut open = std::collections::VecDeque::new();
            for (event, random) in events {
                match event {
                    Event::Pass(ms) => now += Duration::from_millis(ms),
                    Event::Begin => {
                        let allowed = circuit.cooling().is_none_or(|cooling| now >= cooling.until && !cooling.probing);
                        let ticket = circuit.begin(now);
                        prop_assert_eq!(ticket.is_some(), allowed);
                        open.extend(ticket);
                    }
                    Event::BeginAnyway => open.push_back(circuit.begin_anyway(now)),
                    Event::End(how) => {
                        let Some(ticket) = open.pop_front() else { continue };
                        match how {
                            0 => circuit.succeeded(ticket, now),
                            1 => circuit.failed(ticket, now, random),
                            2 => circuit.refused(ticket, now, random),
                            3 => { circuit.abandoned(ticket); circuit.told_to_wait(now, Duration::from_millis(random)) }
                            _ => circuit.abandoned(ticket),
                        }
                    }
                }
                if let Some(cooling) = circuit.cooling() {
                    prop_assert!(cooling.since <= now && cooling.until <= now + LONGEST_TOLD);
                }
            }
            for ticket in open {
                circuit.abandoned(ticket);
            }
            let until = circuit.cooling().map_or(now, |cooling| cooling.until.max(now));
            let probe = circuit.begin(until).expect("its time has come");
            circuit.succeeded(probe, until);
            prop_assert!(circuit.is_well());
        }

        #[test]
        fn cool_downs_grow_to_the_longest_and_no_further(trips in 0u32..100, random in any::<u64>()) {
            let lasts = lasting(trips, random);
            let whole = FIRST.saturating_mul(1 << trips.min(16)).min(LONGEST);
            prop_assert!(lasts <= whole && lasts >= whole * 4 / 5);
        }
    }
}
