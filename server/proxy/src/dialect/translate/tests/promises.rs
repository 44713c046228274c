//! Properties: a stream and a plain answer say the same, cuts make no difference, meaning survives, nothing panics.

use super::super::answer::{Answer, Piece, Said, Stop, Usage};
use super::super::chat::Thought;
use super::super::signature::Signature;
use super::super::{answer, anthropic, gemini, openai, read_request, write_request};
use super::golden::inputs;
use super::{ALL, Dialect, Framing, SURFACES, Surface, envelope, own, streamed, target};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z \"\\\\\n\u{e9}\u{1f600}{}:,]{1,20}"
}

fn usage() -> impl Strategy<Value = Usage> {
    (0..5_000u64, 0..5_000u64, 0..5_000u64, 0..500u64).prop_map(|(input, cache_read, output, reasoning)| Usage {
        input,
        cache_read,
        cache_write: 0,
        output: output + reasoning,
        reasoning,
    })
}

/// An answer as this provider could give it, in the one order that all formats can tell.
fn answer_of(provider: Dialect) -> impl Strategy<Value = Answer> {
    let signed = provider == Dialect::Anthropic;
    let thought = text().prop_map(move |text| {
        let signature = signed.then(|| Signature { from: Dialect::Anthropic, text: "c2lnbmVk".to_owned() });
        Said::Thought(Thought { text, signature, redacted: false })
    });
    let call = (text(), option::of("[a-z]{1,8}")).prop_map(|(value, name)| {
        name.map_or_else(|| "{}".to_owned(), |name| serde_json::json!({ name: value }).to_string())
    });
    let calls = vec(call, 0..4).prop_map(move |calls| {
        let said = calls.into_iter().enumerate().map(move |(number, arguments)| Said::Call {
            id: format!("call_{number}"),
            name: format!("tool_{number}"),
            arguments,
            signature: (provider == Dialect::Gemini && number == 0)
                .then(|| Signature { from: Dialect::Gemini, text: "c2ln".to_owned() }),
        });
        said.collect::<Vec<_>>()
    });
    let stop = proptest::sample::select(vec![Stop::End, Stop::MaxTokens, Stop::Refused]);
    (option::of(thought), option::of(text().prop_map(Said::Text)), calls, stop, usage()).prop_map(
        |(thought, text, calls, stop, usage)| {
            let stop = if calls.is_empty() || stop != Stop::End { stop } else { Stop::ToolUse };
            let said = thought.into_iter().chain(text).chain(calls).collect();
            Answer { said, stop, usage: Some(usage) }
        },
    )
}

/// The same answer in pieces of at most so many letters.
fn pieces(answer: &Answer, size: usize) -> Vec<Piece> {
    let cut = |text: &str| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(size).map(|chunk| chunk.iter().collect()).collect()
    };
    let mut pieces = Vec::new();
    for said in &answer.said {
        match said {
            Said::Text(text) => pieces.extend(cut(text).into_iter().map(Piece::Text)),
            Said::Thought(thought) => {
                pieces.extend(cut(&thought.text).into_iter().map(Piece::Thought));
                pieces.extend(thought.signature.clone().map(Piece::Signed));
            }
            Said::Call { id, name, arguments, signature } => {
                pieces.push(Piece::Call { id: id.clone(), name: name.clone(), signature: signature.clone() });
                pieces.extend(cut(arguments).into_iter().map(Piece::Arguments));
            }
        }
    }
    pieces.extend(answer.usage.map(Piece::Usage));
    pieces.push(Piece::Stop(answer.stop.clone()));
    pieces
}

fn plain_of(provider: Dialect, answer: &Answer) -> String {
    match provider {
        Dialect::OpenAi => openai::answer::write(answer, &envelope()),
        Dialect::Anthropic => anthropic::answer::write(answer, &envelope()).unwrap(),
        Dialect::Gemini => gemini::answer::write(answer, &envelope()).unwrap(),
    }
}

fn stream_of(provider: Dialect, pieces: Vec<Piece>) -> String {
    let (mut out, envelope) = (String::new(), envelope());
    match provider {
        Dialect::OpenAi => {
            let mut writer = openai::write_stream::Writer::new(true);
            pieces.into_iter().for_each(|piece| writer.write(piece, &envelope, &mut out));
            writer.finish(&envelope, &mut out);
        }
        Dialect::Anthropic => {
            let mut writer = anthropic::write_stream::Writer::default();
            pieces.into_iter().for_each(|piece| writer.write(piece, &envelope, &mut out));
            writer.finish(&envelope, &mut out);
        }
        Dialect::Gemini => {
            let mut writer = gemini::stream::Writer::new(Framing::Events);
            pieces.into_iter().for_each(|piece| writer.write(piece, &envelope, &mut out).unwrap());
            writer.finish(&envelope, &mut out).unwrap();
        }
    }
    out
}

/// What a client of this format understands of a plain answer.
fn understood(client: Dialect, body: &[u8]) -> Answer {
    let pieces = match client {
        Dialect::OpenAi => openai::answer::read(body, &envelope()),
        Dialect::Anthropic => anthropic::answer::read(body, &envelope()),
        Dialect::Gemini => gemini::answer::read(body, &envelope()),
    };
    Answer::of(pieces.unwrap()).unwrap()
}

