//! Memory, and the time from start to ready.

use crate::Problem;
use crate::cpu::resident_bytes;
use crate::installation::Size;
use crate::load::Closed;
use crate::process;
use crate::report::{Goal, Report};
use crate::setting::{Setting, peak_memory};
use crate::stats::Spread;
use crate::wish::Wish;
use std::time::Duration;

const MEMORY: &str = "Memory, 10 keys";
const START: &str = "Start to ready";
const MIB: f64 = 1024.0 * 1024.0;

/// Before anything was asked of them.
pub fn idle(setting: &Setting, report: &mut Report) {
    for target in setting.targets() {
        let Some(pid) = target.pid else { continue };
        let held = Spread::of([resident_bytes(pid) as f64 / MIB]);
        let what = format!("idle: {}", target.name);
        match target.name.as_str() {
            "keywright" => report.require(MEMORY, what, "MiB", held, Goal::AtMost(25.0)),
            _ => report.show(MEMORY, what, "MiB", held),
        }
    }
}

/// Under load, with open streams, with large bodies.
pub async fn loaded(setting: &Setting, report: &mut Report) -> Result<(), Problem> {
    let window = setting.effort.window;
    for target in setting.targets() {
        let Some(pid) = target.pid else { continue };
        let (measured, held) = peak_memory(pid, Closed::new(64, Wish::PLAIN, window).run(target)).await;
        measured?;
        let (what, held) = (format!("loaded, 64 connections: {}", target.name), Spread::of([held as f64 / MIB]));
        match target.name.as_str() {
            "keywright" => report.require(MEMORY, what, "MiB", held, Goal::AtMost(45.0)),
            _ => report.show(MEMORY, what, "MiB", held),
        }
    }
    let target = &setting.keywright.target;
    let pid = setting.keywright.running.pid();
    let streams = setting.effort.open_streams;
    let before = resident_bytes(pid);
    let slow = Wish { texts: 10, pace: Duration::from_millis(100), streamed: true };
    // A window that is over at once: each connection has one stream, and all are open together.
    let load = Closed::new(streams, slow, Duration::from_millis(100)).run(target);
    let (measured, held) = peak_memory(pid, load).await;
    let broken = measured?.other;
    let each = held.saturating_sub(before) as f64 / streams as f64 / 1024.0;
    let what = format!("for each of {streams} open streams");
    report.require(MEMORY, what, "KiB", Spread::of([each]), Goal::AtMost(100.0));
    report.note(format!("{:.1} MiB in all, {broken} broken", held as f64 / MIB));

    let large = Closed { padding: 10 * 1024 * 1024, ..Closed::new(4, Wish::PLAIN, window) };
    let (measured, held) = peak_memory(pid, large.run(target)).await;
    let answered = measured?.answered;
    report.show(MEMORY, "with bodies of 10 MiB, four at once", "MiB", Spread::of([held as f64 / MIB]));
    report.note(format!("{answered} of them"));
    Ok(())
}

/// After load has ended and `rest` has passed.
pub fn rested(setting: &Setting, rest: Duration, report: &mut Report) {
    let held = Spread::of([resident_bytes(setting.keywright.running.pid()) as f64 / MIB]);
    report.show(MEMORY, format!("{:.0} s after the load", rest.as_secs_f64()), "MiB", held);
}

/// An empty installation, several times.
pub async fn starts(setting: &Setting, report: &mut Report) -> Result<(), Problem> {
    let mut took = Vec::new();
    let size = Size { keys: 0, usage_rows: 0 };
    let first = setting.another_keywright("empty", size).await?;
    let (folder, port) = (first.installation.folder.clone(), first.target.address.port());
    took.push(first.ready_after.as_secs_f64());
    first.running.stop().await?;
    for _ in 1..setting.effort.starts {
        let (running, ready) = process::keywright(&setting.binary, &folder, port, setting.core()).await?;
        took.push(ready.as_secs_f64());
        running.stop().await?;
    }
    report.require(START, "an empty installation", "s", Spread::of(took), Goal::AtMost(0.3));
    Ok(())
}
