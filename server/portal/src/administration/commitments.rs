//! Commitments: what a provider is paid a month whatever is called. A change counts for every month in which the entry is
//! valid, past ones too; an amount that changes from a month on is two entries.

use super::demand;
use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::commitment::{Commitment, CommitmentDraft, CommitmentEntry, Month};
use domain::id::{CommitmentId, ProviderId};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use serde_json::{Value, json};
use store::Tx;

/// A statement asks the calls of each provider once for its commitments.
const MOST: usize = 100;

/// The list as it is read.
#[derive(Debug, Clone)]
pub struct CommitmentList {
    /// By name.
    pub rows: Vec<CommitmentRow>,
    pub month: Month,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRow {
    pub commitment: Commitment,
    /// `None`: all providers.
    pub provider: Option<String>,
}

/// A provider to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderChoice {
    pub id: ProviderId,
    pub name: String,
}

impl Portal {
    pub async fn commitments(&self, caller: &Caller) -> Result<CommitmentList, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        self.demand_all_spend(caller).await?;
        let providers = self.provider_choices(caller).await?;
        let rows = self.store.commitments().await?.into_iter().map(|commitment| named(commitment, &providers));
        Ok(CommitmentList { rows: rows.collect(), month: Month::of(self.today()) })
    }

    pub async fn commitment(&self, caller: &Caller, id: CommitmentId) -> Result<CommitmentRow, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        self.demand_all_spend(caller).await?;
        let commitment = self.store.commitment(id).await?.ok_or(PortalError::NotFound)?;
        Ok(named(commitment, &self.provider_choices(caller).await?))
    }

    /// By name; turned-off ones too, since a commitment outlives the last call.
    pub async fn provider_choices(&self, caller: &Caller) -> Result<Vec<ProviderChoice>, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let providers = self.store.providers().await?.into_iter();
        let mut choices: Vec<_> =
            providers.map(|provider| ProviderChoice { id: provider.id, name: provider.name }).collect();
        choices.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(choices)
    }

    pub async fn create_commitment(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: &CommitmentDraft,
    ) -> Result<CommitmentId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = CommitmentId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Commitment(id)).await?;
        let (entry, provider) = self.entered(administrator.caller(), draft).await?;
        if self.store.commitments().await?.len() >= MOST {
            let at_most = u32::try_from(MOST).unwrap_or(u32::MAX);
            return Err(PortalError::refused("name", Reason::TooMany { at_most }));
        }
        let commitment = Commitment { id, entry, version: 1 };
        tx.insert_commitment(&commitment, now).await?;
        let after = facts(&commitment.entry, provider.as_deref());
        self.record(&mut tx, administrator, "commitment.added", &commitment, (None, after)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// `Stale` if somebody saved after `expected_version`.
    pub async fn change_commitment(
        &self,
        administrator: Administrator<'_>,
        id: CommitmentId,
        expected_version: i64,
        draft: &CommitmentDraft,
    ) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        let kept = tx.commitment_for_update(id).await?.ok_or(PortalError::NotFound)?;
        let (entry, provider) = self.entered(administrator.caller(), draft).await?;
        if kept.version != expected_version {
            return Err(PortalError::Stale { current: kept.version });
        }
        if entry == kept.entry {
            return Ok(());
        }
        let before = named(kept.clone(), &self.provider_choices(administrator.caller()).await?).provider;
        let changed = Commitment { id, entry, version: kept.version + 1 };
        if !tx.update_commitment(&changed, kept.version).await? {
            return Err(PortalError::Stale { current: kept.version });
        }
        let states = (Some(facts(&kept.entry, before.as_deref())), facts(&changed.entry, provider.as_deref()));
        self.record(&mut tx, administrator, "commitment.changed", &changed, states).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was typed, with the provider's name.
    async fn entered(
        &self,
        caller: &Caller,
        draft: &CommitmentDraft,
    ) -> Result<(CommitmentEntry, Option<String>), PortalError> {
        let read = draft.read();
        let wanted = read.as_ref().ok().and_then(|entry| entry.provider);
        let known = match wanted {
            Some(id) => self.provider_choices(caller).await?.into_iter().find(|choice| choice.id == id),
            None => None,
        };
        match read {
            Ok(_) if wanted.is_some() && known.is_none() => {
                Err(PortalError::Refused(vec![Refusal::new("provider", Reason::UnknownChoice)]))
            }
            Ok(entry) => Ok((entry, known.map(|choice| choice.name))),
            Err(refusals) => Err(PortalError::Refused(refusals)),
        }
    }

    async fn record(
        &self,
        tx: &mut Tx,
        administrator: Administrator<'_>,
        action: &'static str,
        commitment: &Commitment,
        (before, after): (Option<Value>, Value),
    ) -> Result<(), PortalError> {
        let id = commitment.id.to_string();
        let subject = Subject { kind: "commitment", id: &id, name: &commitment.entry.name };
        let change = Change { action, subject, before, after: Some(after) };
        append(tx, By::Person(administrator.caller()), self.clock.now(), change).await?;
        Ok(())
    }
}

pub(super) fn named(commitment: Commitment, providers: &[ProviderChoice]) -> CommitmentRow {
    let provider = commitment.entry.provider.map(|id| {
        let known = providers.iter().find(|choice| choice.id == id);
        known.map_or_else(|| id.to_string(), |choice| choice.name.clone())
    });
    CommitmentRow { commitment, provider }
}

fn facts(entry: &CommitmentEntry, provider: Option<&str>) -> Value {
    json!({
        "name": entry.name,
        "provider": provider.unwrap_or("all providers"),
        "monthly": entry.monthly,
        "from": entry.from.to_string(),
        "until": entry.until.map(|month| month.to_string()),
    })
}
