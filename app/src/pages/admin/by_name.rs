//! The form that makes something of a name alone: a team, a business unit, an application that can have a budget.

use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, TextField};
use crate::html;
use crate::pages::form::{OnceOnly, Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, PageError, Visit};
use leptos::prelude::*;
use portal::{FormId, PortalError};
use serde::Deserialize;

/// What the form says of the thing that it makes.
#[derive(Debug)]
pub struct Named {
    pub place: Place,
    pub title: &'static str,
    /// The list that it is added to: its name and its path.
    pub list: (&'static str, &'static str),
    /// Behind "Before …".
    pub undone: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub path: &'static str,
    pub button: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameForm {
    pub form: String,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub form: FormId,
    /// As typed.
    pub name: String,
    pub reasons: Reasons,
}

pub(super) fn empty(visit: &Visit, named: &'static Named) -> Answer {
    let model = Model { form: visit.portal.new_form(), name: String::new(), reasons: Reasons::default() };
    Answer::ok(document(visit, named, model))
}

/// Leads to what was made, or says why nothing was.
pub(super) fn answered<T>(
    visit: &Visit,
    named: &'static Named,
    name: String,
    made: Result<T, PortalError>,
    path: impl FnOnce(T) -> String,
) -> Result<Answer, PageError> {
    Ok(match sent(made)? {
        Sent::Done(id) => Answer::SeeOther(path(id)),
        Sent::Before(made) => Answer::SeeOther(paths::made(made)),
        Sent::Refused(reasons) => {
            Answer::refused(document(visit, named, Model { form: visit.portal.new_form(), name, reasons }))
        }
    })
}

fn document(visit: &Visit, named: &'static Named, model: Model) -> String {
    html::document(&visit.chrome(named.place), named.title, || view(named, model))
}

pub fn view(named: &'static Named, model: Model) -> impl IntoView {
    let Model { form, name, reasons } = model;
    let Named { title, list: (list, back), undone, label, hint, path, button, .. } = *named;
    view! {
        <PageHead title=title crumb=Crumb { text: list.to_owned(), href: back.to_owned() }/>
        <ErrorSummary undone=undone wrong=reasons.summary(|field| field == "name")/>
        <form class="form" method="post" action=path>
            <OnceOnly form=form/>
            <TextField name="name" label=label value=name required=true hint=hint problem=reasons.at("name")/>
            <div class="actions">
                <button class="button primary" type="submit">{button}</button>
                <a class="button plain" href=back>"Cancel"</a>
            </div>
        </form>
    }
}
