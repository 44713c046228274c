//! Moving past spend of a key to another cost centre, and taking that back.
//!
//! Always true: what is moved is what the books hold of the key there when it is moved, whatever a page showed before, and
//! two who move at the same time wait for each other. What is kept is never changed: undoing is an adjustment of its own.
//! The gateway hears nothing of it, since budgets and limits have decided about those calls already.

use super::demand;
use crate::act::{By, Change, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::adjustment::{
    Adjustment, AdjustmentProblem, Booking, DayAmount, LONGEST_WHY, Move, MoveDraft, UNALLOCATED, by_month, covers,
    movable, standing, sum,
};
use domain::commitment::Month;
use domain::cost_centre::{CostCentre, check_centre};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::id::{AdjustmentId, CostCentreId, KeyId};
use domain::money::NanoUsd;
use domain::permission::{Administrator, Permission, Scope};
use domain::person::Caller;
use domain::plain_text::plain_text;
use domain::refusal::{Reason, Refusal};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Ranked, SpendQuery, Tx};

/// Keys that are proposed where none is chosen.
const PROPOSED: u32 = 20;

/// A cost centre as the books name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCentre {
    /// `None`: no cost centre.
    pub code: Option<String>,
    /// Absent for a code that was typed before there was a list.
    pub id: Option<CostCentreId>,
    pub label: String,
}

impl NamedCentre {
    /// As forms and addresses have it.
    pub fn choice(&self) -> String {
        self.code.clone().unwrap_or_else(|| UNALLOCATED.to_owned())
    }
}

/// What the list of cost centres calls their codes.
pub(super) struct CentreNames(HashMap<String, (CostCentreId, String)>);

impl CentreNames {
    pub(super) fn of_list(centres: &[CostCentre]) -> Self {
        let named = |centre: &CostCentre| (centre.entry.code.clone(), (centre.id, centre.entry.label()));
        Self(centres.iter().map(named).collect())
    }

    pub(super) fn named(&self, code: Option<String>) -> NamedCentre {
        let known = code.as_ref().and_then(|code| self.0.get(code));
        let label = match (known, &code) {
            (Some((_, label)), _) => label.clone(),
            (None, Some(code)) => code.clone(),
            (None, None) => "Unallocated".to_owned(),
        };
        NamedCentre { id: known.map(|(id, _)| *id), label, code }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    pub id: KeyId,
    pub name: String,
}

/// What a form that moves spend has to go on, as far as it is filled in.
#[derive(Debug, Clone)]
pub struct Adjusting {
    pub key: Option<NamedKey>,
    /// Where the books have what the key spent on these days.
    pub standing: Vec<(NamedCentre, NanoUsd)>,
    /// Without a key: those that were charged most to the cost centre on these days.
    pub proposed: Vec<(NamedKey, NanoUsd)>,
    /// By code; what belongs to none is last.
    pub centres: Vec<NamedCentre>,
    /// What would move, or why nothing can.
    pub plan: Result<MovePlan, Vec<Refusal>>,
    pub today: Day,
}

/// What would move if it was confirmed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovePlan {
    pub moved: Move,
    pub key: NamedKey,
    pub from: NamedCentre,
    pub to: NamedCentre,
    pub amount: NanoUsd,
    /// The statements that it changes.
    pub months: Vec<(Month, NanoUsd)>,
}

#[derive(Debug, Clone)]
pub struct AdjustmentDetail {
    pub adjustment: Adjustment,
    pub key: NamedKey,
    /// The key's page is open to the caller.
    pub opens_key: bool,
    pub from: NamedCentre,
    pub to: NamedCentre,
    pub amount: NanoUsd,
    pub months: Vec<(Month, NanoUsd)>,
    pub by_name: String,
    pub undone_by: Option<AdjustmentId>,
}

