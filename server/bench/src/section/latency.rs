//! How long a call takes, from the moment at which it was due: at fixed rates, and alone.

use crate::Problem;
use crate::load::{Closed, Measured, Open};
use crate::report::{Goal, Report};
use crate::setting::{Rounds, Setting, in_turn};
use crate::stats::Samples;
use crate::wish::Wish;

const SECTION: &str = "Latency, plain";

/// One row of loads.
struct Load {
    title: String,
    rounds: Rounds,
    /// `None`: one connection, one call after the other.
    per_second: Option<f64>,
}

pub async fn measure(setting: &Setting, capacity: Option<f64>, report: &mut Report) -> Result<(), Problem> {
    let mut loads = vec![load("one call at a time", None), load("200/s", Some(200.0)), load("1,000/s", Some(1_000.0))];
    match capacity.map(|capacity| capacity / 2.0) {
        Some(half) => loads.push(load(&format!("half of capacity, {half:.0}/s"), Some(half))),
        None => report.skip(SECTION, "half of capacity", "its capacity is not known"),
    }
    for round in 0..setting.effort.rounds {
        for Load { rounds, per_second, .. } in &mut loads {
            for target in in_turn(setting.targets(), round) {
                let window = setting.effort.window;
                let measured = match *per_second {
                    Some(per_second) => Open { per_second, window }.run(target).await?,
                    None => Closed { awake: true, ..Closed::new(1, Wish::PLAIN, window) }.run(target).await?,
                };
                rounds.add(target, measured);
            }
        }
    }
    for Load { title, rounds, per_second } in &loads {
        for (percent, word) in [(50.0, "p50"), (99.0, "p99")] {
            let figure = |measured: &Measured| at(measured, percent);
            for name in rounds.names() {
                report.show(SECTION, format!("{title}: {word} {name}"), "µs", rounds.spread(name, figure));
            }
            for other in ["direct", "nginx"] {
                let added = rounds.paired("keywright", other, figure, |one, two| one - two);
                let goal = (per_second.is_none() && percent == 50.0 && other == "nginx").then_some(Goal::AtMost(30.0));
                let what = format!("{title}: {word} added by keywright over {other}");
                match goal {
                    Some(goal) => report.require(SECTION, what, "µs", added, goal),
                    None => report.show(SECTION, what, "µs", added),
                }
            }
        }
        let lost = rounds.not_answered();
        let what = format!("{title}: requests not answered as asked");
        report.require(SECTION, what, "", crate::stats::Spread::of([lost as f64]), Goal::Exactly(0.0));
    }
    Ok(())
}

fn load(title: &str, per_second: Option<f64>) -> Load {
    Load { title: title.to_owned(), rounds: Rounds::default(), per_second }
}

fn at(measured: &Measured, percent: f64) -> Option<f64> {
    Samples::of(measured.latencies.clone()).percentile(percent).map(|nanos| nanos / 1_000.0)
}
