//! Reading and checking the audit log.

use crate::keys::{AuditLine, HISTORY_PAGE};
use crate::{Portal, PortalError};
use domain::audit::{Broken, ChainCheck};
use domain::id::PersonId;
use domain::order::Order;
use domain::permission::Permission;
use domain::person::Caller;
use domain::time::Timestamp;
use store::{AuditFilter, Store, StoreError};

#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub actor: Option<PersonId>,
    /// A part of the name or e-mail address of who acted.
    pub who: Option<String>,
    /// The printed id of what was changed.
    pub object: Option<String>,
    /// `key.minted`, or `key.` for all that begin so.
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// The `next` of the page before.
    pub before: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct AuditPage {
    /// Newest first.
    pub lines: Vec<AuditLine>,
    pub next: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// Entries that follow from one another.
    pub entries: i64,
    /// The hash of the last of them, to compare with a checkpoint kept elsewhere: a cut-off tail shows only there.
    pub last_hash: [u8; 32],
    pub broken: Option<Broken>,
    pub checked_at: Timestamp,
}

/// Every action that an entry can name, for the filter.
pub const ACTIONS: &[&str] = &[
    "key.minted",
    "key.rotated",
    "key.old_secret_end_changed",
    "key.renamed",
    "key.disabled",
    "key.enabled",
    "key.revoked",
    "key.reviewed",
    "key.expiry_changed",
    "key.narrowed",
    "key.narrowing_undone",
    "key.handed_over",
    "key.approved",
    "key.secret_taken",
    "request.made",
    "request.approved",
    "request.declined",
    "request.withdrawn",
    "approval_rule.added",
    "approval_rule.removed",
    "profile.created",
    "profile.changed",
    "profile.change_withdrawn",
    "key_policy.changed",
    "key_reviews.switched",
    "environment.created",
    "environment.changed",
    "cost_centre.created",
    "cost_centre.changed",
    "cost_centre.ended",
    "team.cost_centre_changed",
    "data_scope.set",
    "data_scope.cleared",
    "adjustment.made",
    "adjustment.undone",
    "commitment.added",
    "commitment.changed",
    "display_currency.set",
    "exchange_rate.added",
    "exchange_rate.removed",
    "provider.added",
    "provider.changed",
    "provider.enabled",
    "provider.disabled",
    "provider.tested",
    "credential.replaced",
    "catalogue.added",
    "model.added",
    "model.changed",
    "person.activated",
    "person.deactivated",
    "person.role_granted",
    "person.role_revoked",
    "team.created",
    "team.member_changed",
    "team.member_removed",
    "unit.created",
    "unit.changed",
    "limits.set",
    "limits.cleared",
    "person.created",
    "person.roles_changed",
    "session.ended",
    "rule.added",
    "rule.changed",
    "rule.removed",
    "session.started",
    "session.ended_everywhere",
    "invite.created",
    "installation.initialised",
];

/// Entries of a file.
pub const AUDIT_FILE: u32 = 20_000;
/// So many people that a name fits are looked for; a name that fits more is no name.
const MOST_PEOPLE: u32 = 100;
/// Rows read at a time while the chain is checked.
const BATCH: u32 = 1_000;

impl Portal {
    pub async fn audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, PortalError> {
        self.audit_up_to(caller, query, HISTORY_PAGE).await
    }

    /// As many entries as a file holds.
    pub async fn audit_file(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, PortalError> {
        self.audit_up_to(caller, query, AUDIT_FILE).await
    }

    async fn audit_up_to(&self, caller: &Caller, query: &AuditQuery, most: u32) -> Result<AuditPage, PortalError> {
        super::demand(caller, Permission::SeeAudit)?;
        let sight = self.sight(caller).await?;
        let namer = self.namer_of(&sight).await?;
        let actors = match (query.actor, &query.who) {
            (Some(actor), _) => Some(vec![actor]),
            (None, Some(who)) => {
                let people =
                    self.store.people(Some(who), Order::default(), None, MOST_PEOPLE).await?.people.into_iter();
                // A name that the caller may not know finds nobody, or guessing would tell it.
                Some(people.map(|person| person.id).filter(|&person| namer.knows(person)).collect())
            }
            (None, None) => None,
        };
        let actors = match (self.store.people_within(&sight.audit).await?, actors) {
            (None, actors) => actors,
            (Some(within), None) => Some(within.into_iter().collect()),
            (Some(within), Some(actors)) => Some(actors.into_iter().filter(|actor| within.contains(actor)).collect()),
        };
        let filter = AuditFilter {
            actors,
            object: query.object.clone(),
            action: query.action.clone(),
            from: query.from,
            until: query.until,
        };
        let rows = self.store.audit_page(&filter, query.before, most + 1).await?;
        let (lines, next) = self.lines(&namer, rows, most).await?;
        Ok(AuditPage { lines, next })
    }

    /// Recomputes the whole chain.
    pub async fn verify_audit(&self, caller: &Caller) -> Result<AuditVerdict, PortalError> {
        super::demand(caller, Permission::SeeAudit)?;
        let verdict = verify_chain(&self.store, self.clock.now()).await?;
        if let Some(broken) = verdict.broken {
            self.tell_broken_audit(broken).await?;
        }
        Ok(verdict)
    }
}

/// Recomputes the chain of a database, for the page and for the command line.
pub async fn verify_chain(store: &Store, now: Timestamp) -> Result<AuditVerdict, StoreError> {
    let mut check = ChainCheck::default();
    let mut broken = None;
    'chain: loop {
        let rows = store.audit_scan(check.next - 1, BATCH).await?;
        for row in &rows {
            if let Err(found) = check.accept(row) {
                broken = Some(found);
                break 'chain;
            }
        }
        if rows.len() < BATCH as usize {
            break;
        }
    }
    Ok(AuditVerdict { entries: check.next - 1, last_hash: check.last, broken, checked_at: now })
}
