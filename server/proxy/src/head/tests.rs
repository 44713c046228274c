use super::*;
use proptest::prelude::*;

fn chat(body: &str) -> Result<Head, Denial> {
    read(body.as_bytes(), Endpoint::ChatCompletions, &Address::default())
}

fn refusal(body: &str) -> String {
    match chat(body) {
        Err(Denial::InvalidRequest { reason }) => reason,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn the_acted_on_fields_are_found_with_their_places() {
    let body = r#" { "messages" : [{"role":"user","content":"model"}], "model":"gpt-5" , "n":2, "stream" :true,
        "max_tokens": 40, "unknown":{"model":"x","model":"y","API_KEY":1} }"#;
    let head = chat(body).unwrap();
    assert_eq!((head.model.as_str(), head.stream, head.choices), ("gpt-5", true, 2));
    let ModelPlace::Text(at) = head.model_at.clone() else { panic!() };
    assert_eq!(&body[at], "\"gpt-5\"");
    let cap = head.caps[1].clone().unwrap().cap;
    assert_eq!((cap.value, &body[cap.at]), (Some(40), "40"));
    assert_eq!(&body[..head.insert_at], " {");
    assert_eq!(head.scan.items, 1);
}

#[test]
fn nulls_are_as_good_as_absent() {
    let head = chat(r#"{"model":"m","stream":null,"n":null,"max_tokens":null,"previous_response_id":null}"#).unwrap();
    assert_eq!(head.previous, None);
    assert_eq!((head.stream, head.choices, head.caps[1].clone().unwrap().cap.value), (false, 1, None));
}

#[test]
fn what_a_lenient_parser_would_read_differently_is_refused() {
    for (body, word) in [
        ("", "not valid JSON"),
        ("[]", "one JSON object"),
        ("7", "one JSON object"),
        ("{}", "'model' is missing"),
        (r#"{"model":null}"#, "'model' is missing"),
        (r#"{"model":7}"#, "has to be a text"),
        (r#"{"model":"m"} {}"#, "not valid JSON"),
        (r#"{"model":"m",}"#, "not valid JSON"),
        (r#"{"model":"m"/* */}"#, "not valid JSON"),
        (r#"{"model":"m","model":"m"}"#, "occurs twice"),
        (r#"{"model":"m","mod\u0065l":"m"}"#, "occurs twice"),
        (r#"{"model":"m","Model":"other"}"#, "another case"),
        (r#"{"model":"m","max_to\u212aens":9}"#, "another case"),
        (r#"{"model":"m","\u017ftream":true}"#, "another case"),
        (r#"{"model":"m","stream":"yes"}"#, "true or false"),
        (r#"{"model":"m","max_tokens":-1}"#, "whole number"),
        (r#"{"model":"m","max_tokens":1e9}"#, "whole number"),
        (r#"{"model":"m","n":0}"#, "between 1 and 128"),
        (r#"{"model":"m","API_BASE":"http://x"}"#, "decided by the gateway"),
        (r#"{"model":"m","extra_headers":{}}"#, "decided by the gateway"),
        (r#"{"model":"m","stream_options":{"include_usage":1}}"#, "include_usage"),
        (r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#, "include_usage"),
    ] {
        assert!(refusal(body).contains(word), "{body}: {}", refusal(body));
    }
}

#[test]
fn references_to_stored_things_are_refused() {
    for body in [
        r#"{"model":"m","previous_response_id":"resp_1"}"#,
        r#"{"model":"m","conversation":{"id":"conv_1"}}"#,
        r#"{"model":"m","prompt":{"id":"pmpt_1"}}"#,
        r#"{"model":"m","background":true}"#,
        r#"{"model":"m","input":[{"id":"msg_1"}]}"#,
        r#"{"model":"m","input":[{"role":"user","content":"x"},{"type":null,"i\u0064":"msg_1"}]}"#,
        r#"{"model":"m","speed":"fast"}"#,
        r#"{"model":"m","input":[{"type":"item_reference","id":"msg_1"}]}"#,
        r#"{"model":"m","input":[{"type":"input_file","file_id":"file-1"}]}"#,
        r#"{"model":"m","input":[{"ty\u0070e":"input_image","file_id":"file-1"}]}"#,
        r#"{"model":"m","tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}"#,
        r#"{"model":"m","tools":[{"type":"code_interpreter","container":"cntr_1"}]}"#,
        r#"{"model":"m","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}"#,
        r#"{"model":"m","tools":[{"container":{"file_\u0069ds" : [ "file-1" ]},"type":"code_interpreter"}]}"#,
    ] {
        refusal(body);
    }
    let tool = r#"{"model":"m","tools":[{"type":"function","parameters":{"properties":{"file_id":{"type":"string"}}}}],
        "messages":[{"content":[{"type":"tool_use","input":{"file_id":"mine","file_ids":["mine"]}}]}]}"#;
    assert!(chat(tool).is_ok());
    let items = r#"{"model":"m","input":[{"id":"fc_1","type":"function_call"},{"role":"user","id":"x","content":"y"}],
        "tools":[{"id":"mine"}]}"#;
    assert!(chat(items).is_ok());
}

#[test]
fn what_is_kept_and_what_a_call_goes_on_from_is_read_of_responses_alone() {
    let head = |body: &str| read(body.as_bytes(), Endpoint::Responses, &Address::default()).unwrap();
    for (body, keeps) in [
        (r#"{"model":"m"}"#, true),
        (r#"{"model":"m","store":null}"#, true),
        (r#"{"model":"m","store":true}"#, true),
        (r#"{"model":"m","store":false}"#, false),
    ] {
        assert_eq!(head(body).keeps, keeps, "{body}");
        assert!(!chat(body).unwrap().keeps, "{body}");
    }
    let previous = r#"{"model":"m","previous_response_id":"resp\u005f1"}"#;
    assert_eq!(head(previous).previous.as_deref(), Some("resp_1"));
    for broken in [
        r#"{"model":"m","previous_response_id":7}"#,
        r#"{"model":"m","previous_response_id":"resp_1","previous_response_id":"resp_2"}"#,
        r#"{"model":"m","Previous_Response_Id":"resp_1"}"#,
        r#"{"model":"m","store":false,"Store":true}"#,
        r#"{"model":"m","store":false,"store":true}"#,
    ] {
        assert!(read(broken.as_bytes(), Endpoint::Responses, &Address::default()).is_err(), "{broken}");
    }
}

#[test]
fn a_wish_for_a_service_is_read_whatever_its_case() {
    let tier = |body: &str| chat(body).unwrap().tier;
    assert_eq!(tier(r#"{"model":"m","service_tier":"\u0070riority"}"#), AskedTier::Named(ServiceTier::Priority));
    assert_eq!(tier(r#"{"model":"m","service_tier":"Auto"}"#).dearest(), ServiceTier::Priority);
    for plain in [r#"{"model":"m","service_tier":"scale"}"#, r#"{"model":"m"}"#, r#"{"model":"m","service_tier":null}"#]
    {
        assert_eq!(tier(plain), AskedTier::Standard);
    }
}

#[test]
fn units_are_read_of_the_fields_that_ask_for_them() {
    let head = |endpoint, body: &str| read(body.as_bytes(), endpoint, &Address::default()).unwrap();
    let speech = head(Endpoint::Speech, r#"{"model":"m","input":"h\u00e9llo"}"#);
    assert_eq!((speech.usual.characters, speech.most.characters), (5, 12));
    assert_eq!(head(Endpoint::ImageGenerations, r#"{"model":"m","n":3}"#).most.images, 3);
    let rerank = head(Endpoint::Rerank, r#"{"model":"m","query":"q","documents":["a","b"]}"#);
    assert_eq!((rerank.usual.queries, rerank.most.queries), (1, 2));
    let search = head(Endpoint::ChatCompletions, r#"{"model":"m","web_search_options":{}}"#);
    assert_eq!((search.fixed.searches, search.most.searches), (1, MOST_SEARCHES));
    assert!(read(br#"{"model":"m","stream":true}"#, Endpoint::ImageGenerations, &Address::default()).is_err());
}

#[test]
fn every_prompt_of_a_completion_is_answered() {
    let choices = |body: &str| read(body.as_bytes(), Endpoint::Completions, &Address::default()).unwrap().choices;
    for (prompt, answers) in [(r#""x""#, 1), (r#"["x","y"]"#, 2), ("[1,2,3]", 1), ("[[1],[2],[3]]", 3), ("[]", 1)] {
        assert_eq!(choices(&format!(r#"{{"model":"m","prompt":{prompt}}}"#)), answers, "{prompt}");
    }
    assert_eq!(choices(r#"{"model":"m","prompt":["x","y"],"n":2,"best_of":4}"#), 8);
}

#[test]
fn input_from_outside_of_the_body_is_noticed() {
    let scan = |body: &str| chat(body).unwrap().scan;
    let image =
        r#"{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}"#;
    assert_eq!((scan(image).images, scan(image).outside), (1, false));
    assert!(scan(r#"{"model":"m","tools":[{"type":"web_search_20250305"}]}"#).outside);
    assert!(scan(r#"{"model":"m","web_search_options":{}}"#).outside);
    let schema = r#"{"model":"m","tools":[{"function":{"properties":{"url":{"type":"string"}},"required":["url"]}}]}"#;
    assert_eq!((scan(schema).images, scan(schema).outside), (0, false));
}

#[test]
fn depth_is_counted_where_values_are_skipped_too() {
    let nested = |levels: usize| format!(r#"{{"model":"m","x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(chat(&nested(63)).is_ok());
    assert!(refusal(&nested(64)).contains("nested"));
    assert!(refusal(&nested(100_000)).contains("nested"));
    assert!(chat(&format!(r#"{{"model":"m","x":"{}"}}"#, "[".repeat(1_000))).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_panic_the_reader(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body, Endpoint::ChatCompletions, &Address::default());
    }

    #[test]
    fn no_json_like_text_panics_the_reader(body in r#"[{}\[\]",:\\umodelsn0-9 ]{0,60}"#) {
        let _ = chat(&body);
    }
}
