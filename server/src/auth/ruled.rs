//! What rules made of an arrival, on its way into the store: groups, cost centre, memberships.
//!
//! A membership that a rule gave is taken back when no rule gives it any more; one that was given by hand is not touched.
//! Each change has its audit entry, in the name of the rules. The gateway hears of changed teams after the commit, since
//! a key's budgets may hang on its owner's team.

use domain::audit::{Actor, AuditEntry};
use domain::claim_rules::{Effects, MembershipChanges, membership_changes};
use domain::id::TeamId;
use domain::person::Role;
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{DirectoryRecord, Person, Store, StoreError, Tx};

use super::Auth;
use super::claims::Mapped;

pub(super) struct Ruled {
    pub(super) roles: Vec<Role>,
    pub(super) is_fresh: bool,
    record: DirectoryRecord,
    effects: Effects,
}

/// Whether somebody came into a team or left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teams {
    Same,
    Changed,
}

impl Ruled {
    /// `before` is what the last sign-in left.
    pub(super) fn of(mapped: Mapped, before: Option<&DirectoryRecord>, now: Timestamp) -> Self {
        let Mapped { roles, is_fresh, effects, directory } = mapped;
        let given_before = before.map_or(&[][..], |record| &record.given_groups);
        let centre_before = before.and_then(|record| record.cost_centre.as_deref());
        let record = DirectoryRecord {
            given_groups: effects.groups_after(given_before),
            cost_centre: effects.cost_centre_after(centre_before),
            claims: directory,
            seen_at: now,
        };
        Self { roles, is_fresh, record, effects }
    }

    /// Those of the directory, and those that rules add.
    pub(super) fn groups(&self) -> Vec<String> {
        let mut groups = self.record.claims.groups.clone().unwrap_or_default();
        let added: Vec<_> = self.record.given_groups.iter().filter(|group| !groups.contains(group)).cloned().collect();
        groups.extend(added);
        groups
    }

    /// A rule may name a team that is not there any more: it gives nothing then, and stops nobody from signing in.
    pub(super) async fn write(
        &self,
        store: &Store,
        tx: &mut Tx,
        person: &Person,
        now: Timestamp,
    ) -> Result<Teams, StoreError> {
        tx.put_directory_record(person.id, &self.record).await?;
        let held = tx.memberships_held(person.id).await?;
        let MembershipChanges { mut put, taken_back } = membership_changes(&held, &self.effects);
        if put.is_empty() && taken_back.is_empty() {
            return Ok(Teams::Same);
        }
        let teams: HashMap<TeamId, String> =
            store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect();
        put.retain(|(team, _)| teams.contains_key(team));
        let name = |team: TeamId| teams.get(&team).map_or("", String::as_str);
        let was = |team: TeamId| held.iter().find(|membership| membership.team == team);
        for &(team, lead) in &put {
            tx.put_membership_by_rule(team, person.id, lead).await?;
            let before = was(team).map(|membership| facts(person, membership.lead));
            let entry = entry(team, name(team), "team.member_changed", now, before, Some(facts(person, lead)));
            tx.append_audit(&entry).await?;
        }
        for &team in &taken_back {
            tx.delete_membership_by_rule(team, person.id).await?;
            let before = was(team).map(|membership| facts(person, membership.lead));
            tx.append_audit(&entry(team, name(team), "team.member_removed", now, before, None)).await?;
        }
        let is_same = put.is_empty() && taken_back.is_empty();
        Ok(if is_same { Teams::Same } else { Teams::Changed })
    }
}

impl Auth {
    /// In a task of its own: a browser that hangs up between the two must not leave a gateway that knows nothing of it.
    pub(super) async fn commit_and_tell(&self, tx: Tx, teams: Teams) -> Result<(), StoreError> {
        let tell = self.teams_changed.clone();
        let both = tokio::spawn(async move {
            let committed = tx.commit().await;
            if teams == Teams::Changed {
                tell().await;
            }
            committed
        });
        // The task neither panics nor is cancelled, unless the process ends.
        both.await.map_err(|_| StoreError::Unavailable)?
    }
}

fn facts(person: &Person, lead: bool) -> Value {
    json!({ "person": person.id, "name": person.name, "lead": lead })
}

fn entry(
    team: TeamId,
    name: &str,
    action: &str,
    now: Timestamp,
    before: Option<Value>,
    after: Option<Value>,
) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: Actor::System("claim rules".into()),
        address: None,
        action: action.into(),
        object_kind: "team".into(),
        object: team.to_string(),
        object_name: name.to_owned(),
        before,
        after,
    }
}
