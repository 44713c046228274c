//! The five people of the development provider, one for each way of looking at the portal.

use domain::person::Role;

#[derive(Debug, Clone, Copy)]
pub struct DevPerson {
    /// The account's word, which is also the subject.
    pub account: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    /// What the account is for, in the picker.
    pub about: &'static str,
    pub groups: &'static [&'static str],
    /// In [`TEAM`]; `Some(true)` leads it.
    pub membership: Option<bool>,
}

/// The team that `lead` leads.
pub const TEAM: &str = "Search";

pub const PEOPLE: [DevPerson; 5] = [
    DevPerson {
        account: "developer",
        name: "Dana Developer",
        email: "dana@keywright.test",
        about: "Mints keys and calls models. Member of team Search.",
        groups: &["developers"],
        membership: Some(false),
    },
    DevPerson {
        account: "developer-2",
        name: "Deniz Developer",
        email: "deniz@keywright.test",
        about: "Another developer, who must not see Dana's keys.",
        groups: &["developers"],
        membership: None,
    },
    DevPerson {
        account: "lead",
        name: "Lena Lead",
        email: "lena@keywright.test",
        about: "A developer who leads team Search.",
        groups: &["developers"],
        membership: Some(true),
    },
    DevPerson {
        account: "auditor",
        name: "Arno Auditor",
        email: "arno@keywright.test",
        about: "Reads everything, changes nothing.",
        groups: &["auditors"],
        membership: None,
    },
    DevPerson {
        account: "administrator",
        name: "Ada Administrator",
        email: "ada@keywright.test",
        about: "Sets up providers, models and access profiles.",
        groups: &["administrators"],
        membership: None,
    },
];

pub(super) const GROUP_ROLES: [(&str, Role); 3] =
    [("developers", Role::Developer), ("auditors", Role::Auditor), ("administrators", Role::Administrator)];
