//! What is kept for whom: the shares that a level guarantees to those below it, its own share of the budget above, and the
//! fields that set it.

use super::entered::{Entered, WINDOWS};
use crate::components::{Cell, Chip, Column, Fold, MoneyField, NameCell, Section, Table, Tone};
use crate::format::{Calendar, usd};
use crate::pages::form::Reasons;
use crate::paths;
use crate::words;
use domain::budget::BudgetScope;
use domain::guarantee::unmet;
use domain::refusal::guarantee_field;
use leptos::prelude::*;
use portal::administration::budgets::{LevelDetail, LiveShare};

/// Nothing where nothing is guaranteed.
pub(in crate::pages) fn section(detail: &LevelDetail, calendar: &Calendar) -> Option<impl IntoView + use<>> {
    if detail.own_shares.is_empty() && detail.shares_below.is_empty() {
        return None;
    }
    let own = detail.above.as_ref().filter(|_| !detail.own_shares.is_empty()).map(|(_, above)| {
        let text = format!("Others below {above} cannot use up what is kept here.");
        let caption = format!("Kept for {} of what {above} has", detail.row.name);
        view! { <p class="muted">{text}</p>{table(&detail.own_shares, false, caption, calendar)} }
    });
    let below = (!detail.shares_below.is_empty()).then(|| {
        let text = "What is kept here for some below is not there for the others.";
        let caption = format!("Shares of what {} has", detail.row.name);
        view! { <p class="muted">{text}</p>{table(&detail.shares_below, true, caption, calendar)} }
    });
    Some(view! { <Section id="shares" title="Guaranteed shares">{own}{below}</Section> })
}

fn table(shares: &[LiveShare], named: bool, caption: String, calendar: &Calendar) -> impl IntoView + use<> {
    let rows = shares.iter().map(|share| {
        let LiveShare { scope, name, figures, holds } = share;
        let window = capitalised(words::per_window(figures.window));
        let first = if named {
            let note = format!("{} · {}", words::level(*scope), window.to_lowercase());
            view! { <NameCell name=name.clone() href=paths::level(*scope) note=note.into_any()/> }.into_any()
        } else {
            view! { <NameCell name=window/> }.into_any()
        };
        let taken = figures.spent.plus(figures.reserved);
        let (guaranteed, used) = (usd(figures.limit), usd(taken));
        let kept = if *holds {
            view! { <b>{usd(unmet(figures.limit, taken))}</b> }.into_any()
        } else {
            view! { <Chip tone=Tone::Warn text="No budget above"/> }.into_any()
        };
        let resets = figures.resets_at.map_or_else(|| "never".to_owned(), |at| calendar.date_time(at));
        view! {
            <tr>
                {first}
                <Cell label="Guaranteed" number=true>{guaranteed}</Cell>
                <Cell label="Used" number=true>{used}</Cell>
                <Cell label="Kept" number=true>{kept}</Cell>
                <Cell label="Resets">{resets}</Cell>
            </tr>
        }
    });
    let columns = vec![
        Column::text(if named { "For" } else { "Share" }),
        Column::number("Guaranteed"),
        Column::number("Used"),
        Column::number("Kept"),
        Column::text("Resets"),
    ];
    let rows = rows.collect_view();
    view! { <Table columns=columns caption=caption compact=true>{rows}</Table> }
}

fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// For levels that can have a share of the budget above them.
pub(super) fn fields(
    entered: &Entered,
    reasons: &Reasons,
    above: Option<&(BudgetScope, String)>,
) -> Option<impl IntoView + use<>> {
    let (_, above) = above?;
    let filled = WINDOWS
        .iter()
        .any(|&window| !entered.guarantee(window).is_empty() || reasons.at(guarantee_field(window)).is_some());
    let note = format!("kept for this level of what {above} has: others cannot use it up");
    let fields = WINDOWS.map(|window| {
        let name = guarantee_field(window);
        let label = format!("Guaranteed {}", words::per_window(window));
        view! { <MoneyField name=name label=label value=entered.guarantee(window) problem=reasons.at(name)/> }
    });
    Some(view! {
        <Fold summary="Guaranteed share" note=note open=filled>
            <div class="field-grid">{Vec::from(fields)}</div>
        </Fold>
    })
}
