//! The list of keys: views with their counts, search and filters, all of them in the address.

use super::rows::{KeyTable, Shown};
use super::{file, selection};
use crate::chrome::Place;
use crate::components::{EmptyState, Filter, ListView, PageHead, Pager, SelectField, SelectOption, TextField, Views};
use crate::format::Calendar;
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::order::{KeyColumn, Order};
use domain::permission::Permission;
use leptos::prelude::*;
use portal::keys::{KeysPage, KeysQuery, KeysView, OwnerFilter};
use serde::{Deserialize, Serialize};

const EVERYONE: &str = "everyone";
const MINE: &str = "mine";

/// The address of a view. Nothing in it is secret, and every link of the page is made from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// [`Order::word`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The number of the first row, for "51–100 of 1,204"; the cursor alone does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
}

impl Asked {
    pub fn href(&self) -> String {
        paths::asked(paths::KEYS, self)
    }

    fn current_view(&self) -> KeysView {
        self.view.as_deref().and_then(KeysView::from_word).unwrap_or_default()
    }

    /// The same filters on another view, from its first row.
    fn on(&self, view: KeysView) -> Self {
        let word = (view != KeysView::default()).then(|| view.word().to_owned());
        Self { view: word, after: None, from: None, ..self.clone() }
    }

    pub(super) fn order(&self) -> Option<Order<KeyColumn>> {
        self.sort.as_deref().and_then(Order::from_word)
    }

    /// The same keys in another order, from the first; `None` is the usual one.
    pub(super) fn sorted(&self, order: Option<Order<KeyColumn>>) -> Self {
        Self { sort: order.map(Order::word), after: None, from: None, ..self.clone() }
    }

    fn narrowed(&self) -> bool {
        self.q.is_some() || self.environment.is_some() || self.current_view() != KeysView::Live
    }

    /// `default_owner` is whose keys are shown when the address does not say.
    pub fn query(&self, default_owner: OwnerFilter) -> KeysQuery {
        let owner = match self.owner.as_deref() {
            None => default_owner,
            Some(EVERYONE) => OwnerFilter::All,
            Some(team) => team.parse().map_or(OwnerFilter::Mine, OwnerFilter::Team),
        };
        KeysQuery {
            view: self.current_view(),
            owner,
            search: self.q.clone(),
            environment: self.environment.clone(),
            order: self.order(),
            after: self.after.clone(),
        }
    }
}

pub struct Model {
    pub asked: Asked,
    pub owner: OwnerFilter,
    pub page: KeysPage,
    pub may_mint: bool,
    /// Everyone's keys are in reach, not only those of one's teams.
    pub sees_all: bool,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let may_mint = Permission::ManageKeys.allows(Some(&visit.caller));
    let query = asked.query(default_owner(&visit));
    let page = visit.portal.keys(&visit.caller, &query).await?;
    let model =
        Model { asked, owner: query.owner, sees_all: page.of_everyone, page, may_mint, calendar: visit.calendar() };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), "Keys", || view(model))))
}

/// What the list shows, all pages together.
pub async fn download(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    let query = asked.query(default_owner(&visit));
    let file = visit.portal.keys_file(&visit.caller, &query).await?;
    let body = file::csv(&file, &visit.calendar()).into_bytes();
    Ok(Answer::Download { name: file::name(query.view, &file), content_type: "text/csv; charset=utf-8", body })
}

/// Who holds no keys came to look at those of others.
pub(super) fn default_owner(visit: &Visit) -> OwnerFilter {
    if Permission::ManageKeys.allows(Some(&visit.caller)) { OwnerFilter::Mine } else { OwnerFilter::All }
}

pub fn view(model: Model) -> impl IntoView {
    let Model { asked, owner, page, may_mint, sees_all, calendar } = model;
    let counts = page.counts;
    let current = asked.current_view();
    let tab = |view: KeysView, text: &str, current: bool| ListView {
        text: text.to_owned(),
        count: u64::try_from(counts.of(view)).unwrap_or(0),
        href: asked.on(view).href(),
        current,
    };
    let is_unused = KeysView::UNUSED.contains(&current);
    let views = [
        (KeysView::Live, "All"),
        (KeysView::Attention, "Needs attention"),
        (KeysView::OverEighty, "Over 80 %"),
        (KeysView::ExpiringSoon, "Expiring in 14 days"),
        (KeysView::Unused, "Unused 30 days"),
        (KeysView::LongLived, "Valid for over a year"),
        (KeysView::Ended, "Revoked and expired"),
    ];
    let views = views.map(|(view, text)| tab(view, text, view == current || (view == KeysView::Unused && is_unused)));
    let unused = is_unused.then(|| {
        let views = KeysView::UNUSED.map(|view| {
            let text = match view {
                KeysView::Unused60 => "60 days",
                KeysView::Unused90 => "90 days",
                KeysView::NeverUsed => "Never used",
                _ => "30 days",
            };
            tab(view, text, view == current)
        });
        view! { <Views label="Unused for" views=views.to_vec()/> }
    });
    let nothing = page.rows.is_empty();
    let list = if nothing {
        empty(&asked, owner, may_mint).into_any()
    } else {
        listed(&asked, owner, page.clone(), may_mint, calendar).into_any()
    };
    view! {
        <PageHead title="Keys">
            {may_mint.then(|| view! { <a class="button primary" href=paths::MINT>"Mint a key"</a> })}
        </PageHead>
        <Views views=views.to_vec()/>
        {unused}
        {filter(&asked, owner, &page, sees_all)}
        {list}
    }
}

