//! The minting decision: what a new key gets, or every reason why it cannot be minted.
//!
//! Granted terms never exceed the profile's maxima, and what the gateway would refuse is never accepted here. Above a
//! maximum the profile's own rule decides: reject, clamp and say so, or leave it to whoever decides about requests. What
//! is asked for above a maximum never enters the key's terms: it is a grant of its own, beside them.

use crate::access_profile::AccessProfile;
use crate::budget::Cap;
use crate::cost_centre::{CentreFacts, check_centre};
use crate::environment::{Environment, check_use};
use crate::grant::More;
use crate::id::{KeyId, ProfileId};
use crate::key_policy::{KeyPolicy, check_acknowledged};
use crate::limits::Quota;
use crate::model::{Model, ModelPattern};
use crate::money::NanoUsd;
use crate::permission::Permission;
use crate::person::{Caller, Role};
use crate::plain_text::{optional_text, plain_text};
use crate::refusal::{Amount, Reason, Refusal};
use crate::required_field::{Given, refuse_missing};
use crate::time::Timestamp;
use crate::virtual_key::{ConsumerKind, KeyTerms, Owner};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

mod terms;

/// Longest name of a key, application or cost centre, in characters.
pub const LONGEST_NAME: u32 = 64;
const LONGEST_TAG: u32 = 32;
const MOST_TAGS: u32 = 20;
const MOST_MODELS: u32 = 200;
const MOST_NETWORKS: u32 = 64;
/// A cap below a cent stops a key before its first call.
pub const SMALLEST_CAP: NanoUsd = NanoUsd::from_nano(10_000_000);

/// What a person asks for. `None` takes the profile's default. Kept as JSON while it waits for approval: a new field gets
/// a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MintRequest {
    pub name: String,
    pub consumer: ConsumerKind,
    pub profile: ProfileId,
    pub owner: Owner,
    pub application: Option<String>,
    pub environment: String,
    pub cost_centre: Option<String>,
    pub tags: Vec<String>,
    pub models: Option<Vec<ModelPattern>>,
    /// Caps that differ from the profile's; windows not named take the default.
    pub caps: Vec<Cap>,
    pub requests_per_minute: Option<u32>,
    pub concurrency: Option<u32>,
    pub tokens_per_minute: Option<u64>,
    /// Quotas that differ from the profile's; as with caps.
    pub quotas: Vec<Quota>,
    pub lifetime_days: Option<u32>,
    pub networks: Option<Vec<IpNet>>,
    pub max_output_tokens: Option<u64>,
    /// The version of the key policy that was read.
    pub policy_read: Option<i64>,
}

/// What must be known to decide; gathered in the transaction that writes the key.
#[derive(Debug, Clone, Copy)]
pub struct MintingFacts<'a> {
    pub caller: &'a Caller,
    /// `None`: there is no such profile.
    pub profile: Option<&'a AccessProfile>,
    /// The key policy that holds, if there is any.
    pub policy: Option<&'a KeyPolicy>,
    /// The one that is asked for; `None`: there is no such environment.
    pub environment: Option<&'a Environment>,
    pub cost_centre: CentreFacts<'a>,
    /// Whether the owning team exists; true for a personal owner.
    pub owner_exists: bool,
    /// Live keys of the owner under the profile.
    pub keys_held: u32,
    /// The owner's live key of this name.
    pub name_taken_by: Option<KeyId>,
    /// The models that the gateway serves.
    pub models: &'a [Model],
}

/// A wish that was cut down to the maximum, as the profile says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamped {
    pub field: &'static str,
    pub wanted: Amount,
    pub granted: Amount,
}

/// What the key gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedTerms {
    /// Trimmed.
    pub name: String,
    pub application: Option<String>,
    pub cost_centre: Option<String>,
    pub tags: Vec<String>,
    pub terms: KeyTerms,
    pub lifetime_days: u32,
    pub expires_at: Timestamp,
    pub clamped: Vec<Clamped>,
    /// Where the wish goes above a maximum that can be asked for; empty when minting.
    pub above: Vec<Above>,
    /// The same as what a grant gives beside the terms.
    pub more: More,
}

