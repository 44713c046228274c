//! `/admin/people/{id}/administrator`: grants the role here, or takes back what was granted here.

use crate::chrome::Place;
use crate::components::Crumb;
use crate::html;
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::PersonId;
use domain::person::Role;
use portal::administration::people::PersonDetail;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    Grant,
    Revoke,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantForm {
    pub administrator: Grant,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = visit.portal.person(&visit.caller, input.segment("id")?).await?;
    let confirmation = confirmation(&detail);
    let title = confirmation.title.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::People), &title, || confirm::view(confirmation))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let GrantForm { administrator: wanted } = input.form()?;
    let administrator = visit.administrator()?;
    let done = match wanted {
        Grant::Grant => {
            visit.portal.grant_administrator(administrator, person).await?;
            "granted"
        }
        Grant::Revoke => {
            visit.portal.revoke_administrator(administrator, person).await?;
            "revoked"
        }
    };
    Ok(Answer::SeeOther(format!("{}?done={done}", paths::person(person))))
}

pub fn confirmation(detail: &PersonDetail) -> Confirmation {
    let person = &detail.person;
    let href = paths::person(person.id);
    let action = format!("{href}/administrator");
    let crumb = Crumb { text: person.name.clone(), href };
    if person.granted_roles.contains(&Role::Administrator) {
        Confirmation {
            title: format!("Take back administrator from {}", person.name),
            crumb,
            effects: vec![
                "From the next page on this person changes nothing here any more, and keeps every other role."
                    .to_owned(),
                "If the directory also names this person an administrator, the role stays until it no longer does."
                    .to_owned(),
            ],
            action,
            fields: vec![("administrator", "revoke".to_owned())],
            verb: "Take it back",
            dangerous: true,
            back: "Keep it",
        }
    } else {
        Confirmation {
            title: format!("Make {} an administrator", person.name),
            crumb,
            effects: vec![
                "An administrator sees and changes everything here: providers and their credentials, guardrails, everyone's \
                 keys, people."
                    .to_owned(),
                "The grant stays until an administrator takes it back, whatever the directory says.".to_owned(),
            ],
            action,
            fields: vec![("administrator", "grant".to_owned())],
            verb: "Make administrator",
            dangerous: false,
            back: "Leave it",
        }
    }
}
