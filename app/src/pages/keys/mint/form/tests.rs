use super::*;
use domain::access_profile::{AboveMaximum, Audience, CapTerm, Term};
use domain::id::{PersonId, TeamId};
use domain::model::Endpoint;
use domain::person::Role;

fn caller() -> Caller {
    Caller {
        person: PersonId::from_random(&[1; 12]),
        name: "Ada".to_owned(),
        email: String::new(),
        roles: vec![Role::Developer],
        memberships: vec![],
        groups: vec![],
        address: String::new(),
    }
}

fn profile(seed: u8, month: i64, per_minute: u32) -> AccessProfile {
    fn term<T: Copy>(value: T) -> Term<T> {
        Term { default: value, maximum: value, developers_may_change: true, above: AboveMaximum::Reject }
    }
    AccessProfile {
        id: ProfileId::from_random(&[seed; 12]),
        name: "Standard".to_owned(),
        description: String::new(),
        version: 1,
        terms: ProfileTerms {
            models: vec!["demo-*".parse().unwrap(), "house-*".parse().unwrap()],
            endpoints: Endpoint::ALL.to_vec(),
            caps: vec![CapTerm { window: Window::Month, amount: term(NanoUsd::from_dollars(month)) }],
            requests_per_minute: term(per_minute),
            concurrency: term(8),
            tokens_per_minute: None,
            quotas: vec![],
            prompt_bound: domain::access_profile::PromptBound::Strict,
            shrink_to_fit: false,
            idle: None,
            watched: domain::call_rule::RuleSet::NONE,
            required: vec![],
            parameters: domain::parameter_rules::ParameterRules::NONE,
            lifetime_days: term(90),
            networks: vec![],
            max_output_tokens: None,
            assumed_output_tokens: 4_096,
            approval: domain::access_profile::Approval::default(),
        },
        audience: Audience::default(),
        consumers: ConsumerKind::ALL.to_vec(),
        keys_per_person: 5,
        enabled: true,
    }
}

fn filled(profile: &AccessProfile) -> MintForm {
    let mut form = MintForm { name: "laptop".to_owned(), consumer: "agent".to_owned(), ..MintForm::default() };
    form.environment = "dev".to_owned();
    form.fill_in(profile);
    form
}

fn read(form: &MintForm, profile: &AccessProfile) -> (MintRequest, Vec<(&'static str, &'static str)>) {
    let wish = form.wish(&caller(), Some(profile));
    let codes = wish.unreadable.iter().map(|refusal| (refusal.field, refusal.code())).collect();
    (wish.request.unwrap(), codes)
}

#[test]
fn what_was_filled_in_and_not_touched_is_no_wish() {
    let standard = profile(1, 50, 60);
    let mut form = filled(&standard);
    form.models = "demo-*\r\nhouse-*\r\n".to_owned();
    let (request, unreadable) = read(&form, &standard);
    assert_eq!(unreadable, []);
    assert_eq!((request.caps, request.models, request.requests_per_minute), (vec![], None, None));
    assert_eq!((request.lifetime_days, request.networks, request.concurrency), (None, None, None));
}

#[test]
fn what_was_typed_is_a_wish_as_people_type_it() {
    let standard = profile(1, 50, 60);
    let mut form = filled(&standard);
    form.cap_month = " $1,250.50 ".to_owned();
    form.requests_per_minute = "1,200".to_owned();
    form.models = "demo-large, demo-small".to_owned();
    form.networks = "10.0.0.0/8\r\n2001:db8::1".to_owned();
    form.tags = " laptop, , Büro ".to_owned();
    let (request, unreadable) = read(&form, &standard);
    assert_eq!(unreadable, []);
    assert_eq!(request.caps, [Cap { window: Window::Month, limit: NanoUsd::from_nano(1_250_500_000_000) }]);
    assert_eq!(request.requests_per_minute, Some(1_200));
    assert_eq!(request.models.unwrap().len(), 2);
    assert_eq!(request.networks.unwrap(), ["10.0.0.0/8".parse().unwrap(), "2001:db8::1/128".parse().unwrap()]);
    assert_eq!(request.tags, ["laptop", "Büro"]);
}

#[test]
fn everything_that_cannot_be_read_is_said_at_once() {
    let standard = profile(1, 50, 60);
    let mut form = filled(&standard);
    form.cap_month = "lots".to_owned();
    form.requests_per_minute = "99999999999".to_owned();
    form.concurrency = "-1".to_owned();
    form.networks = "everywhere".to_owned();
    form.models = "no such* pattern*x".to_owned();
    form.consumer = "toaster".to_owned();
    form.owner = "somebody".to_owned();
    let (_, mut unreadable) = read(&form, &standard);
    unreadable.sort_unstable();
    assert_eq!(
        unreadable,
        [
            ("cap_month", "malformed"),
            ("concurrency", "malformed"),
            ("consumer", "unknown_choice"),
            ("models", "malformed"),
            ("networks", "malformed"),
            ("owner", "unknown_choice"),
            ("requests_per_minute", "malformed"),
        ]
    );
}

