//! Tables whose rows turn into labelled blocks where the screen is narrow: every cell carries its column's name.

use super::icon::Icon;
use domain::order::{Order, SortColumn};
use leptos::prelude::*;

#[derive(Debug, Clone)]
pub struct Column {
    text: String,
    /// Figures stand at the right, and come first when narrow.
    number: bool,
    sort: Option<Sort>,
}

/// A column that the list can be sorted by.
#[derive(Debug, Clone)]
struct Sort {
    /// The list in this column's order; turned round, if it is in it.
    href: String,
    /// The list is in this column's order, from the end or not.
    descending: Option<bool>,
}

impl Column {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: false, sort: None }
    }
    pub fn number(text: impl Into<String>) -> Self {
        Self { number: true, ..Self::text(text) }
    }

    /// Its title sorts the list, which is in the order `current`; `href` is the list in another.
    #[must_use]
    pub fn sorting<C: SortColumn>(
        self,
        by: C,
        current: Option<Order<C>>,
        href: impl FnOnce(Order<C>) -> String,
    ) -> Self {
        let current = current.filter(|order| order.by == by);
        let next = current.map_or_else(|| Order::by(by), Order::reversed);
        Self { sort: Some(Sort { href: href(next), descending: current.map(|order| order.descending) }), ..self }
    }

    fn head(self) -> impl IntoView {
        let Self { text, number, sort } = self;
        let class = number.then_some("num");
        let Some(Sort { href, descending }) = sort else {
            return view! { <th scope="col" class=class>{text}</th> }.into_any();
        };
        let way =
            descending.map(|descending| if descending { ("descending", Icon::Down) } else { ("ascending", Icon::Up) });
        let (said, icon) = way.unzip();
        view! {
            <th scope="col" class=class aria-sort=said>
                <a class="sort" href=href>{text}{icon.map(Icon::view)}</a>
            </th>
        }
        .into_any()
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
    let head = columns.into_iter().map(Column::head);
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
