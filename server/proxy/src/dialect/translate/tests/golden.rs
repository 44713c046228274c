//! Documented examples of each format, and what becomes of them in the others. `GOLDEN=write` writes them anew.

use super::super::{answer, read_request, write_request};
use super::{ALL, SURFACES, Surface, envelope, own, reason, streamed, surface_word, target, word};
use std::path::{Path, PathBuf};

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/translate").join(kind)
}

/// The inputs of a kind: name, format, text. Files with `.to-` in their names are results.
pub(super) fn inputs(kind: &str) -> Vec<(String, Surface, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder(kind)).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let [name, format, _] = file.split('.').collect::<Vec<_>>()[..] else { continue };
        let format = SURFACES.into_iter().find(|surface| surface_word(*surface) == format).unwrap();
        found.push((name.to_owned(), format, std::fs::read_to_string(&path).unwrap()));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(found.len() > 5, "no golden files in {kind}");
    found
}

fn expect(kind: &str, name: &str, from: Surface, to: &str, ending: &str, text: &str) {
    let path = folder(kind).join(format!("{name}.{}.to-{to}.{ending}", surface_word(from)));
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{}", path.display());
}

/// Lines for people, and the order as it is.
fn pretty(json: &str) -> String {
    serde_json::from_str::<serde::de::IgnoredAny>(json).unwrap();
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0usize, false, false);
    for letter in json.chars() {
        if letter.is_whitespace() && !in_text {
            continue;
        }
        let closes = !in_text && matches!(letter, '}' | ']');
        if closes {
            depth -= 1;
            if !out.ends_with(['{', '[']) {
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
            }
        } else if out.ends_with(['{', '[']) && !in_text {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push(letter);
        match letter {
            '"' if !escaped => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            ',' if !in_text => {
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
            }
            ':' if !in_text => out.push(' '),
            _ => {}
        }
        escaped = in_text && letter == '\\' && !escaped;
    }
    out.push('\n');
    out
}

#[test]
fn requests() {
    for (name, from, text) in inputs("requests") {
        let streams = text.contains("\"stream\": true");
        let chat = read_request(from, text.as_bytes(), streams).unwrap();
        for to in ALL {
            let written = match write_request(&chat, &target(to)) {
                Ok(bytes) => pretty(std::str::from_utf8(&bytes).unwrap()),
                Err(denial) => format!("400 {}\n", reason(denial)),
            };
            expect("requests", &name, from, word(to), "json", &written);
        }
    }
}

#[test]
fn answers() {
    for (name, from, text) in inputs("answers") {
        for to in SURFACES.into_iter().filter(|to| own(to.dialect()) != from) {
            let bytes = answer(from.dialect(), to, text.as_bytes(), &envelope()).unwrap();
            expect("answers", &name, from, surface_word(to), "json", &pretty(std::str::from_utf8(&bytes).unwrap()));
        }
    }
}

#[test]
fn streams() {
    for (name, from, text) in inputs("streams") {
        for to in SURFACES.into_iter().filter(|to| own(to.dialect()) != from) {
            let (before, end) = streamed(from.dialect(), to, &[text.as_bytes()]).unwrap();
            let marked = format!("{before}: what follows waits for the settlement\n{end}").replace("\r\n", "\n");
            expect("streams", &name, from, surface_word(to), "sse", &marked);
        }
    }
}
