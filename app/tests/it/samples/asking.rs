//! Requests and approvals, as whoever asks and whoever answers gets them.

use super::*;
use app::pages::approvals::{decided, lapsing, queue, rule, rules};
use app::pages::confirm;
use app::pages::form::Reasons;
use app::pages::requests::{answer, ask, entered, less, list as mine, show};
use domain::access_profile::Deciders;
use domain::access_request::{AccessRequest, Decider, Granted, RequestState, Standing, Wish};
use domain::access_rule::{AccessRule, Conditions};
use domain::effective_terms::explain;
use domain::grant::{Grant, More};
use domain::id::{ApprovalRuleId, GrantId, RequestId};
use domain::limits::Limits;
use portal::requests::{
    ApprovalRuleChoices, AskOptions, GrantRow, Impact, Maxima, Queue, RequestActs, RequestDetail, RequestRow, RuleRow,
    TeamShare,
};

fn month(dollars: i64) -> Vec<Cap> {
    vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(dollars) }]
}

fn more() -> More {
    More {
        limits: Limits { caps: month(350), requests_per_minute: Some(90), ..Limits::default() },
        models: vec!["huge-model".parse().unwrap()],
    }
}

fn request(wish: Wish, state: RequestState) -> AccessRequest {
    AccessRequest {
        id: RequestId::from_random(&[3; 16]),
        asked_by: virtual_key().created_by,
        asked_at: now().plus_days(-1),
        profile: virtual_key().profile,
        owner: virtual_key().owner,
        wish,
        until: Some(now().plus_days(30)),
        reason: "Quarter close <b>\"&amp;\"</b>".to_owned(),
        deciders: Deciders::LeadsAndAdministrators,
        promised_at: now().plus_days(1),
        state,
    }
}

fn wants_more() -> Wish {
    Wish::MoreFor { key: virtual_key().id, more: more(), expires_at: Some(now().plus_days(300)) }
}

fn wants_key() -> Wish {
    let key = virtual_key();
    let wanted = domain::minting::MintRequest {
        name: "search".to_owned(),
        consumer: key.consumer,
        profile: key.profile,
        owner: key.owner,
        application: Some("search".to_owned()),
        environment: "prod".to_owned(),
        cost_centre: None,
        tags: vec![],
        models: Some(vec!["small-*".parse().unwrap()]),
        caps: month(150),
        requests_per_minute: Some(60),
        concurrency: Some(4),
        tokens_per_minute: Some(100_000),
        quotas: vec![],
        lifetime_days: Some(90),
        networks: None,
        max_output_tokens: None,
        policy_read: None,
    };
    Wish::NewKey { wanted, above: More { limits: Limits { caps: month(150), ..Limits::default() }, models: vec![] } }
}

fn row(wish: Wish, state: RequestState, standing: Standing) -> RequestRow {
    RequestRow {
        request: request(wish, state),
        standing,
        asked_by_name: "Ada Example".to_owned(),
        mine: true,
        key_name: "search".to_owned(),
        key: Some(virtual_key().id),
        owner_name: "Ada Example".to_owned(),
        profile_name: "Standard developer".to_owned(),
        waits_with: vec!["Lea".to_owned(), "Mo".to_owned()],
        decided_by_name: Some("Lea".to_owned()),
    }
}

fn approved() -> RequestState {
    let granted = Granted { key: virtual_key().id, more: more(), until: None, expires_at: None };
    RequestState::Approved { at: now(), by: Decider::Person(virtual_key().created_by), granted }
}

fn declined() -> RequestState {
    RequestState::Declined { at: now(), by: virtual_key().created_by, reason: "Not before January".to_owned() }
}

/// An approved key without a secret yet, and a no.
pub(crate) fn answers() -> Vec<RequestRow> {
    every_row().into_iter().skip(3).take(2).collect()
}

fn every_row() -> Vec<RequestRow> {
    let waiting = RequestState::Waiting;
    vec![
        row(wants_more(), waiting.clone(), Standing::Waiting),
        row(wants_key(), waiting.clone(), Standing::Overdue),
        row(wants_key(), waiting, Standing::Lapsed),
        row(wants_key(), approved(), Standing::Approved),
        row(wants_more(), declined(), Standing::Declined),
        row(wants_more(), RequestState::Withdrawn { at: now() }, Standing::Withdrawn),
    ]
}

