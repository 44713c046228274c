//! Gemini's format, plain, as events and as an array.

use super::*;

const GOOGLE: &str = "x-goog-api-key: demo-key\r\n";

fn path(method: &str) -> String {
    format!("/v1beta/models/demo-gemini:{method}")
}

#[expect(clippy::needless_pass_by_value, reason = "the callers read better with a literal")]
fn contents(prompt: &str, more: Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": prompt}]}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn text_in(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["candidates"][0]["content"]["parts"][0]["text"].as_str()).collect()
}

#[tokio::test]
async fn plain_events_and_array_say_the_same() {
    let body = contents("hello there", json!({"systemInstruction": {"parts": [{"text": "be kind"}]}}));
    let plain = ask("POST", &path("generateContent"), GOOGLE, &body).await.json();
    let text = text_in(std::slice::from_ref(&plain));
    let words = text.split_whitespace().count();
    assert_eq!(plain["candidates"][0]["finishReason"], "STOP");
    assert_eq!(
        (&plain["usageMetadata"]["promptTokenCount"], &plain["usageMetadata"]["candidatesTokenCount"]),
        (&json!(5), &json!(words))
    );

    let streamed = ask("POST", &path("streamGenerateContent?alt=sse"), GOOGLE, &body).await;
    let events: Vec<Value> = streamed
        .body
        .split("\r\n\r\n")
        .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
        .collect();
    assert_eq!((events.len(), text_in(&events)), (words, text.clone()));
    assert_eq!(events[words - 1]["usageMetadata"], plain["usageMetadata"]);
    assert!(events[0]["candidates"][0].get("finishReason").is_none());

    let array = ask("POST", "/v1/models/demo-gemini:streamGenerateContent?key=demo-key", "", &body).await.json();
    assert_eq!(text_in(array.as_array().unwrap()), text);
}

#[tokio::test]
async fn tools_schemas_and_thoughts_are_understood() {
    let tools = json!({"tools": [{"functionDeclarations": [{"name": "weather", "parameters":
        {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}}]}]});
    let answer = ask("POST", &path("generateContent"), GOOGLE, &contents("[tool]", tools)).await.json();
    let call = &answer["candidates"][0]["content"]["parts"][0]["functionCall"];
    assert_eq!((&call["name"], &call["args"]), (&json!("weather"), &json!({"city": "demo"})));

    let answered = json!({"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "12 degrees"}}}]}]});
    let answer = ask("POST", &path("generateContent"), GOOGLE, &answered).await.json();
    assert!(text_in(&[answer]).starts_with("The tool answered: “12 degrees”."));

    let config = json!({"generationConfig": {"responseMimeType": "application/json", "maxOutputTokens": 50,
        "responseJsonSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}, "thinkingConfig": {"includeThoughts": true}}});
    let answer = ask("POST", &path("generateContent"), GOOGLE, &contents("hi", config)).await.json();
    let parts = &answer["candidates"][0]["content"]["parts"];
    assert_eq!((&parts[0]["thought"], &parts[1]["text"]), (&json!(true), &json!("{\"n\":1}")));
    let usage = &answer["usageMetadata"];
    let sum =
        ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"].map(|name| usage[name].as_u64().unwrap());
    assert_eq!(usage["totalTokenCount"], sum.iter().sum::<u64>());
}

#[tokio::test]
async fn tokens_are_counted_and_texts_embedded() {
    let counted = ask("POST", &path("countTokens"), GOOGLE, &contents("one two three", json!({}))).await.json();
    assert_eq!(counted["totalTokens"], 4);
    let one = json!({"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8});
    let embedded = ask("POST", &path("embedContent"), GOOGLE, &one).await.json();
    assert_eq!(embedded["embedding"]["values"].as_array().unwrap().len(), 8);
    let batch = ask("POST", &path("batchEmbedContents"), GOOGLE, &json!({"requests": [one, one]})).await.json();
    assert_eq!(batch["embeddings"], json!([embedded["embedding"], embedded["embedding"]]));
}

#[tokio::test]
async fn it_refuses_in_its_own_words() {
    let refused = ask("POST", &path("generateContent"), "x-goog-api-key: nope\r\n", &contents("hi", json!({}))).await;
    assert_eq!((refused.status, &refused.json()["error"]["details"][0]["reason"]), (400, &json!("API_KEY_INVALID")));
    let limited = ask("POST", &path("generateContent"), GOOGLE, &contents("[error 429]", json!({}))).await;
    assert_eq!((limited.status, &limited.json()["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    for nowhere in
        ["/v1beta/models/nobody:generateContent", "/v1beta/models/demo-gemini:sing", "/v1beta/models/demo-gemini"]
    {
        let refused = ask("POST", nowhere, GOOGLE, &contents("hi", json!({}))).await;
        assert_eq!((refused.status, &refused.json()["error"]["status"]), (404, &json!("NOT_FOUND")), "{nowhere}");
    }
    assert_eq!(
        ask("GET", "/v1beta/models/demo-gemini", GOOGLE, &Value::Null).await.json()["name"],
        "models/demo-gemini"
    );
    let list = ask("GET", "/v1beta/models", GOOGLE, &Value::Null).await.json();
    assert_eq!(list["models"].as_array().unwrap().len(), MODELS.len());
}
