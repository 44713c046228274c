//! The company's key policy: a text that everybody reads who mints a key, in versions.
//!
//! What is acknowledged is a version and not the text at large: whoever read version 3 has to read version 4 before the
//! next key. An empty text asks for nothing.

use crate::plain_text::hides;
use crate::refusal::Reason;

/// In characters: about ten minutes of reading.
pub const LONGEST_POLICY: u32 = 12_000;
/// Words that people read in a minute.
const WORDS_A_MINUTE: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPolicy {
    /// 1 for the first; grows with each edit.
    pub version: i64,
    pub text: String,
}

impl KeyPolicy {
    /// At least one.
    pub fn minutes(&self) -> usize {
        self.text.split_whitespace().count().div_ceil(WORDS_A_MINUTE).max(1)
    }
}

/// Why a key cannot be minted with what was acknowledged. `policy` is the one that holds, if any asks for anything.
pub fn check_acknowledged(policy: Option<&KeyPolicy>, acknowledged: Option<i64>) -> Option<Reason> {
    let policy = policy.filter(|policy| !policy.text.is_empty())?;
    match acknowledged {
        None => Some(Reason::Missing),
        Some(version) if version == policy.version => None,
        Some(_) => Some(Reason::PolicyChanged { version: policy.version }),
    }
}

/// The text as it is kept: lines end alike, and nothing is hidden in it.
pub fn policy_text(text: &str) -> Result<String, Reason> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > LONGEST_POLICY as usize {
        return Err(Reason::TooLong { at_most: LONGEST_POLICY });
    }
    if text.chars().any(|letter| letter != '\n' && hides(letter)) {
        return Err(Reason::HiddenCharacters);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_holds_is_the_one_to_acknowledge() {
        let policy = KeyPolicy { version: 3, text: "Do not share keys.".to_owned() };
        let check = |acknowledged| check_acknowledged(Some(&policy), acknowledged);
        assert_eq!(check(Some(3)), None);
        assert_eq!(check(None), Some(Reason::Missing));
        assert_eq!(check(Some(2)), Some(Reason::PolicyChanged { version: 3 }));
        assert_eq!(check_acknowledged(None, None), None);
        let withdrawn = KeyPolicy { version: 4, text: String::new() };
        assert_eq!(check_acknowledged(Some(&withdrawn), None), None);
    }

    #[test]
    fn a_text_is_kept_as_it_reads() {
        assert_eq!(policy_text(" One.\r\n\r\nTwo. ").as_deref(), Ok("One.\n\nTwo."));
        assert_eq!(policy_text("a\u{202E}b"), Err(Reason::HiddenCharacters));
        assert_eq!(policy_text(&"x".repeat(12_001)), Err(Reason::TooLong { at_most: LONGEST_POLICY }));
        assert_eq!(KeyPolicy { version: 1, text: "word ".repeat(201) }.minutes(), 2);
    }
}
