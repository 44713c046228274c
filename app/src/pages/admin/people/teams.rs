//! `/admin/people/{id}/teams`: puts a person into a team, from the person's own page.

use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::{PersonId, TeamId};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamForm {
    pub team: TeamId,
    /// A check box.
    pub lead: Option<String>,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let TeamForm { team, lead } = input.form()?;
    visit.portal.put_member(visit.administrator()?, team, person, lead.is_some()).await?;
    Ok(Answer::SeeOther(format!("{}?done=team", paths::person(person))))
}
