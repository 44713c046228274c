//! Quarterly reviews of keys: which keys wait for a decision, and what was decided.
//!
//! Nothing is kept of a review but its decisions; which keys wait follows from the keys. Who reviews which is a rule of
//! [`domain::key_review`], said once more here for all keys at a time: `led` are the owners whose keys a lead reviews.

#[cfg(test)]
mod plans;

use crate::column::{parsed, to_json};
use crate::error::exactly_one;
use crate::keys::{owner, owner_id};
use crate::row::{one, row, rows, run};
use crate::{KeyListItem, Result, Store, StoreError, Tx};
use domain::day::Day;
use domain::id::{KeyId, PersonId, TeamId};
use domain::key_review::{Decision, Quarter};
use domain::permission::Scope;
use domain::time::Timestamp;
use domain::virtual_key::{Owner, RevocationReason};

/// Keys that live now, were minted before the quarter and wait for a decision in its review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToReview {
    pub quarter: Quarter,
    /// The quarter's first moment.
    pub minted_before: Timestamp,
    pub now: Timestamp,
    pub owners: ReviewOwners,
}

/// Whose keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewOwners {
    Of(Vec<Owner>),
    /// Those whom no lead reviews, and some besides; never others.
    Unled {
        besides: Vec<Owner>,
        never: Vec<Owner>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReview {
    pub quarter: Quarter,
    pub key: KeyId,
    /// Whose it was then.
    pub owner: Owner,
    pub decision: Decision,
    pub decided_at: Timestamp,
    pub decided_by: PersonId,
}

/// A decision with what it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedKey {
    pub review: KeyReview,
    pub name: String,
    pub owner_name: String,
    /// Why it is revoked, if it is.
    pub reason: Option<RevocationReason>,
}

/// Keys of a team, and of people who are in no other, that wait; without a team, those of everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamWaiting {
    pub team: Option<TeamId>,
    /// A lead reviews them, and not the administrators.
    pub led: bool,
    pub keys: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamDecided {
    pub team: Option<TeamId>,
    pub decision: Decision,
    pub keys: i64,
}

row! { ReviewRow {
    quarter: i64, key_id: String, owner_id: String, decision: String, decided_at: i64, decided_by: String,
} }
row! { ReviewedRow { name: String, owner_name: String, state_reason: Option<String> } + { review: ReviewRow } }

impl ReviewRow {
    fn into_review(self) -> Result<KeyReview> {
        Ok(KeyReview {
            quarter: quarter(self.quarter)?,
            key: parsed(&self.key_id, "key id")?,
            owner: owner(&self.owner_id)?,
            decision: decision(&self.decision)?,
            decided_at: Timestamp::from_ms(self.decided_at),
            decided_by: parsed(&self.decided_by, "person id")?,
        })
    }
}

fn quarter(number: i64) -> Result<Quarter> {
    let day = i32::try_from(number).map_err(|_| StoreError::Corrupt("quarter"))?;
    Ok(Quarter::of(Day::from_number(day)))
}

fn number(quarter: Quarter) -> i64 {
    i64::from(quarter.first_day().number())
}

fn decision(word: &str) -> Result<Decision> {
    Decision::from_word(word).ok_or(StoreError::Corrupt("decision"))
}

fn team(id: &str) -> Result<Option<TeamId>> {
    if id.is_empty() { Ok(None) } else { parsed(id, "team id").map(Some) }
}

/// `leads` of teams, who is `only_here`, and the owners whose keys are `led`: as `Answering` has it, of all owners.
macro_rules! with_led {
    ($select:expr) => {
        concat!(
            "with leads as (
                select team_id, count(*) as many, min(person_id) as one_lead
                from membership join person on person.id = person_id where lead and active group by team_id
            ), only_here as (
                select person_id, min(team_id) as team_id from membership group by person_id having count(*) = 1
            ), led as (
                select team_id as owner_id from leads where many > 1 or exists (
                    select 1 from membership other where other.team_id = leads.team_id and other.person_id <> one_lead)
                union all
                select only_here.person_id from only_here join leads on leads.team_id = only_here.team_id
                where many > 1 or one_lead <> only_here.person_id
            ) ",
            $select
        )
    };
}

