//! Everything that a key's own page shows beside its usage.

use super::list::{LastUse, level_name, owner_is_active};
use super::rotation_asks::RotationDue;
use super::seen::SeenKey;
use super::status::{KeyStatus, status_of};
use crate::administration::profile_rollouts::Follows;
use crate::ports::SharedLimits;
use crate::sight::Namer;
use crate::{FormId, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::alias::resolved;
use domain::budget::BudgetFigures;
use domain::effective_terms::{ExplainedTerms, explain};
use domain::grant::raised;
use domain::id::{KeyId, PersonId};
use domain::limits::QuotaUse;
use domain::model::Model;
use domain::permission::{Permission, Scope};
use domain::person::{Caller, Role};
use domain::profile_rollout::MoveOn;
use domain::time::Timestamp;
use domain::virtual_key::{KeySecret, KeyStanding, KeyState, Owner, VirtualKey};

/// What the caller may do to this key now; a button that would be refused is not shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyActs {
    pub rename: bool,
    pub rotate: bool,
    /// End the old secret of a rotation earlier, or later.
    pub end_old_secret: bool,
    pub disable: bool,
    pub enable: bool,
    pub set_expiry: bool,
    pub revoke: bool,
}

impl KeyActs {
    /// A key that is changed at all can be narrowed to its use.
    pub const fn narrow(self) -> bool {
        self.rename
    }

    /// A key whose first secret waits for whoever asked for it cannot be rotated.
    const fn with_secrets(self, any: bool) -> Self {
        Self { rotate: self.rotate && any, ..self }
    }
}

/// One secret of the key, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFacts {
    pub version: i64,
    pub created_at: Timestamp,
    /// When an old secret ends, or ended; `None` for the current one.
    pub valid_until: Option<Timestamp>,
    pub live: bool,
}

/// What the key may do as things stand: its own terms within its profile's, each value with the rule it comes from.
#[derive(Debug, Clone)]
pub struct EffectiveTerms {
    pub terms: ExplainedTerms,
    /// How many of the served models it may call, and how many are served.
    pub models_allowed: usize,
    pub models_served: usize,
}

#[derive(Debug, Clone)]
pub struct KeyDetail {
    pub key: VirtualKey,
    pub owner_name: String,
    pub mine: bool,
    pub created_by_name: String,
    /// As it is to this key.
    pub profile: AccessProfile,
    pub follows: Follows,
    pub standing: KeyStanding,
    pub status: KeyStatus,
    /// Who disabled or revoked it.
    pub state_by_name: Option<String>,
    /// Newest first.
    pub secrets: Vec<SecretFacts>,
    pub effective: EffectiveTerms,
    /// The same once it has come to the newest version, if it will.
    pub effective_then: Option<EffectiveTerms>,
    /// Live, from the ledger; the tightest first.
    pub figures: Vec<BudgetFigures>,
    /// Its quotas, and those of the levels above, from the organisation down.
    pub quotas: Vec<QuotaUse>,
    /// What it shares with other keys, from the organisation down to its profile; only levels with limits.
    pub above: Vec<SharedLimits>,
    pub last_use: Option<LastUse>,
    /// Somebody asked for a new secret by then.
    pub rotation_due: Option<RotationDue>,
    /// It is disabled then, unless somebody calls with it.
    pub idle_ends: Option<Timestamp>,
    pub acts: KeyActs,
    /// The caller owns it or leads the team that does.
    pub may_ask: bool,
    /// How late its expiry may be set: minted at plus the profile's longest lifetime.
    pub latest_expiry: Timestamp,
    /// For the rotate form.
    pub form: FormId,
}

impl SeenKey<'_> {
    pub async fn detail(&self) -> Result<KeyDetail, PortalError> {
        let (portal, caller, id) = (self.portal, self.caller, self.id());
        let now = portal.clock.now();
        let key = &self.item.key;
        let (profile, follows) = portal.followed(key).await?;
        let kept = portal.store.key_with_secrets(id).await?.ok_or(PortalError::NotFound)?;
        let inactive = portal.store.inactive_people().await?;
        let state_by = match key.state {
            KeyState::Active | KeyState::DisabledUnused { .. } => None,
            KeyState::Disabled { by, .. } | KeyState::Revoked { by, .. } => Some(by),
        };
        let people: Vec<PersonId> = std::iter::once(key.created_by).chain(state_by).collect();
        let names = portal.names_by(&self.namer, &people).await?;
        let name_of = |person: PersonId| names.get(&person).cloned().unwrap_or_else(|| person.to_string());

        let mut figures = portal.gateway.figures(id).await;
        figures.sort_by_key(BudgetFigures::left);
        let standing = key.standing(now, owner_is_active(key.owner, &inactive));
        let secrets: Vec<SecretFacts> = kept.secrets.iter().map(|secret| SecretFacts::of(secret, now)).collect();
        let rotating = secrets.iter().any(|secret| secret.live && secret.valid_until.is_some());
        let latest_expiry = latest_expiry(key, &profile);
        let acts = portal.acts(caller, key, latest_expiry, now).await?;
        let idle_ends = portal.idle_ends(std::slice::from_ref(&self.item), now).await?.remove(&id);
        let owner_name = self.item.owner_name.clone();
        Ok(KeyDetail {
            owner_name: match key.owner {
                Owner::Person(person) => self.namer.name(person, owner_name),
                Owner::Team(_) => owner_name,
            },
            mine: key.owner == Owner::Person(caller.person),
            created_by_name: name_of(key.created_by),
            standing,
            status: status_of(key, standing, &figures, rotating, now),
            state_by_name: state_by.map(name_of),
            secrets,
            effective: portal.effective_terms(key, &profile, now).await?,
            effective_then: portal.effective_then(key, &follows).await?,
            figures,
            quotas: portal.gateway.quotas(id).await,
            above: called(portal.gateway.levels_above(id).await, &self.namer),
            last_use: self.item.last_use.clone().map(LastUse::from),
            idle_ends,
            rotation_due: portal.rotations_due(caller, &[id]).await?.remove(&id),
            acts: KeyActs { end_old_secret: acts.rotate && rotating, ..acts }.with_secrets(!kept.secrets.is_empty()),
            may_ask: portal.may_ask_for(caller, key.owner),
            latest_expiry,
            form: portal.new_form(),
            profile,
            follows,
            key: key.clone(),
        })
    }
}

