//! The life of a key after minting: rename, disable, enable, revoke, expire.

use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::person::Caller;
use domain::time::Timestamp;
use domain::virtual_key::{RevocationReason, VirtualKey};

impl Portal {
    pub async fn rename_key(&self, caller: &Caller, key: KeyId, name: &str) -> Result<VirtualKey, PortalError> {
        let _ = (caller, key, name);
        todo!()
    }

    pub async fn disable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let _ = (caller, key);
        todo!()
    }

    pub async fn enable_key(&self, caller: &Caller, key: KeyId) -> Result<VirtualKey, PortalError> {
        let _ = (caller, key);
        todo!()
    }

    pub async fn revoke_key(
        &self,
        caller: &Caller,
        key: KeyId,
        reason: RevocationReason,
    ) -> Result<VirtualKey, PortalError> {
        let _ = (caller, key, reason);
        todo!()
    }

    pub async fn set_key_expiry(
        &self,
        caller: &Caller,
        key: KeyId,
        expires_at: Timestamp,
    ) -> Result<VirtualKey, PortalError> {
        let _ = (caller, key, expires_at);
        todo!()
    }
}
