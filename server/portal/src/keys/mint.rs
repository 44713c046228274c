//! Minting a key.

use crate::act::{By, Change, News, Subject, append, spend};
use crate::{FormId, Made, Portal, PortalError};
use domain::access_profile::AccessProfile;
use domain::alias::resolved;
use domain::cost_centre::{CentreEntry, CentreFacts};
use domain::day::Day;
use domain::environment::Environment;
use domain::id::KeyId;
use domain::key_policy::KeyPolicy;
use domain::key_secret::{SecretText, TokenKind, compose, tag};
use domain::minting::{Clamped, GrantedTerms, MintRequest, MintingFacts, decide_ask, decide_mint};
use domain::model::Model;
use domain::order::Order;
use domain::permission::Scope;
use domain::person::Caller;
use domain::plain_text::folded;
use domain::refusal::Refusal;
use domain::time::Timestamp;
use domain::virtual_key::{KeySecret, KeyState, Owner, VirtualKey};
use serde_json::json;
use store::{Acknowledgement, KeyFilter, KeyView};
use zeroize::Zeroizing;

/// A key with its secret: the only time that the secret exists outside of its holder. Cannot be fetched again.
pub struct MintedKey {
    pub key: VirtualKey,
    pub secret: SecretText,
    /// 1 when minted; grows with each rotation.
    pub secret_version: i64,
    /// Wishes that were cut down to the maximum: said, never silent.
    pub clamped: Vec<Clamped>,
    /// After a rotation: until when the old secret still works.
    pub old_secret_until: Option<Timestamp>,
}

/// What the server would say to this wish, without doing it.
#[derive(Debug, Clone)]
pub enum MintVerdict {
    Granted(GrantedTerms),
    /// It would wait for somebody's approval.
    Asked(GrantedTerms),
    Refused(Vec<Refusal>),
}

/// What is read before the transaction; only what must not change between counting and writing waits for it.
pub(crate) struct Gathered {
    pub(crate) profile: Option<AccessProfile>,
    pub(crate) policy: Option<KeyPolicy>,
    environment: Option<Environment>,
    cost_centre: Option<CentreEntry>,
    usual_cost_centre: Option<String>,
    today: Day,
    owner_exists: bool,
    name_taken_by: Option<KeyId>,
    models: Vec<Model>,
}

impl Gathered {
    pub(crate) fn facts<'a>(&'a self, caller: &'a Caller, keys_held: u32) -> MintingFacts<'a> {
        MintingFacts {
            caller,
            profile: self.profile.as_ref(),
            policy: self.policy.as_ref(),
            environment: self.environment.as_ref(),
            cost_centre: CentreFacts {
                named: self.cost_centre.as_ref(),
                usual: self.usual_cost_centre.as_deref(),
                today: self.today,
            },
            owner_exists: self.owner_exists,
            keys_held,
            name_taken_by: self.name_taken_by,
            models: &self.models,
        }
    }
}

impl Portal {
    /// The verdict without minting: for "Check", and for the reasons beside those of fields that could not be read.
    pub async fn check_mint(&self, caller: &Caller, request: &MintRequest) -> Result<MintVerdict, PortalError> {
        let now = self.clock.now();
        // Whoever only looks has nothing to read yet.
        let gathered = Gathered { policy: None, ..self.gather(caller, request, now).await? };
        let held = match request.owner {
            Owner::Person(_) => self.keys_held(caller, now).await?.get(&request.profile).copied().unwrap_or(0),
            Owner::Team(_) => 0,
        };
        Ok(match decide_mint(&gathered.facts(caller, held), request, now) {
            Ok(granted) => MintVerdict::Granted(granted),
            Err(refusals) => MintVerdict::Refused(refusals),
        })
    }

    /// As [`Self::check_mint`], for a key that is asked for. What needs nobody's approval is granted.
    pub async fn check_ask(&self, caller: &Caller, request: &MintRequest) -> Result<MintVerdict, PortalError> {
        let now = self.clock.now();
        let gathered = self.gather(caller, request, now).await?;
        let held = match request.owner {
            Owner::Person(_) => self.keys_held(caller, now).await?.get(&request.profile).copied().unwrap_or(0),
            Owner::Team(_) => 0,
        };
        let every_key = gathered.profile.as_ref().is_some_and(|profile| profile.terms.approval.every_key);
        Ok(match decide_ask(&gathered.facts(caller, held), request, now) {
            Ok(granted) if every_key || !granted.above.is_empty() => MintVerdict::Asked(granted),
            Ok(granted) => MintVerdict::Granted(granted),
            Err(refusals) => MintVerdict::Refused(refusals),
        })
    }

