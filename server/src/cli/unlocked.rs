//! What a database says about itself before anything in it can be opened.

use portal::ports::Randomness;
use store::{Store, StoreError};

/// Present in a database that `keywright dev` has made.
pub const DEV_MARK: &str = "made_by_dev";
/// For deriving the root secret from a passphrase. Not secret: it makes one guess serve for one installation only.
const SALT: &str = "root_salt";

/// The installation's salt; drawn at the first start.
pub async fn salt(store: &Store, random: &dyn Randomness) -> Result<[u8; 16], StoreError> {
    let mut drawn = [0; 16];
    random.fill(&mut drawn);
    let mut tx = store.begin().await?;
    tx.put_setting_if_absent(SALT, &drawn).await?;
    tx.commit().await?;
    let kept = store.setting(SALT).await?.unwrap_or_default();
    kept.try_into().map_err(|_| StoreError::Corrupt("root salt"))
}
