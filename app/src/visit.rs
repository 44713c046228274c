//! What a page is given and what it answers.
//!
//! A page is two functions: `show` for its GET and `submit` for the form that posts to the same path. Both take a
//! [`Visit`] (who, and what they can do) and an [`Input`] (what the browser sent), and return an [`Answer`]. Everything
//! that can go wrong is known before a byte is rendered, so that the status code is always right.

use crate::chrome::{Assets, Chrome, Place};
use crate::format::Calendar;
use domain::permission::Administrator;
use domain::person::Caller;
use domain::session_mark::SessionMark;
use domain::time::Timestamp;
use portal::surroundings::Surroundings;
use portal::{Made, Portal, PortalError, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

/// What the frame of every page shows. Made for each request, since it knows what time it is.
#[derive(Debug, Clone)]
pub struct Frame {
    pub assets: Arc<Assets>,
    /// One sentence above every page: development mode, or something that everyone must know.
    pub banner: Option<String>,
    pub calendar: Calendar,
    pub version: String,
    /// Of whoever asks.
    pub around: Surroundings,
}

impl Frame {
    /// The frame as this caller sees it; `None` before sign-in.
    pub fn chrome<'a>(&'a self, caller: Option<&'a Caller>, place: Place) -> Chrome<'a> {
        Chrome {
            assets: &self.assets,
            caller,
            place,
            around: self.around,
            banner: self.banner.as_deref(),
            calendar: &self.calendar,
            version: &self.version,
        }
    }
}

/// A signed-in person at a page.
pub struct Visit {
    pub portal: Arc<Portal>,
    pub caller: Caller,
    pub frame: Frame,
}

impl Visit {
    pub fn now(&self) -> Timestamp {
        self.frame.calendar.now
    }
    /// What this page measures its times from: the organisation's zone, and the moment of the request.
    pub fn calendar(&self) -> Calendar {
        self.frame.calendar.clone()
    }
    pub fn chrome(&self, place: Place) -> Chrome<'_> {
        self.frame.chrome(Some(&self.caller), place)
    }

    /// Proof for the use cases that only administrators may call.
    pub fn administrator(&self) -> Result<Administrator<'_>, PageError> {
        Administrator::of(&self.caller).ok_or(PageError::Forbidden)
    }
}

/// What the browser sent, unread.
#[derive(Default)]
pub struct Input {
    /// The variable segments of the path, by name.
    pub path: BTreeMap<String, String>,
    /// The raw query.
    pub query: String,
    /// The raw form body of a POST; empty for a GET.
    pub form: Vec<u8>,
    /// Which of the caller's sessions sent it.
    pub session: Option<SessionMark>,
}

impl Input {
    /// A typed segment of the path. Something that is not even an id is not found.
    pub fn segment<T: FromStr>(&self, name: &str) -> Result<T, PageError> {
        self.path.get(name).and_then(|text| text.parse().ok()).ok_or(PageError::NotFound)
    }

    /// The typed query. Links to views are typed by hand and shared, so that unknown keys are ignored; a value of the
    /// wrong type is a page that says so.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, PageError> {
        if holds_nul(self.query.as_bytes()) {
            return Err(PageError::BadRequest("The address holds the character NUL, which no text has.".into()));
        }
        serde_html_form::from_str(&self.query).map_err(|error| PageError::BadRequest(error.to_string()))
    }

    /// The typed form. Form types deny unknown fields: a field that the page does not have is not a typing error.
    pub fn form<T: DeserializeOwned>(&self) -> Result<T, PageError> {
        if !is_utf8(&self.form) {
            return Err(PageError::Unprocessable("The form holds text that is not UTF-8.".into()));
        }
        if holds_nul(&self.form) {
            return Err(PageError::Unprocessable("The form holds the character NUL, which no text has.".into()));
        }
        serde_html_form::from_bytes(&self.form).map_err(|error| PageError::Unprocessable(error.to_string()))
    }
}

/// As it is or percent-encoded. PostgreSQL keeps no text with it.
fn holds_nul(encoded: &[u8]) -> bool {
    encoded.contains(&0) || encoded.windows(3).any(|three| three == b"%00")
}

