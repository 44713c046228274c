//! What every change has in common: its audit entry in the same transaction, its form spent once, its ids drawn.

use crate::{FormId, Made, Portal, PortalError};
use domain::audit::{Actor, AuditEntry};
use domain::id::KeyId;
use domain::person::Caller;
use domain::refusal::Reason;
use domain::time::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use store::{Constraint, StoreError, Submission, Tx};

/// What an audit entry is about.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) kind: &'static str,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
}

/// One change as the audit log tells it. The values hold the listed fields of each kind of object and nothing secret.
pub(crate) struct Change<'a> {
    pub(crate) action: &'static str,
    pub(crate) subject: Subject<'a>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// Who makes the change.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Person(&'a Caller),
    /// Keywright itself, with the occasion.
    Itself(&'static str),
}

/// Appends the change to the audit log. Last in its transaction, since other appends wait for it.
pub(crate) async fn append(tx: &mut Tx, by: By<'_>, now: Timestamp, change: Change<'_>) -> Result<(), StoreError> {
    let (actor, address) = match by {
        By::Person(caller) => (Actor::Person(caller.person), Some(caller.address.clone())),
        By::Itself(occasion) => (Actor::System(occasion.to_owned()), None),
    };
    let entry = AuditEntry {
        at: now,
        actor,
        address: address.filter(|address| !address.is_empty()),
        action: change.action.to_owned(),
        object_kind: change.subject.kind.to_owned(),
        object: change.subject.id.to_owned(),
        object_name: change.subject.name.to_owned(),
        before: change.before,
        after: change.after,
    };
    tx.append_audit(&entry).await.map(|_| ())
}

/// Spends the form in this transaction: if it is rolled back, the form can be sent again. A form that was spent before
/// leads to what it made.
pub(crate) async fn spend(
    tx: &mut Tx,
    form: &FormId,
    caller: &Caller,
    now: Timestamp,
    made: Made,
) -> Result<(), PortalError> {
    match tx.record_submission(form.as_str(), caller.person, now, &made.outcome()).await? {
        Submission::First => Ok(()),
        Submission::Repeated { outcome } => match Made::from_outcome(&outcome) {
            Some(made) => Err(PortalError::AlreadyDone { made }),
            None => Err(PortalError::Internal),
        },
    }
}

/// What the gateway has to hear about.
#[derive(Debug, Clone)]
pub(crate) enum News {
    Key(KeyId),
    Keys(Vec<KeyId>),
    Policy,
    Levels,
    /// It is not concerned.
    Nothing,
}

impl Portal {
    /// Commits and tells the gateway, in a task of its own: a browser that hangs up between the two must not leave a
    /// gateway that still serves what the database has revoked. The gateway also hears of a commit that failed: a
    /// database that answers too late may have committed all the same.
    pub(crate) async fn commit_and_tell(&self, tx: Tx, news: News) -> Result<(), PortalError> {
        let (gateway, everyone) = (Arc::clone(&self.gateway), Arc::clone(&self.everyone));
        let both = tokio::spawn(async move {
            let committed = tx.commit().await;
            match news {
                News::Key(key) => gateway.key_changed(key).await,
                News::Keys(keys) => {
                    for key in keys {
                        gateway.key_changed(key).await;
                    }
                }
                News::Policy => gateway.policy_changed().await,
                News::Levels => gateway.levels_changed().await,
                News::Nothing => {}
            }
            everyone.forget();
            committed
        });
        // The task neither panics nor is cancelled, unless the process ends.
        Ok(both.await.map_err(|_| PortalError::Internal)??)
    }

    /// Enough random bytes for an id of any kind: 32, of which about 31 are unbiased digits.
    pub(crate) fn id_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        bytes
    }
}

impl From<StoreError> for PortalError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::Unavailable,
            StoreError::NotFound => Self::NotFound,
            StoreError::Conflict(Constraint::KeyName) => Self::refused("name", Reason::KeyNameTaken { key: None }),
            StoreError::Conflict(
                Constraint::ProfileName
                | Constraint::ProviderName
                | Constraint::ModelName
                | Constraint::TeamName
                | Constraint::UnitName
                | Constraint::ApplicationName
                | Constraint::CommitmentName
                | Constraint::EnvironmentName,
            ) => Self::refused("name", Reason::NameTaken),
            StoreError::Conflict(Constraint::CostCentreCode) => Self::refused("code", Reason::NameTaken),
            // The store has logged the source.
            StoreError::Conflict(_)
            | StoreError::Corrupt(_)
            | StoreError::SchemaTooNew { .. }
            | StoreError::Internal => Self::Internal,
        }
    }
}
