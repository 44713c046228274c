//! Who is told what when somebody does something, and how they want to be told.

use crate::support::{World, as_administrator, error};
use domain::budget::{Cap, Window};
use domain::grant::More;
use domain::id::{KeyId, RequestId, TeamId};
use domain::limits::Limits;
use domain::money::NanoUsd;
use domain::notification::channels::{Channels, Mailing};
use domain::notification::{GivenAnswer, Happening, KeyChange, Kind};
use domain::person::Caller;
use domain::virtual_key::RevocationReason;
use portal::handover::Leaving;
use portal::notifications::{NotificationView, SendAgain};
use portal::requests::{Given, MoreWanted};

async fn told(world: &World, to: &Caller) -> Vec<Happening> {
    let page = world.portal.notifications(to, NotificationView::All, None).await.unwrap();
    page.rows.into_iter().map(|note| note.happening).collect()
}

async fn unread(world: &World, to: &Caller) -> u64 {
    world.portal.unread_notifications(to).await.unwrap()
}

/// Asks for more money a month for a key.
async fn ask(world: &World, asker: &Caller, key: KeyId) -> RequestId {
    let caps = vec![Cap { window: Window::Month, limit: NanoUsd::from_dollars(500) }];
    let more = More { limits: Limits { caps, ..Limits::default() }, models: vec![] };
    let wanted = MoreWanted { more, expires_at: None, until: None, reason: "Quarter close".into() };
    world.portal.ask_for_more(asker, key, &world.portal.new_form(), wanted).await.unwrap()
}

/// A member of a team with a key of their own, the team's lead, and an administrator.
struct Office {
    world: World,
    team: TeamId,
    member: Caller,
    lead: Caller,
    administrator: Caller,
    key: KeyId,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let administrator = world.administrator().await;
        let lead = world.other_developer().await;
        let (team, lead) = world.team_led_by("Search", &lead).await;
        let member = world.developer().await;
        let mut tx = world.store.begin().await.unwrap();
        tx.put_membership(team, member.person, false).await.unwrap();
        tx.commit().await.unwrap();
        let member = world.caller(member.person).await;
        let key = world.mint(&member, "laptop").await;
        Self { world, team, member, lead, administrator, key }
    }
}

#[tokio::test]
async fn a_request_is_told_to_those_who_may_answer_and_its_answer_to_whoever_asked() {
    let Office { world, member, lead, administrator, key, .. } = Office::new().await;
    let request = ask(&world, &member, key).await;
    let waits = Happening::RequestWaits { request, name: "laptop".into(), by: member.name.clone() };
    assert_eq!(told(&world, &lead).await, std::slice::from_ref(&waits));
    assert_eq!(told(&world, &administrator).await, [waits]);
    assert!(told(&world, &member).await.is_empty(), "whoever asks knows");
    let letters = world.portal.take_letters(9).await.unwrap();
    let to: Vec<&str> = letters.iter().map(|letter| letter.to_address.as_str()).collect();
    assert_eq!(to, [lead.email.as_str()], "a lead can answer: administrators need no letter");

    let less = Given { until: Some(world.now().plus_days(9)), ..given(&world, &lead, request).await };
    world.portal.approve_request(&lead, request, &less).await.unwrap();
    let (answer, by) = (GivenAnswer::ApprovedLess, lead.name.clone());
    let answered = Happening::RequestAnswered { request, name: "laptop".into(), answer, by };
    assert_eq!(told(&world, &member).await, [answered]);
    assert_eq!(unread(&world, &administrator).await, 0, "there is nothing left to answer");
    assert_eq!(unread(&world, &member).await, 1);
}

async fn given(world: &World, caller: &Caller, request: RequestId) -> Given {
    Given::all_of(&world.portal.request(caller, request).await.unwrap().row.request)
}

#[tokio::test]
async fn a_no_is_told_and_a_request_taken_back_is_settled() {
    let Office { world, member, lead, administrator, key, .. } = Office::new().await;
    let first = ask(&world, &member, key).await;
    world.portal.decline_request(&administrator, first, "Not this quarter").await.unwrap();
    assert!(matches!(
        told(&world, &member).await.as_slice(),
        [Happening::RequestAnswered { answer: GivenAnswer::Declined, .. }]
    ));
    let second = ask(&world, &member, key).await;
    assert_eq!(unread(&world, &lead).await, 1);
    world.portal.withdraw_request(&member, second).await.unwrap();
    assert_eq!(unread(&world, &lead).await, 0);
    assert_eq!(told(&world, &member).await.len(), 1, "taking back is no answer");
    assert!(world.portal.take_letters(9).await.unwrap().iter().all(|letter| letter.to_address == member.email));
}

