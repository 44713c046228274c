//! What a key may do as things stand: the intersection of what it was granted and what its profile allows now, and which of
//! the two each value comes from.

use crate::access_profile::{CapTerm, ProfileTerms, QuotaTerm};
use crate::budget::{Cap, Window};
use crate::call_rule::{CallRule, RuleSet};
use crate::limits::{Counted, Quota};
use crate::model::{Endpoint, ModelPattern};
use crate::parameter_rules::LongAnswer;
use crate::time::Timestamp;
use crate::virtual_key::KeyTerms;
use ipnet::IpNet;

/// Which rule a value of the effective terms comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    Profile,
    /// The profile has a rule about it, which refuses no call and is only watched.
    Watched,
    Key,
    /// Given to this key above both, until then or for good.
    Grant {
        until: Option<Timestamp>,
    },
}

/// A value together with the rule that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained<T> {
    pub value: T,
    pub origin: Origin,
}

/// [`KeyTerms`] as they hold now, each value with its origin. Where both rules say the same, it is the key's. What was
/// granted above both is added by [`crate::grant::raised`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedTerms {
    pub models: Vec<Explained<ModelPattern>>,
    /// From the profile if it takes one of the key's endpoints away.
    pub endpoints: Explained<Vec<Endpoint>>,
    /// At most one for each window.
    pub caps: Vec<Explained<Cap>>,
    pub requests_per_minute: Explained<u32>,
    pub concurrency: Explained<u32>,
    pub tokens_per_minute: Explained<Option<u64>>,
    /// At most one for each window and thing counted.
    pub quotas: Vec<Explained<Quota>>,
    pub networks: Vec<Explained<IpNet>>,
    pub max_output_tokens: Explained<Option<u64>>,
}

/// No call comes from this network. It stands for "nowhere" where two lists of networks have nothing in common, since
/// an empty list means anywhere.
pub const NOWHERE: IpNet = IpNet::V4(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 32));

/// What the key may do within its profile as it stands now.
pub fn effective(profile: &ProfileTerms, key: &KeyTerms) -> KeyTerms {
    explain(profile, key).into()
}

impl From<ExplainedTerms> for KeyTerms {
    fn from(terms: ExplainedTerms) -> Self {
        Self {
            models: values(terms.models),
            endpoints: terms.endpoints.value,
            caps: values(terms.caps),
            requests_per_minute: terms.requests_per_minute.value,
            concurrency: terms.concurrency.value,
            tokens_per_minute: terms.tokens_per_minute.value,
            quotas: values(terms.quotas),
            networks: values(terms.networks),
            max_output_tokens: terms.max_output_tokens.value,
        }
    }
}

/// As [`effective`], and says for each value which rule it comes from.
pub fn explain(profile: &ProfileTerms, key: &KeyTerms) -> ExplainedTerms {
    ExplainedTerms {
        models: match profile.watched.has(CallRule::Models) {
            true => own_models(&profile.models, &key.models),
            false => common(&profile.models, &key.models, ModelPattern::covers),
        },
        endpoints: match profile.watched.has(CallRule::Endpoints) {
            true => own_endpoints(&profile.endpoints, &key.endpoints),
            false => common_endpoints(&profile.endpoints, &key.endpoints),
        },
        caps: lowest_caps(&profile.caps, &key.caps),
        requests_per_minute: lower(profile.requests_per_minute.maximum, key.requests_per_minute),
        concurrency: lower(profile.concurrency.maximum, key.concurrency),
        tokens_per_minute: lower_if_any(profile.tokens_per_minute.map(|term| term.maximum), key.tokens_per_minute),
        quotas: lowest_quotas(&profile.quotas, &key.quotas),
        networks: match profile.watched.has(CallRule::Networks) {
            true => own_networks(&profile.networks, &key.networks),
            false => common_networks(&profile.networks, &key.networks),
        },
        max_output_tokens: match watches_long_answers(profile) {
            true => own_longest(profile.max_output_tokens, key.max_output_tokens),
            false => lower_if_any(profile.max_output_tokens, key.max_output_tokens),
        },
    }
}