fn impact() -> Impact {
    Impact {
        spent_30_days: NanoUsd::from_dollars(172),
        month_at_this_pace: NanoUsd::from_dollars(330),
        tightest: key_detail(virtual_key()).figures.first().copied(),
        month_now: Some(NanoUsd::from_dollars(200)),
        month_then: Some(NanoUsd::from_dollars(350)),
        team: Some(TeamShare {
            name: "Billing".to_owned(),
            limit: NanoUsd::from_dollars(1_200),
            spent: NanoUsd::from_dollars(936),
            spent_then: NanoUsd::from_dollars(1_086),
        }),
        maxima: Maxima {
            limits: Limits { caps: month(200), requests_per_minute: Some(60), ..Limits::default() },
            lifetime_days: Some(180),
            expires_at: Some(now().plus_days(151)),
        },
    }
}

fn detail(wish: Wish, state: RequestState, standing: Standing, acts: RequestActs) -> RequestDetail {
    let impact = acts.decide.then(impact);
    let row = RequestRow { mine: !acts.decide, ..row(wish, state, standing) };
    RequestDetail { row, acts, impact, form: "e".repeat(32).parse().unwrap() }
}

fn to_decide(wish: Wish) -> RequestDetail {
    detail(wish, RequestState::Waiting, Standing::Waiting, RequestActs { decide: true, ..RequestActs::default() })
}

fn ask_model(reasons: Reasons) -> ask::Model {
    let detail = key_detail(virtual_key());
    let options = AskOptions {
        form: "f".repeat(32).parse().unwrap(),
        has: explain(&detail.profile.terms, &detail.key.terms),
        key: detail.key,
        profile: detail.profile,
        models: vec!["huge-model".to_owned(), "other-model".to_owned()],
        spent_30_days: NanoUsd::from_dollars(12),
        usual_end: now().plus_days(30),
        waits_with: vec!["Lea".to_owned()],
    };
    let entered = entered::Entered { until: "2026-12-20".to_owned(), ..entered::Entered::default() };
    ask::Model { options, entered, reasons, calendar: calendar() }
}

fn less_model(wish: Wish, reasons: Reasons) -> less::Model {
    let detail = to_decide(wish);
    let entered = less::as_asked(&detail, &calendar());
    less::Model { detail, entered, reasons, calendar: calendar() }
}

fn rule_row() -> RuleRow {
    let conditions = Conditions {
        profiles: vec![virtual_key().profile],
        teams: vec![],
        consumers: vec![virtual_key().consumer],
        environments: vec!["dev".to_owned()],
        most_a_month: NanoUsd::from_dollars(350),
        most_requests_per_minute: 90,
        models: vec!["small-*".parse().unwrap()],
        most_days: 30,
    };
    RuleRow {
        rule: AccessRule {
            id: ApprovalRuleId::from_random(&[1; 12]),
            name: "Small ones".to_owned(),
            conditions,
            created_by: virtual_key().created_by,
            created_at: now(),
        },
        created_by_name: "Dora".to_owned(),
        would_approve: 3,
        of_requests: 14,
    }
}

fn names() -> ApprovalRuleChoices {
    ApprovalRuleChoices {
        profiles: vec![(virtual_key().profile, "Standard developer".to_owned())],
        teams: vec![(TeamId::from_random(&[1; 12]), "Billing".to_owned())],
        environments: vec!["dev".to_owned(), "prod".to_owned()],
    }
}

fn grant_row() -> GrantRow {
    let grant = Grant {
        id: GrantId::from_random(&[1; 12]),
        key: virtual_key().id,
        request: RequestId::from_random(&[3; 16]),
        more: more(),
        until: Some(now().plus_days(3)),
        granted_by: Decider::Person(virtual_key().created_by),
        granted_at: now(),
    };
    GrantRow { grant, key_name: "invoice-parser".to_owned(), owner_name: "Billing".to_owned() }
}

fn asking_verdict() -> mint::view::Model {
    let granted = match granted() {
        MintVerdict::Granted(terms) => Some(terms),
        _ => None,
    };
    let mut terms = granted.unwrap();
    let money = |dollars| Amount::Money { amount: NanoUsd::from_dollars(dollars), window: Window::Month };
    terms.above = vec![domain::minting::Above { field: "cap_month", wanted: money(150), maximum: money(100) }];
    terms.more = More { limits: Limits { caps: month(150), ..Limits::default() }, models: vec![] };
    let asking = Some(mint::view::Asking { who: "Lea or an administrator".to_owned(), promised_hours: 24 });
    mint::view::Model { asking, ..mint_model(Some(MintVerdict::Asked(terms))) }
}

