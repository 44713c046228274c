//! Trying a model out: whose key it may be, what is asked of the gateway, and that a form calls once.

use crate::support::*;
use domain::id::KeyId;
use domain::model::Endpoint;
use domain::person::Caller;
use domain::refusal::{Reason, Refusal};
use domain::virtual_key::RevocationReason;
use portal::playground::{Conversation, Question};
use portal::ports::{Heard, Turn};
use portal::{FormId, Made, PortalError};

fn question(key: KeyId) -> Question {
    let turn = Turn { asked: "one".into(), answered: "two".into() };
    Question {
        key,
        model: "gpt-5-mini".into(),
        system: "  ".into(),
        turns: vec![turn],
        message: "three".into(),
        max_output_tokens: "1,024".into(),
    }
}

async fn ask(world: &World, caller: &Caller, question: Question) -> Result<Conversation, PortalError> {
    world.portal.try_out(caller, &world.portal.new_form(), question).await
}

/// What the gateway was asked: it answers with that.
async fn asked(mut conversation: Conversation) -> String {
    let Some(Heard::Text(text)) = conversation.next().await else { return String::new() };
    text
}

#[tokio::test]
async fn one_calls_with_ones_own_keys_and_those_of_led_teams_and_with_no_other() {
    let world = World::new().await;
    let (ada, bob, dora) = (world.developer().await, world.other_developer().await, world.administrator().await);
    world.openai(&dora).await;
    let mine = world.mint(&ada, "laptop").await;
    let (team, bob) = world.team_led_by("Billing", &bob).await;
    let teams = world.mint_for_team(&bob, team, "invoices").await;

    let shown = world.portal.playground(&ada, None).await.unwrap();
    assert_eq!(shown.keys, [(mine, "laptop".to_owned())]);
    let chosen = shown.chosen.unwrap();
    let models: Vec<_> = chosen.models.iter().map(domain::model::ModelName::as_str).collect();
    assert_eq!((chosen.key.id, models), (mine, vec!["gpt-5-mini"]), "embeddings cannot chat");
    let shown = world.portal.playground(&bob, Some(teams)).await.unwrap();
    assert_eq!(shown.keys, [(teams, "invoices (Billing)".to_owned())]);
    assert!(ask(&world, &bob, question(teams)).await.is_ok());

    for (caller, key) in [(&bob, mine), (&ada, teams), (&dora, mine), (&dora, teams)] {
        assert!(matches!(world.portal.playground(caller, Some(key)).await, Err(PortalError::NotFound)));
        assert!(matches!(ask(&world, caller, question(key)).await, Err(PortalError::NotFound)));
        assert!(matches!(world.portal.left_for(caller, key).await, Err(PortalError::NotFound)));
    }
    let carol = world.auditor().await;
    assert!(matches!(ask(&world, &carol, question(mine)).await, Err(PortalError::NotFound)));
}

#[tokio::test]
async fn the_gateway_is_asked_from_where_the_person_is_and_in_a_format_that_key_and_model_take() {
    let world = World::new().await;
    let (ada, dora) = (world.developer().await, world.administrator().await);
    world.openai(&dora).await;
    let key = world.mint(&ada, "laptop").await;
    let conversation = ask(&world, &ada, question(key)).await.unwrap();
    let trial = asked(conversation).await;
    for part in [
        "endpoint: ChatCompletions",
        "system: None",
        "asked: \"one\"",
        "max_output_tokens: Some(1024)",
        "from: 192.0.2.7",
    ] {
        assert!(trial.contains(part), "{part} is not in {trial}");
    }
    let narrow = portal::MintRequest { ..world.request(&ada, "narrow").await };
    let narrow = world.portal.mint_key(&ada, &world.portal.new_form(), &narrow).await.unwrap().key.id;
    let mut tx = world.store.begin().await.unwrap();
    let scope = domain::permission::Scope::to_change(&ada);
    let mut kept = tx.key_for_update(narrow, &scope).await.unwrap().unwrap().key;
    kept.terms.endpoints = vec![Endpoint::Messages];
    tx.update_key(&kept).await.unwrap();
    tx.commit().await.unwrap();
    let trial = asked(ask(&world, &ada, question(narrow)).await.unwrap()).await;
    assert!(trial.contains("endpoint: Messages"), "{trial}");
}

#[tokio::test]
async fn a_form_calls_once_and_a_refused_one_can_be_sent_again() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    let form: FormId = world.portal.new_form();
    let wrong = Question {
        message: " \n".into(),
        system: "x".repeat(4_001),
        max_output_tokens: "many".into(),
        ..question(key)
    };
    let Err(PortalError::Refused(refusals)) = world.portal.try_out(&ada, &form, wrong).await else { panic!() };
    assert_eq!(
        refusals,
        [
            Refusal::new("message", Reason::Missing),
            Refusal::new("system", Reason::TooLong { at_most: 4_000 }),
            Refusal::new("max_output_tokens", Reason::Malformed),
        ]
    );
    assert!(world.portal.try_out(&ada, &form, question(key)).await.is_ok());
    let again = world.portal.try_out(&ada, &form, question(key)).await;
    assert!(matches!(again, Err(PortalError::AlreadyDone { made: Made::Key(made) }) if made == key));
}

#[tokio::test]
async fn a_key_that_ended_is_shown_as_it_stands() {
    let world = World::new().await;
    let ada = world.developer().await;
    let key = world.mint(&ada, "laptop").await;
    world.portal.revoke_key(&ada, key, RevocationReason::NoLongerNeeded).await.unwrap();
    let shown = world.portal.playground(&ada, Some(key)).await.unwrap();
    assert!(shown.keys.is_empty(), "it is not offered");
    assert_eq!(shown.chosen.unwrap().standing, domain::virtual_key::KeyStanding::Revoked);
    assert!(world.portal.playground(&ada, None).await.unwrap().chosen.is_none());
}
