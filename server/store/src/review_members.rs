//! Who is in which team, as far as a review of keys asks: who leads, and who is in no other team.

use crate::column::{parsed, to_json};
use crate::row::{row, rows};
use crate::{Result, Store};
use domain::id::{PersonId, TeamId};
use domain::key_review::Member;
use std::collections::HashMap;

row! { MemberRow { team_id: String, person_id: String, lead: bool, active: bool, only_here: bool } }

impl Store {
    /// Everybody who leads a team and whose account is on, by id.
    pub async fn leads(&self) -> Result<Vec<PersonId>> {
        const LIST: &str = "select distinct person_id from membership join person on person.id = person_id
            where lead and active order by person_id";
        let mut reader = self.engine.reader().await?;
        rows!(reader.on(), (String,), LIST)?.into_iter().map(|(id,)| parsed(&id, "person id")).collect()
    }

    /// Of these people those who are in exactly one team, with that team.
    pub async fn only_teams_of(&self, people: &[PersonId]) -> Result<HashMap<PersonId, TeamId>> {
        const LIST: &str = "select person_id, min(team_id) from membership
            where person_id in (select value from json_each($1)) group by person_id having count(*) = 1";
        if people.is_empty() {
            return Ok(HashMap::new());
        }
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String), LIST, to_json(people)?)?;
        found.into_iter().map(|(person, team)| Ok((parsed(&person, "person id")?, parsed(&team, "team id")?))).collect()
    }

    /// Who is in these teams, as far as a review asks; a team without members is absent.
    pub async fn review_members(&self, teams: &[TeamId]) -> Result<HashMap<TeamId, Vec<Member>>> {
        const LIST: &str = "select here.team_id, here.person_id, here.lead, active, not exists (
                select 1 from membership other
                where other.person_id = here.person_id and other.team_id <> here.team_id) as only_here
            from membership here join person on person.id = here.person_id
            where here.team_id in (select value from json_each($1)) order by here.team_id, here.person_id";
        let mut members: HashMap<TeamId, Vec<Member>> = HashMap::new();
        if teams.is_empty() {
            return Ok(members);
        }
        let mut reader = self.engine.reader().await?;
        for row in rows!(reader.on(), MemberRow, LIST, to_json(teams)?)? {
            let person = parsed(&row.person_id, "person id")?;
            let member = Member { person, lead: row.lead, active: row.active, only_here: row.only_here };
            members.entry(parsed(&row.team_id, "team id")?).or_default().push(member);
        }
        Ok(members)
    }
}
