//! What nobody does and time brings about: budgets that fill, keys that end, reviews that open, providers that fail, spend
//! that is unusual;
//! and what somebody did to more keys than one request can tell of.
//!
//! The process looks every minute; each look tells what became due since the last one, which the database remembers in
//! the transaction that tells it. How it fails: a look that does not finish is made again, and what it told already is
//! not told twice. Several processes that look at once tell once.

mod budgets;
mod coming_guardrails;
mod ends;
mod reviews;
mod rotations;

use super::Voice;
use crate::ports::DeploymentStanding;
use crate::{Portal, PortalError};
use domain::audit::Broken;
use domain::day::Days;
use domain::id::PersonId;
use domain::notification::Happening;
use domain::time::Timestamp;

/// Something that is due, and whom it concerns.
struct Due {
    happening: Happening,
    people: Vec<PersonId>,
}

/// Told in one transaction; on SQLite everybody else who writes waits for it.
const AT_ONCE: usize = 100;

impl Portal {
    /// Every minute.
    pub async fn tell_what_is_due(&self) -> Result<(), PortalError> {
        let now = self.clock.now();
        let budgets = self.budgets_due(now).await?;
        self.tell_all(&budgets, now).await?;
        self.tell_what_ends(now).await?;
        self.tell_coming_guardrails(now).await?;
        self.tell_asked_rotations(now).await?;
        self.tell_opened_review(now).await?;
        let failing = self.providers_failing(now).await?;
        self.tell_all(&failing, now).await
    }

    /// Every hour, since it adds up two weeks.
    pub async fn tell_what_is_unusual(&self) -> Result<(), PortalError> {
        let now = self.clock.now();
        let day = self.day_number(now);
        let people = self.administrators().await?;
        let unusual = self.unusual_today(now).await?.into_iter().map(|one| Due {
            happening: Happening::UnusualSpend {
                application: one.application,
                today: one.today,
                usually: one.usually,
                day,
            },
            people: people.clone(),
        });
        self.tell_all(&unusual.collect::<Vec<_>>(), now).await
    }

    /// Every day: reads the whole audit log.
    pub async fn check_audit_log(&self) -> Result<(), PortalError> {
        let verdict = crate::administration::audit::verify_chain(&self.store, self.clock.now()).await?;
        match verdict.broken {
            Some(broken) => self.tell_broken_audit(broken).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn tell_broken_audit(&self, broken: Broken) -> Result<(), PortalError> {
        let (Broken::Sequence(entry) | Broken::Link(entry) | Broken::Content(entry)) = broken;
        let due = Due { happening: Happening::AuditBroken { entry }, people: self.overseers().await? };
        self.tell_all(&[due], self.clock.now()).await
    }

    async fn providers_failing(&self, now: Timestamp) -> Result<Vec<Due>, PortalError> {
        let mut due = Vec::new();
        for provider in self.store.providers().await?.into_iter().filter(|provider| provider.enabled) {
            let health = self.gateway.health(provider.id).await;
            // One failed call is none: left alone for a while are those that went on failing.
            if !health.iter().any(|one| matches!(one.standing, DeploymentStanding::Cooling { .. })) {
                continue;
            }
            let failing = health.iter().filter(|one| one.standing != DeploymentStanding::Working).count();
            let deployments = u32::try_from(failing).unwrap_or(u32::MAX);
            let (name, day) = (provider.name, self.day_number(now));
            let happening = Happening::ProviderFails { provider: provider.id, name, deployments, day };
            due.push(Due { happening, people: self.administrators().await? });
        }
        Ok(due)
    }

    fn day_number(&self, now: Timestamp) -> i32 {
        Days::in_zone(self.settings.zone.clone()).of(now).number()
    }

    async fn tell_all(&self, due: &[Due], now: Timestamp) -> Result<(), PortalError> {
        for some in due.chunks(AT_ONCE) {
            let mut tx = self.store.begin().await?;
            for Due { happening, people } in some {
                self.tell(&mut tx, people, happening, Voice::Usual, now).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}
