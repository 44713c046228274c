//! What became of several things that one act was for: each by its name, with why it was not done.

use super::{Cell, Chip, Column, NameCell, Table, Tone};
use leptos::prelude::*;

pub struct Became {
    pub name: String,
    /// Empty: it cannot be opened.
    pub href: String,
    pub tone: Tone,
    pub word: &'static str,
    /// Empty where it was done.
    pub why: String,
}

#[component]
pub fn Outcomes(caption: &'static str, all: Vec<Became>) -> impl IntoView {
    let rows = all.into_iter().map(|Became { name, href, tone, word, why }| {
        view! {
            <tr>
                <NameCell name=name href=href/>
                <Cell label="Outcome"><Chip tone=tone text=word/></Cell>
                <Cell label="Why">{why}</Cell>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = ["Key", "Outcome", "Why"].map(Column::text).to_vec();
    view! { <Table columns=columns caption=caption compact=true>{rows}</Table> }
}
