//! Responses that providers keep: to whom each was issued, and where it is.

use crate::column::{bigint, count, parsed};
use crate::keys::{owner, owner_id};
use crate::row::{one, row, run};
use crate::{Result, Store, Tx};
use domain::stored_response::{ResponseId, StoredResponse};
use domain::time::Timestamp;
use domain::virtual_key::Owner;

row! { Row {
    id: String, owner_id: String, provider_id: String, deployment_id: String, tokens: i64, made_at: i64,
} }

impl Row {
    fn into_response(self) -> Result<StoredResponse> {
        Ok(StoredResponse {
            id: parsed(&self.id, "response id")?,
            owner: owner(&self.owner_id)?,
            provider: parsed(&self.provider_id, "provider id")?,
            deployment: parsed(&self.deployment_id, "deployment id")?,
            tokens: count(self.tokens, "tokens of a response")?,
            made_at: Timestamp::from_ms(self.made_at),
        })
    }
}

impl Store {
    /// Another owner's is `None`, like one that nobody has. Also one that is too old: the clock is the caller's.
    pub async fn stored_response(&self, id: &ResponseId, owner: Owner) -> Result<Option<StoredResponse>> {
        const FIND: &str = "select id, owner_id, provider_id, deployment_id, tokens, made_at
            from stored_response where id = $1 and owner_id = $2";
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), Row, FIND, id.as_str(), owner_id(owner))?.map(Row::into_response).transpose()
    }
}

impl Tx {
    /// An id that a provider issues again is that of the newer response, and its owner's alone.
    pub async fn put_stored_response(&mut self, response: &StoredResponse) -> Result<()> {
        const PUT: &str = "insert into stored_response (id, owner_id, provider_id, deployment_id, tokens, made_at)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (id) do update set owner_id = excluded.owner_id, provider_id = excluded.provider_id,
                deployment_id = excluded.deployment_id, tokens = excluded.tokens, made_at = excluded.made_at";
        run!(
            self.on(),
            PUT,
            response.id.as_str(),
            owner_id(response.owner),
            response.provider.to_string(),
            response.deployment.to_string(),
            bigint(response.tokens),
            response.made_at.as_ms(),
        )
        .map(|_| ())
    }

    /// Nothing happens to another owner's.
    pub async fn delete_stored_response(&mut self, id: &ResponseId, owner: Owner) -> Result<()> {
        const DELETE: &str = "delete from stored_response where id = $1 and owner_id = $2";
        run!(self.on(), DELETE, id.as_str(), owner_id(owner)).map(|_| ())
    }

    pub async fn delete_stored_responses_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from stored_response where made_at < $1", moment.as_ms())
    }
}
