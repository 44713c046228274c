//! The currency that people read beside dollars, and its rates. Rates of a currency that is shown no longer are kept: it
//! may be chosen again.

use crate::column::count;
use crate::dialect::locked;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::currency::Currency;
use domain::day::Day;
use domain::exchange::{DatedRate, Exchange, Rate};

row! { RateRow { day: i64, nano: i64 } }
row! { ShownRow { currency: Option<String>, day: Option<i64>, nano: Option<i64> } }

const RATES: &str = "select day, nano from exchange_rate where currency = $1 order by day";

fn dated(day: i64, nano: i64) -> Result<DatedRate> {
    let rate = Rate::from_nano(nano).ok_or(StoreError::Corrupt("exchange rate"))?;
    Ok(DatedRate { from: Day::from_number(count(day, "day")?), rate })
}

fn currency(code: &str) -> Result<Currency> {
    Currency::from_code(code).ok_or(StoreError::Corrupt("currency"))
}

impl Store {
    /// The currency that is shown, with every rate of it; `None`: dollars alone.
    pub async fn exchange(&self) -> Result<Option<Exchange>> {
        const SHOWN: &str = "select display_currency.currency, day, nano from display_currency
            left join exchange_rate on exchange_rate.currency = display_currency.currency";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ShownRow, SHOWN)?;
        let Some(code) = found.first().and_then(|row| row.currency.as_deref()) else { return Ok(None) };
        let rates = found.iter().filter_map(|row| row.day.zip(row.nano)).map(|(day, nano)| dated(day, nano));
        Ok(Some(Exchange::new(currency(code)?, rates.collect::<Result<_>>()?)))
    }
}

impl Tx {
    /// As [`Store::exchange`]; nobody else changes it or its rates until this transaction ends.
    pub async fn exchange_for_update(&mut self) -> Result<Option<Exchange>> {
        let found = one!(self.on(), (Option<String>,), locked!("select currency from display_currency"))?;
        let Some((Some(code),)) = found else { return Ok(None) };
        let found = rows!(self.on(), RateRow, RATES, &code)?;
        let rates = found.into_iter().map(|row| dated(row.day, row.nano)).collect::<Result<_>>()?;
        Ok(Some(Exchange::new(currency(&code)?, rates)))
    }

    pub async fn put_display_currency(&mut self, currency: Option<Currency>) -> Result<()> {
        let code = currency.map(Currency::code);
        run!(self.on(), "update display_currency set currency = $1", code).map(|_| ())
    }

    /// A second one from the same day is a conflict.
    pub async fn insert_exchange_rate(&mut self, currency: Currency, rate: DatedRate) -> Result<()> {
        const INSERT: &str = "insert into exchange_rate (currency, day, nano) values ($1, $2, $3)";
        let DatedRate { from, rate } = rate;
        run!(self.on(), INSERT, currency.code(), i64::from(from.number()), rate.as_nano()).map(|_| ())
    }

    pub async fn delete_exchange_rate(&mut self, currency: Currency, from: Day) -> Result<()> {
        const DELETE: &str = "delete from exchange_rate where currency = $1 and day = $2";
        run!(self.on(), DELETE, currency.code(), i64::from(from.number())).map(|_| ())
    }
}
