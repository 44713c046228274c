//! One key as a row: what it is, whether it is fine, what is left, when it was used, when it ends, whose it is.

use crate::components::{Budget, BudgetMeter, Cell, Column, Id, NameCell, StatusChip, Table, day, when};
use crate::format::{Calendar, grouped};
use crate::paths;
use crate::words;
use domain::budget::{BudgetFigures, BudgetScope};
use domain::id::KeyId;
use domain::limits::QuotaUse;
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

/// The table of keys. Whose they are is said where they may be somebody else's.
#[component]
pub fn KeyTable(
    #[prop(into)] caption: String,
    rows: Vec<KeyRow>,
    calendar: Calendar,
    #[prop(optional)] owners: bool,
) -> impl IntoView {
    let mut columns = vec![
        Column::text("Key"),
        Column::text("Status"),
        Column::text("Budget (tightest)"),
        Column::text("Last used"),
        Column::text("Expires"),
    ];
    if owners {
        columns.push(Column::text("Owner"));
    }
    let rows = rows.into_iter().map(|row| key_row(row, &calendar, owners)).collect_view();
    view! { <Table columns=columns caption=caption>{rows}</Table> }
}

fn key_row(row: KeyRow, calendar: &Calendar, owners: bool) -> impl IntoView + use<> {
    let what = format!(" · {} · {}", words::consumer_tag(row.consumer), row.environment);
    let application = row.application.map(|application| format!(" · {application}"));
    let note = view! { <Id text=short_id(row.id)/>{what}{application} }.into_any();
    let meter = row.budget.map(|figures| {
        let whose = whose(figures.scope, row.budget_of.as_deref(), row.mine);
        view! { <BudgetMeter budget=budget(&figures, whose, calendar)/> }
    });
    let used = match row.last_use {
        Some(used) => {
            let at = when(calendar, used.at);
            view! { <Cell label="Last used" note=used.agent.into_any()>{at}</Cell> }.into_any()
        }
        None => view! { <Cell label="Last used"><span class="muted">"Never"</span></Cell> }.into_any(),
    };
    let (ends, on) = (when(calendar, row.expires_at), day(calendar, row.expires_at).into_any());
    let whose = owners.then(|| {
        let owner = owner(row.owner, &row.owner_name, row.mine);
        view! { <Cell label="Owner">{owner}</Cell> }
    });
    view! {
        <tr>
            <NameCell name=row.name href=paths::key(row.id) note=note/>
            <Cell label="Status"><StatusChip status=words::key_status(row.status)/></Cell>
            <Cell label="Budget" figure=true>{meter}</Cell>
            {used}
            <Cell label="Expires" note=on>{ends}</Cell>
            {whose}
        </tr>
    }
}
