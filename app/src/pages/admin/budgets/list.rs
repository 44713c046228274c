//! `/admin/budgets`: every level with what is left. Views live in the address.

use super::over_committed_words;
use crate::chrome::Place;
use crate::components::{
    Budget, BudgetMeter, Cell, Chip, Column, EmptyState, ListView, NameCell, PageHead, Table, Tone, Views,
};
use crate::format::{Calendar, usd};
use crate::pages::admin::{count, document, may_change};
use crate::pages::keys::rows::budget;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::budget::{BudgetFigures, BudgetScope};
use domain::order::{Order, SortColumn};
use leptos::prelude::*;
use portal::administration::budgets::LevelRow;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    view: View,
    sort: String,
}

/// Without an order, levels come as they stand above each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelColumn {
    Name,
    /// How much of the tightest budget is used up.
    Budget,
}

impl SortColumn for LevelColumn {
    const ALL: &'static [Self] = &[Self::Name, Self::Budget];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Budget => "used",
        }
    }
    fn largest_first(self) -> bool {
        self == Self::Budget
    }
}

/// Levels without a budget come last, whichever way.
fn sort(levels: &mut [LevelRow], order: Order<LevelColumn>) {
    match order.by {
        LevelColumn::Name => levels.sort_by_cached_key(|row| row.name.to_lowercase()),
        LevelColumn::Budget => levels.sort_by_key(|row| tightest(row).map_or(i64::MAX, BudgetFigures::percent_spent)),
    }
    if order.descending {
        let budgets = match order.by {
            LevelColumn::Name => levels.len(),
            LevelColumn::Budget => levels.iter().filter(|row| !row.figures.is_empty()).count(),
        };
        levels[..budgets].reverse();
    }
}

fn tightest(row: &LevelRow) -> Option<&BudgetFigures> {
    row.figures.iter().min_by_key(|figures| figures.left())
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    #[default]
    All,
    Limited,
    Units,
    CostCentres,
    Applications,
    Teams,
    Guardrails,
    People,
}

