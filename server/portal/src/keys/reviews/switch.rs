//! Switching reviews on and off. Decisions stay when they are switched off; switched on again, they begin anew.

use super::SINCE;
use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::day::Day;
use domain::key_review::Review;
use domain::permission::Administrator;
use serde_json::{Value, json};

impl Portal {
    /// The review that would be the first if they were switched on now.
    pub fn review_if_switched_on(&self) -> Review {
        Review::first(self.review_days().of(self.clock.now()))
    }

    /// Switching on what is on changes nothing, and leaves no entry.
    pub async fn switch_reviews(&self, administrator: Administrator<'_>, on: bool) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let before = self.reviews_since().await?;
        if before.is_some() == on {
            return Ok(());
        }
        let since = on.then(|| self.review_days().of(now));
        let mut tx = self.store.begin().await?;
        let bytes = since.map(|day| day.number().to_be_bytes().to_vec()).unwrap_or_default();
        tx.put_setting(SINCE, &bytes).await?;
        let subject = Subject { kind: "installation", id: "key_reviews", name: "key reviews" };
        let (before, after) = (Some(said(before)), Some(said(since)));
        append(&mut tx, By::Person(caller), now, Change { action: "key_reviews.switched", subject, before, after })
            .await?;
        Ok(tx.commit().await?)
    }
}

fn said(since: Option<Day>) -> Value {
    json!({ "on": since.is_some(), "since": since.map(|day| day.date().to_string()) })
}
