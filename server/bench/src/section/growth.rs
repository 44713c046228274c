//! What a larger installation changes: ten keys or a hundred thousand, no usage rows or millions.
//!
//! The larger ones are processes and databases of their own, measured in turn with the small one. While usage rows are
//! compared, a person reads a usage page twice a second in both.

use crate::Problem;
use crate::cpu::resident_bytes;
use crate::installation::{Size, visitor};
use crate::load::{Closed, Keys, Measured, QUIET_OF_MANY_KEYS};
use crate::process::get;
use crate::report::{Goal, Report};
use crate::setting::{Keywright, Rounds, Setting, in_turn};
use crate::stats::{Samples, Spread};
use crate::wish::Wish;
use std::time::{Duration, Instant};

const KEYS: &str = "Growth: random keys among many, plain, 32 connections";
/// For the first calls of all keys, at the longest.
const FIRST_CALLS: Duration = Duration::from_secs(60);
/// Fewer calls take less than what goes on beside them.
const A_THOUSAND: usize = 1_000;
const ROWS: &str = "Growth: usage rows, plain, 32 connections, while a usage page is read twice a second";

pub async fn keys(setting: &Setting, report: &mut Report) -> Result<(), Problem> {
    let mut sizes = Vec::new();
    for keys in setting.effort.many_keys {
        let size = Size { keys, usage_rows: 0 };
        let mut keywright = setting.another_keywright(&format!("keys-{keys}"), size).await?;
        keywright.target.name = format!("{keys} keys");
        let idle = resident_bytes(keywright.running.pid());
        sizes.push((keys, idle, keywright));
    }
    // A key's first call makes its rows in the database. Which share of the calls that is would depend on how long is measured.
    for (keys, _, keywright) in &sizes {
        let plan = Closed::new(32, Wish::PLAIN, FIRST_CALLS);
        let plan = Closed { keys: Keys::EachOnce, quiet: QUIET_OF_MANY_KEYS, ..plan };
        let first = plan.run(&keywright.target).await?;
        let left = Spread::of([*keys as f64 - first.answered as f64]);
        report.require(KEYS, format!("{keys} keys: not called yet"), "", left, Goal::Exactly(0.0));
        if *keys >= A_THOUSAND {
            let figure = format!("{keys} keys: processor time of the first call of each");
            report.show(KEYS, figure, "µs", Spread::of(first.cpu_us()));
        }
    }
    let mut rounds = Rounds::default();
    for round in 0..setting.effort.rounds {
        for (_, _, keywright) in in_turn(sizes.iter().collect(), round) {
            let load = Closed { quiet: QUIET_OF_MANY_KEYS, ..Closed::new(32, Wish::PLAIN, setting.effort.window) };
            rounds.add(&keywright.target, load.run(&keywright.target).await?);
        }
    }
    for name in rounds.names() {
        report.show(KEYS, format!("{name}: processor time"), "µs", rounds.spread(name, Measured::cpu_us));
    }
    if let [(few, few_idle, least), .., (many, many_idle, most)] = &sizes[..] {
        let (least_name, most_name) = (&least.target.name, &most.target.name);
        let ratio = rounds.ratio(most_name, least_name, Measured::cpu_us);
        report.require(KEYS, format!("processor time, {most_name} to {least_name}"), "×", ratio, Goal::AtMost(1.3));
        let each = many_idle.saturating_sub(*few_idle) as f64 / (many - few).max(1) as f64;
        report.require(KEYS, "memory for each key, idle", "bytes", Spread::of([each]), Goal::AtMost(1_024.0));
        let ready = most.ready_after.as_secs_f64();
        report.require(KEYS, format!("start to ready, {most_name}"), "s", Spread::of([ready]), Goal::AtMost(1.5));
    }
    lost(report, KEYS, &rounds);
    for (_, _, keywright) in sizes {
        keywright.running.stop().await?;
    }
    Ok(())
}

