//! What a team's keys are booked to if nothing else is said, on the team's page.

use super::show::{Model, view};
use crate::chrome::Place;
use crate::components::{Section, SelectField};
use crate::pages::admin::cost_centres::options;
use crate::pages::admin::document;
use crate::pages::form::{Reasons, Sent, sent};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::cost_centre::CentreEntry;
use domain::id::TeamId;
use leptos::prelude::*;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamCentreForm {
    /// Its code; empty: none.
    pub cost_centre: String,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let (team, form): (TeamId, TeamCentreForm) = (input.segment("id")?, input.form()?);
    let centre = form.cost_centre.trim().to_owned();
    let code = Some(centre.as_str()).filter(|code| !code.is_empty());
    match sent(visit.portal.set_team_cost_centre(visit.administrator()?, team, code).await)? {
        Sent::Done(()) => Ok(Answer::SeeOther(format!("{}?booked=yes", paths::team(team)))),
        Sent::Before(made) => Ok(Answer::SeeOther(paths::made(made))),
        Sent::Refused(reasons) => {
            let detail = visit.portal.team(&visit.caller, team).await?;
            let name = detail.team.name.clone();
            let model = Model { detail, centre, reasons, may_change: true, happened: None };
            Ok(Answer::refused(document(&visit, Place::Teams, &name, |calendar| view(calendar, model))))
        }
    }
}

/// `chosen` is what the form holds, `kept` what is saved.
pub(super) fn section(
    team: TeamId,
    kept: Option<String>,
    valid: &[CentreEntry],
    chosen: String,
    reasons: &Reasons,
    may_change: bool,
) -> impl IntoView + use<> {
    let body = if may_change {
        let options = options("None".to_owned(), valid, &chosen);
        view! {
            <form class="form" method="post" action=format!("{}/cost-centre", paths::team(team))>
                <SelectField
                    name="cost_centre" label="Cost centre" options=options value=chosen
                    hint="What new keys of the team are booked to if nothing else is chosen; also own keys of members who \
                          are in no other team." problem=reasons.at("cost_centre")
                />
                <div class="actions"><button class="button" type="submit">"Save cost centre"</button></div>
            </form>
        }
        .into_any()
    } else {
        let of = |code: String| valid.iter().find(|entry| entry.code == code).map_or(code, CentreEntry::label);
        let text =
            kept.map_or_else(|| "Keys of the team are booked to none unless their minting says so.".to_owned(), of);
        view! { <p>{text}</p> }.into_any()
    };
    view! { <Section id="booked" title="Cost centre">{body}</Section> }
}
