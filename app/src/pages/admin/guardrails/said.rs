//! A profile in words, term by term, so that two of them can be laid side by side.
//!
//! Two profiles that differ in anything that can be saved differ here: [`said`] takes profile and terms apart field by
//! field, so that a new term that nobody has put into words does not compile.

use super::terms::Row;
use crate::components::Change;
use crate::format::{grouped, tokens};
use crate::words;
use domain::access_profile::{AboveMaximum, AccessProfile, Approval, Audience, ProfileTerms};
use domain::id::TeamId;
use domain::model::{Endpoint, ModelPattern};
use domain::parameter_rules::{Feature, LongAnswer, ParameterRules};
use domain::person::Role;
use domain::required_field::RequiredField;
use domain::virtual_key::ConsumerKind;
use ipnet::IpNet;

/// One term and what a profile says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub term: String,
    pub value: String,
}

/// Everything that the profile says. A term that it does not have is absent; each entry of a list is a term of its own,
/// so that a difference names the entry and not the list.
pub fn said(profile: &AccessProfile, teams: &[(TeamId, String)]) -> Vec<Said> {
    let AccessProfile { id: _, version: _, name, description, terms, audience, consumers, keys_per_person, enabled } =
        profile;
    let mut lines = Lines::default();
    lines.say("Name", name);
    if !description.is_empty() {
        lines.say("Description", description);
    }
    lines.say("Keys may be minted", yes(*enabled));
    lines.audience(audience, teams);
    lines.each("Keys for", ConsumerKind::ALL.iter().filter(|kind| consumers.contains(kind)), |&kind| {
        words::consumer_note(kind).to_owned()
    });
    lines.say("Keys a person", grouped(u64::from(*keys_per_person)));
    lines.terms(terms);
    lines.0
}

/// What differs, in the order of the page; empty if the two say the same.
pub fn differences(before: &AccessProfile, after: &AccessProfile, teams: &[(TeamId, String)]) -> Vec<Change> {
    let (old, new) = (said(before, teams), said(after, teams));
    let value = |lines: &[Said], term: &str| lines.iter().find(|one| one.term == term).map(|one| one.value.clone());
    let mut terms: Vec<&str> = old.iter().map(|one| one.term.as_str()).collect();
    for (at, one) in new.iter().enumerate().filter(|(_, one)| old.iter().all(|other| other.term != one.term)) {
        // Behind the term that it follows on the page, and behind what stood there before.
        let follows = at.checked_sub(1).and_then(|before| new.get(before));
        let place = follows.and_then(|follows| terms.iter().position(|term| *term == follows.term));
        let mut place = place.map_or(0, |place| place + 1);
        while terms.get(place).is_some_and(|gone| new.iter().all(|one| one.term != *gone)) {
            place += 1;
        }
        terms.insert(place, &one.term);
    }
    let change = |term: &str| {
        let (before, after) = (value(&old, term), value(&new, term));
        let differs = before != after;
        differs.then(|| Change {
            what: term.to_owned(),
            before: Some(before.clone().unwrap_or_else(|| absent(after.as_deref()))),
            after: after.unwrap_or_else(|| absent(before.as_deref())),
        })
    };
    terms.into_iter().filter_map(change).collect()
}

/// What the other one says by not having the term.
fn absent(present: Option<&str>) -> String {
    if present == Some(ALLOWED) { "not allowed" } else { "none" }.to_owned()
}

const ALLOWED: &str = "allowed";

#[derive(Default)]
struct Lines(Vec<Said>);

impl Lines {
    fn say(&mut self, term: impl Into<String>, value: impl Into<String>) {
        self.0.push(Said { term: term.into(), value: value.into() });
    }

    fn each<T>(&mut self, what: &str, list: impl IntoIterator<Item = T>, name: impl Fn(T) -> String) {
        for one in list {
            self.say(format!("{what}: {}", name(one)), ALLOWED);
        }
    }

    fn audience(&mut self, audience: &Audience, teams: &[(TeamId, String)]) {
        let Audience { roles, teams: included, groups } = audience;
        self.each("Role", Role::ALL.iter().filter(|role| roles.contains(role)), |&role| words::role(role).to_owned());
        self.each("Team", included, |id| {
            teams.iter().find(|(known, _)| known == id).map_or_else(|| id.to_string(), |(_, name)| name.clone())
        });
        self.each("Group", groups, Clone::clone);
    }

