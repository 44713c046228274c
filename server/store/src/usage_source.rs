//! Where sums of spend are read from: the totals of days that are over, of everything or within one value of a wide
//! dimension, the days themselves, or the slices that a filter leaves, whichever is quickest for what is asked.

use crate::column::to_json;
use crate::label::Kind;
use crate::row::{one, rows};
use crate::statement::Binds;
use crate::usage_days::SpendQuery;
use crate::{Result, Store, codes};
use domain::day::Day;
use domain::dimension::Dimension;
use domain::permission::Scope;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The column that holds a dimension; `d` is a row by day, `s` its slice.
pub(crate) const fn column(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Team => "s.team_num",
        Dimension::Person => "s.person_num",
        Dimension::Unit => "s.unit_num",
        Dimension::Application => "s.application_num",
        Dimension::Consumer => "s.consumer_num",
        Dimension::Environment => "s.environment_num",
        Dimension::CostCentre => "s.cost_centre_num",
        Dimension::Key => "s.key_num",
        Dimension::Model => "d.model_num",
        Dimension::Provider => "d.provider_num",
    }
}

const fn kind(dimension: Dimension) -> Kind {
    match dimension {
        Dimension::Team => Kind::Team,
        Dimension::Person => Kind::Person,
        Dimension::Unit => Kind::Unit,
        Dimension::Application => Kind::Application,
        Dimension::Consumer => Kind::Consumer,
        Dimension::Environment => Kind::Environment,
        Dimension::CostCentre => Kind::CostCentre,
        Dimension::Key => Kind::Key,
        Dimension::Model => Kind::Model,
        Dimension::Provider => Kind::Provider,
    }
}

pub(crate) const SUMMED: [&str; 8] =
    ["requests", "failures", "denials", "input", "cache_read", "cache_write", "output", "cost"];

/// Dimensions of slices with so few values that each leaves a large part of all slices: totals are kept within each.
pub(crate) const WITHIN: [Dimension; 2] = [Dimension::Consumer, Dimension::Environment];

/// The sums of every column, under its own name.
pub(crate) fn counted() -> String {
    SUMMED.map(|column| format!("cast(coalesce(sum({column}), 0) as bigint) as {column}")).join(", ")
}

/// A label that no call has.
pub(crate) const NOBODY: i64 = -1;

/// A query whose texts have become numbers.
pub(crate) struct Numbered {
    /// The person, the teams and the cost centres; `None`: everyone's.
    scope: Option<(i64, Vec<i64>, Vec<i64>)>,
    filters: Vec<(Dimension, i64)>,
    /// Days that are not summed up, of all ranges.
    pub(crate) open: Vec<i64>,
}

impl Numbered {
    pub(crate) fn reads_totals(&self) -> bool {
        self.scope.is_none()
            && match self.filters[..] {
                [] => true,
                [(dimension, _)] => WITHIN.contains(&dimension),
                _ => false,
            }
    }

    /// The totals of one dimension, if they can be read: `table where …`.
    pub(crate) fn totals(&self, by: Dimension, binds: &mut Binds) -> String {
        let by = binds.put(codes::of_dimension(by));
        match self.filters[..] {
            [(within, among), ..] => {
                let (within, among) = (binds.put(codes::of_dimension(within)), binds.put(among));
                format!("usage_total_within where within = {within} and among = {among} and dimension = {by}")
            }
            [] => format!("usage_total where dimension = {by}"),
        }
    }

    /// A filter that leaves few slices: then these are looked up first, and else the days.
    fn is_narrow(&self) -> bool {
        let narrow = |&(dimension, value): &(Dimension, i64)| {
            let many = [Dimension::Consumer, Dimension::Environment, Dimension::Model, Dimension::Provider];
            value != 0 && !many.contains(&dimension)
        };
        self.scope.is_some() || self.filters.iter().any(narrow)
    }

    /// Rows of `value`, `day` and the sums' columns, from whatever is quickest.
    pub(crate) fn source(&self, by: Dimension, from: Day, until: Day, binds: &mut Binds) -> String {
        let (from, until) = (i64::from(from.number()), i64::from(until.number()));
        let columns = SUMMED.join(", ");
        if !self.reads_totals() {
            let (low, high) = (binds.put(from), binds.put(until));
            return self.rows(by, &format!("d.day >= {low} and d.day < {high}"), binds);
        }
        let open: Vec<i64> = self.open.iter().copied().filter(|day| (from..until).contains(day)).collect();
        let (totals, low, high) = (self.totals(by, binds), binds.put(from), binds.put(until));
        let mut text = format!("select value, day, {columns} from {totals} and day >= {low} and day < {high}");
        if !open.is_empty() {
            let list = binds.list(&open);
            let _ = write!(text, " and day not in ({list})");
            let list = binds.list(&open);
            let rows = self.rows(by, &format!("d.day in ({list})"), binds);
            let _ = write!(text, " union all {rows}");
        }
        text
    }

