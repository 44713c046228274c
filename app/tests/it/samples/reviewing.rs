//! Reviews of keys: what waits, what was decided, how far the teams are, and no review at all.

use super::*;
use app::pages::form::Reasons;
use app::pages::reviews::{decide, list, progress, switch};
use domain::day::Day;
use domain::key_review::{Choice, Decision, Quarter, Review};
use portal::keys::reviews::{
    DecidedRow, Held, Progress, ReviewOutcome, ReviewPage, ReviewRow, Reviewed, ReviewsWaiting, Shown, TeamProgress,
    Used,
};
use std::collections::HashMap;

fn quarter() -> Quarter {
    "2026-Q4".parse().unwrap()
}

fn review() -> Review {
    Review::of(quarter(), quarter().first_day()).unwrap()
}

fn due() -> Day {
    review().due
}

pub(crate) fn waiting(overdue: bool) -> ReviewsWaiting {
    ReviewsWaiting { keys: if overdue { 1 } else { 1_204 }, due: due(), overdue }
}

fn row(seed: u8, name: &str, owner: Owner) -> ReviewRow {
    ReviewRow {
        id: key_id(seed),
        name: name.to_owned(),
        opens: true,
        owner,
        owner_name: "Billing".to_owned(),
        mine: false,
        teams: vec!["Billing".to_owned()],
        consumer: ConsumerKind::Service,
        application: Some("invoice-parser".to_owned()),
        environment: "prod".to_owned(),
        profile_name: "Standard developer".to_owned(),
        standing: KeyStanding::Usable,
        used: Used::At(LastUse {
            at: now().plus_days(-2),
            network: "10.4.1.9".into(),
            agent: "openai-python/2.1".into(),
        }),
        spent: Some(dollars(17_210)),
        created_at: now().plus_days(-120),
        expires_at: now().plus_days(60),
    }
}

fn rows() -> Vec<ReviewRow> {
    let person = Owner::Person(PersonId::from_random(&[5; 12]));
    let theirs = |seed, name| ReviewRow {
        owner_name: "Grace Hopper".to_owned(),
        opens: false,
        consumer: ConsumerKind::Agent,
        application: None,
        spent: None,
        used: Used::Lately(true),
        ..row(seed, name, person)
    };
    vec![
        row(1, "invoice-parser", Owner::Team(team())),
        ReviewRow {
            used: Used::Never,
            standing: KeyStanding::Disabled,
            ..row(2, "nightly-evaluation", Owner::Team(team()))
        },
        theirs(3, "claude-code laptop"),
        ReviewRow { used: Used::Lately(false), standing: KeyStanding::OwnerSuspended, ..theirs(4, "<b>prototype</b>") },
    ]
}

fn page(held: Held) -> ReviewPage {
    ReviewPage {
        held,
        team: None,
        waiting: 1_204,
        decided: 38,
        to_review: rows(),
        done: vec![],
        next: Some("1.x".to_owned()),
        only_administrator: false,
    }
}

fn open(overdue: bool) -> Held {
    Held::Open { review: review(), overdue }
}

fn list(page: ReviewPage, administers: bool) -> list::Model {
    let (asked, reasons) = (list::Asked::default(), Reasons::default());
    list::Model { asked, page, chosen: HashMap::new(), reasons, administers, calendar: calendar() }
}

fn done() -> list::Model {
    let one = |seed, name: &str, decision, reason| DecidedRow {
        key: key_id(seed),
        name: name.to_owned(),
        opens: seed < 2,
        owner: Owner::Team(team()),
        owner_name: "Billing".to_owned(),
        mine: false,
        decision,
        reason,
        at: now().plus_days(-1),
        by_name: "Ada Lovelace".to_owned(),
    };
    let done = vec![
        one(1, "invoice-parser", Decision::Keep, None),
        one(2, "nightly-evaluation", Decision::Revoke, Some(RevocationReason::NoLongerNeeded)),
    ];
    let asked = list::Asked { view: Some("done".to_owned()), kept: Some(1), revoked: Some(1), ..Default::default() };
    let page = ReviewPage { to_review: vec![], done, team: Some((team(), "Billing".to_owned())), ..page(open(true)) };
    list::Model { asked, ..list(page, true) }
}

