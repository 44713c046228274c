//! Tables whose rows turn into labelled blocks where the screen is narrow: every cell carries its column's name.

use leptos::prelude::*;

#[derive(Debug, Clone)]
pub struct Column {
    pub text: String,
    /// Figures stand at the right, and come first when narrow.
    pub number: bool,
}

impl Column {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: false }
    }
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: true }
    }
}

/// Children are `<tr>`s. `foot` holds the `<tr>` of totals.
#[component]
pub fn Table(
    columns: Vec<Column>,
    /// Read aloud before the table; not drawn, since the section's title says the same.
    #[prop(into)]
    caption: String,
    #[prop(optional)] compact: bool,
    #[prop(optional, into)] foot: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let head = columns.into_iter().map(|Column { text, number }| {
        view! { <th scope="col" class=number.then_some("num")>{text}</th> }
    });
    view! {
        <table class=if compact { "table compact" } else { "table" }>
            <caption class="visually-hidden">{caption}</caption>
            <thead><tr>{head.collect_view()}</tr></thead>
            <tbody>{children()}</tbody>
            {foot.map(|foot| view! { <tfoot>{foot}</tfoot> })}
        </table>
    }
}

/// The name of the row's thing: a link to it and a note below.
#[component]
pub fn NameCell(
    #[prop(into)] name: String,
    #[prop(optional, into)] href: String,
    #[prop(optional, into)] note: Option<AnyView>,
) -> impl IntoView {
    let name =
        if href.is_empty() { view! { <b>{name}</b> }.into_any() } else { view! { <a href=href>{name}</a> }.into_any() };
    view! {
        <th scope="row" class="name">
            {name}
            {note.map(|note| view! { <span class="note">{note}</span> })}
        </th>
    }
}

/// `label` repeats the column's name for narrow screens.
#[component]
pub fn Cell(
    #[prop(into)] label: String,
    #[prop(optional)] number: bool,
    /// Not a number, but what people look for first: a budget meter.
    #[prop(optional)]
    figure: bool,
    #[prop(optional, into)] note: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let class = match (number, figure) {
        (true, _) => Some("num"),
        (false, true) => Some("figure"),
        (false, false) => None,
    };
    view! {
        <td data-label=label class=class>
            <div>{children()}{note.map(|note| view! { <span class="note">{note}</span> })}</div>
        </td>
    }
}
