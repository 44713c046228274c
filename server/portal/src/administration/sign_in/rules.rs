//! Adding, changing and removing a rule. What was looked at is what is saved: an edit carries the stamp of its preview, and
//! whatever happened in between has it looked at again.

use super::preview::RulePreview;
use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::claim_rules::{ClaimRule, Gives, RuleDraft};
use domain::cost_centre::check_centre;
use domain::id::{RuleId, TeamId};
use domain::permission::Administrator;
use domain::person::{Caller, Role};
use domain::refusal::Reason;
use serde_json::{Value, json};
use store::{KeptRule, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    Add(ClaimRule),
    Change { id: RuleId, from_version: i64, to: ClaimRule },
    Remove(RuleId),
}

impl RuleEdit {
    /// The rules of the portal as they are after it.
    pub(super) fn applied_to(&self, kept: &[KeptRule]) -> Vec<ClaimRule> {
        let changed = |rule: &KeptRule| match self {
            Self::Change { id, to, .. } if *id == rule.id => Some(to.clone()),
            Self::Remove(id) if *id == rule.id => None,
            _ => Some(rule.rule.clone()),
        };
        let added = match self {
            Self::Add(rule) => Some(rule.clone()),
            Self::Change { .. } | Self::Remove(_) => None,
        };
        kept.iter().filter_map(changed).chain(added).collect()
    }
}

/// More rules than this are a directory of their own.
const MOST_RULES: usize = 200;

impl Portal {
    /// The rule that a form describes, or every reason why it is none.
    pub async fn read_rule(&self, draft: &RuleDraft) -> Result<ClaimRule, PortalError> {
        let issuers: Vec<String> = self.sign_in.issuers().into_iter().map(|issuer| issuer.id).collect();
        let teams: Vec<TeamId> = self.store.teams().await?.into_iter().map(|team| team.id).collect();
        let rule = draft.read(&issuers, &teams).map_err(PortalError::Refused)?;
        if let Gives::CostCentre(code) = &rule.gives {
            let centre = self.store.cost_centre_of_code(code).await?.map(|centre| centre.entry);
            if let Some(reason) = check_centre(centre.as_ref(), code, self.today()) {
                return Err(PortalError::refused("given", reason));
            }
        }
        Ok(rule)
    }

    /// `Ok(Err(preview))` is an edit that was looked at when things were different: here is how they are now.
    pub async fn edit_rules(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        edit: &RuleEdit,
        stamp: &str,
        accepts_losing_the_role: bool,
    ) -> Result<Result<(), RulePreview>, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = match edit {
            RuleEdit::Add(_) => RuleId::from_random(&self.id_bytes()),
            RuleEdit::Change { id, .. } | RuleEdit::Remove(id) => *id,
        };
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Rule(id)).await?;
        self.still_administrates(&mut tx, caller).await?;
        let kept = tx.claim_rules_for_update().await?;
        let before = match edit {
            RuleEdit::Add(_) if kept.len() >= MOST_RULES => {
                let at_most = u32::try_from(MOST_RULES).unwrap_or(u32::MAX);
                return Err(PortalError::refused("rule", Reason::TooMany { at_most }));
            }
            RuleEdit::Add(_) => None,
            _ => Some(kept.iter().find(|rule| rule.id == id).ok_or(PortalError::NotFound)?),
        };
        if let (RuleEdit::Change { from_version, .. }, Some(before)) = (edit, before)
            && *from_version != before.version
        {
            return Err(PortalError::Stale { current: before.version });
        }
        let preview = self.who_would_change(administrator, &kept, edit).await?;
        if preview.stamp != stamp {
            return Ok(Err(preview));
        }
        preview.judge(accepts_losing_the_role)?;

        let action = match edit {
            RuleEdit::Add(rule) => {
                let kept = KeptRule { id, rule: rule.clone(), version: 1, created_at: now, updated_at: now };
                tx.insert_claim_rule(&kept).await?;
                "rule.added"
            }
            RuleEdit::Change { from_version, to, .. } => {
                if !tx.update_claim_rule(id, to, *from_version, now).await? {
                    return Err(PortalError::NotFound);
                }
                "rule.changed"
            }
            RuleEdit::Remove(_) => {
                tx.delete_claim_rule(id).await?;
                "rule.removed"
            }
        };
        let after = match edit {
            RuleEdit::Add(rule) | RuleEdit::Change { to: rule, .. } => Some(facts(rule)),
            RuleEdit::Remove(_) => None,
        };
        let text = id.to_string();
        let subject = Subject { kind: "rule", id: &text, name: "about sign-in" };
        let change = Change { action, subject, before: before.map(|kept| facts(&kept.rule)), after };
        append(&mut tx, By::Person(caller), now, change).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// The caller, held still and asked again: who is no administrator any more changes no rules.
    async fn still_administrates(&self, tx: &mut Tx, caller: &Caller) -> Result<(), PortalError> {
        let acting = tx.person_for_update(caller.person).await?.ok_or(PortalError::Forbidden)?;
        if acting.active && acting.roles().contains(&Role::Administrator) {
            Ok(())
        } else {
            Err(PortalError::Forbidden)
        }
    }
}

fn facts(rule: &ClaimRule) -> Value {
    json!({ "issuer": rule.issuer, "asks": rule.asks, "test": rule.test, "gives": rule.gives })
}
