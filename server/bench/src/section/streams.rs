//! What happens to a stream on its way: its first event, the gaps between events, the processor time for each.
//!
//! Two faults are looked for by name. Nagle's algorithm meeting delayed acknowledgements holds events back until the
//! median gap is 35 to 50 ms; a gateway that holds the first event until the second is there delays it by a whole pace.

use crate::Problem;
use crate::load::{Closed, Measured};
use crate::report::{Goal, Report};
use crate::setting::{Rounds, Setting, in_turn};
use crate::stats::{Samples, Spread};
use crate::wish::Wish;
use std::ops::RangeInclusive;
use std::time::Duration;

const SECTION: &str = "Streams of 22 events, 20 ms apart, 8 connections";

/// Milliseconds that a median gap has when Nagle's algorithm waits for a delayed acknowledgement.
const NAGLE_MS: RangeInclusive<f64> = 35.0..=50.0;
/// Events that came in one piece are no gap.
const SAME_MOMENT_NS: u64 = 500_000;

pub async fn measure(setting: &Setting, report: &mut Report) -> Result<(), Problem> {
    const CONNECTIONS: usize = 8;
    let mut rounds = Rounds::default();
    for round in 0..setting.effort.rounds {
        for target in in_turn(setting.targets(), round) {
            let pace = Wish::PACED.pace;
            let load = Closed {
                note_events: true,
                awake: true,
                // First events of different streams do not meet.
                stagger: pace / CONNECTIONS as u32,
                ..Closed::new(CONNECTIONS, Wish::PACED, setting.effort.window)
            };
            rounds.add(target, load.run(target).await?);
        }
    }
    for name in rounds.names() {
        report.show(SECTION, format!("first byte p50: {name}"), "µs", rounds.spread(name, first_byte));
    }
    for other in ["direct", "nginx"] {
        let added = rounds.paired("keywright", other, first_byte, |one, two| one - two);
        let what = format!("first byte p50 added by keywright over {other}");
        match other {
            "nginx" => report.require(SECTION, what, "µs", added, Goal::AtMost(60.0)),
            _ => report.show(SECTION, what, "µs", added),
        }
    }
    for percent in [50.0, 99.0] {
        let jitter = |measured: &Measured| gap(measured, percent);
        for other in ["direct", "nginx"] {
            let added = rounds.paired("keywright", other, jitter, |one, two| one - two);
            report.show(SECTION, format!("gap p{percent:.0} added by keywright over {other}"), "µs", added);
        }
    }
    let events = f64::from(Wish::PACED.events());
    for name in rounds.names() {
        let each = rounds.spread(name, |measured| Some(measured.cpu_us()? / events));
        if each.is_some() {
            report.show(SECTION, format!("processor time for each event: {name}"), "µs", each);
        }
    }
    for name in rounds.names() {
        let median = rounds.spread(name, median_arrival_gap_ms);
        // Others are shown with their faults; ours fails.
        let waits = median.map(|spread| spread.map(|gap| f64::from(u8::from(NAGLE_MS.contains(&gap)))));
        let what = format!("events wait for acknowledgements: {name}");
        let ours = name == "keywright";
        if ours {
            report.require(SECTION, what, "", waits, Goal::Exactly(0.0));
        } else {
            report.show(SECTION, what, "", waits);
        }
        if let Some(median) = median {
            report.note(format!("median gap {:.1} ms", median.median));
        }
        let late = rounds.paired(name, "direct", first_byte, |one, two| {
            f64::from(u8::from(one - two > Wish::PACED.pace.as_secs_f64() * 1e6 / 2.0))
        });
        let what = format!("first event held back: {name}");
        if ours {
            report.require(SECTION, what, "", late, Goal::Exactly(0.0));
        } else {
            report.show(SECTION, what, "", late);
        }
    }
    let lost = Spread::of([rounds.not_answered() as f64]);
    report.require(SECTION, "streams not relayed whole", "", lost, Goal::Exactly(0.0));
    Ok(())
}

fn first_byte(measured: &Measured) -> Option<f64> {
    Samples::of(measured.first_bytes.clone()).percentile(50.0).map(|nanos| nanos / 1_000.0)
}

fn gap(measured: &Measured, percent: f64) -> Option<f64> {
    Samples::of(measured.gaps.clone()).percentile(percent).map(|nanos| nanos / 1_000.0)
}

fn median_arrival_gap_ms(measured: &Measured) -> Option<f64> {
    let apart = measured.gaps.iter().copied().filter(|&gap| gap > SAME_MOMENT_NS).collect();
    Samples::of(apart).percentile(50.0).map(|nanos| Duration::from_nanos(nanos as u64).as_secs_f64() * 1_000.0)
}