#[test]
fn a_form_without_guardrails_is_no_wish_but_still_says_the_rest() {
    let form = MintForm { consumer: "toaster".to_owned(), profile: "prof_x".to_owned(), ..MintForm::default() };
    let wish = form.wish(&caller(), None);
    assert_eq!(wish.request, None);
    let fields: Vec<_> = wish.unreadable.iter().map(|refusal| refusal.field).collect();
    assert_eq!(fields, ["consumer", "profile"]);
}

#[test]
fn an_emptied_list_of_models_is_a_wish_for_nothing_and_never_for_all() {
    let standard = profile(1, 50, 60);
    let mut form = filled(&standard);
    form.models = " \r\n".to_owned();
    assert_eq!(read(&form, &standard).0.models, Some(vec![]));
}

#[test]
fn other_guardrails_bring_their_defaults_and_leave_what_was_typed() {
    let (standard, explore) = (profile(1, 50, 60), profile(2, 5, 10));
    let mut form = filled(&standard);
    form.profile = explore.id.to_string();
    form.requests_per_minute = "7".to_owned();
    // Pressed "Mint key" without looking at the new defaults.
    let (request, _) = read(&form, &standard);
    assert_eq!((request.profile, request.caps, request.requests_per_minute), (explore.id, vec![], Some(7)));
    // Pressed "Use these guardrails" first.
    form.forget_untouched(Some(&standard));
    form.fill_in(&explore);
    assert_eq!((form.cap_month.as_str(), form.requests_per_minute.as_str()), ("5.00", "7"));
    assert_eq!(form.terms_of, explore.id.to_string());
}

#[test]
fn a_way_out_changes_its_own_field_and_no_other() {
    let standard = profile(1, 50, 60);
    let mut form = MintForm { use_value: "cap_month=100.00".to_owned(), ..filled(&standard) };
    assert!(form.take_way_out());
    assert_eq!((form.cap_month.as_str(), form.use_value.as_str()), ("100.00", ""));
    for hostile in ["form=x", "name=x", "cap_month", "unknown=1"] {
        let mut form = MintForm { use_value: hostile.to_owned(), ..filled(&standard) };
        assert!(!form.take_way_out(), "{hostile}");
        assert_eq!(form, filled(&standard), "{hostile}");
    }
}

#[test]
fn a_link_can_fill_in_every_field_but_not_the_machinery() {
    let form =
        MintForm::from_query("name=search&consumer=service&cap_month=20&lifetime_days=7&utm=x&form=f&act=check&like=k");
    let expected = MintForm {
        name: "search".to_owned(),
        consumer: "service".to_owned(),
        cap_month: "20".to_owned(),
        lifetime_days: "7".to_owned(),
        ..MintForm::default()
    };
    assert_eq!(form, expected);
    let mut all = MintForm::default();
    for field in CHOICES.into_iter().chain(TERMS) {
        *all.field(field).unwrap() = field.to_owned();
    }
    let query = serde_html_form::to_string(&all).unwrap();
    assert_eq!(MintForm::from_query(&query), all);
}

#[test]
fn a_field_that_the_page_does_not_have_is_refused() {
    assert!(serde_html_form::from_str::<MintForm>("name=x&is_admin=1").is_err());
    assert!(serde_html_form::from_str::<MintForm>("name=x&name=y").is_err());
    assert!(serde_html_form::from_str::<MintForm>("name=x&use=cap_month%3D5").is_ok());
}

#[test]
fn another_like_this_takes_everything_but_the_name() {
    let team = TeamId::from_random(&[5; 12]);
    let standard = profile(1, 50, 60);
    let (request, _) = read(&filled(&standard), &standard);
    let key = VirtualKey {
        id: domain::id::KeyId::from_random(&[1; 12]),
        name: "laptop".to_owned(),
        owner: Owner::Team(team),
        created_by: caller().person,
        profile: request.profile,
        profile_version: None,
        consumer: ConsumerKind::Service,
        application: Some("search".to_owned()),
        environment: "prod".to_owned(),
        cost_centre: None,
        tags: vec!["a".to_owned(), "b".to_owned()],
        terms: domain::virtual_key::KeyTerms {
            models: vec!["demo-large".parse().unwrap()],
            endpoints: vec![],
            caps: vec![Cap { window: Window::Day, limit: NanoUsd::from_dollars(3) }],
            requests_per_minute: 5,
            concurrency: 2,
            tokens_per_minute: None,
            quotas: vec![],
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            max_output_tokens: Some(100),
        },
        state: domain::virtual_key::KeyState::Active,
        created_at: domain::time::Timestamp::from_ms(0),
        expires_at: domain::time::Timestamp::from_ms(0),
    };
    let mut form = MintForm::like(&key);
    assert_eq!(form.name, "");
    form.fill_in(&standard);
    let (again, unreadable) = read(&form, &standard);
    assert_eq!(unreadable, []);
    assert_eq!(again.owner, Owner::Team(team));
    assert_eq!(again.models, Some(key.terms.models.clone()));
    assert!(again.caps.contains(&key.terms.caps[0]));
    assert_eq!((again.requests_per_minute, again.max_output_tokens), (Some(5), Some(100)));
    assert_eq!((again.tags, again.environment), (key.tags.clone(), key.environment.clone()));
}
