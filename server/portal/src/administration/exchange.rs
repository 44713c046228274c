//! The display currency and its dated rates. They change what pages show, of past days too, and nothing else: money is
//! kept and decided in dollars.

use super::demand;
use crate::act::{By, Change, Subject, append};
use crate::{Portal, PortalError};
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{DatedRate, Exchange, MOST_RATES, RateDraft, read_currency};
use domain::permission::{Administrator, Permission};
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use serde_json::{Value, json};
use store::Tx;

/// What the audit log calls all of it.
const OBJECT: &str = "display_currency";

impl Portal {
    /// `None`: dollars alone.
    pub async fn display_currency(&self, caller: &Caller) -> Result<Option<Exchange>, PortalError> {
        demand(caller, Permission::SeeAdministration)?;
        Ok(self.store.exchange().await?)
    }

    /// Nothing typed is dollars alone. Rates of the currency before are kept, for the day when it is chosen again.
    pub async fn set_display_currency(
        &self,
        administrator: Administrator<'_>,
        typed: &str,
    ) -> Result<Option<Currency>, PortalError> {
        let chosen = read_currency(typed).map_err(|refusal| PortalError::Refused(vec![refusal]))?;
        let mut tx = self.store.begin().await?;
        let before = tx.exchange_for_update().await?.map(|exchange| exchange.currency);
        if before == chosen {
            return Ok(chosen);
        }
        tx.put_display_currency(chosen).await?;
        let name = chosen.map_or("US dollars alone", Currency::code);
        let subject = Subject { kind: "display_currency", id: OBJECT, name };
        let fact = |currency: Option<Currency>| Some(json!({ "currency": currency.map(Currency::code) }));
        let change = Change { action: "display_currency.set", subject, before: fact(before), after: fact(chosen) };
        append(&mut tx, By::Person(administrator.caller()), self.clock.now(), change).await?;
        tx.commit().await?;
        Ok(chosen)
    }

    /// Of the currency that the form was shown for: `Stale` if another one is chosen by now. A form that is sent twice
    /// finds what it added, and changes nothing.
    pub async fn add_exchange_rate(
        &self,
        administrator: Administrator<'_>,
        currency: &str,
        draft: &RateDraft,
    ) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        let exchange = shown(&mut tx, currency).await?;
        if draft.is_among(&exchange) {
            return Ok(());
        }
        let rate = draft.read(&exchange, self.today()).map_err(PortalError::Refused)?;
        if exchange.rates().len() >= MOST_RATES {
            let at_most = u32::try_from(MOST_RATES).unwrap_or(u32::MAX);
            return Err(PortalError::Refused(vec![Refusal::new("rate", Reason::TooMany { at_most })]));
        }
        tx.insert_exchange_rate(exchange.currency, rate).await?;
        self.record_rate(&mut tx, administrator, exchange.currency, "exchange_rate.added", rate).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The days that had it get the rate before it, or none. One that is gone already is gone.
    pub async fn remove_exchange_rate(
        &self,
        administrator: Administrator<'_>,
        currency: &str,
        from: Day,
    ) -> Result<(), PortalError> {
        let mut tx = self.store.begin().await?;
        let exchange = shown(&mut tx, currency).await?;
        let Some(rate) = exchange.rates().iter().copied().find(|rate| rate.from == from) else { return Ok(()) };
        tx.delete_exchange_rate(exchange.currency, from).await?;
        self.record_rate(&mut tx, administrator, exchange.currency, "exchange_rate.removed", rate).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn record_rate(
        &self,
        tx: &mut Tx,
        administrator: Administrator<'_>,
        currency: Currency,
        action: &'static str,
        rate: DatedRate,
    ) -> Result<(), PortalError> {
        let state: Value = json!({ "from": rate.from.date().to_string(), "units_per_dollar": rate.rate.to_string() });
        let (before, after) = match action {
            "exchange_rate.removed" => (Some(state), None),
            _ => (None, Some(state)),
        };
        let subject = Subject { kind: "exchange_rate", id: OBJECT, name: currency.code() };
        append(tx, By::Person(administrator.caller()), self.clock.now(), Change { action, subject, before, after })
            .await?;
        Ok(())
    }
}

async fn shown(tx: &mut Tx, currency: &str) -> Result<Exchange, PortalError> {
    let exchange = tx.exchange_for_update().await?.ok_or(PortalError::NotFound)?;
    if exchange.currency.code() == currency { Ok(exchange) } else { Err(PortalError::Stale { current: 0 }) }
}