    fn terms(&mut self, terms: &ProfileTerms) {
        let ProfileTerms {
            models,
            endpoints,
            caps: _,
            requests_per_minute: _,
            concurrency: _,
            tokens_per_minute: _,
            quotas: _,
            prompt_bound,
            shrink_to_fit,
            lifetime_days: _,
            networks,
            max_output_tokens,
            assumed_output_tokens,
            required,
            parameters,
            approval,
            idle,
            watched,
        } = terms;
        for row in Row::ALL {
            if let Some(value) = row_said(row, terms) {
                self.say(row.name(), value);
            }
        }
        self.say("A prompt counts", words::prompt_bound(*prompt_bound).to_lowercase());
        self.say("Shorten answers to what is left", yes(*shrink_to_fit));
        self.say("A key that nobody uses is disabled", super::idle::said(*idle));
        self.say("Assumed answer", tokens(*assumed_output_tokens));
        self.say("Longest answer", max_output_tokens.map_or_else(|| "as the model".to_owned(), tokens));
        let ParameterRules { long_answers, most_choices, highest_effort, banned } = parameters;
        self.say(
            "A longer answer is",
            if *long_answers == LongAnswer::Lower { "shortened, said so" } else { "refused" },
        );
        if let Some(most) = most_choices {
            self.say("Answers at once", format!("at most {}", grouped(*most)));
        }
        if let Some(highest) = highest_effort {
            self.say("Reasoning effort", format!("at most {}", words::effort(*highest).to_lowercase()));
        }
        for feature in Feature::ALL.iter().filter(|feature| banned.contains(feature)) {
            self.say(words::feature(*feature), "not allowed");
        }
        for rule in watched.iter() {
            self.say(format!("Only watched: {}", words::call_rule(rule)), "calls that break it are served");
        }
        for field in RequiredField::ALL.iter().filter(|field| required.contains(field)) {
            self.say(format!("{} of a key", words::required_field(*field)), "has to be named");
        }
        let Approval { every_key, deciders, promised_hours } = approval;
        self.say("Every key waits for approval", yes(*every_key));
        self.say("Who decides", words::deciders(*deciders));
        self.say("An answer is promised", format!("within {promised_hours} hours"));
        self.each("Model", models, ModelPattern::to_string);
        self.each("Endpoint", Endpoint::ALL.iter().filter(|one| endpoints.contains(one)), |&endpoint| {
            words::endpoint(endpoint).to_owned()
        });
        if networks.is_empty() {
            self.say("Networks", "any");
        }
        self.each("Network", networks, IpNet::to_string);
    }
}

/// `$50.00, at most $100.00, else rejected`; what cannot be changed has one figure.
fn row_said(row: Row, terms: &ProfileTerms) -> Option<String> {
    let (default, maximum) = row.shown(terms)?;
    let typed = row.read(terms)?;
    let fixed = if typed.may_change { "" } else { ", fixed" };
    let above = match typed.above {
        AboveMaximum::Reject => "above: rejected",
        AboveMaximum::Clamp => "above: the maximum, said so",
        AboveMaximum::Ask => "above: asked for",
    };
    Some(format!("{default}, at most {maximum}{fixed}; {above}"))
}

const fn yes(so: bool) -> &'static str {
    if so { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access_profile::{CapTerm, PromptBound, Term};
    use domain::budget::Window;
    use domain::id::ProfileId;
    use domain::money::NanoUsd;

    fn term<T>(default: T, maximum: T) -> Term<T> {
        Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
    }

    fn profile() -> AccessProfile {
        let dollars = NanoUsd::from_dollars;
        AccessProfile {
            id: ProfileId::from_random(&[1; 12]),
            name: "Standard".into(),
            description: String::new(),
            version: 1,
            terms: ProfileTerms {
                models: vec!["claude-*".parse().unwrap(), "gpt-5".parse().unwrap()],
                endpoints: vec![Endpoint::Messages],
                caps: vec![CapTerm { window: Window::Month, amount: term(dollars(50), dollars(100)) }],
                requests_per_minute: term(60, 120),
                concurrency: term(8, 8),
                tokens_per_minute: None,
                quotas: vec![],
                prompt_bound: PromptBound::Strict,
                shrink_to_fit: false,
                idle: None,
                watched: domain::call_rule::RuleSet::NONE,
                required: vec![],
                parameters: ParameterRules::NONE,
                lifetime_days: term(90, 180),
                networks: vec![],
                max_output_tokens: None,
                assumed_output_tokens: 1_000,
                approval: Approval::default(),
            },
            audience: Audience { roles: vec![Role::Developer], ..Audience::default() },
            consumers: vec![ConsumerKind::Person],
            keys_per_person: 5,
            enabled: true,
        }
    }

    fn told(after: &AccessProfile) -> Vec<(String, String, String)> {
        let changes = differences(&profile(), after, &[]);
        changes.into_iter().map(|change| (change.what, change.before.unwrap_or_default(), change.after)).collect()
    }

    #[test]
    fn what_is_the_same_is_not_told() {
        assert_eq!(told(&AccessProfile { version: 9, ..profile() }), []);
    }

    #[test]
    fn each_difference_is_told_in_the_order_of_the_page_and_entries_by_their_names() {
        let mut after = profile();
        after.terms.caps[0].amount.maximum = NanoUsd::from_dollars(80);
        after.terms.tokens_per_minute = Some(term(1_000, 2_000));
        after.terms.models = vec!["gpt-5".parse().unwrap(), "o5".parse().unwrap()];
        after.terms.networks = vec!["10.0.0.0/8".parse().unwrap()];
        let own = str::to_owned;
        assert_eq!(
            told(&after),
            [
                (
                    own("Budget a month"),
                    own("$50.00, at most $100.00; above: rejected"),
                    own("$50.00, at most $80.00; above: rejected")
                ),
                (own("Tokens a minute"), own("none"), own("1,000, at most 2,000; above: rejected")),
                (own("Model: claude-*"), own("allowed"), own("not allowed")),
                (own("Model: o5"), own("not allowed"), own("allowed")),
                (own("Networks"), own("any"), own("none")),
                (own("Network: 10.0.0.0/8"), own("not allowed"), own("allowed")),
            ]
        );
    }

    #[test]
    fn a_rule_for_developers_is_told_too() {
        let mut after = profile();
        after.terms.concurrency.developers_may_change = false;
        after.terms.concurrency.above = AboveMaximum::Clamp;
        after.enabled = false;
        let said: Vec<_> = told(&after).into_iter().map(|(what, _, after)| (what, after)).collect();
        assert_eq!(
            said,
            [
                ("Keys may be minted".to_owned(), "no".to_owned()),
                ("Calls at once".to_owned(), "8, at most 8, fixed; above: the maximum, said so".to_owned()),
            ]
        );
    }
}
