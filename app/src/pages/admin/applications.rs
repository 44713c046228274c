//! `/admin/applications/new`: makes an application a level that can have budgets. They are listed with the budgets.

use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::budget::BudgetScope;
use leptos::prelude::*;
use portal::FormId;
use serde::Deserialize;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let model = Model { form: visit.portal.new_form(), name: String::new(), reasons: Reasons::default() };
    Ok(Answer::ok(document(&visit, model)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationForm {
    pub form: String,
    pub name: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let ApplicationForm { form, name } = input.form()?;
    let form = form_id(&form)?;
    match sent(visit.portal.create_application(visit.administrator()?, &form, &name).await)? {
        Sent::Done(id) => Ok(Answer::SeeOther(paths::level(BudgetScope::Application(id)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            Ok(Answer::refused(document(&visit, Model { form: visit.portal.new_form(), name, reasons })))
        }
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Budgets), "Give an application a budget", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    /// As typed.
    pub name: String,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, name, reasons } = model;
    let hint = "Exactly as keys carry it, upper and lower case too. It can be one that no key carries yet.";
    view! {
        <PageHead
            title="Give an application a budget"
            crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }
        />
        <ErrorSummary
            undone="the application can have a budget" wrong=reasons.summary(|field| field == "name")
        />
        <form class="form" method="post" action=paths::NEW_APPLICATION>
            <OnceOnly form=form/>
            <TextField
                name="name" label="Application" value=name required=true hint=hint problem=reasons.at("name")
            />
            <div class="actions">
                <button class="button primary" type="submit">"Go on to its budget"</button>
                <a class="button plain" href=paths::BUDGETS>"Cancel"</a>
            </div>
        </form>
    }
}
