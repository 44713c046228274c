//! Asking, answering, and what the answer makes.

use crate::asking::{Asking, money, month};
use crate::support::*;
use domain::access_request::{Decider, MOST_WAITING, RequestState, Standing};
use domain::access_rule::Conditions;
use domain::budget::BudgetScope;
use domain::grant::More;
use domain::key_secret::{PresentedToken, same_tag};
use domain::limits::Limits;
use domain::minting::MintRequest;
use domain::money::NanoUsd;
use domain::person::Role;
use domain::usage::NO_SECRET;
use domain::virtual_key::{KeyState, Overlap};
use portal::keys::MintVerdict;
use portal::requests::{Given, MoreWanted, NewRule};
use portal::{Made, PortalError};
use store::ScopeLimits;

fn codes(error: PortalError) -> Vec<(&'static str, &'static str)> {
    match error {
        PortalError::Refused(refusals) => refusals.iter().map(|one| (one.field, one.code())).collect(),
        _ => vec![("", "something else than a refusal")],
    }
}

#[tokio::test]
async fn an_approved_key_has_no_secret_until_whoever_asked_takes_it_once() {
    let asking = Asking::new().await;
    let (world, most) = (&asking.world, asking.maximum().await);
    let request = asking.ask_for_key("search", most + 50).await;
    assert!(world.portal.count_to_decide(&asking.lea).await.unwrap() > 0);
    world.gateway.take_told();
    asking.approve(&asking.lea, request).await.unwrap();

    let state = world.store.request(request).await.unwrap().unwrap().state;
    let RequestState::Approved { by, granted, .. } = state else { panic!("{state:?}") };
    assert_eq!((by, granted.more.clone()), (Decider::Person(asking.lea.person), money(most + 50)));
    let key = granted.key;
    assert_eq!(world.gateway.take_told(), [Told::Key(key)]);
    let kept = world.store.key_with_secrets(key).await.unwrap().unwrap();
    assert_eq!(kept.secrets, []);
    assert_eq!(kept.key.terms.caps, month(most), "what is above the maximum is a grant and no term");
    assert_eq!(kept.key.created_by, asking.ada.person);
    assert_eq!(asking.month_of(key).await, most + 50);

    let form = world.portal.new_form();
    let rotated = world.portal.rotate_key(&asking.ada, key, &form, Overlap::Day).await;
    assert_eq!(codes(rotated.err().unwrap()), [("key", "no_secret_yet")]);
    for other in [&asking.lea, &asking.dora] {
        let taken = world.portal.take_secret(other, request, &world.portal.new_form()).await;
        assert!(matches!(taken, Err(PortalError::NotFound)));
    }
    assert_eq!(
        world.portal.see_key(&asking.ada, key).await.unwrap().callers().await.unwrap().current_version,
        NO_SECRET
    );
    assert!(world.portal.request(&asking.ada, request).await.unwrap().acts.take_secret);
    let minted = world.portal.take_secret(&asking.ada, request, &world.portal.new_form()).await.unwrap();
    let secret = world.store.key_with_secrets(key).await.unwrap().unwrap().secrets.remove(0);
    let pepper = world.sealing.pepper(secret.pepper_version).unwrap();
    assert!(same_tag(&secret.tag, &PresentedToken::parse(minted.secret.expose()).unwrap().tag(&pepper)));
    let again = world.portal.take_secret(&asking.ada, request, &world.portal.new_form()).await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Key(made) }) if made == key));
    assert!(!world.portal.request(&asking.ada, request).await.unwrap().acts.take_secret);
}

#[tokio::test]
async fn a_grant_for_a_key_lapses_when_the_clock_passes() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let key = world.mint(&asking.ada, "laptop").await;
    let before = asking.month_of(key).await;
    let request = asking.try_more(key, 500, 30).await.unwrap();
    assert_eq!(asking.month_of(key).await, before, "nothing before the answer");
    asking.approve(&asking.dora, request).await.unwrap();
    assert_eq!(asking.month_of(key).await, 500);
    world.advance_days(30);
    assert_eq!(asking.month_of(key).await, before);
    assert_eq!(asking.world.portal.request(&asking.ada, request).await.unwrap().row.standing, Standing::Approved);
}

