//! The name of a session on pages and in forms: a part of its id's hash.
//!
//! Enough to tell one person's sessions apart, and worth nothing to whoever reads it: it leads neither to the id nor to a
//! session of anybody else.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionMark([u8; 8]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the mark of a session")]
pub struct InvalidMark;

impl SessionMark {
    pub const fn of(id_hash: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *id_hash;
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for SessionMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl FromStr for SessionMark {
    type Err = InvalidMark;
    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        number.map(|number| Self(number.to_be_bytes())).ok_or(InvalidMark)
    }
}

impl TryFrom<String> for SessionMark {
    type Error = InvalidMark;
    fn try_from(text: String) -> Result<Self, InvalidMark> {
        text.parse()
    }
}

impl From<SessionMark> for String {
    fn from(mark: SessionMark) -> Self {
        mark.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_sixteen_digits_and_nothing_else() {
        let mark = SessionMark::of(&[0xab; 32]);
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in ["", "abababababababa", "+babababababababa", "abababababababag", "ababababababababa"] {
            assert!(text.parse::<SessionMark>().is_err(), "{text}");
        }
    }
}