impl Portal {
    /// Everything that the form shows; nothing is changed.
    pub async fn adjusting(&self, _: Administrator<'_>, draft: &MoveDraft) -> Result<Adjusting, PortalError> {
        self.gateway.catch_up().await;
        let (centres, today) = (self.store.cost_centres().await?, self.today());
        let names = CentreNames::of_list(&centres);
        let (entered, mut refusals) = draft.read();
        let key = match entered.key {
            Some(id) => self.adjusted_key(id).await?,
            None => None,
        };
        if entered.key.is_some() && key.is_none() {
            refusals.push(no_such_key());
        }
        let books = match (&key, entered.days) {
            (Some(key), Some((first, last))) => self.store.books(key.id, first, last.plus(1)).await?,
            _ => Vec::new(),
        };
        let proposed = match (&entered.key, entered.days, &entered.from) {
            (None, Some(days), Some(from)) => self.keys_charged(days, from).await?,
            _ => Vec::new(),
        };
        let there = standing(&books).into_iter().map(|(code, amount)| (names.named(code), amount)).collect();
        let plan = match (entered.whole(), &key) {
            (Some(moved), Some(key)) if refusals.is_empty() => {
                let moved = until_today(moved, today);
                decide(&moved, &books, &centres).map(|days| MovePlan {
                    key: key.clone(),
                    from: names.named(moved.from.clone()),
                    to: names.named(moved.to.clone()),
                    amount: sum(&days),
                    months: by_month(&days),
                    moved,
                })
            }
            _ => Err(refusals),
        };
        let mut listed: Vec<NamedCentre> =
            centres.iter().map(|centre| names.named(Some(centre.entry.code.clone()))).collect();
        listed.push(names.named(None));
        Ok(Adjusting { key, standing: there, proposed, centres: listed, plan, today })
    }

    /// Moves what is there. `shown` is what the page said that would be: where it is another amount now, nothing is moved.
    pub async fn adjust(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        draft: &MoveDraft,
        shown: NanoUsd,
        why: &str,
    ) -> Result<AdjustmentId, PortalError> {
        self.gateway.catch_up().await;
        let (caller, now, today) = (administrator.caller(), self.clock.now(), self.today());
        let id = AdjustmentId::from_random(&self.id_bytes());
        let centres = self.store.cost_centres().await?;
        let (entered, mut refusals) = draft.read();
        let why = read_why(why, &mut refusals);
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Adjustment(id)).await?;
        let (Some(moved), Some(why), true) = (entered.whole(), why, refusals.is_empty()) else {
            return Err(PortalError::Refused(refusals));
        };
        let moved = until_today(moved, today);
        let held = tx.key_for_update(moved.key, &Scope::Everyone).await?;
        let key = held.map(|held| NamedKey { id: held.key.id, name: held.key.name });
        let key = key.ok_or_else(|| PortalError::Refused(vec![no_such_key()]))?;
        let books = tx.books(moved.key, moved.first, moved.last.plus(1)).await?;
        let days = decide(&moved, &books, &centres).map_err(PortalError::Refused)?;
        let there = sum(&days);
        if there != shown {
            return Err(refused("amount", AdjustmentProblem::Changed { shown, now: there }));
        }
        let adjustment = Adjustment { id, moved, days, why, by: caller.person, at: now, undoes: None };
        self.keep(&mut tx, administrator, &key, &adjustment, "adjustment.made").await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn adjustment(&self, caller: &Caller, id: AdjustmentId) -> Result<AdjustmentDetail, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        self.demand_all_spend(caller).await?;
        let adjustment = self.store.adjustment(id).await?.ok_or(PortalError::NotFound)?;
        let names = CentreNames::of_list(&self.store.cost_centres().await?);
        let mut people = self.names_for(caller, &[adjustment.by]).await?;
        let key = self.adjusted_key(adjustment.moved.key).await?.ok_or(PortalError::NotFound)?;
        Ok(AdjustmentDetail {
            key,
            opens_key: self.sees_all_calls(caller).await?,
            from: names.named(adjustment.moved.from.clone()),
            to: names.named(adjustment.moved.to.clone()),
            amount: sum(&adjustment.days),
            months: by_month(&adjustment.days),
            by_name: people.remove(&adjustment.by).unwrap_or_default(),
            undone_by: self.store.undone_by(id).await?,
            adjustment,
        })
    }

    /// Books everything back that it moved, day by day: all of it or nothing.
    pub async fn undo_adjustment(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        undone: AdjustmentId,
        why: &str,
    ) -> Result<AdjustmentId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = AdjustmentId::from_random(&self.id_bytes());
        let kept = self.store.adjustment(undone).await?.ok_or(PortalError::NotFound)?;
        let mut refusals = Vec::new();
        let why = read_why(why, &mut refusals).ok_or(PortalError::Refused(refusals))?;
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Adjustment(id)).await?;
        let moved = kept.moved.back();
        let held = tx.key_for_update(moved.key, &Scope::Everyone).await?.ok_or(PortalError::NotFound)?;
        if tx.undone_by(undone).await?.is_some() {
            return Err(refused("undo", AdjustmentProblem::TakenBackAlready));
        }
        let books = tx.books(moved.key, moved.first, moved.last.plus(1)).await?;
        if !covers(&movable(&books, moved.from.as_deref()), &kept.days) {
            return Err(refused("undo", AdjustmentProblem::MovedOn));
        }
        let key = NamedKey { id: held.key.id, name: held.key.name };
        let adjustment =
            Adjustment { id, moved, days: kept.days, why, by: caller.person, at: now, undoes: Some(undone) };
        self.keep(&mut tx, administrator, &key, &adjustment, "adjustment.undone").await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        administrator: Administrator<'_>,
        key: &NamedKey,
        adjustment: &Adjustment,
        action: &'static str,
    ) -> Result<(), PortalError> {
        tx.insert_adjustment(adjustment).await?;
        let id = key.id.to_string();
        let subject = Subject { kind: "key", id: &id, name: &key.name };
        let change = Change { action, subject, before: None, after: Some(facts(adjustment)) };
        append(tx, By::Person(administrator.caller()), adjustment.at, change).await?;
        Ok(())
    }

    async fn adjusted_key(&self, id: KeyId) -> Result<Option<NamedKey>, PortalError> {
        let mut names = self.store.owned_names(&[id]).await?;
        Ok(names.remove(&id).map(|(name, _)| NamedKey { id, name }))
    }

    async fn keys_charged(
        &self,
        (first, last): (Day, Day),
        centre: &Option<String>,
    ) -> Result<Vec<(NamedKey, NanoUsd)>, PortalError> {
        let filters = [(Dimension::CostCentre, centre.clone())];
        let query = SpendQuery { scope: &Scope::Everyone, filters: &filters, from: first, until: last.plus(1) };
        let found = self.store.spend_by(&query, Dimension::Key, None, Ranked::costliest(PROPOSED)).await?;
        let spent = found.largest.into_iter().filter(|group| group.sums.cost > NanoUsd::ZERO);
        let spent: Vec<(KeyId, NanoUsd)> =
            spent.filter_map(|group| Some((group.value?.parse().ok()?, group.sums.cost))).collect();
        let ids: Vec<KeyId> = spent.iter().map(|(id, _)| *id).collect();
        let mut names = self.store.owned_names(&ids).await?;
        // What a key spent that is not known any more cannot be moved.
        let named = spent.into_iter().filter_map(|(id, cost)| Some((names.remove(&id)?.0, id, cost)));
        Ok(named.map(|(name, id, cost)| (NamedKey { id, name }, cost)).collect())
    }
}

