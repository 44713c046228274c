//! Teams, their members and leads.

use crate::act::{By, Change, News, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::cost_centre::CentreEntry;
use domain::id::{PersonId, TeamId};
use domain::minting::LONGEST_NAME;
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::plain_text::plain_text;
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use serde_json::{Value, json};
use std::collections::HashSet;
use store::{KeyFilter, KeyView, Person, StoreError, Team, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    pub id: TeamId,
    pub name: String,
    pub members: usize,
    pub leads: Vec<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub active: bool,
    pub lead: bool,
    /// A rule about sign-in gave it, and gives it again.
    pub by_rule: bool,
}

#[derive(Debug, Clone)]
pub struct TeamDetail {
    pub team: TeamRow,
    pub members: Vec<TeamMember>,
    pub live_keys: i64,
    /// The code that its keys are booked to if nothing else is said.
    pub cost_centre: Option<String>,
    /// Those that it can have.
    pub cost_centres: Vec<CentreEntry>,
}

impl Portal {
    pub async fn teams(&self, caller: &Caller) -> Result<Vec<TeamRow>, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        self.demand_all_names(caller).await?;
        let mut rosters = self.store.team_rosters().await?;
        let row = |team: Team| {
            let (members, leads) = rosters.remove(&team.id).unwrap_or_default();
            let members = usize::try_from(members).unwrap_or_default();
            TeamRow { id: team.id, name: team.name, members, leads, created_at: team.created_at }
        };
        Ok(self.store.teams().await?.into_iter().map(row).collect())
    }

    pub async fn team(&self, caller: &Caller, team: TeamId) -> Result<TeamDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        self.demand_all_names(caller).await?;
        let kept = self.known_team(team).await?;
        let members = self.store.members_of(team).await?;
        let by_rule = self.store.members_by_rule(team).await?;
        let owner = Some(Owner::Team(team));
        let filter = KeyFilter { search: None, owner, environment: None, view: KeyView::Live, now: self.clock.now() };
        let keys = self.store.list_keys(&self.sight(caller).await?.calls, &filter, None, 1).await?;
        Ok(TeamDetail {
            team: row(kept, &members),
            members: members.into_iter().map(|found| member(found, &by_rule)).collect(),
            live_keys: keys.total,
            cost_centre: self.store.team_cost_centre(team).await?,
            cost_centres: self.valid_cost_centres(self.today()).await?,
        })
    }

    pub async fn create_team(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        name: &str,
    ) -> Result<TeamId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = TeamId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Team(id)).await?;
        let name = plain_text(name, LONGEST_NAME).map_err(|reason| PortalError::refused("name", reason))?;
        self.insert_team(&mut tx, By::Person(caller), now, Team { id, name, unit: None, created_at: now }).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(crate) async fn insert_team(
        &self,
        tx: &mut Tx,
        by: By<'_>,
        now: Timestamp,
        team: Team,
    ) -> Result<(), StoreError> {
        tx.insert_team(&team).await?;
        let id = team.id.to_string();
        let subject = Subject { kind: "team", id: &id, name: &team.name };
        let after = Some(json!({ "name": team.name }));
        append(tx, by, now, Change { action: "team.created", subject, before: None, after }).await
    }

    /// Adds a member, or changes whether they lead.
    pub async fn put_member(
        &self,
        administrator: Administrator<'_>,
        team: TeamId,
        person: PersonId,
        lead: bool,
    ) -> Result<(), PortalError> {
        self.put_membership(By::Person(administrator.caller()), team, person, lead).await
    }

    pub(crate) async fn put_membership(
        &self,
        by: By<'_>,
        team: TeamId,
        person: PersonId,
        lead: bool,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let kept = self.known_team(team).await?;
        let mut tx = self.store.begin().await?;
        let member = tx.person_for_update(person).await?.ok_or(PortalError::NotFound)?;
        let was = self.store.memberships_of(person).await?.into_iter().find(|membership| membership.team == team);
        if was.as_ref().is_some_and(|membership| membership.lead == lead) {
            return Ok(());
        }
        tx.put_membership(team, person, lead).await?;
        let before = was.map(|membership| facts(&member, membership.lead));
        let after = Some(facts(&member, lead));
        append_member(&mut tx, by, now, &kept, "team.member_changed", before, after).await?;
        self.commit_and_tell(tx, News::Levels).await
    }

    pub async fn remove_member(
        &self,
        administrator: Administrator<'_>,
        team: TeamId,
        person: PersonId,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let kept = self.known_team(team).await?;
        let mut tx = self.store.begin().await?;
        let member = tx.person_for_update(person).await?.ok_or(PortalError::NotFound)?;
        let memberships = self.store.memberships_of(person).await?;
        let Some(was) = memberships.into_iter().find(|membership| membership.team == team) else { return Ok(()) };
        tx.delete_membership(team, person).await?;
        let by = By::Person(administrator.caller());
        let before = Some(facts(&member, was.lead));
        append_member(&mut tx, by, now, &kept, "team.member_removed", before, None).await?;
        self.commit_and_tell(tx, News::Levels).await
    }

    async fn known_team(&self, team: TeamId) -> Result<Team, PortalError> {
        let teams = self.store.teams().await?;
        teams.into_iter().find(|known| known.id == team).ok_or(PortalError::NotFound)
    }
}

async fn append_member(
    tx: &mut Tx,
    by: By<'_>,
    now: Timestamp,
    team: &Team,
    action: &'static str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let id = team.id.to_string();
    let subject = Subject { kind: "team", id: &id, name: &team.name };
    append(tx, by, now, Change { action, subject, before, after }).await
}

fn facts(person: &Person, lead: bool) -> Value {
    json!({ "person": person.id, "name": person.name, "lead": lead })
}

fn row(team: Team, members: &[(Person, bool)]) -> TeamRow {
    TeamRow {
        id: team.id,
        name: team.name,
        members: members.len(),
        leads: members.iter().filter(|(_, lead)| *lead).map(|(person, _)| person.name.clone()).collect(),
        created_at: team.created_at,
    }
}

fn member((person, lead): (Person, bool), by_rule: &HashSet<PersonId>) -> TeamMember {
    let by_rule = by_rule.contains(&person.id);
    TeamMember { person: person.id, name: person.name, email: person.email, active: person.active, lead, by_rule }
}
