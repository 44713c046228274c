//! The key policy: its text, its versions, and who said to have read which.

use super::demand;
use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::id::{KeyId, PersonId};
use domain::key_policy::{KeyPolicy, policy_text};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::time::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use store::SavedPolicy;

/// Versions that the page lists, and acknowledgements on one of its pages.
const VERSIONS: u32 = 20;
const ACKNOWLEDGEMENTS: usize = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    pub policy: KeyPolicy,
    pub saved_at: Timestamp,
    pub saved_by_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcknowledgementRow {
    pub key: KeyId,
    pub version: i64,
    pub person: PersonId,
    pub person_name: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyPage {
    /// Newest first; empty before there was any.
    pub versions: Vec<PolicyVersion>,
    /// Newest first.
    pub acknowledgements: Vec<AcknowledgementRow>,
    /// The cursor of the next page of acknowledgements.
    pub next: Option<(Timestamp, KeyId)>,
}

impl Portal {
    pub async fn key_policy_page(
        &self,
        caller: &Caller,
        before: Option<(Timestamp, KeyId)>,
    ) -> Result<PolicyPage, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let versions = self.store.key_policies(VERSIONS).await?;
        let limit = u32::try_from(ACKNOWLEDGEMENTS).unwrap_or(u32::MAX).saturating_add(1);
        let mut said = self.store.acknowledgements(before, limit).await?;
        let more = said.len() > ACKNOWLEDGEMENTS;
        said.truncate(ACKNOWLEDGEMENTS);
        let next = said.last().filter(|_| more).map(|last| (last.at, last.key));
        let people: Vec<PersonId> =
            versions.iter().map(|saved| saved.saved_by).chain(said.iter().map(|one| one.person)).collect();
        let names: HashMap<PersonId, String> = self.names_for(caller, &people).await?;
        let name = |person: PersonId| names.get(&person).cloned().unwrap_or_else(|| person.to_string());
        Ok(PolicyPage {
            versions: versions
                .into_iter()
                .map(|SavedPolicy { policy, saved_at, saved_by }| PolicyVersion {
                    policy,
                    saved_at,
                    saved_by_name: name(saved_by),
                })
                .collect(),
            acknowledgements: said
                .into_iter()
                .map(|one| AcknowledgementRow {
                    key: one.key,
                    version: one.version,
                    person: one.person,
                    person_name: name(one.person),
                    at: one.at,
                })
                .collect(),
            next,
        })
    }

    /// Saves as the version after `expected_version`, 0 for the first. `Stale` if somebody saved between.
    pub async fn save_key_policy(
        &self,
        administrator: Administrator<'_>,
        expected_version: i64,
        text: &str,
    ) -> Result<i64, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let text = policy_text(text).map_err(|reason| PortalError::refused("text", reason))?;
        let mut tx = self.store.begin().await?;
        let newest = tx.key_policy().await?;
        let current = newest.as_ref().map_or(0, |policy| policy.version);
        let same = newest.as_ref().map_or("", |policy| policy.text.as_str()) == text;
        // A form that is sent twice finds what it made.
        if same && (current == expected_version || current == expected_version + 1) {
            return Ok(current);
        }
        if current != expected_version {
            return Err(PortalError::Stale { current });
        }
        let policy = KeyPolicy { version: current + 1, text };
        let after = Some(json!({ "version": policy.version, "text": policy.text }));
        let before = newest.map(|policy| json!({ "version": policy.version, "text": policy.text }));
        let version = policy.version;
        tx.insert_key_policy(&SavedPolicy { policy, saved_at: now, saved_by: caller.person }).await?;
        let id = version.to_string();
        let subject = Subject { kind: "key_policy", id: &id, name: "key policy" };
        let change = Change { action: "key_policy.changed", subject, before, after };
        append(&mut tx, By::Person(caller), now, change).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// The one to read before minting; `None` if there is nothing to read.
    pub(crate) async fn key_policy_in_force(&self) -> Result<Option<KeyPolicy>, PortalError> {
        let newest = self.store.key_policies(1).await?.into_iter().next();
        Ok(newest.map(|saved| saved.policy).filter(|policy| !policy.text.is_empty()))
    }
}
