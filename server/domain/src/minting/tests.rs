use super::*;
use crate::access_profile::{AboveMaximum, Audience, CapTerm, ProfileTerms, PromptBound, QuotaTerm, Term};
use crate::budget::Window;
use crate::cost_centre::CentreEntry;
use crate::day::{Day, Days};
use crate::effective_terms::effective;
use crate::id::{ModelId, PersonId, TeamId};
use crate::limits::{Counted, QUOTA_WINDOWS};
use crate::model::Endpoint;
use crate::person::Membership;
use crate::pricing::PriceList;

mod asking;
mod whatever;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn me() -> PersonId {
    PersonId::from_random(&[1; 12])
}
fn led_team() -> TeamId {
    TeamId::from_random(&[2; 12])
}
fn other_team() -> TeamId {
    TeamId::from_random(&[3; 12])
}
fn caller(roles: &[Role]) -> Caller {
    Caller {
        person: me(),
        name: "Ada".into(),
        email: String::new(),
        roles: roles.to_vec(),
        memberships: vec![
            Membership { team: led_team(), team_name: "Search".into(), lead: true },
            Membership { team: other_team(), team_name: "Billing".into(), lead: false },
        ],
        groups: vec![],
        address: String::new(),
    }
}
fn patterns(list: &[&str]) -> Vec<ModelPattern> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}
fn term<T>(default: T, maximum: T) -> Term<T> {
    Term { default, maximum, developers_may_change: true, above: AboveMaximum::Reject }
}
fn dollars(amount: i64) -> NanoUsd {
    NanoUsd::from_dollars(amount)
}
fn profile() -> AccessProfile {
    AccessProfile {
        id: ProfileId::from_random(&[4; 12]),
        name: "Standard developer".into(),
        description: String::new(),
        version: 1,
        terms: ProfileTerms {
            models: patterns(&["small-*", "large-1"]),
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![CapTerm { window: Window::Month, amount: term(dollars(50), dollars(100)) }],
            requests_per_minute: term(60, 120),
            concurrency: term(8, 32),
            tokens_per_minute: Some(term(20_000, 40_000)),
            quotas: vec![QuotaTerm { counted: Counted::Tokens, window: Window::Day, amount: term(5_000, 9_000) }],
            prompt_bound: PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: crate::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: crate::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(90, 180),
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            max_output_tokens: Some(4_000),
            assumed_output_tokens: 1_000,
            approval: crate::access_profile::Approval::default(),
        },
        audience: Audience { roles: vec![Role::Developer], ..Audience::default() },
        consumers: vec![ConsumerKind::Person, ConsumerKind::Service],
        keys_per_person: 5,
        enabled: true,
    }
}
fn model(name: &str, priced: bool) -> Model {
    Model {
        id: ModelId::from_random(name.as_bytes()),
        name: name.parse().unwrap(),
        price: priced.then(PriceList::default),
        price_version: 1,
        max_input_tokens: None,
        max_output_tokens: None,
        capabilities: vec![],
        sunset: None,
        endpoints: vec![Endpoint::ChatCompletions],
        deployments: vec![],
        enabled: true,
        alias_of: None,
    }
}
fn models() -> Vec<Model> {
    let off = Model { enabled: false, ..model("small-off", true) };
    vec![model("small-1", true), model("small-unpriced", false), model("large-1", true), off]
}
fn request() -> MintRequest {
    MintRequest {
        name: " laptop ".into(),
        consumer: ConsumerKind::Person,
        profile: profile().id,
        owner: Owner::Person(me()),
        application: None,
        environment: "dev".into(),
        cost_centre: Some("  ".into()),
        tags: vec![],
        models: None,
        caps: vec![],
        requests_per_minute: None,
        concurrency: None,
        tokens_per_minute: None,
        quotas: vec![],
        lifetime_days: None,
        networks: None,
        max_output_tokens: None,
        policy_read: None,
    }
}

/// Valid until the day before [`NOW`] if it has ended.
fn centre(code: &str) -> CentreEntry {
    let valid_until = (code == "ended").then(|| today().plus(-1));
    CentreEntry { code: code.into(), name: code.into(), contact: None, valid_from: None, valid_until }
}
fn today() -> Day {
    Days::utc().of(NOW)
}

struct Case {
    caller: Caller,
    profile: Option<AccessProfile>,
    held: u32,
    taken: bool,
    /// The cost centre of the owner's own.
    usual: Option<&'static str>,
    request: MintRequest,
}

