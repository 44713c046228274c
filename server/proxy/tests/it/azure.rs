//! Azure's addresses, in and out: the deployment in the path, the version in the query.

use crate::world::{CREDENTIAL, World, post, provider_id};
use domain::model::{ProviderKind, WireFormat};

const ANSWER: &str = r#"{"id":"c1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5}}"#;

#[tokio::test]
async fn a_deployment_in_the_path_is_the_model_whatever_the_body_says() {
    for (body, sent) in [
        (r#"{"max_tokens":9}"#, r#"{"model":"gpt-upstream","max_tokens":9}"#),
        (r#"{"model":"secret","max_tokens":9}"#, r#"{"model":"gpt-upstream","max_tokens":9}"#),
    ] {
        let world = World::new();
        world.provider.will_answer(200, ANSWER);
        let mut request = post("/openai/deployments/gpt/chat/completions?api-version=2024-10-21", body);
        let key = request.headers_mut().remove("authorization").unwrap();
        let key = key.to_str().unwrap().trim_start_matches("Bearer ").parse().unwrap();
        request.headers_mut().insert("api-key", key);
        assert_eq!(world.send(request).await.status(), 200);
        let got = world.provider.got().remove(0);
        assert_eq!(
            (got.uri.to_string().as_str(), got.body.as_str()),
            ("http://open.example/v1/chat/completions", sent)
        );
        world.assert_settled(1).await;
        assert_eq!(world.last_settled().model, "gpt");
    }
}

#[tokio::test]
async fn an_azure_provider_is_called_at_its_deployments_with_the_clients_version() {
    for (path, uri) in [
        (
            "/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview",
            "http://azure.example/openai/deployments/gpt-upstream/chat/completions?api-version=2025-01-01-preview",
        ),
        (
            "/v1/chat/completions",
            "http://azure.example/openai/deployments/gpt-upstream/chat/completions?api-version=2024-10-21",
        ),
        ("/openai/v1/responses", "http://azure.example/openai/responses?api-version=2025-04-01-preview"),
    ] {
        let world = World::new();
        let azure = (provider_id(WireFormat::OpenAi), ProviderKind::AzureOpenAi, true);
        world.change(|facts| facts.providers = vec![azure]);
        world.provider.will_answer(200, ANSWER);
        assert_eq!(world.post(path, r#"{"model":"gpt"}"#).await.status(), 200);
        let got = world.provider.got().remove(0);
        assert_eq!((got.uri.to_string().as_str(), &got.headers["api-key"]), (uri, &CREDENTIAL.parse().unwrap()));
        assert!(!got.headers.contains_key("authorization"));
        world.assert_settled(1).await;
    }
}
