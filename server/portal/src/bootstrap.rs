//! The first start on a database, and the opening of every later one.
//!
//! The check value tells a right root secret from a wrong one before anything is served. It is written once; a wrong
//! root secret never replaces it, nor a missing verifier key where keys depend on it.

use crate::act::{By, Change, Subject, append};
use crate::ports::Randomness;
use crate::sealing::{Peppers, Root, RootKey, SealError, Sealing};
use domain::access_profile::{AboveMaximum, AccessProfile, Audience, CapTerm, ProfileTerms, Term};
use domain::budget::Window;
use domain::id::{Id12, ProfileId};
use domain::key_secret::Pepper;
use domain::model::{Endpoint, ModelPattern};
use domain::money::NanoUsd;
use domain::person::Role;
use domain::time::{Clock, Timestamp};
use domain::virtual_key::ConsumerKind;
use std::sync::Arc;
use store::{Store, StoreError, Tx};
use zeroize::Zeroizing;

/// Why the process cannot serve with this root secret and database.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The database was made with another root secret. Nothing is replaced; start with the right one.
    #[error("the root secret is not the one that this database was made with")]
    Sealed,
    /// Part of what the first start writes is there and part is not, or does not open.
    #[error("the database's {0} is missing or damaged; restore it from a backup")]
    Damaged(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const FIRST_START: By<'static> = By::Itself("first start");
const ORGANISATION: &str = "organisation";
const ROOT_CHECK: &str = "root_check";
const PEPPER_1: &str = "pepper.1";
/// Sealed at the first start: whoever can open it has the right root secret.
const CHECK_TEXT: &[u8] = b"keywright";

/// True if this database was never started before: the only time that a root secret may be made for it.
pub async fn is_new(store: &Store) -> Result<bool, StoreError> {
    for name in [ROOT_CHECK, PEPPER_1, ORGANISATION] {
        if store.setting(name).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Opens the installation, or sets it up on the first start: the check value, the verifier key, the organisation's id
/// and the starter profile, audited. Doing it again changes nothing.
pub async fn bootstrap(
    store: &Store,
    root: RootKey,
    clock: &dyn Clock,
    random: &dyn Randomness,
) -> Result<Sealing, BootstrapError> {
    let root = Root::new(&root);
    if is_new(store).await? {
        set_up(store, &root, clock.now(), random).await?;
    }
    open(store, root).await
}

async fn set_up(store: &Store, root: &Root, now: Timestamp, random: &dyn Randomness) -> Result<(), BootstrapError> {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let organisation = Id12::from_random(&bytes).as_str().to_owned();
    let mut pepper = Zeroizing::new([0; 32]);
    random.fill(pepper.as_mut_slice());
    let check = root.seal(random, &check_purpose(&organisation), CHECK_TEXT).map_err(|_| BootstrapError::Sealed)?;
    let wrapped = root.seal(random, &pepper_purpose(&organisation), pepper.as_slice());
    let wrapped = wrapped.map_err(|_| BootstrapError::Sealed)?;

    let mut tx = store.begin().await?;
    // Of two processes that start at once, the second finds the first one's work and does nothing.
    if !tx.put_setting_if_absent(ORGANISATION, organisation.as_bytes()).await? {
        return Ok(());
    }
    tx.put_setting(ROOT_CHECK, &check).await?;
    tx.put_setting(PEPPER_1, &wrapped).await?;
    let subject = Subject { kind: "installation", id: &organisation, name: "Keywright" };
    let initialised = Change { action: "installation.initialised", subject, before: None, after: None };
    append(&mut tx, FIRST_START, now, initialised).await?;
    insert_starter_profile(&mut tx, now, random).await?;
    tx.commit().await?;
    Ok(())
}

async fn insert_starter_profile(tx: &mut Tx, now: Timestamp, random: &dyn Randomness) -> Result<(), StoreError> {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let profile = starter_profile(ProfileId::from_random(&bytes));
    tx.insert_profile(&profile, now).await?;
    let id = profile.id.to_string();
    let subject = Subject { kind: "profile", id: &id, name: &profile.name };
    let after = Some(crate::administration::profiles::facts(&profile));
    append(tx, FIRST_START, now, Change { action: "profile.created", subject, before: None, after }).await
}

async fn open(store: &Store, root: Root) -> Result<Sealing, BootstrapError> {
    let organisation = store.setting(ORGANISATION).await?.and_then(|bytes| String::from_utf8(bytes).ok());
    let organisation = organisation.ok_or(BootstrapError::Damaged("organisation id"))?;
    let check = store.setting(ROOT_CHECK).await?.ok_or(BootstrapError::Damaged("root check value"))?;
    match root.open(&check_purpose(&organisation), &check) {
        Ok(text) if text.as_slice() == CHECK_TEXT => {}
        Err(SealError::OtherRoot) => return Err(BootstrapError::Sealed),
        _ => return Err(BootstrapError::Damaged("root check value")),
    }
    let damaged = BootstrapError::Damaged("verifier key");
    let Some(wrapped) = store.setting(PEPPER_1).await? else { return Err(damaged) };
    let Ok(pepper) = root.open(&pepper_purpose(&organisation), &wrapped) else { return Err(damaged) };
    let Ok(pepper) = <[u8; 32]>::try_from(pepper.as_slice()) else { return Err(damaged) };
    Ok(root.with(organisation, Peppers(vec![(1, Arc::new(Pepper::new(pepper)))])))
}

fn check_purpose(organisation: &str) -> [&[u8]; 2] {
    [b"keywright/check/1", organisation.as_bytes()]
}

fn pepper_purpose(organisation: &str) -> [&[u8]; 3] {
    [b"keywright/pepper/1", organisation.as_bytes(), b"1"]
}

/// What developers can mint under before an administrator has written a profile of their own.
pub(crate) fn starter_profile(id: ProfileId) -> AccessProfile {
    fn term<T>(default: T, maximum: T) -> Term<T> {
        Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }
    let dollars = NanoUsd::from_dollars;
    let every_model: ModelPattern = "*".parse().expect("a star alone is a pattern");
    AccessProfile {
        id,
        name: "Standard developer".to_owned(),
        description: "Every model, for one's own work, agents, services and CI.".to_owned(),
        version: 1,
        terms: ProfileTerms {
            models: vec![every_model],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![CapTerm { window: Window::Month, amount: term(dollars(50), dollars(100)) }],
            requests_per_minute: term(60, 120),
            concurrency: term(32, 32),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: domain::access_profile::PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(90, 180),
            networks: Vec::new(),
            max_output_tokens: None,
            assumed_output_tokens: 32_768,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience { roles: vec![Role::Developer, Role::Administrator], ..Audience::default() },
        consumers: ConsumerKind::ALL.to_vec(),
        keys_per_person: 5,
        enabled: true,
    }
}
