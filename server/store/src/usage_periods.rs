//! What each value of a dimension cost in each of several periods: one statement, however many periods there are.

use crate::engine::On;
use crate::statement::{Binds, read};
use crate::usage_days::SpendQuery;
use crate::usage_source::Numbered;
use crate::{Result, Store, StoreError};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::money::NanoUsd;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodCost {
    /// As in [`crate::GroupSpend`].
    pub value: Option<String>,
    /// Which of the periods.
    pub nth: usize,
    pub cost: NanoUsd,
}

impl Store {
    /// Each period begins on its day and ends where the next one begins; the first begins with the range. Values and
    /// periods without cost are absent.
    pub async fn spend_by_period(
        &self,
        query: &SpendQuery<'_>,
        by: Dimension,
        begins: &[Day],
    ) -> Result<Vec<PeriodCost>> {
        let numbered = self.numbered(query, None).await?;
        let mut reader = self.engine.reader().await?;
        costs(reader.on(), &numbered, query, by, begins).await
    }
}

async fn costs(
    on: On<'_>,
    numbered: &Numbered,
    query: &SpendQuery<'_>,
    by: Dimension,
    begins: &[Day],
) -> Result<Vec<PeriodCost>> {
    let mut binds = Binds::default();
    let later = begins.iter().enumerate().skip(1).rev();
    let nth = later.map(|(nth, day)| format!("when day >= {} then {nth}", binds.put(i64::from(day.number()))));
    let nth = match nth.collect::<Vec<_>>().join(" ") {
        whens if whens.is_empty() => "0".to_owned(),
        whens => format!("case {whens} else 0 end"),
    };
    let all = numbered.source(by, query.from, query.until, &mut binds);
    let text = format!(
        "select label.text, cast(nth as bigint), cast(sum(cost) as bigint) from (
            select value, {nth} as nth, cost from ({all}) spend
        ) parts left join label on label.num = value group by value, label.text, nth having sum(cost) <> 0"
    );
    let found: Vec<(Option<String>, i64, i64)> = read(on, text, &binds.0).await?;
    let part = |(value, nth, cost): (Option<String>, i64, i64)| {
        let nth = usize::try_from(nth).map_err(|_| StoreError::Corrupt("period"))?;
        Ok(PeriodCost { value, nth, cost: NanoUsd::from_nano(cost) })
    };
    found.into_iter().map(part).collect()
}
