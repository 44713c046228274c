//! The models that can be called, what they cost, and under which of one's guardrails.

use crate::chrome::Place;
use crate::components::{Cell, Column, EmptyState, Filter, NameCell, PageHead, Pager, Table, TextField};
use crate::format::{tokens, usd, usd_fine};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::money::{NanoUsd, PicoUsd};
use domain::permission::Permission;
use domain::pricing::PriceList;
use leptos::prelude::*;
use portal::models::ModelRow;
use serde::Deserialize;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

pub struct Model {
    pub models: Vec<ModelRow>,
    pub q: String,
    pub may_mint: bool,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Asked { q } = input.query()?;
    let models = visit.portal.models(&visit.caller).await?;
    let model = Model { models, q, may_mint: Permission::ManageKeys.allows(Some(&visit.caller)) };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Models), "Models", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { models, q, may_mint } = model;
    let served = models.len();
    let wanted = q.trim().to_lowercase();
    let found: Vec<_> =
        models.into_iter().filter(|model| model.name.as_str().to_lowercase().contains(&wanted)).collect();
    let body = if found.is_empty() {
        let (text, way) = if served == 0 {
            ("No model is served yet. An administrator adds a provider and its models first.", None)
        } else {
            (
                "No model has this in its name.",
                Some(view! { <a class="button" href=paths::MODELS>"Show all models"</a> }),
            )
        };
        view! { <EmptyState text=text>{way}</EmptyState> }.into_any()
    } else {
        listed(found, may_mint).into_any()
    };
    let about = "Prices are dollars per million tokens.";
    view! {
        <PageHead title="Models" context=about.into_any()/>
        <Filter action=paths::MODELS>
            <div class="search"><TextField name="q" label="Search" kind="search" value=q placeholder="Name"/></div>
        </Filter>
        {body}
    }
}

fn listed(models: Vec<ModelRow>, may_mint: bool) -> impl IntoView {
    let count = u64::try_from(models.len()).unwrap_or(u64::MAX);
    let columns = vec![
        Column::text("Model"),
        Column::number("In"),
        Column::number("Cached"),
        Column::number("Out"),
        Column::number("Context"),
        Column::number("Longest answer"),
        Column::text("Endpoints"),
        Column::text("My guardrails"),
    ];
    let rows = models.into_iter().map(|model| row(model, may_mint)).collect_view();
    view! {
        <Table columns=columns caption="Models">{rows}</Table>
        <Pager shown=(1, count) total=count previous=None next=None/>
    }
}

fn row(model: ModelRow, may_mint: bool) -> impl IntoView {
    let mut about = model.capabilities.iter().map(|word| word.replace('_', " ")).collect::<Vec<_>>();
    about.extend(model.sunset.as_ref().map(|day| format!("ends {day}")));
    let note = about.join(" · ");
    let price =
        |of: fn(&PriceList) -> Option<NanoUsd>| model.price.as_ref().and_then(of).map_or_else(|| "–".to_owned(), usd);
    let size = |size: Option<u64>| size.map_or_else(|| "–".to_owned(), tokens);
    let endpoints = model.endpoints.iter().map(|&endpoint| words::endpoint(endpoint)).collect::<Vec<_>>().join(", ");
    let guardrails = match (&model.price, model.profiles.as_slice()) {
        (None, _) => "Refused until it has a price".into_any(),
        (_, []) => view! { <span class="muted">"None: ask an administrator"</span> }.into_any(),
        (_, some) => {
            let links = some.iter().enumerate().map(|(at, (id, name))| {
                let part = (at > 0).then_some(", ");
                let href = format!("{}?profile={id}&models={}", paths::MINT, model.name);
                let name = name.clone();
                let name = if may_mint {
                    view! { <a href=href title="Mint a key for this model">{name}</a> }.into_any()
                } else {
                    name.into_any()
                };
                view! { {part}{name} }
            });
            links.collect_view().into_any()
        }
    };
    let fee = model.price.as_ref().map(|price| NanoUsd::from_pico_rounded_up(price.request.times(1)));
    let fee = fee.filter(|fee| *fee > NanoUsd::ZERO).map(|fee| format!("and {} a call", usd_fine(fee)).into_any());
    let input = price(|list| Some(list.tokens.input.per_million()));
    let cached = price(|list| list.tokens.cache_read.map(PicoUsd::per_million));
    let output = price(|list| Some(list.tokens.output.per_million()));
    let (context, longest) = (size(model.max_input_tokens), size(model.max_output_tokens));
    let name = model.name.to_string();
    let input = match fee {
        Some(fee) => view! { <Cell label="In" number=true note=fee>{input}</Cell> }.into_any(),
        None => view! { <Cell label="In" number=true>{input}</Cell> }.into_any(),
    };
    view! {
        <tr>
            <NameCell name=name note=note.into_any()/>
            {input}
            <Cell label="Cached" number=true>{cached}</Cell>
            <Cell label="Out" number=true>{output}</Cell>
            <Cell label="Context" number=true>{context}</Cell>
            <Cell label="Longest answer" number=true>{longest}</Cell>
            <Cell label="Endpoints">{endpoints}</Cell>
            <Cell label="My guardrails">{guardrails}</Cell>
        </tr>
    }
}
