//! Builds of Keywright against each other.
//!
//! On a machine that others use as well, the same build takes a quarter more or less from one minute to the next, which is
//! more than most changes gain. So all of them run at once and are loaded by turns for a moment each: what is told is the
//! ratio within a round, of many rounds.

use crate::Problem;
use crate::installation::Size;
use crate::load::{Closed, Open};
use crate::options::{Compare, Load};
use crate::pin::{Cores, pin_here, stay_awake};
use crate::setting::{Keywright, start_keywright};
use crate::stats::{Samples, Spread};
use crate::wish::Wish;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

const WINDOW: Duration = Duration::from_millis(500);
/// Few, whose usage is added up within the window. That of many is gathered for longer, and would be while another build is
/// loaded: for these there is `drive --keys`.
const SIZE: Size = Size { keys: 10, usage_rows: 0 };

pub fn compare(options: &Compare) -> Result<ExitCode, Problem> {
    let cores = Cores::choose().filter(|cores| pin_here(cores.load).is_ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::Builder::new().prefix("keywright-bench-").tempdir()?;
        if cores.is_some() {
            stay_awake();
        }
        let mut started = Vec::new();
        for (nth, build) in options.builds.iter().enumerate() {
            let folder = folder.path().join(nth.to_string());
            started.push(start_keywright(build, &folder, cores.map(|cores| cores.gateway), SIZE).await?);
        }
        let mut rounds = vec![Vec::with_capacity(options.rounds); started.len()];
        // The first round warms up.
        for round in 0..=options.rounds {
            for turn in 0..started.len() {
                // There and back, so that none is always loaded after the same one.
                let nth = if round % 2 == 0 { turn } else { started.len() - 1 - turn };
                let took = time_of_one(&started[nth], options).await?;
                if round > 0 {
                    rounds[nth].push(took);
                }
            }
        }
        tell(options, &rounds)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Microseconds that one call takes.
async fn time_of_one(keywright: &Keywright, options: &Compare) -> Result<f64, Problem> {
    let target = &keywright.target;
    let took = match options.load {
        Load::Plain => Closed::new(options.connections, Wish::PLAIN, WINDOW).run(target).await?.cpu_us(),
        Load::Streamed => Closed::new(options.connections, Wish::UNPACED, WINDOW).run(target).await?.cpu_us(),
        Load::Rare => {
            let measured = Open { per_second: 200.0, window: WINDOW }.run(target).await?;
            Samples::of(measured.latencies).percentile(50.0).map(|nanos| nanos / 1_000.0)
        }
    };
    Ok(took.ok_or("no call was answered, or the processor time of another process cannot be read here")?)
}

fn tell(options: &Compare, rounds: &[Vec<f64>]) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    for (build, of_build) in options.builds.iter().zip(rounds) {
        let ratios = of_build.iter().zip(&rounds[0]).map(|(took, first)| took / first * 100.0).collect();
        let took = Spread::of(of_build.iter().copied()).map_or(0.0, |spread| spread.median);
        let (low, ratio, high) = median_within(ratios).ok_or("not a single round")?;
        writeln!(out, "{took:6.1} µs  {ratio:5.1} % [{low:.1} .. {high:.1}]  {}", build.display())?;
    }
    Ok(())
}

/// The median, and between which values it lies with nineteen chances in twenty, whatever the distribution: by how many of
/// so many fair coins fall on one side.
fn median_within(mut values: Vec<f64>) -> Option<(f64, f64, f64)> {
    let median = Spread::of(values.iter().copied())?.median;
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let below = ((count - 1.96 * count.sqrt()) / 2.0).floor().max(0.0) as usize;
    Some((values[below], median, values[values.len() - 1 - below]))
}

#[cfg(test)]
mod tests {
    use super::median_within;

    #[test]
    fn more_rounds_say_more() {
        let of = |rounds: u32| median_within((1..=rounds).map(f64::from).collect());
        assert_eq!(of(0), None);
        assert_eq!(of(3), Some((1.0, 2.0, 3.0)));
        assert_eq!(of(100), Some((41.0, 50.5, 60.0)));
    }
}
