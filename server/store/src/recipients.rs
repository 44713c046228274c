//! Whom to tell, and on which ways each of them wants to be told.

use crate::column::{parsed, to_json};
use crate::row::{row, rows, run};
use crate::{Result, Store, StoreError, Tx};
use domain::id::PersonId;
use domain::notification::Kind;
use domain::notification::channels::{Channels, Mailing};
use domain::person::Role;
use std::collections::{BTreeSet, HashMap};

/// Somebody who can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    pub person: PersonId,
    /// The identity provider has said an address.
    pub has_address: bool,
    /// What they chose for the kind; `None` if they chose nothing.
    pub chosen: Option<Channels>,
}

row! { ChosenRow { kind: String, in_app: bool, mail: String } }
row! { RecipientRow { id: String, has_address: bool, in_app: Option<bool>, mail: Option<String> } }

fn mailing(word: &str) -> Result<Mailing> {
    Mailing::from_word(word).ok_or(StoreError::Corrupt("mailing"))
}

impl Store {
    /// Active people who hold one of these roles, by id. The word is looked for in the text of the list: taking the lists
    /// of ten thousand people apart takes longer than whoever asks for a key should wait.
    pub async fn people_with(&self, roles: &[Role]) -> Result<Vec<PersonId>> {
        const LIST: &str = "select id from person where active and (claimed_roles like $1 or granted_roles like $1)";
        let mut reader = self.engine.reader().await?;
        let mut people = BTreeSet::new();
        for role in roles {
            for (id,) in rows!(reader.on(), (String,), LIST, format!("%\"{}\"%", role.word()))? {
                people.insert(parsed(&id, "person id")?);
            }
        }
        Ok(people.into_iter().collect())
    }

    /// What this person chose; kinds that a newer release knows are left out.
    pub async fn chosen_channels(&self, person: PersonId) -> Result<HashMap<Kind, Channels>> {
        const LIST: &str = "select kind, in_app, mail from notification_preference where person_id = $1";
        let mut reader = self.engine.reader().await?;
        let found = rows!(reader.on(), ChosenRow, LIST, person.to_string())?;
        let chosen = found.into_iter().filter_map(|row| Some((Kind::from_word(&row.kind)?, row)));
        chosen.map(|(kind, row)| Ok((kind, Channels { in_app: row.in_app, mail: mailing(&row.mail)? }))).collect()
    }
}

impl Tx {
    /// Those of these people who are active. In the order of their ids, so that two transactions that tell the same people
    /// never wait for each other in a circle.
    pub async fn recipients(&mut self, people: &[PersonId], kind: Kind) -> Result<Vec<Recipient>> {
        const LIST: &str = "select id, (email <> '') as has_address, in_app, mail from person
            left join notification_preference on person_id = id and kind = $2
            where active and id in (select value from json_each($1)) order by id";
        let found = rows!(self.on(), RecipientRow, LIST, to_json(people)?, kind.word())?;
        let recipient = |row: RecipientRow| {
            let chosen = match (row.in_app, row.mail) {
                (Some(in_app), Some(mail)) => Some(Channels { in_app, mail: mailing(&mail)? }),
                _ => None,
            };
            Ok(Recipient { person: parsed(&row.id, "person id")?, has_address: row.has_address, chosen })
        };
        found.into_iter().map(recipient).collect()
    }

    pub async fn put_channels(&mut self, person: PersonId, kind: Kind, channels: Channels) -> Result<()> {
        const PUT: &str = "insert into notification_preference (person_id, kind, in_app, mail)
            values ($1, $2, $3, $4)
            on conflict (person_id, kind) do update set in_app = excluded.in_app, mail = excluded.mail";
        run!(self.on(), PUT, person.to_string(), kind.word(), channels.in_app, channels.mail.word()).map(|_| ())
    }
}
