//! The form for a model, new or not: its name, the places that its calls can go to, its price, its bounds.

use super::price::PriceTexts;
use crate::components::{Cell, Check, Column, MoneyField, Section, Table, TextField};
use crate::pages::form::Reasons;
use crate::words;
use domain::model::Endpoint;
use domain::pricing::PriceList;
use leptos::prelude::*;
use portal::administration::models::{AdminModel, DeploymentDraft, ModelDraft};
use portal::administration::providers::ProviderRow;
use serde::Deserialize;

/// The fields. Each row of the table of deployments is one value of `deployment`, `provider`, `upstream_model`,
/// `priority` and `weight`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelForm {
    /// Only in the form for a new model.
    pub form: Option<String>,
    pub name: String,
    #[serde(default)]
    pub deployment: Vec<String>,
    #[serde(default)]
    pub provider: Vec<String>,
    #[serde(default)]
    pub upstream_model: Vec<String>,
    #[serde(default)]
    pub priority: Vec<String>,
    #[serde(default)]
    pub weight: Vec<String>,
    pub price_input: String,
    pub price_output: String,
    pub price_cache_read: String,
    pub price_cache_write: String,
    pub price_cache_write_1h: String,
    pub price_request: String,
    pub price_search: String,
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    pub max_input_tokens: String,
    pub max_output_tokens: String,
    /// Another name for this model; empty: a model of its own.
    #[serde(default)]
    pub alias_of: String,
    /// A check box.
    pub enabled: Option<String>,
    /// The button that returns to the catalogue's price.
    pub catalogue_price: Option<String>,
}

/// One row of the table of deployments, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Empty in a new row.
    pub id: String,
    /// Empty: there is none, or not any more.
    pub provider: String,
    pub upstream_model: String,
    pub priority: String,
    pub weight: String,
}

impl Row {
    pub fn new_at(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), priority: "1".to_owned(), weight: "1".to_owned(), ..Self::default() }
    }
}

impl ModelForm {
    /// The form of a model as it stands.
    pub fn of(model: &AdminModel) -> Self {
        let AdminModel { model, deployments, .. } = model;
        let number = |tokens: Option<u64>| tokens.map(|count| count.to_string()).unwrap_or_default();
        let form = Self {
            name: model.name.to_string(),
            endpoints: model.endpoints.clone(),
            max_input_tokens: number(model.max_input_tokens),
            max_output_tokens: number(model.max_output_tokens),
            alias_of: model.alias_of.as_ref().map(ToString::to_string).unwrap_or_default(),
            enabled: model.enabled.then(|| "yes".to_owned()),
            ..Self::default()
        };
        let rows = deployments.iter().map(|deployment| Row {
            id: deployment.id.to_string(),
            provider: deployment.provider.to_string(),
            upstream_model: deployment.upstream_model.clone(),
            priority: deployment.priority.to_string(),
            weight: deployment.weight.to_string(),
        });
        form.with_rows(rows).with_prices(PriceTexts::of(model.price.as_ref()))
    }

    #[must_use]
    pub fn with_rows(mut self, rows: impl Iterator<Item = Row>) -> Self {
        for row in rows {
            self.deployment.push(row.id);
            self.provider.push(row.provider);
            self.upstream_model.push(row.upstream_model);
            self.priority.push(row.priority);
            self.weight.push(row.weight);
        }
        self
    }

    fn with_prices(self, texts: PriceTexts) -> Self {
        let PriceTexts { input, output, cache_read, cache_write, cache_write_1h, request, search } = texts;
        Self {
            price_input: input,
            price_output: output,
            price_cache_read: cache_read,
            price_cache_write: cache_write,
            price_cache_write_1h: cache_write_1h,
            price_request: request,
            price_search: search,
            ..self
        }
    }

    fn prices(&self) -> PriceTexts {
        PriceTexts {
            input: self.price_input.clone(),
            output: self.price_output.clone(),
            cache_read: self.price_cache_read.clone(),
            cache_write: self.price_cache_write.clone(),
            cache_write_1h: self.price_cache_write_1h.clone(),
            request: self.price_request.clone(),
            search: self.price_search.clone(),
        }
    }

    fn rows(&self) -> Vec<Row> {
        let at = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
        let row = |index| Row {
            id: at(&self.deployment, index),
            provider: at(&self.provider, index),
            upstream_model: at(&self.upstream_model, index),
            priority: at(&self.priority, index),
            weight: at(&self.weight, index),
        };
        (0..self.provider.len()).map(row).collect()
    }

