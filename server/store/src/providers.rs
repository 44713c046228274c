//! Upstreams: where they are and how they are spoken to. The column `format` holds the kind's word.

use crate::column::{folded, parsed};
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::id::ProviderId;
use domain::markup::Markup;
use domain::model::ProviderKind;
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub id: ProviderId,
    pub name: String,
    pub preset: String,
    pub kind: ProviderKind,
    pub base_url: String,
    pub enabled: bool,
    pub timeouts: ProviderTimeouts,
    pub markup: Markup,
    pub created_at: Timestamp,
}

row! { ProviderRow {
    id: String, name: String, preset: String, format: String, base_url: String, enabled: bool, created_at: i64,
    connect_ms: Option<i64>, first_byte_ms: Option<i64>, between_events_ms: Option<i64>, markup_bp: i64,
} }

impl ProviderRow {
    fn into_provider(self) -> Result<Provider> {
        Ok(Provider {
            id: parsed(&self.id, "provider id")?,
            name: self.name,
            preset: self.preset,
            kind: ProviderKind::ALL
                .into_iter()
                .find(|kind| kind.word() == self.format)
                .ok_or(StoreError::Corrupt("provider kind"))?,
            base_url: self.base_url,
            enabled: self.enabled,
            timeouts: ProviderTimeouts {
                connect_ms: milliseconds(self.connect_ms)?,
                first_byte_ms: milliseconds(self.first_byte_ms)?,
                between_events_ms: milliseconds(self.between_events_ms)?,
            },
            markup: markup(self.markup_bp)?,
            created_at: Timestamp::from_ms(self.created_at),
        })
    }
}

fn milliseconds(kept: Option<i64>) -> Result<Option<u32>> {
    kept.map(|ms| u32::try_from(ms).map_err(|_| StoreError::Corrupt("timeout"))).transpose()
}

fn markup(points: i64) -> Result<Markup> {
    i32::try_from(points).ok().and_then(Markup::from_basis_points).ok_or(StoreError::Corrupt("markup"))
}

macro_rules! select_provider {
    ($rest:literal) => {
        concat!(
            "select id, name, preset, format, base_url, enabled, created_at, connect_ms, first_byte_ms, \
            between_events_ms, markup_bp from provider ",
            $rest
        )
    };
}

impl Store {
    /// By name.
    pub async fn providers(&self) -> Result<Vec<Provider>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ProviderRow, select_provider!("order by name_folded"))?;
        found.into_iter().map(ProviderRow::into_provider).collect()
    }

    pub async fn provider(&self, id: ProviderId) -> Result<Option<Provider>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), ProviderRow, select_provider!("where id = $1"), id.to_string())?;
        found.map(ProviderRow::into_provider).transpose()
    }
}

impl Tx {
    pub async fn insert_provider(&mut self, provider: &Provider) -> Result<()> {
        const INSERT: &str =
            "insert into provider (id, name, name_folded, preset, format, base_url, enabled, created_at, connect_ms,
                first_byte_ms, between_events_ms, markup_bp)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        run!(
            self.on(),
            INSERT,
            provider.id.to_string(),
            &provider.name,
            folded(&provider.name),
            &provider.preset,
            provider.kind.word(),
            &provider.base_url,
            provider.enabled,
            provider.created_at.as_ms(),
            provider.timeouts.connect_ms.map(i64::from),
            provider.timeouts.first_byte_ms.map(i64::from),
            provider.timeouts.between_events_ms.map(i64::from),
            i64::from(provider.markup.basis_points()),
        )
        .map(|_| ())
    }

    pub async fn update_provider(&mut self, provider: &Provider) -> Result<()> {
        const UPDATE: &str = "update provider set name = $2, name_folded = $3, preset = $4, format = $5, base_url = $6,
                enabled = $7, connect_ms = $8, first_byte_ms = $9, between_events_ms = $10, markup_bp = $11
            where id = $1";
        let met = run!(
            self.on(),
            UPDATE,
            provider.id.to_string(),
            &provider.name,
            folded(&provider.name),
            &provider.preset,
            provider.kind.word(),
            &provider.base_url,
            provider.enabled,
            provider.timeouts.connect_ms.map(i64::from),
            provider.timeouts.first_byte_ms.map(i64::from),
            provider.timeouts.between_events_ms.map(i64::from),
            i64::from(provider.markup.basis_points()),
        )?;
        exactly_one(met)
    }
}
