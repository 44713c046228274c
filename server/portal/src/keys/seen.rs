//! A key that somebody may see: looked for once, whatever its page then asks about it. A key's sums, list of calls, callers
//! and history are to be had of one of these alone.

use crate::sight::Namer;
use crate::{Portal, PortalError};
use domain::id::KeyId;
use domain::person::Caller;
use store::KeyListItem;

/// As of the moment at which it was looked for: good for one page, and not to be kept.
pub struct SeenKey<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) caller: &'a Caller,
    pub(crate) item: KeyListItem,
    pub(crate) namer: Namer,
}

impl SeenKey<'_> {
    pub const fn id(&self) -> KeyId {
        self.item.key.id
    }
}

impl Portal {
    /// A key that the caller may not see is [`PortalError::NotFound`], as one that does not exist.
    pub async fn see_key<'a>(&'a self, caller: &'a Caller, key: KeyId) -> Result<SeenKey<'a>, PortalError> {
        let sight = self.sight(caller).await?;
        let item = self.store.key(key, &sight.calls).await?.ok_or(PortalError::NotFound)?;
        let namer = self.namer_of(&sight).await?;
        Ok(SeenKey { portal: self, caller, item, namer })
    }

    pub(crate) async fn visible_key(&self, caller: &Caller, key: KeyId) -> Result<KeyListItem, PortalError> {
        self.store.key(key, &self.sight(caller).await?.calls).await?.ok_or(PortalError::NotFound)
    }
}
