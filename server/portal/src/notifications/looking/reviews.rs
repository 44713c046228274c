//! A review of keys that has opened: told once a quarter to each lead and administrator who has something to decide in it.
//!
//! Nothing opens a review but the calendar, so that the first look of a quarter finds it open; that all were told is then
//! remembered. How it fails: a look that does not come to its end is made again, and whoever was told is not told twice,
//! since the occasion is the quarter.

use super::Due;
use crate::{Portal, PortalError};
use domain::id::PersonId;
use domain::key_review::{Quarter, Review};
use domain::notification::Happening;
use domain::time::Timestamp;
use std::collections::BTreeSet;

/// The last quarter whose review was told, as its first day in four bytes.
const TOLD: &str = "key_reviews.told";

impl Portal {
    pub(super) async fn tell_opened_review(&self, now: Timestamp) -> Result<(), PortalError> {
        let Some(review) = self.reviews_held().await?.open() else { return Ok(()) };
        let mark = mark(review.quarter);
        if self.store.setting(TOLD).await?.is_some_and(|told| told == mark) {
            return Ok(());
        }
        let due = self.reviewers_due(review).await?;
        self.tell_all(&due, now).await?;
        let mut tx = self.store.begin().await?;
        tx.put_setting(TOLD, &mark).await?;
        Ok(tx.commit().await?)
    }

    /// One after the other: it is done once a quarter, and beside the requests.
    async fn reviewers_due(&self, review: Review) -> Result<Vec<Due>, PortalError> {
        let mut reviewers: BTreeSet<PersonId> = self.store.leads().await?.into_iter().collect();
        reviewers.extend(self.administrators().await?);
        let mut due = Vec::new();
        for person in reviewers {
            let Some(reviewer) = self.caller_of(person).await? else { continue };
            let Some(waiting) = self.reviews_waiting_for(&reviewer).await? else { continue };
            let happening = Happening::ReviewOpens { quarter: review.quarter, keys: waiting.keys, due: review.due };
            due.push(Due { happening, people: vec![person] });
        }
        Ok(due)
    }
}

fn mark(quarter: Quarter) -> [u8; 4] {
    quarter.first_day().number().to_be_bytes()
}
