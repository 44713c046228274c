pub struct Store;
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("unavailable")]
    Unavailable,
}