impl View {
    const ALL: [Self; 8] = [
        Self::All,
        Self::Limited,
        Self::Units,
        Self::CostCentres,
        Self::Applications,
        Self::Teams,
        Self::Guardrails,
        Self::People,
    ];

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("all", "All"),
            Self::Limited => ("limited", "With limits"),
            Self::Units => ("units", "Business units"),
            Self::CostCentres => ("cost-centres", "Cost centres"),
            Self::Applications => ("applications", "Applications"),
            Self::Teams => ("teams", "Teams"),
            Self::Guardrails => ("guardrails", "Guardrails"),
            Self::People => ("people", "People"),
        }
    }

    const fn holds(self, row: &LevelRow) -> bool {
        match self {
            Self::All => true,
            Self::Limited => !row.limits.is_empty(),
            Self::Units => matches!(row.scope, BudgetScope::Unit(_)),
            Self::CostCentres => matches!(row.scope, BudgetScope::CostCentre(_)),
            Self::Applications => matches!(row.scope, BudgetScope::Application(_)),
            Self::Teams => matches!(row.scope, BudgetScope::Team(_)),
            Self::Guardrails => matches!(row.scope, BudgetScope::Profile(_)),
            Self::People => matches!(row.scope, BudgetScope::Person(_)),
        }
    }

    const fn empty(self) -> &'static str {
        match self {
            Self::Units => "No business units yet. One holds several teams, with a budget that they share.",
            Self::CostCentres => {
                "No cost centre has a budget of its own. Open one and choose “Budgets and limits” to give it one."
            }
            Self::Applications => {
                "No application has a budget. Choose “Add application” to give one to all keys that carry its name."
            }
            Self::Teams => "No teams yet. A team owns keys together and shares a budget.",
            Self::People => {
                "Nobody has a budget of their own. Open a person and choose “Budgets and limits” to give them one."
            }
            Self::All | Self::Limited | Self::Guardrails => {
                "No limits yet beyond those of single keys. Open the organisation to set the first."
            }
        }
    }
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { view: current, sort } = input.query()?;
    let levels = visit.portal.levels(&visit.caller).await?;
    let model = Model { levels, current, order: Order::from_word(&sort), may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Budgets, "Budgets", |calendar| view(calendar, model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub levels: Vec<LevelRow>,
    pub current: View,
    pub order: Option<Order<LevelColumn>>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { mut levels, current, order, may_change } = model;
    if let Some(order) = order {
        sort(&mut levels, order);
    }
    let views = View::ALL.map(|view| {
        let (_, text) = view.words();
        ListView {
            text: text.to_owned(),
            count: count(levels.iter().filter(|row| view.holds(row)).count()),
            href: address(view, order),
            current: view == current,
        }
    });
    let rows: Vec<_> = levels.iter().filter(|row| current.holds(row)).map(|row| level_row(row, calendar)).collect();
    let body = if rows.is_empty() {
        view! { <EmptyState text=current.empty()/> }.into_any()
    } else {
        let sorting = |text: &str, by| Column::text(text).sorting(by, order, |order| address(current, Some(order)));
        let columns = vec![
            sorting("Level", LevelColumn::Name),
            sorting("Budget (tightest)", LevelColumn::Budget),
            Column::text("Limits"),
        ];
        view! { <Table columns=columns caption="Budgets and limits">{rows}</Table> }.into_any()
    };
    let add = may_change.then(|| {
        view! {
            <a class="button" href=paths::NEW_UNIT>"Add business unit"</a>
            <a class="button" href=paths::NEW_APPLICATION>"Add application"</a>
        }
    });
    let context = "A call takes its money from every level that its key stands below, or from none.";
    view! {
        <PageHead title="Budgets" context=context.into_any()>
            {add}
            <a class="button" href=paths::COST_CENTRES>"Cost centres"</a>
            <a class="button" href=paths::CURRENCY>"Display currency"</a>
        </PageHead>
        <Views views=views.to_vec()/>
        {body}
    }
}

fn address(view: View, order: Option<Order<LevelColumn>>) -> String {
    let view = (view != View::All).then(|| ("view", view.words().0.to_owned()));
    let sort = order.map(|order| ("sort", order.word()));
    let asked: Vec<_> = view.into_iter().chain(sort).collect();
    paths::asked(paths::BUDGETS, asked)
}

fn level_row(row: &LevelRow, calendar: &Calendar) -> impl IntoView + use<> {
    let mut note = words::level(row.scope).to_owned();
    if let Some(unit) = &row.within {
        note.push_str(&format!(" · in {unit}"));
    }
    let meter = tightest(row).map(|figures| {
        let window = words::per_window(figures.window);
        view! { <BudgetMeter budget=Budget { window, ..budget(figures, None, calendar) }/> }
    });
    let more = row.figures.len().saturating_sub(1);
    let more = (more > 0).then(|| {
        let text = if more == 1 { "and 1 more".to_owned() } else { format!("and {more} more") };
        view! { <p class="muted">{text}</p> }
    });
    let over = over_committed_words(row).map(|text| {
        view! { <p><Chip tone=Tone::Warn text="Over-committed"/></p><p class="muted">{text}</p> }
    });
    let guaranteed = row.limits.guarantees.first().map(|share| {
        let text = format!("{} {} guaranteed", usd(share.limit), words::per_window(share.window));
        view! { <p class="muted">{text}</p> }
    });
    let none = meter.is_none().then(|| view! { <span class="muted">"none"</span> });
    let traffic = words::traffic(&row.limits);
    let traffic = if traffic.is_empty() {
        view! { <span class="muted">"none"</span> }.into_any()
    } else {
        traffic.join(" · ").into_any()
    };
    view! {
        <tr>
            <NameCell name=row.name.clone() href=paths::level(row.scope) note=note.into_any()/>
            <Cell label="Budget" figure=true>{meter}{none}{more}{guaranteed}{over}</Cell>
            <Cell label="Limits">{traffic}</Cell>
        </tr>
    }
}
