//! `/admin/units/new`: a business unit by name.

use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::FormId;
use serde::Deserialize;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let model = Model { form: visit.portal.new_form(), name: String::new(), reasons: Reasons::default() };
    Ok(Answer::ok(document(&visit, model)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitForm {
    pub form: String,
    pub name: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let UnitForm { form, name } = input.form()?;
    let form = form_id(&form)?;
    match sent(visit.portal.create_unit(visit.administrator()?, &form, &name).await)? {
        Sent::Done(unit) => Ok(Answer::SeeOther(paths::unit(unit))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            Ok(Answer::refused(document(&visit, Model { form: visit.portal.new_form(), name, reasons })))
        }
    }
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Budgets), "Add a business unit", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    pub name: String,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { form, name, reasons } = model;
    view! {
        <PageHead title="Add a business unit" crumb=Crumb { text: "Budgets".to_owned(), href: paths::BUDGETS.to_owned() }/>
        <ErrorSummary undone="the business unit can be added" wrong=reasons.summary(|field| field == "name")/>
        <form class="form" method="post" action=paths::NEW_UNIT>
            <OnceOnly form=form/>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")/>
            <div class="actions">
                <button class="button primary" type="submit">"Add business unit"</button>
                <a class="button plain" href=paths::BUDGETS>"Cancel"</a>
            </div>
        </form>
    }
}
