//! Whether the ledger of the measured process says what happened: compared with what the scripted provider served and
//! what the generator received, after the process was stopped.

use crate::Problem;
use crate::installation::{TIGHT_BUDGET, database_url};
use crate::load::Closed;
use crate::process::Running;
use crate::report::{Goal, Report};
use crate::setting::Setting;
use crate::stats::Spread;
use crate::target::Target;
use crate::wish::Wish;
use domain::id::KeyId;
use domain::money::NanoUsd;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use store::{HourSpan, Store};

const SECTION: &str = "Correctness, over everything that was sent in this run";

/// What the tight key's calls cost, and what was refused.
pub struct Squeezed {
    answered: u64,
    refused: u64,
}

/// Sends calls of the key that has little money until it is refused.
pub async fn squeeze(setting: &Setting) -> Result<Squeezed, Problem> {
    let keywright = &setting.keywright;
    let (_, key) = &keywright.installation.tight;
    let target = Target { keys: [key.clone()].into(), ..keywright.target.clone() };
    let measured = Closed::new(64, Wish::PLAIN, setting.effort.window).run(&target).await?;
    Ok(Squeezed { answered: measured.answered, refused: measured.other })
}

/// What is compared after the process has ended.
pub struct Books {
    folder: PathBuf,
    keys: Vec<KeyId>,
    tight: KeyId,
    answers: u64,
    input: u64,
    output: u64,
}

impl Books {
    pub fn of(setting: &Setting) -> Self {
        let installation = &setting.keywright.installation;
        let served = &setting.keywright.target.provider.served;
        let (tight, _) = installation.tight;
        Self {
            folder: installation.folder.clone(),
            keys: installation.key_ids.iter().copied().chain([tight]).collect(),
            tight,
            answers: served.answers.load(Ordering::Relaxed),
            input: served.input_tokens.load(Ordering::Relaxed),
            output: served.output_tokens.load(Ordering::Relaxed),
        }
    }
}

pub async fn compare(running: Running, books: &Books, squeezed: &Squeezed, report: &mut Report) -> Result<(), Problem> {
    running.stop().await?;
    let store = Store::open(&database_url(&books.folder)).await?;
    let (mut rows, mut denied, mut input, mut output) = (0, 0, 0, 0);
    let since_1970: Vec<HourSpan> =
        (0..10).map(|nth| HourSpan { from: nth * i64::from(u16::MAX), hours: u16::MAX }).collect();
    for &key in &books.keys {
        for used in store.usage_in_spans(key, &since_1970).await? {
            rows += used.requests - used.denials;
            denied += used.denials;
            input += used.tokens.all_input();
            output += used.tokens.output;
        }
    }
    let off = |found: i128, expected: i128| Spread::of([(found - expected) as f64]);
    let mut must_be_zero = |what: &str, figure: Option<Spread>, note: String| {
        report.require(SECTION, what, "", figure, Goal::Exactly(0.0));
        report.note(note);
    };
    must_be_zero(
        "ledger rows beyond the provider's answers",
        off(rows.into(), books.answers.into()),
        format!("{rows} rows"),
    );
    must_be_zero(
        "input tokens beyond the provider's",
        off(input.into(), books.input.into()),
        format!("{input} tokens"),
    );
    must_be_zero(
        "output tokens beyond the provider's",
        off(output.into(), books.output.into()),
        format!("{output} tokens"),
    );
    // Refusals that only repeat are written once in a while: there may be fewer rows, and never more.
    must_be_zero(
        "rows of refused calls beyond the refusals",
        Spread::of([(denied - i64::try_from(squeezed.refused).unwrap_or(i64::MAX)).max(0) as f64]),
        format!("{denied} rows for {} refusals", squeezed.refused),
    );
    let sums = store.ledger_sums().await?;
    let nano = |amount: NanoUsd| i128::from(amount.as_nano());
    let cost: i128 = sums.keys.values().map(|key| nano(key.by_events)).sum();
    let by_hours: i128 = sums.keys.values().map(|key| nano(key.by_hours)).sum();
    must_be_zero("cost by events beyond cost by hours", off(cost, by_hours), format!("{cost} n$"));
    let listed = i128::from(books.input) * 3_000 + i128::from(books.output) * 15_000;
    must_be_zero("cost beyond the provider's tokens at their price", off(cost, listed), format!("{listed} n$"));
    let drifts = sums.accounts.values().filter(|account| account.kept != account.by_events).count();
    let levels: BTreeSet<&str> = sums.accounts.keys().map(|line| line.scope.word()).collect();
    must_be_zero(
        "accounts whose spent is not the sum of their events",
        Spread::of([drifts as f64]),
        format!("{} accounts of {} levels", sums.accounts.len(), levels.len()),
    );
    let spent = sums.keys.get(&books.tight).map_or(0, |key| key.by_events.as_nano());
    must_be_zero(
        "overspent by 64 connections at once",
        Spread::of([(spent - TIGHT_BUDGET.as_nano()).max(0) as f64]),
        format!(
            "spent {spent} of {} n$ in {} calls, {} refused",
            TIGHT_BUDGET.as_nano(),
            squeezed.answered,
            squeezed.refused
        ),
    );
    let was_refused = f64::from(u8::from(squeezed.refused > 0 && squeezed.answered > 0));
    report.require(SECTION, "the budget was really reached", "", Spread::of([was_refused]), Goal::Exactly(1.0));
    store.close().await;
    Ok(())
}
