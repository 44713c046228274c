//! Keys as their holders meet them: the list, the mint form, the secret once, the key's own page and every act on it.

pub mod acts;
pub mod detail;
mod file;
pub mod first_call;
pub mod list;
pub mod mint;
pub mod right_size;
pub mod rows;
pub mod secret;
pub mod selection;
pub mod snippets;
pub mod way_to_more;
