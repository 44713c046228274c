//! The minting decision: what a new key gets, or every reason why it cannot be minted.
//!
//! Granted terms never exceed the profile's maxima, and what the gateway would refuse is never accepted here. Above a
//! maximum the profile's own rule decides: reject, clamp and say so, or leave it to whoever decides about requests. What
//! is asked for above a maximum never enters the key's terms: it is a grant of its own, beside them.

use crate::access_profile::{AboveMaximum, AccessProfile, ProfileTerms, QuotaTerm, Term};
use crate::budget::Cap;
use crate::cost_centre::{CentreFacts, check_centre};
use crate::environment::{Environment, check_use};
use crate::grant::More;
use crate::id::{KeyId, ProfileId};
use crate::key_policy::{KeyPolicy, check_acknowledged};
use crate::limits::{Quota, check_quota};
use crate::model::{Model, ModelPattern};
use crate::money::NanoUsd;
use crate::permission::Permission;
use crate::person::{Caller, Role};
use crate::plain_text::{optional_text, plain_text};
use crate::refusal::{Amount, Reason, Refusal, cap_field, quota_field};
use crate::required_field::{Given, refuse_missing};
use crate::time::Timestamp;
use crate::virtual_key::{ConsumerKind, KeyTerms, Owner};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

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

    /// A lifetime above the maximum is not a grant: the key simply ends later.
    fn lifetime(&mut self, term: &Term<u32>, wish: Option<u32>) -> u32 {
        let field = "lifetime_days";
        let days = self.term(field, term, wish, 1, Amount::Days);
        let Some(&Above { wanted: Amount::Days(asked), .. }) = self.above.iter().find(|above| above.field == field)
        else {
            return days;
        };
        if asked > LONGEST_ASKED_DAYS {
            let (wanted, maximum) = (Amount::Days(asked), Amount::Days(LONGEST_ASKED_DAYS));
            self.refuse(field, Reason::AboveMaximum { wanted, maximum });
        }
        asked
    }

    /// One term: the default, or the wish if the profile lets it be changed and it lies within the bounds.
    fn term<T: Copy + Ord>(
        &mut self,
        field: &'static str,
        term: &Term<T>,
        wish: Option<T>,
        minimum: T,
        amount: impl Fn(T) -> Amount,
    ) -> T {
        let default = term.default.min(term.maximum);
        let Some(wanted) = wish.filter(|&wanted| wanted != default) else { return default };
        if !term.developers_may_change {
            self.refuse(field, Reason::Fixed { value: amount(default) });
        } else if wanted < minimum {
            self.refuse(field, Reason::BelowMinimum { wanted: amount(wanted), minimum: amount(minimum) });
        } else if wanted <= term.maximum {
            return wanted;
        } else {
            let (wanted, maximum) = (amount(wanted), amount(term.maximum));
            match term.above {
                AboveMaximum::Reject => self.refuse(field, Reason::AboveMaximum { wanted, maximum }),
                AboveMaximum::Clamp => self.clamped.push(Clamped { field, wanted, granted: maximum }),
                AboveMaximum::Ask if self.purpose == Purpose::Ask => self.above.push(Above { field, wanted, maximum }),
                AboveMaximum::Ask => self.refuse(field, Reason::AboveMaximumAsk { wanted, maximum }),
            }
            return term.maximum;
        }
        default
    }

    /// The profile's caps with the wishes, and caps for further windows, which can only narrow.
    fn caps(&mut self, terms: &ProfileTerms, wishes: &[Cap]) -> Vec<Cap> {
        for (nth, cap) in wishes.iter().enumerate() {
            if wishes[..nth].iter().any(|earlier| earlier.window == cap.window) {
                self.refuse(cap_field(cap.window), Reason::Twice { value: cap.window.word().to_owned() });
            }
        }
        let mut granted = Vec::with_capacity(terms.caps.len());
        for cap in &terms.caps {
            let window = cap.window;
            let wish = wishes.iter().find(|wish| wish.window == window).map(|wish| wish.limit);
            let money = |amount| Amount::Money { amount, window };
            granted.push(Cap { window, limit: self.term(cap_field(window), &cap.amount, wish, SMALLEST_CAP, money) });
        }
        for &Cap { window, limit } in wishes {
            if granted.iter().any(|cap| cap.window == window) {
                continue;
            }
            if limit < SMALLEST_CAP {
                let money = |amount| Amount::Money { amount, window };
                let reason = Reason::BelowMinimum { wanted: money(limit), minimum: money(SMALLEST_CAP) };
                self.refuse(cap_field(window), reason);
            }
            granted.push(Cap { window, limit });
        }
        if granted.is_empty() {
            self.refuse("caps", Reason::Missing);
        }
        granted
    }

    /// Where the profile sets no limit, a key may still have one.
    fn tokens_per_minute(&mut self, terms: &ProfileTerms, wish: Option<u64>) -> Option<u64> {
        let field = "tokens_per_minute";
        if let Some(term) = &terms.tokens_per_minute {
            return Some(self.term(field, term, wish, 1, Amount::TokensPerMinute));
        }
        if wish == Some(0) {
            let (wanted, minimum) = (Amount::TokensPerMinute(0), Amount::TokensPerMinute(1));
            self.refuse(field, Reason::BelowMinimum { wanted, minimum });
        }
        wish
    }

    /// As with caps, but there may be none.
    fn quotas(&mut self, terms: &ProfileTerms, wishes: &[Quota]) -> Vec<Quota> {
        let mut granted: Vec<Quota> = Vec::with_capacity(terms.quotas.len());
        for QuotaTerm { counted, window, amount } in &terms.quotas {
            let (&counted, &window) = (counted, window);
            let wish = wishes.iter().find(|wish| (wish.counted, wish.window) == (counted, window));
            let figure = |limit| Amount::Quota { limit, counted, window };
            let limit = self.term(quota_field(counted, window), amount, wish.map(|wish| wish.limit), 1, figure);
            granted.push(Quota { counted, window, limit });
        }
        for (nth, wish) in wishes.iter().enumerate() {
            let field = quota_field(wish.counted, wish.window);
            let within = granted.iter().any(|quota| (quota.counted, quota.window) == (wish.counted, wish.window));
            for reason in check_quota(wish, &wishes[..nth]) {
                // The term above has said what it thinks of a wish that is too small.
                if !within || !matches!(reason, Reason::BelowMinimum { .. }) {
                    self.refuse(field, reason);
                }
            }
            if !within {
                granted.push(*wish);
            }
        }
        granted
    }

    /// The profile's patterns, or a narrower choice. A model chosen by its full name must be one that a call would reach.
    fn models(&mut self, terms: &ProfileTerms, wish: Option<&[ModelPattern]>, served: &[Model]) -> Vec<ModelPattern> {
        let wish = wish.unwrap_or(&terms.models);
        if wish.is_empty() {
            self.refuse("models", Reason::NothingAllowed);
        } else if wish.len() > MOST_MODELS as usize && wish != terms.models {
            self.refuse("models", Reason::TooMany { at_most: MOST_MODELS });
            return Vec::new();
        }
        let mut granted: Vec<ModelPattern> = Vec::new();
        for pattern in wish {
            if granted.contains(pattern) {
                continue;
            }
            granted.push(pattern.clone());
            if terms.models.contains(pattern) {
                continue;
            }
            let text = || pattern.as_str().to_owned();
            if !terms.models.iter().any(|allowed| allowed.covers(pattern)) {
                self.refuse("models", Reason::ModelNotInProfile { pattern: text() });
            } else if !pattern.as_str().ends_with('*') {
                match served.iter().find(|model| model.enabled && pattern.matches(model.name.as_str())) {
                    None => self.refuse("models", Reason::ModelUnknown { model: text() }),
                    Some(model) if model.price.is_none() => {
                        self.refuse("models", Reason::ModelUnpriced { model: text() });
                    }
                    Some(_) => {}
                }
            }
        }
        granted
    }

    fn networks(&mut self, terms: &ProfileTerms, wish: Option<&[IpNet]>) -> Vec<IpNet> {
        let Some(wish) = wish.filter(|wish| !wish.is_empty()) else { return terms.networks.clone() };
        if wish.len() > MOST_NETWORKS as usize {
            self.refuse("networks", Reason::TooMany { at_most: MOST_NETWORKS });
            return Vec::new();
        }
        let mut granted: Vec<IpNet> = Vec::new();
        for network in wish.iter().map(IpNet::trunc) {
            let allowed = terms.networks.is_empty() || terms.networks.iter().any(|wider| wider.contains(&network));
            if !allowed {
                self.refuse("networks", Reason::NetworkNotInProfile { network: network.to_string() });
            } else if !granted.contains(&network) {
                granted.push(network);
            }
        }
        granted
    }

    fn output_tokens(&mut self, terms: &ProfileTerms, wish: Option<u64>) -> Option<u64> {
        let Some(wanted) = wish else { return terms.max_output_tokens };
        if wanted == 0 {
            let reason = Reason::BelowMinimum { wanted: Amount::Tokens(0), minimum: Amount::Tokens(1) };
            self.refuse("max_output_tokens", reason);
        }
        if let Some(maximum) = terms.max_output_tokens.filter(|&maximum| wanted > maximum) {
            let (wanted, maximum) = (Amount::Tokens(wanted), Amount::Tokens(maximum));
            self.refuse("max_output_tokens", Reason::AboveMaximum { wanted, maximum });
        }
        Some(wanted)
    }
}

#[cfg(test)]
mod tests;
