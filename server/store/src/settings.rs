//! Small named facts of the installation: the wrapped pepper, the root key's check value, the mark of a dev database.

use crate::row::{one, run};
use crate::{Result, Store, Tx};

impl Store {
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let mut reader = self.engine.reader().await?;
        let found = one!(reader.on(), (Vec<u8>,), "select value from setting where name = $1", name)?;
        Ok(found.map(|(value,)| value))
    }
}

impl Tx {
    pub async fn put_setting(&mut self, name: &str, value: &[u8]) -> Result<()> {
        const PUT: &str = "insert into setting (name, value) values ($1, $2)
            on conflict (name) do update set value = excluded.value";
        run!(self.on(), PUT, name, value).map(|_| ())
    }

    /// True if it was absent. Of two at the same time, one is told so.
    pub async fn put_setting_if_absent(&mut self, name: &str, value: &[u8]) -> Result<bool> {
        const PUT: &str = "insert into setting (name, value) values ($1, $2) on conflict (name) do nothing";
        Ok(run!(self.on(), PUT, name, value)? == 1)
    }
}