    pub async fn mint_key(
        &self,
        caller: &Caller,
        form: &FormId,
        request: &MintRequest,
    ) -> Result<MintedKey, PortalError> {
        let now = self.clock.now();
        let id = KeyId::from_random(&self.id_bytes());
        let gathered = self.gather(caller, request, now).await?;

        let mut tx = self.store.begin().await?;
        spend(&mut tx, form, caller, now, Made::Key(id)).await?;
        let held = match request.owner {
            Owner::Person(person) => tx.live_keys_of(person, request.profile, now).await?,
            // The number of keys is limited per person; a team's keys are its lead's decision.
            Owner::Team(_) => 0,
        };
        let held = u32::try_from(held).unwrap_or(u32::MAX);
        let granted = decide_mint(&gathered.facts(caller, held), request, now).map_err(PortalError::Refused)?;

        let (secret, tagged) = self.draw_secret(id, 1, now)?;
        let key = new_key(id, caller, request, &granted, now);
        tx.insert_key(&key, &tagged).await?;
        let (text, mut after) = (id.to_string(), facts(&key));
        if let Some(KeyPolicy { version, .. }) = gathered.policy {
            tx.insert_acknowledgement(&Acknowledgement { key: id, version, person: caller.person, at: now }).await?;
            after["key_policy_read"] = json!(version);
        }
        let subject = Subject { kind: "key", id: &text, name: &key.name };
        let minted = Change { action: "key.minted", subject, before: None, after: Some(after) };
        append(&mut tx, By::Person(caller), now, minted).await?;
        self.commit_and_tell(tx, News::Key(id)).await?;
        tracing::info!(key.id = %id, "minted virtual key {id}");
        Ok(MintedKey { key, secret, secret_version: 1, clamped: granted.clamped, old_secret_until: None })
    }

    pub(crate) async fn gather(
        &self,
        caller: &Caller,
        request: &MintRequest,
        now: Timestamp,
    ) -> Result<Gathered, PortalError> {
        let owner_exists = match request.owner {
            Owner::Person(_) => true,
            Owner::Team(team) => self.store.teams().await?.iter().any(|known| known.id == team),
        };
        let today = self.today();
        let code = request.cost_centre.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let cost_centre = match code {
            Some(code) => self.store.cost_centre_of_code(code).await?.map(|centre| centre.entry),
            None => None,
        };
        let usual = self.usual_cost_centre(caller, request.owner, today).await?;
        Ok(Gathered {
            cost_centre,
            usual_cost_centre: usual.map(|entry| entry.code),
            today,
            profile: self.store.profile(request.profile).await?,
            policy: self.key_policy_in_force().await?,
            environment: self.store.environment(&request.environment).await?,
            owner_exists,
            name_taken_by: self.key_named(caller, request.owner, &request.name, now).await?,
            models: resolved(self.store.models().await?),
        })
    }

    /// The owner's key of this name that is not revoked, among those that the caller may change. The database's own
    /// rule decides in the end; this is for saying so together with the other reasons.
    pub(super) async fn key_named(
        &self,
        caller: &Caller,
        owner: Owner,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<KeyId>, PortalError> {
        let wanted = folded(name);
        if wanted.is_empty() {
            return Ok(None);
        }
        let filter =
            KeyFilter { search: Some(wanted.clone()), owner: Some(owner), environment: None, view: KeyView::All, now };
        let page = self.store.keys_page(&Scope::to_change(caller), &filter, Order::default(), None, 200).await?;
        let same = page
            .items
            .into_iter()
            .map(|item| item.key)
            .find(|key| !matches!(key.state, KeyState::Revoked { .. }) && folded(&key.name) == wanted);
        Ok(same.map(|key| key.id))
    }

    /// A fresh secret of this key with its verifier.
    pub(crate) fn draw_secret(
        &self,
        key: KeyId,
        version: i64,
        now: Timestamp,
    ) -> Result<(SecretText, KeySecret), PortalError> {
        let (pepper_version, pepper) = self.sealing.newest_pepper().ok_or(PortalError::Sealed)?;
        let mut bytes = Zeroizing::new([0; 32]);
        self.random.fill(bytes.as_mut_slice());
        let secret = compose(TokenKind::VirtualKey, key, &bytes);
        let tag = tag(secret.expose(), &pepper);
        Ok((secret, KeySecret { version, tag, pepper_version, created_at: now, valid_until: None }))
    }
}

pub(crate) fn new_key(
    id: KeyId,
    caller: &Caller,
    request: &MintRequest,
    granted: &GrantedTerms,
    now: Timestamp,
) -> VirtualKey {
    VirtualKey {
        id,
        name: granted.name.clone(),
        owner: request.owner,
        created_by: caller.person,
        profile: request.profile,
        profile_version: None,
        consumer: request.consumer,
        application: granted.application.clone(),
        environment: request.environment.clone(),
        cost_centre: granted.cost_centre.clone(),
        tags: granted.tags.clone(),
        terms: granted.terms.clone(),
        state: KeyState::Active,
        created_at: now,
        expires_at: granted.expires_at,
    }
}

/// What the audit log says about a key: this list of fields, nothing else.
pub(crate) fn facts(key: &VirtualKey) -> serde_json::Value {
    json!({
        "name": key.name,
        "owner": key.owner,
        "profile": key.profile,
        "consumer": key.consumer,
        "application": key.application,
        "environment": key.environment,
        "cost_centre": key.cost_centre,
        "tags": key.tags,
        "terms": key.terms,
        "expires_at": key.expires_at,
    })
}