    /// What the form asks for. `before` is the price that its fields were filled with.
    pub fn draft(&self, before: Option<&PriceList>) -> Result<ModelDraft, Reasons> {
        let mut reasons = Reasons::default();
        let price = self.prices().choice(before, &mut reasons);
        let mut tokens = |field: &str, text: &str| -> Option<u64> {
            let typed = text.trim().replace(',', "");
            if typed.is_empty() {
                return None;
            }
            typed.parse().map_err(|_| reasons.add(field, "This is a whole number of tokens such as 200,000.")).ok()
        };
        let max_input_tokens = tokens("max_input_tokens", &self.max_input_tokens);
        let max_output_tokens = tokens("max_output_tokens", &self.max_output_tokens);
        let rows = self.rows();
        let kept = rows.iter().enumerate().filter(|(_, row)| !row.provider.is_empty());
        let deployments: Vec<_> = kept.filter_map(|(at, row)| deployment(at, row, &mut reasons)).collect();
        if !reasons.is_empty() {
            return Err(reasons);
        }
        Ok(ModelDraft {
            name: self.name.trim().to_owned(),
            deployments,
            price,
            endpoints: self.endpoints.clone(),
            max_input_tokens,
            max_output_tokens,
            enabled: self.enabled.is_some(),
            alias_of: self.alias_of.trim().to_owned(),
        })
    }
}

fn deployment(at: usize, row: &Row, reasons: &mut Reasons) -> Option<DeploymentDraft> {
    let mut number = |what: &str, text: &str| -> Option<u32> {
        let wrong = |_| reasons.add("deployments", format!("Row {}: the {what} is a whole number such as 1.", at + 1));
        text.trim().parse().map_err(wrong).ok()
    };
    let (priority, weight) = (number("order", &row.priority), number("weight", &row.weight));
    let id = if row.id.is_empty() { None } else { row.id.parse().ok() };
    let Ok(provider) = row.provider.parse() else {
        reasons.add("deployments", format!("Row {}: choose a provider of the list.", at + 1));
        return None;
    };
    let upstream_model = row.upstream_model.trim().to_owned();
    Some(DeploymentDraft { id, provider, upstream_model, weight: weight?, priority: priority? })
}

/// The fields that the error summary can link to.
pub fn has_field(field: &str) -> bool {
    let own = ["name", "alias_of", "deployments", "endpoints", "max_input_tokens", "max_output_tokens"];
    own.contains(&field) || field.starts_with("price_")
}

/// Where a row's reasons are shown: above the table.
pub const ROW_FIELDS: [&str; 4] = ["provider", "upstream_model", "weight", "priority"];

/// Everything between the form's hidden fields and its buttons. `way_back` offers the catalogue's price.
pub fn fields(
    form: ModelForm,
    providers: &[ProviderRow],
    reasons: &Reasons,
    way_back: Option<String>,
) -> impl IntoView + use<> {
    let mut rows = form.rows();
    rows.push(Row::new_at(""));
    let wrong = reasons.at("deployments").map(|problem| {
        view! { <p class="wrong">{problem.message}</p> }
    });
    let rows = rows.into_iter().enumerate().map(|(at, row)| deployment_row(at, row, providers)).collect_view();
    let columns =
        vec![Column::text("Provider"), Column::text("Called there"), Column::number("Order"), Column::number("Weight")];
    let price = |name: &'static str, label: &'static str, value: String, hint: &'static str| {
        view! { <MoneyField name=name label=label value=value hint=hint problem=reasons.at(name)/> }
    };
    let prices = view! {
        <div class="field-grid">
            {price("price_input", "In", form.price_input, "per million tokens")}
            {price("price_output", "Out", form.price_output, "per million tokens")}
            {price("price_cache_read", "Read from a cache", form.price_cache_read, "per million; empty: as in")}
            {price("price_cache_write", "Written to a cache, 5 min", form.price_cache_write, "per million; empty: as in")}
            {price("price_cache_write_1h", "Written to a cache, 1 h", form.price_cache_write_1h, "per million; empty: as 5 min")}
            {price("price_request", "For each call", form.price_request, "added to the tokens; empty: nothing")}
            {price("price_search", "For each search", form.price_search, "that the provider runs; empty: searching is refused")}
        </div>
    };
    let endpoints = Endpoint::ALL.map(|endpoint| {
        let checked = form.endpoints.contains(&endpoint);
        view! {
            <label class="choice">
                <input type="checkbox" name="endpoints" value=endpoint.word() checked=checked/>
                <span>{words::endpoint(endpoint)}</span>
            </label>
        }
    });
    let [context_wrong, longest_wrong] = ["max_input_tokens", "max_output_tokens"].map(|field| reasons.at(field));
    let wrong_endpoints = reasons.at("endpoints").map(|problem| view! { <p class="wrong">{problem.message}</p> });
    view! {
        <TextField name="name" label="Name" value=form.name mono=true required=true hint="What callers ask for." problem=reasons.at("name")/>
        <Check name="enabled" text="Callers may use it" checked=form.enabled.is_some()/>
        <TextField
            name="alias_of" label="Another name for" value=form.alias_of mono=true problem=reasons.at("alias_of")
            hint="A model of this list, whose deployments, price and bounds it then has. Empty: a model of its own."
        />
        <Section id="deployments" title="Where its calls go">
            <p class="muted">
                "The lowest order goes first; among equals the weight divides the calls. Choose no provider to remove a row."
            </p>
            {wrong}
            <Table columns=columns caption="Deployments" compact=true>{rows}</Table>
        </Section>
        <Section id="price" title="Price in dollars">
            <p class="muted">
                "A new price counts from the next call on; past calls keep theirs. All fields empty: no price, and every budget refuses the model."
                {way_back}
            </p>
            {prices}
        </Section>
        <Section id="endpoints" title="Endpoints and bounds">
            <p class="muted">"Nothing ticked: what the provider's format suggests."</p>
            {wrong_endpoints}
            <div class="choices in-row" role="group" aria-labelledby="endpoints-title">{Vec::from(endpoints)}</div>
            <div class="field-grid">
                <TextField name="max_input_tokens" label="Context size" value=form.max_input_tokens input_mode="numeric" hint="tokens; empty: not known" problem=context_wrong/>
                <TextField name="max_output_tokens" label="Longest answer" value=form.max_output_tokens input_mode="numeric" hint="tokens; empty: not known" problem=longest_wrong/>
            </div>
        </Section>
    }
}

