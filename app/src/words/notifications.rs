//! What people are told, in words: one headline, what it means or what to do next, and where. The page and the letter say
//! the same, so that moments are written out and not counted from now.

use super::reviews;
use crate::format::{Calendar, grouped, usd};
use crate::pages::keys::list::Asked;
use crate::pages::usage::asked::Asked as UsageAsked;
use crate::paths::{self, KeyAct};
use domain::budget::{BudgetScope, Window};
use domain::dimension::Dimension;
use domain::id::{KeyId, TeamId};
use domain::money::NanoUsd;
use domain::notification::channels::Mailing;
use domain::notification::due::Ending;
use domain::notification::{ComingChange, GivenAnswer, Happening, KeyChange, Kind};
use domain::time::Timestamp;
use portal::keys::KeysView;
use portal::spend::Preset;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Without a full stop: it is also a letter's subject.
    pub headline: String,
    /// One or two sentences.
    pub next: String,
    /// A path of our own.
    pub href: String,
}

pub fn happening(happening: &Happening, calendar: &Calendar) -> Told {
    match happening {
        Happening::BudgetUsed { scope, name, window, percent, spent, limit, resets_at, .. } => {
            let used = Used { percent: *percent, spent: *spent, limit: *limit, resets_at: *resets_at };
            budget(*scope, name, *window, used, calendar)
        }
        Happening::KeyEnds { key, name, expires_at, ending } => {
            let href = match ending {
                Ending::Over => paths::key(*key),
                _ => paths::key_act(*key, KeyAct::SetExpiry),
            };
            let day = calendar.date_time(*expires_at);
            let (headline, next) = match ending {
                Ending::Over => (
                    format!("The key {name} has expired"),
                    "Its calls are refused. Give it a later end, or mint a new one.".to_owned(),
                ),
                Ending::Tomorrow => (
                    format!("The key {name} expires within a day"),
                    format!("It ends on {day}. Give it a later end if it is still needed."),
                ),
                Ending::InThreeDays | Ending::InFourteenDays => (
                    format!("The key {name} expires on {}", calendar.date(*expires_at)),
                    "Give it a later end if it is still needed.".to_owned(),
                ),
            };
            Told { headline, next, href }
        }
        Happening::OldSecretInUse { key, name, ends_at, used_at } => Told {
            headline: format!("The old secret of {name} ends soon and is still used"),
            next: format!(
                "It was used on {} and ends on {}. See who uses it, or give it more time.",
                calendar.date_time(*used_at),
                calendar.date_time(*ends_at)
            ),
            href: paths::key(*key),
        },
        Happening::KeyChanged { key, name, change, by, .. } => {
            let (headline, next) = key_change(*change, name, by);
            let href = match change {
                // It is the other one's to see now.
                KeyChange::MovedAway => paths::KEYS.to_owned(),
                _ => paths::key(*key),
            };
            Told { headline, next: next.to_owned(), href }
        }
        Happening::GuardrailsComing { name, change, from, .. } => {
            let day = calendar.date(*from);
            let (headline, next) = match change {
                ComingChange::Set => (
                    format!("The guardrails {name} change for your keys on {day}"),
                    "Until then they keep to the terms that they have. Each key\u{2019}s page says what changes for it.".to_owned(),
                ),
                ComingChange::Withdrawn => (
                    format!("The guardrails {name} do not change for your keys on {day}"),
                    "The change was withdrawn. Your keys keep to the terms that they have.".to_owned(),
                ),
                ComingChange::AtOnce => (
                    format!("The guardrails {name} have changed for your keys"),
                    format!("It was to be on {day}, and holds now. Each key\u{2019}s page says what it can do."),
                ),
            };
            Told { headline, next, href: paths::KEYS.to_owned() }
        }
        Happening::RotationAsked { key, name, keys, team, by, due_at, .. } => {
            let asked = RotationAsked { key: *key, name, keys: *keys, team: team.as_ref() };
            rotation_asked(&asked, by, &calendar.date(*due_at))
        }
        Happening::ReviewOpens { quarter, keys, due } => Told {
            headline: format!("{} for you in the review of {}", waiting(*keys), reviews::quarter(*quarter)),
            next: format!(
                "Say of each whether it is still needed, until {}. Nothing is revoked by itself.",
                reviews::day(*due)
            ),
            href: paths::REVIEWS.to_owned(),
        },
        Happening::RequestWaits { request, name, by } => Told {
            headline: format!("{by} asks for {name}"),
            next: "See what it would mean, then approve it, approve less or decline.".to_owned(),
            href: paths::request(*request),
        },
        Happening::RequestAnswered { request, name, answer, by } => {
            let (verb, next) = match answer {
                GivenAnswer::Approved => {
                    ("approved", "The request's page has what was given and, for a new key, its secret to take.")
                }
                GivenAnswer::ApprovedLess => {
                    ("approved a part of", "The request's page says what was given and, for a new key, has its secret.")
                }
                GivenAnswer::Declined => ("declined", "The request's page has the reason."),
            };
            Told {
                headline: format!("{by} {verb} your request for {name}"),
                next: next.to_owned(),
                href: paths::request(*request),
            }
        }
        Happening::ProviderFails { provider, name, deployments, .. } => {
            let deployments = match deployments {
                1 => "One of its deployments fails".to_owned(),
                count => format!("{} of its deployments fail", grouped(u64::from(*count))),
            };
            Told {
                headline: format!("{name} does not answer as it should"),
                next: format!("{deployments}; calls go elsewhere where they can. See why."),
                href: paths::provider(*provider),
            }
        }
        Happening::UnusualSpend { application, today, usually, .. } => {
            let asked = UsageAsked { preset: Preset::Last(14), ..UsageAsked::default() };
            let of_application = asked.with(Dimension::Application, Some(application.clone()));
            Told {
                headline: format!("{application} spends more than on other days"),
                next: format!("{} in one day; {} on a usual day. See on what.", usd(*today), usd(*usually)),
                href: of_application.by(Dimension::Model).href(),
            }
        }
        Happening::AuditBroken { entry } => Told {
            headline: "The audit log does not verify".to_owned(),
            next: format!(
                "From entry {entry} on it is not what was written. Compare with your exports, and find out who can write \
                 to the database."
            ),
            href: paths::VERIFY_AUDIT.to_owned(),
        },
    }
}

