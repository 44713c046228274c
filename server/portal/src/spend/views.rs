//! Views of spend that people keep under a name, for themselves or for others. What is kept is the question: whoever opens
//! it sees the answer within their own scope.

use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::id::{PersonId, TeamId, UsageViewId};
use domain::person::{Caller, Role};
use domain::plain_text::{folded, plain_text};
use domain::refusal::{Reason, Refusal};
use domain::usage_view::{LONGEST_NAME, LONGEST_QUERY, MOST, SharedWith, UsageView};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::Tx;

/// One that the caller finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptView {
    pub view: UsageView,
    /// Of whoever made it; nothing for one's own.
    pub made_by: Option<String>,
    pub may_remove: bool,
}

/// What the form offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewChoices {
    pub form: FormId,
    /// Teams that the caller may share with.
    pub teams: Vec<(TeamId, String)>,
    pub everyone: bool,
}

const MOST_FOUND: u32 = 200;

impl Portal {
    /// By name.
    pub async fn usage_views(&self, caller: &Caller) -> Result<Vec<KeptView>, PortalError> {
        let teams: Vec<TeamId> = caller.memberships.iter().map(|membership| membership.team).collect();
        let mut found = self.store.usage_views(caller.person, &teams, MOST_FOUND).await?;
        found.sort_by_cached_key(|view| folded(&view.name));
        let others: Vec<PersonId> =
            found.iter().map(|view| view.owner).filter(|owner| *owner != caller.person).collect();
        let names = if others.is_empty() { HashMap::new() } else { self.names_for(caller, &others).await? };
        let kept = |view: UsageView| KeptView {
            made_by: names.get(&view.owner).cloned(),
            may_remove: view.may_be_removed_by(caller),
            view,
        };
        Ok(found.into_iter().map(kept).collect())
    }

    /// One that the caller may remove.
    pub async fn removable_usage_view(&self, caller: &Caller, id: UsageViewId) -> Result<UsageView, PortalError> {
        let found = self.store.usage_view(id).await?.filter(|view| view.may_be_removed_by(caller));
        found.ok_or(PortalError::NotFound)
    }

    pub fn usage_view_choices(&self, caller: &Caller) -> ViewChoices {
        let led = caller.memberships.iter().filter(|membership| membership.lead);
        ViewChoices {
            form: self.new_form(),
            teams: led.map(|membership| (membership.team, membership.team_name.clone())).collect(),
            everyone: caller.has(Role::Administrator),
        }
    }

    pub async fn keep_usage_view(
        &self,
        caller: &Caller,
        form: &FormId,
        name: &str,
        query: &str,
        shared: SharedWith,
    ) -> Result<UsageView, PortalError> {
        let now = self.clock.now();
        let found = self.usage_views(caller).await?;
        let beside = || found.iter().filter(|kept| kept.view.shared == shared);
        let name = plain_text(name, LONGEST_NAME);
        let mut refusals: Vec<Refusal> = Vec::new();
        match &name {
            Err(reason) => refusals.push(Refusal::new("name", reason.clone())),
            Ok(name) if beside().any(|kept| folded(&kept.view.name) == folded(name)) => {
                refusals.push(Refusal::new("name", Reason::NameTaken));
            }
            Ok(_) => {}
        }
        if !shared.may_be_chosen_by(caller) {
            refusals.push(Refusal::new("shared", Reason::UnknownChoice));
        }
        if query.len() > LONGEST_QUERY {
            let at_most = u32::try_from(LONGEST_QUERY).unwrap_or(u32::MAX);
            refusals.push(Refusal::new("query", Reason::TooLong { at_most }));
        }
        if beside().count() >= MOST {
            refusals.push(Refusal::new("views", Reason::TooMany { at_most: u32::try_from(MOST).unwrap_or(u32::MAX) }));
        }
        let id = UsageViewId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::UsageView(id)).await?;
        let (Ok(name), true) = (name, refusals.is_empty()) else { return Err(PortalError::Refused(refusals)) };
        let view = UsageView { id, name, query: query.to_owned(), owner: caller.person, shared, created_at: now };
        tx.insert_usage_view(&view).await?;
        self.record_view(&mut tx, caller, &view, "usage_view.shared").await?;
        tx.commit().await?;
        Ok(view)
    }

    pub async fn remove_usage_view(&self, caller: &Caller, id: UsageViewId) -> Result<(), PortalError> {
        let view = self.removable_usage_view(caller, id).await?;
        let mut tx = self.store.begin().await?;
        tx.delete_usage_view(id).await?;
        self.record_view(&mut tx, caller, &view, "usage_view.removed").await?;
        tx.commit().await?;
        Ok(())
    }

    /// What others find is on the record; what one keeps for oneself is nobody's business.
    async fn record_view(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        view: &UsageView,
        action: &'static str,
    ) -> Result<(), PortalError> {
        let with = match view.shared {
            SharedWith::Nobody => return Ok(()),
            SharedWith::Team(team) => team.to_string(),
            SharedWith::Everyone => "everyone".to_owned(),
        };
        let state: Value = json!({ "query": view.query, "shared_with": with });
        let (before, after) = if action == "usage_view.removed" { (Some(state), None) } else { (None, Some(state)) };
        let id = view.id.to_string();
        let subject = Subject { kind: "usage_view", id: &id, name: &view.name };
        append(tx, By::Person(caller), self.clock.now(), Change { action, subject, before, after }).await?;
        Ok(())
    }
}
