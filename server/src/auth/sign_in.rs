//! From a verified identity to a session: one transaction.
//!
//! Writes the person (made at the first sign-in, updated at each), takes the invitation, replaces the session, appends
//! to the audit log; all of it or nothing. A disabled person stays disabled, whatever the provider says.

use domain::audit::{Actor, AuditEntry};
use domain::claim_rules::ClaimRule;
use domain::id::PersonId;
use domain::person::Role;
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::{Constraint, DirectoryRecord, Person, StoreError, Tx};

use super::Auth;
use super::claims::{self, Claimed, Policy, Remembered};
use super::oidc::{IdTokenHint, IssuerSettings, SignedIn, VerifiedIdentity};
use super::opaque_token::OpaqueToken;
use super::ruled::Ruled;
use super::session_store::{self, NewSession};

/// Somebody whom the provider has just vouched for.
pub(super) struct Arrival<'a> {
    pub(super) issuer: &'a IssuerSettings,
    pub(super) signed_in: &'a SignedIn,
    /// The hash of the invitation that they came with.
    pub(super) invite: Option<[u8; 32]>,
    pub(super) replaces: Option<OpaqueToken>,
    pub(super) address: &'a str,
    /// The browser, as it names itself.
    pub(super) agent: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignInRefusal {
    #[error("the person is disabled")]
    Disabled,
    #[error("no role")]
    NoRole,
    #[error(transparent)]
    GroupsUnknown(#[from] claims::GroupsUnknown),
    #[error("the invitation was used or has expired")]
    InviteSpent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Returns the token of the new session.
    pub(super) async fn sign_in(&self, arrival: &Arrival<'_>) -> Result<OpaqueToken, SignInRefusal> {
        match self.try_sign_in(arrival).await {
            // Two first sign-ins of one person at the same moment: the second finds the row that the first made.
            Err(SignInRefusal::Store(StoreError::Conflict(Constraint::Person))) => self.try_sign_in(arrival).await,
            answer => answer,
        }
    }

    async fn try_sign_in(&self, arrival: &Arrival<'_>) -> Result<OpaqueToken, SignInRefusal> {
        let VerifiedIdentity { issuer, subject, claims } = &arrival.signed_in.identity;
        let mapping = &arrival.issuer.mapping;
        let now = self.clock.now();
        let rules: Vec<ClaimRule> = self.store.claim_rules().await?.into_iter().map(|kept| kept.rule).collect();
        let policy = Policy { issuer: &arrival.issuer.id, mapping, rules: &rules };
        let mut tx = self.store.begin().await?;
        let known = tx.person_by_subject_for_update(issuer, subject).await?;
        let claimed = claims::read(mapping, subject, claims);

        if known.as_ref().is_some_and(|person| !person.active) {
            return Err(SignInRefusal::Disabled);
        }
        let record = match &known {
            Some(person) => self.store.directory_record(person.id).await?,
            None => None,
        };
        let remembered = known.as_ref().and_then(|person| remembered(person, record.as_ref()));
        let mapped = policy.map(subject, claims, &claimed, remembered, now)?;
        let is_invited = match &arrival.invite {
            Some(hash) if !tx.take_invite(hash, now).await? => return Err(SignInRefusal::InviteSpent),
            invite => invite.is_some(),
        };
        let ruled = Ruled::of(mapped, record.as_ref(), now);
        let person = match &known {
            Some(before) => updated(before, claimed, &ruled, is_invited, now),
            None => self.made(&arrival.signed_in.identity, claimed, &ruled, is_invited, now),
        };

        write_person(&mut tx, known.as_ref(), &person, arrival, now).await?;
        let teams = ruled.write(&self.store, &mut tx, &person, now).await?;
        if person.roles().is_empty() {
            // What the provider took away is remembered, and ends the sessions that began with it.
            if known.is_some() {
                self.commit_and_tell(tx, teams).await?;
            }
            return Err(SignInRefusal::NoRole);
        }
        let token = OpaqueToken::generate(&*self.random);
        let new = NewSession {
            person: &person,
            issuer_id: &arrival.issuer.id,
            idp_sid: claims.get("sid").and_then(Value::as_str).map(str::to_owned),
            address: arrival.address,
            agent: arrival.agent.clone(),
            id_token: IdTokenHint(arrival.signed_in.id_token.0.clone()),
            replaces: arrival.replaces,
        };
        session_store::begin(&mut tx, &token, new, now).await?;
        let after = json!({ "issuer": arrival.issuer.id, "roles": words(&person.roles()) });
        tx.append_audit(&entry(&person, arrival, "session.started", now, None, Some(after))).await?;
        self.commit_and_tell(tx, teams).await?;
        tracing::info!(person.id = %person.id, issuer.id = %arrival.issuer.id, "{} signed in", person.id);
        Ok(token)
    }

    fn made(
        &self,
        identity: &VerifiedIdentity,
        claimed: Claimed,
        ruled: &Ruled,
        is_invited: bool,
        now: Timestamp,
    ) -> Person {
        let mut random = [0; 32];
        self.random.fill(&mut random);
        Person {
            id: PersonId::from_random(&random),
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            name: claimed.name,
            email: claimed.email,
            claimed_roles: ruled.roles.clone(),
            granted_roles: if is_invited { vec![Role::Administrator] } else { vec![] },
            groups: ruled.groups(),
            active: true,
            version: 1,
            created_at: now,
            last_sign_in_at: Some(now),
        }
    }
}

/// The directory's own groups; those that rules added stand in the person's list only. A person of an earlier release has
/// no record yet, and nothing but the directory's.
fn remembered<'a>(person: &'a Person, record: Option<&'a DirectoryRecord>) -> Option<Remembered<'a>> {
    let groups = match record {
        Some(record) => record.claims.groups.as_deref()?,
        None => &person.groups,
    };
    person.last_sign_in_at.map(|at| Remembered { groups, at })
}

/// A change of roles ends the person's other sessions: they were begun with other authority.
fn updated(before: &Person, claimed: Claimed, ruled: &Ruled, is_invited: bool, now: Timestamp) -> Person {
    let mut person = Person {
        name: claimed.name,
        email: claimed.email,
        claimed_roles: ruled.roles.clone(),
        groups: ruled.groups(),
        // Remembered groups hold for a day from the sign-in that listed them, not from this one.
        last_sign_in_at: if ruled.is_fresh { Some(now) } else { before.last_sign_in_at },
        ..before.clone()
    };
    if is_invited && !person.granted_roles.contains(&Role::Administrator) {
        person.granted_roles.push(Role::Administrator);
    }
    if person.roles() != before.roles() {
        person.version += 1;
    }
    person
}

async fn write_person(
    tx: &mut Tx,
    before: Option<&Person>,
    person: &Person,
    arrival: &Arrival<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let roles = |person: &Person| json!({ "roles": words(&person.roles()) });
    match before {
        None => {
            tx.insert_person(person).await?;
            let entry = entry(person, arrival, "person.created", now, None, Some(roles(person)));
            tx.append_audit(&entry).await?;
        }
        Some(before) => {
            tx.update_person(person).await?;
            if before.roles() != person.roles() {
                let (was, is) = (Some(roles(before)), Some(roles(person)));
                tx.append_audit(&entry(person, arrival, "person.roles_changed", now, was, is)).await?;
            }
        }
    }
    if arrival.invite.is_some() {
        let granted = Some(json!({ "granted": Role::Administrator.word(), "by": "invitation" }));
        tx.append_audit(&entry(person, arrival, "person.role_granted", now, None, granted)).await?;
    }
    Ok(())
}

fn words(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.word()).collect()
}

fn entry(
    person: &Person,
    arrival: &Arrival<'_>,
    action: &str,
    now: Timestamp,
    before: Option<Value>,
    after: Option<Value>,
) -> AuditEntry {
    AuditEntry {
        at: now,
        actor: Actor::Person(person.id),
        address: Some(arrival.address.to_owned()),
        action: action.into(),
        object_kind: "person".into(),
        object: person.id.to_string(),
        object_name: person.name.clone(),
        before,
        after,
    }
}
