//! `/admin/environments`: each in a line, archived ones at the end.

use super::form::{for_whom, with_which};
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, Crumb, NameCell, PageHead, Table, Tone};
use crate::pages::admin::{document, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::environment::Environment;
use leptos::prelude::*;
use portal::administration::environments::EnvironmentChoices;

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let (environments, choices) = visit.portal.environments(&visit.caller).await?;
    let model = Model { environments, choices, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Guardrails, "Environments", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub environments: Vec<Environment>,
    pub choices: EnvironmentChoices,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { mut environments, choices, may_change } = model;
    environments.sort_by_key(|environment| environment.archived);
    let add =
        may_change.then(|| view! { <a class="button primary" href=paths::NEW_ENVIRONMENT>"Add an environment"</a> });
    let columns = vec![
        Column::text("Environment"),
        Column::text("State"),
        Column::text("Who may mint for it"),
        Column::text("With which guardrails"),
    ];
    let rows: Vec<_> = environments.iter().map(|environment| row(environment, &choices)).collect();
    view! {
        <PageHead title="Environments" crumb=Crumb { text: "Guardrails".to_owned(), href: paths::GUARDRAILS.to_owned() }>
            {add}
        </PageHead>
        <p class="muted">"A key is minted for one environment and stays there."</p>
        <Table columns=columns caption="Environments">{rows}</Table>
    }
}

fn row(environment: &Environment, choices: &EnvironmentChoices) -> impl IntoView + use<> {
    let (tone, state) = if environment.archived { (Tone::Plain, "Archived") } else { (Tone::Ok, "In use") };
    let (who, which) = (for_whom(environment, choices), with_which(environment, choices));
    view! {
        <tr>
            <NameCell name=environment.name.clone() href=paths::environment(&environment.name)/>
            <Cell label="State"><Chip tone=tone text=state/></Cell>
            <Cell label="Who may mint for it">{who}</Cell>
            <Cell label="With which guardrails">{which}</Cell>
        </tr>
    }
}