impl Portal {
    pub async fn key(&self, caller: &Caller, key: KeyId) -> Result<KeyDetail, PortalError> {
        self.see_key(caller, key).await?.detail().await
    }

    async fn effective_then(&self, key: &VirtualKey, follows: &Follows) -> Result<Option<EffectiveTerms>, PortalError> {
        let Follows::Until { moves, newest } = follows else { return Ok(None) };
        let moment = match moves {
            MoveOn::At(at) => *at,
            MoveOn::NextRotation => self.clock.now(),
        };
        self.effective_terms(key, newest, moment).await.map(Some)
    }

    async fn effective_terms(
        &self,
        key: &VirtualKey,
        profile: &AccessProfile,
        moment: Timestamp,
    ) -> Result<EffectiveTerms, PortalError> {
        let terms = self.terms_at(key, profile, moment).await?;
        let models = resolved(self.store.models().await?);
        let served = || models.iter().filter(|model| model.enabled && model.price.is_some());
        let allowed = |model: &&Model| terms.models.iter().any(|one| one.value.matches(model.name.as_str()));
        Ok(EffectiveTerms { models_allowed: served().filter(allowed).count(), models_served: served().count(), terms })
    }

    /// The key's terms within its profile's, and what it was given above both.
    pub(crate) async fn terms_now(
        &self,
        key: &VirtualKey,
        profile: &AccessProfile,
    ) -> Result<ExplainedTerms, PortalError> {
        self.terms_at(key, profile, self.clock.now()).await
    }

    async fn terms_at(
        &self,
        key: &VirtualKey,
        profile: &AccessProfile,
        moment: Timestamp,
    ) -> Result<ExplainedTerms, PortalError> {
        let grants = self.store.grants_of(key.id).await?;
        let live = grants.iter().filter(|grant| grant.is_live(moment));
        Ok(raised(explain(&profile.terms, &key.terms), live))
    }

    async fn acts(
        &self,
        caller: &Caller,
        key: &VirtualKey,
        latest_expiry: Timestamp,
        now: Timestamp,
    ) -> Result<KeyActs, PortalError> {
        if !may_change(caller, key.owner) {
            return Ok(KeyActs::default());
        }
        let expired = now >= key.expires_at;
        Ok(match key.state {
            KeyState::Revoked { .. } => KeyActs::default(),
            _ if expired => KeyActs { revoke: true, set_expiry: latest_expiry > now, ..KeyActs::default() },
            KeyState::Disabled { .. } | KeyState::DisabledUnused { .. } => KeyActs {
                rename: true,
                rotate: true,
                enable: self.may_enable(caller, key).await?,
                set_expiry: true,
                revoke: true,
                disable: false,
                end_old_secret: false,
            },
            KeyState::Active => KeyActs {
                rename: true,
                rotate: true,
                disable: true,
                set_expiry: true,
                revoke: true,
                ..KeyActs::default()
            },
        })
    }

    /// What an administrator disabled, an administrator enables; all else whoever may change the key.
    pub(super) async fn may_enable(&self, caller: &Caller, key: &VirtualKey) -> Result<bool, PortalError> {
        let KeyState::Disabled { by, .. } = key.state else { return Ok(true) };
        if by == caller.person || caller.has(Role::Administrator) {
            return Ok(true);
        }
        let disabler = self.store.person(by).await?;
        Ok(!disabler.is_some_and(|person| person.roles().contains(&Role::Administrator)))
    }
}

fn called(levels: Vec<SharedLimits>, namer: &Namer) -> Vec<SharedLimits> {
    let called = |level: SharedLimits| SharedLimits { name: level_name(level.clone(), namer), ..level };
    levels.into_iter().map(called).collect()
}

/// Whether acts on this owner's keys are open to the caller at all.
pub(super) fn may_change(caller: &Caller, owner: Owner) -> bool {
    let within = match Scope::to_change(caller) {
        Scope::Everyone => true,
        Scope::Own { person, teams } | Scope::Within { person, teams, .. } => match owner {
            Owner::Person(owner) => owner == person,
            Owner::Team(owner) => teams.contains(&owner),
        },
    };
    within && Permission::ManageKeys.allows(Some(caller))
}

/// Minted at plus the profile's longest lifetime, or its only one.
pub(crate) fn latest_expiry(key: &VirtualKey, profile: &AccessProfile) -> Timestamp {
    let term = &profile.terms.lifetime_days;
    let days = if term.developers_may_change { term.maximum } else { term.default.min(term.maximum) };
    key.created_at.plus_days(i64::from(days))
}

impl SecretFacts {
    fn of(secret: &KeySecret, now: Timestamp) -> Self {
        Self {
            version: secret.version,
            created_at: secret.created_at,
            valid_until: secret.valid_until,
            live: secret.is_live(now),
        }
    }
}
