//! People as the directory and the administrators know them. An account is found by issuer and subject, never by e-mail.

use crate::column::{containing, folded, from_json, parsed, to_json};
use crate::dialect::{Dialect, locked};
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::PersonId;
use domain::order::{Order, PersonColumn};
use domain::person::Role;
use domain::time::Timestamp;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub issuer: String,
    pub subject: String,
    pub name: String,
    pub email: String,
    /// What the directory says.
    pub claimed_roles: Vec<Role>,
    /// What administrators added here.
    pub granted_roles: Vec<Role>,
    pub groups: Vec<String>,
    pub active: bool,
    /// Grows when a role changes, the person is disabled, or signs out everywhere: older sessions end.
    pub version: i64,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePage {
    pub people: Vec<Person>,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<String>,
}

impl Person {
    /// Claimed and granted roles together.
    pub fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.claimed_roles.iter().chain(&self.granted_roles).copied().collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

row! { PersonRow {
    id: String, issuer: String, subject: String, name: String, email: String, claimed_roles: String,
    granted_roles: String, directory_groups: String, active: bool, version: i64, created_at: i64,
    last_sign_in_at: Option<i64>,
} }

impl PersonRow {
    pub(crate) fn into_person(self) -> Result<Person> {
        Ok(Person {
            id: parsed(&self.id, "person id")?,
            issuer: self.issuer,
            subject: self.subject,
            name: self.name,
            email: self.email,
            claimed_roles: from_json(&self.claimed_roles, "role")?,
            granted_roles: from_json(&self.granted_roles, "role")?,
            groups: from_json(&self.directory_groups, "group list")?,
            active: self.active,
            version: self.version,
            created_at: Timestamp::from_ms(self.created_at),
            last_sign_in_at: self.last_sign_in_at.map(Timestamp::from_ms),
        })
    }
}

macro_rules! person_columns {
    () => {
        "person.id, issuer, subject, person.name, email, claimed_roles, granted_roles, directory_groups, active, \
         person.version, person.created_at, last_sign_in_at"
    };
}
pub(crate) use person_columns;

/// `$1` search, `$2 $3` what the last person seen was sorted by, and their id; `$4` how many. What is sorted by is compared
/// by itself, too: SQLite finds no expression in an index by a comparison of rows.
macro_rules! ordered {
    ($by:literal, $bound:literal, $than:literal, $way:literal) => {
        concat!(
            "select ",
            person_columns!(),
            " from person
            where ($1 is null or name_folded like $1 escape '\\' or email_folded like $1 escape '\\')
              and ",
            $by,
            " ",
            $than,
            "= ",
            $bound,
            " and (",
            $by,
            ", id) ",
            $than,
            " (",
            $bound,
            ", $3) order by ",
            $by,
            " ",
            $way,
            ", id ",
            $way,
            " limit $4"
        )
    };
}

/// Moments are bound as texts, too, so that every order takes the same. The plus takes the cast's affinity away, which would
/// keep SQLite from an index of an expression.
const fn in_order(order: Order<PersonColumn>) -> &'static str {
    match (order.by, order.descending) {
        (PersonColumn::Name, false) => ordered!("name_folded", "$2", ">", "asc"),
        (PersonColumn::Name, true) => ordered!("name_folded", "$2", "<", "desc"),
        (PersonColumn::LastSignIn, false) => {
            ordered!("coalesce(last_sign_in_at, 0)", "+cast($2 as bigint)", ">", "asc")
        }
        (PersonColumn::LastSignIn, true) => {
            ordered!("coalesce(last_sign_in_at, 0)", "+cast($2 as bigint)", "<", "desc")
        }
    }
}

/// What stands before everybody in an order.
fn start(order: Order<PersonColumn>) -> String {
    match (order.by, order.descending) {
        (PersonColumn::Name, false) => String::new(),
        (PersonColumn::Name, true) => char::MAX.to_string(),
        (PersonColumn::LastSignIn, false) => i64::MIN.to_string(),
        (PersonColumn::LastSignIn, true) => i64::MAX.to_string(),
    }
}

fn sorted_by_of(person: &Person, by: PersonColumn) -> String {
    match by {
        PersonColumn::Name => folded(&person.name),
        PersonColumn::LastSignIn => person.last_sign_in_at.map_or(0, Timestamp::as_ms).to_string(),
    }
}

fn read_cursor(text: &str, order: Order<PersonColumn>) -> Option<(PersonId, String)> {
    let (id, sorted_by) = text.strip_prefix(&order.word())?.strip_prefix('.')?.split_once('.')?;
    if order.by == PersonColumn::LastSignIn {
        sorted_by.parse::<i64>().ok()?;
    }
    Some((id.parse().ok()?, sorted_by.to_owned()))
}

