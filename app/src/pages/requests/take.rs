//! `/requests/{id}/secret`: makes the first secret of an approved key and shows it, once.

use crate::pages::form::form_id;
use crate::pages::keys::secret::{self, Occasion};
use crate::paths;
use crate::visit::{Answer, Input, PageError, Visit};
use domain::id::RequestId;
use portal::PortalError;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    form: String,
}

/// Nothing to see before it is taken: the request's page has the button.
pub async fn show(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RequestId = input.segment("id")?;
    visit.portal.request(&visit.caller, id).await?;
    Ok(Answer::SeeOther(paths::request(id)))
}

pub async fn submit(visit: Visit, input: Input) -> Result<Answer, PageError> {
    let id: RequestId = input.segment("id")?;
    let Form { form } = input.form()?;
    match visit.portal.take_secret(&visit.caller, id, &form_id(&form)?).await {
        Ok(minted) => secret::answer(&visit, minted, Occasion::Minted).await,
        Err(PortalError::AlreadyDone { made }) => secret::already(&visit, made, Occasion::Minted).await,
        Err(error) => Err(error.into()),
    }
}
