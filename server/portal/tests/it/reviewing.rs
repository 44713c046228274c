//! Quarterly reviews of keys: who is asked about which, what a decision does, and what others see of it.

use crate::support::*;
use domain::data_scope::{DataScope, Holder, Reach, ScopedRole, pseudonym};
use domain::id::{KeyId, TeamId};
use domain::key_review::{Choice, Decision, Quarter};
use domain::notification::Happening;
use domain::order::Order;
use domain::person::{Caller, Role};
use domain::virtual_key::{KeyStanding, RevocationReason};
use portal::PortalError;
use portal::keys::reviews::{Held, ReviewAnswer, ReviewOutcome, ReviewQuery, ReviewView, Used};

const REVOKE: Choice = Choice::Revoke(RevocationReason::NoLongerNeeded);

/// Ada leads Compilers, of which Bob is a member; Dora and Erin are administrators.
struct Company {
    world: World,
    lead: Caller,
    bob: Caller,
    dora: Caller,
    team: TeamId,
    /// Of the team, of Bob, of Ada, of Dora.
    keys: [KeyId; 4],
}

async fn company() -> Company {
    let world = World::new().await;
    let (ada, bob, dora) = (world.developer().await, world.other_developer().await, world.administrator().await);
    world.person("erin", &[Role::Administrator]).await;
    let (team, lead) = world.team_led_by("Compilers", &ada).await;
    world.portal.seed_team("Compilers", bob.person, false).await.unwrap();
    let bob = world.caller(bob.person).await;
    let of_team = world.mint_for_team(&lead, team, "nightly build").await;
    let mut keys = [of_team; 4];
    for (nth, (owner, name)) in
        [(&bob, "bob's laptop"), (&lead, "ada's laptop"), (&dora, "dora's laptop")].iter().enumerate()
    {
        world.advance_ms(1);
        keys[nth + 1] = world.mint(owner, name).await;
    }
    world.portal.switch_reviews(as_administrator(&dora), true).await.unwrap();
    Company { world, lead, bob, dora, team, keys }
}

impl Company {
    /// The next quarter has begun.
    fn next_quarter(&self) -> Quarter {
        self.world.advance_days(45);
        "2027-Q1".parse().unwrap()
    }

    /// Names of the keys that wait for somebody.
    async fn waiting(&self, caller: &Caller, team: Option<TeamId>) -> Vec<String> {
        let query = ReviewQuery { team, ..ReviewQuery::default() };
        let page = self.world.portal.review_page(caller, &query).await.unwrap();
        assert_eq!(page.waiting, page.to_review.len() as u64);
        page.to_review.into_iter().map(|row| row.name).collect()
    }

    async fn decide(&self, caller: &Caller, choices: &[(KeyId, Choice)]) -> Result<Vec<ReviewOutcome>, PortalError> {
        let ReviewAnswer::Reviewed(all) = decided(&self.world, caller, choices).await? else {
            unreachable!("the review is open")
        };
        Ok(all.into_iter().map(|one| one.outcome).collect())
    }
}

#[tokio::test]
async fn every_key_older_than_the_quarter_waits_for_whoever_looks_after_it() {
    let company = company().await;
    let Company { world, lead, bob, dora, team, .. } = &company;
    let held = world.portal.reviews_held().await.unwrap();
    assert!(matches!(held, Held::Open { overdue: false, .. }), "{held:?}");
    assert_eq!(company.waiting(lead, None).await, [""; 0], "they were minted in the quarter");
    assert_eq!(world.portal.reviews_waiting_for(lead).await.unwrap(), None);

    company.next_quarter();
    assert_eq!(company.waiting(lead, None).await, ["nightly build", "bob's laptop"]);
    assert_eq!(company.waiting(dora, None).await, ["ada's laptop"], "and not her own");
    assert_eq!(company.waiting(dora, Some(*team)).await, ["nightly build", "bob's laptop", "ada's laptop"]);
    assert_eq!(error(world.portal.review_page(bob, &ReviewQuery::default()).await), "forbidden");
    let waiting = world.portal.reviews_waiting_for(lead).await.unwrap().unwrap();
    assert_eq!((waiting.keys, waiting.due.date().to_string(), waiting.overdue), (2, "2027-01-31".into(), false));
    assert_eq!(world.portal.reviews_waiting_for(bob).await.unwrap(), None);
    world.advance_days(30);
    assert!(world.portal.reviews_waiting_for(lead).await.unwrap().unwrap().overdue);

    // Whoever is the only administrator has nobody else to ask.
    let mut erin = world.store.people(Some("erin"), Order::default(), None, 1).await.unwrap().people.remove(0);
    erin.active = false;
    let mut tx = world.store.begin().await.unwrap();
    tx.update_person(&erin).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(company.waiting(dora, None).await, ["ada's laptop", "dora's laptop"]);
    world.portal.switch_reviews(as_administrator(dora), false).await.unwrap();
    assert_eq!(world.portal.reviews_held().await.unwrap(), Held::Off);
    assert_eq!(company.waiting(lead, None).await, [""; 0]);
}

