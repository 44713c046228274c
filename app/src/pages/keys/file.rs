//! The list of keys as a file: one line a key, money to the nano-dollar, times in UTC.
//!
//! Names come from people: no cell is a formula to a spreadsheet.

use crate::format::{Calendar, cell};
use crate::words;
use domain::virtual_key::Owner;
use portal::keys::{KeysFile, KeysView};
use std::fmt::Write as _;

/// Says if there are more keys than it holds.
pub(super) fn name(view: KeysView, file: &KeysFile) -> String {
    let part = if file.more { format!("-first-{}", file.rows.len()) } else { String::new() };
    format!("keys-{}{part}.csv", view.word())
}

pub(super) fn csv(file: &KeysFile, calendar: &Calendar) -> String {
    let mut text = String::from(
        "key_id,key,owner_kind,owner,teams,purpose,application,environment,guardrails,status,minted_utc,\
         last_used_utc,days_unused,last_network,last_agent,expires_utc,spent_in_a_year_usd\r\n",
    );
    for row in &file.rows {
        let (at, network, agent) = row
            .last_use
            .as_ref()
            .map(|used| (Calendar::machine(used.at), used.network.as_str(), used.agent.as_str()))
            .unwrap_or_default();
        let quiet_since = row.last_use.as_ref().map_or(row.created_at, |used| used.at.max(row.created_at));
        let kind = match row.owner {
            Owner::Person(_) => "person",
            Owner::Team(_) => "team",
        };
        let _ = write!(
            text,
            "{},{},{kind},{},{},{},{},{},{},{},{},{at},{},{},{},{},{}\r\n",
            row.id,
            cell(&row.name),
            cell(&row.owner_name),
            cell(&row.teams.join("; ")),
            row.consumer.word(),
            cell(row.application.as_deref().unwrap_or_default()),
            cell(&row.environment),
            cell(&row.profile_name),
            cell(words::key_status(row.status).words()),
            Calendar::machine(row.created_at),
            calendar.now.since(quiet_since) / domain::time::MS_PER_DAY,
            cell(network),
            cell(agent),
            Calendar::machine(row.expires_at),
            row.spent.unwrap_or_default().to_string().replace('$', "")
        );
    }
    text
}
