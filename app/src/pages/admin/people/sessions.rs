//! `/admin/people/{id}/sessions`: ends one session of a person, or all of them.

use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::PersonId;
use domain::session_mark::SessionMark;
use serde::Deserialize;

/// Without a session: all of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndSessionsForm {
    pub session: Option<SessionMark>,
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let EndSessionsForm { session } = input.form()?;
    let administrator = visit.administrator()?;
    let done = match session {
        Some(mark) => {
            visit.portal.end_session_of(administrator, person, mark).await?;
            "session-ended"
        }
        None => {
            visit.portal.sign_out_everywhere(administrator, person).await?;
            "signed-out"
        }
    };
    Ok(Answer::SeeOther(format!("{}?done={done}", paths::person(person))))
}
