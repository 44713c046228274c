//! What people can do: one function per use case.
//!
//! A use case is three paragraphs: gather facts, let `domain` decide, write in one transaction together with its audit
//! entry. After the commit the gateway is told and answers before the use case does, so that a revoked key is refused
//! from the next call on. Someone else's object is not found. Clock and randomness come in from outside.

mod act;
pub mod administration;
pub mod bootstrap;
pub mod dev_seed;
mod error;
mod exchange;
mod form;
pub mod handover;
pub mod keys;
mod lately;
pub mod models;
pub mod notifications;
pub mod playground;
pub mod ports;
pub mod presets;
pub mod requests;
pub mod sealing;
pub mod sessions;
mod sight;
pub mod snippets;
pub mod spend;
pub mod surroundings;
pub mod team_page;

pub use domain::minting::{Clamped, GrantedTerms, MintRequest};
pub use domain::refusal::{AddressProblem, Amount, Reason, Refusal};
pub use error::{Made, PortalError};
pub use form::FormId;

use domain::retention::Retention;
use domain::time::{Clock, Timestamp};
use ports::{GatewayPort, Randomness, SignInPort};
use sealing::Sealing;
use std::sync::Arc;

/// What the pages and use cases need to know about the installation.
#[derive(Debug, Clone)]
pub struct PortalSettings {
    /// The organisation's name, shown in the head of each page.
    pub organisation: String,
    /// In which days and months are cut.
    pub zone: jiff::tz::TimeZone,
    /// `https://keys.example.com`: where people go.
    pub public_origin: String,
    /// `https://llm.example.com`: where applications call; may be the same.
    pub gateway_origin: String,
    /// Somebody sends letters.
    pub mail: bool,
    /// How long single calls are kept.
    pub retention: Retention,
}

/// Everything that a use case works with. Built once, shared by all requests.
pub struct Portal {
    pub(crate) store: store::Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) sealing: Arc<Sealing>,
    pub(crate) gateway: Arc<dyn GatewayPort>,
    pub(crate) sign_in: Arc<dyn SignInPort>,
    pub(crate) settings: PortalSettings,
    pub(crate) tests: administration::connection::RecentTests,
    pub(crate) everyone: Arc<keys::everyone::Everyone>,
    pub(crate) lately_spent: spend::LatelySpent,
    pub(crate) lately_by_profile: administration::profile_spend::LatelyByProfile,
    pub(crate) previews: administration::preview_jobs::PreviewJobs,
}

/// The parts of a [`Portal`], named.
pub struct PortalParts {
    pub store: store::Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    pub sealing: Arc<Sealing>,
    pub gateway: Arc<dyn GatewayPort>,
    pub sign_in: Arc<dyn SignInPort>,
    pub settings: PortalSettings,
}

impl Portal {
    pub fn new(parts: PortalParts) -> Self {
        let PortalParts { store, clock, random, sealing, gateway, sign_in, settings } = parts;
        Self {
            store,
            clock,
            random,
            sealing,
            gateway,
            sign_in,
            settings,
            tests: administration::connection::RecentTests::default(),
            everyone: Arc::default(),
            lately_spent: spend::LatelySpent::default(),
            lately_by_profile: administration::profile_spend::LatelyByProfile::default(),
            previews: administration::preview_jobs::PreviewJobs::default(),
        }
    }

    pub const fn settings(&self) -> &PortalSettings {
        &self.settings
    }

    /// The moment by the portal's clock: what pages print times against.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh id for a form that acts once.
    pub fn new_form(&self) -> FormId {
        FormId::draw(self.random.as_ref())
    }
}