/// `$1` the quarter, `$2` its first moment, `$3` now. That both states are named keeps SQLite at the index that has all of
/// these columns.
macro_rules! waiting {
    () => {
        "created_at < $2 and state in ('active', 'disabled') and expires_at > $3 and coalesce(reviewed_quarter, 0) < $1"
    };
}
/// The same as it was when a quarter was over, which is `$3`. The plus keeps SQLite from an index by the end, which leaves
/// nearly every key.
macro_rules! left_over {
    () => {
        "created_at < $2 and (state in ('active', 'disabled') or state_at > $3) and +expires_at > $3
            and (coalesce(reviewed_quarter, 0) < $1 or (reviewed_quarter > $1 and not exists (
                select 1 from key_review where quarter = $1 and key_id = virtual_key.id)))"
    };
}
/// `$4` owners, `$5` owners that are left out.
macro_rules! of {
    () => {
        " and owner_id in (select value from json_each($4)) and owner_id not in (select value from json_each($5))"
    };
}
macro_rules! unled {
    () => {
        " and (owner_id not in (select owner_id from led) or owner_id in (select value from json_each($4)))
            and owner_id not in (select value from json_each($5))"
    };
}
macro_rules! by_team {
    ($which:expr) => {
        with_led!(concat!(
            "select coalesce(team.id, only_here.team_id, '') as team_id, owned_by in (select owner_id from led) as led,
                cast(sum(waiting) as bigint) as waiting
            from (
                select coalesce(owner_id, '') as owned_by, count(*) as waiting from virtual_key where ",
            $which,
            " group by 1
            ) owned
            left join team on team.id = owned_by
            left join only_here on only_here.person_id = owned_by
            group by 1, 2 order by 1, 2"
        ))
    };
}

macro_rules! page {
    ($owners:expr) => {
        concat!(
            "select id from virtual_key where ",
            waiting!(),
            $owners,
            " and (created_at, id) > ($6, $7) order by created_at, id limit $8"
        )
    };
}
const PAGE_OF: &str = page!(of!());
const PAGE_UNLED: &str = with_led!(page!(unled!()));
const COUNT_OF: &str = concat!("select count(*) from virtual_key where ", waiting!(), of!());
const COUNT_UNLED: &str = with_led!(concat!("select count(*) from virtual_key where ", waiting!(), unled!()));
const WAITING: &str = by_team!(waiting!());
const LEFT_OVER: &str = by_team!(left_over!());
const DECIDED: &str = "with only_here as (
        select person_id, min(team_id) as team_id from membership group by person_id having count(*) = 1
    )
    select coalesce(team.id, only_here.team_id, '') as team_id, decision, cast(sum(decided) as bigint) as decided
    from (
        select owner_id, decision, count(*) as decided from key_review where quarter = $1 group by owner_id, decision
    ) owned
    left join team on team.id = owner_id
    left join only_here on only_here.person_id = owner_id
    group by 1, 2 order by 1, 2";
/// `$1` the quarter, `$2` owners, `$3 $4` the cursor.
macro_rules! reviewed {
    ($owners:literal) => {
        concat!(
            "select quarter, key_id, key_review.owner_id, decision, decided_at, decided_by, virtual_key.name,
                coalesce(person.name, team.name, key_review.owner_id) as owner_name, state_reason
            from key_review
            join virtual_key on virtual_key.id = key_id
            left join person on person.id = key_review.owner_id
            left join team on team.id = key_review.owner_id
            where quarter = $1 and ",
            $owners,
            " and (decided_at, key_id) < ($3, $4) order by decided_at desc, key_id desc limit $5"
        )
    };
}
const DONE: &str = reviewed!("$2 is not null");
const DONE_OF: &str = reviewed!("key_review.owner_id in (select value from json_each($2))");

const QUARTERS: &str = "with recursive quarters (quarter) as (
        select min(quarter) from key_review
        union all
        select (select min(later.quarter) from key_review later where later.quarter > quarters.quarter)
        from quarters where quarters.quarter is not null
    )
    select quarter from quarters where quarter is not null order by quarter";

impl Store {
    /// The oldest first, after one of them.
    pub async fn keys_to_review(
        &self,
        what: &ToReview,
        after: Option<(Timestamp, KeyId)>,
        limit: u32,
    ) -> Result<Vec<KeyListItem>> {
        let (text, owners, never) = what.owners.choose(PAGE_OF, PAGE_UNLED)?;
        let (at, key) = after.map_or((i64::MIN, String::new()), |(at, key)| (at.as_ms(), key.to_string()));
        let mut reader = self.engine.reader().await?;
        let found = rows!(
            reader.on(),
            (String,),
            text,
            number(what.quarter),
            what.minted_before.as_ms(),
            what.now.as_ms(),
            &owners,
            &never,
            at,
            &key,
            i64::from(limit)
        )?;
        drop(reader);
        let ids = found.iter().map(|(id,)| parsed(id, "key id")).collect::<Result<Vec<KeyId>>>()?;
        let mut items = self.keys_among(&ids, &Scope::Everyone, what.now).await?;
        items.sort_by_key(|item| (item.key.created_at, item.key.id.to_string()));
        Ok(items)
    }

