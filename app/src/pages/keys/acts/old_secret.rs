//! Ending the old secret of a rotation now, or giving it more time.

use super::{crumb, key_for, page, problem};
use crate::components::{ChoiceOption, Choices, Crumb, PageHead};
use crate::format::Calendar;
use crate::paths::{self, KeyAct};
use crate::visit::{Answer, Input, PageError, Visit};
use crate::words;
use domain::id::KeyId;
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::Overlap;
use leptos::prelude::*;
use portal::PortalError;
use portal::keys::{KeyDetail, Rotation};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    end: String,
}

pub struct Model {
    pub id: KeyId,
    pub crumb: Crumb,
    /// `None`: it ended while the page was open.
    pub rotation: Option<Rotation>,
    pub end: Overlap,
    pub refusals: Vec<Refusal>,
    pub calendar: Calendar,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let detail = match key_for(&visit, &input, |acts| acts.end_old_secret).await? {
        Ok(detail) => detail,
        Err(answer) => return Ok(answer),
    };
    let model = model(&visit, detail, Overlap::None, Vec::new()).await?;
    Ok(Answer::ok(page(&visit, "End the old secret", || view(model))))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Form { end } = input.form()?;
    let id: KeyId = input.segment("id")?;
    let (end, refusals) = match Overlap::from_word(&end) {
        Some(end) => match visit.portal.end_old_secret(&visit.caller, id, end).await {
            Ok(()) => return Ok(Answer::SeeOther(format!("{}#callers", paths::key(id)))),
            Err(PortalError::Refused(refusals)) => (end, refusals),
            Err(error) => return Err(error.into()),
        },
        None => (Overlap::None, vec![Refusal::new("end", Reason::UnknownChoice)]),
    };
    let model = model(&visit, visit.portal.key(&visit.caller, id).await?, end, refusals).await?;
    Ok(Answer::refused(page(&visit, "End the old secret", || view(model))))
}

async fn model(visit: &Visit, detail: KeyDetail, end: Overlap, refusals: Vec<Refusal>) -> Result<Model, PageError> {
    let id = detail.key.id;
    let rotation = visit.portal.see_key(&visit.caller, id).await?.callers().await?.rotation;
    Ok(Model { id, crumb: crumb(&detail.key), rotation, end, refusals, calendar: visit.calendar() })
}

pub fn view(model: Model) -> impl IntoView {
    let Model { id, crumb, rotation, end, refusals, calendar } = model;
    let title = format!("The old secret of {}", crumb.text);
    let found = rotation.map(|rotation| {
        let (_, found) = words::old_secret(rotation.finding, &calendar);
        format!("It would end on {}. {found}", calendar.date_time(rotation.ends_at))
    });
    let options = Overlap::ALL.map(|choice| {
        let option = ChoiceOption::new(choice.word(), words::end_of_old_secret(choice));
        match choice {
            Overlap::None => option.noted("Whoever still sends it is refused from the next call on."),
            _ => option,
        }
    });
    view! {
        <PageHead title=title crumb=crumb/>
        <form class="form" method="post" action=paths::key_act(id, KeyAct::OldSecret)>
            <p>{found}</p>
            <Choices name="end" label="It ends" options=options.to_vec() value=end.word() problem=problem(&refusals)/>
            <div class="actions">
                <button class="button primary" type="submit">"Change its end"</button>
                <a class="button plain" href=paths::key(id)>"Leave it"</a>
            </div>
        </form>
    }
}
