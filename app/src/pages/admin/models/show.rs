//! `/admin/models/{id}`: a model as it is served, the form that changes it, and its past prices.

use super::editor::{self, ModelForm, ROW_FIELDS};
use super::price;
use crate::chrome::Place;
use crate::components::{
    Cell, Chip, Column, Crumb, ErrorSummary, Fact, Facts, NameCell, PageHead, Section, Table, Tone, when,
};
use crate::format::{Calendar, tokens};
use crate::pages::admin::{Happened, document, may_change, notice};
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::ModelId;
use leptos::prelude::*;
use portal::administration::models::{AdminModel, AdminModelDetail, PriceChoice, PriceRow};
use portal::administration::providers::ProviderRow;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    saved: Option<String>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { saved } = input.query()?;
    let detail = visit.portal.admin_model(&visit.caller, input.segment("id")?).await?;
    let entered = ModelForm::of(&detail.model);
    let happened = saved.map(|_| Happened::well("Saved. It counts from the next call on."));
    let model = load(&visit, detail, entered, Reasons::default(), happened).await?;
    Ok(Answer::ok(page(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: ModelId = input.segment("id")?;
    let form: ModelForm = input.form()?;
    let administrator = visit.administrator()?;
    let detail = visit.portal.admin_model(&visit.caller, id).await?;
    let reasons = match form.draft(detail.model.model.price.as_ref()) {
        Err(reasons) => reasons,
        Ok(mut draft) => {
            if let (Some(_), Some(catalogue)) = (&form.catalogue_price, &detail.catalogue_price) {
                draft.price = PriceChoice::Set(Box::new(catalogue.clone()));
            }
            match sent(visit.portal.change_model(administrator, id, draft).await)? {
                Sent::Done(()) | Sent::Before(_) => {
                    return Ok(Answer::SeeOther(format!("{}?saved=yes", paths::catalogue_model(id))));
                }
                Sent::Refused(reasons) => reasons.gathered(&ROW_FIELDS, "deployments"),
            }
        }
    };
    let model = load(&visit, detail, form, reasons, None).await?;
    Ok(Answer::refused(page(&visit, model)))
}

async fn load(
    visit: &Visit,
    detail: AdminModelDetail,
    entered: ModelForm,
    reasons: Reasons,
    happened: Option<Happened>,
) -> Result<Model, PageError> {
    let providers = visit.portal.providers(&visit.caller).await?;
    Ok(Model { detail, entered, providers, reasons, happened, may_change: may_change(visit) })
}

fn page(visit: &Visit, model: Model) -> String {
    let name = model.detail.model.model.name.to_string();
    document(visit, Place::Catalogue, &name, |calendar| view(calendar, model))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub detail: AdminModelDetail,
    pub entered: ModelForm,
    pub providers: Vec<ProviderRow>,
    pub reasons: Reasons,
    pub happened: Option<Happened>,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { detail, entered, providers, reasons, happened, may_change } = model;
    let AdminModelDetail { model, prices, catalogue_price } = detail;
    let (tone, state) = match (&model.model.price, model.model.enabled) {
        (_, false) => (Tone::Plain, "Off"),
        (None, true) if model.model.alias_of.is_none() => (Tone::Warn, "No price"),
        _ => (Tone::Ok, "On"),
    };
    let what = match &model.model.alias_of {
        Some(name) => format!("another name for {name}"),
        None => price::sentence(model.model.price.as_ref()),
    };
    let context = view! { <Chip tone=tone text=state/>{format!(" {what}")} };
    let id = model.model.id;
    let offer = catalogue_price.filter(|catalogue| model.model.price.as_ref() != Some(catalogue));
    let facts = facts(&model, &providers, offer.as_ref().map(|catalogue| price::sentence(Some(catalogue))), may_change);
    let tiers = model
        .model
        .price
        .as_ref()
        .filter(|price| !price.tiers.is_empty())
        .map(|_| " A changed price replaces the present one together with its prices for long inputs.".to_owned());
    let wrong = reasons.summary(editor::has_field);
    let editor = may_change.then(|| {
        let catalogue = offer.is_some().then(|| {
            view! { <button class="button" type="submit" name="catalogue_price" value="yes">"Save with the catalogue's price"</button> }
        });
        view! {
            <form class="form" method="post" action=paths::catalogue_model(id)>
                {editor::fields(entered, &providers, &reasons, tiers)}
                <div class="actions">
                    <button class="button primary" type="submit">"Save"</button>
                    {catalogue}
                    <a class="button plain" href=paths::CATALOGUE>"Cancel"</a>
                </div>
            </form>
        }
    });
    view! {
        <PageHead
            title=model.model.name.to_string() context=context.into_any()
            crumb=Crumb { text: "Models and prices".to_owned(), href: paths::CATALOGUE.to_owned() }
        />
        {notice(happened)}
        <ErrorSummary undone="the model can be saved" wrong=wrong/>
        <div class="panel"><Facts facts=facts/></div>
        {editor}
        {history(calendar, prices)}
    }
}

fn facts(model: &AdminModel, providers: &[ProviderRow], catalogue: Option<String>, may_change: bool) -> Vec<Fact> {
    let AdminModel { model, deployments, profiles } = model;
    let allowed = if profiles.is_empty() {
        Fact::new("Guardrails", "none allow it").noted("Nobody can mint a key for it yet.")
    } else {
        Fact::new("Guardrails", profiles.join(", "))
    };
    let mut facts = vec![allowed];
    if !model.capabilities.is_empty() {
        facts.push(Fact::new("Can do", model.capabilities.join(", ").replace('_', " ")));
    }
    if let Some(sunset) = &model.sunset {
        facts.push(Fact::new("Ends", sunset.clone()).noted("The provider stops serving it then."));
    }
    if let Some(sentence) = catalogue {
        facts.push(Fact::new("Catalogue's price", sentence).noted("Differs from the one in use."));
    }
    let serves = |provider: &&ProviderRow| deployments.iter().any(|deployment| deployment.provider == provider.id);
    for provider in providers.iter().filter(serves).filter(|provider| !provider.markup.is_none()) {
        let value = format!("prices are {}", words::markup(provider.markup));
        facts.push(Fact::new(format!("At {}", provider.name), value).noted("The provider's discount or margin."));
    }
    // Administrators see the rest in the form.
    if !may_change {
        for deployment in deployments {
            let value = format!("{} as {}", deployment.provider_name, deployment.upstream_model);
            let note = format!("order {}, weight {}", deployment.priority, deployment.weight);
            facts.push(Fact::new("Goes to", value).noted(note));
        }
        let endpoints: Vec<_> = model.endpoints.iter().map(|&endpoint| words::endpoint(endpoint)).collect();
        facts.push(Fact::new("Endpoints", endpoints.join(", ")));
        facts.push(Fact::new("Context size", model.max_input_tokens.map_or_else(|| "not known".to_owned(), tokens)));
        facts.push(Fact::new("Longest answer", model.max_output_tokens.map_or_else(|| "not known".to_owned(), tokens)));
    }
    facts
}

fn history(calendar: &Calendar, prices: Vec<PriceRow>) -> impl IntoView + use<> {
    let rows = prices.into_iter().map(|row| {
        let by = row.set_by_name.unwrap_or_else(|| "the catalogue".to_owned());
        let from = when(calendar, row.effective_from);
        view! {
            <tr>
                <NameCell name=format!("Version {}", row.version)/>
                <Cell label="From">{from}</Cell>
                <Cell label="Price">{price::sentence(row.price.as_ref())}</Cell>
                <Cell label="Set by">{by}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let columns = vec![Column::text("Version"), Column::text("From"), Column::text("Price"), Column::text("Set by")];
    (!rows.is_empty()).then(|| {
        view! {
            <Section id="prices" title="Prices so far">
                <Table columns=columns caption="Prices so far" compact=true>{rows}</Table>
            </Section>
        }
    })
}
