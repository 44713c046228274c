//! `/admin/providers/{id}/models`: what the catalogue knows at this provider, all of it or some, to be served here.

use super::crumb;
use crate::chrome::Place;
use crate::components::{Cell, Chip, Column, EmptyState, Notice, PageHead, Table, Tone};
use crate::format::{grouped, tokens};
use crate::html;
use crate::pages::admin::models::price_text;
use crate::pages::admin::{count, counted};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::ProviderId;
use domain::model::ModelName;
use leptos::prelude::*;
use portal::administration::catalogue::{CatalogueCandidate, CatalogueChoice};
use serde::Deserialize;

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let model = load(&visit, input.segment("id")?, false).await?;
    Ok(Answer::ok(document(&visit, model)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueForm {
    /// The button "Add all".
    pub all: Option<String>,
    /// The ticked names.
    #[serde(default)]
    pub model: Vec<ModelName>,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let provider: ProviderId = input.segment("id")?;
    let CatalogueForm { all, model } = input.form()?;
    let choice = match (all, model) {
        (Some(_), _) => CatalogueChoice::All,
        (None, names) if names.is_empty() => {
            let model = load(&visit, provider, true).await?;
            return Ok(Answer::refused(document(&visit, model)));
        }
        (None, names) => CatalogueChoice::Names(names),
    };
    let added = visit.portal.add_catalogue_models(visit.administrator()?, provider, &choice).await?;
    let (added, extended) = (added.added.len(), added.extended.len());
    Ok(Answer::SeeOther(format!("{}?added={added}&extended={extended}", paths::provider(provider))))
}

async fn load(visit: &Visit, provider: ProviderId, nothing_ticked: bool) -> Result<Model, PageError> {
    let name = visit.portal.provider(&visit.caller, provider).await?.provider.name;
    let candidates = visit.portal.catalogue_models(&visit.caller, provider).await?;
    Ok(Model { provider, name, candidates, nothing_ticked })
}

fn document(visit: &Visit, model: Model) -> String {
    html::document(&visit.chrome(Place::Providers), "Add models", || view(model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub provider: ProviderId,
    pub name: String,
    pub candidates: Vec<CatalogueCandidate>,
    /// "Add the ticked" was pressed with nothing ticked.
    pub nothing_ticked: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { provider, name, candidates, nothing_ticked } = model;
    let head = view! { <PageHead title=format!("Models of {name}") crumb=crumb(provider, &name)/> };
    let by_hand = move || view! { <a class="button" href=format!("{}?provider={provider}", paths::NEW_CATALOGUE_MODEL)>"Add a model by hand"</a> };
    let new = candidates.iter().filter(|candidate| !candidate.added).count();
    if candidates.is_empty() {
        let text = "The catalogue lists no models of this provider. Add the ones that it serves by name and price.";
        return view! { {head}<EmptyState text=text>{by_hand()}</EmptyState> }.into_any();
    }
    let columns = vec![
        Column::text("Model"),
        Column::number("In, per million"),
        Column::number("Out, per million"),
        Column::number("Context"),
        Column::text("Can do"),
    ];
    let rows = candidates.iter().cloned().map(row).collect_view();
    let context = if new == 0 {
        format!("All {} are served here.", grouped(count(candidates.len())))
    } else {
        format!("{} of {} are not served here yet.", grouped(count(new)), counted(count(candidates.len()), "model"))
    };
    let actions = (new > 0).then(|| {
        view! {
            <div class="actions">
                // First, so that the Enter key adds what was ticked and not everything.
                <button class="button" type="submit">"Add the ticked"</button>
                <button class="button primary" type="submit" name="all" value="yes">{format!("Add all {}", grouped(count(new)))}</button>
                {by_hand()}
            </div>
        }
    });
    let untouched = nothing_ticked.then(|| {
        view! { <div role="alert"><Notice tone=Tone::Bad text="Nothing was ticked. Tick the models to add, or add all of them."/></div> }
    });
    view! {
        {head}
        {untouched}
        <form class="stack" method="post" action=format!("{}/models", paths::provider(provider))>
            <p>{context}" Prices are the provider's list prices; change them on the model's page."</p>
            {actions}
            <Table columns=columns caption="Models in the catalogue" compact=true>{rows}</Table>
        </form>
    }
    .into_any()
}

fn row(candidate: CatalogueCandidate) -> impl IntoView {
    let CatalogueCandidate { name, price, max_input_tokens, capabilities, sunset, added, .. } = candidate;
    let price = price.as_ref().map(|list| (price_text(list.tokens.input), price_text(list.tokens.output)));
    let (input, output) = price.clone().unwrap_or_else(|| ("–".to_owned(), "–".to_owned()));
    let unpriced = price.is_none().then(|| view! { " "<Chip tone=Tone::Warn text="No price"/> });
    let ends = sunset.map(|day| view! { <span class="note">{format!("ends {day}")}</span> });
    let shown = name.to_string();
    let name = if added {
        view! { <b>{shown}</b>" "<Chip tone=Tone::Plain text="Served here"/> }.into_any()
    } else {
        view! {
            <label class="choice">
                <input type="checkbox" name="model" value=shown.clone()/>
                <span>{shown.clone()}{unpriced}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" class="name">{name}{ends}</th>
            <Cell label="In, per million" number=true>{input}</Cell>
            <Cell label="Out, per million" number=true>{output}</Cell>
            <Cell label="Context" number=true>{max_input_tokens.map_or_else(|| "–".to_owned(), tokens)}</Cell>
            <Cell label="Can do"><span class="muted">{capabilities.join(", ").replace('_', " ")}</span></Cell>
        </tr>
    }
}
