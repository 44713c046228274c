//! How many requests a second, at what processor time each, and what each step of the ladder costs.

use crate::Problem;
use crate::load::{Closed, Measured};
use crate::report::{Goal, Report};
use crate::rung::Rung;
use crate::setting::{Rounds, Setting, in_turn};
use crate::stats::Spread;
use crate::target::Target;
use crate::wish::Wish;

const SECTION: &str = "Requests per second, and processor time for each";
const LADDER: &str = "What each step costs, plain, 32 connections";

const CELLS: [(Wish, usize, &str); 4] = [
    (Wish::PLAIN, 32, "plain, 32 connections"),
    (Wish::PLAIN, 64, "plain, 64 connections"),
    (Wish::UNPACED, 32, "22 events unpaced, 32 connections"),
    (Wish::UNPACED, 64, "22 events unpaced, 64 connections"),
];

/// Requests per second that Keywright served plain at 64 connections; nothing if it served none.
pub async fn measure(setting: &Setting, report: &mut Report) -> Result<Option<f64>, Problem> {
    let window = setting.effort.window;
    let mut cells: [Rounds; CELLS.len()] = Default::default();
    let mut ladder = Rounds::default();
    let steps: Vec<&Target> = setting.ladder.iter().map(|(_, _, target)| target).collect();
    for target in setting.targets().into_iter().chain(steps.iter().copied()) {
        for wish in [Wish::PLAIN, Wish::UNPACED] {
            // Connections, caches and the allocator: the first round must not pay for them.
            Closed::new(64, wish, window / 4).run(target).await?;
        }
    }
    for round in 0..setting.effort.rounds {
        for ((wish, connections, _), rounds) in CELLS.into_iter().zip(&mut cells) {
            for target in in_turn(setting.targets(), round) {
                rounds.add(target, Closed::new(connections, wish, window).run(target).await?);
            }
        }
        for target in in_turn(steps.clone(), round) {
            ladder.add(target, Closed::new(32, Wish::PLAIN, window).run(target).await?);
        }
    }
    for ((wish, connections, title), rounds) in CELLS.into_iter().zip(&cells) {
        show_cell(report, (wish, connections, title), rounds);
    }
    show_ladder(report, &ladder);
    Ok(cells[1]
        .spread(&setting.keywright.target.name, |measured| Some(measured.per_second()))
        .map(|spread| spread.median))
}

fn show_cell(report: &mut Report, (wish, connections, title): (Wish, usize, &str), rounds: &Rounds) {
    for name in rounds.names() {
        report.show(
            SECTION,
            format!("{title}: {name}"),
            "/s",
            rounds.spread(name, |measured| Some(measured.per_second())),
        );
        let busy = rounds.spread(name, Measured::busy);
        if let Some(busy) = busy {
            report.note(format!("its core {:.0} % busy", busy.median * 100.0));
        }
        if let Some(cpu) = rounds.spread(name, Measured::cpu_us) {
            report.show(SECTION, format!("{title}: {name}, processor time"), "µs", Some(cpu));
        }
    }
    let rate = rounds.ratio("keywright", "nginx", |measured| Some(measured.per_second()));
    let rate_goal = (!wish.streamed && connections == 64).then_some(Goal::AtLeast(0.55));
    put(report, format!("{title}: requests/s, keywright to nginx"), "×", rate, rate_goal);
    let goal = match wish.streamed {
        false => Goal::AtMostOrFail { goal: 1.8, fail_above: 2.5 },
        true => Goal::AtMost(1.7),
    };
    let cpu = rounds.ratio("keywright", "nginx", Measured::cpu_us);
    put(report, format!("{title}: processor time, keywright to nginx"), "×", cpu, Some(goal));
    let governance = rounds.ratio("keywright", Rung::PassThrough.title(), Measured::cpu_us);
    let percent = governance.map(|ratio| ratio.map(|ratio| (ratio - 1.0) * 100.0));
    put(report, format!("{title}: governance over our own pass-through"), "%", percent, Some(Goal::AtMost(35.0)));
    if wish.streamed {
        let events = f64::from(wish.events());
        let each = rounds.spread("keywright", |measured| Some(measured.cpu_us()? / events));
        put(report, format!("{title}: processor time for each event"), "µs", each, Some(Goal::AtMost(6.0)));
    }
    report.require(
        SECTION,
        format!("{title}: requests not answered as asked"),
        "",
        Spread::of([rounds.not_answered() as f64]),
        Goal::Exactly(0.0),
    );
}

fn put(report: &mut Report, what: String, unit: &'static str, figure: Option<Spread>, goal: Option<Goal>) {
    match goal {
        Some(goal) => report.require(SECTION, what, unit, figure, goal),
        None => report.show(SECTION, what, unit, figure),
    }
    if figure.is_none() {
        report.note("nothing to compare with");
    }
}

fn show_ladder(report: &mut Report, ladder: &Rounds) {
    let mut below: Option<Rung> = None;
    for rung in Rung::ALL {
        let cpu = ladder.spread(rung.title(), Measured::cpu_us);
        match below {
            None => report.show(LADDER, rung.title(), "µs", cpu),
            Some(below) => {
                let step = ladder.paired(rung.title(), below.title(), Measured::cpu_us, |above, below| above - below);
                report.show(LADDER, rung.title(), "µs", step);
                if let Some(cpu) = cpu {
                    report.note(format!("{:.1} µs in all", cpu.median));
                }
            }
        }
        below = Some(rung);
    }
}