struct RotationAsked<'a> {
    key: KeyId,
    name: &'a str,
    keys: u64,
    team: Option<&'a (TeamId, String)>,
}

fn rotation_asked(asked: &RotationAsked<'_>, by: &str, until: &str) -> Told {
    let &RotationAsked { key, name, keys, team } = asked;
    let of = team.map(|(_, team)| format!(" of {team}")).unwrap_or_default();
    if keys == 1 {
        return Told {
            headline: format!("{by} asks for a new secret of the key {name}{of} by {until}"),
            next: "Rotate it, and put the new secret wherever the key is used. Nothing stops working on that day."
                .to_owned(),
            href: paths::key_act(key, KeyAct::Rotate),
        };
    }
    let list = Asked {
        view: Some(KeysView::Attention.word().to_owned()),
        owner: team.map(|(team, _)| team.to_string()),
        ..Asked::default()
    };
    Told {
        headline: format!("{by} asks for new secrets of {} keys{of} by {until}", grouped(keys)),
        next: "They need attention until each is rotated. Nothing stops working on that day.".to_owned(),
        href: list.href(),
    }
}

fn waiting(keys: u64) -> String {
    if keys == 1 { "1 key waits".to_owned() } else { format!("{} keys wait", grouped(keys)) }
}

#[derive(Clone, Copy)]
struct Used {
    percent: u8,
    spent: NanoUsd,
    limit: NanoUsd,
    resets_at: Option<Timestamp>,
}

fn budget(scope: BudgetScope, name: &str, window: Window, used: Used, calendar: &Calendar) -> Told {
    let Used { percent, spent, limit, resets_at } = used;
    let (who, have, their) = match scope {
        BudgetScope::Key(_) => (format!("The key {name}"), "has", "its"),
        BudgetScope::Person(_) => ("Your keys together".to_owned(), "have", "their"),
        BudgetScope::Team(_) => (format!("The team {name}"), "has", "its"),
        BudgetScope::Unit(_) => (format!("The business unit {name}"), "has", "its"),
        BudgetScope::CostCentre(_) => (format!("The cost centre {name}"), "has", "its"),
        BudgetScope::Application(_) => (format!("The application {name}"), "has", "its"),
        BudgetScope::Profile(_) => (format!("The guardrails {name}"), "have", "their"),
        BudgetScope::Organisation => (name.to_owned(), "has", "its"),
    };
    let part = match percent {
        ..80 => format!("half of {their} budget"),
        80..100 => format!("80 % of {their} budget"),
        100.. => format!("all of {their} budget"),
    };
    let period = match window {
        Window::Hour => "this hour",
        Window::Day => "today",
        Window::Week => "this week",
        Window::Month => "this month",
        Window::Quarter => "this quarter",
        Window::Total => "in total",
    };
    let begins = resets_at.map(|at| calendar.date_time(at));
    let then = match (percent, begins) {
        (100.., Some(begins)) => format!("Calls are refused until {begins}, unless the budget is raised."),
        (100.., None) => "Calls are refused until the budget is raised.".to_owned(),
        (_, Some(begins)) => format!("It begins anew on {begins}. At the end of it, calls are refused."),
        (_, None) => "At the end of it, calls are refused.".to_owned(),
    };
    let href = match scope {
        BudgetScope::Key(key) => paths::key(key),
        BudgetScope::Team(team) => paths::led_team(team),
        BudgetScope::Person(_) => paths::USAGE.to_owned(),
        BudgetScope::Organisation
        | BudgetScope::Unit(_)
        | BudgetScope::CostCentre(_)
        | BudgetScope::Application(_)
        | BudgetScope::Profile(_) => paths::level(scope),
    };
    Told {
        headline: format!("{who} {have} spent {part} {period}"),
        next: format!("{} of {}. {then}", usd(spent), usd(limit)),
        href,
    }
}

