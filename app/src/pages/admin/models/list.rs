//! `/admin/models`: every model with its price and the places that it can go to. Views and search live in the address.

use super::price_text;
use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, EmptyState, Filter, ListView, NameCell, PageHead, Pager, Table, TextField, Tone, Views,
};
use crate::format::tokens;
use crate::pages::admin::{count, counted, document, encoded, may_change};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::order::{Order, SortColumn};
use leptos::prelude::*;
use portal::administration::models::AdminModel;
use serde::Deserialize;

const PAGE: usize = 100;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    pub view: View,
    pub q: String,
    pub sort: String,
    /// The last name of the page before.
    pub after: String,
}

impl Query {
    fn order(&self) -> Order<ModelColumn> {
        Order::from_word(&self.sort).unwrap_or(Order::by(ModelColumn::Name))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ModelColumn {
    Name,
    Input,
    Output,
    Context,
}

impl SortColumn for ModelColumn {
    const ALL: &'static [Self] = &[Self::Name, Self::Input, Self::Output, Self::Context];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Input => "in",
            Self::Output => "out",
            Self::Context => "context",
        }
    }
    fn largest_first(self) -> bool {
        self == Self::Context
    }
}

/// Models without what they are sorted by come last, whichever way. `models` come by name.
fn sort(models: &mut [&AdminModel], order: Order<ModelColumn>) {
    let figure = |model: &AdminModel| {
        let tokens = model.model.price.as_ref().map(|list| list.tokens);
        match order.by {
            ModelColumn::Name => None,
            ModelColumn::Input => tokens.map(|tokens| i128::from(tokens.input.as_pico())),
            ModelColumn::Output => tokens.map(|tokens| i128::from(tokens.output.as_pico())),
            ModelColumn::Context => model.model.max_input_tokens.map(i128::from),
        }
    };
    if order.descending && order.by == ModelColumn::Name {
        models.reverse();
    }
    models.sort_by_key(|model| {
        let figure = figure(model);
        (figure.is_none(), figure.map(|figure| if order.descending { -figure } else { figure }))
    });
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    #[default]
    All,
    Unpriced,
    /// On, but nowhere to go.
    Unreachable,
    Off,
}

impl View {
    const ALL: [Self; 4] = [Self::All, Self::Unpriced, Self::Unreachable, Self::Off];

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("all", "All"),
            Self::Unpriced => ("unpriced", "No price"),
            Self::Unreachable => ("unreachable", "Nowhere to go"),
            Self::Off => ("off", "Off"),
        }
    }

    fn holds(self, model: &AdminModel) -> bool {
        match self {
            Self::All => true,
            Self::Unpriced => model.model.price.is_none(),
            Self::Unreachable => model.model.enabled && !reachable(model),
            Self::Off => !model.model.enabled,
        }
    }
}

fn reachable(model: &AdminModel) -> bool {
    model.deployments.iter().any(|deployment| deployment.provider_enabled)
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let models = visit.portal.admin_models(&visit.caller).await?;
    let model = Model { models, query, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Catalogue, "Models and prices", |_| view(model))))
}

#[derive(Debug, Clone)]
pub struct Model {
    /// All of them, by name.
    pub models: Vec<AdminModel>,
    pub query: Query,
    pub may_change: bool,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { models, query, may_change } = model;
    let add = may_change.then(|| view! { <a class="button primary" href=paths::NEW_CATALOGUE_MODEL>"Add model"</a> });
    let head = view! { <PageHead title="Models and prices">{add}</PageHead> };
    if models.is_empty() {
        let text = "No models yet. Open a provider and add what the catalogue knows there, with prices.";
        return view! {
            {head}
            <EmptyState text=text><a class="button" href=paths::PROVIDERS>"Open providers"</a></EmptyState>
        }
        .into_any();
    }
    let wanted = |model: &&AdminModel| query.view.holds(model) && model.model.name.as_str().contains(query.q.trim());
    let mut found: Vec<&AdminModel> = models.iter().filter(wanted).collect();
    sort(&mut found, query.order());
    let first = after(&found, query.order(), &query.after);
    let shown: Vec<AdminModel> = found.iter().skip(first).take(PAGE).map(|&model| model.clone()).collect();
    let (total, last) = (found.len(), first + shown.len());
    let next = (last < total)
        .then(|| shown.last().map(|model| address(&query, query.view, query.order(), model.model.name.as_str())))
        .flatten();
    let previous = (first > 0).then(|| address(&query, query.view, query.order(), ""));
    let rows = shown.into_iter().map(row).collect_view();
    let nothing = (total == 0).then(|| {
        view! { <EmptyState text="No model matches. Try a part of its name, or see all of them."/> }
    });
    let table = (total > 0).then(|| {
        view! {
            <Table columns=columns(&query) caption="Models and prices">{rows}</Table>
            <Pager shown=(count(first) + 1, count(last)) total=count(total) previous=previous next=next/>
        }
    });
    view! {
        {head}
        <Views views=views(&models, &query)/>
        <Filter action=paths::CATALOGUE>
            <div class="search"><TextField name="q" label="Search" kind="search" value=query.q.clone() placeholder="Part of a name"/></div>
            <input type="hidden" name="view" value=query.view.words().0/>
            <input type="hidden" name="sort" value=query.order().word()/>
        </Filter>
        {nothing}
        {table}
    }
    .into_any()
}