/// A wish above a maximum that whoever decides may grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Above {
    pub field: &'static str,
    pub wanted: Amount,
    pub maximum: Amount,
}

/// Decides what is minted now. Every refusal at once; what has to be asked for is one.
pub fn decide_mint(
    facts: &MintingFacts<'_>,
    request: &MintRequest,
    now: Timestamp,
) -> Result<GrantedTerms, Vec<Refusal>> {
    decide(facts, request, now, Purpose::Mint)
}

/// Decides what is asked for, and again what is minted when it is approved: the same terms, and beside them what goes
/// above the maxima. A wish that needs nobody's approval is granted all the same.
pub fn decide_ask(
    facts: &MintingFacts<'_>,
    request: &MintRequest,
    now: Timestamp,
) -> Result<GrantedTerms, Vec<Refusal>> {
    decide(facts, request, now, Purpose::Ask)
}

/// What the decision is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Mint,
    Ask,
}

/// Ten years: beyond it a date is a typing error.
const LONGEST_ASKED_DAYS: u32 = 3_660;

fn decide(
    facts: &MintingFacts<'_>,
    request: &MintRequest,
    now: Timestamp,
    purpose: Purpose,
) -> Result<GrantedTerms, Vec<Refusal>> {
    let mut decision = Decision { purpose, refusals: Vec::new(), clamped: Vec::new(), above: Vec::new() };
    if !Permission::ManageKeys.allows(Some(facts.caller)) {
        decision.refuse("profile", Reason::MayNotMint);
    }
    let name = decision.name(facts, request);
    let application = decision.optional("application", request.application.as_deref());
    let cost_centre = decision.cost_centre(facts, request);
    let tags = decision.tags(&request.tags);
    decision.owner(facts, request);
    let usable = facts.profile.filter(|profile| profile.audience.includes(facts.caller));
    let of_environment = check_use(facts.environment, facts.caller, usable.map(|profile| profile.id));
    let of_policy = check_acknowledged(facts.policy, request.policy_read);
    for (field, reason) in [("environment", of_environment), ("policy", of_policy)] {
        reason.into_iter().for_each(|reason| decision.refuse(field, reason));
    }
    // A profile that the caller may not use looks like one that does not exist, and decides nothing else.
    let Some(profile) = usable else {
        decision.refuse("profile", Reason::UnknownChoice);
        return Err(decision.refusals);
    };
    decision.profile(profile, facts, request);
    let given =
        Given { application: application.is_some(), cost_centre: cost_centre.is_some(), tags: !tags.is_empty() };
    refuse_missing(&mut decision.refusals, &profile.terms.required, given);
    let terms = KeyTerms {
        models: decision.models(&profile.terms, request.models.as_deref(), facts.models),
        endpoints: profile.terms.endpoints.clone(),
        caps: decision.caps(&profile.terms, &request.caps),
        requests_per_minute: decision.term(
            "requests_per_minute",
            &profile.terms.requests_per_minute,
            request.requests_per_minute,
            1,
            Amount::PerMinute,
        ),
        concurrency: decision.term("concurrency", &profile.terms.concurrency, request.concurrency, 1, Amount::AtOnce),
        tokens_per_minute: decision.tokens_per_minute(&profile.terms, request.tokens_per_minute),
        quotas: decision.quotas(&profile.terms, &request.quotas),
        networks: decision.networks(&profile.terms, request.networks.as_deref()),
        max_output_tokens: decision.output_tokens(&profile.terms, request.max_output_tokens),
    };
    let lifetime_days = decision.lifetime(&profile.terms.lifetime_days, request.lifetime_days);
    if !decision.refusals.is_empty() {
        return Err(decision.refusals);
    }
    Ok(GrantedTerms {
        name,
        application,
        cost_centre,
        tags,
        terms,
        lifetime_days,
        expires_at: now.plus_days(i64::from(lifetime_days)),
        clamped: decision.clamped,
        more: More::of(decision.above.iter().map(|above| above.wanted)),
        above: decision.above,
    })
}

