//! Provider credentials on their way in: checked, sealed, and never shown again save for four characters and a
//! fingerprint.
//!
//! Each provider has one credential in force. A server that wants none has an empty one, which is sealed like any other
//! and never shown.

use super::address::check_address;
use super::providers::{CredentialFacts, NewProvider};
use crate::act::{By, Change, Subject, append};
use crate::presets::preset;
use crate::sealing::{CredentialBinding, Sealing};
use crate::{Portal, PortalError};
use domain::id::{CredentialId, PersonId, ProviderId};
use domain::key_secret::SecretText;
use domain::minting::LONGEST_NAME;
use domain::plain_text::plain_text;
use domain::refusal::{Reason, Refusal};
use domain::time::Timestamp;
use serde_json::{Value, json};
use store::{Provider, SealedCredential, StoreError, Tx};

const LONGEST_CREDENTIAL: u32 = 4_096;
/// Of a shorter credential, four characters would be too much to show.
const SHORTEST_SHOWN: usize = 16;

/// A provider's fields as they are kept.
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) credential: Option<SecretText>,
}

pub(super) fn check(new: &NewProvider) -> Result<Checked, PortalError> {
    let known = preset(&new.preset);
    let checked = check_fields(&new.name, &new.base_url, new.credential.clone());
    let mut refusals = match &checked {
        Err(PortalError::Refused(refusals)) => refusals.clone(),
        _ => Vec::new(),
    };
    match known {
        None => refusals.push(Refusal::new("preset", Reason::UnknownChoice)),
        Some(preset) if preset.needs_credential && is_blank(new.credential.as_ref()) => {
            refusals.push(Refusal::new("credential", Reason::Missing));
        }
        Some(_) => {}
    }
    if refusals.is_empty() { checked } else { Err(PortalError::Refused(refusals)) }
}

fn is_blank(credential: Option<&SecretText>) -> bool {
    credential.is_none_or(|credential| credential.expose().trim().is_empty())
}

pub(super) fn check_fields(name: &str, base_url: &str, credential: Option<SecretText>) -> Result<Checked, PortalError> {
    let mut refusals = Vec::new();
    let name = plain_text(name, LONGEST_NAME).map_err(|reason| refusals.push(Refusal::new("name", reason)));
    let base_url = check_address(base_url).map_err(|reason| refusals.push(Refusal::new("base_url", reason)));
    let credential = credential.filter(|credential| !is_blank(Some(credential)));
    let credential = credential.map(|credential| check_credential(&credential)).transpose();
    let credential = credential.map_err(|reason| refusals.push(Refusal::new("credential", reason)));
    match (name, base_url, credential) {
        (Ok(name), Ok(base_url), Ok(credential)) => Ok(Checked { name, base_url, credential }),
        _ => Err(PortalError::Refused(refusals)),
    }
}

/// The text without the blanks of a copy. It goes into a header, so that only visible ASCII can be right.
pub(super) fn check_credential(credential: &SecretText) -> Result<SecretText, Reason> {
    let text = credential.expose().trim();
    if text.is_empty() {
        return Err(Reason::Missing);
    }
    if text.len() > LONGEST_CREDENTIAL as usize {
        return Err(Reason::TooLong { at_most: LONGEST_CREDENTIAL });
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::Malformed);
    }
    Ok(SecretText::new(text.to_owned()))
}

/// False for the empty credential of a server that wants none.
pub(super) fn has_secret(credential: &SealedCredential) -> bool {
    !credential.fingerprint.is_empty()
}

/// Whether what is sealed there is this credential, told by the fingerprint alone.
pub(crate) fn seals(sealing: &Sealing, sealed: &SealedCredential, credential: &SecretText) -> bool {
    sealed.fingerprint == sealing.fingerprint(credential)
}

