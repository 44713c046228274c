//! `/admin/people/{id}/sessions`: ends one session of a person, or all of them.

use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::PersonId;
use domain::session_mark::{InvalidMark, SessionMark};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndSessionsForm {
    pub session: Which,
}

/// Which session ends. All of them only by a word, so that a form without its field ends nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Which {
    Every,
    One(SessionMark),
}

pub const EVERY: &str = "every";

impl TryFrom<String> for Which {
    type Error = InvalidMark;
    fn try_from(text: String) -> Result<Self, InvalidMark> {
        if text == EVERY { Ok(Self::Every) } else { text.parse().map(Self::One) }
    }
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let person: PersonId = input.segment("id")?;
    let EndSessionsForm { session } = input.form()?;
    let administrator = visit.administrator()?;
    let done = match session {
        Which::One(mark) => {
            visit.portal.end_session_of(administrator, person, mark).await?;
            "session-ended"
        }
        Which::Every => {
            visit.portal.sign_out_everywhere(administrator, person).await?;
            "signed-out"
        }
    };
    Ok(Answer::SeeOther(format!("{}?done={done}", paths::person(person))))
}