fn decisions(wrong: bool) -> decide::Model {
    let mut reasons = Reasons::default();
    if wrong {
        reasons.add("reason", "Choose one of the reasons.");
    }
    let keys = vec![
        (key_id(1), "invoice-parser".to_owned(), Decision::Keep),
        (key_id(2), "<b>prototype</b>".to_owned(), Decision::Revoke),
    ];
    let asked = list::Asked { team: Some(team().to_string()), after: Some("1.x".to_owned()), ..Default::default() };
    decide::Model { quarter: quarter(), keys, asked, reasons }
}

fn outcome() -> decide::Outcome {
    let one =
        |seed, name: &str, choice, outcome| Reviewed { key: key_id(seed), name: name.to_owned(), choice, outcome };
    let revoke = Choice::Revoke(RevocationReason::Replaced);
    let faster = |decision| ReviewOutcome::Decided { decision, by_name: "Grace <i>Hopper</i>".to_owned() };
    let reviewed = vec![
        one(1, "claude-code laptop", Choice::Keep, ReviewOutcome::Done),
        one(2, "nightly-evaluation", revoke, faster(Decision::Keep)),
        one(3, "crawler", Choice::Keep, faster(Decision::Revoke)),
        one(4, "invoice-parser", Choice::Keep, ReviewOutcome::Ended),
        one(5, "<b>prototype</b>", revoke, ReviewOutcome::Gone),
        one(6, "batch", revoke, ReviewOutcome::Failed),
    ];
    decide::Outcome { reviewed, asked: list::Asked::default() }
}

fn progress(open_now: bool) -> progress::Model {
    let one = |team, waiting, unled, kept, revoked| TeamProgress { team, waiting, unled, kept, revoked };
    let named = |seed, name: &str| Some((TeamId::from_random(&[seed; 12]), name.to_owned()));
    let teams = vec![
        one(None, 1_310, 1_310, 2, 0),
        one(named(1, "Billing"), 14, 2, 30, 4),
        one(named(2, "Search & <b>Ads</b>"), 3, 0, 0, 0),
        one(named(3, "Platform"), 0, 0, 12, 1),
    ];
    let shown = Some(Shown { review: review(), open: open_now, teams });
    let held = if open_now { open(true) } else { Held::Off };
    let progress = Progress { held, shown, earlier: vec![quarter().previous()] };
    progress::Model { progress, from: 0, administers: open_now }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let (ada, admin) = (developer(), administrator());
    let (ada, admin) = (Some(&ada), Some(&admin));
    let to_come = Held::From(Review::first(review().due.plus(60)));
    let mut nothing_chosen = list(page(open(false)), false);
    nothing_chosen.reasons.add("choice", "Nothing is chosen. Choose Keep or Revoke for at least one key.");
    nothing_chosen.chosen.insert(key_id(2).to_string(), Decision::Revoke);
    let all_done =
        ReviewPage { to_review: vec![], waiting: 0, next: None, only_administrator: true, ..page(open(false)) };
    let switched = |held| switch::Model { held, first: review() };
    vec![
        ("reviews", framed(ada, "Reviews", move || list::view(nothing_chosen))),
        ("reviews-all-done", framed(admin, "Reviews", || list::view(list(all_done, true)))),
        ("reviews-off", framed(admin, "Reviews", || list::view(list(page(Held::Off), true)))),
        ("reviews-to-come", framed(ada, "Reviews", || list::view(list(page(to_come), false)))),
        ("reviews-done", framed(admin, "Reviews", || list::view(done()))),
        ("reviews-decide", framed(ada, "Reviews", || decide::view(decisions(false)))),
        ("reviews-decide-refused", framed(ada, "Reviews", || decide::view(decisions(true)))),
        ("reviews-outcome", framed(ada, "Reviews", || decide::outcome_view(outcome()))),
        ("reviews-progress", framed(admin, "Progress of reviews", || progress::view(progress(true)))),
        ("reviews-past", framed(admin, "Progress of reviews", || progress::view(progress(false)))),
        ("reviews-switch-on", framed(admin, "Key reviews", || switch::view(switched(Held::Off)))),
        ("reviews-switch-off", framed(admin, "Key reviews", || switch::view(switched(open(false))))),
    ]
}
