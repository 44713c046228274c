//! One key as a row: what it is, whether it is fine, what is left, when it was used, when it ends, whose it is.

use super::list::Asked;
use crate::components::{Budget, BudgetMeter, Cell, Column, Id, NameCell, StatusChip, Table, day, when};
use crate::format::{Calendar, grouped, usd};
use crate::paths;
use crate::words;
use domain::budget::{BudgetFigures, BudgetScope};
use domain::id::KeyId;
use domain::limits::QuotaUse;
use domain::order::KeyColumn;
use domain::virtual_key::Owner;
use leptos::prelude::*;
use portal::keys::KeyRow;

/// From this share of a budget on, meters and words warn.
const SOFT_THRESHOLD: u8 = 80;

/// Enough of the id to tell two keys apart; the whole stands on the key's page.
pub fn short_id(id: KeyId) -> String {
    format!("{}{}…", KeyId::PREFIX, id.bare().chars().take(4).collect::<String>())
}

/// One reading of the ledger for the meter.
pub fn budget(figures: &BudgetFigures, whose: Option<String>, calendar: &Calendar) -> Budget {
    Budget {
        window: "",
        whose,
        limit: figures.limit,
        spent: figures.spent,
        reserved: figures.reserved,
        kept: figures.kept_for_others,
        resets: figures.resets_at.map(|at| calendar.day(at)),
        thresholds: vec![SOFT_THRESHOLD],
    }
}

/// Whose money it is, as the caller calls them; `None` for the key's own. `name` is the level's.
pub fn whose(scope: BudgetScope, name: Option<&str>, mine: bool) -> Option<String> {
    let named = |what: &str| name.map_or_else(|| format!("its {what}"), |name| format!("{what} {name}"));
    match scope {
        BudgetScope::Key(_) => None,
        BudgetScope::Person(_) if mine => Some("you".to_owned()),
        BudgetScope::Person(_) => Some(name.unwrap_or("its owner").to_owned()),
        BudgetScope::Team(_) => Some(named("team")),
        BudgetScope::Unit(_) => Some(named("business unit")),
        BudgetScope::CostCentre(_) => Some(named("cost centre")),
        BudgetScope::Application(_) => Some(named("application")),
        BudgetScope::Profile(_) => Some(named("guardrails")),
        BudgetScope::Organisation => Some("the organisation".to_owned()),
    }
}

