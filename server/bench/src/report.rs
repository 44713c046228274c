//! What the bench found: rows of figures, each with its goal and whether it was met, for people and for machines.

use crate::stats::Spread;
use serde::Serialize;
use std::fmt::Write as _;

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// A goal, and a bound beyond which the bench fails.
    AtMostOrFail {
        goal: f64,
        fail_above: f64,
    },
    /// Anything but this is a defect.
    Exactly(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    /// The goal was not reached.
    Missed,
    /// Beyond what is tolerated: the bench ends with an error.
    Fail,
    Skipped,
    /// For orientation; nothing was asked of it.
    Shown,
}

impl Goal {
    pub fn judge(self, figure: f64) -> Verdict {
        let met = |is_met| if is_met { Verdict::Pass } else { Verdict::Missed };
        match self {
            Self::AtMost(goal) => met(figure <= goal),
            Self::AtLeast(goal) => met(figure >= goal),
            Self::AtMostOrFail { fail_above, .. } if figure > fail_above => Verdict::Fail,
            Self::AtMostOrFail { goal, .. } => met(figure <= goal),
            Self::Exactly(goal) if figure == goal => Verdict::Pass,
            Self::Exactly(_) => Verdict::Fail,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtMost(goal) => format!("≤ {}", number(goal)),
            Self::AtLeast(goal) => format!("≥ {}", number(goal)),
            Self::AtMostOrFail { goal, fail_above } => format!("≤ {} (fails > {})", number(goal), number(fail_above)),
            Self::Exactly(goal) => format!("= {}", number(goal)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub section: &'static str,
    pub what: String,
    pub unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<Goal>,
    pub verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Where and how it was measured.
    pub circumstances: Vec<String>,
    pub rows: Vec<Row>,
}

impl Report {
    pub fn circumstance(&mut self, text: impl Into<String>) {
        self.circumstances.push(text.into());
    }

    pub fn show(&mut self, section: &'static str, what: impl Into<String>, unit: &'static str, figure: Option<Spread>) {
        self.push(section, what.into(), unit, figure, None, None);
    }

    pub fn require(
        &mut self,
        section: &'static str,
        what: impl Into<String>,
        unit: &'static str,
        figure: Option<Spread>,
        goal: Goal,
    ) {
        self.push(section, what.into(), unit, figure, Some(goal), None);
    }

    pub fn skip(&mut self, section: &'static str, what: impl Into<String>, why: impl Into<String>) {
        let (what, note) = (what.into(), Some(why.into()));
        self.rows.push(Row { section, what, unit: "", figure: None, goal: None, verdict: Verdict::Skipped, note });
    }

    /// Says something about the row that was added last.
    pub fn note(&mut self, text: impl Into<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.note = Some(text.into());
        }
    }

    fn push(
        &mut self,
        section: &'static str,
        what: String,
        unit: &'static str,
        figure: Option<Spread>,
        goal: Option<Goal>,
        note: Option<String>,
    ) {
        let verdict = match (figure, goal) {
            (None, _) => Verdict::Skipped,
            (Some(_), None) => Verdict::Shown,
            (Some(figure), Some(goal)) => goal.judge(figure.median),
        };
        self.rows.push(Row { section, what, unit, figure, goal, verdict, note });
    }

    pub fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| row.verdict == Verdict::Fail)
    }

    /// As people read it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.circumstances {
            let _ = writeln!(text, "{line}");
        }
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        let mut sections: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !sections.contains(&row.section) {
                sections.push(row.section);
            }
        }
        for section in sections {
            let _ = writeln!(text, "\n{section}");
            for row in self.rows.iter().filter(|row| row.section == section) {
                let _ = writeln!(text, "{}", row.line(width));
            }
        }
        let count = |verdict| self.rows.iter().filter(|row| row.verdict == verdict).count();
        let _ = writeln!(
            text,
            "\n{} passed, {} missed their goal, {} failed, {} skipped",
            count(Verdict::Pass),
            count(Verdict::Missed),
            count(Verdict::Fail),
            count(Verdict::Skipped)
        );
        text
    }
}

impl Row {
    fn line(&self, width: usize) -> String {
        let verdict = match self.verdict {
            Verdict::Pass => "PASS  ",
            Verdict::Missed => "MISSED",
            Verdict::Fail => "FAIL  ",
            Verdict::Skipped => "skip  ",
            Verdict::Shown => "      ",
        };
        let mut line = format!("  {verdict} {:<width$}", self.what);
        if let Some(figure) = self.figure {
            let _ = write!(line, "  {:>9} {:<7}", number(figure.median), self.unit);
            if figure.rounds > 1 {
                let _ = write!(line, " [{} .. {}]", number(figure.min), number(figure.max));
            }
        }
        if let Some(goal) = self.goal {
            let _ = write!(line, "  goal {}", goal.words());
        }
        if let Some(note) = &self.note {
            let _ = write!(line, "  ({note})");
        }
        line
    }
}

fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1_000.0 || (size > 0.0 && value.fract() == 0.0) {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size == 0.0 {
        "0".to_owned()
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_missed_or_failed() {
        let processor = Goal::AtMostOrFail { goal: 1.8, fail_above: 2.5 };
        for (figure, expected) in [(1.8, Verdict::Pass), (1.9, Verdict::Missed), (2.6, Verdict::Fail)] {
            assert_eq!(processor.judge(figure), expected, "{figure}");
        }
        assert_eq!(Goal::Exactly(0.0).judge(1.0), Verdict::Fail);
        assert_eq!(Goal::AtLeast(0.55).judge(0.5), Verdict::Missed);
    }

    #[test]
    fn a_figure_that_could_not_be_taken_is_skipped_and_not_passed() {
        let mut report = Report::default();
        report.require("section", "what", "µs", None, Goal::AtMost(1.0));
        report.require("section", "other", "µs", Spread::of([3.0, 1.0, 2.0]), Goal::AtMost(1.0));
        report.note("why");
        assert_eq!(report.rows[0].verdict, Verdict::Skipped);
        let text = report.text();
        assert!(text.contains("MISSED other") && text.contains("[1 .. 3]") && text.contains("(why)"), "{text}");
        assert!(!report.has_failed());
    }
}
