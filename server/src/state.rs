//! What every page request works with: built once, shared by all.

use crate::auth::Auth;
use app::chrome::Assets;
use app::format::Calendar;
use app::visit::Frame;
use domain::data_scope::OfEveryone;
use domain::time::Clock;
use jiff::tz::TimeZone;
use portal::Portal;
use portal::surroundings::Surroundings;
use proxy::ports::Ledger;
use std::sync::Arc;

pub struct App {
    pub portal: Arc<Portal>,
    pub auth: Arc<Auth>,
    pub clock: Arc<dyn Clock>,
    /// Draws request ids for problem pages, from the same sequence as calls.
    pub ledger: Arc<dyn Ledger>,
    pub look: Look,
}

/// What all pages look like.
#[derive(Clone)]
pub struct Look {
    pub assets: Arc<Assets>,
    pub banner: Option<String>,
    pub zone: TimeZone,
    pub clock: Arc<dyn Clock>,
}

impl Look {
    pub fn frame(&self) -> Frame {
        Frame {
            assets: self.assets.clone(),
            banner: self.banner.clone(),
            calendar: Calendar { now: self.clock.now(), zone: self.zone.clone() },
            version: env!("CARGO_PKG_VERSION").into(),
            around: Surroundings { unread: 0, reviews: false, of_everyone: OfEveryone::ALL },
        }
    }
}
