use super::*;
use crate::budget::{Cap, Window};
use crate::money::NanoUsd;
use crate::person::Membership;

const ASKED: Timestamp = Timestamp::from_ms(1_000_000);

fn person(number: u8) -> PersonId {
    PersonId::from_random(&[number; 12])
}
fn team(number: u8) -> TeamId {
    TeamId::from_random(&[number; 12])
}
fn caller(number: u8, roles: &[Role], leads: &[u8]) -> Caller {
    let memberships = leads.iter().map(|&number| Membership { team: team(number), team_name: "t".into(), lead: true });
    Caller {
        person: person(number),
        name: String::new(),
        email: String::new(),
        roles: roles.to_vec(),
        memberships: memberships.collect(),
        groups: vec![],
        address: String::new(),
    }
}
fn request() -> AccessRequest {
    AccessRequest {
        id: RequestId::from_random(&[1; 12]),
        asked_by: person(1),
        asked_at: ASKED,
        profile: ProfileId::from_random(&[1; 12]),
        owner: Owner::Person(person(1)),
        wish: Wish::MoreFor { key: KeyId::from_random(&[1; 12]), more: More::default(), expires_at: None },
        until: Some(ASKED.plus_days(90)),
        reason: "x".into(),
        deciders: Deciders::LeadsAndAdministrators,
        promised_at: ASKED.plus_days(1),
        state: RequestState::Waiting,
    }
}

#[test]
fn leads_and_administrators_decide_and_nobody_about_themselves() {
    let of_person = request();
    let of_team = AccessRequest { owner: Owner::Team(team(2)), ..request() };
    let strict = AccessRequest { deciders: Deciders::Administrators, ..request() };
    let rows: [(&str, &AccessRequest, Caller, bool); 9] = [
        ("an administrator", &of_person, caller(2, &[Role::Administrator], &[]), true),
        ("a lead of the requester's team", &of_person, caller(2, &[], &[1]), true),
        ("a lead of another team", &of_person, caller(2, &[], &[3]), false),
        ("a lead of the owning team", &of_team, caller(2, &[], &[2]), true),
        ("an auditor", &of_person, caller(2, &[Role::Auditor], &[]), false),
        ("another developer", &of_person, caller(2, &[Role::Developer], &[]), false),
        ("an administrator who asks", &of_person, caller(1, &[Role::Administrator], &[]), false),
        ("a lead who asks", &of_team, caller(1, &[], &[1, 2]), false),
        ("a lead where administrators decide", &strict, caller(2, &[], &[1]), false),
    ];
    for (who, request, caller, decides) in rows {
        assert_eq!(request.is_decided_by(&caller, &[team(1)]), decides, "{who}");
    }
}

#[test]
fn a_request_is_overdue_and_lapses_by_the_clock_alone() {
    let request = request();
    let standing = |days: i64, ms: i64| request.standing(ASKED.plus_days(days).plus_ms(ms));
    assert_eq!(standing(1, -1), Standing::Waiting);
    assert_eq!(standing(1, 0), Standing::Overdue);
    assert_eq!(standing(30, -1), Standing::Overdue);
    assert_eq!(standing(30, 0), Standing::Lapsed);
    let short = AccessRequest { until: Some(ASKED.plus_days(2)), ..request.clone() };
    assert_eq!(short.standing(ASKED.plus_days(2)), Standing::Lapsed, "there would be nothing left to grant");
    let withdrawn = AccessRequest { state: RequestState::Withdrawn { at: ASKED }, ..request };
    assert_eq!(withdrawn.standing(ASKED.plus_days(99)), Standing::Withdrawn);
}

#[test]
fn who_decides_gives_at_most_what_was_asked_for() {
    let limits = |dollars, requests| Limits {
        caps: vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(dollars) }],
        requests_per_minute: Some(requests),
        ..Limits::default()
    };
    let models = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let asked = More { limits: limits(150, 90), models: models(&["large"]) };
    assert_eq!(check_less(&asked, &asked), []);
    assert_eq!(check_less(&asked, &More { limits: limits(120, 1), models: vec![] }), []);
    let more = More {
        limits: Limits { concurrency: Some(1), tokens_per_minute: Some(2), ..limits(151, 91) },
        models: models(&["other"]),
    };
    let fields: Vec<_> = check_less(&asked, &more).into_iter().map(|refusal| refusal.field).collect();
    assert_eq!(fields, ["cap_month", "requests_per_minute", "concurrency", "tokens_per_minute", "models"]);
}
