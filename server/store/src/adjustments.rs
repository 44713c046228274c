//! Adjustments, day by day, and what the books say of a key. What may be moved is decided elsewhere.

use crate::column::{count, parsed, parsed_if};
use crate::engine::On;
use crate::row::{one, pieces, put, row, rows, run};
use crate::{Result, Store, Tx};
use domain::adjustment::{Adjustment, Booking, DayAmount, Move};
use domain::day::Day;
use domain::id::{AdjustmentId, KeyId, PersonId};
use domain::money::NanoUsd;
use domain::time::Timestamp;

/// What an adjustment took from a cost centre or brought there, of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustedLine {
    pub centre: Option<String>,
    /// Below nothing where it was taken.
    pub amount: NanoUsd,
    pub id: AdjustmentId,
    /// Over all its days.
    pub moved: Move,
    pub why: String,
    pub by: PersonId,
    pub at: Timestamp,
    pub undoes: Option<AdjustmentId>,
    pub undone_by: Option<AdjustmentId>,
}

row! { Head {
    id: String, key_id: String, first_day: i64, last_day: i64, from_centre: Option<String>, to_centre: Option<String>,
    why: String, made_by: String, made_at: i64, undoes: Option<String>,
} }

row! { Line { cost_centre: Option<String>, amount: i64, undone_by: Option<String> } + { head: Head } }

impl Head {
    fn moved(&self) -> Result<Move> {
        Ok(Move {
            key: parsed(&self.key_id, "key id")?,
            first: day(self.first_day)?,
            last: day(self.last_day)?,
            from: self.from_centre.clone(),
            to: self.to_centre.clone(),
        })
    }
    fn undoes(&self) -> Result<Option<AdjustmentId>> {
        parsed_if(self.undoes.as_deref(), "adjustment id")
    }
}

impl Line {
    fn into_line(self) -> Result<AdjustedLine> {
        let head = self.head;
        Ok(AdjustedLine {
            centre: self.cost_centre,
            amount: NanoUsd::from_nano(self.amount),
            id: parsed(&head.id, "adjustment id")?,
            moved: head.moved()?,
            undoes: head.undoes()?,
            undone_by: parsed_if(self.undone_by.as_deref(), "adjustment id")?,
            by: parsed(&head.made_by, "person id")?,
            at: Timestamp::from_ms(head.made_at),
            why: head.why,
        })
    }
}

fn day(number: i64) -> Result<Day> {
    count(number, "day").map(Day::from_number)
}

macro_rules! head_columns {
    () => {
        "adjustment.id, adjustment.key_id, adjustment.first_day, adjustment.last_day, adjustment.from_centre,
         adjustment.to_centre, adjustment.why, adjustment.made_by, adjustment.made_at, adjustment.undoes"
    };
}

/// What its calls cost by day and cost centre, and what was moved there or away.
async fn books_of_key(on: On<'_>, key: KeyId, from: Day, until: Day) -> Result<Vec<Booking>> {
    const BOOKS: &str = "select d.day, centre.text, cast(sum(d.cost) as bigint)
        from label named
        join usage_slice s on s.key_num = named.num
        join usage_day d on d.slice_num = s.num
        left join label centre on centre.num = s.cost_centre_num
        where named.kind = 'key' and named.text = $1 and d.day >= $2 and d.day < $3
        group by d.day, centre.text
        union all
        select entry.day, entry.cost_centre, cast(sum(entry.amount) as bigint)
        from adjustment
        join adjustment_entry entry on entry.adjustment_id = adjustment.id
        where adjustment.key_id = $1 and entry.day >= $2 and entry.day < $3
        group by entry.day, entry.cost_centre";
    let (from, until) = (i64::from(from.number()), i64::from(until.number()));
    let found = rows!(on, (i64, Option<String>, i64), BOOKS, key.to_string(), from, until)?;
    let booking =
        |(number, centre, amount)| Ok(Booking { day: day(number)?, centre, amount: NanoUsd::from_nano(amount) });
    found.into_iter().map(booking).collect()
}

async fn adjustment_of(on: On<'_>, id: AdjustmentId) -> Result<Option<Adjustment>> {
    const FIND: &str = concat!("select ", head_columns!(), " from adjustment where id = $1");
    const DAYS: &str = "select day, amount from adjustment_entry where adjustment_id = $1 and amount > 0 order by day";
    let mut on = on;
    let Some(head) = one!(on.again(), Head, FIND, id.to_string())? else { return Ok(None) };
    let days = rows!(on, (i64, i64), DAYS, id.to_string())?;
    let amount = |(number, nano)| Ok(DayAmount { day: day(number)?, amount: NanoUsd::from_nano(nano) });
    Ok(Some(Adjustment {
        id,
        moved: head.moved()?,
        days: days.into_iter().map(amount).collect::<Result<_>>()?,
        undoes: head.undoes()?,
        by: parsed(&head.made_by, "person id")?,
        at: Timestamp::from_ms(head.made_at),
        why: head.why,
    }))
}

