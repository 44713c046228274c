use super::*;
use crate::ports::ProviderRecord;
use domain::id::{CredentialId, DeploymentId, ModelId, PersonId, ProviderId};
use domain::markup::Markup;
use domain::model::{Deployment, ProviderKind};
use domain::money::PicoUsd;
use domain::pricing::{PriceList, TokenPrices};
use domain::provider_timeouts::ProviderTimeouts;
use domain::time::Timestamp;
use domain::virtual_key::Owner;
use std::sync::Arc;

fn candidate(deployment: u8, provider: u8, endpoint: Endpoint) -> Candidate {
    let provider = ProviderId::from_random(&[provider; 12]);
    Candidate {
        deployment: Deployment {
            id: DeploymentId::from_random(&[deployment; 12]),
            provider,
            credential: CredentialId::from_random(&[1; 12]),
            upstream_model: "up".to_owned(),
            weight: 1,
            priority: 0,
        },
        provider: Arc::new(ProviderRecord {
            id: provider,
            name: "p".to_owned(),
            kind: ProviderKind::OpenAi,
            base_url: http::Uri::from_static("http://127.0.0.1/v1"),
            enabled: true,
            timeouts: ProviderTimeouts::default(),
            markup: Markup::NONE,
        }),
        endpoint,
    }
}

fn model() -> Model {
    let tokens = TokenPrices { input: PicoUsd::from_pico(1_000_000), ..TokenPrices::default() };
    Model {
        id: ModelId::from_random(&[1; 12]),
        name: "gpt".parse().unwrap(),
        price: Some(PriceList { tokens, ..PriceList::default() }),
        price_version: 1,
        max_input_tokens: Some(1_000),
        max_output_tokens: None,
        capabilities: vec![],
        sunset: None,
        endpoints: vec![Endpoint::Responses],
        deployments: vec![],
        enabled: true,
        alias_of: None,
    }
}

/// Made by the second deployment, at the first provider.
fn previous() -> StoredResponse {
    StoredResponse {
        id: "resp_1".parse().unwrap(),
        owner: Owner::Person(PersonId::from_random(&[1; 12])),
        provider: ProviderId::from_random(&[1; 12]),
        deployment: DeploymentId::from_random(&[2; 12]),
        tokens: 9,
        made_at: Timestamp::from_ms(0),
    }
}

fn refusal(candidates: Vec<Candidate>, model: &Model) -> String {
    let mut candidates = candidates;
    match only_where_it_is(&mut candidates, &previous(), model) {
        Err(Denial::InvalidRequest { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_conversation_goes_on_in_the_account_that_has_it_at_first_where_it_began() {
    use Endpoint::{ChatCompletions, Messages, Responses};
    let mut candidates = vec![
        candidate(1, 1, Responses),
        candidate(3, 2, Responses),
        candidate(2, 1, Responses),
        candidate(4, 1, ChatCompletions),
        candidate(5, 3, Messages),
    ];
    only_where_it_is(&mut candidates, &previous(), &model()).unwrap();
    let left: Vec<_> = candidates.iter().map(|candidate| candidate.deployment.id).collect();
    assert_eq!(left, [2, 1].map(|number| DeploymentId::from_random(&[number; 12])));
}

#[test]
fn where_it_cannot_go_on_the_refusal_says_what_to_send() {
    let elsewhere = refusal(vec![candidate(1, 2, Endpoint::Responses)], &model());
    assert!(elsewhere.contains("is not served now") && elsewhere.contains("Send the conversation whole"));
    let translated = refusal(vec![candidate(1, 1, Endpoint::Messages)], &model());
    assert!(translated.contains("another format") && translated.contains("Send the conversation whole"));
}

#[test]
fn what_is_not_in_the_body_needs_a_known_window_unless_it_is_free() {
    let here = || vec![candidate(2, 1, Endpoint::Responses)];
    let windowless = Model { max_input_tokens: None, ..model() };
    assert!(refusal(here(), &windowless).contains("context window is not known"));
    let free = Model { price: Some(PriceList::default()), ..windowless };
    assert!(only_where_it_is(&mut here(), &previous(), &free).is_ok());
}
