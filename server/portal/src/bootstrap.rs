//! The first start on a database, and the opening of every later one.

use crate::ports::Randomness;
use crate::sealing::{RootKey, Sealing};
use domain::time::Clock;
use store::{Store, StoreError};

/// Why the process cannot serve with this root secret and database.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The database was made with another root secret. Nothing is replaced; start with the right one.
    #[error("the root secret is not the one that this database was made with")]
    Sealed,
    /// The database needs its root secret and none was given.
    #[error("this database needs the root secret that it was made with")]
    RootMissing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// True if this database was never started before: the only time that a root secret may be made for it.
pub async fn is_new(store: &Store) -> Result<bool, StoreError> {
    let _ = store;
    todo!()
}

/// Opens the installation, or sets it up on the first start: the verifier key, the key-check value, the organisation and
/// the starter profile, each audited. Doing it again changes nothing.
pub async fn bootstrap(
    store: &Store,
    root: RootKey,
    clock: &dyn Clock,
    random: &dyn Randomness,
) -> Result<Sealing, BootstrapError> {
    let _ = (store, root, clock, random);
    todo!()
}
