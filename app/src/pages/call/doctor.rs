//! The way from something that went wrong to its call: paste a request id, or the whole answer that has it in it.

use crate::chrome::Place;
use crate::components::{EmptyState, PageHead, Problem, TextField};
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::EventId;
use leptos::prelude::*;
use portal::PortalError;
use serde::Deserialize;

/// What somebody pastes: more than an answer with its headers is not read.
const LONGEST: usize = 64 * 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    text: String,
}

/// What the page says about a text that did not lead to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    NoId,
    /// An id of no call that this person may see.
    Unknown(EventId),
    /// So long ago that the call may be kept no longer.
    TooOld(EventId),
}

pub struct Model {
    pub text: String,
    pub lost: Option<Lost>,
}

pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let Asked { text } = input.query()?;
    let lost = match find_id(&text) {
        _ if text.trim().is_empty() => None,
        None => Some(Lost::NoId),
        Some(id) => match visit.portal.call(&visit.caller, id).await {
            Ok(_) => return Ok(Answer::SeeOther(paths::call(id))),
            Err(PortalError::NotFound) if may_be_dropped(&visit, id) => Some(Lost::TooOld(id)),
            Err(PortalError::NotFound) => Some(Lost::Unknown(id)),
            Err(other) => return Err(other.into()),
        },
    };
    let model = Model { text: text.chars().take(400).collect(), lost };
    Ok(Answer::ok(html::document(&visit.chrome(Place::Keys), "Key doctor", || view(model))))
}

fn may_be_dropped(visit: &Visit, id: EventId) -> bool {
    let dropped = visit.portal.settings().retention.drops_before(visit.portal.now(), i64::MAX);
    dropped.is_some_and(|before| id.made_at() < before)
}

/// The first request id in the text.
fn find_id(text: &str) -> Option<EventId> {
    const PREFIX: &str = "req_";
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    text.match_indices(PREFIX).find_map(|(at, _)| {
        let digits = text[at + PREFIX.len()..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        text[at..at + PREFIX.len() + digits].parse().ok()
    })
}

pub fn view(model: Model) -> impl IntoView {
    let Model { text, lost } = model;
    let problem = lost.map(|lost| match lost {
        Lost::NoId => "There is no request id in this. It begins with req_ and stands in the answer's x-request-id \
                       header and in the body of every refusal."
            .to_owned(),
        Lost::Unknown(id) => format!(
            "No call {id} of a key that you may see. If its answer was invalid_key, the key was not recognised: compare \
             its first sixteen characters with the list of keys, and paste it whole."
        ),
        Lost::TooOld(id) => format!(
            "Call {id} is not here: calls as old as that are no longer kept one by one, if it was of a key that you may \
             see. What it cost is in the usage of its day."
        ),
    });
    let problem = problem.map(Problem::new);
    view! {
        <PageHead title="Key doctor"/>
        <form class="form" method="get" action=paths::DOCTOR>
            <TextField
                name="text"
                label="Request id, or the refusal that has it in it"
                value=text
                mono=true
                hint="The call's page shows each check that it passed, the one that stopped it, and what to change."
                problem=problem
            />
            <div class="actions"><button class="button primary" type="submit">"Find the call"</button></div>
        </form>
        <EmptyState text="No id at hand? Each key's page lists its recent calls, refused ones too.">
            <a class="button" href=paths::KEYS>"Keys"</a>
        </EmptyState>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::Timestamp;

    #[test]
    fn the_id_is_found_in_whatever_is_pasted() {
        let id = EventId::first_at(Timestamp::from_ms(1_800_000_000_000));
        for text in [
            format!("{id}"),
            format!("  {id}\n"),
            format!(r#"{{"error":{{"code":"model_not_allowed","request_id":"{id}"}}}}"#),
            format!("< x-request-id: {id}\r\n< content-type: application/json"),
            format!("req_short and ä then {id}"),
        ] {
            assert_eq!(find_id(&text), Some(id), "{text}");
        }
        for text in ["", "req_", "req_tooShort", "kwr_8Fq2mZ4tLr0a", &format!("{id}0")] {
            assert_eq!(find_id(text), None, "{text}");
        }
    }
}
