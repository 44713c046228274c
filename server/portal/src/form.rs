//! Forms that act once: the id that each page draws and each submission spends.

use crate::ports::Randomness;
use std::fmt;
use std::str::FromStr;

/// 32 base62 characters, drawn for each page that shows a form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormId(String);

const LENGTH: usize = 32;

impl FormId {
    pub(crate) fn draw(random: &dyn Randomness) -> Self {
        // 64 bytes, of which about 62 are unbiased: more than enough for 32 digits.
        let mut bytes = [0; 64];
        random.fill(&mut bytes);
        let unbiased = bytes.iter().filter(|&&byte| byte < 248);
        Self(unbiased.take(LENGTH).map(|&byte| char::from(domain::base62::digit(byte % 62))).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hidden field does not hold an id that a page could have drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a form id")]
pub struct InvalidFormId;

impl FromStr for FormId {
    type Err = InvalidFormId;
    fn from_str(text: &str) -> Result<Self, InvalidFormId> {
        let right = text.len() == LENGTH && domain::base62::is_base62(text.as_bytes());
        if right { Ok(Self(text.to_owned())) } else { Err(InvalidFormId) }
    }
}

impl From<FormId> for String {
    fn from(form: FormId) -> Self {
        form.0
    }
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
