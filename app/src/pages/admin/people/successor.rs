//! `/admin/people/{id}/successor`: finds a successor, then moves a leaver's keys.

use super::list::some;
use crate::chrome::Place;
use crate::components::{Cell, Column, Crumb, EmptyState, Filter, NameCell, PageHead, Table, TextField};
use crate::html;
use crate::pages::admin::{encoded, more};
use crate::pages::form::{Reasons, Sent, form_id, sent};
use crate::pages::handover::{self, HandoverForm, Successor};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::{KeyId, PersonId};
use domain::order::Order;
use leptos::prelude::*;
use portal::administration::people::PeoplePage;
use portal::handover::{Handover, Leaving};
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    pub q: String,
    pub after: String,
    /// Chosen already.
    pub to: Option<PersonId>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let query: Query = input.query()?;
    let leaving = Leaving { person: input.segment("id")?, within: None };
    let handover = visit.portal.handover(&visit.caller, leaving).await?;
    if let Some(to) = query.to {
        let model = model(&visit, handover, to, None, Reasons::default()).await?;
        return Ok(Answer::ok(document(&visit, model)));
    }
    let people = visit.portal.people(&visit.caller, some(&query.q), Order::default(), some(&query.after)).await?;
    let title = handover::title(&handover);
    let model = Choosing { handover, people, query };
    Ok(Answer::ok(html::document(&visit.chrome(Place::People), &title, || choose(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let HandoverForm { form, to, key, .. } = input.form()?;
    let leaving = Leaving { person, within: None };
    let form = form_id(&form)?;
    match sent(visit.portal.hand_over(&visit.caller, &form, leaving, to, &key).await)? {
        Sent::Done(_) | Sent::Before(_) => Ok(Answer::SeeOther(format!("{}?done=handed-over", paths::person(person)))),
        Sent::Refused(reasons) => {
            let handover = visit.portal.handover(&visit.caller, leaving).await?;
            let model = model(&visit, handover, to, Some(key), reasons).await?;
            Ok(Answer::refused(document(&visit, model)))
        }
    }
}

async fn model(
    visit: &Visit,
    handover: Handover,
    to: PersonId,
    ticked: Option<Vec<KeyId>>,
    reasons: Reasons,
) -> Result<handover::Model, PageError> {
    let successor = visit.portal.person(&visit.caller, to).await?.person;
    Ok(handover::Model {
        form: visit.portal.new_form(),
        action: format!("{}/successor", paths::person(handover.from)),
        names_leaver: false,
        to: Successor::Chosen(to, successor.name),
        ticked,
        crumb: crumb(&handover),
        handover,
        reasons,
    })
}

fn crumb(handover: &Handover) -> Crumb {
    Crumb { text: handover.from_name.clone(), href: paths::person(handover.from) }
}

fn document(visit: &Visit, model: handover::Model) -> String {
    let title = handover::title(&model.handover);
    html::document(&visit.chrome(Place::People), &title, || handover::view(model))
}

#[derive(Debug, Clone)]
pub struct Choosing {
    pub handover: Handover,
    pub people: PeoplePage,
    pub query: Query,
}

pub fn choose(model: Choosing) -> impl IntoView {
    let Choosing { handover, people, query } = model;
    let page = format!("{}/successor", paths::person(handover.from));
    let next = people.next.map(|after| format!("{page}?q={}&after={}", encoded(&query.q), encoded(&after)));
    let others = people.rows.iter().filter(|person| person.active && person.id != handover.from);
    let rows: Vec<_> = others
        .map(|person| {
            let (to, label) = (format!("{page}?to={}", person.id), format!("Choose {}", person.name));
            view! {
                <tr>
                    <NameCell name=person.name.clone() note=person.email.clone().into_any()/>
                    <Cell label="Successor"><a href=to aria-label=label>"Choose"</a></Cell>
                </tr>
            }
        })
        .collect();
    let list = if rows.is_empty() {
        view! { <EmptyState text="Nobody matches. Try a part of a name or address."/> }.into_any()
    } else {
        let columns = vec![Column::text("Person"), Column::text("Successor")];
        view! { <Table columns=columns caption="Successor">{rows}</Table> }.into_any()
    };
    let count = match handover.moves.len() {
        0 => "Nothing to hand over.".to_owned(),
        1 => "One key moves. Who takes over?".to_owned(),
        many => format!("{many} keys move. Who takes over?"),
    };
    view! {
        <PageHead title=handover::title(&handover) crumb=crumb(&handover) context=count.into_any()/>
        <Filter action=page>
            <div class="search"><TextField name="q" label="Search" kind="search" value=query.q placeholder="Name or e-mail address"/></div>
        </Filter>
        {list}
        {more(next)}
    }
}
