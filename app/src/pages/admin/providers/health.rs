//! What calls have shown of a provider's deployments since the gateway started: state, counts, speed, the last failure.

use crate::components::{Cell, Chip, Column, NameCell, Section, Table, when};
use crate::format::{Calendar, duration, grouped};
use crate::paths;
use crate::words;
use leptos::prelude::*;
use portal::administration::providers::ProviderDeployment;
use portal::ports::{DeploymentHealth, DeploymentStanding};

pub fn section(calendar: &Calendar, deployments: &[ProviderDeployment]) -> impl IntoView + use<> {
    let seen = deployments.iter().filter_map(|deployment| Some((deployment, deployment.health?)));
    let rows: Vec<_> = seen.map(|(deployment, health)| row(calendar, deployment, health)).collect();
    let nothing = rows.is_empty().then(|| {
        view! { <p class="muted">"No call has gone here since the gateway started."</p> }
    });
    let columns = vec![
        Column::text("Model"),
        Column::text("State"),
        Column::number("Served, 10 min"),
        Column::number("Failed, 10 min"),
        Column::number("First byte, median"),
        Column::text("Last failure"),
    ];
    let table = (!rows.is_empty())
        .then(|| view! { <Table columns=columns caption="How it is doing" compact=true>{rows}</Table> });
    (!deployments.is_empty()).then(|| {
        view! { <Section id="health" title="How it is doing">{nothing}{table}</Section> }
    })
}

fn row(calendar: &Calendar, deployment: &ProviderDeployment, health: DeploymentHealth) -> impl IntoView + use<> {
    let (tone, state) = words::deployment_standing(health.standing);
    let until = match health.standing {
        DeploymentStanding::Cooling { until } => Some(view! { " until "{calendar.time_of_day(until)} }),
        _ => None,
    };
    let note = words::standing_note(health.standing).map(|note| view! { <span class="note">{note}</span> });
    let DeploymentHealth { succeeded, failed, .. } = health;
    let first_byte = health.median_first_byte_ms.map_or_else(|| "–".to_owned(), |ms| duration(ms.into()));
    let failure = match health.last_failure {
        Some(failure) => view! { {words::failure(failure)}", "{when(calendar, failure.at)} }.into_any(),
        None => "none".into_any(),
    };
    view! {
        <tr>
            <NameCell name=deployment.model_name.to_string() href=paths::catalogue_model(deployment.model)/>
            <Cell label="State"><Chip tone=tone text=state/>{until}{note}</Cell>
            <Cell label="Served, 10 min" number=true>{grouped(succeeded.into())}</Cell>
            <Cell label="Failed, 10 min" number=true>{grouped(failed.into())}</Cell>
            <Cell label="First byte, median" number=true>{first_byte}</Cell>
            <Cell label="Last failure">{failure}</Cell>
        </tr>
    }
}
