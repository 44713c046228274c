//! Who did what to a key, and when.

use super::seen::SeenKey;
use crate::sight::Namer;
use crate::{Portal, PortalError};
use domain::audit::{Actor, AuditEntry, AuditRow};
use domain::id::PersonId;
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

impl SeenKey<'_> {
    pub async fn history(&self, before: Option<i64>) -> Result<HistoryPage, PortalError> {
        let filter = AuditFilter { object: Some(self.id().to_string()), ..AuditFilter::default() };
        let rows = self.portal.store.audit_page(&filter, before, PAGE + 1).await?;
        let (lines, next) = self.portal.lines(&self.namer, rows, PAGE).await?;
        Ok(HistoryPage { lines, next })
    }
}

impl Portal {
    /// As far as the caller may know who is who: at most so many rows with the names of who acted; one row more says that there are more.
    pub(crate) async fn lines(
        &self,
        namer: &Namer,
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
        let names = self.names_by(namer, &people).await?;
        let next = rows.last().filter(|_| more).map(|row| row.seq);
        let line = |mut row: AuditRow| {
            withhold_names(&mut row.entry, namer);
            let actor_name = match &row.entry.actor {
                Actor::Person(person) => names.get(person).cloned().unwrap_or_else(|| person.to_string()),
                Actor::System(occasion) => occasion.clone(),
            };
            AuditLine { row, actor_name }
        };
        Ok((rows.into_iter().map(line).collect(), next))
    }
}

/// What was before and after a change holds names in more places than can be told apart: whoever may not know everybody's
/// reads what was changed, and not from what to what.
fn withhold_names(entry: &mut AuditEntry, namer: &Namer) {
    if namer.knows_everybody() {
        return;
    }
    entry.before = None;
    entry.after = None;
    match entry.object.parse::<PersonId>() {
        Ok(person) => entry.object_name = namer.name(person, std::mem::take(&mut entry.object_name)),
        Err(_) if entry.object_kind == "invite" => entry.object_name = "somebody".to_owned(),
        Err(_) => {}
    }
}