fn deployment_row(at: usize, row: Row, providers: &[ProviderRow]) -> impl IntoView + use<> {
    let label = |what: &str| format!("{what}, row {}", at + 1);
    let [provider, called, order, weight] = ["Provider", "Called there", "Order", "Weight"].map(label);
    let none = if row.id.is_empty() { "None" } else { "None: remove" };
    let options = providers.iter().map(|provider| {
        let value = provider.id.to_string();
        let selected = value == row.provider;
        let text = if provider.enabled { provider.name.clone() } else { format!("{} (off)", provider.name) };
        view! { <option value=value selected=selected>{text}</option> }
    });
    let options = options.collect_view();
    view! {
        <tr>
            <Cell label="Provider">
                <input type="hidden" name="deployment" value=row.id/>
                <span class="select-box">
                    <select class="select" name="provider" aria-label=provider>
                        <option value="" selected=row.provider.is_empty()>{none}</option>
                        {options}
                    </select>
                </span>
            </Cell>
            <Cell label="Called there">
                <input class="input mono" name="upstream_model" value=row.upstream_model aria-label=called autocomplete="off" spellcheck="false"/>
            </Cell>
            <Cell label="Order" number=true>
                <input class="input amount short" name="priority" value=row.priority inputmode="numeric" aria-label=order autocomplete="off"/>
            </Cell>
            <Cell label="Weight" number=true>
                <input class="input amount short" name="weight" value=row.weight inputmode="numeric" aria-label=weight autocomplete="off"/>
            </Cell>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(rows: &[(&str, &str, &str)]) -> ModelForm {
        let row = |&(provider, priority, weight): &(&str, &str, &str)| Row {
            provider: provider.to_owned(),
            priority: priority.to_owned(),
            weight: weight.to_owned(),
            ..Row::default()
        };
        ModelForm { name: " house-model ".to_owned(), ..ModelForm::default() }.with_rows(rows.iter().map(row))
    }

    #[test]
    fn a_row_without_a_provider_is_no_deployment() {
        let draft = form(&[("prov_aaaaaaaaaaaa", "1", "80"), ("", "1", "1")]).draft(None).unwrap();
        assert_eq!((draft.name.as_str(), draft.deployments.len(), draft.deployments[0].weight), ("house-model", 1, 80));
        assert!(!draft.enabled);
    }

    #[test]
    fn every_reason_of_every_row_is_said_at_once() {
        let mut form = form(&[("prov_aaaaaaaaaaaa", "first", "1"), ("prov_x", "1", "1")]);
        form.max_input_tokens = "many".to_owned();
        let reasons = form.draft(None).unwrap_err();
        let rows = reasons.at("deployments").unwrap().message;
        assert!(rows.contains("Row 1: the order") && rows.contains("Row 2: choose a provider"), "{rows}");
        assert!(reasons.at("max_input_tokens").is_some());
    }

    #[test]
    fn an_endpoint_is_sent_by_the_word_that_is_read_back() {
        for endpoint in Endpoint::ALL {
            let body = format!(
                "name=x&price_input=&price_output=&price_cache_read=&price_cache_write=\
                &price_cache_write_1h=&price_request=&price_search=&max_input_tokens=&max_output_tokens=&endpoints={}",
                endpoint.word()
            );
            let form: ModelForm = serde_html_form::from_str(&body).unwrap();
            assert_eq!(form.endpoints, [endpoint]);
        }
    }
}
