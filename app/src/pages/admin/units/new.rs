//! `/admin/units/new`: a business unit by name.

use crate::chrome::Place;
use crate::pages::admin::by_name::{NameForm, Named, answered, empty};
use crate::pages::form::form_id;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};

pub const NAMED: Named = Named {
    place: Place::Budgets,
    title: "Add a business unit",
    list: ("Budgets", paths::BUDGETS),
    undone: "the business unit can be added",
    label: "Name",
    hint: "",
    path: paths::NEW_UNIT,
    button: "Add business unit",
};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    Ok(empty(&visit, &NAMED))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let NameForm { form, name } = input.form()?;
    let made = visit.portal.create_unit(visit.administrator()?, &form_id(&form)?, &name).await;
    answered(&visit, &NAMED, name, made, paths::unit)
}