fn askable() -> mint::view::Model {
    let money = |dollars| Amount::Money { amount: NanoUsd::from_dollars(dollars), window: Window::Month };
    let (wanted, maximum) = (money(150), money(100));
    mint_model(Some(MintVerdict::Refused(vec![Refusal::new("cap_month", Reason::AboveMaximumAsk { wanted, maximum })])))
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let who = developer();
    let ada = Some(&who);
    let admin = administrator();
    let dora = Some(&admin);
    let wrong = |field| Reasons::from(vec![Refusal::new(field, Reason::Missing)]);
    let withdraw = RequestActs { withdraw: true, ..RequestActs::default() };
    let take = RequestActs { take_secret: true, make_rule: true, ..RequestActs::default() };
    let queue_of = |waiting: Vec<(RequestRow, Impact)>| queue::Model {
        queue: Queue { waiting_count: 2, waiting, lapsing: vec![grant_row()], may_decide: true },
        calendar: calendar(),
    };
    let waiting = || {
        let theirs = |row: RequestRow| RequestRow { mine: false, ..row };
        every_row().into_iter().take(2).map(|row| (theirs(row), impact())).collect()
    };
    vec![
        ("mint-askable", framed(ada, "Mint a key", || mint::view::view(askable()))),
        ("mint-asking", framed(ada, "Mint a key", || mint::view::view(asking_verdict()))),
        (
            "requests",
            framed(ada, "Requests", || mine::view(mine::Model { requests: every_row(), calendar: calendar() })),
        ),
        (
            "requests-none",
            framed(ada, "Requests", || mine::view(mine::Model { requests: vec![], calendar: calendar() })),
        ),
        (
            "request",
            framed(ada, "Request", || {
                let detail = detail(wants_key(), RequestState::Waiting, Standing::Waiting, withdraw);
                show::view(show::Model { detail, calendar: calendar() })
            }),
        ),
        (
            "request-approved",
            framed(ada, "Request", || {
                let detail = detail(wants_key(), approved(), Standing::Approved, take);
                show::view(show::Model { detail, calendar: calendar() })
            }),
        ),
        (
            "request-to-decide",
            framed(dora, "Request", || {
                show::view(show::Model { detail: to_decide(wants_more()), calendar: calendar() })
            }),
        ),
        (
            "request-approve",
            framed(dora, "Approve", || {
                let refusals = vec![Refusal::new("request", Reason::KeyEnded)];
                let detail = to_decide(wants_key());
                answer::approve_view(answer::Approving { detail, refusals, calendar: calendar() })
            }),
        ),
        ("request-less", framed(dora, "Less", || less::view(less_model(wants_more(), Reasons::default())))),
        ("request-less-key", framed(dora, "Less", || less::view(less_model(wants_key(), wrong("cap_month"))))),
        (
            "request-decline",
            framed(dora, "Decline", || {
                let refusals = vec![Refusal::new("reason", Reason::Missing)];
                let row = row(wants_key(), RequestState::Waiting, Standing::Waiting);
                answer::decline_view(answer::DeclineModel { row, reason: String::new(), refusals })
            }),
        ),
        (
            "request-withdraw",
            framed(ada, "Withdraw", || {
                let row = row(wants_key(), RequestState::Waiting, Standing::Waiting);
                confirm::view(answer::withdrawal(&row))
            }),
        ),
        ("ask", framed(ada, "Ask for more", || ask::view(ask_model(Reasons::default())))),
        ("ask-refused", framed(ada, "Ask for more", || ask::view(ask_model(wrong("reason"))))),
        ("approvals", framed(dora, "Approvals", || queue::view(queue_of(waiting())))),
        ("approvals-none", framed(dora, "Approvals", || queue::view(queue_of(vec![])))),
        (
            "approvals-decided",
            framed(dora, "Decided", || {
                let decided = every_row().into_iter().skip(3).collect();
                decided::view(decided::Model { decided, calendar: calendar() })
            }),
        ),
        (
            "approvals-lapsing",
            framed(dora, "Lapsing", || {
                lapsing::view(lapsing::Model { grants: vec![grant_row()], waiting: 2, calendar: calendar() })
            }),
        ),
        (
            "approvals-rules",
            framed(dora, "Rules", || {
                let rules = vec![rule_row()];
                rules::view(rules::Model { rules, names: names(), may_change: true, calendar: calendar() })
            }),
        ),
        ("approvals-rule-remove", framed(dora, "Remove", || confirm::view(rules::removal(&rule_row())))),
        (
            "approvals-rule",
            framed(dora, "Add a rule", || {
                let form = rule::like(&to_decide(wants_more()));
                let once = "g".repeat(32).parse().unwrap();
                rule::view(rule::Model { once, form, names: names(), reasons: wrong("most_days") })
            }),
        ),
    ]
}