#[tokio::test]
async fn reviewers_with_something_to_decide_are_told_once_when_a_review_opens() {
    let company = company().await;
    let Company { world, lead, bob, dora, team, .. } = &company;
    // Frank leads a team without keys.
    let frank = world.person("frank", &[Role::Developer]).await;
    let (_, frank) = world.team_led_by("Search", &frank).await;
    let told = async |person: &Caller| {
        world.portal.tell_what_is_due().await.unwrap();
        let page = world.portal.notifications(person, Default::default(), None).await.unwrap();
        let opened = page.rows.into_iter().filter_map(|row| match row.happening {
            Happening::ReviewOpens { quarter, keys, due } => Some((quarter.to_string(), keys, due.date().to_string())),
            _ => None,
        });
        opened.collect::<Vec<_>>()
    };
    assert_eq!((told(lead).await, told(dora).await), (vec![], vec![]), "all keys were minted in this quarter");

    company.next_quarter();
    let opened = |keys| vec![("2027-Q1".to_owned(), keys, "2027-01-31".to_owned())];
    assert_eq!((told(lead).await, told(dora).await), (opened(2), opened(1)));
    assert_eq!((told(bob).await, told(&frank).await), (vec![], vec![]));
    assert_eq!(told(lead).await, opened(2), "once");
    world.portal.switch_reviews(as_administrator(dora), false).await.unwrap();
    world.portal.switch_reviews(as_administrator(dora), true).await.unwrap();
    // A process that told them and came to its end before it could remember it.
    let mut tx = world.store.begin().await.unwrap();
    tx.put_setting("key_reviews.told", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((told(lead).await, told(dora).await), (opened(2), opened(1)), "by another process, once");

    world.mint_for_team(lead, *team, "weekly build").await;
    world.advance_days(88);
    assert_eq!(told(lead).await.len(), 2, "the next quarter is another one");
}

#[tokio::test]
async fn a_decision_is_audited_and_the_gateway_told_and_a_second_submission_changes_nothing() {
    let company = company().await;
    let Company { world, lead, bob, keys, .. } = &company;
    let quarter = company.next_quarter();
    let choices = [(keys[0], Choice::Keep), (keys[1], REVOKE)];
    let before = world.audit_length().await;
    world.gateway.take_told();
    let done = [ReviewOutcome::Done, ReviewOutcome::Done];
    assert_eq!(company.decide(lead, &choices).await.unwrap(), done);
    assert_eq!(world.audit_length().await, before + 2);
    assert_eq!(world.gateway.take_told(), [Told::Key(keys[1])]);
    assert_eq!(world.portal.key(bob, keys[1]).await.unwrap().standing, KeyStanding::Revoked);
    let audit = world.audit_text().await;
    let entry =
        |action: &str| audit.lines().filter(|line| line.contains(action)).map(str::to_owned).collect::<Vec<_>>();
    assert!(entry("key.reviewed")[0].contains(r#""after":{"decision":"keep","review":"2027-Q1"}"#), "{audit}");
    let revoked = entry("key.revoked");
    assert!(revoked[0].contains(r#""before":{"state":"active"}"#) && revoked[0].contains("2027-Q1"), "{audit}");
    let told = world.portal.notifications(bob, Default::default(), None).await.unwrap();
    assert_eq!(told.total, 1, "the owner is told that it is revoked");

    assert_eq!(company.decide(lead, &choices).await.unwrap(), done, "sent twice");
    assert_eq!(world.audit_length().await, before + 2);
    assert_eq!(company.waiting(lead, None).await, [""; 0]);
    let query = ReviewQuery { view: ReviewView::Done, ..ReviewQuery::default() };
    let page = world.portal.review_page(lead, &query).await.unwrap();
    let mut rows: Vec<_> =
        page.done.iter().map(|row| (row.name.as_str(), row.decision, row.by_name.as_str())).collect();
    rows.sort();
    assert_eq!(rows, [("bob's laptop", Decision::Revoke, "ada"), ("nightly build", Decision::Keep, "ada")]);
    assert_eq!((page.waiting, page.decided), (0, 2));

    // A form of another quarter does nothing.
    let other = world.portal.review_keys(lead, quarter.previous(), &[(keys[0], REVOKE)]).await.unwrap();
    assert_eq!(other, ReviewAnswer::Over);
    assert_eq!(world.audit_length().await, before + 2);
}

#[tokio::test]
async fn what_happened_meanwhile_is_told_key_by_key() {
    let company = company().await;
    let Company { world, lead, bob, dora, keys, .. } = &company;
    company.next_quarter();
    world.portal.revoke_key(bob, keys[1], RevocationReason::Replaced).await.unwrap();
    company.decide(dora, &[(keys[0], Choice::Keep)]).await.unwrap();
    let before = world.audit_length().await;
    let outcomes = company.decide(lead, &[(keys[0], REVOKE), (keys[1], Choice::Keep)]).await.unwrap();
    let faster = ReviewOutcome::Decided { decision: Decision::Keep, by_name: "dora".into() };
    assert_eq!(outcomes, [faster, ReviewOutcome::Ended]);
    assert_eq!(world.audit_length().await, before);
    assert_eq!(world.portal.key(lead, keys[0]).await.unwrap().standing, KeyStanding::Usable);
}

#[tokio::test]
async fn somebody_elses_key_stops_all_of_it() {
    let company = company().await;
    let Company { world, lead, bob, dora, keys, .. } = &company;
    let stranger = world.person("frank", &[Role::Developer]).await;
    let (other, stranger) = world.team_led_by("Search", &stranger).await;
    let theirs = world.mint_for_team(&stranger, other, "search").await;
    company.next_quarter();
    let before = world.audit_length().await;
    let decide = |caller: &Caller, choices: Vec<_>| {
        let caller = caller.clone();
        async move { error(decided(world, &caller, &choices).await) }
    };
    assert_eq!(decide(lead, vec![(keys[0], Choice::Keep), (theirs, REVOKE)]).await, "not found");
    assert_eq!(decide(&stranger, vec![(keys[0], REVOKE)]).await, "not found");
    assert_eq!(decide(lead, vec![(keys[2], Choice::Keep)]).await, "forbidden", "one's own");
    assert_eq!(decide(dora, vec![(keys[3], Choice::Keep)]).await, "forbidden");
    assert_eq!(decide(bob, vec![(keys[1], Choice::Keep)]).await, "forbidden");
    let query = ReviewQuery { team: Some(other), ..ReviewQuery::default() };
    assert_eq!(error(world.portal.review_page(lead, &query).await), "not found");
    assert_eq!(world.audit_length().await, before);
    // Somebody who is in two teams belongs to neither: administrators decide.
    world.portal.seed_team("Search", bob.person, false).await.unwrap();
    assert_eq!(decide(lead, vec![(keys[1], Choice::Keep)]).await, "not found");
    assert_eq!(company.waiting(lead, None).await, ["nightly build"]);
    assert_eq!(company.waiting(dora, None).await, ["bob's laptop", "ada's laptop"]);
}

async fn decided(world: &World, caller: &Caller, choices: &[(KeyId, Choice)]) -> Result<ReviewAnswer, PortalError> {
    let quarter = world.portal.reviews_held().await.unwrap().open().unwrap().quarter;
    world.portal.review_keys(caller, quarter, choices).await
}

#[tokio::test]
async fn a_lead_sees_of_a_members_key_what_their_scope_shows() {
    let company = company().await;
    let Company { world, lead, dora, keys, .. } = &company;
    company.next_quarter();
    for (nth, &key) in keys.iter().take(2).enumerate() {
        let call = world.call(key, world.now().plus_days(-1), u16::try_from(nth).unwrap(), 700);
        world.store.ingest(&[call]).await.unwrap();
    }
    let rows = |caller: Caller, team| async move {
        let query = ReviewQuery { team, ..ReviewQuery::default() };
        world.portal.review_page(&caller, &query).await.unwrap().to_review
    };
    let of_lead = rows(lead.clone(), None).await;
    let seen = |row: &portal::keys::reviews::ReviewRow| (row.opens, row.spent.map(domain::money::NanoUsd::as_nano));
    assert_eq!(of_lead.iter().map(seen).collect::<Vec<_>>(), [(true, Some(700)), (false, None)]);
    assert!(matches!(of_lead[0].used, Used::At(_)));
    assert_eq!(of_lead[1].used, Used::Lately(true), "in use, and no more than that");
    assert_eq!(of_lead[1].owner_name, "bob");
    let of_dora = rows(dora.clone(), Some(company.team)).await;
    assert!(of_dora.iter().all(|row| row.opens && row.spent.is_some()));
    assert_eq!(of_dora[2].used, Used::Never);
}

#[tokio::test]
async fn administrators_and_auditors_see_how_it_goes() {
    let company = company().await;
    let Company { world, lead, dora, team, keys, .. } = &company;
    let auditor = world.auditor().await;
    let quarter = company.next_quarter();
    company.decide(lead, &[(keys[0], Choice::Keep), (keys[1], REVOKE)]).await.unwrap();
    for reader in [dora, &auditor] {
        let progress = world.portal.review_progress(reader, None).await.unwrap();
        let shown = progress.shown.unwrap();
        assert!(shown.open && shown.review.quarter == quarter && progress.earlier.is_empty());
        let rows = shown.teams.iter().map(|row| (row.team.clone(), row.waiting, row.unled, row.kept, row.revoked));
        let compilers = Some((*team, "Compilers".to_owned()));
        assert_eq!(rows.collect::<Vec<_>>(), [(None, 1, 1, 0, 0), (compilers, 1, 1, 1, 1)]);
        let file = world.portal.reviews_file(reader, quarter).await.unwrap();
        let mut rows: Vec<_> =
            file.rows.iter().map(|row| (row.name.as_str(), row.reason, row.by_name.as_str())).collect();
        rows.sort_by_key(|row| row.0);
        let reason = Some(RevocationReason::NoLongerNeeded);
        assert_eq!(rows, [("bob's laptop", reason, "ada"), ("nightly build", None, "ada")]);
        assert!(!file.more);
    }
    // An auditor who may not know who is who reads pseudonyms; one who does not see everybody's calls reads nothing.
    let holder = Holder::Role(ScopedRole::Auditor);
    for (version, scope) in [
        (0, DataScope { names: Reach::Own, ..ScopedRole::Auditor.usual() }),
        (1, DataScope { calls: Reach::Own, ..ScopedRole::Auditor.usual() }),
    ] {
        world.portal.set_data_scope(as_administrator(dora), holder, version, &scope).await.unwrap();
        match world.portal.reviews_file(&auditor, quarter).await {
            Ok(file) => assert!(file.rows.iter().all(|row| row.by_name == pseudonym(lead.person)), "{:?}", file.rows),
            Err(refused) => assert_eq!((version, refused.to_string().as_str()), (1, "forbidden")),
        }
    }
    assert_eq!(error(world.portal.review_progress(lead, None).await), "forbidden");
    assert_eq!(error(world.portal.reviews_file(lead, quarter).await), "forbidden");
    assert_eq!(error(world.portal.review_progress(dora, Some(quarter.previous())).await), "not found");

    // The quarter is over: what nobody decided about was left.
    world.advance_days(90);
    let progress = world.portal.review_progress(dora, None).await.unwrap();
    assert_eq!(progress.earlier, [quarter]);
    let before = world.portal.review_progress(dora, Some(quarter)).await.unwrap().shown.unwrap();
    assert!(!before.open);
    assert_eq!(before.teams.iter().map(|row| (row.kept, row.revoked)).collect::<Vec<_>>(), [(1, 1)]);
    world.portal.switch_reviews(as_administrator(dora), false).await.unwrap();
    let off = world.portal.review_progress(dora, None).await.unwrap();
    assert_eq!((off.held, off.shown.map(|shown| shown.review.quarter)), (Held::Off, Some(quarter)));
    let length = world.audit_length().await;
    world.portal.switch_reviews(as_administrator(dora), false).await.unwrap();
    assert_eq!((world.audit_length().await, world.last_action().await.as_str()), (length, "key_reviews.switched"));
}
