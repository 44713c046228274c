//! Cost centres: the list that keys and teams choose from. A code never changes, so that past spend stays where it was.

use super::demand;
use crate::act::{By, Change, News, Subject, append};
use crate::{Portal, PortalError};
use domain::cost_centre::{CentreDraft, CentreEntry, CentreStanding, CostCentre, check_centre};
use domain::day::{Day, Days};
use domain::dimension::Dimension;
use domain::exchange::{Conversion, Converted};
use domain::id::{CostCentreId, TeamId};
use domain::money::NanoUsd;
use domain::permission::{Administrator, Permission, Scope};
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Ranked, SpendQuery, StoreError, Tx};

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentreRow {
    pub centre: CostCentre,
    pub standing: CentreStanding,
    pub booked: Booked,
}

/// What is booked to one code, or to none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Booked {
    /// Keys that are neither revoked nor expired.
    pub keys: i64,
    pub spend_this_month: NanoUsd,
    /// The same in the display currency.
    pub shown: Option<Converted>,
}

#[derive(Debug, Clone)]
pub struct CentreList {
    pub rows: Vec<CentreRow>,
    /// Keys without a cost centre, and what was spent by such.
    pub unallocated: Booked,
    pub conversion: Option<Conversion>,
    /// What was spent this month was moved between cost centres, which is not among these figures.
    pub adjusted: bool,
}

#[derive(Debug, Clone)]
pub struct CentreDetail {
    pub row: CentreRow,
    pub conversion: Option<Conversion>,
    /// Where its keys can go when it ends: valid today, without itself.
    pub others: Vec<CentreEntry>,
    pub today: Day,
}

/// What is booked to every code.
struct AllBooked {
    by_code: HashMap<Option<String>, Booked>,
    /// To a code that is not among them.
    nothing: Booked,
    conversion: Option<Conversion>,
}

/// More than there are cost centres.
const EVERY: u32 = 100_000;

impl Portal {
    pub(crate) fn today(&self) -> Day {
        Days::in_zone(self.settings.zone.clone()).of(self.clock.now())
    }

    /// By code.
    pub(crate) async fn valid_cost_centres(&self, today: Day) -> Result<Vec<CentreEntry>, PortalError> {
        let centres = self.store.cost_centres().await?.into_iter().map(|centre| centre.entry);
        Ok(centres.filter(|entry| entry.standing(today) == CentreStanding::Valid).collect())
    }

    /// What a key gets where none is named: that of the owning team; for a key of one's own that of the directory, or of
    /// one's only team. One that is not valid today is none.
    pub(crate) async fn usual_cost_centre(
        &self,
        caller: &Caller,
        owner: Owner,
        today: Day,
    ) -> Result<Option<CentreEntry>, PortalError> {
        let of_team = async |team: TeamId| self.store.team_cost_centre(team).await;
        let code = match owner {
            Owner::Team(team) => of_team(team).await?,
            Owner::Person(person) => {
                let record = self.store.directory_record(person).await?;
                match (record.and_then(|record| record.cost_centre), caller.memberships.as_slice()) {
                    (Some(code), _) => Some(code),
                    (None, [only]) => of_team(only.team).await?,
                    (None, _) => None,
                }
            }
        };
        let Some(code) = code else { return Ok(None) };
        let centre = self.store.cost_centre_of_code(&code).await?.map(|centre| centre.entry);
        Ok(centre.filter(|entry| entry.standing(today) == CentreStanding::Valid))
    }

