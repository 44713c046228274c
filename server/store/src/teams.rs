//! Teams and who belongs to them.

use crate::column::{folded, parsed};
use crate::error::exactly_one;
use crate::people::{Person, PersonRow, person_columns};
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{PersonId, TeamId};
use domain::person::Membership;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub created_at: Timestamp,
}

row! { MemberRow { lead: bool } + { person: PersonRow } }

impl Store {
    /// By name.
    pub async fn teams(&self) -> Result<Vec<Team>> {
        let mut reader = self.engine.reader().await?;
        let all = "select id, name, created_at from team order by name_folded";
        let found = rows!(reader.on(), (String, String, i64), all)?;
        let team = |(id, name, at): (String, String, i64)| {
            Ok(Team { id: parsed(&id, "team id")?, name, created_at: Timestamp::from_ms(at) })
        };
        found.into_iter().map(team).collect()
    }

    /// By the team's name.
    pub async fn memberships_of(&self, person: PersonId) -> Result<Vec<Membership>> {
        const LIST: &str = "select team.id, team.name, lead from membership join team on team.id = team_id
            where person_id = $1 order by name_folded";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, bool), LIST, person.to_string())?;
        let membership = |(team, team_name, lead): (String, String, bool)| {
            Ok(Membership { team: parsed(&team, "team id")?, team_name, lead })
        };
        found.into_iter().map(membership).collect()
    }

    /// By the person's name, with whether they lead.
    pub async fn members_of(&self, team: TeamId) -> Result<Vec<(Person, bool)>> {
        const LIST: &str = concat!(
            "select lead, ",
            person_columns!(),
            " from membership join person on person.id = person_id
            where team_id = $1 order by name_folded, person.id"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), MemberRow, LIST, team.to_string())?;
        found.into_iter().map(|row| Ok((row.person.into_person()?, row.lead))).collect()
    }
}

impl Tx {
    pub async fn insert_team(&mut self, team: &Team) -> Result<()> {
        const INSERT: &str = "insert into team (id, name, name_folded, created_at) values ($1, $2, $3, $4)";
        let at = team.created_at.as_ms();
        run!(self.on(), INSERT, team.id.to_string(), &team.name, folded(&team.name), at).map(|_| ())
    }

    /// Adds the person, or changes whether they lead.
    pub async fn put_membership(&mut self, team: TeamId, person: PersonId, lead: bool) -> Result<()> {
        const PUT: &str = "insert into membership (team_id, person_id, lead) values ($1, $2, $3)
            on conflict (team_id, person_id) do update set lead = excluded.lead";
        run!(self.on(), PUT, team.to_string(), person.to_string(), lead).map(|_| ())
    }

    pub async fn delete_membership(&mut self, team: TeamId, person: PersonId) -> Result<()> {
        const DELETE: &str = "delete from membership where team_id = $1 and person_id = $2";
        exactly_one(run!(self.on(), DELETE, team.to_string(), person.to_string())?)
    }
}
