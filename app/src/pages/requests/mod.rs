//! Requests: for a key that has to be approved, and for more than a key has.

pub mod answer;
pub mod ask;
pub mod entered;
pub mod less;
pub mod list;
pub mod show;
pub mod take;

use crate::chrome::Place;
use crate::components::Crumb;
use crate::html;
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::RequestId;
use domain::refusal::{Reason, Refusal};
use leptos::prelude::*;
use portal::PortalError;
use portal::requests::{RequestActs, RequestDetail, RequestRow};

fn page<V: IntoView + 'static>(visit: &Visit, place: Place, title: &str, body: impl FnOnce() -> V) -> String {
    html::document(&visit.chrome(place), title, body)
}

/// The list where whoever reads it found it: their own requests, or those that they answer.
pub const fn place_of(row: &RequestRow) -> Place {
    if row.mine { Place::Requests } else { Place::Approvals }
}

/// `search, a new key` or `more for invoice-parser`
pub(super) fn title(row: &RequestRow) -> String {
    match row.request.wish.key() {
        None => format!("{}, a new key", row.key_name),
        Some(_) => format!("More for {}", row.key_name),
    }
}

fn crumb(row: &RequestRow) -> Crumb {
    Crumb { text: title(row), href: paths::request(row.request.id) }
}

/// The request, if the act makes sense now. One who comes too late learns why on the request's page.
async fn request_for(
    visit: &Visit,
    input: &Input,
    allowed: fn(&RequestActs) -> bool,
) -> Result<Result<RequestDetail, Answer>, PageError> {
    let id: RequestId = input.segment("id")?;
    let detail = visit.portal.request(&visit.caller, id).await?;
    Ok(if allowed(&detail.acts) { Ok(detail) } else { Err(Answer::SeeOther(paths::request(id))) })
}

/// Somebody answered in between: the request's page says who. Everything else is for the form to show.
fn refusals(error: PortalError) -> Result<Vec<Refusal>, PageError> {
    match error {
        PortalError::Refused(refusals) => Ok(refusals),
        other => Err(other.into()),
    }
}

fn came_too_late(refusals: &[Refusal]) -> bool {
    refusals.iter().any(|refusal| refusal.reason == Reason::AlreadyDecided)
}