/// True if every text of a form is. The parser would put replacement characters where it is not, and the form would act
/// with words that nobody typed.
fn is_utf8(form: &[u8]) -> bool {
    let hex = |at: usize| form.get(at).and_then(|&digit| char::from(digit).to_digit(16));
    let mut decoded = Vec::with_capacity(form.len());
    let mut at = 0;
    while let Some(&byte) = form.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.extend(u8::try_from(16 * high + low));
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// What a page answers.
pub enum Answer {
    /// A whole HTML document.
    Page { status: u16, html: String },
    /// 303 to a path of our own.
    SeeOther(String),
    /// A file to keep.
    Download { name: String, content_type: &'static str, body: Vec<u8> },
    /// Server-sent events: asked again and again, sent when it changed, until it says `last`.
    Live(Box<dyn Fn() -> Watching + Send + Sync>),
    /// Server-sent events as they happen, to the last one. Dropped as soon as nobody listens.
    Events(Box<dyn Events>),
    /// What takes as long as somebody else does, which may be longer than a page may take.
    Later(Pin<Box<dyn Future<Output = Result<Answer, PageError>> + Send>>),
}

/// Things that happen one after the other.
pub trait Events: Send {
    /// `None` after the last one.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<PageEvent>> + Send + '_>>;
}

/// One of them, for the page's script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageEvent {
    pub name: &'static str,
    /// JSON.
    pub data: String,
}

pub type Watching = Pin<Box<dyn Future<Output = Option<LiveState>> + Send>>;

/// What a waiting line says now; the script inserts it as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveState {
    pub state: &'static str,
    pub text: String,
    /// There is nothing more to say.
    pub last: bool,
    pub link: Option<LiveLink>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveLink {
    /// A path of our own.
    pub href: String,
    pub text: String,
}

impl Answer {
    pub fn ok(html: String) -> Self {
        Self::Page { status: 200, html }
    }
    /// A form that was refused: 422, rendered again with its values and every reason.
    pub fn refused(html: String) -> Self {
        Self::Page { status: 422, html }
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum PageError {
    /// No such thing, or somebody else's.
    NotFound,
    Forbidden,
    /// A form came from someone whose session has ended.
    SignedOut,
    /// A form that was not sent from a page at this address.
    OtherSite {
        ours: String,
    },
    /// The page exists, but not for this kind of request.
    WrongMethod,
    BadRequest(String),
    /// A form of another type than a browser sends.
    UnsupportedForm,
    TooLarge,
    /// A form that the page could not have sent.
    Unprocessable(String),
    /// Somebody saved in between.
    Stale {
        current: i64,
    },
    /// Refusals of an act that has no form to show them in.
    Refused(Vec<Refusal>),
    /// The form acted before; here is what it made.
    AlreadyDone(Made),
    Unavailable,
    Sealed,
    /// The source is logged where it happened.
    Internal,
}

impl From<PortalError> for PageError {
    fn from(error: PortalError) -> Self {
        match error {
            PortalError::NotFound => Self::NotFound,
            PortalError::Forbidden => Self::Forbidden,
            PortalError::Stale { current } => Self::Stale { current },
            PortalError::Refused(refusals) => Self::Refused(refusals),
            PortalError::AlreadyDone { made } => Self::AlreadyDone(made),
            PortalError::Unavailable => Self::Unavailable,
            PortalError::Sealed => Self::Sealed,
            PortalError::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_text_is_not_guessed_at() {
        let read = |form: &[u8]| {
            let input = Input { form: form.to_vec(), ..Input::default() };
            input.form::<BTreeMap<String, String>>()
        };
        for text in [&b"name=%C3%A4+b"[..], "name=ä".as_bytes(), b"name=100%", b"name=%zz%", b""] {
            assert!(read(text).is_ok(), "{text:?}");
        }
        for noise in [&b"name=%FF"[..], b"name=\xff", b"%C3=x", b"name=%C3%28&other=x"] {
            assert!(matches!(read(noise), Err(PageError::Unprocessable(_))), "{noise:?}");
        }
    }

    #[test]
    fn a_character_that_no_database_keeps_is_refused() {
        for nul in ["q=%00", "q=a%00b&sort=name", "q=\0"] {
            let query = Input { query: nul.to_owned(), ..Input::default() }.query::<BTreeMap<String, String>>();
            assert!(matches!(query, Err(PageError::BadRequest(_))), "{nul:?}");
            let form = Input { form: nul.as_bytes().to_vec(), ..Input::default() }.form::<BTreeMap<String, String>>();
            assert!(matches!(form, Err(PageError::Unprocessable(_))), "{nul:?}");
        }
    }
}
