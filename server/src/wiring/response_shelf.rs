//! Whose the responses are that providers keep, in the store.

use crate::gateway::Unavailable;
use crate::gateway::stored_responses::{Change, ResponseShelf};
use domain::stored_response::{ResponseId, StoredResponse};
use domain::virtual_key::Owner;
use store::Store;

pub struct StoredShelf(pub Store);

#[async_trait::async_trait]
impl ResponseShelf for StoredShelf {
    async fn write(&self, changes: &[Change]) -> Result<(), Unavailable> {
        let mut tx = self.0.begin().await?;
        for change in changes {
            match change {
                Change::Issued(response) => tx.put_stored_response(response).await?,
                Change::Forgotten(response) => tx.delete_stored_response(&response.id, response.owner).await?,
            }
        }
        Ok(tx.commit().await?)
    }

    async fn find(&self, id: &ResponseId, owner: Owner) -> Result<Option<StoredResponse>, Unavailable> {
        Ok(self.0.stored_response(id, owner).await?)
    }
}