/// The same terms with every rule enforced.
pub fn enforced(profile: &ProfileTerms) -> ProfileTerms {
    ProfileTerms { watched: RuleSet::NONE, ..profile.clone() }
}

/// What shortens answers refuses nothing, so that there is nothing to watch.
fn watches_long_answers(profile: &ProfileTerms) -> bool {
    profile.watched.has(CallRule::LongAnswers) && profile.parameters.long_answers == LongAnswer::Reject
}

/// Where the profile only watches, the key's own choice is what is left. A list that says what the profile's says was
/// taken over from it when the key was minted, and is no choice; any other one is.
fn is_taken_over<T: PartialEq>(profile: &[T], key: &[T]) -> bool {
    profile.len() == key.len() && key.iter().all(|one| profile.contains(one))
}

fn own_models(profile: &[ModelPattern], key: &[ModelPattern]) -> Vec<Explained<ModelPattern>> {
    if !key.is_empty() && is_taken_over(profile, key) {
        return vec![Explained { value: ModelPattern::any(), origin: Origin::Watched }];
    }
    common(key, key, ModelPattern::covers)
}

fn own_endpoints(profile: &[Endpoint], key: &[Endpoint]) -> Explained<Vec<Endpoint>> {
    if is_taken_over(profile, key) {
        return Explained { value: Endpoint::ALL.to_vec(), origin: Origin::Watched };
    }
    Explained { value: key.to_vec(), origin: Origin::Key }
}

fn own_networks(profile: &[IpNet], key: &[IpNet]) -> Vec<Explained<IpNet>> {
    let own = if is_taken_over(profile, key) { &[] } else { key };
    own.iter().map(|&value| Explained { value, origin: Origin::Key }).collect()
}

fn own_longest(profile: Option<u64>, key: Option<u64>) -> Explained<Option<u64>> {
    let value = key.filter(|_| key != profile);
    Explained { value, origin: if value == key { Origin::Key } else { Origin::Watched } }
}

fn values<T>(explained: Vec<Explained<T>>) -> Vec<T> {
    explained.into_iter().map(|one| one.value).collect()
}

fn lower<T: Ord>(of_profile: T, of_key: T) -> Explained<T> {
    if of_profile < of_key {
        Explained { value: of_profile, origin: Origin::Profile }
    } else {
        Explained { value: of_key, origin: Origin::Key }
    }
}

fn lower_if_any(of_profile: Option<u64>, of_key: Option<u64>) -> Explained<Option<u64>> {
    let lowest = lowest(of_profile, of_key);
    lowest.map_or(Explained { value: None, origin: Origin::Key }, |lowest| Explained {
        value: Some(lowest.value),
        origin: lowest.origin,
    })
}

/// The parts that two lists have in common, where two entries either are disjoint or one covers the other (true of
/// prefixes: of names as of addresses). Nothing in the result covers another entry of it.
fn common<T: Clone>(profile: &[T], key: &[T], covers: impl Fn(&T, &T) -> bool) -> Vec<Explained<T>> {
    let mut parts: Vec<Explained<T>> = Vec::new();
    for ours in profile {
        for theirs in key {
            let part = if covers(ours, theirs) {
                Explained { value: theirs.clone(), origin: Origin::Key }
            } else if covers(theirs, ours) {
                Explained { value: ours.clone(), origin: Origin::Profile }
            } else {
                continue;
            };
            if parts.iter().any(|other| covers(&other.value, &part.value)) {
                continue;
            }
            parts.retain(|other| !covers(&part.value, &other.value));
            parts.push(part);
        }
    }
    parts
}

