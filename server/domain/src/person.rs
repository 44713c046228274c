//! People, their roles and teams.

use crate::id::{PersonId, TeamId};
use serde::{Deserialize, Serialize};

/// A global role. A person holds any number of them; leading a team is a property of a membership instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May mint keys under the profiles that name this role.
    Developer,
    /// Reads everything, changes nothing: finance and security.
    Auditor,
    Administrator,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Developer, Self::Auditor, Self::Administrator];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }
}

/// A membership as the session carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub team: TeamId,
    pub team_name: String,
    pub lead: bool,
}

/// The human who does something now, with everything that decides what they may do. Read afresh for every request, so
/// that a changed role counts at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub person: PersonId,
    /// For display; never used to find or join accounts.
    pub name: String,
    pub email: String,
    pub roles: Vec<Role>,
    pub memberships: Vec<Membership>,
    /// The values of the directory's group claim at the last sign-in.
    pub groups: Vec<String>,
    /// The client's address as text, for the audit log.
    pub address: String,
}

impl Caller {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
    pub fn leads(&self, team: TeamId) -> bool {
        self.memberships.iter().any(|membership| membership.team == team && membership.lead)
    }
    pub fn is_lead(&self) -> bool {
        self.memberships.iter().any(|membership| membership.lead)
    }
    pub fn is_member(&self, team: TeamId) -> bool {
        self.memberships.iter().any(|membership| membership.team == team)
    }
}

/// A display name without control and bidirectional characters, at most 128 characters, never empty.
pub fn display_name(claimed: &str, fallback: &str) -> String {
    let clean = |text: &str| -> String {
        let kept = text.chars().filter(|&c| !c.is_control() && !is_bidi_control(c));
        kept.take(128).collect::<String>().trim().to_owned()
    };
    let name = clean(claimed);
    if name.is_empty() { clean(fallback) } else { name }
}

pub(crate) const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_cannot_turn_the_page_around() {
        assert_eq!(display_name("Ada\u{202E}\u{7} Lovelace\n", "x"), "Ada Lovelace");
        assert_eq!(display_name("\u{2066}  ", "ada@example.com"), "ada@example.com");
        assert_eq!(display_name(&"x".repeat(500), "").len(), 128);
    }
}
