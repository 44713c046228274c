//! Taking in a file of cost centres: all of it or nothing, in one transaction, with what it would do told before.

use super::cost_centres::update_centre;
use crate::act::News;
use crate::{Portal, PortalError};
use domain::cost_centre::{CentreEntry, CostCentre};
use domain::cost_centre_file::{WrongLine, read};
use domain::permission::Administrator;
use std::collections::HashMap;

/// What a file would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CentreImport {
    pub added: Vec<CentreEntry>,
    /// As they are, and as they would be.
    pub changed: Vec<(CostCentre, CentreEntry)>,
    /// Lines that say what the list says already.
    pub same: usize,
}

impl Portal {
    /// What taking the file in would do, or every line that cannot be taken.
    pub async fn plan_cost_centres(
        &self,
        _: Administrator<'_>,
        text: &str,
    ) -> Result<Result<CentreImport, Vec<WrongLine>>, PortalError> {
        let entries = match read(text) {
            Ok(entries) => entries,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let known = self.store.cost_centres().await?.into_iter();
        let mut known: HashMap<String, CostCentre> = known.map(|centre| (centre.entry.code.clone(), centre)).collect();
        let mut plan = CentreImport::default();
        for entry in entries {
            match known.remove(&entry.code) {
                None => plan.added.push(entry),
                Some(kept) if kept.entry == entry => plan.same += 1,
                Some(kept) => plan.changed.push((kept, entry)),
            }
        }
        Ok(Ok(plan))
    }

    /// Cost centres that the file does not name stay as they are. A file that is taken in twice changes nothing the second
    /// time.
    pub async fn import_cost_centres(
        &self,
        administrator: Administrator<'_>,
        text: &str,
    ) -> Result<Result<CentreImport, Vec<WrongLine>>, PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let plan = match self.plan_cost_centres(administrator, text).await? {
            Ok(plan) => plan,
            Err(wrong) => return Ok(Err(wrong)),
        };
        for entry in &plan.added {
            self.add_centre(&mut tx, administrator, entry.clone(), now).await?;
        }
        for (kept, entry) in &plan.changed {
            update_centre(&mut tx, administrator, kept, entry.clone(), now, "cost_centre.changed").await?;
        }
        let renamed = plan.changed.iter().any(|(kept, entry)| kept.entry.name != entry.name);
        self.commit_and_tell(tx, if renamed { News::Levels } else { News::Nothing }).await?;
        tracing::info!(
            "took in a file of cost centres: {} added, {} changed, {} as they were",
            plan.added.len(),
            plan.changed.len(),
            plan.same
        );
        Ok(Ok(plan))
    }
}