fn common_networks(profile: &[IpNet], key: &[IpNet]) -> Vec<Explained<IpNet>> {
    let all = |networks: &[IpNet], origin| networks.iter().map(|&value| Explained { value, origin }).collect();
    match (profile.is_empty(), key.is_empty()) {
        (true, _) => all(key, Origin::Key),
        (false, true) => all(profile, Origin::Profile),
        (false, false) => {
            let parts = common(profile, key, |a: &IpNet, b: &IpNet| a.contains(b));
            if parts.is_empty() { vec![Explained { value: NOWHERE, origin: Origin::Profile }] } else { parts }
        }
    }
}

fn common_endpoints(profile: &[Endpoint], key: &[Endpoint]) -> Explained<Vec<Endpoint>> {
    let value: Vec<Endpoint> = key.iter().copied().filter(|endpoint| profile.contains(endpoint)).collect();
    let origin = if value.len() < key.len() { Origin::Profile } else { Origin::Key };
    Explained { value, origin }
}

/// A window that only one of the two names keeps that one's cap: a profile's new cap reaches existing keys.
fn lowest_caps(profile: &[CapTerm], key: &[Cap]) -> Vec<Explained<Cap>> {
    let cap = |window| {
        let of_profile = profile.iter().filter(|cap| cap.window == window).map(|cap| cap.amount.maximum).min();
        let of_key = key.iter().filter(|cap| cap.window == window).map(|cap| cap.limit).min();
        let Explained { value: limit, origin } = lowest(of_profile, of_key)?;
        Some(Explained { value: Cap { window, limit }, origin })
    };
    Window::ALL.into_iter().filter_map(cap).collect()
}

/// As with caps.
fn lowest_quotas(profile: &[QuotaTerm], key: &[Quota]) -> Vec<Explained<Quota>> {
    let quota = |counted, window| {
        let of_profile = profile.iter().filter(|quota| (quota.counted, quota.window) == (counted, window));
        let of_key = key.iter().filter(|quota| (quota.counted, quota.window) == (counted, window));
        let Explained { value: limit, origin } =
            lowest(of_profile.map(|quota| quota.amount.maximum).min(), of_key.map(|quota| quota.limit).min())?;
        Some(Explained { value: Quota { counted, window, limit }, origin })
    };
    let kinds = Counted::ALL.into_iter().flat_map(|counted| Window::ALL.map(|window| (counted, window)));
    kinds.filter_map(|(counted, window)| quota(counted, window)).collect()
}

