//! What directories said: of each person at the last sign-in, and of an administrator's test sign-in, which is kept for
//! minutes.

use crate::column::{from_json, to_json};
use crate::people::{Person, PersonRow, person_columns};
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::directory_claims::DirectoryClaims;
use domain::id::PersonId;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRecord {
    pub claims: DirectoryClaims,
    /// The groups that rules gave, beside those of the directory.
    pub given_groups: Vec<String>,
    pub cost_centre: Option<String>,
    pub seen_at: Timestamp,
}

/// Claims as the provider sent them, without tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestLogin {
    /// The issuer's id in the configuration.
    pub issuer: String,
    pub subject: String,
    /// A JSON object.
    pub claims: String,
    pub created_at: Timestamp,
}

row! { Row { claims: String, given: String, cost_centre: Option<String>, seen_at: i64 } }

impl Row {
    fn into_record(self) -> Result<DirectoryRecord> {
        Ok(DirectoryRecord {
            claims: from_json(&self.claims, "claims")?,
            given_groups: from_json(&self.given, "group list")?,
            cost_centre: self.cost_centre,
            seen_at: Timestamp::from_ms(self.seen_at),
        })
    }
}

row! { PersonClaimsRow { claims: Option<String> } + { person: PersonRow } }

impl Store {
    pub async fn directory_record(&self, person: PersonId) -> Result<Option<DirectoryRecord>> {
        const FIND: &str = "select claims, given, cost_centre, seen_at from directory_record where person_id = $1";
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), Row, FIND, person.to_string())?.map(Row::into_record).transpose()
    }

    /// Everybody who may sign in, in the order of ids, with the claims of the last time if there are any.
    pub async fn active_people_and_claims(
        &self,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<(Person, Option<DirectoryClaims>)>> {
        const LIST: &str = concat!(
            "select claims, ",
            person_columns!(),
            " from person left join directory_record on directory_record.person_id = person.id
            where person.id > $1 and active order by person.id limit $2"
        );
        let after = after.map_or_else(String::new, |id| id.to_string());
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), PersonClaimsRow, LIST, after, i64::from(limit))?;
        let read = |row: PersonClaimsRow| {
            let claims = row.claims.map(|text| from_json(&text, "claims")).transpose()?;
            Ok((row.person.into_person()?, claims))
        };
        found.into_iter().map(read).collect()
    }

    /// Also one that is too old: the clock is the caller's.
    pub async fn test_login(&self, tester: PersonId) -> Result<Option<TestLogin>> {
        const FIND: &str = "select issuer_id, subject, claims, created_at from test_login where person_id = $1";
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (String, String, String, i64), FIND, tester.to_string())?;
        Ok(found.map(|(issuer, subject, claims, at)| TestLogin {
            issuer,
            subject,
            claims,
            created_at: Timestamp::from_ms(at),
        }))
    }
}

impl Tx {
    pub async fn put_directory_record(&mut self, person: PersonId, record: &DirectoryRecord) -> Result<()> {
        const PUT: &str = "insert into directory_record (person_id, claims, given, cost_centre, seen_at)
            values ($1, $2, $3, $4, $5)
            on conflict (person_id) do update set claims = excluded.claims, given = excluded.given,
                cost_centre = excluded.cost_centre, seen_at = excluded.seen_at";
        run!(
            self.on(),
            PUT,
            person.to_string(),
            to_json(&record.claims)?,
            to_json(&record.given_groups)?,
            &record.cost_centre,
            record.seen_at.as_ms(),
        )
        .map(|_| ())
    }

    /// The newest of an administrator replaces the one before.
    pub async fn put_test_login(&mut self, tester: PersonId, login: &TestLogin) -> Result<()> {
        const PUT: &str = "insert into test_login (person_id, issuer_id, subject, claims, created_at)
            values ($1, $2, $3, $4, $5)
            on conflict (person_id) do update set issuer_id = excluded.issuer_id, subject = excluded.subject,
                claims = excluded.claims, created_at = excluded.created_at";
        let at = login.created_at.as_ms();
        run!(self.on(), PUT, tester.to_string(), &login.issuer, &login.subject, &login.claims, at).map(|_| ())
    }

    pub async fn delete_test_logins_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from test_login where created_at < $1", moment.as_ms())
    }
}
