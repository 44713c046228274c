//! `/admin/applications/new`: makes an application a level that can have budgets. They are listed with the budgets.

use crate::chrome::Place;
use crate::pages::admin::by_name::{NameForm, Named, answered, empty};
use crate::pages::form::form_id;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;

pub const NAMED: Named = Named {
    place: Place::Budgets,
    title: "Give an application a budget",
    list: ("Budgets", paths::BUDGETS),
    undone: "the application can have a budget",
    label: "Application",
    hint: "Exactly as keys carry it, upper and lower case too. It can be one that no key carries yet.",
    path: paths::NEW_APPLICATION,
    button: "Go on to its budget",
};

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    Ok(empty(&visit, &NAMED))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let NameForm { form, name } = input.form()?;
    let made = visit.portal.create_application(visit.administrator()?, &form_id(&form)?, &name).await;
    answered(&visit, &NAMED, name, made, |id| paths::level(BudgetScope::Application(id)))
}
