//! Minting a key.

use crate::{FormId, Portal, PortalError};
use domain::key_secret::SecretText;
use domain::minting::{Clamped, GrantedTerms, MintRequest};
use domain::person::Caller;
use domain::refusal::Refusal;
use domain::time::Timestamp;
use domain::virtual_key::VirtualKey;

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
    Refused(Vec<Refusal>),
}

impl Portal {
    /// The verdict without minting: for "Check", and for the reasons beside those of fields that could not be read.
    pub async fn check_mint(&self, caller: &Caller, request: &MintRequest) -> Result<MintVerdict, PortalError> {
        let _ = (caller, request);
        todo!()
    }

    pub async fn mint_key(
        &self,
        caller: &Caller,
        form: &FormId,
        request: &MintRequest,
    ) -> Result<MintedKey, PortalError> {
        let _ = (caller, form, request);
        todo!()
    }
}
