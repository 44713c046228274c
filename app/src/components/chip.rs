//! States as a word on a soft ground. The list of a key's states is closed, so that one word means one thing everywhere.

use leptos::prelude::*;

/// What a colour may mean. The word beside it always says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Info,
    Ok,
    Warn,
    Bad,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Active,
    OverEighty,
    StoppedBudget,
    StoppedQuota,
    Rotating,
    ExpiresSoon,
    WaitingForApproval,
    Disabled,
    SuspendedIdle,
    SuspendedDirectory,
    SuspendedAnomaly,
    Expired,
    Revoked,
}

impl Status {
    pub const ALL: [Self; 13] = [
        Self::Active,
        Self::OverEighty,
        Self::StoppedBudget,
        Self::StoppedQuota,
        Self::Rotating,
        Self::ExpiresSoon,
        Self::WaitingForApproval,
        Self::Disabled,
        Self::SuspendedIdle,
        Self::SuspendedDirectory,
        Self::SuspendedAnomaly,
        Self::Expired,
        Self::Revoked,
    ];

    pub const fn words(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::OverEighty => "Over 80 %",
            Self::StoppedBudget => "Stopped: budget",
            Self::StoppedQuota => "Stopped: quota",
            Self::Rotating => "Rotating",
            Self::ExpiresSoon => "Expires soon",
            Self::WaitingForApproval => "Waiting for approval",
            Self::Disabled => "Disabled",
            Self::SuspendedIdle => "Suspended: idle",
            Self::SuspendedDirectory => "Suspended: directory",
            Self::SuspendedAnomaly => "Suspended: anomaly",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    pub const fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Ok,
            Self::Rotating | Self::WaitingForApproval => Tone::Info,
            Self::OverEighty | Self::ExpiresSoon => Tone::Warn,
            Self::StoppedBudget
            | Self::StoppedQuota
            | Self::SuspendedIdle
            | Self::SuspendedDirectory
            | Self::SuspendedAnomaly => Tone::Bad,
            Self::Disabled | Self::Expired | Self::Revoked => Tone::Plain,
        }
    }
}

/// For states that are not a key's: the health of a provider, the outcome of a call.
#[component]
pub fn Chip(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("chip {}", tone.class())>{text}</span> }
}

#[component]
pub fn StatusChip(status: Status) -> impl IntoView {
    view! { <Chip tone=status.tone() text=status.words()/> }
}