fn filter(asked: &Asked, owner: OwnerFilter, page: &KeysPage, sees_all: bool) -> impl IntoView + use<> {
    let view = asked.view.clone().map(|view| view! { <input type="hidden" name="view" value=view/> });
    let sort = asked.sort.clone().map(|sort| view! { <input type="hidden" name="sort" value=sort/> });
    let whose = page.sees_others.then(|| {
        let mut options = vec![SelectOption::new(MINE, "Mine")];
        options.extend(
            page.teams.iter().map(|team| SelectOption::new(team.id.to_string(), format!("Team {}", team.name))),
        );
        options.push(SelectOption::new(EVERYONE, if sees_all { "Everyone" } else { "Mine and my teams'" }));
        let value = match owner {
            OwnerFilter::Mine => MINE.to_owned(),
            OwnerFilter::Team(team) => team.to_string(),
            OwnerFilter::All => EVERYONE.to_owned(),
        };
        view! { <SelectField name="owner" label="Owner" value=value options=options/> }
    });
    let mut environments = vec![SelectOption::new("", "Any")];
    environments.extend(page.environments.iter().map(|name| SelectOption::new(name.clone(), name.clone())));
    let whole = paths::asked(paths::KEYS_FILE, asked.sorted(None));
    let csv = match page.rows.is_empty() {
        true => ().into_any(),
        false => view! { {usual_order(asked)} <a href=whole>"CSV"</a> }.into_any(),
    };
    let (q, environment) = (asked.q.clone().unwrap_or_default(), asked.environment.clone().unwrap_or_default());
    view! {
        <Filter action=paths::KEYS aside=csv>
            {view}
            {sort}
            <div class="search"><TextField name="q" label="Search" kind="search" value=q placeholder="Name, id, application"/></div>
            {whose}
            <SelectField name="environment" label="Environment" value=environment options=environments/>
        </Filter>
    }
}

/// The orders that no column stands for. Views that are computed come with what matters most first.
fn usual_order(asked: &Asked) -> impl IntoView + use<> {
    let newest = Order::<KeyColumn>::default();
    let computed = matches!(asked.current_view(), KeysView::Attention | KeysView::OverEighty);
    let (order, text) = match (asked.order(), computed) {
        (None, true) => return ().into_any(),
        (Some(_), true) => (None, "Most urgent first"),
        (None, false) => (Some(newest.reversed()), "Oldest first"),
        (Some(order), false) if order == newest => (Some(newest.reversed()), "Oldest first"),
        (Some(_), false) => (None, "Newest first"),
    };
    view! { <a href=asked.sorted(order).href()>{text}</a>" " }.into_any()
}

fn listed(
    asked: &Asked,
    owner: OwnerFilter,
    page: KeysPage,
    may_change: bool,
    calendar: Calendar,
) -> impl IntoView + use<> {
    let count = u64::try_from(page.rows.len()).unwrap_or(u64::MAX);
    let first = asked.from.filter(|_| asked.after.is_some()).unwrap_or(1).max(1);
    let after = first.saturating_add(count);
    let next = page.next.map(|cursor| Asked { after: Some(cursor), from: Some(after), ..asked.clone() }.href());
    let total = u64::try_from(page.total).unwrap_or(0).max(after - 1);
    // Where a key ended there is nothing to do any more.
    let choice = may_change && asked.current_view() != KeysView::Ended && page.rows.iter().any(|row| row.changeable);
    let shown = Shown { owners: owner != OwnerFilter::Mine, spend: asked.current_view().is_report(), choice };
    let table = view! { <KeyTable caption="Keys" rows=page.rows calendar=calendar shown=shown sorting=asked.clone()/> };
    let table = if choice {
        let bar = selection::bar(asked, total);
        view! { <form class="stack" method="get" action=paths::SELECTED_KEYS>{table}{bar}</form> }.into_any()
    } else {
        table.into_any()
    };
    view! {
        {table}
        <Pager shown=(first, after - 1) total=total previous=None next=next/>
    }
}

fn empty(asked: &Asked, owner: OwnerFilter, may_mint: bool) -> impl IntoView + use<> {
    if asked.narrowed() {
        let all = Asked { owner: asked.owner.clone(), ..Asked::default() }.href();
        return view! {
            <EmptyState text="No key is in this view."><a class="button" href=all>"Show all keys"</a></EmptyState>
        }
        .into_any();
    }
    let mint = may_mint.then(|| view! { <a class="button primary" href=paths::MINT>"Mint a key"</a> });
    let text = match (owner, may_mint) {
        (OwnerFilter::Mine, true) => "No keys yet. Mint one and make your first call in a minute.",
        (_, true) => "Nobody here has a key yet. The first one takes a minute.",
        (_, false) => "Nobody has minted a key yet. Keys appear here as soon as developers mint them.",
    };
    view! { <EmptyState text=text>{mint}</EmptyState> }.into_any()
}
