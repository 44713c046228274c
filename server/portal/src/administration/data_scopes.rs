//! Who sees whose spend, calls, names and changes: set for a role or for one person by administrators, who always see
//! everything and so can always set it anew.

use super::demand;
use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole};
use domain::permission::{Administrator, Permission};
use domain::person::{Caller, Role};
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::KeptScope;

/// A line of the list, and what a page about one holder starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRow {
    pub holder: Holder,
    /// A person's; roles are named by the page.
    pub name: Option<String>,
    pub scope: DataScope,
    /// What an edit starts from; 0: it is as usual.
    pub version: i64,
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
    /// The person is an administrator, who sees everything whatever is set.
    pub sees_everything: bool,
}

const MOST_CENTRES: u32 = 50;

impl Portal {
    /// The roles, then people with a scope of their own, by name.
    pub async fn data_scopes(&self, caller: &Caller) -> Result<Vec<ScopeRow>, PortalError> {
        demand(caller, Permission::Administer)?;
        let mut set: HashMap<Holder, KeptScope> =
            self.store.data_scopes().await?.into_iter().map(|kept| (kept.holder, kept)).collect();
        let mut rows = Vec::new();
        for holder in ScopedRole::ALL.map(Holder::Role) {
            let kept = set.remove(&holder);
            rows.extend(self.scope_row(holder, kept).await?);
        }
        let mut people = Vec::new();
        for (holder, kept) in set {
            people.extend(self.scope_row(holder, Some(kept)).await?);
        }
        people.sort_by(|one, other| one.name.cmp(&other.name).then(one.holder.cmp(&other.holder)));
        rows.extend(people);
        Ok(rows)
    }

    pub async fn data_scope(&self, caller: &Caller, holder: Holder) -> Result<ScopeRow, PortalError> {
        demand(caller, Permission::Administer)?;
        let kept = self.store.data_scopes().await?.into_iter().find(|kept| kept.holder == holder);
        self.scope_row(holder, kept).await?.ok_or(PortalError::NotFound)
    }

    /// `None` if there is no such person.
    async fn scope_row(&self, holder: Holder, kept: Option<KeptScope>) -> Result<Option<ScopeRow>, PortalError> {
        let (name, usual, sees_everything) = match holder {
            Holder::Role(role) => (None, role.usual(), false),
            Holder::Person(person) => {
                let Some(person) = self.store.person(person).await? else { return Ok(None) };
                let roles = person.roles();
                let role = if roles.contains(&Role::Auditor) { ScopedRole::Auditor } else { ScopedRole::Developer };
                (Some(person.name), role.usual(), roles.contains(&Role::Administrator))
            }
        };
        let by: Vec<_> = kept.iter().map(|kept| kept.updated_by).collect();
        let mut names = self.store.names_of(&by).await?;
        Ok(Some(ScopeRow {
            holder,
            name,
            version: kept.as_ref().map_or(0, |kept| kept.version),
            changed_at: kept.as_ref().map(|kept| kept.updated_at),
            changed_by: by.first().and_then(|by| names.remove(by)),
            scope: kept.map_or(usual, |kept| kept.scope),
            sees_everything,
        }))
    }

    /// Counts from the holder's next page on. `Stale` if somebody saved between.
    pub async fn set_data_scope(
        &self,
        administrator: Administrator<'_>,
        holder: Holder,
        expected_version: i64,
        scope: &DataScope,
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let before = self.data_scope(caller, holder).await?;
        self.check_scope(holder, scope).await?;
        // What is so already, or was made so by this form when it was sent before.
        let seen = expected_version..=expected_version + 1;
        if before.version > 0 && before.scope == *scope && seen.contains(&before.version) {
            return Ok(());
        }
        if before.version != expected_version {
            return Err(PortalError::Stale { current: before.version });
        }
        let version = expected_version + 1;
        let kept = KeptScope { holder, scope: scope.clone(), version, updated_at: now, updated_by: caller.person };
        let mut tx = self.store.begin().await?;
        if !tx.put_data_scope(&kept).await? {
            return Err(PortalError::Stale { current: version });
        }
        let (id, name) = (holder.to_string(), before.called());
        let subject = Subject { kind: "data_scope", id: &id, name: &name };
        let (from, to) = (Some(facts(&before.scope)), Some(facts(scope)));
        append(&mut tx, By::Person(caller), now, Change { action: "data_scope.set", subject, before: from, after: to })
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Back to what is usual: of a role, what holds from the start; of a person, what their roles see.
    pub async fn clear_data_scope(&self, administrator: Administrator<'_>, holder: Holder) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let before = self.data_scope(caller, holder).await?;
        if before.version == 0 {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        if !tx.delete_data_scope(holder, before.version).await? {
            return Err(PortalError::Stale { current: before.version });
        }
        let (id, name) = (holder.to_string(), before.called());
        let subject = Subject { kind: "data_scope", id: &id, name: &name };
        let change = Change { action: "data_scope.cleared", subject, before: Some(facts(&before.scope)), after: None };
        append(&mut tx, By::Person(caller), now, change).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn check_scope(&self, holder: Holder, scope: &DataScope) -> Result<(), PortalError> {
        let mut refusals = Vec::new();
        let centres = &scope.cost_centres;
        if matches!(holder, Holder::Role(_)) && !centres.is_empty() {
            refusals.push(Refusal::new("cost_centres", Reason::UnknownChoice));
        }
        if centres.len() > MOST_CENTRES as usize {
            refusals.push(Refusal::new("cost_centres", Reason::TooMany { at_most: MOST_CENTRES }));
        }
        let known = self.store.cost_centres().await?;
        for code in centres.iter().take(MOST_CENTRES as usize) {
            // One that has ended still has spend to be looked at.
            if known.iter().all(|centre| centre.entry.code != *code) {
                let reason = Reason::CostCentreUnknown { code: code.clone() };
                refusals.push(Refusal::new("cost_centres", reason));
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(PortalError::Refused(refusals)) }
    }
}

impl ScopeRow {
    /// For the log, which tells a person by name.
    fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.holder.to_string())
    }

    /// True if one of the four reaches for cost centres.
    pub fn reaches_cost_centres(scope: &DataScope) -> bool {
        [scope.spend, scope.calls, scope.names, scope.audit].contains(&Reach::CostCentre)
    }
}

fn facts(scope: &DataScope) -> Value {
    let DataScope { spend, calls, names, audit, cost_centres } = scope;
    json!({ "spend": spend, "calls": calls, "names": names, "audit": audit, "cost_centres": cost_centres })
}
