//! Who did what to a key, and when.

use crate::{Portal, PortalError};
use domain::audit::{Actor, AuditRow};
use domain::id::{KeyId, PersonId};
use domain::person::Caller;
use std::collections::HashSet;
use store::AuditFilter;

/// An audit entry with the name of who acted.
#[derive(Debug, Clone)]
pub struct AuditLine {
    pub row: AuditRow,
    /// The person's display name, or what acted instead of a person.
    pub actor_name: String,
}

#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    /// Pass as `before` for the page after.
    pub next: Option<i64>,
}

/// Lines of one page.
pub(crate) const PAGE: u32 = 50;

impl Portal {
    pub async fn key_history(
        &self,
        caller: &Caller,
        key: KeyId,
        before: Option<i64>,
    ) -> Result<HistoryPage, PortalError> {
        self.visible_key(caller, key).await?;
        let filter = AuditFilter { object: Some(key.to_string()), ..AuditFilter::default() };
        let rows = self.store.audit_page(&filter, before, PAGE + 1).await?;
        let (lines, next) = self.lines(rows, PAGE).await?;
        Ok(HistoryPage { lines, next })
    }

    /// At most so many rows with the names of who acted; one row more says that there are more.
    pub(crate) async fn lines(
        &self,
        mut rows: Vec<AuditRow>,
        most: u32,
    ) -> Result<(Vec<AuditLine>, Option<i64>), PortalError> {
        let more = rows.len() > most as usize;
        rows.truncate(most as usize);
        let people: HashSet<PersonId> = rows
            .iter()
            .filter_map(|row| match row.entry.actor {
                Actor::Person(person) => Some(person),
                Actor::System(_) => None,
            })
            .collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        let names = self.store.names_of(&people).await?;
        let next = rows.last().filter(|_| more).map(|row| row.seq);
        let line = |row: AuditRow| {
            let actor_name = match &row.entry.actor {
                Actor::Person(person) => names.get(person).cloned().unwrap_or_else(|| person.to_string()),
                Actor::System(occasion) => occasion.clone(),
            };
            AuditLine { row, actor_name }
        };
        Ok((rows.into_iter().map(line).collect(), next))
    }
}
