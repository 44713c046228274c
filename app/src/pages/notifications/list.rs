//! `/notifications`: what one was told, newest first, what of it is unread, and the way to deal with each.
//!
//! Following a link marks nothing: a page that is only opened has not been dealt with, and a GET changes nothing.

use crate::chrome::Place;
use crate::components::{Chip, EmptyState, Icon, ListView, PageHead, Tone, Views, when};
use crate::format::Calendar;
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::NotificationId;
use domain::time::Timestamp;
use leptos::prelude::*;
use portal::notifications::{Notification, NotificationPage, NotificationView};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    view: String,
    after: Option<String>,
}

/// Everything up to the newest that the page showed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadAllForm {
    pub upto: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadForm {}

const UNREAD: &str = "unread";

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Query { view, after } = input.query()?;
    let which = if view == UNREAD { NotificationView::Unread } else { NotificationView::All };
    let page = visit.portal.notifications(&visit.caller, which, after.as_deref()).await?;
    let model = Model { page, view: which, is_first: after.is_none(), calendar: visit.calendar() };
    let chrome = visit.chrome(Place::Notifications);
    Ok(Answer::ok(html::document(&chrome, "Notifications", || self::view(model))))
}

pub async fn read_all(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let ReadAllForm { upto } = input.form()?;
    visit.portal.read_notifications(&visit.caller, Timestamp::from_ms(upto)).await?;
    Ok(Answer::SeeOther(paths::NOTIFICATIONS.to_owned()))
}

pub async fn read(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let ReadForm {} = input.form()?;
    let id: NotificationId = input.segment("id")?;
    visit.portal.read_notification(&visit.caller, id).await?;
    Ok(Answer::SeeOther(paths::NOTIFICATIONS.to_owned()))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub page: NotificationPage,
    pub view: NotificationView,
    pub is_first: bool,
    pub calendar: Calendar,
}

pub fn view(model: Model) -> impl IntoView {
    let Model { page: NotificationPage { rows, next, unread, total }, view, is_first, calendar } = model;
    let newest = rows.first().filter(|_| is_first && unread > 0).map(|row| row.made_at);
    let read_all = newest.map(|newest| {
        view! {
            <form method="post" action=paths::NOTIFICATIONS>
                <input type="hidden" name="upto" value=newest.as_ms().to_string()/>
                <button class="button" type="submit">"Mark all as read"</button>
            </form>
        }
    });
    let only_unread = view == NotificationView::Unread;
    let next = next.map(|after| {
        let view = if only_unread { "view=unread&" } else { "" };
        format!("{}?{view}after={after}", paths::NOTIFICATIONS)
    });
    let body = match (rows.is_empty(), is_first, only_unread) {
        (true, true, true) => view! { <EmptyState text="Nothing is unread."/> }.into_any(),
        (true, true, false) => empty().into_any(),
        (true, false, _) => view! { <EmptyState text="There are no older ones."/> }.into_any(),
        (false, ..) => {
            let rows = rows.into_iter().map(|row| line(row, &calendar)).collect_view();
            view! { <ul class="notes">{rows}</ul> }.into_any()
        }
    };
    let more = (!is_first || next.is_some()).then(|| {
        let first = (!is_first).then(|| view! { <a href=paths::NOTIFICATIONS>{Icon::Previous.view()}" Newest"</a> });
        let next = next.map(|href| view! { <a href=href rel="next">"Older "{Icon::Next.view()}</a> });
        view! { <nav class="pager" aria-label="Pages">{first}{next}</nav> }
    });
    view! {
        <PageHead title="Notifications">
            {read_all}
            <a class="button plain" href=paths::ACCOUNT_NOTIFICATIONS>"How I am told"</a>
        </PageHead>
        <Views views=views(only_unread, unread, total)/>
        {body}
        {more}
    }
}

fn views(only_unread: bool, unread: u64, total: u64) -> Vec<ListView> {
    vec![
        ListView {
            text: "Unread".to_owned(),
            count: unread,
            href: format!("{}?view={UNREAD}", paths::NOTIFICATIONS),
            current: only_unread,
        },
        ListView { text: "All".to_owned(), count: total, href: paths::NOTIFICATIONS.to_owned(), current: !only_unread },
    ]
}

fn empty() -> impl IntoView {
    let text = "Nothing yet. You are told here when a request is answered, a key is about to expire, a budget is nearly \
                spent, or somebody changes a key of yours.";
    view! {
        <EmptyState text=text>
            <a class="button" href=paths::ACCOUNT_NOTIFICATIONS>"Choose how you are told"</a>
        </EmptyState>
    }
}

fn line(row: Notification, calendar: &Calendar) -> impl IntoView + use<> {
    let words::Told { headline, next, href } = words::happening(&row.happening, calendar);
    let made = when(calendar, row.made_at);
    let is_unread = row.read_at.is_none();
    let mark = is_unread.then(|| view! { <Chip tone=Tone::Info text="Unread"/> });
    let read = is_unread.then(|| {
        // The button's words are the same on every row; for those who hear it, it says which.
        let which = format!(": {headline}");
        view! {
            <form method="post" action=paths::notification(row.id)>
                <button class="button plain" type="submit">
                    "Mark as read"<span class="visually-hidden">{which}</span>
                </button>
            </form>
        }
    });
    view! {
        <li class=is_unread.then_some("unread")>
            <div>
                <p class="headline"><a href=href>{headline}</a>{mark}</p>
                <p class="next">{next}</p>
            </div>
            <div class="aside">{made}{read}</div>
        </li>
    }
}
