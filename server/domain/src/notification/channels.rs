//! On which ways somebody wants to be told something, and what holds until they say so.

use super::Kind;

/// When a letter goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mailing {
    Never,
    AtOnce,
    /// Together with everything else of the day.
    Daily,
}

impl Mailing {
    pub const ALL: [Self; 3] = [Self::AtOnce, Self::Daily, Self::Never];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AtOnce => "at_once",
            Self::Daily => "daily",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mailing| mailing.word() == word)
    }
}

/// The ways of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Channels {
    /// In the list of notifications.
    pub in_app: bool,
    pub mail: Mailing,
}

impl Channels {
    /// Nothing is written down for somebody who wants to hear of it on no way.
    pub fn are_none(self) -> bool {
        !self.in_app && self.mail == Mailing::Never
    }
}

impl Kind {
    /// What holds for somebody who has chosen nothing: letters at once where somebody waits or something stops, once a day
    /// where there is time, none where it is good to know.
    pub const fn usual_channels(self) -> Channels {
        let mail = match self {
            Self::RequestAnswered
            | Self::RequestWaits
            | Self::OldSecret
            | Self::RotationAsked
            | Self::KeyChanged
            | Self::GuardrailsChange
            | Self::BudgetNearlySpent
            | Self::ProviderFails
            | Self::AuditBroken => Mailing::AtOnce,
            Self::ReviewOpens | Self::KeyEnds | Self::UnusualSpend => Mailing::Daily,
            Self::BudgetHalf => Mailing::Never,
        };
        Channels { in_app: true, mail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_shown_until_somebody_chooses_otherwise() {
        assert!(Kind::ALL.into_iter().all(|kind| kind.usual_channels().in_app));
        assert_eq!(Kind::BudgetHalf.usual_channels().mail, Mailing::Never, "half of a budget is no news for a mailbox");
    }

    #[test]
    fn mailings_are_known_by_their_words() {
        for mailing in Mailing::ALL {
            assert_eq!(Mailing::from_word(mailing.word()), Some(mailing));
        }
        assert!(Channels { in_app: false, mail: Mailing::Never }.are_none());
        assert!(!Channels { in_app: false, mail: Mailing::Daily }.are_none());
    }
}