/// What has been found so far.
struct Decision {
    purpose: Purpose,
    refusals: Vec<Refusal>,
    clamped: Vec<Clamped>,
    above: Vec<Above>,
}

impl Decision {
    fn refuse(&mut self, field: &'static str, reason: Reason) {
        self.refusals.push(Refusal::new(field, reason));
    }

    fn name(&mut self, facts: &MintingFacts<'_>, request: &MintRequest) -> String {
        if let Some(key) = facts.name_taken_by {
            self.refuse("name", Reason::KeyNameTaken { key: Some(key) });
        }
        plain_text(&request.name, LONGEST_NAME).unwrap_or_else(|reason| {
            self.refuse("name", reason);
            String::new()
        })
    }

    fn optional(&mut self, field: &'static str, text: Option<&str>) -> Option<String> {
        optional_text(text, LONGEST_NAME).unwrap_or_else(|reason| {
            self.refuse(field, reason);
            None
        })
    }

    /// The one that is named, or else the owner's usual one.
    fn cost_centre(&mut self, facts: &MintingFacts<'_>, request: &MintRequest) -> Option<String> {
        let CentreFacts { named, usual, today } = facts.cost_centre;
        let Some(code) = self.optional("cost_centre", request.cost_centre.as_deref()) else {
            let refused = self.refusals.iter().any(|refusal| refusal.field == "cost_centre");
            return usual.filter(|_| !refused).map(str::to_owned);
        };
        match check_centre(named, &code, today) {
            Some(reason) => self.refuse("cost_centre", reason),
            None => return Some(code),
        }
        None
    }

    fn tags(&mut self, wished: &[String]) -> Vec<String> {
        if wished.len() > MOST_TAGS as usize {
            self.refuse("tags", Reason::TooMany { at_most: MOST_TAGS });
            return Vec::new();
        }
        let mut tags: Vec<String> = Vec::new();
        for tag in wished {
            match plain_text(tag, LONGEST_TAG) {
                Ok(tag) if tags.contains(&tag) => {}
                Ok(tag) => tags.push(tag),
                Err(reason) => self.refuse("tags", reason),
            }
        }
        tags
    }

    fn owner(&mut self, facts: &MintingFacts<'_>, request: &MintRequest) {
        let yours = match request.owner {
            Owner::Person(person) => person == facts.caller.person,
            Owner::Team(team) => {
                facts.owner_exists && (facts.caller.leads(team) || facts.caller.has(Role::Administrator))
            }
        };
        if !yours {
            self.refuse("owner", Reason::OwnerNotYours);
        } else if request.consumer == ConsumerKind::Person && matches!(request.owner, Owner::Team(_)) {
            self.refuse("owner", Reason::OwnWorkNeedsPersonalOwner);
        }
    }

    fn profile(&mut self, profile: &AccessProfile, facts: &MintingFacts<'_>, request: &MintRequest) {
        if !profile.enabled {
            self.refuse("profile", Reason::ProfileDisabled);
        }
        if !profile.consumers.contains(&request.consumer) {
            self.refuse("consumer", Reason::ConsumerNotAllowed);
        }
        if facts.keys_held >= profile.keys_per_person {
            self.refuse("profile", Reason::TooManyKeys { held: facts.keys_held, at_most: profile.keys_per_person });
        }
        if profile.terms.approval.every_key && self.purpose == Purpose::Mint {
            self.refuse("profile", Reason::NeedsApproval);
        }
    }
}

#[cfg(test)]
mod tests;
