//! Teams and who belongs to them.

use crate::column::{folded, parsed, parsed_if};
use crate::error::exactly_one;
use crate::people::{Person, PersonRow, person_columns};
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{PersonId, TeamId, UnitId};
use domain::person::Membership;
use domain::time::Timestamp;
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub unit: Option<UnitId>,
    pub created_at: Timestamp,
}

row! { MemberRow { lead: bool } + { person: PersonRow } }

impl Store {
    /// By name.
    pub async fn teams(&self) -> Result<Vec<Team>> {
        let mut reader = self.engine.reader().await?;
        let all = "select id, name, unit_id, created_at from team order by name_folded";
        let found = rows!(reader.on(), (String, String, Option<String>, i64), all)?;
        let team = |(id, name, unit, at): (String, String, Option<String>, i64)| {
            let unit = parsed_if(unit.as_deref(), "unit id")?;
            Ok(Team { id: parsed(&id, "team id")?, name, unit, created_at: Timestamp::from_ms(at) })
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

    /// People who are in exactly one team, with that team.
    pub async fn only_teams(&self) -> Result<HashMap<PersonId, TeamId>> {
        const LIST: &str = "select person_id, min(team_id) from membership group by person_id having count(*) = 1";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String), LIST)?;
        found.into_iter().map(|(person, team)| Ok((parsed(&person, "person id")?, parsed(&team, "team id")?))).collect()
    }

    /// How many members each team has, and the names of those who lead it. A team without members is absent.
    pub async fn team_rosters(&self) -> Result<HashMap<TeamId, (i64, Vec<String>)>> {
        const SIZES: &str = "select team_id, count(*) from membership group by team_id";
        const LEADS: &str = "select team_id, person.name from membership join person on person.id = person_id
            where lead order by name_folded, person.id";
        let mut reader = self.engine.reader().await?;
        let mut rosters = HashMap::new();
        for (team, size) in rows!(reader.on(), (String, i64), SIZES)? {
            rosters.insert(parsed(&team, "team id")?, (size, Vec::new()));
        }
        for (team, name) in rows!(reader.on(), (String, String), LEADS)? {
            let (_, leads): &mut (i64, Vec<String>) = rosters.entry(parsed(&team, "team id")?).or_default();
            leads.push(name);
        }
        Ok(rosters)
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
        const INSERT: &str =
            "insert into team (id, name, name_folded, unit_id, created_at) values ($1, $2, $3, $4, $5)";
        let (unit, at) = (team.unit.map(|unit| unit.to_string()), team.created_at.as_ms());
        run!(self.on(), INSERT, team.id.to_string(), &team.name, folded(&team.name), unit, at).map(|_| ())
    }

    /// Moves the team to this business unit, or out of any.
    pub async fn put_team_unit(&mut self, team: TeamId, unit: Option<UnitId>) -> Result<()> {
        self.moves_keys = true;
        const PUT: &str = "update team set unit_id = $2 where id = $1";
        exactly_one(run!(self.on(), PUT, team.to_string(), unit.map(|unit| unit.to_string()))?)
    }

    /// Adds the person by hand, or changes whether they lead. What a rule had given is by hand from now on.
    pub async fn put_membership(&mut self, team: TeamId, person: PersonId, lead: bool) -> Result<()> {
        self.moves_keys = true;
        const PUT: &str = "insert into membership (team_id, person_id, lead) values ($1, $2, $3)
            on conflict (team_id, person_id) do update set lead = excluded.lead, by_rule = $4";
        run!(self.on(), PUT, team.to_string(), person.to_string(), lead, false).map(|_| ())
    }

    pub async fn delete_membership(&mut self, team: TeamId, person: PersonId) -> Result<()> {
        self.moves_keys = true;
        const DELETE: &str = "delete from membership where team_id = $1 and person_id = $2";
        exactly_one(run!(self.on(), DELETE, team.to_string(), person.to_string())?)
    }
}
