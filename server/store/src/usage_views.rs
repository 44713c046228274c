//! Views of spend that people keep under a name: the address of a view, and who finds it.

use crate::column::{parsed, to_json};
use crate::error::exactly_one;
use crate::row::{one, row, rows, run};
use crate::{Result, Store, Tx};
use domain::id::{PersonId, TeamId, UsageViewId};
use domain::time::Timestamp;
use domain::usage_view::{SharedWith, UsageView};

row! { ViewRow { id: String, name: String, query: String, owner_id: String, shared_with: String, created_at: i64 } }

macro_rules! select_view {
    ($rest:literal) => {
        concat!("select id, name, query, owner_id, shared_with, created_at from usage_view ", $rest)
    };
}

const EVERYONE: &str = "everyone";

/// Whoever it is shared with, by a word that can be looked up; for nobody, its owner.
fn word(view: &UsageView) -> String {
    match view.shared {
        SharedWith::Nobody => view.owner.to_string(),
        SharedWith::Team(team) => team.to_string(),
        SharedWith::Everyone => EVERYONE.to_owned(),
    }
}

impl ViewRow {
    fn into_view(self) -> Result<UsageView> {
        let shared = match self.shared_with.as_str() {
            EVERYONE => SharedWith::Everyone,
            owner if owner == self.owner_id => SharedWith::Nobody,
            team => SharedWith::Team(parsed(team, "team id")?),
        };
        Ok(UsageView {
            id: parsed(&self.id, "usage view id")?,
            name: self.name,
            query: self.query,
            owner: parsed(&self.owner_id, "person id")?,
            shared,
            created_at: Timestamp::from_ms(self.created_at),
        })
    }
}

impl Store {
    /// One's own, those shared with these teams and those shared with everyone; oldest first, at most `limit`.
    pub async fn usage_views(&self, person: PersonId, teams: &[TeamId], limit: u32) -> Result<Vec<UsageView>> {
        const LIST: &str =
            select_view!("where shared_with in (select value from json_each($1)) order by created_at, id limit $2");
        let whose = [EVERYONE.to_owned(), person.to_string()].into_iter();
        let whose: Vec<String> = whose.chain(teams.iter().map(ToString::to_string)).collect();
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ViewRow, LIST, to_json(&whose)?, i64::from(limit))?;
        found.into_iter().map(ViewRow::into_view).collect()
    }

    pub async fn usage_view(&self, id: UsageViewId) -> Result<Option<UsageView>> {
        let mut reader = self.engine.reader().await?;
        one!(reader.on(), ViewRow, select_view!("where id = $1"), id.to_string())?.map(ViewRow::into_view).transpose()
    }
}

impl Tx {
    pub async fn insert_usage_view(&mut self, view: &UsageView) -> Result<()> {
        const INSERT: &str = "insert into usage_view (id, name, query, owner_id, shared_with, created_at)
            values ($1, $2, $3, $4, $5, $6)";
        run!(
            self.on(),
            INSERT,
            view.id.to_string(),
            &view.name,
            &view.query,
            view.owner.to_string(),
            word(view),
            view.created_at.as_ms(),
        )
        .map(|_| ())
    }

    pub async fn delete_usage_view(&mut self, id: UsageViewId) -> Result<()> {
        exactly_one(run!(self.on(), "delete from usage_view where id = $1", id.to_string())?)
    }
}
