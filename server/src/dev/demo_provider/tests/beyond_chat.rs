//! What is not a conversation: completions, pictures, sound, judgements, ranks; and thoughts and tools in conversations.

use super::*;

#[tokio::test]
async fn a_completion_is_capped_like_the_real_one() {
    let body = json!({"model": "demo-large", "prompt": "def add(a, b):"});
    let plain = ask("POST", "/v1/completions", BEARER, &body).await.json();
    assert_eq!(
        (&plain["usage"]["completion_tokens"], &plain["choices"][0]["finish_reason"]),
        (&json!(16), &json!("length"))
    );
    let body = json!({"model": "demo-large", "prompt": "def add(a, b):", "stream": true, "stream_options": {"include_usage": true}});
    let events = ask("POST", "/v1/completions", BEARER, &body).await.events();
    let text: String = events.iter().filter_map(|(_, data)| data["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, plain["choices"][0]["text"]);
    assert_eq!(events[events.len() - 2].1["usage"], plain["usage"]);
}

#[tokio::test]
async fn pictures_judgements_and_ranks() {
    let body = json!({"model": "demo-media", "prompt": "a grey pixel", "n": 2});
    let images = ask("POST", "/v1/images/generations", BEARER, &body).await.json();
    assert_eq!((images["data"].as_array().unwrap().len(), &images["usage"]["total_tokens"]), (2, &json!(547)));

    let body = json!({"model": "demo-media", "input": ["fine", "[flag]"]});
    let judged = ask("POST", "/v1/moderations", BEARER, &body).await.json();
    assert_eq!((&judged["results"][0]["flagged"], &judged["results"][1]["flagged"]), (&json!(false), &json!(true)));

    let body = json!({"model": "demo-media", "query": "red apple", "documents": ["blue sky", "an apple", "a red apple"], "top_n": 2});
    let ranked = ask("POST", "/v1/rerank", BEARER, &body).await.json();
    assert_eq!(ranked["results"], json!([{"index": 2, "relevance_score": 1.0}, {"index": 1, "relevance_score": 0.5}]));
    assert_eq!(ranked["usage"]["total_tokens"], 9);
}

#[tokio::test]
async fn what_is_spoken_is_a_sound_file() {
    let body = json!({"model": "demo-media", "input": "hello", "voice": "alloy"});
    let spoken = ask("POST", "/v1/audio/speech", BEARER, &body).await;
    assert_eq!((spoken.status, &spoken.body[..4], &spoken.body[8..16]), (200, "RIFF", "WAVEfmt "));
}

#[tokio::test]
async fn a_recording_is_taken_as_a_form() {
    let form = |fields: &str| {
        format!(
            "{fields}--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--xyz--\r\n"
        )
    };
    let model = "--xyz\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\ndemo-media\r\n";
    let typed = format!("{BEARER}content-type: multipart/form-data; boundary=xyz\r\n");
    let heard = send("POST", "/v1/audio/transcriptions", &typed, &form(model)).await;
    assert_eq!(
        (&heard.json()["text"], &heard.json()["usage"]["input_tokens"]),
        (&json!("A recording of 4 bytes."), &json!(10))
    );
    assert_eq!(send("POST", "/v1/audio/transcriptions", &typed, &form("")).await.status, 400);
    assert_eq!(send("POST", "/v1/audio/transcriptions", BEARER, &form(model)).await.status, 400);
}

#[tokio::test]
async fn all_tools_are_called_at_once_and_streamed_in_pieces() {
    let function = |name: &str| json!({"name": name, "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "integer"}}}});
    let tools = json!([{"type": "function", "function": function("weather")}, {"type": "function", "function": function("news")}]);
    let plain = ask("POST", "/v1/chat/completions", BEARER, &chat("[tools]", json!({"tools": tools}))).await.json();
    let calls = plain["choices"][0]["message"]["tool_calls"].as_array().unwrap().clone();
    assert_eq!(
        calls.iter().map(|call| call["function"]["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["weather", "news"]
    );
    assert_ne!(calls[0]["id"], calls[1]["id"]);

    let body = chat("[tools]", json!({"tools": tools, "stream": true}));
    let events = ask("POST", "/v1/chat/completions", BEARER, &body).await.events();
    let pieces: Vec<&Value> = events.iter().map(|(_, data)| &data["choices"][0]["delta"]["tool_calls"][0]).collect();
    let of = |index: u64| pieces.iter().filter(move |piece| piece["index"] == index);
    for index in [0, 1] {
        let arguments: String = of(index).filter_map(|piece| piece["function"]["arguments"].as_str()).collect();
        assert_eq!(arguments, calls[usize::try_from(index).unwrap()]["function"]["arguments"].as_str().unwrap());
        assert!(of(index).count() > 2, "in pieces");
    }
}

#[tokio::test]
async fn a_thought_has_its_place_in_each_format() {
    let answer =
        ask("POST", "/v1/chat/completions", BEARER, &chat("hi", json!({"reasoning_effort": "low"}))).await.json();
    let thought = answer["choices"][0]["message"]["reasoning_content"].as_str().unwrap();
    let tokens = thought.split_whitespace().count();
    assert_eq!(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], tokens);

    let body = messages("hi", json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}));
    let answer = ask("POST", "/v1/messages", ANTHROPIC, &body).await.json();
    assert_eq!((&answer["content"][0]["thinking"], &answer["content"][1]["type"]), (&json!(thought), &json!("text")));

    let body = json!({"model": "demo-large", "input": "hi", "reasoning": {"effort": "low", "summary": "auto"}, "stream": true});
    let events = ask("POST", "/v1/responses", BEARER, &body).await.events();
    let whole = &events.last().unwrap().1["response"];
    assert_eq!(
        (&whole["output"][0]["summary"][0]["text"], &whole["output"][1]["type"]),
        (&json!(thought), &json!("message"))
    );
    assert_eq!(whole["usage"]["output_tokens_details"]["reasoning_tokens"], tokens);
    for (name, data) in events.iter().filter(|(name, _)| name.contains("output_text")) {
        assert_eq!(data["output_index"], 1, "{name}");
    }
}
