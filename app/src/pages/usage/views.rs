//! Views under a name: the links above the page, the form that keeps one, and the page that removes one.

use super::asked::Asked;
use crate::chrome::Place;
use crate::components::{Crumb, ErrorSummary, PageHead, SelectField, SelectOption, TextField};
use crate::html;
use crate::pages::confirm::{self, Confirmation, Confirmed};
use crate::pages::form::{OnceOnly, Reasons, Sent, form_id, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::UsageViewId;
use domain::usage_view::{SharedWith, UsageView};
use leptos::prelude::*;
use portal::Portal;
use portal::spend::{KeptView, ViewChoices};
use serde::Deserialize;

const EVERYONE: &str = "everyone";

/// What stands above the page: every view that is found, and a way to keep the one that is shown.
pub(super) fn links(asked: &Asked, views: Vec<KeptView>) -> impl IntoView + use<> {
    let query = asked.query();
    let shown = views.iter().find(|kept| kept.view.query == query).cloned();
    let links = views.into_iter().map(|kept| {
        let current = (kept.view.query == query).then_some("true");
        let whose = match (kept.view.shared, kept.made_by) {
            (SharedWith::Nobody, _) => None,
            (_, None) => Some("shared by you".to_owned()),
            (_, Some(name)) => Some(format!("shared by {name}")),
        };
        let shared = whose.is_some().then(|| view! { <span class="count">"shared"</span> });
        view! { <li><a href=paths::usage_view(&kept.view.query) aria-current=current title=whose>{kept.view.name}{shared}</a></li> }
    });
    let links: Vec<_> = links.collect();
    let listed =
        (!links.is_empty()).then(|| view! { <nav aria-label="Kept views"><ul class="views">{links}</ul></nav> });
    let act = match shown {
        Some(kept) if kept.may_remove => {
            let href = paths::remove_usage_view(kept.view.id);
            Some(view! { <a class="button plain" href=href>"Remove this view…"</a> })
        }
        Some(_) => None,
        None => Some(view! { <a class="button plain" href=paths::keep_usage_view(&query)>"Keep this view…"</a> }),
    };
    view! { <div class="kept-views">{listed}{act}</div> }
}

pub struct Model {
    pub choices: ViewChoices,
    pub name: String,
    pub shared: String,
    /// Of the view that is kept.
    pub query: String,
    pub reasons: Reasons,
}

/// The address as the page itself would write it, whatever was typed.
fn read(query: &str, visit: &Visit) -> Result<Asked, PageError> {
    let pairs: Vec<(String, String)> =
        serde_html_form::from_str(query).map_err(|error| PageError::BadRequest(error.to_string()))?;
    let asked = Asked::read(&pairs)?;
    let by = asked.by.unwrap_or(Portal::usual_dimension(&visit.caller));
    Ok(asked.by(by))
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query = read(&input.query, &visit)?.query();
    let choices = visit.portal.usage_view_choices(&visit.caller);
    let model = Model { choices, name: String::new(), shared: String::new(), query, reasons: Reasons::default() };
    Ok(Answer::ok(page(&visit, "Keep a view", || view(model))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    form: String,
    name: String,
    #[serde(default)]
    shared: String,
    query: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { form, name, shared, query } = input.form()?;
    let id = form_id(&form)?;
    let query = read(&query, &visit)?.query();
    let with = match shared.as_str() {
        "" => SharedWith::Nobody,
        EVERYONE => SharedWith::Everyone,
        team => SharedWith::Team(team.parse().map_err(|_| PageError::NotFound)?),
    };
    match sent(visit.portal.keep_usage_view(&visit.caller, &id, &name, &query, with).await)? {
        Sent::Done(_) | Sent::Before(_) => Ok(Answer::SeeOther(paths::usage_view(&query))),
        Sent::Refused(reasons) => {
            let choices = visit.portal.usage_view_choices(&visit.caller);
            let model = Model { choices, name, shared, query, reasons };
            Ok(Answer::refused(page(&visit, "Keep a view", || view(model))))
        }
    }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { choices: ViewChoices { form, teams, everyone }, name, shared, query, reasons } = model;
    let crumb = Crumb { text: "Usage".to_owned(), href: paths::usage_view(&query) };
    let mut options = vec![SelectOption::new("", "Only me")];
    options.extend(teams.into_iter().map(|(id, name)| SelectOption::new(id.to_string(), format!("Team {name}"))));
    options.extend(everyone.then(|| SelectOption::new(EVERYONE, "Everyone")));
    let choice = (options.len() > 1).then(|| {
        let problem = reasons.at("shared");
        view! {
            <SelectField
                name="shared" label="Who finds it" options=options value=shared problem=problem
                hint="The question is shared. Each sees the answer to it within what they may see."
            />
        }
    });
    let wrong = reasons.summary(|field| ["name", "shared"].contains(&field));
    view! {
        <PageHead title="Keep this view of usage" crumb=crumb/>
        <form class="form" method="post" action=paths::NEW_USAGE_VIEW>
            <ErrorSummary undone="the view is kept" wrong=wrong/>
            <OnceOnly form=form/>
            <input type="hidden" name="query" value=query.clone()/>
            <TextField name="name" label="Name" value=name required=true problem=reasons.at("name")
                hint="A range such as “this month” moves on by itself."/>
            {choice}
            <div class="actions">
                <button class="button primary" type="submit">"Keep it"</button>
                <a class="button plain" href=paths::usage_view(&query)>"Back"</a>
            </div>
        </form>
    }
}

pub async fn show_removal(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: UsageViewId = input.segment("id")?;
    let found = visit.portal.removable_usage_view(&visit.caller, id).await?;
    Ok(Answer::ok(page(&visit, "Remove a view", || confirm::view(removal(&found)))))
}

pub async fn remove(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Confirmed {} = input.form()?;
    visit.portal.remove_usage_view(&visit.caller, input.segment("id")?).await?;
    Ok(Answer::SeeOther(paths::USAGE.to_owned()))
}

pub fn removal(kept: &UsageView) -> Confirmation {
    let who = match kept.shared {
        SharedWith::Nobody => "It is kept for you alone.",
        SharedWith::Team(_) => "The whole team finds it, and will not any more.",
        SharedWith::Everyone => "Everyone finds it, and will not any more.",
    };
    Confirmation {
        title: format!("Remove the view {}", kept.name),
        crumb: Crumb { text: "Usage".to_owned(), href: paths::usage_view(&kept.query) },
        effects: vec![who.to_owned(), "Its name goes. What it shows stays, and its address still works.".to_owned()],
        action: paths::remove_usage_view(kept.id),
        fields: vec![],
        verb: "Remove the view",
        dangerous: false,
        back: "Keep it",
    }
}

fn page<V: IntoView + 'static>(visit: &Visit, title: &str, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(Place::Usage), title, body)
}
