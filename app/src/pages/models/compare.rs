//! The call that models are compared by, as it stands in the address: a preset or three numbers, and an order.

use crate::components::{Problem, SelectField, SelectOption, TextField};
use crate::format::grouped;
use crate::paths;
use domain::money::NanoUsd;
use domain::typical_call::{MOST_TOKENS, Preset, TypicalCall};
use leptos::prelude::*;
use portal::models::ModelRow;
use serde::Deserialize;
use std::cmp::Reverse;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    /// As typed; nothing for that of the usual call.
    pub input: String,
    pub cached: String,
    pub output: String,
    pub sort: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Name,
    Cost,
    Input,
    Output,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Name, Self::Cost, Self::Input, Self::Output];

    const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Cost => "cost",
            Self::Input => "in",
            Self::Output => "out",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Cost => "This call, cheapest first",
            Self::Input => "In, cheapest first",
            Self::Output => "Out, cheapest first",
        }
    }
}

const fn preset_name(preset: Preset) -> &'static str {
    match preset {
        Preset::Chat => "Chat turn",
        Preset::CodingStep => "Coding-agent step",
        Preset::Summary => "Document summary",
    }
}

/// What could be read of it. A field that could not says why, and the usual call stands in.
pub struct Comparison {
    pub asked: Asked,
    pub call: TypicalCall,
    pub sort: Sort,
    wrong: [Option<Problem>; 3],
}

impl Comparison {
    pub fn of(asked: Asked) -> Self {
        let usual = Preset::Chat.call();
        let sort = Sort::ALL.into_iter().find(|sort| sort.word() == asked.sort).unwrap_or(Sort::Name);
        let number = |text: &str, usual: u64, most: u64| {
            let text = text.trim().replace([',', '_', '%'], "");
            match text.trim() {
                "" => (usual, None),
                text => match text.parse() {
                    Ok(number) if number <= most => (number, None),
                    _ => (usual, Some(Problem::new(format!("Enter a whole number up to {}.", grouped(most))))),
                },
            }
        };
        let (input_tokens, wrong_input) = number(&asked.input, usual.input_tokens, MOST_TOKENS);
        let (cached, wrong_cached) = number(&asked.cached, usual.cached_percent.into(), 100);
        let (output_tokens, wrong_output) = number(&asked.output, usual.output_tokens, MOST_TOKENS);
        let cached_percent = u8::try_from(cached).unwrap_or(100);
        let call = TypicalCall { input_tokens, cached_percent, output_tokens };
        Self { asked, call, sort, wrong: [wrong_input, wrong_cached, wrong_output] }
    }

    pub fn is_wrong(&self) -> bool {
        self.wrong.iter().any(Option::is_some)
    }

    /// What the call costs on this model, if it takes it.
    pub fn cost(&self, model: &ModelRow) -> Option<NanoUsd> {
        self.call.fits(model.max_input_tokens, model.max_output_tokens).ok()?;
        self.call.cost(model.price.as_ref()?, model.markup)
    }

    /// Models without what they are ordered by come last, by name.
    pub fn order(&self, models: &mut [ModelRow]) {
        let tokens = |model: &ModelRow| model.price.as_ref().map(|price| price.tokens);
        let key = |model: &ModelRow| match self.sort {
            Sort::Name => None,
            Sort::Cost => self.cost(model).map(NanoUsd::as_nano),
            Sort::Input => tokens(model).map(|tokens| tokens.input.as_pico()),
            Sort::Output => tokens(model).map(|tokens| tokens.output.as_pico()),
        };
        // Stable: they come by name.
        models.sort_by_key(|model| {
            let key = key(model);
            (Reverse(key.is_some()), key)
        });
    }

    fn address(&self, preset: Preset) -> String {
        let TypicalCall { input_tokens, cached_percent, output_tokens } = preset.call();
        let (input, cached, output) = (input_tokens.to_string(), cached_percent.to_string(), output_tokens.to_string());
        let pairs = [
            ("q", self.asked.q.as_str()),
            ("input", input.as_str()),
            ("cached", cached.as_str()),
            ("output", output.as_str()),
            ("sort", if self.asked.sort.is_empty() { "" } else { self.sort.word() }),
        ];
        let given: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        paths::asked(paths::MODELS, given)
    }

    /// `2,000 tokens in, half of them cached` for whoever only reads the column.
    pub fn said(&self) -> String {
        let TypicalCall { input_tokens, cached_percent, output_tokens } = self.call;
        format!(
            "{} tokens in, {cached_percent} % of them cached, and {} out",
            grouped(input_tokens),
            grouped(output_tokens)
        )
    }
}

/// The form and the presets above the list.
pub fn form(comparison: &Comparison) -> impl IntoView + use<> {
    let presets = Preset::ALL.into_iter().map(|preset| {
        let current = (!comparison.is_wrong() && preset.call() == comparison.call).then_some("true");
        view! { <li><a href=comparison.address(preset) aria-current=current>{preset_name(preset)}</a></li> }
    });
    let presets = presets.collect_view();
    let options = Sort::ALL.map(|sort| SelectOption::new(sort.word(), sort.text())).to_vec();
    let typed = |text: &str, used: u64| if text.trim().is_empty() { used.to_string() } else { text.to_owned() };
    let TypicalCall { input_tokens, cached_percent, output_tokens } = comparison.call;
    let Asked { q, input, cached, output, .. } = &comparison.asked;
    let [wrong_input, wrong_cached, wrong_output] = comparison.wrong.clone();
    view! {
        <nav aria-label="Typical calls"><ul class="views">{presets}</ul></nav>
        <form class="filter" method="get" action=paths::MODELS role="search">
            <div class="search"><TextField name="q" label="Search" kind="search" value=q.clone() placeholder="Name"/></div>
            <TextField name="input" label="Tokens in" value=typed(input, input_tokens) input_mode="numeric" problem=wrong_input/>
            <TextField name="cached" label="of them cached, %" value=typed(cached, cached_percent.into()) input_mode="numeric" problem=wrong_cached/>
            <TextField name="output" label="Tokens out" value=typed(output, output_tokens) input_mode="numeric" problem=wrong_output/>
            <SelectField name="sort" label="Order" options=options value=comparison.sort.word()/>
            <button class="button" type="submit">"Compare"</button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Comparison {
        Comparison::of(serde_html_form::from_str(query).unwrap())
    }

    #[test]
    fn an_address_is_a_comparison_and_nothing_is_the_usual_one() {
        assert_eq!(of("").call, Preset::Chat.call());
        for preset in Preset::ALL {
            let address = of("sort=cost&q=demo").address(preset);
            let again = of(address.split_once('?').unwrap().1);
            assert_eq!((again.call, again.sort, again.asked.q.as_str()), (preset.call(), Sort::Cost, "demo"));
        }
        let typed = of("input=1%2C000&cached=50%25&output=7");
        assert_eq!(typed.call, TypicalCall { input_tokens: 1_000, cached_percent: 50, output_tokens: 7 });
    }

    #[test]
    fn what_cannot_be_read_says_so_at_its_field_and_the_usual_stands_in() {
        for query in ["input=many", "cached=101", "output=-1", "input=10000001"] {
            let read = of(query);
            assert!(read.is_wrong(), "{query}");
            assert_eq!(read.call, Preset::Chat.call(), "{query}");
        }
        assert!(!of("sort=upside-down").is_wrong());
    }
}