impl Default for Case {
    fn default() -> Self {
        let caller = caller(&[Role::Developer]);
        Self { caller, profile: Some(profile()), held: 0, taken: false, usual: None, request: request() }
    }
}

impl Case {
    fn decide(&self) -> Result<GrantedTerms, Vec<Refusal>> {
        self.with_facts(|facts| decide_mint(facts, &self.request, NOW))
    }
    fn with_facts<T>(&self, decide: impl FnOnce(&MintingFacts<'_>) -> T) -> T {
        let models = models();
        let dev = Some(Environment::open("dev"));
        let code = self.request.cost_centre.as_deref().filter(|code| ["4711", "ended"].contains(code));
        let named = code.map(centre);
        let facts = MintingFacts {
            caller: &self.caller,
            profile: self.profile.as_ref(),
            policy: None,
            environment: dev.as_ref().filter(|environment| environment.name == self.request.environment),
            cost_centre: CentreFacts { named: named.as_ref(), usual: self.usual, today: today() },
            owner_exists: true,
            keys_held: self.held,
            name_taken_by: self.taken.then(|| KeyId::from_random(&[9; 12])),
            models: &models,
        };
        decide(&facts)
    }
    fn ask(&self) -> Result<GrantedTerms, Vec<Refusal>> {
        self.with_facts(|facts| decide_ask(facts, &self.request, NOW))
    }
    fn refusals(&self) -> Vec<(&'static str, &'static str)> {
        let refusals = self.decide().err().unwrap_or_default();
        refusals.iter().map(|refusal| (refusal.field, refusal.code())).collect()
    }
}

#[test]
fn without_wishes_a_key_gets_the_defaults() {
    let granted = Case::default().decide().unwrap();
    assert_eq!((granted.name.as_str(), granted.cost_centre), ("laptop", None));
    assert_eq!(granted.terms.caps, vec![Cap { window: Window::Month, limit: dollars(50) }]);
    assert_eq!((granted.terms.requests_per_minute, granted.terms.concurrency), (60, 8));
    assert_eq!(granted.terms.models, profile().terms.models);
    assert_eq!(granted.terms.networks, profile().terms.networks);
    assert_eq!(granted.terms.max_output_tokens, Some(4_000));
    assert_eq!(granted.expires_at, NOW.plus_days(90));
    assert!(granted.clamped.is_empty());
}

#[test]
fn the_key_policy_has_to_be_read_in_the_version_that_holds() {
    let models = models();
    let (case, dev) = (Case::default(), Environment::open("dev"));
    let policy = KeyPolicy { version: 3, text: "Do not share keys.".into() };
    let refused = |policy_read| {
        let facts = MintingFacts {
            caller: &case.caller,
            profile: case.profile.as_ref(),
            policy: Some(&policy),
            environment: Some(&dev),
            cost_centre: CentreFacts { named: None, usual: None, today: today() },
            owner_exists: true,
            keys_held: 0,
            name_taken_by: None,
            models: &models,
        };
        let refusals = decide_mint(&facts, &MintRequest { policy_read, ..request() }, NOW).err().unwrap_or_default();
        refusals.iter().map(|refusal| (refusal.field, refusal.code())).collect::<Vec<_>>()
    };
    assert_eq!(refused(None), [("policy", "missing")]);
    assert_eq!(refused(Some(2)), [("policy", "policy_changed")]);
    assert_eq!(refused(Some(3)), []);
}

#[test]
fn what_a_profile_demands_has_to_be_given() {
    let mut case = Case::default();
    case.profile.as_mut().unwrap().terms.required = crate::required_field::RequiredField::ALL.to_vec();
    case.request.application = None;
    case.request.cost_centre = Some("x".repeat(65));
    assert_eq!(case.refusals(), [("cost_centre", "too_long"), ("application", "missing"), ("tags", "missing")]);
    case.request.application = Some("search".into());
    case.request.cost_centre = Some("4711".into());
    case.request.tags = vec!["blue".into()];
    assert_eq!(case.refusals(), []);
}

#[test]
fn a_key_is_booked_where_it_is_said_to_be_or_as_usual() {
    let booked = |usual, named: Option<&str>| {
        let request = MintRequest { cost_centre: named.map(str::to_owned), ..request() };
        Case { usual, request, ..Case::default() }.decide().map(|granted| granted.cost_centre)
    };
    assert_eq!(booked(Some("4700"), None).unwrap().as_deref(), Some("4700"));
    assert_eq!(booked(Some("4700"), Some(" ")).unwrap().as_deref(), Some("4700"));
    assert_eq!(booked(Some("4700"), Some("4711")).unwrap().as_deref(), Some("4711"), "what is named counts");
    assert_eq!(booked(None, None).unwrap(), None);
    let code = |named| booked(Some("4700"), Some(named)).unwrap_err()[0].code();
    assert_eq!((code("ended"), code("unheard of")), ("cost_centre_ended", "cost_centre_unknown"));

    let mut case = Case { usual: Some("4700"), ..Case::default() };
    case.profile.as_mut().unwrap().terms.required = vec![crate::required_field::RequiredField::CostCentre];
    assert_eq!(case.refusals(), [], "the owner's own is one");
}

#[test]
fn each_wish_that_cannot_be_granted_is_refused_at_its_field() {
    type Change = fn(&mut Case);
    let rows: &[(Change, &[(&str, &str)])] = &[
        (|c| c.request.name = " ".into(), &[("name", "missing")]),
        (|c| c.request.name = "x".repeat(65), &[("name", "too_long")]),
        (|c| c.request.name = "a\u{202E}b".into(), &[("name", "hidden_characters")]),
        (|c| c.taken = true, &[("name", "key_name_taken")]),
        (|c| c.request.environment = "moon".into(), &[("environment", "unknown_choice")]),
        (|c| c.request.consumer = ConsumerKind::Ci, &[("consumer", "consumer_not_allowed")]),
        (|c| c.request.owner = Owner::Person(PersonId::from_random(&[8; 12])), &[("owner", "owner_not_yours")]),
        (|c| c.request.owner = Owner::Team(other_team()), &[("owner", "owner_not_yours")]),
        (|c| c.request.owner = Owner::Team(led_team()), &[("owner", "own_work_needs_personal_owner")]),
        (|c| c.request.tags = vec!["x".into(); 21], &[("tags", "too_many")]),
        (|c| c.profile = None, &[("profile", "unknown_choice")]),
        (|c| c.profile.as_mut().unwrap().audience.roles.clear(), &[("profile", "unknown_choice")]),
        (|c| c.profile.as_mut().unwrap().enabled = false, &[("profile", "profile_disabled")]),
        (|c| c.profile.as_mut().unwrap().terms.models.clear(), &[("models", "nothing_allowed")]),
        (|c| c.profile.as_mut().unwrap().terms.caps.clear(), &[("caps", "missing")]),
        (|c| c.held = 5, &[("profile", "too_many_keys")]),
        (|c| c.request.requests_per_minute = Some(121), &[("requests_per_minute", "above_maximum")]),
        (|c| c.request.requests_per_minute = Some(0), &[("requests_per_minute", "below_minimum")]),
        (|c| c.request.concurrency = Some(33), &[("concurrency", "above_maximum")]),
        (|c| c.request.tokens_per_minute = Some(40_001), &[("tokens_per_minute", "above_maximum")]),
        (|c| c.request.tokens_per_minute = Some(0), &[("tokens_per_minute", "below_minimum")]),
        (
            |c| {
                c.profile.as_mut().unwrap().terms.tokens_per_minute = None;
                c.request.tokens_per_minute = Some(0);
            },
            &[("tokens_per_minute", "below_minimum")],
        ),
        (|c| c.request.quotas = vec![quota(Window::Day, 9_001)], &[("tokens_day", "above_maximum")]),
        (|c| c.request.quotas = vec![quota(Window::Day, 0)], &[("tokens_day", "below_minimum")]),
        (|c| c.request.quotas = vec![quota(Window::Hour, 0)], &[("tokens_hour", "below_minimum")]),
        (|c| c.request.quotas = vec![quota(Window::Week, 7)], &[("tokens_week", "unknown_choice")]),
        (|c| c.request.quotas = vec![quota(Window::Day, 7), quota(Window::Day, 8)], &[("tokens_day", "twice")]),
        (|c| c.request.lifetime_days = Some(181), &[("lifetime_days", "above_maximum")]),
        (|c| c.request.max_output_tokens = Some(4_001), &[("max_output_tokens", "above_maximum")]),
        (|c| c.request.max_output_tokens = Some(0), &[("max_output_tokens", "below_minimum")]),
        (|c| c.request.caps = vec![cap(Window::Month, 101)], &[("cap_month", "above_maximum")]),
        (|c| c.request.caps = vec![cap(Window::Day, 0)], &[("cap_day", "below_minimum")]),
        (|c| c.request.caps = vec![cap(Window::Day, 1), cap(Window::Day, 2)], &[("cap_day", "twice")]),
        (|c| c.request.models = Some(vec![]), &[("models", "nothing_allowed")]),
        (|c| c.request.models = Some(patterns(&["large-*"])), &[("models", "model_not_in_profile")]),
        (|c| c.request.models = Some(patterns(&["small-2"])), &[("models", "model_unknown")]),
        (|c| c.request.models = Some(patterns(&["small-off"])), &[("models", "model_unknown")]),
        (|c| c.request.models = Some(patterns(&["small-unpriced"])), &[("models", "model_unpriced")]),
        (|c| c.request.networks = Some(vec!["11.0.0.0/8".parse().unwrap()]), &[("networks", "network_not_in_profile")]),
        (|c| c.request.networks = Some(vec!["0.0.0.0/0".parse().unwrap()]), &[("networks", "network_not_in_profile")]),
    ];
    for (nth, (change, expected)) in rows.iter().enumerate() {
        let mut case = Case::default();
        change(&mut case);
        assert_eq!(case.refusals(), *expected, "row {nth}");
    }
}

fn quota(window: Window, limit: u64) -> Quota {
    Quota { counted: Counted::Tokens, window, limit }
}
fn cap(window: Window, dollars: i64) -> Cap {
    Cap { window, limit: NanoUsd::from_dollars(dollars) }
}

#[test]
fn every_refusal_comes_at_once() {
    let mut case = Case { held: 9, taken: true, ..Case::default() };
    case.request.environment = "moon".into();
    case.request.requests_per_minute = Some(999);
    case.request.models = Some(patterns(&["other"]));
    assert_eq!(case.refusals().len(), 5);
}

#[test]
fn above_the_maximum_the_profile_may_clamp_and_says_so() {
    let mut case = Case::default();
    case.profile.as_mut().unwrap().terms.requests_per_minute.above = AboveMaximum::Clamp;
    case.request.requests_per_minute = Some(500);
    let granted = case.decide().unwrap();
    assert_eq!(granted.terms.requests_per_minute, 120);
    let expected =
        Clamped { field: "requests_per_minute", wanted: Amount::PerMinute(500), granted: Amount::PerMinute(120) };
    assert_eq!(granted.clamped, vec![expected]);
}

#[test]
fn a_fixed_term_stays_as_it_is() {
    let mut case = Case::default();
    case.profile.as_mut().unwrap().terms.concurrency.developers_may_change = false;
    case.request.concurrency = Some(1);
    assert_eq!(case.refusals(), [("concurrency", "fixed")]);
    case.request.concurrency = Some(8);
    assert!(case.decide().is_ok(), "asking for what is fixed changes nothing");
}

#[test]
fn a_lead_mints_for_the_led_team_and_an_administrator_for_any() {
    let mut case = Case::default();
    case.request.consumer = ConsumerKind::Service;
    case.request.owner = Owner::Team(led_team());
    assert!(case.decide().is_ok());
    case.request.owner = Owner::Team(other_team());
    case.caller = caller(&[Role::Developer, Role::Administrator]);
    assert!(case.decide().is_ok());
}

#[test]
fn an_auditor_alone_does_not_mint() {
    let mut case = Case { caller: caller(&[Role::Auditor]), ..Case::default() };
    case.caller.memberships.clear();
    case.profile.as_mut().unwrap().audience.roles = vec![Role::Auditor];
    assert_eq!(case.refusals(), [("profile", "may_not_mint")]);
}

#[test]
fn where_the_profile_sets_no_limit_on_tokens_a_key_may_still_have_one() {
    let mut case = Case::default();
    let terms = &mut case.profile.as_mut().unwrap().terms;
    (terms.tokens_per_minute, terms.quotas) = (None, vec![]);
    assert_eq!(case.decide().unwrap().terms.tokens_per_minute, None);
    case.request.tokens_per_minute = Some(500);
    case.request.quotas = vec![quota(Window::Hour, 900)];
    let granted = case.decide().unwrap().terms;
    assert_eq!((granted.tokens_per_minute, granted.quotas), (Some(500), vec![quota(Window::Hour, 900)]));
}