/// Days that are still to come have no spend: what was moved names those that it can have been of.
fn until_today(moved: Move, today: Day) -> Move {
    Move { last: moved.last.min(today).max(moved.first), ..moved }
}

/// What moves of each day. It goes only to a cost centre that was valid on all of them.
fn decide(moved: &Move, books: &[Booking], centres: &[CostCentre]) -> Result<Vec<DayAmount>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    if let Some(code) = &moved.to {
        let entry = centres.iter().map(|centre| &centre.entry).find(|entry| entry.code == *code);
        let reason = check_centre(entry, code, moved.first).or_else(|| check_centre(entry, code, moved.last));
        refusals.extend(reason.map(|reason| Refusal::new("move_to", reason)));
    }
    let days = movable(books, moved.from.as_deref());
    if days.is_empty() {
        refusals.push(Refusal::new("charged_to", Reason::Adjustment(AdjustmentProblem::NothingThere)));
    }
    if refusals.is_empty() { Ok(days) } else { Err(refusals) }
}

fn read_why(why: &str, refusals: &mut Vec<Refusal>) -> Option<String> {
    plain_text(why, LONGEST_WHY).map_err(|reason| refusals.push(Refusal::new("why", reason))).ok()
}

fn refused(field: &'static str, problem: AdjustmentProblem) -> PortalError {
    PortalError::refused(field, Reason::Adjustment(problem))
}

const fn no_such_key() -> Refusal {
    Refusal::new("key", Reason::Adjustment(AdjustmentProblem::NoSuchKey))
}

fn facts(adjustment: &Adjustment) -> Value {
    let moved = &adjustment.moved;
    json!({
        "adjustment": adjustment.id,
        "from_cost_centre": moved.from,
        "to_cost_centre": moved.to,
        "first_day": moved.first.date().to_string(),
        "last_day": moved.last.date().to_string(),
        "amount": sum(&adjustment.days),
        "why": adjustment.why,
        "undoes": adjustment.undoes,
    })
}
