//! What cannot be translated is refused with its name, and says what to do.

use super::super::{error, read_request, write_request};
use super::{Dialect, Framing, StreamTranslator, Surface, Wishes, envelope, own, reason, target};

fn refusal(from: Dialect, to: Dialect, fields: &str) -> String {
    let body = match from {
        Dialect::Gemini => format!(r#"{{"contents":[{{"parts":[{{"text":"Hi"}}]}}],{fields}}}"#),
        _ => format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fields}}}"#),
    };
    let written = read_request(own(from), body.as_bytes(), false).and_then(|chat| write_request(&chat, &target(to)));
    match written {
        Err(denial) => reason(denial),
        Ok(bytes) => panic!("{fields}: {bytes:?}"),
    }
}

#[test]
fn fields_without_counterpart_are_named() {
    use Dialect::{Anthropic, Gemini, OpenAi};
    for (from, to, fields, named) in [
        (OpenAi, Anthropic, r#""n":2"#, "'n'"),
        (OpenAi, Anthropic, r#""seed":1"#, "'seed'"),
        (OpenAi, Anthropic, r#""frequency_penalty":0.5"#, "'frequency_penalty'"),
        (OpenAi, Anthropic, r#""temperature":1.5"#, "'temperature'"),
        (OpenAi, Anthropic, r#""response_format":{"type":"json_object"}"#, "'response_format'"),
        (OpenAi, Anthropic, r#""logprobs":true"#, "'logprobs'"),
        (OpenAi, Gemini, r#""store":true"#, "'store'"),
        (OpenAi, Gemini, r#""logit_bias":{"50256":-100}"#, "'logit_bias'"),
        (OpenAi, Gemini, r#""modalities":["text","audio"]"#, "'modalities'"),
        (OpenAi, Gemini, r#""web_search_options":{}"#, "'web_search_options'"),
        (OpenAi, Gemini, r#""functions":[]"#, "'functions'"),
        (OpenAi, Gemini, r#""tools":[{"type":"custom","custom":{"name":"x"}}]"#, "'tools[0].type'"),
        (
            OpenAi,
            Gemini,
            r#""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],"parallel_tool_calls":false"#,
            "'parallel_tool_calls'",
        ),
        (OpenAi, Gemini, r#""stop":["1","2","3","4","5","6"]"#, "'stop'"),
        (Anthropic, OpenAi, r#""top_k":4"#, "'top_k'"),
        (Anthropic, OpenAi, r#""stop_sequences":["1","2","3","4","5"]"#, "'stop_sequences'"),
        (Anthropic, OpenAi, r#""mcp_servers":[{"url":"x"}]"#, "'mcp_servers'"),
        (Anthropic, OpenAi, r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#, "'tools[0].type'"),
        (
            Anthropic,
            Gemini,
            r#""context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}"#,
            "'context_management.edits[0].type'",
        ),
        (Gemini, OpenAi, r#""generationConfig":{"topK":4}"#, "'generationConfig.topK'"),
        (Gemini, OpenAi, r#""generation_config":{"candidate_count":2}"#, "'generationConfig.candidateCount'"),
        (Gemini, OpenAi, r#""cachedContent":"cachedContents/x""#, "'cachedContent'"),
        (Gemini, OpenAi, r#""tools":[{"googleSearch":{}}]"#, "'tools[0].googleSearch'"),
        (
            Gemini,
            Anthropic,
            r#""generationConfig":{"responseMimeType":"application/json"}"#,
            "'generationConfig.responseMimeType'",
        ),
        (
            Gemini,
            Anthropic,
            r#""generationConfig":{"maxOutputTokens":500,"thinkingConfig":{"thinkingBudget":400}}"#,
            "'generationConfig.thinkingConfig.thinkingBudget'",
        ),
        (
            Gemini,
            Anthropic,
            r#""safetySettings":[{"category":"X","threshold":"BLOCK_LOW_AND_ABOVE"}]"#,
            "'safetySettings[0].threshold'",
        ),
    ] {
        let reason = refusal(from, to, fields);
        assert!(reason.starts_with(named), "{fields}: {reason}");
        assert!(reason.contains("Remove it, or call a model"), "{reason}");
    }
}

#[test]
fn one_tool_at_a_time_is_no_wish_where_one_tool_is_offered() {
    let body = r#"{"max_tokens":9,"messages":[{"role":"user","content":"Hi"}],
        "tools":[{"name":"json","input_schema":{"type":"object"}}],
        "tool_choice":{"type":"any","disable_parallel_tool_use":true}}"#;
    let chat = read_request(own(Dialect::Anthropic), body.as_bytes(), false).unwrap();
    assert!(write_request(&chat, &target(Dialect::Gemini)).is_ok());
}

#[test]
fn what_a_client_library_adds_to_an_answer_may_be_given_back() {
    let body = r#"{"messages":[{"role":"user","content":"Hi"},
        {"role":"assistant","content":null,"parsed":null,"tool_calls":[{"id":"call_1","type":"function","index":0,
            "function":{"name":"weather","arguments":"{}","parsed_arguments":{}}}]},
        {"role":"tool","tool_call_id":"call_1","content":"Rain"}]}"#;
    let chat = read_request(own(Dialect::OpenAi), body.as_bytes(), false).unwrap();
    let written = write_request(&chat, &target(Dialect::Gemini)).unwrap();
    assert!(String::from_utf8_lossy(&written).contains(r#""name":"weather""#), "{written:?}");
}

#[test]
fn content_without_counterpart_is_named() {
    use Dialect::{Anthropic, Gemini, OpenAi};
    let odd_part = |from, content: &str| {
        let body = match from {
            Gemini => format!(r#"{{"contents":[{{"parts":[{content}]}}]}}"#),
            _ => format!(r#"{{"messages":[{{"role":"user","content":[{content}]}}]}}"#),
        };
        reason(read_request(own(from), body.as_bytes(), false).unwrap_err())
    };
    for (from, content, named) in [
        (OpenAi, r#"{"type":"input_audio","input_audio":{"data":"","format":"mp3"}}"#, "'messages[0].content[0].type'"),
        (OpenAi, r#"{"type":"file","file":{"file_data":"x"}}"#, "'messages[0].content[0].type'"),
        (Anthropic, r#"{"type":"document","source":{"type":"text","data":"x"}}"#, "'messages[0].content[0].type'"),
        (
            Anthropic,
            r#"{"type":"image","source":{"type":"file","file_id":"x"}}"#,
            "'messages[0].content[0].source.type'",
        ),
        (Gemini, r#"{"inlineData":{"mimeType":"audio/mp3","data":""}}"#, "'contents[0].parts[0].inlineData.mimeType'"),
        (Gemini, r#"{"executableCode":{"code":"x"}}"#, "'contents[0].parts[0].executableCode'"),
        (
            Gemini,
            r#"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}"#,
            "'contents[0].parts[0].fileData.fileUri'",
        ),
    ] {
        let reason = odd_part(from, content);
        assert!(reason.starts_with(named), "{content}: {reason}");
    }
    let orphan = r#"{"messages":[{"role":"tool","tool_call_id":"call_9","content":"x"}]}"#;
    assert!(reason(read_request(own(OpenAi), orphan.as_bytes(), false).unwrap_err()).contains("answers no tool call"));
    let prefill = r#"{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"The answer is ("}]}"#;
    assert!(reason(read_request(own(Anthropic), prefill.as_bytes(), false).unwrap_err()).starts_with("'messages'"));
    let image = r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/picture"}}]}]}"#;
    let chat = read_request(own(OpenAi), image.as_bytes(), false).unwrap();
    let named = "'messages[0].content[0].image_url.url'";
    assert!(reason(write_request(&chat, &target(Gemini)).unwrap_err()).starts_with(named));
    assert!(write_request(&chat, &target(Anthropic)).is_ok());
}

#[test]
fn an_older_gemini_is_given_a_budget_for_an_effort() {
    let body = br#"{"messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"medium"}"#;
    let chat = read_request(own(Dialect::OpenAi), body, false).unwrap();
    for (model, expected) in
        [("gemini-2.5-flash", r#"{"thinkingBudget":8192}"#), ("gemini-3-pro", r#"{"thinkingLevel":"MEDIUM"}"#)]
    {
        let written = write_request(&chat, &super::Target { model, ..target(Dialect::Gemini) }).unwrap();
        assert!(std::str::from_utf8(&written).unwrap().contains(expected), "{written:?}");
    }
}

#[test]
fn errors_that_are_none_are_left_to_the_gateway() {
    assert_eq!(error(Surface::Responses, 502, b"<html>Bad gateway</html>", "req"), None);
    let (status, body) =
        error(Surface::Messages, 429, br#"{"error":{"code":429,"message":"Slow down"}}"#, "req").unwrap();
    assert_eq!(status, 429);
    assert_eq!(
        body,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},"request_id":"req"}"#.as_bytes()
    );
}

#[test]
fn responses_without_counterpart_are_named() {
    for (fields, named) in [
        (r#""input":"Hi","previous_response_id":"resp_1""#, "'previous_response_id'"),
        (r#""input":"Hi","store":true"#, "'store'"),
        (r#""input":"Hi","truncation":"auto""#, "'truncation'"),
        (r#""input":"Hi","tools":[{"type":"web_search"}]"#, "'tools[0].type'"),
        (r#""input":"Hi","tools":[{"type":"custom","name":"apply_patch"}]"#, "'tools[0].type'"),
        (r#""input":"Hi","include":["message.output_text.logprobs"]"#, "'include'"),
        (r#""input":[{"type":"item_reference","id":"msg_1"}]"#, "'input[0].type'"),
        (r#""input":[{"role":"user","content":[{"type":"input_file","file_id":"x"}]}]"#, "'input[0].content[0].type'"),
    ] {
        let denial = read_request(Surface::Responses, format!("{{{fields}}}").as_bytes(), false).unwrap_err();
        assert!(reason(denial).starts_with(named), "{fields}");
    }
}

#[test]
fn a_stream_that_breaks_says_so_in_the_clients_format() {
    let error = serde_json::json!({"error": {"message": "gone", "code": "provider_error"}});
    for (surface, framing, expected) in [
        (
            Surface::ChatCompletions,
            Framing::Events,
            "data: {\"error\":{\"code\":\"provider_error\",\"message\":\"gone\"}}\n\n",
        ),
        (
            Surface::Responses,
            Framing::Events,
            "event: error\ndata: {\"type\":\"error\",\"sequence_number\":5,\"code\":\"provider_error\",\"message\":\"gone\",\"param\":null,\"request_id\":null}\n\n",
        ),
        (
            Surface::Messages,
            Framing::Events,
            "event: error\ndata: {\"error\":{\"code\":\"provider_error\",\"message\":\"gone\"}}\n\n",
        ),
        (
            Surface::GenerateContent,
            Framing::Events,
            "data: {\"error\":{\"code\":\"provider_error\",\"message\":\"gone\"}}\r\n\r\n",
        ),
        (
            Surface::GenerateContent,
            Framing::Array,
            ",\r\n{\"error\":{\"code\":\"provider_error\",\"message\":\"gone\"}}]",
        ),
    ] {
        let wishes = Wishes { include_usage: false, framing };
        let mut translator = StreamTranslator::new(Dialect::OpenAi, surface, wishes, envelope());
        let begun = translator.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n").unwrap();
        assert!(!begun.is_empty());
        let said = translator.broken(&error);
        let said = std::str::from_utf8(&said).unwrap();
        assert_eq!(said, expected, "{surface:?}");
        assert!(framing == Framing::Events || [&begun[..], said.as_bytes()].concat().starts_with(b"["));
    }
}

#[test]
fn limits_and_labels_are_kept_within_what_the_other_side_takes() {
    let user = "u".repeat(65);
    let body = format!(
        r#"{{"messages":[{{"role":"user","content":"Hi"}}],"max_tokens":64000,"metadata":{{"user_id":"{user}"}},
        "thinking":{{"type":"enabled","budget_tokens":31999}}}}"#
    );
    let chat = read_request(Surface::Messages, body.as_bytes(), false).unwrap();
    let written = |dialect| String::from_utf8(write_request(&chat, &target(dialect)).unwrap().to_vec()).unwrap();
    assert!(!written(Dialect::OpenAi).contains("\"user\":\"u"));
    assert!(written(Dialect::OpenAi).contains(r#""reasoning_effort":"high""#));
    assert!(written(Dialect::Gemini).contains(r#""thinkingBudget":24576"#));
    // Below the cap that was decided at admission.
    assert!(written(Dialect::Anthropic).contains(r#""budget_tokens":8999"#));
    assert!(written(Dialect::Anthropic).contains(&user));
}