    pub(crate) fn rows(&self, by: Dimension, days: &str, binds: &mut Binds) -> String {
        let value = column(by);
        let columns = SUMMED.map(|column| format!("d.{column}")).join(", ");
        // SQLite takes the tables of a cross join in the order in which they stand.
        let tables = match self.is_narrow() {
            true => "usage_slice s cross join usage_day d",
            false => "usage_day d cross join usage_slice s",
        };
        let mut text =
            format!("select {value} as value, d.day, {columns} from {tables} where s.num = d.slice_num and {days}");
        for &(dimension, number) in &self.filters {
            let number = binds.put(number);
            let _ = write!(text, " and {} = {number}", column(dimension));
        }
        if let Some((person, teams, centres)) = &self.scope {
            let person = binds.put(*person);
            let teams = binds.list(teams);
            let _ = write!(text, " and (s.person_num = {person} or s.team_num in ({teams})");
            if !centres.is_empty() {
                let centres = binds.list(centres);
                let _ = write!(text, " or s.cost_centre_num in ({centres})");
            }
            text.push(')');
        }
        text
    }
}

impl Store {
    pub(crate) async fn numbered(&self, query: &SpendQuery<'_>, earlier: Option<(Day, Day)>) -> Result<Numbered> {
        let scope = match query.scope {
            Scope::Everyone => None,
            Scope::Own { person, teams } => Some((person, teams, &[][..])),
            Scope::Within { person, teams, centres } => Some((person, teams, centres.as_slice())),
        };
        let scope = match scope {
            None => None,
            Some((person, teams, centres)) => {
                let person = self.label_number(Dimension::Person, Some(&person.to_string())).await?;
                let teams: Vec<_> = teams.iter().map(|team| Some(team.to_string())).collect();
                let mut numbers = self.label_numbers(Dimension::Team, &teams).await?;
                if numbers.is_empty() {
                    numbers.push(NOBODY);
                }
                let centres: Vec<_> = centres.iter().cloned().map(Some).collect();
                Some((person, numbers, self.label_numbers(Dimension::CostCentre, &centres).await?))
            }
        };
        let mut filters = Vec::with_capacity(query.filters.len());
        for (dimension, value) in query.filters {
            filters.push((*dimension, self.label_number(*dimension, value.as_deref()).await?));
        }
        let within = !filters.is_empty();
        let mut open = self.open_days(query.from, query.until, within).await?;
        if let Some((from, until)) = earlier {
            open.extend(self.open_days(from, until, within).await?);
        }
        Ok(Numbered { scope, filters, open })
    }

    async fn label_number(&self, dimension: Dimension, value: Option<&str>) -> Result<i64> {
        const FIND: &str = "select num from label where kind = $1 and text = $2";
        let Some(value) = value else { return Ok(0) };
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (i64,), FIND, kind(dimension).word(), value)?;
        Ok(found.map_or(NOBODY, |(number,)| number))
    }

    /// In the order of the values.
    pub(crate) async fn label_numbers(&self, dimension: Dimension, values: &[Option<String>]) -> Result<Vec<i64>> {
        const FIND: &str = "select text, num from label where kind = $1 and text in (select value from json_each($2))";
        let texts: Vec<&str> = values.iter().filter_map(Option::as_deref).collect();
        let found = if texts.is_empty() {
            Vec::new()
        } else {
            let mut reader = self.engine.reader().await?;
            rows!(reader.on(), (String, i64), FIND, kind(dimension).word(), to_json(&texts)?)?
        };
        let numbers: HashMap<String, i64> = found.into_iter().collect();
        let number = |value: &Option<String>| match value {
            None => 0,
            Some(text) => numbers.get(text).copied().unwrap_or(NOBODY),
        };
        Ok(values.iter().map(number).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::read;

    #[tokio::test]
    async fn nothing_that_a_page_asks_reads_a_whole_table() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let mut asked = vec![Numbered { scope: None, filters: vec![], open: vec![20_100] }];
        asked.push(Numbered { scope: Some((1, vec![2, 3], vec![])), filters: vec![], open: vec![] });
        asked.push(Numbered { scope: Some((1, vec![2, 3], vec![4])), filters: vec![], open: vec![] });
        asked.extend(Dimension::ALL.map(|of| Numbered { scope: None, filters: vec![(of, 7)], open: vec![] }));
        asked.extend(Dimension::ALL.map(|of| Numbered { scope: None, filters: vec![(of, 0)], open: vec![] }));
        for numbered in asked {
            for by in Dimension::ALL {
                let mut binds = Binds::default();
                let text = numbered.source(by, Day::from_number(20_000), Day::from_number(20_101), &mut binds);
                let mut reader = store.engine.reader().await.unwrap();
                let plan: Vec<(i64, i64, i64, String)> =
                    read(reader.on(), format!("explain query plan {text}"), &binds.0).await.unwrap();
                let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
                let scans = ["SCAN s", "SCAN d", "SCAN usage_total"];
                assert!(!steps.iter().any(|step| scans.iter().any(|scan| step.starts_with(scan))), "{text}\n{steps:?}");
            }
        }
    }
}