async fn undone(on: On<'_>, id: AdjustmentId) -> Result<Option<AdjustmentId>> {
    let found = one!(on, (String,), "select id from adjustment where undoes = $1", id.to_string())?;
    found.map(|(id,)| parsed(&id, "adjustment id")).transpose()
}

impl Store {
    /// What the books say of a key on these days; `until` is exclusive.
    pub async fn books(&self, key: KeyId, from: Day, until: Day) -> Result<Vec<Booking>> {
        let mut reader = self.engine.reader().await?;
        books_of_key(reader.on(), key, from, until).await
    }

    pub async fn adjustment(&self, id: AdjustmentId) -> Result<Option<Adjustment>> {
        let mut reader = self.engine.reader().await?;
        adjustment_of(reader.on(), id).await
    }

    pub async fn undone_by(&self, id: AdjustmentId) -> Result<Option<AdjustmentId>> {
        let mut reader = self.engine.reader().await?;
        undone(reader.on(), id).await
    }

    /// What was moved of these days, two lines for each adjustment; oldest first.
    pub async fn adjusted(&self, from: Day, until: Day) -> Result<Vec<AdjustedLine>> {
        const LIST: &str = concat!(
            "select moved.cost_centre, moved.amount, undoing.id as undone_by, ",
            head_columns!(),
            " from (
                select adjustment_id, cost_centre, cast(sum(amount) as bigint) as amount from adjustment_entry
                where day >= $1 and day < $2 group by adjustment_id, cost_centre
            ) moved
            join adjustment on adjustment.id = moved.adjustment_id
            left join adjustment undoing on undoing.undoes = adjustment.id
            order by adjustment.made_at, adjustment.id, moved.amount"
        );
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), Line, LIST, i64::from(from.number()), i64::from(until.number()))?;
        found.into_iter().map(Line::into_line).collect()
    }

    /// The last of these days of which something was moved.
    pub async fn last_adjusted(&self, from: Day, until: Day) -> Result<Option<Day>> {
        const LAST: &str = "select day from adjustment_entry where day >= $1 and day < $2 order by day desc limit 1";
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (i64,), LAST, i64::from(from.number()), i64::from(until.number()))?;
        found.map(|(number,)| day(number)).transpose()
    }
}

impl Tx {
    /// As [`Store::books`]. They stay so only while the key is held by [`Tx::key_for_update`].
    pub async fn books(&mut self, key: KeyId, from: Day, until: Day) -> Result<Vec<Booking>> {
        books_of_key(self.on(), key, from, until).await
    }

    /// As [`Store::undone_by`].
    pub async fn undone_by(&mut self, id: AdjustmentId) -> Result<Option<AdjustmentId>> {
        undone(self.on(), id).await
    }

    /// Each day becomes two rows that add up to nothing.
    pub async fn insert_adjustment(&mut self, adjustment: &Adjustment) -> Result<()> {
        const INSERT: &str = "insert into adjustment
            (id, key_id, first_day, last_day, from_centre, to_centre, why, made_by, made_at, undoes)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        const ENTRIES: &str = "insert into adjustment_entry (adjustment_id, day, cost_centre, amount) values";
        let (id, moved) = (adjustment.id.to_string(), &adjustment.moved);
        run!(
            self.on(),
            INSERT,
            &id,
            moved.key.to_string(),
            i64::from(moved.first.number()),
            i64::from(moved.last.number()),
            moved.from.as_deref(),
            moved.to.as_deref(),
            &adjustment.why,
            adjustment.by.to_string(),
            adjustment.at.as_ms(),
            adjustment.undoes.map(|undone| undone.to_string()),
        )?;
        let mut entries: Vec<(i64, Option<&str>, i64)> = Vec::with_capacity(adjustment.days.len() * 2);
        for DayAmount { day, amount } in &adjustment.days {
            let (day, nano) = (i64::from(day.number()), amount.as_nano());
            entries.extend([(day, moved.from.as_deref(), -nano), (day, moved.to.as_deref(), nano)]);
        }
        for piece in pieces(&entries) {
            put!(self.on(), ENTRIES, piece, |entry| [id.as_str(), entry.0, entry.1, entry.2], "")?;
        }
        Ok(())
    }
}
