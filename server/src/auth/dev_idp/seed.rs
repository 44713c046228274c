//! The people who belong to a team before anybody signed in, so that the lead finds a team at the first sign-in.

use domain::audit::{Actor, AuditEntry};
use domain::id::PersonId;
use store::{Person, Store, StoreError};

use super::{DevIdp, DevPerson, PEOPLE};

impl DevIdp {
    /// The members of [`super::TEAM`], each with whether they lead it; made if they are not there yet, without a role
    /// until they sign in.
    pub async fn members(&self, store: &Store) -> Result<Vec<(PersonId, bool)>, StoreError> {
        let mut members = Vec::new();
        for person in &PEOPLE {
            if let Some(leads) = person.membership {
                members.push((self.ensure(store, person).await?, leads));
            }
        }
        Ok(members)
    }

    async fn ensure(&self, store: &Store, person: &DevPerson) -> Result<PersonId, StoreError> {
        let mut tx = store.begin().await?;
        if let Some(known) = tx.person_by_subject_for_update(self.issuer(), person.account).await? {
            return Ok(known.id);
        }
        let now = self.clock.now();
        let mut random = [0; 32];
        self.random.fill(&mut random);
        let made = Person {
            id: PersonId::from_random(&random),
            issuer: self.issuer.clone(),
            subject: person.account.into(),
            name: person.name.into(),
            email: person.email.into(),
            claimed_roles: vec![],
            granted_roles: vec![],
            groups: vec![],
            active: true,
            version: 1,
            created_at: now,
            last_sign_in_at: None,
        };
        tx.insert_person(&made).await?;
        tx.append_audit(&AuditEntry {
            at: now,
            actor: Actor::System("dev start".into()),
            address: None,
            action: "person.created".into(),
            object_kind: "person".into(),
            object: made.id.to_string(),
            object_name: made.name,
            before: None,
            after: None,
        })
        .await?;
        tx.commit().await?;
        Ok(made.id)
    }
}
