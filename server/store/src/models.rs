//! The catalogue of models that callers may name, and every price they ever had.

use crate::column::{from_json, parsed_if, to_json};
use crate::dialect::locked;
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{ModelId, PersonId};
use domain::model::Model;
use domain::pricing::PriceList;
use domain::time::Timestamp;

/// A price as it was set; `None` says that the model became unpriced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceVersion {
    pub version: i64,
    pub prices: Option<PriceList>,
    pub effective_from: Timestamp,
    /// `None`: set by Keywright itself.
    pub by: Option<PersonId>,
}

row! { PriceRow { version: i64, prices: Option<String>, effective_from: i64, set_by: Option<String> } }

impl PriceRow {
    fn into_price(self) -> Result<PriceVersion> {
        Ok(PriceVersion {
            version: self.version,
            prices: self.prices.map(|text| from_json(&text, "price list")).transpose()?,
            effective_from: Timestamp::from_ms(self.effective_from),
            by: parsed_if(self.set_by.as_deref(), "person id")?,
        })
    }
}

impl Store {
    /// By name.
    pub async fn models(&self) -> Result<Vec<Model>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String,), "select body from model order by name")?;
        found.into_iter().map(|(body,)| from_json(&body, "model")).collect()
    }

    pub async fn model(&self, id: ModelId) -> Result<Option<Model>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (String,), "select body from model where id = $1", id.to_string())?;
        found.map(|(body,)| from_json(&body, "model")).transpose()
    }

    /// Newest first.
    pub async fn prices(&self, model: ModelId) -> Result<Vec<PriceVersion>> {
        const LIST: &str = "select version, prices, effective_from, set_by from price where model_id = $1
            order by version desc";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), PriceRow, LIST, model.to_string())?;
        found.into_iter().map(PriceRow::into_price).collect()
    }
}

impl Tx {
    /// Nobody else changes it until this transaction ends.
    pub async fn model_for_update(&mut self, id: ModelId) -> Result<Option<Model>> {
        let found = one!(self.on(), (String,), locked!("select body from model where id = $1"), id.to_string())?;
        found.map(|(body,)| from_json(&body, "model")).transpose()
    }

    pub async fn insert_model(&mut self, model: &Model, now: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into model (id, name, body, created_at, updated_at) values ($1, $2, $3, $4, $4)";
        let body = to_json(model)?;
        run!(self.on(), INSERT, model.id.to_string(), model.name.as_str(), body, now.as_ms()).map(|_| ())
    }

    pub async fn update_model(&mut self, model: &Model, now: Timestamp) -> Result<()> {
        const UPDATE: &str = "update model set name = $2, body = $3, updated_at = $4 where id = $1";
        let body = to_json(model)?;
        exactly_one(run!(self.on(), UPDATE, model.id.to_string(), model.name.as_str(), body, now.as_ms())?)
    }

    pub async fn insert_price(
        &mut self,
        model: ModelId,
        version: i64,
        prices: Option<&PriceList>,
        effective_from: Timestamp,
        by: Option<PersonId>,
    ) -> Result<()> {
        const INSERT: &str = "insert into price (model_id, version, prices, effective_from, set_by)
            values ($1, $2, $3, $4, $5)";
        let prices = prices.map(to_json).transpose()?;
        let by = by.map(|id| id.to_string());
        run!(self.on(), INSERT, model.to_string(), version, prices, effective_from.as_ms(), by).map(|_| ())
    }
}