impl Portal {
    /// Seals the credential for this provider's address, as the version after `current`.
    pub(crate) fn seal(
        &self,
        provider: &Provider,
        credential: Option<&SecretText>,
        current: Option<&SealedCredential>,
        now: Timestamp,
        by: Option<PersonId>,
    ) -> Result<SealedCredential, PortalError> {
        let id = current.map_or_else(|| CredentialId::from_random(&self.id_bytes()), |current| current.id);
        let version = current.map_or(0, |current| current.version) + 1;
        let binding =
            CredentialBinding { provider: provider.id, credential: id, version, base_url: &provider.base_url };
        let none = SecretText::new(String::new());
        let sealed = self.sealing.seal_credential(self.random.as_ref(), &binding, credential.unwrap_or(&none));
        Ok(SealedCredential {
            id,
            provider: provider.id,
            version,
            blob: sealed.map_err(|_| PortalError::Sealed)?,
            last_four: credential.map(last_four).unwrap_or_default(),
            fingerprint: credential.map(|credential| self.sealing.fingerprint(credential)).unwrap_or_default(),
            created_at: now,
            created_by: by,
        })
    }

    pub(crate) async fn current_credential(&self, provider: ProviderId) -> Result<SealedCredential, PortalError> {
        let credentials = self.store.credentials().await?;
        credentials.into_iter().find(|credential| credential.provider == provider).ok_or(PortalError::Internal)
    }
}

fn last_four(credential: &SecretText) -> String {
    let text = credential.expose();
    let end = text.len().checked_sub(4).filter(|_| text.len() >= SHORTEST_SHOWN);
    end.and_then(|from| text.get(from..)).unwrap_or_default().to_owned()
}

impl CredentialFacts {
    pub(super) fn of(credential: SealedCredential, created_by_name: Option<String>) -> Self {
        Self {
            id: credential.id,
            version: credential.version,
            last_four: credential.last_four,
            fingerprint: credential.fingerprint,
            created_at: credential.created_at,
            created_by: credential.created_by,
            created_by_name,
        }
    }
}

/// What the audit log says about a credential.
pub(super) fn shown(credential: &SealedCredential) -> Value {
    json!({
        "credential": credential.id,
        "version": credential.version,
        "last_four": credential.last_four,
        "fingerprint": credential.fingerprint,
    })
}

/// What the audit log says about a provider, and about the credential that came with the change.
pub(crate) fn facts(provider: &Provider, credential: Option<&SealedCredential>) -> Value {
    json!({
        "name": provider.name,
        "preset": provider.preset,
        "format": provider.kind,
        "base_url": provider.base_url,
        "enabled": provider.enabled,
        "timeouts": provider.timeouts,
        "discount_or_margin": provider.markup.to_string(),
        "credential": credential.map(shown),
    })
}

pub(crate) async fn append_provider(
    tx: &mut Tx,
    by: By<'_>,
    now: Timestamp,
    provider: &Provider,
    (action, before, after): (&'static str, Option<Value>, Option<Value>),
) -> Result<(), StoreError> {
    let id = provider.id.to_string();
    let subject = Subject { kind: "provider", id: &id, name: &provider.name };
    append(tx, by, now, Change { action, subject, before, after }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn a_pasted_credential_loses_its_blanks_and_nothing_else() {
        assert_eq!(check_credential(&credential(" sk-abc\n")).unwrap().expose(), "sk-abc");
        let rows = [("", "missing"), ("a b", "malformed"), ("sk-ä", "malformed"), ("a\r\nx: y", "malformed")];
        for (text, code) in rows {
            assert_eq!(check_credential(&credential(text)).unwrap_err().code(), code, "{text:?}");
        }
        assert_eq!(check_credential(&credential(&"x".repeat(4_097))).unwrap_err().code(), "too_long");
    }

    #[test]
    fn a_short_credential_shows_nothing() {
        assert_eq!(last_four(&credential("sk-0123456789x7Qa")), "x7Qa");
        assert_eq!(last_four(&credential("short-secret")), "");
    }
}
