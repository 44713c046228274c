use super::*;
use crate::access_profile::Deciders;
use crate::access_request::RequestState;
use crate::id::{KeyId, RequestId};
use crate::limits::Limits;
use crate::virtual_key::Owner;

fn profile() -> ProfileId {
    ProfileId::from_random(&[1; 12])
}
fn team(number: u8) -> TeamId {
    TeamId::from_random(&[number; 12])
}
fn cap(window: Window, dollars: i64) -> Cap {
    Cap { window, limit: NanoUsd::from_dollars(dollars) }
}
fn conditions() -> Conditions {
    Conditions {
        profiles: vec![profile()],
        teams: vec![team(1)],
        consumers: vec![ConsumerKind::Service],
        environments: vec!["dev".into()],
        most_a_month: NanoUsd::from_dollars(350),
        most_requests_per_minute: 100,
        models: vec!["small-*".parse().unwrap()],
        most_days: 30,
    }
}
fn request(more: More) -> AccessRequest {
    let asked_at = Timestamp::from_ms(1_000);
    AccessRequest {
        id: RequestId::from_random(&[1; 12]),
        asked_by: PersonId::from_random(&[1; 12]),
        asked_at,
        profile: profile(),
        owner: Owner::Team(team(1)),
        wish: Wish::MoreFor { key: KeyId::from_random(&[1; 12]), more, expires_at: None },
        until: Some(asked_at.plus_days(30)),
        reason: "Quarter close".into(),
        deciders: Deciders::default(),
        promised_at: asked_at.plus_days(1),
        state: RequestState::Waiting,
    }
}
fn money() -> More {
    More { limits: Limits { caps: vec![cap(Window::Month, 350)], ..Limits::default() }, models: vec![] }
}

/// What fits in every respect; each test changes one thing.
struct Case {
    rule: Conditions,
    request: AccessRequest,
    teams: Vec<TeamId>,
    caps: Vec<Cap>,
    consumer: ConsumerKind,
    environment: &'static str,
    requests_per_minute: u32,
}

fn case() -> Case {
    Case {
        rule: conditions(),
        request: request(money()),
        teams: vec![team(2), team(1)],
        caps: vec![cap(Window::Month, 350), cap(Window::Total, 5_000)],
        consumer: ConsumerKind::Service,
        environment: "dev",
        requests_per_minute: 100,
    }
}

fn changed(change: impl FnOnce(&mut Case)) -> bool {
    let mut case = case();
    change(&mut case);
    let Case { rule, request, teams, caps, consumer, environment, requests_per_minute } = case;
    let facts = RuleFacts { consumer, environment, teams: &teams, caps: &caps, requests_per_minute };
    fits(&rule, &request, &facts)
}

#[test]
fn a_rule_says_yes_only_where_every_condition_is_met() {
    assert!(changed(|_| {}));
    assert!(changed(|case| case.rule.teams.clear()), "no condition");
    assert!(changed(
        |case| case.request.wish = request(More { models: vec!["small-1".parse().unwrap()], ..money() }).wish
    ));

    let refused: [(&str, fn(&mut Case)); 12] = [
        ("profile", |case| case.rule.profiles = vec![ProfileId::from_random(&[9; 12])]),
        ("team", |case| case.teams = vec![team(3)]),
        ("consumer", |case| case.consumer = ConsumerKind::Ci),
        ("environment", |case| case.environment = "prod"),
        ("money", |case| case.caps = vec![cap(Window::Month, 351)]),
        ("a day's cap that adds up", |case| case.caps = vec![cap(Window::Day, 12)]),
        ("no cap", |case| case.caps.clear()),
        ("requests", |case| case.requests_per_minute = 101),
        ("model", |case| case.request.wish = request(More { models: vec!["large".parse().unwrap()], ..money() }).wish),
        ("days", |case| case.request.until = Some(case.request.asked_at.plus_days(30).plus_ms(1))),
        ("for good", |case| case.request.until = None),
        ("a later end of the key", |case| {
            let key = KeyId::from_random(&[1; 12]);
            let expires_at = Some(Timestamp::from_ms(5));
            case.request.wish = Wish::MoreFor { key, more: money(), expires_at };
        }),
    ];
    for (what, change) in refused {
        assert!(!changed(change), "{what}");
    }
}

#[test]
fn a_limit_that_the_rule_does_not_speak_of_waits_for_a_person() {
    let silent: [fn(&mut Limits); 3] = [
        |limits| limits.tokens_per_minute = Some(1),
        |limits| limits.concurrency = Some(1),
        |limits| {
            let counted = crate::limits::Counted::Tokens;
            limits.quotas = vec![crate::limits::Quota { counted, window: Window::Day, limit: 1 }];
        },
    ];
    for change in silent {
        let mut more = money();
        change(&mut more.limits);
        assert!(!changed(|case| case.request.wish = request(more).wish));
    }
}

#[test]
fn a_rule_needs_a_name_and_figures_that_mean_something() {
    assert_eq!(check_rule("Billing services", &conditions()), []);
    let none = Conditions { most_a_month: NanoUsd::ZERO, most_requests_per_minute: 0, most_days: 0, ..conditions() };
    let fields: Vec<_> = check_rule(" ", &none).into_iter().map(|refusal| refusal.field).collect();
    assert_eq!(fields, ["name", "most_a_month", "most_requests_per_minute", "most_days"]);
    let long = Conditions { most_days: 367, ..conditions() };
    assert_eq!(check_rule("x", &long).len(), 1);
}
