//! `/admin/mail`: letters that could not be delivered, why, and sending them again.

use super::{count, counted, document, may_change};
use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, NameCell, Notice, PageHead, Table, Tone, when};
use crate::format::Calendar;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use leptos::prelude::*;
use portal::notifications::{FailedMail, SendAgain, Undelivered};
use serde::Deserialize;

/// One letter, or all of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgainForm {
    pub letter: String,
}

const ALL: &str = "all";

pub async fn show(visit: Visit, _: Input) -> Result<Answer, PageError> {
    let undelivered = visit.portal.undelivered(&visit.caller).await?;
    let model = Model { undelivered, may_change: may_change(&visit) };
    Ok(Answer::ok(document(&visit, Place::Overview, "E-mail", |calendar| view(calendar, model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let AgainForm { letter } = input.form()?;
    let what = match letter.parse() {
        Ok(letter) => SendAgain::One(letter),
        Err(_) if letter == ALL => SendAgain::All,
        Err(_) => return Err(PageError::Unprocessable("The form names no letter.".into())),
    };
    visit.portal.send_again(visit.administrator()?, what).await?;
    Ok(Answer::SeeOther(paths::MAIL.to_owned()))
}

#[derive(Debug, Clone)]
pub struct Model {
    pub undelivered: Undelivered,
    pub may_change: bool,
}

pub fn view(calendar: &Calendar, model: Model) -> impl IntoView + use<> {
    let Model { undelivered: Undelivered { mail, counts, failed }, may_change } = model;
    let unsent = (!mail).then(|| {
        let text = "No mail server is configured, so that no e-mail is sent: what people are told stands in their list. \
                    The section [mail] of the configuration names one.";
        view! { <Notice tone=Tone::Info text=text/> }
    });
    let waiting = u64::try_from(counts.tried).unwrap_or(0);
    let waiting = (waiting > 0).then(|| {
        let text = format!("{} did not arrive yet and will be tried again.", counted(waiting, "e-mail"));
        view! { <Notice tone=Tone::Warn text=text/> }
    });
    let total = u64::try_from(counts.failed).unwrap_or(0);
    let all = (may_change && total > 1).then(|| again(ALL.to_owned(), "Send all again", String::new()));
    let body = if failed.is_empty() {
        view! { <EmptyState text="Every e-mail that was tried has arrived, or is tried again by itself."/> }.into_any()
    } else {
        let shown = count(failed.len());
        let more = (total > shown).then(|| {
            view! { <p class="muted">{format!("{} more are older.", total - shown)}</p> }
        });
        let rows = failed.into_iter().map(|one| line(calendar, one, may_change)).collect_view();
        let mut columns =
            vec![Column::text("To"), Column::text("Why"), Column::number("Attempts"), Column::text("Given up")];
        if may_change {
            columns.push(Column::text("Again"));
        }
        view! { <Table columns=columns caption="E-mail that was given up">{rows}</Table>{more} }.into_any()
    };
    view! {
        <PageHead
            title="E-mail that was not delivered"
            crumb=Crumb { text: "Overview".to_owned(), href: paths::ADMINISTRATION.to_owned() }
        >
            {all}
        </PageHead>
        {unsent}
        {waiting}
        {body}
    }
}

fn line(calendar: &Calendar, failed: FailedMail, may_change: bool) -> impl IntoView + use<> {
    let FailedMail { id, person, person_name, attempts, failed_at, problem } = failed;
    let again = may_change.then(|| {
        let again = again(id.to_string(), "Send again", format!(" to {person_name}"));
        view! { <Cell label="Again">{again}</Cell> }
    });
    let given_up = when(calendar, failed_at);
    view! {
        <tr>
            <NameCell name=person_name.clone() href=paths::person(person)/>
            <Cell label="Why">{problem}</Cell>
            <Cell label="Attempts" number=true>{attempts}</Cell>
            <Cell label="Given up">{given_up}</Cell>
            {again}
        </tr>
    }
}

fn again(letter: String, verb: &'static str, which: String) -> impl IntoView {
    let which = (!which.is_empty()).then(|| view! { <span class="visually-hidden">{which}</span> });
    view! {
        <form method="post" action=paths::MAIL>
            <input type="hidden" name="letter" value=letter/>
            <button class="button" type="submit">{verb}{which}</button>
        </form>
    }
}
