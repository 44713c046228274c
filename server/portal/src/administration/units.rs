//! Business units: which teams share a budget.

use crate::act::{By, Change, News, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::id::{TeamId, UnitId};
use domain::minting::LONGEST_NAME;
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::plain_text::plain_text;
use domain::refusal::Reason;
use serde_json::{Value, json};
use store::{Team, Unit};

/// A team as a business unit can have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamOfUnit {
    pub id: TeamId,
    pub name: String,
    /// The business unit that it belongs to now.
    pub unit: Option<(UnitId, String)>,
}

impl TeamOfUnit {
    pub fn is_in(&self, unit: UnitId) -> bool {
        self.unit.as_ref().is_some_and(|(now, _)| *now == unit)
    }
}

#[derive(Debug, Clone)]
pub struct UnitDetail {
    pub id: UnitId,
    pub name: String,
    /// All teams, by name.
    pub teams: Vec<TeamOfUnit>,
}

impl Portal {
    pub async fn unit(&self, caller: &Caller, unit: UnitId) -> Result<UnitDetail, PortalError> {
        super::demand(caller, Permission::SeeAdministration)?;
        let units = self.store.units().await?;
        let Unit { id, name, .. } =
            units.iter().find(|known| known.id == unit).cloned().ok_or(PortalError::NotFound)?;
        let named = |unit: UnitId| units.iter().find(|known| known.id == unit).map(|known| (unit, known.name.clone()));
        let team = |team: Team| TeamOfUnit { id: team.id, name: team.name, unit: team.unit.and_then(named) };
        Ok(UnitDetail { id, name, teams: self.store.teams().await?.into_iter().map(team).collect() })
    }

    pub async fn create_unit(
        &self,
        administrator: Administrator<'_>,
        form: &FormId,
        name: &str,
    ) -> Result<UnitId, PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let id = UnitId::from_random(&self.id_bytes());
        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Unit(id)).await?;
        let name = plain_text(name, LONGEST_NAME).map_err(|reason| PortalError::refused("name", reason))?;
        let unit = Unit { id, name, created_at: now };
        tx.insert_unit(&unit).await?;
        let text = id.to_string();
        let subject = Subject { kind: "unit", id: &text, name: &unit.name };
        let after = Some(facts(&unit.name, &[]));
        append(&mut tx, By::Person(caller), now, Change { action: "unit.created", subject, before: None, after })
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Gives the unit this name and exactly these teams; a team of another unit moves here. Calls of its keys are
    /// charged accordingly from the next one on.
    pub async fn change_unit(
        &self,
        administrator: Administrator<'_>,
        unit: UnitId,
        name: &str,
        teams: &[TeamId],
    ) -> Result<(), PortalError> {
        let (caller, now) = (administrator.caller(), self.clock.now());
        let mut tx = self.store.begin().await?;
        let units = self.store.units().await?;
        let kept = units.into_iter().find(|known| known.id == unit).ok_or(PortalError::NotFound)?;
        let known = self.store.teams().await?;
        let name = plain_text(name, LONGEST_NAME).map_err(|reason| PortalError::refused("name", reason))?;
        if teams.iter().any(|team| known.iter().all(|known| known.id != *team)) {
            return Err(PortalError::refused("teams", Reason::UnknownChoice));
        }
        let named = |belongs: &dyn Fn(&Team) -> bool| -> Vec<&str> {
            known.iter().filter(|team| belongs(team)).map(|team| team.name.as_str()).collect()
        };
        let before = facts(&kept.name, &named(&|team| team.unit == Some(unit)));
        let after = facts(&name, &named(&|team| teams.contains(&team.id)));
        if before == after {
            return Ok(());
        }
        tx.rename_unit(unit, &name).await?;
        for team in &known {
            match (team.unit == Some(unit), teams.contains(&team.id)) {
                (false, true) => tx.put_team_unit(team.id, Some(unit)).await?,
                (true, false) => tx.put_team_unit(team.id, None).await?,
                _ => {}
            }
        }
        let id = unit.to_string();
        let subject = Subject { kind: "unit", id: &id, name: &name };
        let change = Change { action: "unit.changed", subject, before: Some(before), after: Some(after) };
        append(&mut tx, By::Person(caller), now, change).await?;
        self.commit_and_tell(tx, News::Levels).await
    }
}

fn facts(name: &str, teams: &[&str]) -> Value {
    json!({ "name": name, "teams": teams })
}