#[tokio::test]
async fn what_others_do_to_a_key_is_told_and_what_one_does_oneself_is_not() {
    let Office { world, member, administrator, key, .. } = Office::new().await;
    world.portal.disable_key(&member, key).await.unwrap();
    world.portal.enable_key(&member, key).await.unwrap();
    assert!(told(&world, &member).await.is_empty());
    world.portal.disable_key(&administrator, key).await.unwrap();
    world.advance_ms(1);
    world.portal.enable_key(&administrator, key).await.unwrap();
    world.advance_ms(1);
    world.portal.revoke_key(&administrator, key, RevocationReason::Compromised).await.unwrap();
    world.portal.revoke_key(&administrator, key, RevocationReason::Compromised).await.unwrap();
    let changes: Vec<KeyChange> = (told(&world, &member).await.into_iter())
        .map(|happening| match happening {
            Happening::KeyChanged { change, by, .. } if by == administrator.name => change,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(changes, [KeyChange::Revoked, KeyChange::Enabled, KeyChange::Disabled]);
}

#[tokio::test]
async fn a_teams_key_is_told_to_its_leads_and_a_moved_one_to_both_sides() {
    let Office { world, team, member, lead, administrator, .. } = Office::new().await;
    let key = world.mint_for_team(&lead, team, "pipeline").await;
    world.portal.disable_key(&administrator, key).await.unwrap();
    assert_eq!(told(&world, &lead).await.len(), 1);
    assert!(told(&world, &member).await.is_empty(), "a plain member does not look after the team's keys");

    world.advance_ms(1);
    let leaving = Leaving { person: lead.person, within: Some(team) };
    let form = world.portal.new_form();
    world.portal.hand_over(&administrator, &form, leaving, member.person, &[key]).await.unwrap();
    let change = async |to: &Caller| match told(&world, to).await.first() {
        Some(Happening::KeyChanged { change, .. }) => Some(*change),
        _ => None,
    };
    assert_eq!(change(&lead).await, Some(KeyChange::MovedAway));
    assert_eq!(change(&member).await, Some(KeyChange::MovedHere));
}

#[tokio::test]
async fn somebody_elses_notification_is_not_there() {
    let Office { world, member, lead, administrator, key, .. } = Office::new().await;
    ask(&world, &member, key).await;
    let page = world.portal.notifications(&lead, NotificationView::Unread, None).await.unwrap();
    let id = page.rows[0].id;
    assert_eq!(error(world.portal.read_notification(&administrator, id).await), "not found");
    assert_eq!(unread(&world, &lead).await, 1);
    world.portal.read_notification(&lead, id).await.unwrap();
    world.portal.read_notification(&lead, id).await.unwrap();
    assert_eq!(unread(&world, &lead).await, 0);
    let page = world.portal.notifications(&lead, NotificationView::Unread, None).await.unwrap();
    assert!(page.rows.is_empty());
}

#[tokio::test]
async fn marking_all_as_read_leaves_what_came_after_the_page() {
    let Office { world, member, lead, key, .. } = Office::new().await;
    ask(&world, &member, key).await;
    let seen = world.portal.notifications(&lead, NotificationView::All, None).await.unwrap().rows[0].made_at;
    world.advance_ms(1);
    ask(&world, &member, key).await;
    world.portal.read_notifications(&lead, seen).await.unwrap();
    assert_eq!(unread(&world, &lead).await, 1);
}

#[tokio::test]
async fn pages_of_notifications_follow_each_other() {
    let Office { world, member, lead, key, .. } = Office::new().await;
    for _ in 0..18 {
        let first = ask(&world, &member, key).await;
        let second = ask(&world, &member, key).await;
        world.portal.withdraw_request(&member, first).await.unwrap();
        world.portal.withdraw_request(&member, second).await.unwrap();
        world.advance_ms(1);
    }
    let first = world.portal.notifications(&lead, NotificationView::All, None).await.unwrap();
    let second = world.portal.notifications(&lead, NotificationView::All, first.next.as_deref()).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len(), second.next), (30, 6, None));
    assert!(first.rows.iter().all(|row| second.rows.iter().all(|other| row.id != other.id)));
    let broken = world.portal.notifications(&lead, NotificationView::All, Some("nonsense")).await.unwrap();
    assert_eq!(broken.rows.len(), 30);
}

async fn choose(world: &World, caller: &Caller, kind: Kind, in_app: bool, mail: Mailing) {
    let form = world.portal.notification_preferences(caller).await.unwrap().form;
    world.portal.choose_notifications(caller, &form, &[(kind, Channels { in_app, mail })]).await.unwrap();
}

#[tokio::test]
async fn people_choose_how_they_are_told() {
    let Office { world, member, lead, administrator, key, .. } = Office::new().await;
    choose(&world, &lead, Kind::RequestWaits, false, Mailing::Never).await;
    choose(&world, &administrator, Kind::RequestWaits, false, Mailing::AtOnce).await;
    ask(&world, &member, key).await;
    assert!(told(&world, &lead).await.is_empty());
    assert!(told(&world, &administrator).await.is_empty(), "by mail alone");
    assert_eq!(unread(&world, &administrator).await, 0);
    let letters = world.portal.take_letters(9).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to_address.as_str(), letters[0].is_summary), (administrator.email.as_str(), false));
    let preferences = world.portal.notification_preferences(&lead).await.unwrap();
    assert!(preferences.kinds.contains(&(Kind::RequestWaits, Channels { in_app: false, mail: Mailing::Never })));
    assert!(preferences.kinds.iter().all(|(kind, _)| *kind != Kind::AuditBroken), "leads do not read the audit log");
}

