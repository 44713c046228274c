//! Provider credentials, sealed before they arrive here. A replaced version is kept for a while, so that calls under way
//! and a mistaken replacement do not lose it.

use crate::column::{parsed, parsed_if};
use crate::error::exactly_one;
use crate::row::{row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{CredentialId, PersonId, ProviderId};
use domain::time::Timestamp;
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    pub id: CredentialId,
    pub provider: ProviderId,
    /// 1 for the first; grows with each replacement.
    pub version: i64,
    /// Ciphertext.
    pub blob: Vec<u8>,
    pub last_four: String,
    pub fingerprint: String,
    pub created_at: Timestamp,
    pub created_by: Option<PersonId>,
}

impl fmt::Debug for SealedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedCredential({} version {})", self.id, self.version)
    }
}

row! { CredentialRow {
    id: String, provider_id: String, version: i64, blob: Vec<u8>, last_four: String, fingerprint: String,
    created_at: i64, created_by: Option<String>,
} }

impl CredentialRow {
    fn into_credential(self) -> Result<SealedCredential> {
        Ok(SealedCredential {
            id: parsed(&self.id, "credential id")?,
            provider: parsed(&self.provider_id, "provider id")?,
            version: self.version,
            blob: self.blob,
            last_four: self.last_four,
            fingerprint: self.fingerprint,
            created_at: Timestamp::from_ms(self.created_at),
            created_by: parsed_if(self.created_by.as_deref(), "person id")?,
        })
    }
}

impl Store {
    /// The version in force of each.
    pub async fn credentials(&self) -> Result<Vec<SealedCredential>> {
        const LIST: &str = "select id, provider_id, version, blob, last_four, fingerprint, created_at, created_by
            from provider_credential where replaced_at is null order by id";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), CredentialRow, LIST)?;
        found.into_iter().map(CredentialRow::into_credential).collect()
    }
}

impl Tx {
    pub async fn insert_credential(&mut self, credential: &SealedCredential) -> Result<()> {
        const INSERT: &str = "insert into provider_credential (id, provider_id, version, blob, last_four, fingerprint,
                created_at, created_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        run!(
            self.on(),
            INSERT,
            credential.id.to_string(),
            credential.provider.to_string(),
            credential.version,
            &credential.blob,
            &credential.last_four,
            &credential.fingerprint,
            credential.created_at.as_ms(),
            credential.created_by.map(|id| id.to_string()),
        )
        .map(|_| ())
    }

    /// Follows the version before it; not found if that one is not in force any more.
    pub async fn replace_credential(&mut self, credential: &SealedCredential) -> Result<()> {
        const RETIRE: &str = "update provider_credential set replaced_at = $3
            where id = $1 and version = $2 and provider_id = $4 and replaced_at is null";
        let (id, before) = (credential.id.to_string(), credential.version - 1);
        let provider = credential.provider.to_string();
        exactly_one(run!(self.on(), RETIRE, id, before, credential.created_at.as_ms(), provider)?)?;
        self.insert_credential(credential).await
    }

    /// Forgets the versions that were replaced before this moment.
    pub async fn delete_credentials_replaced_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from provider_credential where replaced_at < $1", moment.as_ms())
    }
}