#[tokio::test]
async fn less_than_asked_is_given_and_more_is_not() {
    let asking = Asking::new().await;
    let (world, most) = (&asking.world, asking.maximum().await);
    let request = asking.ask_for_key("search", most + 50).await;
    let asked = asking.given(request).await;
    let more = Given {
        figures: More { limits: Limits { caps: month(most + 51), ..asked.figures.limits.clone() }, ..More::default() },
        ..asked.clone()
    };
    let refused = world.portal.approve_request(&asking.lea, request, &more).await;
    assert_eq!(codes(refused.unwrap_err()), [("cap_month", "above_maximum")]);
    let until = Some(world.now().plus_days(3));
    let less = Given {
        figures: More { limits: Limits { caps: month(most + 10), ..asked.figures.limits.clone() }, ..More::default() },
        until,
        ..asked
    };
    let granted = world.portal.approve_request(&asking.lea, request, &less).await.unwrap();
    assert_eq!((granted.more, granted.until), (money(most + 10), until));
    assert_eq!(asking.month_of(granted.key).await, most + 10);
}

#[tokio::test]
async fn a_request_is_answered_by_those_who_may_and_once() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let stranger = world.person("eve", &[Role::Developer]).await;
    let carol = world.auditor().await;
    let key = world.mint(&asking.ada, "laptop").await;
    let request = asking.try_more(key, 500, 30).await.unwrap();
    assert!(matches!(asking.approve(&stranger, request).await, Err(PortalError::NotFound)));
    assert!(matches!(world.portal.request(&stranger, request).await, Err(PortalError::NotFound)));
    assert!(matches!(asking.approve(&carol, request).await, Err(PortalError::Forbidden)));
    assert!(world.portal.request(&carol, request).await.is_ok(), "an auditor reads it");
    assert_eq!(codes(asking.approve(&asking.ada, request).await.unwrap_err()), [("request", "not_ones_own_request")]);
    assert_eq!(
        codes(world.portal.decline_request(&asking.lea, request, " ").await.unwrap_err()),
        [("reason", "missing")]
    );
    world.portal.decline_request(&asking.lea, request, "Not before\r\nJanuary").await.unwrap();
    let detail = world.portal.request(&asking.ada, request).await.unwrap();
    let RequestState::Declined { reason, .. } = &detail.row.request.state else { panic!() };
    assert_eq!(reason, "Not before January");
    assert_eq!(codes(asking.approve(&asking.dora, request).await.unwrap_err()), [("request", "already_decided")]);
    assert_eq!(
        codes(world.portal.withdraw_request(&asking.ada, request).await.unwrap_err()),
        [("request", "already_decided")]
    );
}

#[tokio::test]
async fn what_is_taken_back_or_lapsed_waits_for_nobody() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let key = world.mint(&asking.ada, "laptop").await;
    let first = asking.try_more(key, 500, 30).await.unwrap();
    assert!(matches!(world.portal.withdraw_request(&asking.lea, first).await, Err(PortalError::NotFound)));
    world.portal.withdraw_request(&asking.ada, first).await.unwrap();
    world.portal.withdraw_request(&asking.ada, first).await.unwrap();
    assert_eq!(world.portal.count_to_decide(&asking.lea).await.unwrap(), 0);
    let second = asking.try_more(key, 500, 90).await.unwrap();
    assert!(world.portal.count_to_decide(&asking.lea).await.unwrap() > 0);
    world.advance_days(2);
    assert_eq!(world.portal.request(&asking.ada, second).await.unwrap().row.standing, Standing::Overdue);
    world.advance_days(28);
    assert_eq!(world.portal.request(&asking.ada, second).await.unwrap().row.standing, Standing::Lapsed);
    assert_eq!(world.portal.count_to_decide(&asking.lea).await.unwrap(), 0);
    assert_eq!(codes(asking.approve(&asking.lea, second).await.unwrap_err()), [("request", "already_decided")]);
}

