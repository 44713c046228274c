//! What the gateway reads of keys, models and providers, from facts that tests edit.

use super::samples::PEPPER;
use super::samples::profile;
use super::{CREDENTIAL, NOW};
use domain::access_profile::ProfileTerms;
use domain::denial::Denial;
use domain::grant::{Holds, over_time};
use domain::id::{CredentialId, KeyId, ProviderId};
use domain::key_secret::{Pepper, SecretText};
use domain::markup::Markup;
use domain::model::{Model, ProviderKind};
use domain::parameter_rules::ParameterRules;
use domain::provider_timeouts::ProviderTimeouts;
use domain::virtual_key::{KeySecret, KeyTerms, VirtualKey};
use proxy::ports::{Directory, KeyRecord, Level, ProviderRecord};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Everything that the directory knows; tests change it before a call.
pub(crate) struct Facts {
    pub(crate) ready: Result<(), Denial>,
    pub(crate) key: VirtualKey,
    pub(crate) secrets: Vec<KeySecret>,
    pub(crate) effective: KeyTerms,
    /// In place of `effective` and `parameters`: what holds is worked out from these and the key's own terms.
    pub(crate) guardrails: Option<ProfileTerms>,
    pub(crate) parameters: ParameterRules,
    pub(crate) owner_active: bool,
    pub(crate) above: Vec<Level>,
    pub(crate) pepper_known: bool,
    pub(crate) models: Vec<Model>,
    pub(crate) providers: Vec<(ProviderId, ProviderKind, bool)>,
    pub(crate) credential: Result<(), Denial>,
    pub(crate) timeouts: ProviderTimeouts,
    /// None for a provider that is not here.
    pub(crate) markups: HashMap<ProviderId, Markup>,
}

pub(crate) struct MemoryDirectory(pub(crate) Mutex<Facts>);

impl Directory for MemoryDirectory {
    fn ready(&self) -> Result<(), Denial> {
        self.0.lock().unwrap().ready.clone()
    }
    fn key(&self, id: KeyId) -> Option<Arc<KeyRecord>> {
        let facts = self.0.lock().unwrap();
        (id == facts.key.id).then(|| {
            let mut profile = profile(facts.parameters.clone());
            let mut holds = Holds { terms: facts.effective.clone(), if_enforced: None };
            if let Some(terms) = &facts.guardrails {
                holds = over_time(terms, &facts.key.terms, &[], NOW).last;
                profile.terms = terms.clone();
            }
            Arc::new(KeyRecord {
                key: (&facts.key).into(),
                secrets: facts.secrets.clone().into(),
                profile: Arc::new(profile),
                effective: Arc::new(holds.terms),
                if_enforced: holds.if_enforced.map(Arc::from),
                owner_active: facts.owner_active,
                above: facts.above.as_slice().into(),
            })
        })
    }
    fn pepper(&self, _: i64) -> Option<Arc<Pepper>> {
        self.0.lock().unwrap().pepper_known.then(|| Arc::new(Pepper::new(PEPPER)))
    }
    fn model(&self, name: &str) -> Option<Arc<Model>> {
        self.models().iter().find(|model| model.name.as_str() == name).cloned()
    }
    fn models(&self) -> Arc<[Arc<Model>]> {
        self.0.lock().unwrap().models.iter().cloned().map(Arc::new).collect()
    }
    fn provider(&self, id: ProviderId) -> Option<Arc<ProviderRecord>> {
        let facts = self.0.lock().unwrap();
        facts.providers.iter().find(|(known, ..)| *known == id).map(|&(id, kind, enabled)| {
            let (name, base) = match kind {
                ProviderKind::OpenAi => ("open", "/v1"),
                ProviderKind::AzureOpenAi => ("azure", ""),
                ProviderKind::Anthropic => ("anthro", "/v1"),
                ProviderKind::Gemini => ("gemini", "/v1beta"),
            };
            let base_url = format!("http://{name}.example{base}").parse().unwrap();
            let timeouts = facts.timeouts;
            let markup = facts.markups.get(&id).copied().unwrap_or_default();
            Arc::new(ProviderRecord { id, name: name.to_owned(), kind, base_url, enabled, timeouts, markup })
        })
    }
    fn credential(&self, _: CredentialId) -> Result<Arc<SecretText>, Denial> {
        self.0.lock().unwrap().credential.clone().map(|()| Arc::new(SecretText::new(CREDENTIAL.to_owned())))
    }
}
