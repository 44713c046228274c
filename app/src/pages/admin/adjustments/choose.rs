//! The first step: which key, which days, from where to where.

use super::form::{again, has_field};
use super::{span, what_it_changes};
use crate::components::{
    Cell, Column, Crumb, EmptyState, ErrorSummary, NameCell, PageHead, Section, SelectField, SelectOption, Table,
    TextField,
};
use crate::format::usd;
use crate::pages::form::Reasons;
use crate::paths;
use domain::adjustment::MoveDraft;
use leptos::prelude::*;
use portal::administration::adjustments::{Adjusting, NamedCentre};

#[derive(Debug, Clone)]
pub struct Model {
    /// As typed.
    pub draft: MoveDraft,
    pub adjusting: Adjusting,
    pub reasons: Reasons,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { draft, adjusting, reasons } = model;
    let context = "A key's calls stay booked to the cost centre that it carried when they were made. Where that was the \
                   wrong one, what they cost is booked to another one here.";
    let key_hint = match &adjusting.key {
        Some(key) => format!("{}.", key.name),
        None => "Its id, as its page shows it. Empty: the keys that were charged most to the cost centre are listed."
            .to_owned(),
    };
    let (from, nothing_spent) = from_options(&adjusting, &draft.from);
    let chosen_from = match adjusting.standing.as_slice() {
        [(only, _)] if draft.from.is_empty() => only.choice(),
        _ => draft.from.clone(),
    };
    let from_hint = if nothing_spent { "This key spent nothing on these days." } else { "" };
    let mut to = vec![SelectOption::new("", "Choose one")];
    to.extend(adjusting.centres.iter().map(|centre| SelectOption::new(centre.choice(), centre.label.clone())));
    keep_chosen(&mut to, &draft.to);
    let proposed = proposed(&draft, &adjusting);
    let wrong = reasons.summary(has_field);
    let form = view! {
        <form class="form" method="get" action=paths::NEW_ADJUSTMENT>
            <TextField name="key" label="Key" value=draft.key.clone() mono=true hint=key_hint problem=reasons.at("key")/>
            <TextField
                name="first" label="First day" kind="date" value=draft.first.clone() required=true
                problem=reasons.at("first")
            />
            <TextField
                name="last" label="Last day" kind="date" value=draft.last.clone() required=true
                hint="Today can be among them. As long as calls are made, what it cost changes." problem=reasons.at("last")
            />
            <SelectField
                name="charged_to" label="Charged to" options=from value=chosen_from hint=from_hint
                problem=reasons.at("charged_to")
            />
            <SelectField
                name="move_to" label="Belongs to" options=to value=draft.to.clone()
                hint="It has to be valid on all of these days." problem=reasons.at("move_to")
            />
            <div class="actions">
                <button class="button primary" type="submit">"See what would move"</button>
                <a class="button plain" href=paths::COST_STATEMENT>"Cancel"</a>
            </div>
        </form>
    }
    .into_any();
    view! {
        <PageHead
            title="Move past spend" context=context.into_any()
            crumb=Crumb { text: "Statement".to_owned(), href: paths::COST_STATEMENT.to_owned() }
        />
        <ErrorSummary undone="anything can move" wrong=wrong/>
        {form}
        {proposed}
        <Section id="changes" title="What it changes">{what_it_changes()}</Section>
    }
}

/// Where the key was charged, if that is known, and else every cost centre; and whether there is a key that spent nothing.
fn from_options(adjusting: &Adjusting, chosen: &str) -> (Vec<SelectOption>, bool) {
    let mut options = vec![SelectOption::new("", "Choose one")];
    if adjusting.key.is_some() && !adjusting.standing.is_empty() {
        let there = adjusting.standing.iter();
        let option = |(centre, amount): &(NamedCentre, _)| {
            SelectOption::new(centre.choice(), format!("{}: {}", centre.label, usd(*amount)))
        };
        options.extend(there.map(option));
    } else {
        options.extend(adjusting.centres.iter().map(|centre| SelectOption::new(centre.choice(), centre.label.clone())));
    }
    keep_chosen(&mut options, chosen);
    (options, adjusting.key.is_some() && adjusting.standing.is_empty())
}

/// So that the form shows what it is refused for.
fn keep_chosen(options: &mut Vec<SelectOption>, chosen: &str) {
    let chosen = chosen.trim();
    if options.iter().all(|option| option.value != chosen) {
        options.push(SelectOption::new(chosen, chosen));
    }
}

/// Who was charged most to the cost centre, where no key is chosen.
fn proposed(draft: &MoveDraft, adjusting: &Adjusting) -> Option<AnyView> {
    let (entered, _) = draft.read();
    let days = entered.days.filter(|_| draft.key.trim().is_empty() && entered.from.is_some())?;
    let title = format!("Keys that were charged to it, {}", span(days.0, days.1));
    let rows = adjusting.proposed.iter().map(|(key, cost)| {
        let href = again(&MoveDraft { key: key.id.to_string(), ..draft.clone() });
        let (name, id, cost) = (key.name.clone(), key.id.to_string(), usd(*cost));
        view! {
            <tr>
                <NameCell name=name href=href note=id.into_any()/>
                <Cell label="Charged" number=true>{cost}</Cell>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let body = if rows.is_empty() {
        view! { <EmptyState text="No key was charged to it on these days."/> }.into_any()
    } else {
        let columns = vec![Column::text("Key"), Column::number("Charged")];
        view! { <Table columns=columns caption="Keys" compact=true>{rows}</Table> }.into_any()
    };
    Some(view! { <Section id="proposed" title=title>{body}</Section> }.into_any())
}
