//! `/team/{id}/successor`: a lead moves the team's keys that somebody answers for to another member.

use crate::chrome::Place;
use crate::components::Crumb;
use crate::html;
use crate::pages::form::{Reasons, Sent, form_id, sent};
use crate::pages::handover::{self, HandoverForm, Successor};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::{KeyId, PersonId, TeamId};
use portal::handover::Leaving;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
struct Query {
    from: Option<PersonId>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let Query { from } = input.query()?;
    let leaving = Leaving { person: from.ok_or(PageError::NotFound)?, within: Some(team) };
    let model = model(&visit, team, leaving, None, Reasons::default()).await?;
    Ok(Answer::ok(document(&visit, model)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let team: TeamId = input.segment("id")?;
    let HandoverForm { form, from, to, key } = input.form()?;
    let missing = || PageError::Unprocessable("The form does not say whose keys move.".into());
    let leaving = Leaving { person: from.ok_or_else(missing)?, within: Some(team) };
    let form = form_id(&form)?;
    match sent(visit.portal.hand_over(&visit.caller, &form, leaving, to, &key).await)? {
        Sent::Done(_) | Sent::Before(_) => Ok(Answer::SeeOther(format!("{}?done=handed-over", paths::led_team(team)))),
        Sent::Refused(reasons) => {
            let model = model(&visit, team, leaving, Some(key), reasons).await?;
            Ok(Answer::refused(document(&visit, model)))
        }
    }
}

async fn model(
    visit: &Visit,
    team: TeamId,
    leaving: Leaving,
    ticked: Option<Vec<KeyId>>,
    reasons: Reasons,
) -> Result<handover::Model, PageError> {
    let handover = visit.portal.handover(&visit.caller, leaving).await?;
    Ok(handover::Model {
        form: visit.portal.new_form(),
        action: format!("{}/successor", paths::led_team(team)),
        names_leaver: true,
        to: Successor::OneOf(handover.successors.clone()),
        ticked,
        crumb: Crumb { text: "Team".to_owned(), href: paths::led_team(team) },
        handover,
        reasons,
    })
}

fn document(visit: &Visit, model: handover::Model) -> String {
    let title = handover::title(&model.handover);
    html::document(&visit.chrome(Place::Elsewhere), &title, || handover::view(model))
}
