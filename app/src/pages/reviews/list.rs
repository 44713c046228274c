//! `/reviews`: the keys that wait for whoever reviews them, and those that are decided about.

use super::{about, none_open, page, table};
use crate::components::{EmptyState, ErrorSummary, ListView, Notice, PageHead, Tone, Views};
use crate::format::{Calendar, grouped};
use crate::pages::admin::{counted, more};
use crate::pages::form::Reasons;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::key_review::Decision;
use domain::permission::Permission;
use leptos::prelude::*;
use portal::keys::reviews::{Held, ReviewPage, ReviewQuery, ReviewView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const DONE: &str = "done";

/// The address of a list, and what was just done from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
    /// The review that a form was of is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
}

impl Asked {
    pub(super) fn href(&self) -> String {
        paths::asked(paths::REVIEWS, self)
    }

    fn on(&self, view: ReviewView) -> Self {
        let word = (view == ReviewView::Done).then(|| DONE.to_owned());
        Self { view: word, team: self.team.clone(), ..Self::default() }
    }

    fn current(&self) -> ReviewView {
        if self.view.as_deref() == Some(DONE) { ReviewView::Done } else { ReviewView::ToReview }
    }

    /// Something that is no team is not found.
    pub(super) fn query(&self) -> Result<ReviewQuery, PageError> {
        let given = self.team.as_deref().filter(|team| !team.is_empty());
        let team = given.map(|team| team.parse().map_err(|_| PageError::NotFound)).transpose()?;
        Ok(ReviewQuery { view: self.current(), team, after: self.after.clone() })
    }
}

pub struct Model {
    pub asked: Asked,
    pub page: ReviewPage,
    /// What was chosen in a form that comes back, by key.
    pub chosen: HashMap<String, Decision>,
    pub reasons: Reasons,
    pub administers: bool,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let asked: Asked = input.query()?;
    // Auditors read how reviews go, and decide nothing.
    if !Permission::Decide.allows(Some(&visit.caller)) {
        return Ok(Answer::SeeOther(paths::REVIEW_PROGRESS.to_owned()));
    }
    let model = load(&visit, asked).await?;
    Ok(Answer::ok(page(&visit, "Reviews", || view(model))))
}

pub(super) async fn load(visit: &Visit, asked: Asked) -> Result<Model, PageError> {
    let page = visit.portal.review_page(&visit.caller, &asked.query()?).await?;
    Ok(Model {
        asked,
        page,
        chosen: HashMap::new(),
        reasons: Reasons::default(),
        administers: Permission::Administer.allows(Some(&visit.caller)),
        calendar: visit.calendar(),
    })
}

pub fn view(model: Model) -> impl IntoView {
    let Model { asked, page, chosen, reasons, administers, calendar } = model;
    let title = match &page.team {
        Some((_, name)) => format!("Reviews of {name}"),
        None => "Reviews".to_owned(),
    };
    let progress = administers.then(|| view! { <a class="button" href=paths::REVIEW_PROGRESS>"Progress"</a> });
    let context = match page.held {
        Held::Open { review, overdue } => about(&review, overdue).into_any(),
        Held::Off | Held::From(_) => ().into_any(),
    };
    if let Some(why) = none_open(page.held, administers) {
        return view! { <PageHead title=title>{progress}</PageHead>{why} }.into_any();
    }
    let tab = |view: ReviewView, text: &str, count| ListView {
        text: text.to_owned(),
        count,
        href: asked.on(view).href(),
        current: asked.current() == view,
    };
    let views = vec![tab(ReviewView::ToReview, "To review", page.waiting), tab(ReviewView::Done, "Done", page.decided)];
    let next = page.next.clone();
    let next = next.map(|cursor| Asked { after: Some(cursor), ..asked.on(asked.current()) }.href());
    let said = happened(&asked);
    let whose = whose(&page, administers, asked.current());
    let body = match asked.current() {
        ReviewView::ToReview if page.to_review.is_empty() => nothing_waits(&asked, page.decided).into_any(),
        ReviewView::ToReview => {
            let wrong = reasons.summary(|_| false);
            let undone = "anything is decided";
            view! {
                <ErrorSummary undone=undone wrong=wrong/>
                {table::to_review(&asked, page, &chosen, &calendar)}
            }
            .into_any()
        }
        ReviewView::Done if page.done.is_empty() => view! { <EmptyState text="Nothing is decided yet."/> }.into_any(),
        ReviewView::Done => table::done(page.done, &calendar).into_any(),
    };
    view! {
        <PageHead title=title context=context>{progress}</PageHead>
        {said}
        <Views views=views/>
        {whose}
        {body}
        {more(next)}
    }
    .into_any()
}

fn happened(asked: &Asked) -> Option<impl IntoView + use<>> {
    let (kept, revoked) = (asked.kept.unwrap_or(0), asked.revoked.unwrap_or(0));
    let (tone, text) = match (asked.over.is_some(), kept, revoked) {
        (true, ..) => (
            Tone::Warn,
            "The review that you had open is over, and nothing of it was decided. What still waits is in this one."
                .to_owned(),
        ),
        (false, 0, 0) => return None,
        (false, kept, 0) => (Tone::Ok, format!("{} kept.", counted(kept, "key"))),
        (false, 0, revoked) => (Tone::Ok, format!("{} revoked.", counted(revoked, "key"))),
        (false, kept, revoked) => (Tone::Ok, format!("{} kept, {} revoked.", counted(kept, "key"), grouped(revoked))),
    };
    Some(view! { <div role="status"><Notice tone=tone text=text/></div> })
}

/// Which keys the list has, and who reviews the reader's own.
fn whose(page: &ReviewPage, administers: bool, current: ReviewView) -> impl IntoView + use<> {
    let own = match (administers, page.only_administrator) {
        (_, true) => "You are the only administrator, so that your own keys are yours to review too.",
        _ => "Your own keys are not among them: somebody else says whether they are needed.",
    };
    let which = match (&page.team, administers, current) {
        (Some(_), ..) => "Keys of the team, and of people who are in no other team.",
        (None, true, ReviewView::Done) => "Everything that was decided in this review.",
        (None, true, ReviewView::ToReview) => {
            "Keys that no lead reviews: of teams without one, of leads themselves, and of people in no team or in \
             several. Those of a team are a click away in its line of the progress."
        }
        (None, false, _) => "Keys of teams that you lead, and of people who are in no other team.",
    };
    view! { <p class="muted">{format!("{which} {own}")}</p> }
}

fn nothing_waits(asked: &Asked, decided: u64) -> impl IntoView + use<> {
    let first = asked.after.is_some().then(|| {
        let href = asked.on(ReviewView::ToReview).href();
        view! { <a class="button" href=href>"Back to the first ones"</a> }
    });
    let text = match (first.is_some(), decided) {
        (true, _) => "No more keys behind these.",
        (false, 0) => "Nothing waits for you in this review.",
        (false, _) => "All done. The next review opens with the next quarter.",
    };
    view! { <EmptyState text=text>{first}</EmptyState> }
}