#[tokio::test]
async fn a_choice_counts_once_for_its_form_and_never_for_what_does_not_concern_one() {
    let world = World::new().await;
    let developer = world.developer().await;
    let form = world.portal.notification_preferences(&developer).await.unwrap().form;
    let never = Channels { in_app: false, mail: Mailing::Never };
    let chosen = [(Kind::KeyEnds, never), (Kind::AuditBroken, never)];
    world.portal.choose_notifications(&developer, &form, &chosen).await.unwrap();
    assert_eq!(error(world.portal.choose_notifications(&developer, &form, &chosen).await), "already done");
    let kept = world.store.chosen_channels(developer.person).await.unwrap();
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [(Kind::KeyEnds, never)]);
}

#[tokio::test]
async fn a_days_summary_goes_out_in_the_morning_with_what_is_still_unread() {
    let Office { world, member, lead, key, .. } = Office::new().await;
    choose(&world, &lead, Kind::RequestWaits, true, Mailing::Daily).await;
    ask(&world, &member, key).await;
    let taken_back = ask(&world, &member, key).await;
    world.portal.withdraw_request(&member, taken_back).await.unwrap();
    assert!(world.portal.take_letters(9).await.unwrap().is_empty(), "not at once");
    world.advance_days(1);
    let letters = world.portal.take_letters(9).await.unwrap();
    assert_eq!((letters.len(), letters[0].is_summary, letters[0].notes.len()), (1, true, 1));
    assert!(world.portal.take_letters(9).await.unwrap().is_empty(), "somebody has it");
}

#[tokio::test]
async fn a_letter_that_cannot_be_delivered_is_given_up_and_sent_again() {
    let Office { world, member, administrator, key, .. } = Office::new().await;
    ask(&world, &member, key).await;
    let mut attempts = 0;
    loop {
        let letters = world.portal.take_letters(9).await.unwrap();
        attempts += 1;
        let problem = "x".repeat(1_000);
        match world.portal.letter_failed(&letters[0], &problem, true).await.unwrap() {
            Some(again) => world.advance_ms(again.since(world.now())),
            None => break,
        }
    }
    assert_eq!(attempts, 10);
    let undelivered = world.portal.undelivered(&administrator).await.unwrap();
    assert_eq!((undelivered.counts.failed, undelivered.counts.tried), (1, 0));
    let failed = &undelivered.failed[0];
    assert_eq!((failed.attempts, failed.problem.len()), (10, 300));
    assert_eq!(error(world.portal.undelivered(&member).await.map(|_| ())), "forbidden");

    world.portal.send_again(as_administrator(&administrator), SendAgain::One(failed.id)).await.unwrap();
    let letters = world.portal.take_letters(9).await.unwrap();
    assert_eq!(letters[0].attempt, 1);
    world.portal.letter_sent(letters[0].id).await.unwrap();
    world.advance_days(1);
    assert!(world.portal.take_letters(9).await.unwrap().is_empty());
    assert_eq!(world.portal.undelivered(&administrator).await.unwrap().counts.failed, 0);
}

#[tokio::test]
async fn a_letter_that_can_never_arrive_is_given_up_at_once() {
    let Office { world, member, administrator, key, .. } = Office::new().await;
    ask(&world, &member, key).await;
    let letters = world.portal.take_letters(9).await.unwrap();
    assert_eq!(world.portal.letter_failed(&letters[0], "no such user", false).await.unwrap(), None);
    world.portal.send_again(as_administrator(&administrator), SendAgain::All).await.unwrap();
    assert_eq!(world.portal.take_letters(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_gets_a_letter_without_an_address_or_an_account() {
    let Office { world, member, lead, key, .. } = Office::new().await;
    let mut person = world.store.person(lead.person).await.unwrap().unwrap();
    person.email = String::new();
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&person).await.unwrap();
    tx.commit().await.unwrap();
    ask(&world, &member, key).await;
    assert!(world.portal.take_letters(9).await.unwrap().is_empty());
    assert_eq!(unread(&world, &lead).await, 1);

    // Written while they had an address, and an account.
    person.email = "lead@example.com".into();
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&person).await.unwrap();
    tx.commit().await.unwrap();
    ask(&world, &member, key).await;
    person.active = false;
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&person).await.unwrap();
    tx.commit().await.unwrap();
    assert!(world.portal.take_letters(9).await.unwrap().is_empty());
    world.advance_days(3);
    assert!(world.portal.take_letters(9).await.unwrap().is_empty(), "dropped, not put off");
}
