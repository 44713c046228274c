//! E-mail: letters that the portal wrote down, put together, handed to a mail server, and tried again where that fails.
//!
//! Always true: a letter says what the list of notifications says and links to it; it holds no secret, no picture and
//! nothing that tells who opened it. How it fails: a server that does not answer delays letters and nothing else, since
//! pages never wait for it; after two days of trying, administrators see on the overview what did not arrive.

mod message;
mod relay;
mod sender;

pub use relay::{NotDelivered, Relay, RelayError};
pub use sender::{Correspondent, send};
