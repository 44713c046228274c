//! The models that can be called, what they cost, also for a call of a size that one names, and under which of one's
//! guardrails.

pub mod compare;

use crate::chrome::Place;
use crate::components::{Cell, Column, EmptyState, NameCell, PageHead, Pager, Table};
use crate::format::{tokens, usd, usd_fine};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use compare::Comparison;
use domain::money::{NanoUsd, PicoUsd};
use domain::permission::Permission;
use domain::pricing::PriceList;
use domain::typical_call::TooLarge;
use leptos::prelude::*;
use portal::models::ModelRow;

pub struct Model {
    pub models: Vec<ModelRow>,
    pub comparison: Comparison,
    pub may_mint: bool,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let comparison = Comparison::of(input.query()?);
    let models = visit.portal.models(&visit.caller).await?;
    let model = Model { models, comparison, may_mint: Permission::ManageKeys.allows(Some(&visit.caller)) };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Models), "Models", || view(model))))
}

pub fn view(model: Model) -> impl IntoView {
    let Model { models, comparison, may_mint } = model;
    let served = models.len();
    let wanted = comparison.asked.q.trim().to_lowercase();
    let mut found: Vec<_> =
        models.into_iter().filter(|model| model.name.as_str().to_lowercase().contains(&wanted)).collect();
    comparison.order(&mut found);
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
        listed(found, &comparison, may_mint).into_any()
    };
    let about = format!("Prices are dollars per million tokens. This call: {}.", comparison.said());
    view! {
        <PageHead title="Models" context=about.into_any()/>
        {compare::form(&comparison)}
        {body}
    }
}

fn listed(models: Vec<ModelRow>, comparison: &Comparison, may_mint: bool) -> impl IntoView + use<> {
    let count = u64::try_from(models.len()).unwrap_or(u64::MAX);
    let columns = vec![
        Column::text("Model"),
        Column::number("This call"),
        Column::number("In"),
        Column::number("Cached"),
        Column::number("Out"),
        Column::number("Context"),
        Column::text("Endpoints"),
        Column::text("My guardrails"),
    ];
    let rows = models.into_iter().map(|model| row(model, comparison, may_mint)).collect_view();
    view! {
        <Table columns=columns caption="Models">{rows}</Table>
        <Pager shown=(1, count) total=count previous=None next=None/>
    }
}

fn row(model: ModelRow, comparison: &Comparison, may_mint: bool) -> impl IntoView + use<> {
    let (this_call, thousand) = this_call(&model, comparison);
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
    let context = size(model.max_input_tokens);
    let longest = model.max_output_tokens.map(|most| format!("answers to {}", tokens(most))).unwrap_or_default();
    let name = model.name.to_string();
    let input = match fee {
        Some(fee) => view! { <Cell label="In" number=true note=fee>{input}</Cell> }.into_any(),
        None => view! { <Cell label="In" number=true>{input}</Cell> }.into_any(),
    };
    view! {
        <tr>
            <NameCell name=name note=note.into_any()/>
            <Cell label="This call" number=true note=thousand.into_any()>{this_call}</Cell>
            {input}
            <Cell label="Cached" number=true>{cached}</Cell>
            <Cell label="Out" number=true>{output}</Cell>
            <Cell label="Context" number=true note=longest.into_any()>{context}</Cell>
            <Cell label="Endpoints">{endpoints}</Cell>
            <Cell label="My guardrails">{guardrails}</Cell>
        </tr>
    }
}

/// What the call costs, and a thousand of them; or why there is no figure.
fn this_call(model: &ModelRow, comparison: &Comparison) -> (String, String) {
    let none = |why: String| ("–".to_owned(), why);
    match comparison.call.fits(model.max_input_tokens, model.max_output_tokens) {
        Err(TooLarge::Input { at_most }) => return none(format!("takes {}", tokens(at_most))),
        Err(TooLarge::Output { at_most }) => return none(format!("answers to {}", tokens(at_most))),
        Ok(()) => {}
    }
    match comparison.cost(model) {
        Some(cost) => {
            let thousand = NanoUsd::from_nano(cost.as_nano().saturating_mul(1_000));
            (usd_fine(cost), format!("{} for 1,000", usd(thousand)))
        }
        None => none("no price".to_owned()),
    }
}