fn understood_of_stream(client: Dialect, stream: &str) -> Answer {
    let mut pieces = Vec::new();
    let mut openai = openai::read_stream::Reader::default();
    let mut anthropic = anthropic::read_stream::Reader::default();
    let mut gemini = gemini::answer::Reader::default();
    for event in stream.replace("\r\n", "\n").split("\n\n").filter(|event| !event.is_empty()) {
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().as_bytes();
        match client {
            Dialect::OpenAi => openai.read(data, &envelope(), &mut pieces).unwrap(),
            Dialect::Anthropic => anthropic.read(data, &mut pieces).unwrap(),
            Dialect::Gemini => gemini.read(data, &envelope(), &mut pieces).unwrap(),
        }
    }
    Answer::of(pieces).unwrap()
}

proptest! {
    #[test]
    fn a_stream_and_a_plain_answer_say_the_same(
        (provider, said) in proptest::sample::select(ALL.to_vec()).prop_flat_map(|p| (Just(p), answer_of(p))),
        client in proptest::sample::select(ALL.to_vec()),
        size in 1..9usize,
    ) {
        let plain = answer(provider, own(client), plain_of(provider, &said).as_bytes(), &envelope()).unwrap();
        let stream = stream_of(provider, pieces(&said, size));
        let (before, end) = streamed(provider, own(client), &[stream.as_bytes()]).unwrap();
        let plain = understood(client, &plain);
        prop_assert_eq!(&understood_of_stream(client, &format!("{before}{end}")), &plain);
        // And it is what the provider said.
        prop_assert_eq!((&plain.usage, &plain.stop), (&said.usage, &said.stop));
        let calls = |answer: &Answer| {
            let call = |said: &Said| match said {
                Said::Call { name, arguments, .. } => Some((name.clone(), arguments.clone())),
                _ => None,
            };
            answer.said.iter().filter_map(call).collect::<Vec<_>>()
        };
        prop_assert_eq!(calls(&plain), calls(&said));
    }

    /// The last event of a response repeats all of it.
    #[test]
    fn a_streamed_response_ends_with_the_plain_one(
        (provider, said) in proptest::sample::select(ALL.to_vec()).prop_flat_map(|p| (Just(p), answer_of(p))),
        size in 1..9usize,
    ) {
        let plain = answer(provider, Surface::Responses, plain_of(provider, &said).as_bytes(), &envelope()).unwrap();
        let stream = stream_of(provider, pieces(&said, size));
        let (_, end) = streamed(provider, Surface::Responses, &[stream.as_bytes()]).unwrap();
        let last = end.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let last: serde_json::Value = serde_json::from_str(last).unwrap();
        prop_assert_eq!(&last["response"], &serde_json::from_slice::<serde_json::Value>(&plain).unwrap());
    }

    #[test]
    fn where_a_stream_is_cut_makes_no_difference(
        (provider, said) in proptest::sample::select(ALL.to_vec()).prop_flat_map(|p| (Just(p), answer_of(p))),
        client in proptest::sample::select(SURFACES.to_vec()),
        size in 1..9usize,
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let stream = stream_of(provider, pieces(&said, size));
        let bytes = stream.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for cut in cuts {
            chunks.push(&bytes[from..cut]);
            from = cut;
        }
        chunks.push(&bytes[from..]);
        prop_assert_eq!(streamed(provider, client, &chunks), streamed(provider, client, &[bytes]));
    }

    #[test]
    fn no_text_panics_a_reader(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        length in 0..40usize,
        noise in r#"[{}\[\]",:\\u0-9a-z ]{0,8}"#,
    ) {
        for kind in ["requests", "answers", "streams"] {
            let all = inputs(kind);
            let (_, from, text) = &all[which.index(all.len())];
            let start = cut.index(text.len());
            let end = (start + length).min(text.len());
            let mut bytes = text.as_bytes().to_vec();
            bytes.splice(start..end, noise.bytes());
            for to in SURFACES {
                if let Ok(chat) = read_request(*from, &bytes, false) {
                    let _ = write_request(&chat, &target(to.dialect()));
                }
                let _ = answer(from.dialect(), to, &bytes, &envelope());
                let _ = streamed(from.dialect(), to, &[&bytes]);
            }
        }
    }
}

/// A request that is written in its own format again says what it said.
#[test]
fn a_request_keeps_its_meaning_on_the_way_there_and_back() {
    for (name, from, text) in inputs("requests") {
        let chat = read_request(from, text.as_bytes(), true).unwrap();
        for through in ALL {
            let Ok(once) = write_request(&chat, &target(through)) else { continue };
            let again = read_request(own(through), &once, true).unwrap();
            assert_eq!(write_request(&again, &target(through)).unwrap(), once, "{name}");
        }
    }
}

/// Every object of every example gets a field that nobody knows, one after the other.
#[test]
fn no_unknown_field_is_dropped_in_silence() {
    // What is carried as it is, or left out as a whole.
    const CARRIED: [&str; 11] = [
        "parameters",
        "parametersJsonSchema",
        "schema",
        "input_schema",
        "input",
        "args",
        "response",
        "metadata",
        "cache_control",
        "properties",
        "edits",
    ];
    fn places(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                found.push(at.to_owned());
                for (name, value) in fields {
                    if !CARRIED.contains(&name.as_str()) {
                        places(value, &format!("{at}/{name}"), found);
                    }
                }
            }
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
            }
            _ => {}
        }
    }
    let mut tried = 0;
    for (name, from, text) in inputs("requests") {
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut found = Vec::new();
        places(&whole, "", &mut found);
        for place in found {
            let mut odd = whole.clone();
            odd.pointer_mut(&place).unwrap()["oddField"] = 1.into();
            let refused = read_request(from, odd.to_string().as_bytes(), false);
            let Err(denial) = refused else { panic!("{name}: {place} was dropped") };
            assert!(super::reason(denial).contains("oddField"), "{name}: {place}");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}
