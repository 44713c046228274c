//! What an edit of the rules would mean for everybody, before it is saved: from what directories said last.

use super::RuleEdit;
use crate::ports::IssuerFacts;
use crate::{Portal, PortalError};
use domain::claim_rules::{ClaimRule, Gives, HeldMembership, Outlook, claimed_roles, outlook};
use domain::directory_claims::DirectoryClaims;
use domain::id::{PersonId, TeamId};
use domain::permission::Administrator;
use domain::person::Role;
use domain::refusal::Reason;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use store::{KeptRule, Person};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonOutlook {
    pub person: PersonId,
    pub name: String,
    pub outlook: Outlook,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePreview {
    /// The same for the same edit of the same rules: what is saved is what was looked at.
    pub stamp: String,
    /// Everybody whom it changes.
    pub changed: u64,
    /// The first of them.
    pub people: Vec<PersonOutlook>,
    /// Active people of whom nothing is known yet, since they have not signed in since claims are kept.
    pub unknown: u64,
    /// Whoever saves this is no administrator after the next sign-in.
    pub loses_own_role: bool,
    /// Who could administer afterwards.
    pub administrators: u64,
}

impl RulePreview {
    /// Whether it can be saved at all, and by somebody who `accepts` losing the role.
    pub(super) fn judge(&self, accepts: bool) -> Result<(), PortalError> {
        if self.administrators == 0 {
            return Err(PortalError::refused("rule", Reason::LastAdministrator));
        }
        if self.loses_own_role && !accepts {
            return Err(PortalError::refused("accept", Reason::LosesOwnRole));
        }
        Ok(())
    }
}

const SHOWN: usize = 50;
/// People read at once.
const STEP: u32 = 1_000;

/// All rules before and after the edit, those of the configuration first.
struct Rules {
    before: Vec<ClaimRule>,
    after: Vec<ClaimRule>,
    issuers: Vec<IssuerFacts>,
    /// Of the teams that the edit is about: what it neither gives nor takes.
    by_hand: HashMap<PersonId, Vec<HeldMembership>>,
}

impl Rules {
    /// Of the rules that the edit changes.
    fn teams(&self) -> BTreeSet<TeamId> {
        let changed = |these: &[ClaimRule], those: &[ClaimRule]| -> Vec<TeamId> {
            let team = |rule: &ClaimRule| match rule.gives {
                Gives::Team { team, .. } if !those.contains(rule) => Some(team),
                _ => None,
            };
            these.iter().filter_map(team).collect()
        };
        changed(&self.before, &self.after).into_iter().chain(changed(&self.after, &self.before)).collect()
    }
}

impl Portal {
    pub async fn preview_rule(
        &self,
        administrator: Administrator<'_>,
        edit: &RuleEdit,
    ) -> Result<RulePreview, PortalError> {
        let kept = self.store.claim_rules().await?;
        self.who_would_change(administrator, &kept, edit).await
    }

    pub(super) async fn who_would_change(
        &self,
        administrator: Administrator<'_>,
        kept: &[KeptRule],
        edit: &RuleEdit,
    ) -> Result<RulePreview, PortalError> {
        let fixed = self.fixed_rules();
        let whole = |rules: Vec<ClaimRule>| fixed.iter().cloned().chain(rules).collect::<Vec<_>>();
        let mut rules = Rules {
            before: whole(kept.iter().map(|kept| kept.rule.clone()).collect()),
            after: whole(edit.applied_to(kept)),
            issuers: self.sign_in.issuers(),
            by_hand: HashMap::new(),
        };
        for team in rules.teams() {
            let by_rule = self.store.members_by_rule(team).await?;
            for (person, lead) in self.store.members_of(team).await? {
                if !by_rule.contains(&person.id) {
                    rules.by_hand.entry(person.id).or_default().push(HeldMembership { team, lead, by_rule: false });
                }
            }
        }
        let mut preview = RulePreview {
            stamp: stamp(kept, edit),
            changed: 0,
            people: vec![],
            unknown: 0,
            loses_own_role: false,
            administrators: 0,
        };
        let mut last = None;
        loop {
            let people = self.store.active_people_and_claims(last, STEP).await?;
            for (person, claims) in &people {
                look_at(&mut preview, &rules, administrator.caller().person, person, claims.as_ref());
            }
            last = people.last().map(|(person, _)| person.id);
            if people.len() < STEP as usize {
                return Ok(preview);
            }
        }
    }
}

fn look_at(
    preview: &mut RulePreview,
    rules: &Rules,
    acting: PersonId,
    person: &Person,
    claims: Option<&DirectoryClaims>,
) {
    let granted = person.granted_roles.contains(&Role::Administrator);
    let Some(claims) = claims else {
        // Known from before rules were kept here: the configuration made them what they are, and still does.
        preview.unknown += 1;
        preview.administrators += u64::from(person.roles().contains(&Role::Administrator));
        return;
    };
    let default_role = rules.issuers.iter().find(|issuer| issuer.id == claims.issuer).and_then(|it| it.default_role);
    let is_administrator =
        |rules: &[ClaimRule]| granted || claimed_roles(rules, claims, default_role).contains(&Role::Administrator);
    let remains = is_administrator(&rules.after);
    preview.administrators += u64::from(remains);
    preview.loses_own_role |= person.id == acting && !remains && is_administrator(&rules.before);

    let by_hand = rules.by_hand.get(&person.id).map_or(&[][..], Vec::as_slice);
    let outlook = outlook(claims, &rules.before, &rules.after, default_role).beside(&person.granted_roles, by_hand);
    if outlook.is_empty() {
        return;
    }
    preview.changed += 1;
    if preview.people.len() < SHOWN {
        preview.people.push(PersonOutlook { person: person.id, name: person.name.clone(), outlook });
    }
}

fn stamp(kept: &[KeptRule], edit: &RuleEdit) -> String {
    let mut hash = Sha256::new();
    for rule in kept {
        hash.update(format!("{} {}\n", rule.id, rule.version));
    }
    hash.update(format!("{edit:?}"));
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
