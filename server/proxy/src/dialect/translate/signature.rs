//! Carries a provider's signature of what its model thought through a client that has no field for it.
//!
//! Gemini refuses a conversation whose function calls have lost their `thoughtSignature`, and Anthropic one whose
//! thinking was changed. Clients of other formats give back what they know: the id of a tool call always, and unknown
//! fields seldom. Hence Gemini's signatures travel inside of ids. A signature goes back only to the format it came from.

use super::Dialect;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub from: Dialect,
    pub text: String,
}

/// Between a call's own id and a signature of Gemini's. Ids of Anthropic's clients have to match `[A-Za-z0-9_-]+`.
const IN_ID: &str = "__thought__";

/// Eight letters of base64, so that they and what follows are base64 together: clients of Gemini's format decode
/// signatures. Their bytes spell `kw-thk` and `kw-red`.
const THINKING: &str = "a3ctdGhr";
const REDACTED: &str = "a3ctcmVk";

/// The id under which a client of another format learns of a call.
pub(super) fn into_id(id: &str, signature: Option<&Signature>) -> String {
    match signature {
        Some(Signature { from: Dialect::Gemini, text }) => format!("{id}{IN_ID}{}", url_safe(text)),
        _ => id.to_owned(),
    }
}

pub(super) fn from_id(id: &str) -> (String, Option<Signature>) {
    match id.split_once(IN_ID) {
        Some((id, text)) => (id.to_owned(), Some(Signature { from: Dialect::Gemini, text: text.to_owned() })),
        None => (id.to_owned(), None),
    }
}

/// A `thoughtSignature` for what another provider signed.
pub(super) fn into_thought_signature(signature: &Signature, redacted: bool) -> String {
    match signature.from {
        Dialect::Gemini => signature.text.clone(),
        _ if redacted => format!("{REDACTED}{}", signature.text),
        _ => format!("{THINKING}{}", signature.text),
    }
}

/// Whose signature a `thoughtSignature` is, and whether it stands for hidden thoughts.
pub(super) fn from_thought_signature(text: &str) -> (Signature, bool) {
    let anthropic = |text: &str| Signature { from: Dialect::Anthropic, text: standard(text) };
    if let Some(text) = text.strip_prefix(THINKING) {
        (anthropic(text), false)
    } else if let Some(text) = text.strip_prefix(REDACTED) {
        (anthropic(text), true)
    } else {
        (Signature { from: Dialect::Gemini, text: text.to_owned() }, false)
    }
}

/// What a client of OpenAI's responses gives back of a thought.
pub(super) fn into_encrypted_content(signature: &Signature, redacted: bool) -> String {
    into_thought_signature(signature, redacted)
}

/// What OpenAI itself encrypted means nothing to other providers.
pub(super) fn from_encrypted_content(text: &str) -> Option<(Signature, bool)> {
    Some(from_thought_signature(text)).filter(|(signature, _)| signature.from == Dialect::Anthropic)
}

/// Protobuf's JSON takes base64 in either alphabet, padded or not.
fn url_safe(base64: &str) -> String {
    base64.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// Anthropic wants its signatures back as they were; some SDKs of Gemini's write base64 in the other alphabet.
fn standard(base64: &str) -> String {
    let mut text = base64.trim_end_matches('=').replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_survive_clients_that_do_not_know_them() {
        let gemini = Signature { from: Dialect::Gemini, text: "Ab+/x9==".to_owned() };
        let id = into_id("call_1", Some(&gemini));
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{id}");
        let (bare, back) = from_id(&id);
        assert_eq!((bare.as_str(), back.unwrap().text.as_str()), ("call_1", "Ab-_x9"));
        assert_eq!(from_id("toolu_01"), ("toolu_01".to_owned(), None));

        let anthropic = Signature { from: Dialect::Anthropic, text: "EqQBCgIYAhIM1+/=".to_owned() };
        for redacted in [false, true] {
            let carried = into_thought_signature(&anthropic, redacted);
            assert_eq!(from_thought_signature(&carried), (anthropic.clone(), redacted));
            assert_eq!(from_thought_signature(&url_safe(&carried)), (anthropic.clone(), redacted));
        }
        assert_eq!(from_thought_signature("CsUB").0.from, Dialect::Gemini);
        // A signature never goes to a provider that did not make it.
        assert_eq!(into_id("call_1", Some(&anthropic)), "call_1");
    }
}