pub async fn rows(setting: &Setting, report: &mut Report) -> Result<(), Problem> {
    let keys = 100;
    let begun = Instant::now();
    let none = setting.another_keywright("rows-none", Size { keys, usage_rows: 0 }).await?;
    let empty_bytes = none.installation.database_bytes();
    let rows = setting.effort.usage_rows;
    let many = setting.another_keywright("rows-many", Size { keys, usage_rows: rows }).await?;
    let bytes = many.installation.database_bytes().saturating_sub(empty_bytes);
    let seeding = begun.elapsed();
    let mut sizes = [none, many];
    for (keywright, count) in sizes.iter_mut().zip([0, rows]) {
        keywright.target.name = format!("{count} rows");
    }
    let (mut rounds, mut pages) = (Rounds::default(), [Vec::new(), Vec::new()]);
    for round in 0..setting.effort.rounds {
        for at in in_turn(vec![0, 1], round) {
            let keywright = &sizes[at];
            let load = Closed::new(32, Wish::PLAIN, setting.effort.window).run(&keywright.target);
            let (measured, read) = while_reading(keywright, load).await;
            rounds.add(&keywright.target, measured?);
            pages[at].extend(read?);
        }
    }
    let [none, many] = &sizes;
    let (none_name, many_name) = (&none.target.name, &many.target.name);
    for (name, pages) in [none_name, many_name].into_iter().zip(pages) {
        report.show(ROWS, format!("{name}: processor time"), "µs", rounds.spread(name, Measured::cpu_us));
        let p99 = |measured: &Measured| Samples::of(measured.latencies.clone()).percentile(99.0).map(|p| p / 1_000.0);
        report.show(ROWS, format!("{name}: p99"), "µs", rounds.spread(name, p99));
        report.show(ROWS, format!("{name}: the usage page"), "ms", Spread::of(pages));
    }
    let ratio = rounds.ratio(many_name, none_name, Measured::cpu_us);
    report.require(ROWS, format!("processor time, {many_name} to {none_name}"), "×", ratio, Goal::AtMost(1.05));
    report.note(format!("the rows were written in {:.0} s", seeding.as_secs_f64()));
    let each = Spread::of([bytes as f64 / rows.max(1) as f64]);
    report.require(ROWS, "on disk for each usage row", "bytes", each, Goal::AtMost(200.0));
    lost(report, ROWS, &rounds);
    for keywright in sizes {
        keywright.running.stop().await?;
    }
    Ok(())
}

const READ_EVERY: Duration = Duration::from_millis(500);

/// Reads a key's page, with its usage, now and then until the load is over; how many milliseconds each took.
async fn while_reading<T>(keywright: &Keywright, load: impl Future<Output = T>) -> (T, Result<Vec<f64>, Problem>) {
    let installation = &keywright.installation;
    let Some(key) = installation.key_ids.first() else { return (load.await, Ok(Vec::new())) };
    let address = keywright.target.address;
    let cookie = visitor::cookie(address.port(), &installation.session);
    let path = format!("/keys/{key}");
    let mut load = std::pin::pin!(load);
    let mut clock = tokio::time::interval(READ_EVERY);
    let mut took = Vec::new();
    let mut problem = None;
    loop {
        let page = async {
            clock.tick().await;
            let begun = Instant::now();
            (get(address, &path, &cookie).await, begun.elapsed())
        };
        tokio::select! {
            result = &mut load => return (result, problem.map_or(Ok(took), Err)),
            (answer, elapsed) = page => match answer {
                Ok((200, _)) => took.push(elapsed.as_secs_f64() * 1_000.0),
                Ok((status, _)) => problem = Some(format!("the usage page answered {status}").into()),
                Err(error) => problem = Some(error),
            },
        }
    }
}

fn lost(report: &mut Report, section: &'static str, rounds: &Rounds) {
    let lost = Spread::of([rounds.not_answered() as f64]);
    report.require(section, "requests not answered as asked", "", lost, Goal::Exactly(0.0));
}