/// Where the models begin that come after the one of this name. By name also if it is there no more.
fn after(models: &[&AdminModel], order: Order<ModelColumn>, last: &str) -> usize {
    let name = |model: &&AdminModel| model.model.name.as_str().cmp(last);
    match (last.is_empty(), order.by, order.descending) {
        (true, _, _) => 0,
        (false, ModelColumn::Name, false) => models.partition_point(|model| name(model).is_le()),
        (false, ModelColumn::Name, true) => models.partition_point(|model| name(model).is_ge()),
        (false, _, _) => models.iter().position(|model| name(model).is_eq()).map_or(0, |at| at + 1),
    }
}

fn views(models: &[AdminModel], query: &Query) -> Vec<ListView> {
    let view = |view: View| ListView {
        text: view.words().1.to_owned(),
        count: count(models.iter().filter(|model| view.holds(model)).count()),
        href: address(query, view, query.order(), ""),
        current: view == query.view,
    };
    View::ALL.map(view).to_vec()
}

fn address(query: &Query, view: View, order: Order<ModelColumn>, after: &str) -> String {
    let (view, search, sort) = (view.words().0, encoded(&query.q), order.word());
    format!("{}?view={view}&q={search}&sort={sort}&after={}", paths::CATALOGUE, encoded(after))
}

fn columns(query: &Query) -> Vec<Column> {
    let sorting =
        |column: Column, by| column.sorting(by, Some(query.order()), |order| address(query, query.view, order, ""));
    vec![
        sorting(Column::text("Model"), ModelColumn::Name),
        sorting(Column::number("In, per million"), ModelColumn::Input),
        sorting(Column::number("Out, per million"), ModelColumn::Output),
        sorting(Column::number("Context"), ModelColumn::Context),
        Column::text("Goes to"),
        Column::text("Guardrails"),
    ]
}

fn row(model: AdminModel) -> impl IntoView {
    let reachable = reachable(&model);
    let AdminModel { model, deployments, profiles } = model;
    let endpoints: Vec<&str> = model.endpoints.iter().map(|&endpoint| words::endpoint(endpoint)).collect();
    let price = |text: Option<String>| match text {
        Some(text) => text.into_any(),
        None => view! { <Chip tone=Tone::Warn text="No price"/> }.into_any(),
    };
    let tokens_of = |pick: fn(&domain::pricing::TokenPrices) -> domain::money::PicoUsd| {
        model.price.as_ref().map(|list| price_text(pick(&list.tokens)))
    };
    let input = price(tokens_of(|tokens| tokens.input));
    let output = tokens_of(|tokens| tokens.output).unwrap_or_else(|| "–".to_owned());
    let chip = match (model.enabled, reachable) {
        (false, _) => Some(view! { " "<Chip tone=Tone::Plain text="Off"/> }),
        (true, false) => Some(view! { " "<Chip tone=Tone::Warn text="Nowhere to go"/> }),
        (true, true) => None,
    };
    let mut providers: Vec<String> = deployments.into_iter().map(|deployment| deployment.provider_name).collect();
    providers.dedup();
    let allowed = match profiles.len() {
        0 => "none".to_owned(),
        1 | 2 => profiles.join(", "),
        many => counted(count(many), "profile"),
    };
    let alias = model.alias_of.as_ref().map(|name| format!("another name for {name} · "));
    let note = view! { {alias}{endpoints.join(" · ")}{chip} };
    view! {
        <tr>
            <NameCell name=model.name.to_string() href=paths::catalogue_model(model.id) note=note.into_any()/>
            <Cell label="In, per million" number=true>{input}</Cell>
            <Cell label="Out, per million" number=true>{output}</Cell>
            <Cell label="Context" number=true>{model.max_input_tokens.map_or_else(|| "–".to_owned(), tokens)}</Cell>
            <Cell label="Goes to">{if providers.is_empty() { "nowhere".to_owned() } else { providers.join(", ") }}</Cell>
            <Cell label="Guardrails">{allowed}</Cell>
        </tr>
    }
}
