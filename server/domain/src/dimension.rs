//! What spend is grouped and filtered by.
//!
//! A call keeps the value that each had when it was counted: a team that is moved later takes no past spend with it.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// The team that owns the key, or the only team of the person who does.
    Team,
    /// Who owns the key; a team's key is nobody's.
    Person,
    /// The business unit of the team.
    Unit,
    Application,
    /// What kind of consumer the key is for.
    Consumer,
    Environment,
    CostCentre,
    Key,
    Model,
    Provider,
}

impl Dimension {
    pub const ALL: [Self; 10] = [
        Self::Team,
        Self::Person,
        Self::Unit,
        Self::Application,
        Self::Consumer,
        Self::Environment,
        Self::CostCentre,
        Self::Key,
        Self::Model,
        Self::Provider,
    ];

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Person => "person",
            Self::Unit => "unit",
            Self::Application => "application",
            Self::Consumer => "consumer",
            Self::Environment => "environment",
            Self::CostCentre => "cost_centre",
            Self::Key => "key",
            Self::Model => "model",
            Self::Provider => "provider",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::from_word(dimension.word()), Some(dimension));
        }
        assert_eq!(Dimension::from_word("colour"), None);
    }
}
