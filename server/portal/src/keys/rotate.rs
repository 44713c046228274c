//! A new secret under the same key.

use super::mint::MintedKey;
use crate::{FormId, Portal, PortalError};
use domain::id::KeyId;
use domain::person::Caller;
use domain::virtual_key::Overlap;

impl Portal {
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        key: KeyId,
        form: &FormId,
        overlap: Overlap,
    ) -> Result<MintedKey, PortalError> {
        let _ = (caller, key, form, overlap);
        todo!()
    }
}