#[tokio::test]
async fn asking_is_refused_with_every_reason() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let key = world.mint(&asking.ada, "laptop").await;
    let has = asking.month_of(key).await;
    let nothing = MoreWanted {
        more: More { models: vec!["nothing-like-it".parse().unwrap()], ..money(has) },
        until: Some(world.now()),
        ..MoreWanted::default()
    };
    let refused = world.portal.ask_for_more(&asking.ada, key, &world.portal.new_form(), nothing).await;
    let expected =
        [("reason", "missing"), ("cap_month", "nothing_asked"), ("models", "nothing_asked"), ("until", "in_the_past")];
    assert_eq!(codes(refused.unwrap_err()), expected);
    let wanted = MoreWanted { more: money(900), reason: "x".into(), ..MoreWanted::default() };
    let of_another = world.portal.ask_for_more(&asking.lea, key, &world.portal.new_form(), wanted.clone()).await;
    assert!(matches!(of_another, Err(PortalError::NotFound)));
    let read = world.portal.ask_for_more(&asking.dora, key, &world.portal.new_form(), wanted).await;
    assert!(matches!(read, Err(PortalError::Forbidden)));
}

#[tokio::test]
async fn a_person_has_so_many_requests_waiting_and_no_more() {
    let asking = Asking::new().await;
    let key = asking.world.mint(&asking.ada, "laptop").await;
    for _ in 0..MOST_WAITING {
        asking.try_more(key, 500, 30).await.unwrap();
    }
    let refused = asking.try_more(key, 500, 30).await.unwrap_err();
    assert_eq!(codes(refused), [("reason", "too_many_waiting")]);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_asks_once() {
    let asking = Asking::new().await;
    let (world, wish) = (&asking.world, asking.wish("search", asking.maximum().await + 1).await);
    let form = world.portal.new_form();
    let until = Some(world.now().plus_days(30));
    let first = world.portal.ask_for_key(&asking.ada, &form, &wish, until, "x").await.unwrap();
    let second = world.portal.ask_for_key(&asking.ada, &form, &wish, until, "x").await;
    assert!(matches!(second, Err(PortalError::AlreadyDone { made: Made::Request(made) }) if made == first));
    assert_eq!(world.portal.my_requests(&asking.ada).await.unwrap().len(), 1);
}

#[tokio::test]
async fn where_every_key_waits_minting_is_refused_and_asking_is_not() {
    let asking = Asking::new().await;
    asking.every_key_waits().await;
    let world = &asking.world;
    let refused = world.try_mint(&asking.ada, "laptop").await.err().unwrap();
    assert_eq!(codes(refused), [("profile", "needs_approval")]);
    let wish = world.request(&asking.ada, "laptop").await;
    assert!(matches!(world.portal.check_ask(&asking.ada, &wish).await.unwrap(), MintVerdict::Asked(_)));
    let request =
        world.portal.ask_for_key(&asking.ada, &world.portal.new_form(), &wish, None, "My own work").await.unwrap();
    asking.approve(&asking.lea, request).await.unwrap();
    let key = world.store.requests_by(asking.ada.person, 1).await.unwrap().remove(0);
    let RequestState::Approved { granted, .. } = key.state else { panic!() };
    assert_eq!(world.store.grants_of(granted.key).await.unwrap(), [], "within the maxima there is nothing to grant");
    let key = world.store.key_with_secrets(granted.key).await.unwrap().unwrap().key;
    assert_eq!(key.state, KeyState::Active);
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_said_to_whoever_decides() {
    let asking = Asking::new().await;
    let request = asking.ask_for_key("search", asking.maximum().await + 1).await;
    asking.world.mint(&asking.ada, "search").await;
    assert_eq!(codes(asking.approve(&asking.lea, request).await.unwrap_err()), [("name", "key_name_taken")]);
    let still = asking.world.store.request(request).await.unwrap().unwrap();
    assert_eq!(still.state, RequestState::Waiting, "nothing of it happened");
}

#[tokio::test]
async fn a_lead_gives_no_more_than_the_team_may_spend() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let scope = BudgetScope::Team(asking.team);
    let limits = Limits { caps: month(400), ..Limits::default() };
    let limits = ScopeLimits { scope, limits, version: 1, updated_at: world.now(), updated_by: None };
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.put_limits(&limits).await.unwrap());
    tx.commit().await.unwrap();
    let key = world.mint(&asking.ada, "laptop").await;
    let request = asking.try_more(key, 500, 30).await.unwrap();
    assert_eq!(codes(asking.approve(&asking.lea, request).await.unwrap_err()), [("cap_month", "above_team_budget")]);
    let detail = world.portal.request(&asking.lea, request).await.unwrap();
    let team = detail.impact.unwrap().team.unwrap();
    assert_eq!((team.name.as_str(), team.limit), ("Search", NanoUsd::from_dollars(400)));
    assert!(team.spent_then > team.spent);
    asking.approve(&asking.dora, request).await.unwrap();
}

