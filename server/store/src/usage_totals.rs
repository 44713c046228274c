//! Sums up days that are over, one dimension at a time, so that a page over months reads hundreds of rows and not a
//! million.
//!
//! A day is marked first and summed up after that, in one transaction: a late call waits for the mark's row, or this
//! waits for the call, and either way the totals are those of every call that the mark stands for. What is not marked is
//! read from the days themselves.

use crate::codes;
use crate::row::{one, rows};
use crate::statement::change;
use crate::usage_source::{SUMMED, WITHIN, column, counted};
use crate::{Result, Store, Tx};
use domain::day::Day;
use domain::dimension::Dimension;

impl Store {
    /// Sums up the oldest day before this one that is not, or not within; `None` if all are.
    pub async fn sum_up_a_day(&self, before: Day) -> Result<Option<Day>> {
        const OLDEST: &str = "select day from usage_day_state where (summed = $1 or within_summed = $1) and day < $2
            order by day limit 1";
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (i64,), OLDEST, false, i64::from(before.number()))?;
        drop(reader);
        let Some((day,)) = found else { return Ok(None) };
        let mut tx = self.begin().await?;
        sum_up(&mut tx, day).await?;
        tx.commit().await?;
        Ok(Some(Day::from_number(i32::try_from(day).unwrap_or_default())))
    }

    /// Days of these that are not summed up, or, if that is asked for, not within.
    pub(crate) async fn open_days(&self, from: Day, until: Day, within: bool) -> Result<Vec<i64>> {
        const OPEN: &str = "select day from usage_day_state
            where (summed = $1 or ($2 and within_summed = $1)) and day >= $3 and day < $4";
        let mut reader = self.engine.reader().await?;
        let (from, until) = (i64::from(from.number()), i64::from(until.number()));
        let found = rows!(reader.on(), (i64,), OPEN, false, within, from, until)?;
        Ok(found.into_iter().map(|(day,)| day).collect())
    }
}

async fn sum_up(tx: &mut Tx, day: i64) -> Result<()> {
    const MARK: &str = "update usage_day_state set summed = $2, within_summed = $2 where day = $1";
    crate::row::run!(tx.on(), MARK, day, true)?;
    for dimension in Dimension::ALL {
        let code = codes::of_dimension(dimension);
        crate::row::run!(tx.on(), "delete from usage_total where dimension = $1 and day = $2", code, day)?;
        let (value, sums) = (column(dimension), counted());
        let text = format!(
            "insert into usage_total (dimension, day, value, requests, failures, denials, input, cache_read,
                cache_write, output, cost)
            select cast($1 as bigint), cast($2 as bigint), {value}, {sums}
            from usage_day d join usage_slice s on s.num = d.slice_num where d.day = $2 group by {value}"
        );
        change(tx.on(), text, &[code, day]).await?;
        for within in WITHIN {
            let (among, renewed) = (column(within), SUMMED.map(|column| format!("{column} = excluded.{column}")));
            let text = format!(
                "insert into usage_total_within (within, dimension, day, among, value, requests, failures, denials, input,
                    cache_read, cache_write, output, cost)
                select cast($1 as bigint), cast($2 as bigint), cast($3 as bigint), {among}, {value}, {sums}
                from usage_day d join usage_slice s on s.num = d.slice_num where d.day = $3 group by {among}, {value}
                on conflict (within, among, dimension, day, value) do update set {}",
                renewed.join(", ")
            );
            change(tx.on(), text, &[codes::of_dimension(within), code, day]).await?;
        }
    }
    Ok(())
}
