//! Short texts that people type and other people read: names, applications, tags.

use crate::person::is_bidi_control;
use crate::refusal::Reason;

/// The text without blanks around it, if it is a name: not empty, not too long, nothing that hides or turns around what
/// stands beside it.
pub fn plain_text(text: &str, at_most: u32) -> Result<String, Reason> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Reason::Missing);
    }
    if text.chars().any(hides) {
        return Err(Reason::HiddenCharacters);
    }
    if text.chars().count() > at_most as usize {
        return Err(Reason::TooLong { at_most });
    }
    Ok(text.to_owned())
}

/// The same for a field that may stay empty.
pub fn optional_text(text: Option<&str>, at_most: u32) -> Result<Option<String>, Reason> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => plain_text(text, at_most).map(Some),
    }
}

/// How names are compared: `Laptop` and `laptop ` are the same name.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Characters that hide, or turn around what stands beside them.
pub(crate) fn hides(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || is_invisible(c)
}

/// Characters without width, which make two names look alike.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_never_deceives() {
        assert_eq!(plain_text("  claude-code laptop ", 64), Ok("claude-code laptop".into()));
        assert_eq!(plain_text("Büro 東京", 64), Ok("Büro 東京".into()));
        assert_eq!(plain_text(" \t", 64), Err(Reason::Missing));
        assert_eq!(plain_text("xxxx", 3), Err(Reason::TooLong { at_most: 3 }));
        for hidden in ["a\u{0}b", "a\nb", "a\u{202E}b", "a\u{200B}b", "a\u{FEFF}b"] {
            assert_eq!(plain_text(hidden, 64), Err(Reason::HiddenCharacters), "{hidden:?}");
        }
        assert_eq!(optional_text(Some("  "), 3), Ok(None));
    }
}
