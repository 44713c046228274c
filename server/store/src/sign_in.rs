//! What must be remembered between leaving for the identity provider and coming back, and the first administrator's
//! invite. Both are taken once: the row is gone before its content is used.

use crate::column::{hash, parsed_if};
use crate::row::{one, row, run};
use crate::{Result, Tx};
use domain::id::PersonId;
use domain::time::Timestamp;

#[derive(Clone, PartialEq, Eq)]
pub struct LoginRow {
    pub state_hash: [u8; 32],
    pub browser_hash: [u8; 32],
    pub issuer_id: String,
    pub nonce: String,
    pub pkce_verifier: String,
    pub return_to: String,
    pub invite: Option<[u8; 32]>,
    /// An administrator who tries the provider out: nobody is signed in at the end.
    pub tester: Option<PersonId>,
    pub created_at: Timestamp,
}

row! { Row {
    state_hash: Vec<u8>, browser_hash: Vec<u8>, issuer_id: String, nonce: String, pkce_verifier: String,
    return_to: String, invite_hash: Option<Vec<u8>>, tester_id: Option<String>, created_at: i64,
} }

impl Row {
    fn into_login(self) -> Result<LoginRow> {
        Ok(LoginRow {
            state_hash: hash(&self.state_hash, "sign-in")?,
            browser_hash: hash(&self.browser_hash, "sign-in")?,
            issuer_id: self.issuer_id,
            nonce: self.nonce,
            pkce_verifier: self.pkce_verifier,
            return_to: self.return_to,
            invite: self.invite_hash.map(|bytes| hash(&bytes, "sign-in")).transpose()?,
            tester: parsed_if(self.tester_id.as_deref(), "person id")?,
            created_at: Timestamp::from_ms(self.created_at),
        })
    }
}

impl Tx {
    /// Keeps the newest `keep` sign-ins of the browser, this one among them.
    pub async fn insert_login(&mut self, login: &LoginRow, keep: u32) -> Result<()> {
        const CROWDED_OUT: &str = "delete from login where browser_hash = $1 and state_hash not in (
            select state_hash from login where browser_hash = $1 order by created_at desc, state_hash limit $2)";
        const INSERT: &str = "insert into login (state_hash, browser_hash, issuer_id, nonce, pkce_verifier, return_to,
                invite_hash, tester_id, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let others = i64::from(keep.saturating_sub(1));
        run!(self.on(), CROWDED_OUT, login.browser_hash.as_slice(), others)?;
        run!(
            self.on(),
            INSERT,
            login.state_hash.as_slice(),
            login.browser_hash.as_slice(),
            &login.issuer_id,
            &login.nonce,
            &login.pkce_verifier,
            &login.return_to,
            login.invite.as_ref().map(<[u8; 32]>::as_slice),
            login.tester.map(|id| id.to_string()),
            login.created_at.as_ms(),
        )
        .map(|_| ())
    }

    /// Of any number of callers with the same state, one gets it.
    pub async fn take_login(&mut self, state_hash: &[u8; 32]) -> Result<Option<LoginRow>> {
        const TAKE: &str = "delete from login where state_hash = $1
            returning state_hash, browser_hash, issuer_id, nonce, pkce_verifier, return_to, invite_hash, tester_id,
                created_at";
        one!(self.on(), Row, TAKE, state_hash.as_slice())?.map(Row::into_login).transpose()
    }

    pub async fn delete_logins_before(&mut self, moment: Timestamp) -> Result<u64> {
        run!(self.on(), "delete from login where created_at < $1", moment.as_ms())
    }

    pub async fn insert_invite(
        &mut self,
        token_hash: &[u8; 32],
        expires_at: Timestamp,
        created_at: Timestamp,
    ) -> Result<()> {
        const INSERT: &str = "insert into invite (token_hash, expires_at, created_at) values ($1, $2, $3)";
        run!(self.on(), INSERT, token_hash.as_slice(), expires_at.as_ms(), created_at.as_ms()).map(|_| ())
    }

    /// True once, and only before it expires.
    pub async fn take_invite(&mut self, token_hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        const TAKE: &str = "delete from invite where token_hash = $1 returning expires_at";
        let taken = one!(self.on(), (i64,), TAKE, token_hash.as_slice())?;
        Ok(taken.is_some_and(|(expires_at,)| now.as_ms() < expires_at))
    }
}
