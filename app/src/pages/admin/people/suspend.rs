//! `/admin/people/{id}/suspend`: switches an account off or on again, after saying what that means.

use crate::chrome::Place;
use crate::components::Crumb;
use crate::html;
use crate::pages::admin::{at_least_none, counted};
use crate::pages::confirm::{self, Confirmation};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::PersonId;
use portal::administration::people::PersonDetail;
use serde::Deserialize;

/// Named in the form, so that sending it twice asks for the same state twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    Active,
    Suspended,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendForm {
    pub account: Account,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = visit.portal.person(&visit.caller, input.segment("id")?).await?;
    let confirmation = confirmation(&detail);
    let title = confirmation.title.clone();
    Ok(Answer::ok(html::document(&visit.chrome(Place::People), &title, || confirm::view(confirmation))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let SuspendForm { account } = input.form()?;
    let active = account == Account::Active;
    visit.portal.set_person_active(visit.administrator()?, person, active).await?;
    let done = if active { "activated" } else { "suspended" };
    Ok(Answer::SeeOther(format!("{}?done={done}", paths::person(person))))
}

/// What the page says: the opposite of how it stands.
pub fn confirmation(detail: &PersonDetail) -> Confirmation {
    let person = &detail.person;
    let href = paths::person(person.id);
    let action = format!("{href}/suspend");
    let crumb = Crumb { text: person.name.clone(), href };
    let keys = counted(at_least_none(detail.live_keys), "live key");
    if person.active {
        Confirmation {
            title: format!("Suspend {}", person.name),
            crumb,
            effects: vec![
                "Every session of this person ends, and signing in is refused.".to_owned(),
                format!(
                    "Personal keys are refused from the next call on: {keys}. Keys of teams go on. Hand over keys of services first, \
                     so that what runs on them goes on."
                ),
                "Nothing is deleted. Switching the account on again brings everything back.".to_owned(),
            ],
            action,
            fields: vec![("account", "suspended".to_owned())],
            verb: "Suspend",
            dangerous: true,
            back: "Leave it active",
        }
    } else {
        Confirmation {
            title: format!("Switch on {}", person.name),
            crumb,
            effects: vec![format!("Signing in works again, and so do the personal keys: {keys}.")],
            action,
            fields: vec![("account", "active".to_owned())],
            verb: "Switch on",
            dangerous: false,
            back: "Leave it suspended",
        }
    }
}
