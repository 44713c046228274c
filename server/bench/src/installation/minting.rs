//! Keys by the thousand.

use super::{PLENTY, WINDOWS, random};
use crate::Problem;
use domain::access_profile::AccessProfile;
use domain::budget::Cap;
use domain::id::{KeyId, PersonId};
use domain::key_secret::{self, Pepper, TokenKind};
use domain::time::Timestamp;
use domain::virtual_key::{ConsumerKind, KeySecret, KeyState, KeyTerms, Owner, VirtualKey};
use store::Store;
use zeroize::Zeroizing;

pub(super) struct Mint<'a> {
    pub(super) person: PersonId,
    pub(super) profile: &'a AccessProfile,
    pub(super) pepper: &'a Pepper,
    pub(super) now: Timestamp,
}

/// Keys that are written in one transaction.
const KEYS_AT_ONCE: usize = 5_000;

impl Mint<'_> {
    pub(super) async fn keys(&self, store: &Store, count: usize) -> Result<Vec<(KeyId, String)>, Problem> {
        let mut minted = Vec::with_capacity(count);
        while minted.len() < count {
            let mut tx = store.begin().await?;
            for _ in 0..KEYS_AT_ONCE.min(count - minted.len()) {
                let caps = WINDOWS.map(|window| Cap { window, limit: PLENTY });
                let (key, (secret, verifier)) = self.key(minted.len(), caps.to_vec());
                tx.insert_key(&key, &verifier).await?;
                minted.push((key.id, secret));
            }
            tx.commit().await?;
        }
        Ok(minted)
    }

    pub(super) fn key(&self, number: usize, caps: Vec<Cap>) -> (VirtualKey, (String, KeySecret)) {
        let id = KeyId::from_random(&random::<32>());
        let secret = key_secret::compose(TokenKind::VirtualKey, id, &Zeroizing::new(random()));
        let verifier = KeySecret {
            version: 1,
            tag: key_secret::tag(secret.expose(), self.pepper),
            pepper_version: 1,
            created_at: self.now,
            valid_until: None,
        };
        let terms = &self.profile.terms;
        let key = VirtualKey {
            id,
            name: format!("bench {number}"),
            owner: Owner::Person(self.person),
            created_by: self.person,
            profile: self.profile.id,
            profile_version: None,
            consumer: ConsumerKind::Service,
            application: None,
            environment: "dev".to_owned(),
            cost_centre: None,
            tags: Vec::new(),
            terms: KeyTerms {
                models: terms.models.clone(),
                endpoints: terms.endpoints.clone(),
                caps,
                requests_per_minute: u32::MAX,
                concurrency: u32::MAX,
                tokens_per_minute: None,
                quotas: Vec::new(),
                networks: Vec::new(),
                max_output_tokens: None,
            },
            state: KeyState::Active,
            created_at: self.now,
            expires_at: self.now.plus_days(90),
        };
        (key, (secret.expose().to_owned(), verifier))
    }
}
