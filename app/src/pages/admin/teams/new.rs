//! `/admin/teams/new`: a team by name.

use crate::chrome::Place;
use crate::pages::admin::by_name::{NameForm, Named, answered, empty};
use crate::pages::form::form_id;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};

pub const NAMED: Named = Named {
    place: Place::Teams,
    title: "Add a team",
    list: ("Teams", paths::TEAMS),
    undone: "the team can be added",
    label: "Name",
    hint: "",
    path: paths::NEW_TEAM,
    button: "Add team",
};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    Ok(empty(&visit, &NAMED))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let NameForm { form, name } = input.form()?;
    let made = visit.portal.create_team(visit.administrator()?, &form_id(&form)?, &name).await;
    answered(&visit, &NAMED, name, made, paths::team)
}