#[tokio::test]
async fn a_rule_answers_at_once_and_only_what_fits() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let key = world.mint(&asking.ada, "laptop").await;
    let conditions = Conditions {
        profiles: vec![],
        teams: vec![asking.team],
        consumers: vec![],
        environments: vec![],
        most_a_month: NanoUsd::from_dollars(300),
        most_requests_per_minute: 10_000,
        models: vec![],
        most_days: 30,
    };
    let new = NewRule { name: "Small ones".into(), conditions };
    let administrator = as_administrator(&asking.dora);
    let rule = world.portal.add_approval_rule(administrator, &world.portal.new_form(), new).await.unwrap();
    let waits = asking.try_more(key, 301, 30).await.unwrap();
    assert_eq!(world.portal.request(&asking.ada, waits).await.unwrap().row.standing, Standing::Waiting);
    let fits = asking.try_more(key, 300, 30).await.unwrap();
    let detail = world.portal.request(&asking.ada, fits).await.unwrap();
    assert_eq!(detail.row.standing, Standing::Approved);
    assert_eq!(detail.row.decided_by_name.as_deref(), Some("the rule Small ones"));
    assert_eq!(asking.month_of(key).await, 300);
    let rows = world.portal.approval_rules(&asking.lea).await.unwrap();
    assert_eq!((rows[0].would_approve, rows[0].of_requests), (1, 2));
    world.portal.remove_approval_rule(administrator, rule).await.unwrap();
    assert!(matches!(world.portal.remove_approval_rule(administrator, rule).await, Err(PortalError::NotFound)));
    assert_eq!(asking.month_of(key).await, 300, "what it approved stays");
}

#[tokio::test]
async fn a_queue_says_what_a_yes_would_mean() {
    let asking = Asking::new().await;
    let world = &asking.world;
    let key = world.mint(&asking.ada, "laptop").await;
    world.gateway.set_spent(key, 90);
    let request = asking.try_more(key, 500, 5).await.unwrap();
    let queue = world.portal.approvals(&asking.lea).await.unwrap();
    let [(row, impact)] = queue.waiting.as_slice() else { panic!("{:?}", queue.waiting) };
    assert_eq!((row.request.id, row.key_name.as_str(), row.asked_by_name.as_str()), (request, "laptop", "ada"));
    assert_eq!(impact.month_then, Some(NanoUsd::from_dollars(500)));
    assert_eq!(impact.maxima.limits.caps, month(asking.maximum().await));
    assert_eq!(impact.tightest.unwrap().left(), NanoUsd::from_dollars(10));
    assert_eq!(row.waits_with, ["bob"]);
    assert!(matches!(world.portal.approvals(&asking.ada).await, Err(PortalError::Forbidden)));
    asking.approve(&asking.lea, request).await.unwrap();
    let queue = world.portal.approvals(&asking.lea).await.unwrap();
    assert_eq!((queue.waiting_count, queue.lapsing.len()), (0, 1));
    assert_eq!(world.portal.decided_requests(&asking.lea).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_policy_that_changes_while_a_request_waits_does_not_stop_it() {
    let asking = Asking::new().await;
    let (world, most) = (&asking.world, asking.maximum().await);
    let save = async |from, text: &str| {
        world.portal.save_key_policy(as_administrator(&asking.dora), from, text).await.unwrap();
    };
    save(0, "Do not share keys.").await;
    let unread = asking.wish("search", most + 50).await;
    let until = Some(world.now().plus_days(30));
    let ask = async |wish: &MintRequest| {
        world.portal.ask_for_key(&asking.ada, &world.portal.new_form(), wish, until, "Quarter close").await
    };
    assert_eq!(refusals(ask(&unread).await), ["policy=missing"]);
    let request = ask(&MintRequest { policy_read: Some(1), ..unread }).await.unwrap();
    save(1, "Nor print them.").await;
    asking.approve(&asking.lea, request).await.unwrap();
    let page = world.portal.key_policy_page(&asking.dora, None).await.unwrap();
    let read: Vec<_> = page.acknowledgements.iter().map(|one| (one.version, one.person_name.as_str())).collect();
    assert_eq!(read, [(1, asking.ada.name.as_str())], "what was read when the key was asked for");
}