    pub async fn count_to_review(&self, what: &ToReview) -> Result<i64> {
        let (text, owners, never) = what.owners.choose(COUNT_OF, COUNT_UNLED)?;
        let mut reader = self.engine.reader().await?;
        let counted = one!(
            reader.on(),
            (i64,),
            text,
            number(what.quarter),
            what.minted_before.as_ms(),
            what.now.as_ms(),
            &owners,
            &never
        )?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    /// How many keys wait at a moment of the quarter, by team.
    pub async fn reviews_waiting(
        &self,
        quarter: Quarter,
        minted_before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<TeamWaiting>> {
        self.waiting_by(WAITING, quarter, minted_before, now).await
    }

    /// How many were left without a decision when the quarter was over, by team as it is now.
    pub async fn reviews_left_over(
        &self,
        quarter: Quarter,
        minted_before: Timestamp,
        ended: Timestamp,
    ) -> Result<Vec<TeamWaiting>> {
        self.waiting_by(LEFT_OVER, quarter, minted_before, ended).await
    }

    async fn waiting_by(
        &self,
        text: &'static str,
        quarter: Quarter,
        minted_before: Timestamp,
        moment: Timestamp,
    ) -> Result<Vec<TeamWaiting>> {
        let mut reader = self.engine.reader().await?;
        let found =
            rows!(reader.on(), (String, bool, i64), text, number(quarter), minted_before.as_ms(), moment.as_ms())?;
        found.into_iter().map(|(id, led, keys)| Ok(TeamWaiting { team: team(&id)?, led, keys })).collect()
    }

    /// How many were decided in a quarter, by team.
    pub async fn reviews_decided(&self, quarter: Quarter) -> Result<Vec<TeamDecided>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String, i64), DECIDED, number(quarter))?;
        let decided = |(id, word, keys): (String, String, i64)| {
            Ok(TeamDecided { team: team(&id)?, decision: decision(&word)?, keys })
        };
        found.into_iter().map(decided).collect()
    }

    /// What was decided in a quarter about keys that these owned, or about all; the latest first, before one of them.
    pub async fn key_reviews(
        &self,
        quarter: Quarter,
        owners: Option<&[Owner]>,
        before: Option<(Timestamp, KeyId)>,
        limit: u32,
    ) -> Result<Vec<ReviewedKey>> {
        let text = if owners.is_some() { DONE_OF } else { DONE };
        // Later than everything: no id begins with this letter.
        let (at, key) = before.map_or((i64::MAX, "~".to_owned()), |(at, key)| (at.as_ms(), key.to_string()));
        let list = from_owners(owners.unwrap_or_default())?;
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ReviewedRow, text, number(quarter), &list, at, &key, i64::from(limit))?;
        let reviewed = |row: ReviewedRow| {
            Ok(ReviewedKey {
                review: row.review.into_review()?,
                name: row.name,
                owner_name: row.owner_name,
                reason: row.state_reason.as_deref().and_then(RevocationReason::from_word),
            })
        };
        found.into_iter().map(reviewed).collect()
    }

    pub async fn count_key_reviews(&self, quarter: Quarter, owners: Option<&[Owner]>) -> Result<i64> {
        const ALL: &str = "select count(*) from key_review where quarter = $1 and $2 is not null";
        const OWNED: &str =
            "select count(*) from key_review where quarter = $1 and owner_id in (select value from json_each($2))";
        let text = if owners.is_some() { OWNED } else { ALL };
        let list = from_owners(owners.unwrap_or_default())?;
        let mut reader = self.engine.reader().await?;
        let counted = one!(reader.on(), (i64,), text, number(quarter), &list)?;
        Ok(counted.map_or(0, |(count,)| count))
    }

    /// Quarters in which anything was decided. Each is looked for behind the one before it: there are few, and many rows.
    pub async fn reviewed_quarters(&self) -> Result<Vec<Quarter>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (i64,), QUARTERS)?;
        found.into_iter().map(|(number,)| quarter(number)).collect()
    }
}

fn from_owners(owners: &[Owner]) -> Result<String> {
    to_json(&owners.iter().map(|&owner| owner_id(owner)).collect::<Vec<_>>())
}

impl ReviewOwners {
    fn choose(&self, of: &'static str, unled: &'static str) -> Result<(&'static str, String, String)> {
        match self {
            Self::Of(owners) => Ok((of, from_owners(owners)?, from_owners(&[])?)),
            Self::Unled { besides, never } => Ok((unled, from_owners(besides)?, from_owners(never)?)),
        }
    }
}

impl Tx {
    pub async fn key_review(&mut self, quarter: Quarter, key: KeyId) -> Result<Option<KeyReview>> {
        const FIND: &str = "select quarter, key_id, owner_id, decision, decided_at, decided_by from key_review
            where quarter = $1 and key_id = $2";
        let found = one!(self.on(), ReviewRow, FIND, number(quarter), key.to_string())?;
        found.map(ReviewRow::into_review).transpose()
    }

    /// One that is there already is a conflict.
    pub async fn insert_key_review(&mut self, review: &KeyReview) -> Result<()> {
        const INSERT: &str = "insert into key_review (quarter, key_id, owner_id, decision, decided_at, decided_by)
            values ($1, $2, $3, $4, $5, $6)";
        const MARK: &str = "update virtual_key set reviewed_quarter = $2 where id = $1";
        let KeyReview { quarter, key, owner, decision, decided_at, decided_by } = review;
        let (quarter, key) = (number(*quarter), key.to_string());
        let (at, by) = (decided_at.as_ms(), decided_by.to_string());
        run!(self.on(), INSERT, quarter, &key, owner_id(*owner), decision.word(), at, &by)?;
        exactly_one(run!(self.on(), MARK, &key, quarter)?)
    }
}