    /// All of them, valid ones first.
    pub async fn cost_centres(&self, caller: &Caller) -> Result<CentreList, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let today = self.today();
        let AllBooked { mut by_code, nothing, conversion } = self.booked(caller, today).await?;
        let mut of = |code: Option<String>| by_code.remove(&code).unwrap_or(nothing);
        let mut rows: Vec<CentreRow> = (self.store.cost_centres().await?.into_iter())
            .map(|centre| CentreRow {
                standing: centre.entry.standing(today),
                booked: of(Some(centre.entry.code.clone())),
                centre,
            })
            .collect();
        rows.sort_by_key(|row| matches!(row.standing, CentreStanding::Ended { .. }));
        let adjusted = self.store.last_adjusted(today.first_of_month(), today.plus(1)).await?.is_some();
        Ok(CentreList { rows, unallocated: of(None), conversion, adjusted })
    }

    pub async fn cost_centre(&self, caller: &Caller, id: CostCentreId) -> Result<CentreDetail, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        let today = self.today();
        let centre = self.store.cost_centre(id).await?.ok_or(PortalError::NotFound)?;
        let AllBooked { mut by_code, nothing, conversion } = self.booked(caller, today).await?;
        let booked = by_code.remove(&Some(centre.entry.code.clone())).unwrap_or(nothing);
        let mut others = self.valid_cost_centres(today).await?;
        others.retain(|other| other.code != centre.entry.code);
        let row = CentreRow { standing: centre.entry.standing(today), booked, centre };
        Ok(CentreDetail { row, conversion, others, today })
    }

    /// Of everybody's keys: for those who see everybody's spend.
    async fn booked(&self, caller: &Caller, today: Day) -> Result<AllBooked, PortalError> {
        self.demand_all_spend(caller).await?;
        self.gateway.catch_up().await;
        let (from, until) = (today.first_of_month(), today.plus(1));
        let query = SpendQuery { scope: &Scope::Everyone, filters: &[], from, until };
        let spent = self.store.spend_by(&query, Dimension::CostCentre, None, Ranked::costliest(EVERY)).await?;
        let conversion = self.conversion(from, until).await?;
        let mut shown = match &conversion {
            Some(conversion) => self.shown_by(&query, Dimension::CostCentre, conversion).await?,
            None => HashMap::new(),
        };
        let in_currency = conversion.as_ref().and_then(|conversion| conversion.by_day([]));
        let nothing = Booked { keys: 0, spend_this_month: NanoUsd::ZERO, shown: in_currency };
        let mut by_code: HashMap<Option<String>, Booked> = HashMap::new();
        for (code, keys) in self.store.live_keys_by_cost_centre(self.clock.now()).await? {
            by_code.entry(code).or_insert(nothing).keys = keys;
        }
        for group in spent.largest {
            let shown = shown.remove(&group.value).or(in_currency);
            let booked = by_code.entry(group.value).or_insert(nothing);
            (booked.spend_this_month, booked.shown) = (group.sums.cost, shown);
        }
        Ok(AllBooked { by_code, nothing, conversion })
    }

    /// A form that is sent twice finds what it made, and changes nothing.
    pub async fn create_cost_centre(
        &self,
        administrator: Administrator<'_>,
        draft: &CentreDraft,
    ) -> Result<CostCentreId, PortalError> {
        let now = self.clock.now();
        let entry = draft.read().map_err(PortalError::Refused)?;
        if let Some(known) = self.store.cost_centre_of_code(&entry.code).await?.filter(|known| known.entry == entry) {
            return Ok(known.id);
        }
        let mut tx = self.store.begin().await?;
        let id = self.add_centre(&mut tx, administrator, entry, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub(super) async fn add_centre(
        &self,
        tx: &mut Tx,
        administrator: Administrator<'_>,
        entry: CentreEntry,
        now: Timestamp,
    ) -> Result<CostCentreId, StoreError> {
        let centre = CostCentre { id: CostCentreId::from_random(&self.id_bytes()), entry, version: 1 };
        tx.insert_cost_centre(&centre, now).await?;
        append_centre(tx, administrator, now, "cost_centre.created", None, &centre).await?;
        Ok(centre.id)
    }

    /// Everything but the code. `Stale` if somebody saved between.
    pub async fn change_cost_centre(
        &self,
        administrator: Administrator<'_>,
        id: CostCentreId,
        expected_version: i64,
        draft: &CentreDraft,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let kept = tx.cost_centre_for_update(id).await?.ok_or(PortalError::NotFound)?;
        let draft = CentreDraft { code: kept.entry.code.clone(), ..draft.clone() };
        let entry = draft.read().map_err(PortalError::Refused)?;
        // What is so already, or was made so by this form when it was sent before.
        if entry == kept.entry && (expected_version..=expected_version + 1).contains(&kept.version) {
            return Ok(());
        }
        if kept.version != expected_version {
            return Err(PortalError::Stale { current: kept.version });
        }
        let news = if entry.name == kept.entry.name { News::Nothing } else { News::Levels };
        update_centre(&mut tx, administrator, &kept, entry, now, "cost_centre.changed").await?;
        // Refusals name it as it is called.
        self.commit_and_tell(tx, news).await
    }

    /// Nothing new is booked to it after this day. Its keys go on under it, or are booked to another one from now on; what
    /// they spent stays. Answers how many keys moved.
    pub async fn end_cost_centre(
        &self,
        administrator: Administrator<'_>,
        id: CostCentreId,
        last_day: &str,
        keys_to: Option<&str>,
    ) -> Result<usize, PortalError> {
        let (now, today) = (self.clock.now(), self.today());
        let mut tx = self.store.begin().await?;
        let kept = tx.cost_centre_for_update(id).await?.ok_or(PortalError::NotFound)?;
        let mut refusals = Vec::new();
        let last = match domain::cost_centre::typed_day(last_day) {
            Ok(None) => Err(Reason::Missing),
            Ok(Some(last)) if kept.entry.valid_from.is_some_and(|from| last < from) => Err(Reason::EndsBeforeStart),
            Ok(Some(last)) => Ok(last),
            Err(reason) => Err(reason),
        };
        let last = last.map_err(|reason| refusals.push(Refusal::new("last", reason))).ok();
        if let Some(code) = keys_to {
            let other = self.store.cost_centre_of_code(code).await?.map(|centre| centre.entry);
            let itself = (code == kept.entry.code).then_some(Reason::UnknownChoice);
            let reason = itself.or_else(|| check_centre(other.as_ref(), code, today));
            refusals.extend(reason.map(|reason| Refusal::new("keys_to", reason)));
        }
        let Some(last) = last.filter(|_| refusals.is_empty()) else { return Err(PortalError::Refused(refusals)) };
        let moved = match keys_to {
            Some(to) => tx.move_cost_centre(&kept.entry.code, to).await?,
            None => Vec::new(),
        };
        let entry = CentreEntry { valid_until: Some(last), ..kept.entry.clone() };
        if entry == kept.entry && moved.is_empty() {
            return Ok(0);
        }
        let changed = CostCentre { entry, version: kept.version + 1, ..kept.clone() };
        if !tx.update_cost_centre(&changed, kept.version).await? {
            return Err(PortalError::Stale { current: kept.version });
        }
        let mut after = facts(&changed.entry);
        if let Some(to) = keys_to {
            after["keys_to"] = json!(to);
            after["keys_moved"] = json!(moved.len());
        }
        let text = id.to_string();
        let subject = Subject { kind: "cost_centre", id: &text, name: &kept.entry.code };
        let before = Some(facts(&kept.entry));
        let change = Change { action: "cost_centre.ended", subject, before, after: Some(after) };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        let count = moved.len();
        self.commit_and_tell(tx, News::Keys(moved)).await?;
        Ok(count)
    }

    /// What the team's keys are booked to from now on if nothing else is said; keys that exist stay where they are.
    pub async fn set_team_cost_centre(
        &self,
        administrator: Administrator<'_>,
        team: TeamId,
        code: Option<&str>,
    ) -> Result<(), PortalError> {
        let (now, today) = (self.clock.now(), self.today());
        let known = self.store.teams().await?.into_iter().find(|known| known.id == team);
        let known = known.ok_or(PortalError::NotFound)?;
        let mut tx = self.store.begin().await?;
        let before = self.store.team_cost_centre(team).await?;
        if before.as_deref() == code {
            return Ok(());
        }
        if let Some(code) = code {
            let centre = self.store.cost_centre_of_code(code).await?.map(|centre| centre.entry);
            if let Some(reason) = check_centre(centre.as_ref(), code, today) {
                return Err(PortalError::refused("cost_centre", reason));
            }
        }
        tx.put_team_cost_centre(team, code).await?;
        let text = team.to_string();
        let subject = Subject { kind: "team", id: &text, name: &known.name };
        let (before, after) = (json!({ "cost_centre": before }), json!({ "cost_centre": code }));
        let change = Change { action: "team.cost_centre_changed", subject, before: Some(before), after: Some(after) };
        append(&mut tx, By::Person(administrator.caller()), now, change).await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(super) async fn update_centre(
    tx: &mut Tx,
    administrator: Administrator<'_>,
    kept: &CostCentre,
    entry: CentreEntry,
    now: Timestamp,
    action: &'static str,
) -> Result<(), PortalError> {
    let changed = CostCentre { id: kept.id, entry, version: kept.version + 1 };
    if !tx.update_cost_centre(&changed, kept.version).await? {
        return Err(PortalError::Stale { current: kept.version });
    }
    append_centre(tx, administrator, now, action, Some(&kept.entry), &changed).await?;
    Ok(())
}

async fn append_centre(
    tx: &mut Tx,
    administrator: Administrator<'_>,
    now: Timestamp,
    action: &'static str,
    before: Option<&CentreEntry>,
    after: &CostCentre,
) -> Result<(), StoreError> {
    let id = after.id.to_string();
    let subject = Subject { kind: "cost_centre", id: &id, name: &after.entry.code };
    let change = Change { action, subject, before: before.map(facts), after: Some(facts(&after.entry)) };
    append(tx, By::Person(administrator.caller()), now, change).await
}

fn facts(entry: &CentreEntry) -> Value {
    let day = |day: Option<Day>| day.map(|day| day.date().to_string());
    json!({
        "code": entry.code,
        "name": entry.name,
        "contact": entry.contact,
        "valid_from": day(entry.valid_from),
        "valid_until": day(entry.valid_until),
    })
}
