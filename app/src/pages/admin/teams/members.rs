//! `/admin/teams/{id}/members` and `…/remove`: adds, makes a lead, takes it back, removes.

use crate::chrome::Place;
use crate::components::Crumb;
use crate::html;
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::{PersonId, TeamId};
use portal::administration::teams::TeamDetail;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Member,
    Lead,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberForm {
    pub person: PersonId,
    /// What the person is in the team from now on.
    pub act: Part,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let MemberForm { person, act } = input.form()?;
    visit.portal.put_member(visit.administrator()?, team, person, act == Part::Lead).await?;
    Ok(changed(team))
}

fn changed(team: TeamId) -> Answer {
    Answer::SeeOther(format!("{}?changed=yes", paths::team(team)))
}

#[derive(Debug, Deserialize)]
struct Query {
    person: PersonId,
}

pub async fn show_removal(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { person } = input.query()?;
    let detail = visit.portal.team(&visit.caller, input.segment("id")?).await?;
    let confirmation = removal(&detail, person).ok_or(PageError::NotFound)?;
    let title = confirmation.title.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::Teams), &title, || confirm::view(confirmation))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovalForm {
    pub person: PersonId,
}

pub async fn remove(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let RemovalForm { person } = input.form()?;
    visit.portal.remove_member(visit.administrator()?, team, person).await?;
    Ok(changed(team))
}

/// `None` if the person is not in the team.
pub fn removal(detail: &TeamDetail, person: PersonId) -> Option<Confirmation> {
    let TeamDetail { team, members, .. } = detail;
    let member = members.iter().find(|member| member.person == person)?;
    let href = paths::team(team.id);
    let mut effects = vec![format!(
        "{} no longer sees what belongs to {}, and mints no key under guardrails that name this team.",
        member.name, team.name
    )];
    if member.lead {
        let others = members.iter().filter(|other| other.lead && other.person != person).count();
        effects.push(match others {
            0 => "This is the only lead: afterwards only administrators can change the team's keys.".to_owned(),
            _ => "Other leads remain.".to_owned(),
        });
    }
    if member.by_rule {
        effects.push(
            "A rule about sign-in gave this membership, and gives it again at the next sign-in. Change the rule, or the group \
             in the directory, to end it for good."
                .to_owned(),
        );
    }
    effects.push("Keys of the team go on working. Personal keys are not touched.".to_owned());
    Some(Confirmation {
        title: format!("Remove {} from {}", member.name, team.name),
        action: format!("{href}/remove"),
        crumb: Crumb { text: team.name.clone(), href },
        effects,
        fields: vec![("person", person.to_string())],
        verb: "Remove",
        dangerous: true,
        back: "Keep in the team",
    })
}