/// Quotas under the names of whose they are, with what is used and left of each. Nothing where there are none.
pub fn quota_table(quotas: Vec<(String, QuotaUse)>, calendar: &Calendar) -> Option<impl IntoView + use<>> {
    let rows = quotas.into_iter().map(|(name, one)| {
        let resets = one.resets_at.map_or_else(|| "never".to_owned(), |at| calendar.date_time(at));
        view! {
            <tr>
                <NameCell name=name/>
                <Cell label="Used" number=true>{grouped(one.used)}</Cell>
                <Cell label="Left" number=true><b>{grouped(one.left())}</b></Cell>
                <Cell label="Limit" number=true>{grouped(one.quota.limit)}</Cell>
                <Cell label="Resets">{resets}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| {
        let columns = vec![
            Column::text("Quota"),
            Column::number("Used"),
            Column::number("Left"),
            Column::number("Limit"),
            Column::text("Resets"),
        ];
        view! { <Table columns=columns caption="Quotas" compact=true>{rows}</Table> }
    })
}

/// `You`, `Ada Example`, `Team Billing`
pub fn owner(owner: Owner, name: &str, mine: bool) -> String {
    match owner {
        Owner::Person(_) if mine => "You".to_owned(),
        Owner::Person(_) => name.to_owned(),
        Owner::Team(_) => format!("Team {name}"),
    }
}

/// What a table of keys tells besides the ordinary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whose they are, where they may be somebody else's.
    pub owners: bool,
    /// What they spent in a year, in the place of what they have left.
    pub spend: bool,
    /// A box to tick, as the field `key` of the form around the table.
    pub choice: bool,
}

/// The table of keys.
#[component]
pub fn KeyTable(
    #[prop(into)] caption: String,
    rows: Vec<KeyRow>,
    calendar: Calendar,
    #[prop(optional)] shown: Shown,
    /// The list's address, where its columns sort it.
    #[prop(optional, into)]
    sorting: Option<Asked>,
) -> impl IntoView {
    let sorting = |column: Column, by: KeyColumn| match &sorting {
        Some(asked) => column.sorting(by, asked.order(), |order| asked.sorted(Some(order)).href()),
        None => column,
    };
    let budget = if shown.spend { Column::number("Spent in a year") } else { Column::text("Budget (tightest)") };
    let columns = shown.choice.then(|| Column::text("Select")).into_iter();
    let columns = columns.chain([
        sorting(Column::text("Key"), KeyColumn::Name),
        Column::text("Status"),
        budget,
        sorting(Column::text("Last used"), KeyColumn::LastUse),
        sorting(Column::text("Expires"), KeyColumn::Expiry),
    ]);
    let columns = columns.chain(shown.owners.then(|| Column::text("Owner"))).collect();
    let rows = rows.into_iter().map(|row| key_row(row, &calendar, shown)).collect_view();
    view! { <Table columns=columns caption=caption>{rows}</Table> }
}

/// Ticks a row; what may not be changed cannot be ticked.
fn choice(row: &KeyRow) -> impl IntoView + use<> {
    let (id, name) = (row.id.to_string(), format!("Select {}", row.name));
    let tick = row.changeable.then(|| {
        view! {
            <label class="choice">
                <input type="checkbox" name="key" value=id/>
                <span class="visually-hidden">{name}</span>
            </label>
        }
    });
    view! { <Cell label="Select">{tick}</Cell> }
}

/// When a key was used last, and by what.
pub fn last_used(row: &KeyRow, calendar: &Calendar) -> impl IntoView + use<> {
    match row.last_use.clone() {
        Some(used) => {
            let at = when(calendar, used.at);
            view! { <Cell label="Last used" note=used.agent.into_any()>{at}</Cell> }.into_any()
        }
        None => view! { <Cell label="Last used"><span class="muted">"Never"</span></Cell> }.into_any(),
    }
}

/// Whose it is, and of which teams they are.
pub fn owner_cell(row: &KeyRow) -> impl IntoView + use<> {
    let teams = match row.owner {
        Owner::Person(_) => row.teams.join(", "),
        Owner::Team(_) => String::new(),
    };
    let owner = owner(row.owner, &row.owner_name, row.mine);
    view! { <Cell label="Owner" note=teams.into_any()>{owner}</Cell> }
}

fn key_row(row: KeyRow, calendar: &Calendar, shown: Shown) -> impl IntoView + use<> {
    let choice = shown.choice.then(|| choice(&row));
    let what = format!(" · {} · {}", words::consumer_tag(row.consumer), row.environment);
    let application = row.application.as_ref().map(|application| format!(" · {application}"));
    let note = view! { <Id text=short_id(row.id)/>{what}{application} }.into_any();
    let money = if shown.spend {
        let spent = row.spent.unwrap_or_default();
        view! { <Cell label="Spent in a year" number=true><span title=spent.to_string()>{usd(spent)}</span></Cell> }
            .into_any()
    } else {
        let meter = row.budget.map(|figures| {
            let whose = whose(figures.scope, row.budget_of.as_deref(), row.mine);
            view! { <BudgetMeter budget=budget(&figures, whose, calendar)/> }
        });
        view! { <Cell label="Budget" figure=true>{meter}</Cell> }.into_any()
    };
    let used = last_used(&row, calendar);
    let (ends, on) = (when(calendar, row.expires_at), day(calendar, row.expires_at).into_any());
    let whose = shown.owners.then(|| owner_cell(&row));
    let due = row.rotation_due.as_ref().map(|due| format!("rotate by {}", calendar.day(due.due_at)));
    view! {
        <tr>
            {choice}
            <NameCell name=row.name href=paths::key(row.id) note=note/>
            <Cell label="Status" note=due.into_any()><StatusChip status=words::key_status(row.status)/></Cell>
            {money}
            {used}
            <Cell label="Expires" note=on>{ends}</Cell>
            {whose}
        </tr>
    }
}