fn lowest<T: Ord>(of_profile: Option<T>, of_key: Option<T>) -> Option<Explained<T>> {
    match (of_profile, of_key) {
        (Some(profile), Some(key)) => Some(lower(profile, key)),
        (Some(value), None) => Some(Explained { value, origin: Origin::Profile }),
        (None, Some(value)) => Some(Explained { value, origin: Origin::Key }),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_profile::{AboveMaximum, Approval, PromptBound, Term};
    use crate::money::NanoUsd;
    use crate::parameter_rules::ParameterRules;
    use proptest::prelude::*;

    fn term<T: Copy>(maximum: T) -> Term<T> {
        Term { default: maximum, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }
    fn patterns(list: &[&str]) -> Vec<ModelPattern> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }
    fn networks(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }
    fn cap(window: Window, dollars: i64) -> Cap {
        Cap { window, limit: NanoUsd::from_dollars(dollars) }
    }
    fn profile() -> ProfileTerms {
        let cap = |window, dollars| CapTerm { window, amount: term(NanoUsd::from_dollars(dollars)) };
        ProfileTerms {
            models: patterns(&["claude-*", "gpt-5"]),
            endpoints: vec![Endpoint::ChatCompletions, Endpoint::Messages],
            caps: vec![cap(Window::Month, 50), cap(Window::Day, 5)],
            requests_per_minute: term(60),
            concurrency: term(8),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: RuleSet::NONE,
            required: vec![],
            parameters: ParameterRules::NONE,
            lifetime_days: term(90),
            networks: vec![],
            max_output_tokens: Some(4_000),
            assumed_output_tokens: 1_000,
            approval: Approval::default(),
        }
    }
    fn key() -> KeyTerms {
        KeyTerms {
            models: patterns(&["claude-opus-*", "gpt-*"]),
            endpoints: vec![Endpoint::Messages, Endpoint::Embeddings],
            caps: vec![cap(Window::Month, 20), cap(Window::Total, 100)],
            requests_per_minute: 120,
            concurrency: 4,
            tokens_per_minute: None,
            quotas: vec![],
            networks: vec![],
            max_output_tokens: None,
        }
    }

    #[test]
    fn each_effective_value_names_the_stricter_rule() {
        let terms = explain(&profile(), &key());
        let models: Vec<_> = terms.models.iter().map(|one| (one.value.as_str(), one.origin)).collect();
        assert_eq!(models, [("claude-opus-*", Origin::Key), ("gpt-5", Origin::Profile)]);
        assert_eq!(terms.endpoints, Explained { value: vec![Endpoint::Messages], origin: Origin::Profile });
        let caps: Vec<_> = terms.caps.iter().map(|one| (one.value, one.origin)).collect();
        assert_eq!(
            caps,
            [
                (cap(Window::Day, 5), Origin::Profile),
                (cap(Window::Month, 20), Origin::Key),
                (cap(Window::Total, 100), Origin::Key)
            ]
        );
        assert_eq!(terms.requests_per_minute, Explained { value: 60, origin: Origin::Profile });
        assert_eq!(terms.concurrency, Explained { value: 4, origin: Origin::Key });
        assert_eq!(terms.max_output_tokens, Explained { value: Some(4_000), origin: Origin::Profile });
    }

    #[test]
    fn an_empty_model_list_on_either_side_allows_nothing() {
        let empty = ProfileTerms { models: vec![], ..profile() };
        assert!(effective(&empty, &key()).models.is_empty());
        let empty = KeyTerms { models: vec![], ..key() };
        assert!(effective(&profile(), &empty).models.is_empty());
    }

    #[test]
    fn disjoint_networks_mean_nowhere_and_never_anywhere() {
        let terms = |ours: &[&str], theirs: &[&str]| {
            let profile = ProfileTerms { networks: networks(ours), ..profile() };
            effective(&profile, &KeyTerms { networks: networks(theirs), ..key() }).networks
        };
        assert_eq!(terms(&[], &[]), networks(&[]));
        assert_eq!(terms(&["10.0.0.0/8"], &[]), networks(&["10.0.0.0/8"]));
        assert_eq!(terms(&[], &["10.1.0.0/16"]), networks(&["10.1.0.0/16"]));
        assert_eq!(
            terms(&["10.0.0.0/8", "fd00::/8"], &["10.1.0.0/16", "::/0"]),
            networks(&["10.1.0.0/16", "fd00::/8"])
        );
        assert_eq!(terms(&["10.0.0.0/8"], &["192.168.0.0/16"]), [NOWHERE]);
    }

    proptest! {
        #[test]
        fn a_model_is_allowed_exactly_where_both_rules_allow_it(
            ours in prop::collection::vec("[ab]{1,3}\\*?", 0..4),
            theirs in prop::collection::vec("[ab]{1,3}\\*?", 0..4),
            model in "[ab]{1,4}",
        ) {
            let list = |texts: &[String]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<ModelPattern>>();
            let allows = |patterns: &[ModelPattern]| patterns.iter().any(|pattern| pattern.matches(&model));
            let (ours, theirs) = (list(&ours), list(&theirs));
            let both = effective(
                &ProfileTerms { models: ours.clone(), ..profile() },
                &KeyTerms { models: theirs.clone(), ..key() },
            );
            prop_assert_eq!(allows(&both.models), allows(&ours) && allows(&theirs));
        }
    }
}