fn key_change(change: KeyChange, name: &str, by: &str) -> (String, &'static str) {
    match change {
        KeyChange::Disabled => {
            (format!("{by} disabled the key {name}"), "Its calls are refused until it is enabled again.")
        }
        KeyChange::Enabled => (format!("{by} enabled the key {name}"), "Its calls are let in again."),
        KeyChange::Revoked => {
            (format!("{by} revoked the key {name}"), "Its calls are refused for good. Mint a new one if you need it.")
        }
        KeyChange::MovedAway => (
            format!("{by} gave the key {name} to somebody else"),
            "You do not answer for it any more. It goes on working.",
        ),
        KeyChange::MovedHere => {
            (format!("{by} gave you the key {name}"), "You answer for it from now on. It goes on working as it did.")
        }
    }
}

/// What a kind is called where people choose.
pub const fn kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::RequestAnswered => ("A request of mine is answered", "Approved, approved in part, or declined."),
        Kind::RequestWaits => ("A request waits for me", "Somebody asks for a key, or for more, and I may answer."),
        Kind::ReviewOpens => ("A review of keys opens", "Once a quarter, if keys wait for me in it."),
        Kind::KeyEnds => ("A key expires", "14 days, 3 days and a day before, and when it has."),
        Kind::OldSecret => {
            ("An old secret ends and is still used", "After a rotation, while somebody still calls with it.")
        }
        Kind::RotationAsked => {
            ("Somebody asks me to rotate a secret", "Of a key of mine, by a day; of many keys at once in one.")
        }
        Kind::KeyChanged => {
            ("Somebody changes a key of mine", "Disables, enables or revokes it, or gives it to another.")
        }
        Kind::GuardrailsChange => {
            ("Guardrails change for keys of mine", "From a day on: when the day is set, and when it is withdrawn.")
        }
        Kind::BudgetNearlySpent => ("A budget is nearly spent", "At 80 % and at 100 %."),
        Kind::BudgetHalf => ("Half of a budget is spent", "At 50 %."),
        Kind::ProviderFails => ("A provider fails", "Its calls are sent elsewhere for a while."),
        Kind::UnusualSpend => ("An application spends unusually much", "Three times as much as on most days."),
        Kind::AuditBroken => ("The audit log does not verify", "Somebody has changed what was written."),
    }
}

pub const fn mailing(mailing: Mailing) -> &'static str {
    match mailing {
        Mailing::Never => "No e-mail",
        Mailing::AtOnce => "At once",
        Mailing::Daily => "Once a day",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn calendar() -> Calendar {
        let now = "2026-11-20T13:31:07Z".parse::<jiff::Timestamp>().unwrap();
        Calendar { now: Timestamp::from_ms(now.as_millisecond()), zone: TimeZone::UTC }
    }

    fn said(scope: BudgetScope, percent: u8, resets_at: Option<Timestamp>) -> Told {
        happening(
            &Happening::BudgetUsed {
                scope,
                name: "search".into(),
                window: Window::Month,
                window_start: calendar().now,
                percent,
                spent: NanoUsd::from_dollars(81),
                limit: NanoUsd::from_dollars(100),
                resets_at,
            },
            &calendar(),
        )
    }

    #[test]
    fn a_budget_says_whose_how_much_and_what_then() {
        let key = BudgetScope::Key(KeyId::from_random(&[1; 12]));
        let soon = Some(calendar().now.plus_days(10));
        assert_eq!(said(key, 50, None).headline, "The key search has spent half of its budget this month");
        assert_eq!(said(key, 80, soon).headline, "The key search has spent 80 % of its budget this month");
        assert_eq!(
            said(key, 100, soon).next,
            "$81.00 of $100.00. Calls are refused until 30 Nov 2026, 13:31, unless the budget is raised."
        );
        let team = BudgetScope::Team(TeamId::from_random(&[1; 12]));
        assert_eq!(said(team, 100, None).headline, "The team search has spent all of its budget this month");
        assert_eq!(said(team, 80, None).href, "/team/team_111111111111", "where its leads may go");
    }

    #[test]
    fn a_key_that_was_given_away_is_not_linked_to() {
        let key = KeyId::from_random(&[1; 12]);
        let changed =
            |change| Happening::KeyChanged { key, name: "ci".into(), change, by: "Ada".into(), at: calendar().now };
        assert_eq!(happening(&changed(KeyChange::MovedAway), &calendar()).href, "/keys");
        assert_eq!(happening(&changed(KeyChange::MovedHere), &calendar()).href, format!("/keys/{key}"));
    }
}
