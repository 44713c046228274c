//! Applications that have limits of their own. Which keys they are stands with the keys, by name.

use crate::column::parsed;
use crate::row::{rows, run};
use crate::{Result, Store, Tx};
use domain::id::ApplicationId;
use domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    /// As keys carry it, to the letter.
    pub name: String,
    pub created_at: Timestamp,
}

impl Store {
    /// By name.
    pub async fn applications(&self) -> Result<Vec<Application>> {
        let mut reader = self.engine.reader().await?;
        let found =
            rows!(reader.on(), (String, String, i64), "select id, name, created_at from application order by name")?;
        let application = |(id, name, at): (String, String, i64)| {
            Ok(Application { id: parsed(&id, "application id")?, name, created_at: Timestamp::from_ms(at) })
        };
        found.into_iter().map(application).collect()
    }
}

impl Tx {
    pub async fn insert_application(&mut self, application: &Application) -> Result<()> {
        const INSERT: &str = "insert into application (id, name, created_at) values ($1, $2, $3)";
        let at = application.created_at.as_ms();
        run!(self.on(), INSERT, application.id.to_string(), &application.name, at).map(|_| ())
    }
}
