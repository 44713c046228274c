//! How a deployment is doing, in words.

use crate::components::Tone;
use portal::ports::{DeploymentFailure, DeploymentStanding};

/// The state as a chip says it; what it means for calls is in [`standing_note`].
pub const fn deployment_standing(standing: DeploymentStanding) -> (Tone, &'static str) {
    match standing {
        DeploymentStanding::Working => (Tone::Ok, "Working"),
        DeploymentStanding::Failing => (Tone::Warn, "Failing"),
        DeploymentStanding::Cooling { .. } => (Tone::Bad, "Cooling down"),
        DeploymentStanding::Probing => (Tone::Info, "Being tried"),
    }
}

pub const fn standing_note(standing: DeploymentStanding) -> Option<&'static str> {
    match standing {
        DeploymentStanding::Working => None,
        DeploymentStanding::Failing => Some("calls still go there"),
        DeploymentStanding::Cooling { .. } => Some("asked last until then"),
        DeploymentStanding::Probing => Some("the next call tries it"),
    }
}

/// What went wrong, shortly.
pub fn failure(failure: DeploymentFailure) -> String {
    let words = match (failure.what, failure.status) {
        ("status", Some(status)) => return format!("answered {status}"),
        ("unreachable", _) => "could not be reached",
        ("broken_off", _) => "broke off",
        ("timed_out", _) => "did not answer in time",
        ("protocol", _) => "answered what nobody understands",
        ("credential_refused", _) => "refused the credential",
        (unknown, _) => unknown,
    };
    words.to_owned()
}
