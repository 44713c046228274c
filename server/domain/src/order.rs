//! In which order a list comes: by one of its columns, one way or the other. It stands in the list's address as
//! `sort=name`, or `sort=-name` from the end.

/// The columns that a list can be sorted by.
pub trait SortColumn: Copy + Eq + 'static {
    const ALL: &'static [Self];

    /// The column in the address.
    fn word(self) -> &'static str;

    /// What people look for first in it is the newest moment or the largest figure.
    fn largest_first(self) -> bool;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order<C> {
    pub by: C,
    pub descending: bool,
}

impl<C: SortColumn> Order<C> {
    /// The way that people want first.
    pub fn by(by: C) -> Self {
        Self { by, descending: by.largest_first() }
    }

    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    pub fn word(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by.word())
    }

    /// Addresses are typed by hand and shared: a word that is none is no order.
    pub fn from_word(word: &str) -> Option<Self> {
        let (descending, column) = word.strip_prefix('-').map_or((false, word), |column| (true, column));
        let by = C::ALL.iter().copied().find(|by| by.word() == column)?;
        Some(Self { by, descending })
    }
}

/// A list of keys. Without an order it comes newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyColumn {
    Name,
    Created,
    LastUse,
    Expiry,
}

impl SortColumn for KeyColumn {
    const ALL: &'static [Self] = &[Self::Name, Self::Created, Self::LastUse, Self::Expiry];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Created => "created",
            Self::LastUse => "used",
            Self::Expiry => "expires",
        }
    }
    fn largest_first(self) -> bool {
        matches!(self, Self::Created | Self::LastUse)
    }
}

impl Default for Order<KeyColumn> {
    fn default() -> Self {
        Self::by(KeyColumn::Created)
    }
}

/// A list of people. Without an order it comes by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonColumn {
    Name,
    LastSignIn,
}

impl SortColumn for PersonColumn {
    const ALL: &'static [Self] = &[Self::Name, Self::LastSignIn];

    fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LastSignIn => "signed-in",
        }
    }
    fn largest_first(self) -> bool {
        self == Self::LastSignIn
    }
}

impl Default for Order<PersonColumn> {
    fn default() -> Self {
        Self::by(PersonColumn::Name)
    }
}

/// Groups of spend. Without an order the costliest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendColumn {
    Spend,
    Requests,
    Refused,
}

impl SortColumn for SpendColumn {
    const ALL: &'static [Self] = &[Self::Spend, Self::Requests, Self::Refused];

    fn word(self) -> &'static str {
        match self {
            Self::Spend => "spend",
            Self::Requests => "requests",
            Self::Refused => "refused",
        }
    }
    fn largest_first(self) -> bool {
        true
    }
}

impl Default for Order<SpendColumn> {
    fn default() -> Self {
        Self::by(SpendColumn::Spend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_back_from_its_word() {
        for &by in KeyColumn::ALL {
            for order in [Order::by(by), Order::by(by).reversed()] {
                assert_eq!(Order::from_word(&order.word()), Some(order));
            }
        }
        assert_eq!(Order::by(KeyColumn::LastUse).word(), "-used");
        assert_eq!(Order::by(KeyColumn::Expiry).word(), "expires");
        for strange in ["", "-", "--name", "colour", "Name"] {
            assert_eq!(Order::<KeyColumn>::from_word(strange), None, "{strange}");
        }
    }
}
