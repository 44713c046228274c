//! Applications that share a budget: those of which somebody said so. All others are names on keys and no level.

use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::id::ApplicationId;
use domain::minting::LONGEST_NAME;
use domain::permission::Administrator;
use domain::plain_text::plain_text;
use serde_json::json;
use store::Application;

impl Portal {
    /// Makes the application that keys carry by this name a level. It bounds nothing until it is given limits, so that the
    /// gateway need not hear of it.
    pub async fn create_application(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        name: &str,
    ) -> Result<ApplicationId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = ApplicationId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Application(id)).await?;
        // Read as the names on keys are, so that the two are the same.
        let name = plain_text(name, LONGEST_NAME).map_err(|reason| PortalError::refused("name", reason))?;
        let application = Application { id, name, created_at: now };
        tx.insert_application(&application).await?;
        let text = id.to_string();
        let subject = Subject { kind: "application", id: &text, name: &application.name };
        let after = Some(json!({ "name": application.name }));
        let change = Change { action: "application.created", subject, before: None, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        tx.commit().await?;
        Ok(id)
    }
}