impl Store {
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>> {
        const FIND: &str = concat!("select ", person_columns!(), " from person where id = $1");
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), PersonRow, FIND, id.to_string())?.map(PersonRow::into_person).transpose()
    }

    pub async fn person_by_subject(&self, issuer: &str, subject: &str) -> Result<Option<Person>> {
        const FIND: &str = concat!("select ", person_columns!(), " from person where issuer = $1 and subject = $2");
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), PersonRow, FIND, issuer, subject)?.map(PersonRow::into_person).transpose()
    }

    /// Those whose name or address has `search` in it, page by page; `after` is the cursor of the page before. A text that
    /// is no cursor of this order starts at the beginning.
    pub async fn people(
        &self,
        search: Option<&str>,
        order: Order<PersonColumn>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<PeoplePage> {
        let (after_id, sorted_by) = match after.and_then(|after| read_cursor(after, order)) {
            Some((id, sorted_by)) => (id.to_string(), sorted_by),
            None => (String::new(), start(order)),
        };
        let pattern = search.map(containing);
        let mut reader = self.engine.reader().await?;
        let found =
            rows!(reader.on(), PersonRow, in_order(order), &pattern, &sorted_by, &after_id, i64::from(limit) + 1)?;
        let more = found.len() > limit as usize;
        let people = found.into_iter().take(limit as usize).map(PersonRow::into_person).collect::<Result<Vec<_>>>()?;
        let next = people
            .last()
            .filter(|_| more)
            .map(|last| format!("{}.{}.{}", order.word(), last.id, sorted_by_of(last, order.by)));
        Ok(PeoplePage { people, next })
    }

    /// Those of these people who are known, by name.
    pub async fn people_among(&self, people: &[PersonId]) -> Result<Vec<Person>> {
        const FIND: &str = concat!(
            "select ",
            person_columns!(),
            " from person where id in (select value from json_each($1)) order by name_folded, id"
        );
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), PersonRow, FIND, to_json(people)?)?;
        found.into_iter().map(PersonRow::into_person).collect()
    }

    /// Unknown people are absent from the answer.
    pub async fn names_of(&self, people: &[PersonId]) -> Result<HashMap<PersonId, String>> {
        const NAMES: &str = "select id, name from person where id in (select value from json_each($1))";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String, String), NAMES, to_json(people)?)?;
        found.into_iter().map(|(id, name)| Ok((parsed(&id, "person id")?, name))).collect()
    }

    pub async fn inactive_people(&self) -> Result<HashSet<PersonId>> {
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), (String,), "select id from person where not active")?;
        found.into_iter().map(|(id,)| parsed(&id, "person id")).collect()
    }
}

impl Tx {
    /// Nobody else changes the person until this transaction ends: a sign-in must not undo a disabling that it did not
    /// see.
    pub async fn person_by_subject_for_update(&mut self, issuer: &str, subject: &str) -> Result<Option<Person>> {
        const FIND: Dialect =
            locked!(concat!("select ", person_columns!(), " from person where issuer = $1 and subject = $2"));
        one!(self.on(), PersonRow, FIND, issuer, subject)?.map(PersonRow::into_person).transpose()
    }

    /// As [`Self::person_by_subject_for_update`], for a person already known.
    pub async fn person_for_update(&mut self, id: PersonId) -> Result<Option<Person>> {
        const FIND: Dialect = locked!(concat!("select ", person_columns!(), " from person where id = $1"));
        one!(self.on(), PersonRow, FIND, id.to_string())?.map(PersonRow::into_person).transpose()
    }

    pub async fn insert_person(&mut self, person: &Person) -> Result<()> {
        const INSERT: &str = "insert into person (id, issuer, subject, name, name_folded, email, email_folded,
                claimed_roles, granted_roles, directory_groups, active, version, created_at, last_sign_in_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        run!(
            self.on(),
            INSERT,
            person.id.to_string(),
            &person.issuer,
            &person.subject,
            &person.name,
            folded(&person.name),
            &person.email,
            folded(&person.email),
            to_json(&person.claimed_roles)?,
            to_json(&person.granted_roles)?,
            to_json(&person.groups)?,
            person.active,
            person.version,
            person.created_at.as_ms(),
            person.last_sign_in_at.map(Timestamp::as_ms),
        )
        .map(|_| ())
    }

    /// Everything that can change; issuer, subject and creation stay.
    pub async fn update_person(&mut self, person: &Person) -> Result<()> {
        const UPDATE: &str = "update person set name = $2, name_folded = $3, email = $4, email_folded = $5,
                claimed_roles = $6, granted_roles = $7, directory_groups = $8, active = $9, version = $10,
                last_sign_in_at = $11
            where id = $1";
        let met = run!(
            self.on(),
            UPDATE,
            person.id.to_string(),
            &person.name,
            folded(&person.name),
            &person.email,
            folded(&person.email),
            to_json(&person.claimed_roles)?,
            to_json(&person.granted_roles)?,
            to_json(&person.groups)?,
            person.active,
            person.version,
            person.last_sign_in_at.map(Timestamp::as_ms),
        )?;
        exactly_one(met)
    }
}
