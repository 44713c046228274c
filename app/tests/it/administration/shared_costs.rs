//! What money is kept for whom, what is paid by the month, and whom it costs what, as the sample pages show it.

use super::adjustments::{centre, lines};
use super::levels::budget_page;
use super::samples::Drawing;
use super::things::{form_id, provider_id};
use crate::specimen::calendar;
use app::chrome::Place;
use app::pages::admin::{budgets, commitments, cost_statement, currency};
use app::pages::form::Reasons;
use domain::commitment::{Commitment, CommitmentDraft, CommitmentEntry, Month};
use domain::id::CommitmentId;
use domain::money::NanoUsd;
use portal::administration::commitments::{CommitmentList, CommitmentRow, ProviderChoice};
use portal::administration::cost_statement::{CostStatement, StatementRow};

fn month(text: &str) -> Month {
    Month::parse(text).unwrap()
}

fn commitment(number: u8, name: &str, from: &str, until: Option<&str>) -> CommitmentRow {
    let provider = (number == 1).then(|| "Messages EU".to_owned());
    let entry = CommitmentEntry {
        name: name.to_owned(),
        provider: (number == 1).then(|| provider_id(1)),
        monthly: NanoUsd::from_dollars(12_000),
        from: month(from),
        until: until.map(month),
    };
    let commitment = Commitment { id: CommitmentId::from_random(&[number; 12]), entry, version: 3 };
    CommitmentRow { commitment, provider }
}

fn all() -> Vec<CommitmentRow> {
    vec![
        commitment(1, "Throughput <EU>", "2026-01", None),
        commitment(2, "Enterprise discount floor", "2025-01", Some("2025-12")),
        commitment(3, "Reserved units", "2027-01", Some("2027-12")),
    ]
}

fn choices() -> Vec<ProviderChoice> {
    vec![ProviderChoice { id: provider_id(1), name: "Messages EU".to_owned() }]
}

fn statement(running: bool) -> CostStatement {
    let row = |code: Option<&str>, listed: bool, metered, shared, moved| StatementRow {
        centre: centre(code, listed),
        metered: NanoUsd::from_dollars(metered),
        shared: NanoUsd::from_dollars(shared).plus(NanoUsd::from_nano(333_333_333)),
        moved: if running { NanoUsd::ZERO } else { NanoUsd::from_dollars(moved) },
    };
    CostStatement {
        month: month("2026-11"),
        running,
        rows: vec![
            row(Some("4711"), true, 9_120, 8_000, -214),
            row(Some("old"), false, 0, 1, 0),
            row(None, false, 214, 4_000, 214),
        ],
        adjusted: if running { vec![] } else { lines() },
        commitments: if running { all() } else { vec![] },
    }
}

pub(super) fn draw(drawing: &mut Drawing, may_change: bool) {
    let calendar = calendar();
    drawing.draw("budget-shares", Place::Budgets, || budgets::show::view(&calendar, budget_page(4, may_change)));
    drawing.draw("currency", Place::Budgets, || currency::show::view(super::currency::page(may_change)));
    drawing.draw("currency-none", Place::Budgets, || currency::show::view(super::currency::none(may_change)));
    drawing.draw("commitments", Place::Budgets, || {
        let list = CommitmentList { rows: all(), month: month("2026-11") };
        commitments::list::view(commitments::list::Model { list, may_change, happened: None })
    });
    drawing.draw("commitments-none", Place::Budgets, || {
        let list = CommitmentList { rows: vec![], month: month("2026-11") };
        commitments::list::view(commitments::list::Model { list, may_change, happened: None })
    });
    drawing.draw("commitment", Place::Budgets, || {
        let row = commitment(1, "Throughput <EU>", "2026-01", None);
        let draft = CommitmentDraft::from(&row.commitment.entry);
        let (providers, reasons) = (choices(), Reasons::default());
        commitments::show::view(commitments::show::Model { row, draft, providers, reasons, stale: true, may_change })
    });
    drawing.draw("cost-statement", Place::Budgets, || cost_statement::view(&calendar, &statement(true), may_change));
    drawing
        .draw("cost-statement-over", Place::Budgets, || cost_statement::view(&calendar, &statement(false), may_change));
}

pub(super) fn draw_refused(drawing: &mut Drawing) {
    drawing.draw("commitment-new", Place::Budgets, || {
        let draft =
            CommitmentDraft { name: "<b>".to_owned(), monthly: "lots".to_owned(), ..CommitmentDraft::default() };
        let reasons = Reasons::from(draft.read().unwrap_err());
        commitments::new::view(commitments::new::Model { form: form_id(), draft, providers: choices(), reasons })
    });
}
